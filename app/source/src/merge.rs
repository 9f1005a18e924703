//! Combining the logs and arrays of one run.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use trainscape_run::{Config, Media, Point, Report, Role, Run, Series, Source, role_of_key};

use crate::{
    arrays::Assembled,
    chosen_series::{Candidate, ChosenSeries, number_if_new},
    key_naming::KeyNaming,
    store::Store,
};

/// What one log contributes to a run.
#[derive(Debug)]
pub(crate) struct LogContent<'a> {
    pub(crate) rank: u8,
    /// True if the log only completes others.
    pub(crate) is_fallback: bool,
    pub(crate) sources: Vec<Source>,
    pub(crate) store: &'a Store,
    pub(crate) naming: &'a KeyNaming,
}

/// Identifies a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RunIdentity<'a> {
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
    pub(crate) path: &'a Path,
}

/// Builds the run. Where several logs hold the same series, the log with the most points is used, and among equals the one
/// whose format has the lowest rank. A fallback adds the keys that no other log has.
pub(crate) fn build(
    identity: RunIdentity<'_>,
    mut logs: Vec<LogContent<'_>>,
    config: &Config,
    arrays: &Assembled,
) -> Run {
    logs.sort_by_key(|log| (log.is_fallback, log.rank));
    let mut run = Run::new(identity.id, identity.name, identity.path.to_owned());
    let mut config = config.clone();
    let mut globs: BTreeMap<Arc<str>, Arc<str>> = BTreeMap::new();
    for log in logs.iter().rev() {
        let of_log = log.store.config.iter();
        config.extend(of_log.map(|(key, value)| (key.clone(), value.clone())));
        let declared = log.store.declared_x.iter();
        globs.extend(declared.map(|(key, x)| (Arc::clone(key), Arc::clone(x))));
        run.other_media.extend(media(log.store));
        run.reports.extend(reports(log));
        if let Some(name) = &log.store.display_name {
            run.name = name.as_str().into();
        }
        run.ended = log.store.ended.or(run.ended);
    }
    run.config = Arc::new(config);
    run.reports.sort_by(|a, b| a.path.cmp(&b.path));
    let mut chosen = ChosenSeries::default();
    let mut histogram_points: BTreeMap<Arc<str>, usize> = BTreeMap::new();
    let mut at_end: BTreeSet<usize> = BTreeSet::new();
    for log in logs {
        let source = run.sources.len();
        if log.store.is_at_end {
            at_end.insert(source);
        }
        run.sources.extend(log.sources);
        for (key, series, role) in log.store.series() {
            let (series, role) = match log.naming.is_plain() {
                true => (series, role),
                false => {
                    let declared = log.store.declared_roles.get(key).copied();
                    let (series, of_name) = renamed(key, &series, log.naming);
                    (series, declared.or(of_name))
                }
            };
            let candidate = Candidate {
                series,
                source,
                role,
                is_fallback: log.is_fallback,
            };
            chosen.add(candidate, &mut run);
        }
        for (key, series) in log.store.histograms() {
            let key: Arc<str> = match log.naming.is_plain() {
                true => Arc::clone(key),
                false => log.naming.name(key).into(),
            };
            number_if_new(&mut run, &key);
            let points = series.len();
            if histogram_points
                .get(&key)
                .is_none_or(|&known| known < points)
            {
                histogram_points.insert(Arc::clone(&key), points);
                run.histograms.insert(key, Arc::clone(series));
            }
        }
    }
    for (key, candidate) in chosen.into_iter() {
        if let Some(role) = candidate.role {
            run.roles.insert(Arc::clone(&key), role);
        }
        run.series_source.insert(Arc::clone(&key), candidate.source);
        run.series.insert(key, candidate.series);
    }
    move_to_end(&mut run, &at_end);
    add_roles_of_best(&mut run);
    change_roles_of_rising_scores(&mut run);
    run.declared_x = declared_x(&globs, &run);
    run.sources.extend(arrays.sources.iter().cloned());
    run.tensors.clone_from(&arrays.tensors);
    run.plots.clone_from(&arrays.plots);
    run
}

/// Names that say of which data a value is, and not what it is.
const DATA_ALONE: [&str; 5] = ["val", "valid", "validation", "dev", "eval"];
/// Shorter curves show no direction.
const FEWEST_OF_SCORE: usize = 5;

/// A `val` beside a training loss is a validation loss, unless it rises to more than any probability while the loss falls: then it
/// is a score in percent.
fn change_roles_of_rising_scores(run: &mut Run) {
    let ends = |series: &Series| -> Option<[f64; 2]> {
        let third = series.len() / 3;
        if series.len() < FEWEST_OF_SCORE || series.was_loaded() {
            return None;
        }
        let mean = |from: usize| {
            let values = (from..from + third).filter_map(|at| series.get(at));
            values.map(|point| point.value).sum::<f64>() / third as f64
        };
        Some([mean(0), mean(series.len() - third)])
    };
    let falls = |(key, role): (&Arc<str>, &Role)| {
        let series = run.series.get(key).filter(|_| *role == Role::Loss);
        series
            .and_then(|series| ends(series))
            .is_some_and(|[first, last]| last < first)
    };
    if !run.roles.iter().any(falls) {
        return;
    }
    let is_score = |key: &Arc<str>, role: Role| {
        let name = key.rsplit('/').next().unwrap_or(key);
        let is_of_data = DATA_ALONE
            .iter()
            .any(|known| known.eq_ignore_ascii_case(name));
        let series = run
            .series
            .get(key)
            .filter(|_| is_of_data && role == Role::ValidationLoss);
        let rises = |[first, last]: [f64; 2]| first < last && last > 1.0 && last <= 100.0;
        series.and_then(|series| ends(series)).is_some_and(rises)
    };
    let scores = run.roles.iter().filter(|(key, role)| is_score(key, **role));
    let scores: Vec<Arc<str>> = scores.map(|(key, _)| Arc::clone(key)).collect();
    for key in scores {
        run.roles.insert(key, Role::Accuracy);
    }
}

/// The roles of the best values of a training where nothing else is known of it, as in a table of runs: beside a curve, its best
/// value is none of another quantity.
fn add_roles_of_best(run: &mut Run) {
    if run.series.values().any(|series| series.len() > 1) {
        return;
    }
    for key in run.series.keys() {
        let of = key.strip_prefix("best_").and_then(role_of_key);
        if let Some(role) = of.filter(|_| !run.roles.contains_key(key)) {
            run.roles.insert(Arc::clone(key), role);
        }
    }
}

/// Moves values of the end of a training to the last step that the run's other series have.
fn move_to_end(run: &mut Run, at_end: &BTreeSet<usize>) {
    if at_end.is_empty() {
        return;
    }
    let is_final = |key: &Arc<str>| {
        run.series_source
            .get(key)
            .is_some_and(|source| at_end.contains(source))
    };
    let others = run.series.iter().filter(|(key, _)| !is_final(key));
    let last = others
        .filter_map(|(_, series)| series.last())
        .max_by(|a, b| a.step.as_f64().total_cmp(&b.step.as_f64()));
    let Some(last) = last else { return };
    let moved: Vec<(Arc<str>, Series)> = run
        .series
        .iter()
        .filter(|(key, _)| is_final(key))
        .map(|(key, series)| {
            let mut moved = Series::new(Arc::clone(key));
            moved.extend(series.iter().map(|point| Point {
                step: last.step,
                ..point
            }));
            (Arc::clone(key), moved)
        })
        .collect();
    run.series.extend(
        moved
            .into_iter()
            .map(|(key, series)| (key, Arc::new(series))),
    );
}

fn media(store: &Store) -> impl Iterator<Item = Media> + '_ {
    store.media.iter().map(|((key, kind), count)| Media {
        key: key.clone(),
        kind: (*kind).to_owned(),
        count: *count,
    })
}

fn reports<'a>(log: &'a LogContent<'_>) -> impl Iterator<Item = Report> + 'a {
    let path = log.sources.first().map(|source| &source.path);
    let reports = path.map(|path| (path, log.store.reports.iter()));
    reports.into_iter().flat_map(|(path, reports)| {
        reports.map(|(title, text)| Report {
            title: title.clone(),
            path: path.clone(),
            text: Arc::clone(text),
        })
    })
}

/// The series under its name in the run, and the role of that name.
fn renamed(key: &str, series: &Series, naming: &KeyNaming) -> (Arc<Series>, Option<Role>) {
    let key = naming.name(key);
    let role = role_of_key(&key);
    (Arc::new(series.with_key(key)), role)
}

/// Expands `train/*` to the existing keys; `*` alone is kept.
fn declared_x(globs: &BTreeMap<Arc<str>, Arc<str>>, run: &Run) -> BTreeMap<Arc<str>, Arc<str>> {
    let mut declared = BTreeMap::new();
    for (glob, x) in globs {
        match glob.strip_suffix('*') {
            Some(prefix) if !prefix.is_empty() => {
                let keys = run
                    .series
                    .keys()
                    .filter(|key| key.starts_with(prefix) && *key != x);
                for key in keys {
                    declared
                        .entry(Arc::clone(key))
                        .or_insert_with(|| Arc::clone(x));
                }
            }
            _ => {
                declared.insert(Arc::clone(glob), Arc::clone(x));
            }
        }
    }
    // The declaration of a key overrides that of a pattern.
    for (glob, x) in globs.iter().filter(|(glob, _)| !glob.contains('*')) {
        declared.insert(Arc::clone(glob), Arc::clone(x));
    }
    declared
}
