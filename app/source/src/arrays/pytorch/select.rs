//! Which tensors of a checkpoint are shown: the model's, under the names that its state dictionary gives them.

use super::{
    node::{Node, NodeId},
    pickle::Pickle,
};

use crate::limits;

/// Tensors that are listed at most.
const MAX_TENSORS: usize = limits::PYTORCH_TENSORS.items;

/// A tensor is listed under this many names at most, on average, beside a few more: models share few of their tensors.
const NAMES_OF_TENSOR: usize = 8;
const MORE_NAMES: usize = 64;

/// Values that are visited at most: shared values are visited once for each path to them.
const MAX_VISITS: usize = limits::PICKLE_VISITS.items;

/// Entries without tensors that count as one visit.
const ENTRIES_A_VISIT: usize = 64;

/// Deepest nesting of dictionaries.
const MAX_DEPTH: usize = limits::PYTORCH_NESTING.depth;

/// Longest name of a tensor.
const MAX_NAME: usize = 512;

/// Parts of a checkpoint that hold the model, the preferred one first.
const MODEL: &[&str] = &[
    "state_dict",
    "model_state_dict",
    "model_state",
    "model",
    "module",
    "net",
    "network",
    "ema",
];

/// Words in the names of parts that hold the state of training.
const TRAINING: &[&str] = &["optim", "sched", "scaler", "rng", "callbacks", "loops"];

/// What a module of PyTorch keeps its tensors in.
const MODULE_PARTS: &[&str] = &["_parameters", "_buffers", "_modules"];

/// The tensors of a checkpoint.
#[derive(Debug, Default)]
pub(super) struct Selected {
    pub(super) tensors: Vec<(String, NodeId)>,
    /// Parts with tensors that are not shown: the optimiser's state, say.
    pub(super) other_parts: Vec<String>,
    /// True if a limit was reached.
    pub(super) is_limited: bool,
}

/// The tensors of the model; of all parts if none is known to hold it. A file that is a single tensor has a tensor
/// without a name.
pub(super) fn select(pickle: &Pickle<'_>) -> Selected {
    let tensors = pickle.nodes().iter();
    let tensors = tensors
        .filter(|node| matches!(node, Node::Tensor(_)))
        .count();
    let mut walk = Walk {
        pickle,
        most: MAX_TENSORS.min(NAMES_OF_TENSOR * tensors + MORE_NAMES),
        visits: 0,
        out: Selected::default(),
    };
    let root = pickle.node(pickle.root);
    let Node::Dict(parts) = root else {
        walk.value(pickle.root, "", 0);
        return walk.out;
    };
    let named = |name: &str| {
        let mut parts = parts.iter().rev();
        parts.find(|(key, _)| matches!(pickle.node(*key), Node::Text(text) if text == name))
    };
    for name in MODEL {
        let Some(&(key, value)) = named(name) else {
            continue;
        };
        walk.value(value, "", 0);
        if !walk.out.tensors.is_empty() {
            walk.note_others(parts, |other| other != key);
            return walk.out;
        }
    }
    for &(key, value) in parts {
        let name = walk.name(key);
        if name.as_deref().is_none_or(|name| !is_training(name)) {
            walk.entry(key, value, "", 0);
        }
    }
    walk.note_others(
        parts,
        |key| matches!(pickle.node(key), Node::Text(name) if is_training(name)),
    );
    walk.out
}

fn is_training(name: &str) -> bool {
    let name = name.to_lowercase();
    // A tensor of a model may be called so: `scheduler_embedding.weight`.
    !name.contains('.') && TRAINING.iter().any(|word| name.contains(word))
}

struct Walk<'p, 'a> {
    pickle: &'p Pickle<'a>,
    /// Tensors that are listed at most.
    most: usize,
    visits: usize,
    out: Selected,
}

impl Walk<'_, '_> {
    fn value(&mut self, id: NodeId, name: &str, depth: usize) {
        self.visits += 1;
        let is_beyond = depth > MAX_DEPTH
            || self.visits > MAX_VISITS
            || self.out.tensors.len() >= self.most
            || name.len() > MAX_NAME;
        if is_beyond {
            self.out.is_limited = true;
            return;
        }
        let pickle = self.pickle;
        match pickle.node(id) {
            Node::Tensor(_) => self.out.tensors.push((name.to_owned(), id)),
            Node::Dict(entries) => {
                self.visits += entries.len() / ENTRIES_A_VISIT;
                for &(key, value) in entries {
                    self.entry(key, value, name, depth);
                }
            }
            Node::List(items) | Node::Tuple(items) => {
                self.visits += items.len() / ENTRIES_A_VISIT;
                for (index, &item) in items.iter().enumerate() {
                    if self.may_hold_tensors(item) {
                        self.value(item, &joined(name, &index.to_string()), depth + 1);
                    }
                }
            }
            Node::Object(Some(attributes)) => self.object(*attributes, name, depth),
            _ => {}
        }
    }

    /// A module's tensors have no parts in their names; of other objects, all attributes are tensors or hold them.
    fn object(&mut self, attributes: NodeId, name: &str, depth: usize) {
        let pickle = self.pickle;
        let Node::Dict(entries) = pickle.node(attributes) else {
            return;
        };
        let is_part = |key: NodeId| matches!(pickle.node(key), Node::Text(text) if MODULE_PARTS.contains(&&**text));
        let mut is_module = false;
        for &(_, value) in entries.iter().filter(|(key, _)| is_part(*key)) {
            is_module = true;
            self.value(value, name, depth + 1);
        }
        if !is_module {
            self.value(attributes, name, depth + 1);
        }
    }

    fn entry(&mut self, key: NodeId, value: NodeId, prefix: &str, depth: usize) {
        if self.may_hold_tensors(value)
            && let Some(name) = self.name(key)
        {
            self.value(value, &joined(prefix, &name), depth + 1);
        }
    }

    /// Numbers and text are not visited: there may be millions of them in a sampler's state.
    fn may_hold_tensors(&self, id: NodeId) -> bool {
        !matches!(
            self.pickle.node(id),
            Node::Nothing | Node::Bool(_) | Node::Int(_) | Node::Text(_) | Node::Other
        )
    }

    fn name(&mut self, key: NodeId) -> Option<String> {
        match self.pickle.node(key) {
            Node::Text(text) if text.len() <= MAX_NAME => Some(text.clone().into_owned()),
            Node::Text(_) => {
                self.out.is_limited = true;
                None
            }
            Node::Int(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// Lists the other parts that hold tensors.
    fn note_others(&mut self, parts: &[(NodeId, NodeId)], is_other: impl Fn(NodeId) -> bool) {
        for &(key, value) in parts.iter().filter(|(key, _)| is_other(*key)) {
            let mut part = Walk {
                pickle: self.pickle,
                most: self.most,
                visits: MAX_VISITS / 2,
                out: Selected::default(),
            };
            part.value(value, "", 0);
            if !part.out.tensors.is_empty()
                && let Some(name) = self.name(key)
            {
                self.out.other_parts.push(name);
            }
        }
    }
}

fn joined(prefix: &str, name: &str) -> String {
    if prefix.is_empty() {
        name.to_owned()
    } else {
        format!("{prefix}.{name}")
    }
}
