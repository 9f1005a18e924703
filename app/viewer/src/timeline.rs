//! The loss over steps, thinned to pixel columns that keep each column's smallest and largest value.

use std::{collections::BTreeMap, ops::RangeInclusive, sync::Arc};

use trainscape_run::{Role, Run, Snapshot};

/// Columns a curve is thinned to.
const COLUMNS: usize = 600;

/// A run's curve: step, smallest and largest value of each column.
pub(crate) struct Curve {
    /// Index of the run in the snapshot, which decides its colour.
    pub(crate) run: usize,
    pub(crate) id: Arc<str>,
    pub(crate) columns: Vec<[f64; 3]>,
}

/// The curves of a snapshot.
#[derive(Default)]
pub(crate) struct Timeline {
    generation: Option<u64>,
    pub(crate) curves: Vec<Curve>,
    /// Key most curves show.
    pub(crate) key: String,
    pub(crate) steps: Option<RangeInclusive<f64>>,
    pub(crate) values: Option<RangeInclusive<f64>>,
    /// True where columns stand for several points.
    pub(crate) thinned: bool,
}

impl Timeline {
    /// Brings the curves up to date.
    pub(crate) fn update(&mut self, snapshot: &Snapshot) {
        if self.generation == Some(snapshot.generation) {
            return;
        }
        *self = Self {
            generation: Some(snapshot.generation),
            ..Self::default()
        };
        // Losses under different keys are different quantities: the key of most runs is drawn.
        let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
        for run in &snapshot.runs {
            if let Some(series) = run.series_with_role(Role::Loss).first() {
                *votes.entry(series.key()).or_default() += 1;
            }
        }
        if let Some((key, _)) = votes.into_iter().max_by_key(|(_, count)| *count) {
            self.key = key.to_owned();
        }
        for (index, run) in snapshot.runs.iter().enumerate() {
            if let Some(curve) = self.curve(index, run) {
                self.curves.push(curve);
            }
        }
    }

    fn curve(&mut self, index: usize, run: &Run) -> Option<Curve> {
        let series = run.series.get(self.key.as_str())?;
        let per_column = series.len().div_ceil(COLUMNS).max(1);
        self.thinned |= per_column > 1;
        let mut columns: Vec<[f64; 3]> = Vec::with_capacity(COLUMNS + 1);
        let mut in_column = 0;
        for (_, point) in series.live() {
            if !point.value.is_finite() {
                continue;
            }
            let (step, value) = (point.step.as_f64(), point.value);
            match columns.last_mut() {
                Some([_, low, high]) if in_column < per_column => {
                    *low = low.min(value);
                    *high = high.max(value);
                    in_column += 1;
                }
                _ => {
                    columns.push([step, value, value]);
                    in_column = 1;
                }
            }
            grow(&mut self.steps, step);
            grow(&mut self.values, value);
        }
        (!columns.is_empty()).then(|| Curve {
            run: index,
            id: run.id.clone(),
            columns,
        })
    }
}

fn grow(range: &mut Option<RangeInclusive<f64>>, value: f64) {
    *range = Some(match range {
        None => value..=value,
        Some(range) => range.start().min(value)..=range.end().max(value),
    });
}
