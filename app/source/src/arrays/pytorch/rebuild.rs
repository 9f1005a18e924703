//! The functions of PyTorch that pickles name, and what they would return.

use trainscape_run::Dtype;

use super::node::{Node, NodeId, StorageRef, TensorRef};

/// NumPy's limit of axes; PyTorch's is the same.
const MAX_RANK: usize = 64;

/// The result of a call.
pub(super) enum Called<'a> {
    /// One of its arguments.
    Same(NodeId),
    New(Node<'a>),
}

/// What a call of the function `callable` gives. It is not called: only the functions that rebuild tensors and
/// collections are known, and every other one gives an object without attributes.
pub(super) fn call<'a>(nodes: &[Node<'a>], callable: NodeId, arguments: NodeId) -> Called<'a> {
    let unknown = Called::New(Node::Object(None));
    let Node::Global { module, name } = &nodes[callable as usize] else {
        return unknown;
    };
    let Node::Tuple(arguments) = &nodes[arguments as usize] else {
        return unknown;
    };
    match (&**module, &**name) {
        ("torch._utils", "_rebuild_tensor" | "_rebuild_tensor_v2" | "_rebuild_tensor_v3") => {
            let tensor = tensor(nodes, arguments, &**name == "_rebuild_tensor_v3");
            Called::New(tensor.map_or(Node::Other, Node::Tensor))
        }
        ("torch._utils", "_rebuild_parameter" | "_rebuild_parameter_with_state")
        | ("torch.nn.parameter", "Parameter" | "Buffer")
        | ("torch", "Size")
        | ("builtins" | "__builtin__", "list" | "tuple" | "dict" | "set" | "frozenset") => {
            arguments.first().map_or(unknown, |&id| Called::Same(id))
        }
        ("collections", "OrderedDict" | "defaultdict" | "Counter") => {
            Called::New(Node::Dict(entries(nodes, arguments)))
        }
        _ => unknown,
    }
}

/// The entries of a dictionary that is made of a list of pairs.
fn entries(nodes: &[Node<'_>], arguments: &[NodeId]) -> Vec<(NodeId, NodeId)> {
    let items = match arguments.first().map(|&id| &nodes[id as usize]) {
        Some(Node::List(items) | Node::Tuple(items)) => items.as_slice(),
        _ => &[],
    };
    items
        .iter()
        .filter_map(|&pair| match &nodes[pair as usize] {
            Node::List(pair) | Node::Tuple(pair) => Some((*pair.first()?, *pair.get(1)?)),
            _ => None,
        })
        .collect()
}

/// The storage of a persistent identifier: `('storage', class, key, device, number of elements)`.
pub(super) fn storage<'a>(nodes: &[Node<'a>], id: NodeId) -> Option<StorageRef<'a>> {
    let Node::Tuple(parts) = &nodes[id as usize] else {
        return None;
    };
    let part = |index: usize| parts.get(index).map(|&id| &nodes[id as usize]);
    let (Some(Node::Text(kind)), Some(Node::Global { name, .. })) = (part(0), part(1)) else {
        return None;
    };
    let key = match part(2)? {
        Node::Text(key) => key.clone(),
        Node::Int(key) => key.to_string().into(),
        _ => return None,
    };
    let Node::Int(elements) = part(4)? else {
        return None;
    };
    // Views of storages belong to files of the oldest versions.
    let is_view = matches!(part(5), Some(Node::Tuple(_)));
    (kind == "storage" && !is_view).then_some(StorageRef {
        key,
        dtype: storage_dtype(name),
        elements: u64::try_from(*elements).ok()?,
    })
}

/// `(storage, offset, shape, strides, …)`; in the third version also the elements' type.
fn tensor(nodes: &[Node<'_>], arguments: &[NodeId], states_dtype: bool) -> Option<TensorRef> {
    let &[storage, offset, shape, strides, ..] = arguments else {
        return None;
    };
    let Node::Storage(of_storage) = &nodes[storage as usize] else {
        return None;
    };
    let dtype = match arguments.get(6).map(|&id| &nodes[id as usize]) {
        Some(Node::Global { name, .. }) if states_dtype => stated_dtype(name),
        _ if states_dtype => None,
        _ => of_storage.dtype,
    };
    Some(TensorRef {
        storage,
        dtype,
        offset: length(nodes, offset)?,
        shape: lengths(nodes, shape)?
            .into_iter()
            .map(|len| usize::try_from(len).ok())
            .collect::<Option<_>>()?,
        strides: lengths(nodes, strides)?,
    })
}

fn length(nodes: &[Node<'_>], id: NodeId) -> Option<u64> {
    match nodes[id as usize] {
        Node::Int(number) => u64::try_from(number).ok(),
        _ => None,
    }
}

fn lengths(nodes: &[Node<'_>], id: NodeId) -> Option<Vec<u64>> {
    match &nodes[id as usize] {
        Node::Tuple(items) | Node::List(items) if items.len() <= MAX_RANK => {
            items.iter().map(|&id| length(nodes, id)).collect()
        }
        _ => None,
    }
}

fn storage_dtype(class: &str) -> Option<Dtype> {
    Some(match class {
        "DoubleStorage" => Dtype::F64,
        "FloatStorage" => Dtype::F32,
        "HalfStorage" => Dtype::F16,
        "BFloat16Storage" => Dtype::Bf16,
        "LongStorage" => Dtype::I64,
        "IntStorage" => Dtype::I32,
        "ShortStorage" => Dtype::I16,
        "CharStorage" => Dtype::I8,
        "ByteStorage" => Dtype::U8,
        "BoolStorage" => Dtype::Bool,
        // Complex and quantised numbers, and storages without a type.
        _ => return None,
    })
}

fn stated_dtype(name: &str) -> Option<Dtype> {
    Some(match name {
        "float64" => Dtype::F64,
        "float32" => Dtype::F32,
        "float16" => Dtype::F16,
        "bfloat16" => Dtype::Bf16,
        "float8_e4m3fn" => Dtype::F8E4m3,
        "float8_e5m2" => Dtype::F8E5m2,
        "float8_e8m0fnu" => Dtype::F8E8m0,
        "int64" => Dtype::I64,
        "int32" => Dtype::I32,
        "int16" => Dtype::I16,
        "int8" => Dtype::I8,
        "uint64" => Dtype::U64,
        "uint32" => Dtype::U32,
        "uint16" => Dtype::U16,
        "uint8" => Dtype::U8,
        "bool" => Dtype::Bool,
        _ => return None,
    })
}
