//! A run's gradient norms as a table of layers (or parameters) by steps.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::Arc,
};

use trainscape_run::{LayerParameter, Role, Run, layer_parameter_of_key};
use trainscape_scene::scene::Path;

use super::step_columns::StepColumns;
use crate::{
    NotAvailable, ViewSettings, clip, layer_order::in_model_order, noise, segments::segments,
};

/// The norms of one run, row by row in the model's order.
pub(super) struct Norms {
    /// Row names.
    rows: Vec<String>,
    /// Norm by step of each row.
    values: Vec<BTreeMap<StepKey, f64>>,
    /// Number of values that were read.
    pub(super) cells: usize,
    /// Number of distinct steps.
    pub(super) steps: usize,
    /// False where norms were estimated from histogram bins.
    pub(super) exact: bool,
    /// The keys that were used: their common prefix, then `…`.
    pub(super) key_pattern: String,
    /// The first of these keys.
    first_key: Option<String>,
}

/// Norms on a grid: row-major, a row for each layer, NaN where missing.
pub(super) struct NormTable {
    /// Row names.
    pub(super) rows: Vec<String>,
    /// x of each column.
    pub(super) x: Vec<f64>,
    /// Step of each column.
    pub(super) steps: Vec<f64>,
    /// Norm of each node.
    pub(super) values: Vec<f64>,
    /// Nodes at which NaN was logged.
    pub(super) not_a_number: Vec<usize>,
    /// Whether columns are buckets of steps.
    pub(super) thinned: bool,
}

/// A finite step, ordered.
#[derive(Clone, Copy, PartialEq)]
struct StepKey(f64);

impl Eq for StepKey {}
impl PartialOrd for StepKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for StepKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// Whether the run has gradient norms by layer.
pub(super) fn has_norms(run: &Run) -> bool {
    run.roles
        .values()
        .any(|role| *role == Role::LayerGradientNorm)
        || run
            .histograms
            .keys()
            .any(|key| gradient_of_histogram(key).is_some())
}

/// Smallest and largest step of the norms.
pub(super) fn time_range(run: &Run, settings: &ViewSettings) -> Option<(f64, f64)> {
    let keys = run.roles.iter();
    let mut series = keys
        .filter(|(_, role)| **role == Role::LayerGradientNorm)
        .filter_map(|(key, _)| run.series.get(key).map(AsRef::as_ref))
        .peekable();
    if series.peek().is_some() {
        return clip::range_of(series, settings);
    }
    let mut steps: Vec<f64> = run
        .histograms
        .iter()
        .filter(|(key, _)| gradient_of_histogram(key).is_some())
        .flat_map(|(_, series)| [series.points().first(), series.points().last()])
        .flatten()
        .map(|point| point.step.as_f64())
        .filter(|step| settings.draws_step(*step))
        .collect();
    steps.sort_by(f64::total_cmp);
    let (first, last) = (*steps.first()?, *steps.last()?);
    (first < last).then_some((first, last))
}

/// The layer of a histogram of gradients; `None` for others, such as `parameters/…`, which are weights.
fn gradient_of_histogram(key: &str) -> Option<LayerParameter> {
    key.to_ascii_lowercase()
        .contains("grad")
        .then(|| layer_parameter_of_key(key))
        .flatten()
}

/// The norms of each parameter as logged.
struct LoggedNorms<'a> {
    keys: Vec<&'a str>,
    /// Step and norm of each point.
    parameters: Vec<(LayerParameter, Vec<(f64, f64)>)>,
    exact: bool,
}

/// The norms that were logged as series, where any were.
fn norms_of_series(run: &Run) -> Option<LoggedNorms<'_>> {
    let mut logged = LoggedNorms {
        keys: Vec::new(),
        parameters: Vec::new(),
        exact: true,
    };
    let roles = run.roles.iter();
    for (key, _) in roles.filter(|(_, role)| **role == Role::LayerGradientNorm) {
        let (Some(series), Some(at)) = (run.series.get(key), layer_parameter_of_key(key)) else {
            continue;
        };
        logged.keys.push(key);
        let points = series
            .live()
            .map(|(_, point)| (point.step.as_f64(), point.value));
        logged.parameters.push((at, points.collect()));
    }
    (!logged.parameters.is_empty()).then_some(logged)
}

/// The norms of the histograms of gradients.
fn norms_of_histograms(run: &Run) -> LoggedNorms<'_> {
    let mut logged = LoggedNorms {
        keys: Vec::new(),
        parameters: Vec::new(),
        exact: true,
    };
    for (key, series) in &run.histograms {
        let Some(at) = gradient_of_histogram(key) else {
            continue;
        };
        logged.keys.push(key);
        let mut points = Vec::with_capacity(series.len());
        for point in series.points() {
            let norm = point.histogram.l2_norm();
            logged.exact &= norm.exact;
            points.push((point.step.as_f64(), norm.value));
        }
        logged.parameters.push((at, points));
    }
    logged
}

/// Whether layers are so uneven that each parameter has a row of its own: fewer than half of the layers have several, so
/// that a root of summed squares would stand beside the norms of single parameters.
pub(super) fn is_uneven(run: &Run) -> bool {
    let logged = norms_of_series(run).unwrap_or_else(|| norms_of_histograms(run));
    let mut parameters: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, _) in &logged.parameters {
        *parameters.entry(&at.layer).or_default() += 1;
    }
    let several = parameters.values().filter(|count| **count > 1).count();
    several > 0 && 2 * several < parameters.len()
}

impl Norms {
    pub(super) fn of_run(run: &Run, settings: &ViewSettings, per_parameter: bool) -> Self {
        let logged = norms_of_series(run).unwrap_or_else(|| norms_of_histograms(run));
        let mut by_row: BTreeMap<String, (BTreeMap<StepKey, f64>, u32)> = BTreeMap::new();
        let mut cells = 0;
        for (key, (LayerParameter { layer, parameter }, points)) in
            logged.keys.iter().zip(logged.parameters)
        {
            let first_seen = run.first_seen.get(*key).copied().unwrap_or(u32::MAX);
            let name = match (per_parameter, parameter.is_empty()) {
                (true, false) => format!("{layer}.{parameter}"),
                _ => layer,
            };
            let (row, seen) = by_row.entry(name).or_insert((BTreeMap::new(), u32::MAX));
            *seen = first_seen.min(*seen);
            for (step, value) in points {
                if step.is_finite() && settings.draws_step(step) {
                    cells += 1;
                    // Norms of parts add up in squares; NaN and infinity carry over.
                    let sum = row.entry(StepKey(step)).or_insert(0.0);
                    *sum = sum.hypot(value);
                }
            }
        }
        by_row.retain(|_, (row, _)| !row.is_empty());
        let steps: BTreeSet<StepKey> = by_row
            .values()
            .flat_map(|(row, _)| row.keys().copied())
            .collect();
        let names: Vec<String> = by_row.keys().cloned().collect();
        let first_seen: Vec<u32> = by_row.values().map(|(_, seen)| *seen).collect();
        let order = in_model_order(&names, &first_seen);
        let mut by_row: Vec<_> = by_row.into_values().map(|(row, _)| row).collect();
        Self {
            values: order
                .iter()
                .map(|row| std::mem::take(&mut by_row[*row]))
                .collect(),
            rows: order.iter().map(|row| names[*row].clone()).collect(),
            cells,
            steps: steps.len(),
            exact: logged.exact,
            key_pattern: pattern(&logged.keys),
            first_key: logged.keys.first().map(|key| (*key).to_owned()),
        }
    }

    /// Where the steps stand along x.
    ///
    /// # Errors
    /// When what was chosen for the x axis goes back, or no step has a value of it.
    pub(super) fn columns(
        &self,
        run: &Arc<Run>,
        settings: &ViewSettings,
    ) -> Result<StepColumns, NotAvailable> {
        let steps: Vec<f64> = self
            .values
            .iter()
            .flat_map(|row| row.keys().copied())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .map(|step| step.0)
            .collect();
        StepColumns::new(
            steps,
            run,
            self.first_key.as_deref().unwrap_or_default(),
            settings,
        )
    }

    /// The norms on a grid of at most `columns` columns. Where there are more steps, they go into buckets
    /// of two columns each: the bucket's smallest and largest value, in the order of their steps.
    pub(super) fn table(&self, along: &StepColumns, columns: usize) -> NormTable {
        let steps = &along.steps;
        let rows = self.rows.clone();
        let value_at = |row: &BTreeMap<StepKey, f64>, step: &f64| {
            row.get(&StepKey(*step)).copied().unwrap_or(f64::NAN)
        };
        if steps.len() <= columns {
            let values = self
                .values
                .iter()
                .flat_map(|row| steps.iter().map(move |step| value_at(row, step)))
                .collect();
            let logged_nan = |(row, step): (&BTreeMap<StepKey, f64>, &f64)| {
                row.get(&StepKey(*step)).is_some_and(|value| value.is_nan())
            };
            let nodes = self
                .values
                .iter()
                .flat_map(|row| steps.iter().map(move |step| (row, step)));
            return NormTable {
                rows,
                not_a_number: nodes
                    .enumerate()
                    .filter(|(_, node)| logged_nan(*node))
                    .map(|(node, _)| node)
                    .collect(),
                x: along.x.clone(),
                steps: steps.clone(),
                values,
                thinned: false,
            };
        }
        let buckets = columns / 2;
        let bucket = |index: usize| {
            let of = |i: usize| i * steps.len() / buckets;
            &steps[of(index)..of(index + 1)]
        };
        let quarters = |all: &[f64]| -> Vec<f64> {
            let of_bucket = |index: usize| {
                let of = |i: usize| i * all.len() / buckets;
                let (first, last) = (all[of(index)], all[of(index + 1) - 1]);
                let quarter = (last - first) / 4.0;
                [first + quarter, last - quarter]
            };
            (0..buckets).flat_map(of_bucket).collect()
        };
        let mut values = Vec::with_capacity(rows.len() * buckets * 2);
        let mut not_a_number = Vec::new();
        for row in &self.values {
            for index in 0..buckets {
                let is_nan =
                    |step: &f64| row.get(&StepKey(*step)).is_some_and(|value| value.is_nan());
                if bucket(index).iter().any(is_nan) {
                    not_a_number.push(values.len());
                }
                let present = bucket(index)
                    .iter()
                    .enumerate()
                    .map(|(at, step)| (at, value_at(row, step)))
                    .filter(|(_, value)| !value.is_nan());
                let low = present.clone().min_by(|a, b| a.1.total_cmp(&b.1));
                let high = present.max_by(|a, b| a.1.total_cmp(&b.1));
                values.extend(match (low, high) {
                    (Some(low), Some(high)) if low.0 <= high.0 => [low.1, high.1],
                    (Some(low), Some(high)) => [high.1, low.1],
                    _ => [f64::NAN; 2],
                });
            }
        }
        NormTable {
            rows,
            x: quarters(&along.x),
            steps: quarters(steps),
            values,
            not_a_number,
            thinned: true,
        }
    }
}

impl NormTable {
    /// The columns between gaps, over which values are averaged.
    fn segments(&self) -> Vec<Range<u32>> {
        segments(&Path::unbroken(self.x.len()), &[], &self.x)
    }

    /// The median of the windows that the rows choose, of at most `most` columns.
    pub(super) fn window(&self, most: usize) -> usize {
        let segments = self.segments();
        let rows = self.values.chunks_exact(self.x.len().max(1));
        let complete = rows.filter(|row| row.iter().all(|value| value.is_finite()));
        let mut windows: Vec<usize> = complete
            .map(|row| noise::window(row, &segments, most))
            .collect();
        windows.sort_unstable();
        windows.get(windows.len() / 2).copied().unwrap_or(1)
    }

    /// The table with each row's centred moving average over `window` columns (of the logarithms, where
    /// `geometric`); shorter at the ends and at gaps, and without missing values.
    pub(super) fn smoothed(&self, window: usize, geometric: bool) -> Self {
        let shown = |value: f64| value.is_finite() && (!geometric || value > 0.0);
        let mut values = self.values.clone();
        let columns = self.x.len().max(1);
        let segments = self.segments();
        let rows = values
            .chunks_exact_mut(columns)
            .zip(self.values.chunks_exact(columns));
        for (row, logged) in rows {
            for segment in &segments {
                let segment = segment.start as usize..segment.end as usize;
                for column in segment.clone().filter(|column| shown(logged[*column])) {
                    let half = (window / 2)
                        .min(column - segment.start)
                        .min(segment.end - 1 - column);
                    let near = logged[column - half..=column + half].iter().copied();
                    row[column] = mean(near.filter(|value| shown(*value)), geometric);
                }
            }
        }
        Self {
            rows: self.rows.clone(),
            x: self.x.clone(),
            steps: self.steps.clone(),
            values,
            not_a_number: self.not_a_number.clone(),
            thinned: self.thinned,
        }
    }
}

/// The mean, or the geometric one.
fn mean(values: impl Iterator<Item = f64>, geometric: bool) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for value in values {
        sum += if geometric { value.ln() } else { value };
        count += 1.0;
    }
    if geometric {
        (sum / count).exp()
    } else {
        sum / count
    }
}

/// The common prefix of the keys, then `…`.
fn pattern(keys: &[&str]) -> String {
    let Some((first, rest)) = keys.split_first() else {
        return String::new();
    };
    if rest.is_empty() {
        return (*first).to_owned();
    }
    let mut common = *first;
    for key in rest {
        while !key.starts_with(common) {
            common = &common[..common.char_indices().next_back().map_or(0, |(at, _)| at)];
        }
    }
    format!("{common}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn norms(rows: &[(&str, &[f64])]) -> Norms {
        Norms {
            rows: rows.iter().map(|(name, _)| (*name).to_owned()).collect(),
            values: rows
                .iter()
                .map(|(_, values)| {
                    values
                        .iter()
                        .enumerate()
                        .map(|(i, v)| (StepKey(i as f64), *v))
                        .collect()
                })
                .collect(),
            cells: 0,
            steps: 0,
            exact: true,
            key_pattern: String::new(),
            first_key: None,
        }
    }

    #[test]
    fn thinning_keeps_every_spike() {
        let mut values = vec![1.0; 10_000];
        values[7777] = 1000.0;
        values[1234] = 1e-9;
        let run = Arc::new(Run::new("r", "r", "r".into()));
        let norms = norms(&[("a", &values)]);
        let columns = norms
            .columns(&run, &ViewSettings::default())
            .expect("columns of steps");
        let table = norms.table(&columns, 64);
        assert_eq!(table.x.len(), 64);
        assert!(table.values.contains(&1000.0) && table.values.contains(&1e-9));
        assert!(table.x.windows(2).all(|pair| pair[0] < pair[1]));
    }

    fn run_with(keys: &[&str]) -> Run {
        let mut run = Run::new("r", "r", "r".into());
        for key in keys {
            let mut series = trainscape_run::Series::new(*key);
            series.push(trainscape_run::Point {
                step: 1.into(),
                wall_time_secs: None,
                value: 2.0,
            });
            let next = run.first_seen.len() as u32;
            run.first_seen.insert((*key).into(), next);
            run.roles.insert((*key).into(), Role::LayerGradientNorm);
            run.series.insert((*key).into(), Arc::new(series));
        }
        run
    }

    #[test]
    fn uneven_layers_are_unfolded_and_even_ones_are_not() {
        let names = ["embed", "layers.0.q", "layers.0.k", "norm", "pool", "head"];
        let keys: Vec<String> = names
            .iter()
            .map(|name| format!("grad_norm/{name}"))
            .collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        assert!(is_uneven(&run_with(&keys)));
        assert!(!is_uneven(&run_with(&keys[1..4])));
        let single = ["grad_norm/a", "grad_norm/b"];
        assert!(!is_uneven(&run_with(&single)), "nothing is folded");
    }

    #[test]
    fn rows_are_in_the_order_of_the_log() {
        let run = run_with(&["grad_norm/trunk", "grad_norm/attend", "grad_norm/mix"]);
        let norms = Norms::of_run(&run, &ViewSettings::default(), false);
        assert_eq!(norms.rows, ["trunk", "attend", "mix"]);
    }

    #[test]
    fn norms_of_histograms_are_exact_or_estimated() {
        let histogram = |sum_squares| trainscape_run::Histogram {
            edges: Box::new([-1.0, 1.0]),
            counts: Box::new([3.0]),
            sum_squares,
        };
        for (sum_squares, norm, exact) in [(Some(25.0), 5.0, true), (None, 1.0, false)] {
            let mut run = Run::new("r", "r", "r".into());
            for key in [
                "gradients/layers.0.up",
                "gradients/layers.0.down",
                "parameters/layers.0.up",
            ] {
                let mut series = trainscape_run::HistogramSeries::new(key);
                series.points_mut().push(trainscape_run::HistogramPoint {
                    step: 7.into(),
                    wall_time_secs: None,
                    histogram: Arc::new(histogram(sum_squares)),
                });
                run.histograms.insert(key.into(), Arc::new(series));
            }
            assert!(has_norms(&run));
            let norms = Norms::of_run(&run, &ViewSettings::default(), false);
            assert_eq!((norms.exact, norms.cells), (exact, 2));
            let run = Arc::new(run);
            let columns = norms
                .columns(&run, &ViewSettings::default())
                .expect("columns of steps");
            let table = norms.table(&columns, 64);
            assert_eq!(
                (table.rows, table.x),
                (vec!["layers.0".to_owned()], vec![7.0])
            );
            assert!((table.values[0] - norm * 2.0_f64.sqrt()).abs() < 1e-12);
        }
    }

    #[test]
    fn the_pattern_is_the_common_prefix() {
        assert_eq!(pattern(&["grad/a", "grad/b"]), "grad/…");
        assert_eq!(pattern(&["single"]), "single");
        assert_eq!(pattern(&["ä", "ö"]), "…");
    }
}
