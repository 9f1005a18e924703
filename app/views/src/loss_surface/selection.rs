//! Which runs and series a loss surface draws, and what its second coordinate is.

use std::sync::Arc;

use trainscape_run::{Config, Role, Run, Series, natural_cmp};
use trainscape_scene::ticks::format_value;

use crate::{
    NotAvailable, ViewSettings, groups,
    palette::LEARNING_RATE_KEYS,
    run_rows::{self, RunSeries},
    samples::{left_out_runs, series_with_role},
    waterfall::WATERFALL,
};

/// A sweep is drawn as a terrain from this many distinct values of the second coordinate.
const MIN_TERRAIN_VALUES: usize = 3;

/// A second coordinate with one value for each run.
pub(super) struct PerRun {
    /// The axis title.
    pub(super) title: String,
    /// Where the values come from.
    pub(super) source: String,
    /// A number for each member; an index into `names` where there are names.
    pub(super) values: Vec<f64>,
    /// The distinct values, where they are not numbers.
    pub(super) names: Option<Vec<String>>,
    /// The key of the configuration that has the values.
    pub(super) key: Option<String>,
}

/// A second coordinate with a value for each point.
pub(super) struct PerPoint {
    pub(super) key: String,
    /// The series of each member.
    pub(super) series: Vec<Arc<Series>>,
}

/// The second coordinate.
pub(super) enum Second {
    PerRun(PerRun),
    PerPoint(PerPoint),
    /// None: each run has a place of its own.
    Run,
}

/// What is drawn.
pub(super) struct LossSelection {
    pub(super) members: Vec<RunSeries>,
    pub(super) second: Second,
    /// Sentences for the caption on runs that are left out.
    pub(super) notes: Vec<String>,
}

/// Selects the runs and their second coordinate: the one that was chosen, otherwise the peak learning rate of a
/// sweep, otherwise the learning rate of the only run, otherwise the run.
pub(super) fn select(
    runs: &[Arc<Run>],
    settings: &ViewSettings,
) -> Result<LossSelection, NotAvailable> {
    let (members, notes) = run_rows::members(runs, settings, Role::Loss)?;
    let waterfall = settings.chosen_switch(&WATERFALL);
    if waterfall == Some(true) {
        return Ok(by_run(members, notes));
    }
    if let Some(key) = settings.second() {
        return select_by_key(key, &members, notes);
    }
    match peak_learning_rates(&members) {
        Some((key, values)) => Ok(LossSelection {
            members,
            second: Second::PerRun(PerRun {
                title: "peak learning rate".to_owned(),
                source: key.map_or_else(
                    || "the largest learning rate logged".to_owned(),
                    |key| format!("config `{key}`"),
                ),
                values,
                names: None,
                key: key.map(str::to_owned),
            }),
            notes,
        }),
        // The ribbons of several runs would lie in one plane.
        None if waterfall.is_none() && members.len() > 1 => Ok(by_run(members, notes)),
        None => Ok(select_by_learning_rate(members, notes)),
    }
}

/// Each run at a place of its own.
fn by_run(members: Vec<RunSeries>, notes: Vec<String>) -> LossSelection {
    LossSelection {
        members,
        second: Second::Run,
        notes,
    }
}

/// The members that have the chosen key: in their configuration, otherwise as a series.
fn select_by_key(
    key: &str,
    members: &[RunSeries],
    mut notes: Vec<String>,
) -> Result<LossSelection, NotAvailable> {
    let members_with = |has: &dyn Fn(&Run) -> bool| -> Vec<RunSeries> {
        members
            .iter()
            .filter(|member| has(&member.run))
            .cloned()
            .collect()
    };
    let with_value = members_with(&|run| run.config.contains_key(key));
    if !with_value.is_empty() {
        let missing = members.len() - with_value.len();
        if missing > 0 {
            notes.push(left_out_runs(
                missing,
                &format!("{key} in the configuration"),
            ));
        }
        return Ok(LossSelection {
            second: Second::PerRun(per_run(key, &with_value)),
            members: with_value,
            notes,
        });
    }
    let with_series = members_with(&|run| run.series.contains_key(key));
    let series: Vec<_> = with_series
        .iter()
        .filter_map(|member| member.run.series.get(key).cloned())
        .collect();
    if series.is_empty() {
        return Err(NotAvailable::new(format!(
            "no run has a configuration value or a series called `{key}`"
        )));
    }
    Ok(LossSelection {
        members: with_series,
        second: Second::PerPoint(PerPoint {
            key: key.to_owned(),
            series,
        }),
        notes,
    })
}

/// The members that log a learning rate; the runs themselves where none does, or where it is constant.
fn select_by_learning_rate(members: Vec<RunSeries>, mut notes: Vec<String>) -> LossSelection {
    let (with_lr, without): (Vec<RunSeries>, Vec<RunSeries>) = members
        .into_iter()
        .partition(|member| series_with_role(&member.run, Role::LearningRate).is_some());
    if with_lr.is_empty() {
        return by_run(without, notes);
    }
    if let Some(constant) = constant_learning_rate(&with_lr) {
        notes.push(format!(
            "The learning rate is constant ({}), so it is no axis",
            format_value(constant)
        ));
        let mut all = [with_lr, without].concat();
        all.sort_by_key(|member| member.ordinal);
        return by_run(all, notes);
    }
    if !without.is_empty() {
        notes.push(left_out_runs(without.len(), "a learning rate"));
    }
    let series: Vec<Arc<Series>> = with_lr
        .iter()
        .filter_map(|member| series_with_role(&member.run, Role::LearningRate).cloned())
        .collect();
    let key = series
        .first()
        .map_or_else(String::new, |series| series.key().to_string());
    LossSelection {
        members: with_lr,
        second: Second::PerPoint(PerPoint { key, series }),
        notes,
    }
}

/// The only learning rate that the members log.
fn constant_learning_rate(members: &[RunSeries]) -> Option<f64> {
    let ranges: Vec<(f64, f64)> = members
        .iter()
        .filter_map(|member| series_with_role(&member.run, Role::LearningRate)?.value_range())
        .collect();
    let (first, _) = *ranges.first()?;
    let is_same = |value: f64| (value - first).abs() <= first.abs() * 1e-9;
    let are_same = ranges
        .iter()
        .all(|(low, high)| is_same(*low) && is_same(*high));
    are_same.then_some(first)
}

/// A configuration value that all members have; names where one of them is not a number.
fn per_run(key: &str, members: &[RunSeries]) -> PerRun {
    let configs = || members.iter().map(|member| &*member.run.config);
    let (values, names) = match groups::numbers(key, configs()) {
        Some(values) => (values, None),
        None => {
            let name = |config: &Config| config.get(key).map(ToString::to_string);
            let mut names: Vec<String> = configs().filter_map(name).collect();
            names.sort_by(|a, b| natural_cmp(a, b));
            names.dedup();
            let ordinal = |config: &Config| {
                let wanted = name(config);
                names.iter().position(|name| Some(name) == wanted.as_ref())
            };
            let values = configs().map(|config| ordinal(config).unwrap_or(0) as f64);
            (values.collect(), Some(names))
        }
    };
    PerRun {
        title: key.to_owned(),
        source: format!("config `{key}`"),
        values,
        names,
        key: Some(key.to_owned()),
    }
}

/// Whether the members differ in their learning rate, so that a terrain can show its effect.
pub(super) fn is_sweep(members: &[RunSeries]) -> bool {
    peak_learning_rates(members).is_some()
}

/// Each run's peak learning rate: from its configuration (with the key), otherwise the largest it logged.
fn peak_learning_rates(members: &[RunSeries]) -> Option<(Option<&'static str>, Vec<f64>)> {
    for key in LEARNING_RATE_KEYS {
        let values: Vec<f64> = members
            .iter()
            .filter_map(|member| member.run.config.get(key)?.as_f64())
            .filter(|value| value.is_finite() && *value > 0.0)
            .collect();
        if values.len() == members.len() && distinct(&values, 1e-6) >= MIN_TERRAIN_VALUES {
            return Some((Some(key), values));
        }
    }
    // Rates that differ although the configurations state the same follow from something else.
    let is_stated = |key: &str| {
        let mut members = members.iter();
        members.all(|member| member.run.config.contains_key(key))
    };
    if LEARNING_RATE_KEYS.iter().any(|key| is_stated(key)) {
        return None;
    }
    let values: Option<Vec<f64>> = members
        .iter()
        .map(|member| {
            let (_, peak) = series_with_role(&member.run, Role::LearningRate)?.value_range()?;
            (peak > 0.0).then_some(peak)
        })
        .collect();
    // The largest logged rate can be slightly below the peak, so close values count as one.
    values
        .filter(|values| distinct(values, 0.1) >= MIN_TERRAIN_VALUES)
        .map(|values| (None, values))
}

/// How many values differ by more than a relative tolerance.
fn distinct(values: &[f64], tolerance: f64) -> usize {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.dedup_by(|a, b| (*a - *b).abs() <= b.abs() * tolerance);
    sorted.len()
}
