//! The neighbours that a search has found.

/// The nearest rows of each row, itself left out, nearest first (ties by index).
#[derive(Clone, Debug, PartialEq)]
pub struct Neighbours {
    /// How many each row has.
    pub count: usize,
    /// Their indices: rows x `count`.
    pub indices: Vec<u32>,
    /// Their distances, euclidean or cosine: rows x `count`.
    pub distances: Vec<f32>,
}
