use std::borrow::Cow;

use trainscape_run::Dtype;

/// Place of a value in the list of all values of a pickle.
pub(super) type NodeId = u32;

/// A value of a pickle. Values refer to each other by place, so that shared and cyclic values cost nothing.
#[derive(Debug)]
pub(super) enum Node<'a> {
    Nothing,
    Bool(bool),
    Int(i64),
    Text(Cow<'a, str>),
    /// A list or a set.
    List(Vec<NodeId>),
    Tuple(Vec<NodeId>),
    Dict(Vec<(NodeId, NodeId)>),
    /// The name of a class or a function. It is never looked up.
    Global {
        module: Cow<'a, str>,
        name: Cow<'a, str>,
    },
    Storage(StorageRef<'a>),
    Tensor(TensorRef),
    /// An instance of a class, with its attributes.
    Object(Option<NodeId>),
    /// A value that describes no tensor: a float, bytes.
    Other,
}

/// The elements of tensors, saved outside the pickle.
#[derive(Clone, Debug)]
pub(super) struct StorageRef<'a> {
    pub(super) key: Cow<'a, str>,
    /// `None` for elements whose type the tensor states, or that are not supported.
    pub(super) dtype: Option<Dtype>,
    /// Number of its elements; of bytes if they have no type.
    pub(super) elements: u64,
}

/// A tensor as a view of a storage.
#[derive(Clone, Debug)]
pub(super) struct TensorRef {
    pub(super) storage: NodeId,
    pub(super) dtype: Option<Dtype>,
    /// First element in the storage.
    pub(super) offset: u64,
    pub(super) shape: Vec<usize>,
    pub(super) strides: Vec<u64>,
}

/// How a tensor's elements follow each other in its storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// The last axis varies fastest.
    C,
    /// The first axis varies fastest, as after a transposition.
    Fortran,
    /// With gaps or repetitions.
    Other,
}

impl TensorRef {
    pub(super) fn order(&self) -> Order {
        if self.shape.len() != self.strides.len() {
            return Order::Other;
        }
        let axes = || self.shape.iter().copied().zip(self.strides.iter().copied());
        if is_dense(axes().rev()) {
            Order::C
        } else if is_dense(axes()) {
            Order::Fortran
        } else {
            Order::Other
        }
    }
}

/// True if the elements follow each other without gaps; `axes` begins with the fastest one.
fn is_dense(mut axes: impl Iterator<Item = (usize, u64)> + Clone) -> bool {
    if axes.clone().any(|(len, _)| len == 0) {
        return true;
    }
    let mut expected = Some(1_u64);
    axes.all(|(len, stride)| {
        let fits = len == 1 || Some(stride) == expected;
        expected = expected.and_then(|stride| stride.checked_mul(len as u64));
        fits
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(shape: &[usize], strides: &[u64]) -> Order {
        TensorRef {
            storage: 0,
            dtype: None,
            offset: 0,
            shape: shape.to_vec(),
            strides: strides.to_vec(),
        }
        .order()
    }

    #[test]
    fn gaps_and_repetitions_are_told_from_transpositions() {
        assert_eq!(order(&[], &[]), Order::C);
        assert_eq!(order(&[2, 3], &[3, 1]), Order::C);
        assert_eq!(order(&[2, 1, 3], &[3, 77, 1]), Order::C);
        assert_eq!(order(&[2, 3], &[1, 2]), Order::Fortran);
        assert_eq!(order(&[0, 3], &[9, 9]), Order::C);
        assert_eq!(order(&[2, 3], &[6, 1]), Order::Other);
        assert_eq!(order(&[2, 3], &[0, 1]), Order::Other);
        assert_eq!(order(&[2, 3, 4], &[12, 1, 3]), Order::Other);
        assert_eq!(order(&[2], &[]), Order::Other);
        assert_eq!(order(&[usize::MAX, 3], &[1, 1]), Order::Other);
    }
}
