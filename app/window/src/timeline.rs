//! The loss over steps, decimated to columns with each column's minimum and maximum.

use std::{collections::BTreeMap, ops::RangeInclusive, sync::Arc};

use trainscape_run::{Role, Run, Series, Snapshot};

/// Columns a curve is decimated to.
const COLUMNS: usize = 600;

/// A run's curve: the smallest and the largest point (step and value) of each column.
#[derive(Clone)]
pub(crate) struct LossCurve {
    /// Index of the run in the snapshot, which decides its colour.
    pub(crate) run: usize,
    pub(crate) id: Arc<str>,
    pub(crate) columns: Vec<[[f64; 2]; 2]>,
    /// A column may summarise several points.
    decimated: bool,
    /// First and last step.
    steps: [f64; 2],
    /// The series it shows.
    series: Arc<Series>,
}

impl LossCurve {
    /// Step and value of the points of a line through each column's extremes, for at most `most_columns` columns.
    pub(crate) fn points(&self, most_columns: usize) -> impl Iterator<Item = [f64; 2]> + '_ {
        let together = self.columns.len().div_ceil(most_columns).max(1);
        self.columns.chunks(together).flat_map(|columns| {
            let (mut low, mut high) = (columns[0][0], columns[0][1]);
            for [lower, higher] in columns {
                if lower[1] < low[1] {
                    low = *lower;
                }
                if higher[1] > high[1] {
                    high = *higher;
                }
            }
            // In the order in which they were logged, so that a slope stays a slope.
            if low[0] <= high[0] {
                [low, high]
            } else {
                [high, low]
            }
        })
    }
}

/// The curves of a snapshot.
#[derive(Default)]
pub(crate) struct Timeline {
    generation: Option<u64>,
    pub(crate) curves: Vec<LossCurve>,
    /// Key most curves show.
    pub(crate) key: String,
    pub(crate) steps: Option<RangeInclusive<f64>>,
    pub(crate) values: Option<RangeInclusive<f64>>,
    /// Some columns summarise several points.
    pub(crate) decimated: bool,
}

impl Timeline {
    /// Updates the curves.
    pub(crate) fn update(&mut self, snapshot: &Snapshot) {
        if self.generation == Some(snapshot.generation) {
            return;
        }
        let before = std::mem::take(self);
        self.generation = Some(snapshot.generation);
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
            let Some(series) = run.series.get(self.key.as_str()) else {
                continue;
            };
            // A series that has not grown is the same one: 1,000 runs are not walked for one that trains.
            let known = before.curves.get(self.curves.len());
            let curve = match known.filter(|known| Arc::ptr_eq(&known.series, series)) {
                Some(known) => Some(known.clone()),
                None => curve(index, run, series),
            };
            let Some(curve) = curve else { continue };
            self.decimated |= curve.decimated;
            for [low, high] in &curve.columns {
                grow(&mut self.values, low[1]);
                grow(&mut self.values, high[1]);
            }
            grow(&mut self.steps, curve.steps[0]);
            grow(&mut self.steps, curve.steps[1]);
            self.curves.push(LossCurve {
                run: index,
                ..curve
            });
        }
    }
}

fn curve(index: usize, run: &Run, series: &Arc<Series>) -> Option<LossCurve> {
    let per_column = series.len().div_ceil(COLUMNS).max(1);
    let mut columns: Vec<[[f64; 2]; 2]> = Vec::with_capacity(COLUMNS.min(series.len()) + 1);
    let (mut in_column, mut steps) = (0, [f64::MAX, f64::MIN]);
    for (_, point) in series.live() {
        if !point.value.is_finite() {
            continue;
        }
        let at = [point.step.as_f64(), point.value];
        steps = [steps[0].min(at[0]), steps[1].max(at[0])];
        match columns.last_mut() {
            Some([low, high]) if in_column < per_column => {
                if at[1] < low[1] {
                    *low = at;
                }
                if at[1] > high[1] {
                    *high = at;
                }
                in_column += 1;
            }
            _ => {
                columns.push([at, at]);
                in_column = 1;
            }
        }
    }
    (!columns.is_empty()).then(|| LossCurve {
        run: index,
        id: run.id.clone(),
        columns,
        decimated: per_column > 1,
        steps,
        series: Arc::clone(series),
    })
}

fn grow(range: &mut Option<RangeInclusive<f64>>, value: f64) {
    *range = Some(match range {
        None => value..=value,
        Some(range) => range.start().min(value)..=range.end().max(value),
    });
}
