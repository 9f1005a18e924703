//! Positions with indices.

/// Triangles, lines or points in world units.
#[derive(Debug, Default)]
pub(super) struct Shape {
    pub(super) positions: Vec<[f32; 3]>,
    /// Three for each triangle, two for each line, none where each position is a point.
    pub(super) indices: Vec<u32>,
}
