//! What the CPU prepares for t-SNE on every device.

use super::perplexity::conditional_probabilities;
use crate::projection::{
    Graph, ProjectionError, ProjectionMethod, Rows, Tsne, check_memory, nearest_neighbours, start,
};

/// The largest number of steps with exaggerated attraction.
const EXAGGERATED: u32 = 250;

/// How much attraction is exaggerated meanwhile.
pub(super) const EXAGGERATION: f32 = 12.0;

/// The least number of rows that has a layout.
const FEWEST_ROWS: usize = 3;

/// What the steps of t-SNE share, on every device.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    /// Steps in all.
    pub iterations: u32,
    /// Steps with exaggerated attraction.
    pub exaggerated: u32,
    /// Learning rate.
    pub rate: f32,
}

/// How one step is done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Phase {
    /// Factor of the attraction.
    pub exaggeration: f32,
    /// Share of the previous step that a step repeats.
    pub momentum: f32,
    /// Whether points start from rest.
    pub is_first: bool,
}

impl Schedule {
    pub(super) fn new(rows: usize, iterations: u32) -> Self {
        Self {
            iterations,
            exaggerated: EXAGGERATED.min(iterations / 4),
            rate: (rows as f32 / EXAGGERATION / 4.0).max(50.0),
        }
    }

    /// How a step is done.
    #[must_use]
    pub fn phase(&self, step: u32) -> Phase {
        let is_exaggerated = step < self.exaggerated;
        Phase {
            exaggeration: if is_exaggerated { EXAGGERATION } else { 1.0 },
            momentum: if is_exaggerated { 0.5 } else { 0.8 },
            is_first: step == 0 || step == self.exaggerated,
        }
    }
}

/// Everything that the steps start from.
#[derive(Clone, Debug)]
pub struct Plan<const D: usize> {
    /// Joint probabilities of neighbours, both directions of each pair; all together add up to 1.
    pub graph: Graph,
    /// Where points start.
    pub positions: Vec<[f32; D]>,
    /// How steps are done.
    pub schedule: Schedule,
}

/// Prepares t-SNE to `D` dimensions. A perplexity that is too large for the rows is lowered to a
/// third of them, as openTSNE does.
///
/// # Errors
/// When the matrix cannot be read or projected, or a setting is invalid.
pub fn plan<const D: usize>(
    matrix: &dyn Rows,
    settings: &Tsne,
) -> Result<Plan<D>, ProjectionError> {
    let shape @ [rows, _] = matrix.shape();
    if !(settings.perplexity.is_finite() && settings.perplexity >= 1.0) {
        return Err(ProjectionError::BadSetting(format!(
            "a perplexity of {} is invalid: it counts neighbours, so it must be at least 1",
            settings.perplexity
        )));
    }
    if rows < FEWEST_ROWS {
        return Err(ProjectionError::TooFewRows {
            rows,
            needed: FEWEST_ROWS,
        });
    }
    check_memory(shape, D, ProjectionMethod::Tsne(*settings))?;
    let perplexity = settings.perplexity.min((rows - 1) as f32 / 3.0).max(1.0);
    let count = ((3.0 * perplexity) as usize + 1).min(rows - 1);
    let neighbours = nearest_neighbours(matrix, count, settings.metric, settings.seed)?;
    let mut positions = start::positions::<D>(matrix, settings.start, settings.seed)?;
    start::scale_to_deviation(&mut positions, 1.0e-4);
    let conditional = conditional_probabilities(&neighbours, perplexity);
    let share = 0.5 / rows as f32;
    Ok(Plan {
        graph: Graph::symmetric(&neighbours, &conditional, |there, back| {
            share * (there + back)
        }),
        positions,
        schedule: Schedule::new(rows, settings.iterations),
    })
}

/// The error for a number of dimensions that t-SNE does not support.
#[must_use]
pub fn bad_dims(dims: usize) -> ProjectionError {
    ProjectionError::BadSetting(format!(
        "t-SNE projects to 1, 2 or 3 dimensions, not to {dims}"
    ))
}
