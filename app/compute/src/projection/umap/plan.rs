//! What the CPU prepares for UMAP on every device.

use super::{Curve, memberships};
use crate::projection::{
    Graph, ProjectionError, ProjectionMethod, Rows, Umap, check_memory, nearest_neighbours, random,
    start,
};

/// The least number of rows that has a layout.
const FEWEST_ROWS: usize = 3;

/// Points are pushed from this many random ones for each pull.
pub const NEGATIVE_SAMPLES: u32 = 5;

/// How far one pull or push moves a point along an axis, at a learning rate of 1.
pub const FARTHEST_MOVE: f32 = 4.0;

/// What the steps of UMAP share, on every device.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    /// Epochs in all.
    pub epochs: u32,
    /// Seed of the random numbers.
    pub seed: u32,
    /// How similar points are by their distance.
    pub curve: Curve,
}

impl Schedule {
    /// The learning rate of an epoch.
    #[must_use]
    pub fn rate(&self, epoch: u32) -> f32 {
        1.0 - epoch as f32 / self.epochs as f32
    }
}

/// Everything that the epochs start from.
#[derive(Clone, Debug)]
pub struct Plan<const D: usize> {
    /// The fuzzy graph; weights are memberships.
    pub graph: Graph,
    /// How often each edge is sampled: in how many of 2^32 epochs.
    pub frequencies: Vec<u32>,
    /// Where points start.
    pub positions: Vec<[f32; D]>,
    /// How epochs are done.
    pub schedule: Schedule,
}

/// Prepares UMAP to `D` dimensions. More neighbours than there are rows are lowered, as umap-learn does.
///
/// # Errors
/// When the matrix cannot be read or projected, or a setting is invalid.
pub fn plan<const D: usize>(
    matrix: &dyn Rows,
    settings: &Umap,
) -> Result<Plan<D>, ProjectionError> {
    let shape @ [rows, _] = matrix.shape();
    if settings.neighbours < 2 {
        return Err(ProjectionError::BadSetting(format!(
            "{} neighbours are too few: at least 2 are needed, the point itself included",
            settings.neighbours
        )));
    }
    if rows < FEWEST_ROWS {
        return Err(ProjectionError::TooFewRows {
            rows,
            needed: FEWEST_ROWS,
        });
    }
    check_memory(shape, D, ProjectionMethod::Umap(*settings))?;
    let curve = Curve::fit(settings.min_distance)?;
    // umap-learn counts the point itself.
    let count = (settings.neighbours as usize).min(rows) - 1;
    let neighbours = nearest_neighbours(matrix, count, settings.metric, settings.seed)?;
    let mut positions = start::positions::<D>(matrix, settings.start, settings.seed)?;
    start::scale_to_extent(&mut positions, 10.0, settings.seed);
    let epochs = settings
        .epochs
        .unwrap_or(if rows <= 10_000 { 500 } else { 200 });

    let mut graph = Graph::symmetric(&neighbours, &memberships(&neighbours), |there, back| {
        there + back - there * back
    });
    let strongest = graph.weights.iter().fold(0.0_f32, |most, &w| most.max(w));
    // Edges that would never be sampled are dropped.
    graph.retain(|weight| weight * epochs as f32 >= strongest);
    let frequency =
        |weight: &f32| (f64::from(*weight) / f64::from(strongest) * 4_294_967_295.0) as u32;
    Ok(Plan {
        frequencies: graph.weights.iter().map(frequency).collect(),
        graph,
        positions,
        schedule: Schedule {
            epochs,
            seed: random::fold(settings.seed),
            curve,
        },
    })
}

/// The error for a number of dimensions that UMAP does not support.
#[must_use]
pub fn bad_dims(dims: usize) -> ProjectionError {
    ProjectionError::BadSetting(format!(
        "UMAP projects to 1, 2 or 3 dimensions, not to {dims}"
    ))
}
