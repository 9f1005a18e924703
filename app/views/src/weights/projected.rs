//! The snapshots of the weights, their principal components, and the loss at each.

use std::sync::Arc;

use trainscape_compute::projection::{Projection, ProjectionMethod, Projector, Rows};
use trainscape_run::{Role, Run, Series, Tensor};
use trainscape_scene::ticks::group_thousands;

use super::stacked::Stacked;
use crate::{NotAvailable, samples::series_with_role, tensors};

/// The loss at a snapshot is the mean of this many values around its step, because single batches are noisy.
pub(super) const LOSS_WINDOW: usize = 15;

/// Snapshots that are drawn at most: a point, a hover and a mean loss each.
const MOST_SNAPSHOTS: usize = 100_000;

/// All parameters of each snapshot, in one or several tensors.
pub(super) struct WeightSnapshots {
    pub(super) run: Arc<Run>,
    pub(super) tensors: Vec<Arc<Tensor>>,
    pub(super) other_runs: usize,
}

/// The losses that are drawn as height.
pub(super) struct Loss {
    pub(super) key: Arc<str>,
    /// Of each snapshot.
    pub(super) values: Vec<f64>,
}

/// All snapshots by their principal components.
pub(super) struct ProjectedSnapshots {
    pub(super) run: Arc<Run>,
    /// The first of the tensors.
    pub(super) tensor: Arc<Tensor>,
    pub(super) other_runs: usize,
    /// The name of the tensors in a caption.
    pub(super) key: String,
    pub(super) parameters: usize,
    /// Of each snapshot.
    pub(super) steps: Vec<f64>,
    pub(super) loss: Option<Loss>,
    projection: Arc<Projection>,
}

impl ProjectedSnapshots {
    pub(super) fn new(
        snapshots: WeightSnapshots,
        third_component: bool,
        projector: &dyn Projector,
    ) -> Result<Self, NotAvailable> {
        let WeightSnapshots {
            run,
            tensors,
            other_runs,
        } = snapshots;
        let tensor = Arc::clone(&tensors[0]);
        let key = match tensors.as_slice() {
            [only] => only.key.to_string(),
            several => format!("{} tensors of the checkpoints", several.len()),
        };
        // A file that is rewritten is another tensor of the same key.
        let name = format!("{}/weights/{key} at {:p}", run.id, Arc::as_ptr(&tensor));
        let matrix: Arc<dyn Rows> = Arc::new(Stacked::new(tensors));
        let [count, parameters] = matrix.shape();
        if count > MOST_SNAPSHOTS {
            return Err(NotAvailable::new(format!(
                "{key} has {} snapshots, of which at most {} can be drawn: save a part of them as an array of its own",
                group_thousands(&count.to_string()),
                group_thousands(&MOST_SNAPSHOTS.to_string()),
            )));
        }
        let dims = count.min(parameters).saturating_sub(1).clamp(1, 3);
        let projection = projector
            .project(&name, &matrix, dims, ProjectionMethod::Pca)
            .map_err(|error| NotAvailable::new(error.to_string()))?;
        let steps: Vec<f64> = (0..count)
            .map(|snapshot| tensors::step_of_snapshot(&tensor, snapshot))
            .collect();
        let series = series_with_role(&run, Role::Loss);
        let loss = series
            .filter(|_| tensor.steps.is_some() && !third_component)
            .map(|series| Loss {
                key: Arc::clone(series.key()),
                values: steps.iter().map(|step| loss_at(series, *step)).collect(),
            })
            .filter(|loss| loss.values.iter().filter(|loss| loss.is_finite()).count() >= 2);
        Ok(Self {
            run,
            tensor,
            other_runs,
            key,
            parameters,
            steps,
            loss,
            projection,
        })
    }

    pub(super) fn dims(&self) -> usize {
        self.projection.dims
    }

    /// A snapshot's coordinate along a component; 0 beyond the last one.
    pub(super) fn score(&self, snapshot: usize, dim: usize) -> f64 {
        let dims = self.projection.dims;
        if dim < dims {
            f64::from(self.projection.scores[snapshot * dims + dim])
        } else {
            0.0
        }
    }

    /// Share of the variance along a component.
    pub(super) fn variance_ratio(&self, dim: usize) -> Option<f64> {
        self.projection.explained_variance_ratio.get(dim).copied()
    }

    /// Two components, and the loss or the third component.
    pub(super) fn coordinates(&self, snapshot: usize) -> [f64; 3] {
        let height = match &self.loss {
            Some(loss) => loss.values[snapshot],
            None => self.score(snapshot, 2),
        };
        [self.score(snapshot, 0), self.score(snapshot, 1), height]
    }
}

/// A snapshot this many usual spacings from any value has no loss.
const MOST_SPACINGS: f64 = 10.0;

/// Mean of the values logged around a step; NaN where the series has none near it, or the nearest one is not finite.
fn loss_at(series: &Series, step: f64) -> f64 {
    let mut near: Vec<(f64, f64)> = Vec::with_capacity(LOSS_WINDOW + 1);
    let (mut first, mut last, mut count) = (f64::INFINITY, f64::NEG_INFINITY, 0_usize);
    for (_, point) in series.live() {
        let at = point.step.as_f64();
        (first, last, count) = (first.min(at), last.max(at), count + 1);
        near.push(((at - step).abs(), point.value));
        near.sort_by(|a, b| a.0.total_cmp(&b.0));
        near.truncate(LOSS_WINDOW);
    }
    let spacing = (last - first) / count.saturating_sub(1).max(1) as f64;
    let is_near = |(distance, _): &&(f64, f64)| *distance <= MOST_SPACINGS * spacing.max(1.0);
    let Some((_, nearest)) = near.first().filter(is_near) else {
        return f64::NAN;
    };
    if !nearest.is_finite() {
        return f64::NAN;
    }
    let finite = near.iter().map(|(_, value)| *value);
    let finite: Vec<f64> = finite.filter(|value| value.is_finite()).collect();
    finite.iter().sum::<f64>() / finite.len() as f64
}
