//! The series of each key of a run of several logs. Points that two logs share are taken once; points that only one of them
//! has are never lost: they continue the other log's, or have a key that names their log.

use std::{borrow::Cow, collections::BTreeMap, ffi::OsStr, sync::Arc};

use trainscape_run::{Role, Run, Series};

use crate::same_values::{Likeness, has_later_points, likeness};

/// One log continues the other only from so many points on: fewer are a single evaluation.
const FEWEST: usize = 3;
/// Logs continue each other if the gap between them is at most so many spacings of steps: of the same format, and of others,
/// which may count differently.
const MOST_SPACINGS: [f64; 2] = [10.0, 2.5];

/// In keys, longer names of logs, as those of event files are, are replaced by the name of the format.
const LONGEST_STEM: usize = 32;

/// A series, the number of its source in the run and the role that its name suggests.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) series: Arc<Series>,
    pub(crate) source: usize,
    pub(crate) role: Option<Role>,
    /// True if the log only completes others.
    pub(crate) is_fallback: bool,
}

/// The series that were chosen so far, by key.
#[derive(Debug, Default)]
pub(crate) struct ChosenSeries {
    by_key: BTreeMap<Arc<str>, Candidate>,
}

impl ChosenSeries {
    /// Takes a series of another log of `run`, whose sources are known. Fallbacks come after all others.
    pub(crate) fn add(&mut self, candidate: Candidate, run: &mut Run) {
        number_if_new(run, candidate.series.key());
        let key = Arc::clone(candidate.series.key());
        let Some(known) = self.by_key.get_mut(&key) else {
            self.by_key.insert(key, candidate);
            return;
        };
        if continue_each_other(known, &candidate, run) {
            join(&mut known.series, &candidate.series);
            known.role = candidate.role;
            return;
        }
        if has_later_points(&known.series, &candidate.series) {
            known.series = with_later_points(&known.series, &candidate.series);
            return;
        }
        if has_later_points(&candidate.series, &known.series) {
            let series = with_later_points(&candidate.series, &known.series);
            *known = Candidate {
                series,
                ..candidate
            };
            return;
        }
        let total = |candidate: &Candidate| candidate.series.len() + candidate.series.dropped();
        let is_longer =
            total(known) < total(&candidate) && (known.is_fallback || !candidate.is_fallback);
        let likeness = likeness(&known.series, &candidate.series);
        let ends = |candidate: &Candidate| candidate.series.last().map(|last| last.step);
        let (kept, other) = match is_longer {
            true => (&candidate, &*known),
            false => (&*known, &candidate),
        };
        let other_ends_later = ends(kept)
            .zip(ends(other))
            .is_some_and(|(of_kept, of_other)| of_kept.is_before(of_other));
        let is_copy = match likeness {
            Likeness::AtSteps | Likeness::InOtherSteps => true,
            // It cannot continue the other one.
            Likeness::AtStepsInOtherUnit => !other_ends_later,
            Likeness::Different => false,
        };
        if is_copy {
            let tail = (likeness == Likeness::AtSteps && other_ends_later)
                .then(|| with_later_points(&kept.series, &other.series));
            if is_longer {
                *known = candidate;
            }
            if let Some(series) = tail {
                known.series = series;
            }
            return;
        }
        let shorter = match is_longer {
            true => std::mem::replace(known, candidate),
            false => candidate,
        };
        let is_other_format = format_of(&shorter, run) != format_of(known, run);
        if tells_less(&shorter, known, is_other_format) {
            return;
        }
        // Two counters place their own rows, which have them as steps.
        if shorter.role != Some(Role::Step) {
            self.add_under_own_key(&shorter, run);
        }
    }

    /// The series in the order of their keys.
    pub(crate) fn into_iter(self) -> impl Iterator<Item = (Arc<str>, Candidate)> {
        self.by_key.into_iter()
    }

    /// Adds a series under a key that names its log, too: another log of the run calls another quantity the same.
    fn add_under_own_key(&mut self, candidate: &Candidate, run: &mut Run) {
        let Some(source) = run.sources.get(candidate.source) else {
            return;
        };
        let path = &source.path;
        let key = candidate.series.key();
        let stem = text(path.file_stem());
        let names = [
            match stem.chars().count() > LONGEST_STEM {
                true => format!("{}/{key}", source.format.name),
                false => format!("{stem}/{key}"),
            },
            format!("{}/{key}", text(path.file_name())),
            format!("{}/{key}", path.display()),
        ];
        let is_of_other_log = |stem: Option<&OsStr>| {
            let sources = run.sources.iter().enumerate();
            sources
                .filter(|(at, _)| *at != candidate.source)
                .any(|(_, other)| other.path.file_stem() == stem)
        };
        let first = usize::from(is_of_other_log(path.file_stem()));
        let free = names[first..]
            .iter()
            .find(|name| !self.by_key.contains_key(name.as_str()));
        let Some(name) = free else { return };
        let series = Arc::new(candidate.series.with_key(name.as_str()));
        number_if_new(run, series.key());
        let entry = Candidate {
            series,
            ..candidate.clone()
        };
        self.by_key.insert(Arc::clone(entry.series.key()), entry);
    }
}

fn text(name: Option<&OsStr>) -> Cow<'_, str> {
    name.unwrap_or_default().to_string_lossy()
}

/// Numbers a key of a run where it is new.
pub(crate) fn number_if_new(run: &mut Run, key: &Arc<str>) {
    let next = run.first_seen.len() as u32;
    run.first_seen.entry(Arc::clone(key)).or_insert(next);
}

/// True if a series with other values than `known` repeats what `known` tells in more detail: the evaluation at the end of a
/// training, or what a script prints of the last records that it logs.
fn tells_less(shorter: &Candidate, known: &Candidate, is_other_format: bool) -> bool {
    let ends = |series: &Series| Some((series.first()?.step, series.last()?.step));
    let (Some((first, last)), Some((from, to))) = (ends(&shorter.series), ends(&known.series))
    else {
        return true;
    };
    let is_within = !first.is_before(from) && !to.is_before(last);
    let is_printed = shorter.is_fallback && !known.is_fallback;
    let are_results = shorter.series.len() < FEWEST && known.series.len() < FEWEST;
    is_printed && !to.is_before(last) && shorter.series.len() <= known.series.len()
        || is_within && shorter.series.len() < FEWEST && known.series.len() >= FEWEST
        || are_results && is_other_format
}

fn format_of(candidate: &Candidate, run: &Run) -> Option<&'static str> {
    run.sources
        .get(candidate.source)
        .map(|source| source.format.name)
}

/// Whether one log goes on where the other one ended, as the outputs of jobs do of which each continues the one before: neither
/// is a single evaluation, no step is in both, and the gap between them is small.
fn continue_each_other(a: &Candidate, b: &Candidate, run: &Run) -> bool {
    let is_whole = |series: &Series| {
        series.len() >= FEWEST && series.restarts().is_empty() && series.dropped() == 0
    };
    if !is_whole(&a.series) || !is_whole(&b.series) {
        return false;
    }
    let gap = |first: &Series, second: &Series| -> Option<f64> {
        let (last, first) = (first.last()?.step, second.first()?.step);
        last.is_before(first)
            .then(|| first.as_f64() - last.as_f64())
    };
    let Some(gap) = gap(&a.series, &b.series).or_else(|| gap(&b.series, &a.series)) else {
        return false;
    };
    let is_other_format = format_of(a, run) != format_of(b, run);
    let most_spacings = MOST_SPACINGS[usize::from(is_other_format)];
    let spacing = |series: &Series| -> Option<f64> {
        let (first, last) = (series.first()?.step.as_f64(), series.last()?.step.as_f64());
        Some((last - first) / (series.len() - 1) as f64)
    };
    match (spacing(&a.series), spacing(&b.series)) {
        (Some(of_a), Some(of_b)) => {
            gap <= most_spacings * of_a.max(of_b)
                && (!is_other_format || of_a.max(of_b) <= 2.0 * of_a.min(of_b))
        }
        _ => false,
    }
}

/// Adds the points of a series that has no step in common with `series`, in the order of the steps.
fn join(series: &mut Arc<Series>, other: &Series) {
    let is_before = |a: &Series, b: &Series| {
        let ends = a.last().zip(b.first());
        ends.is_some_and(|(last, first)| last.step.is_before(first.step))
    };
    if is_before(series, other) {
        Arc::make_mut(series).extend(other.iter());
    } else {
        let mut joined = Series::new(Arc::clone(series.key()));
        joined.extend(other.iter().chain(series.iter()));
        *series = Arc::new(joined);
    }
}

/// The points of a series and those of another one after its end.
fn with_later_points(series: &Series, other: &Series) -> Arc<Series> {
    let mut joined = Series::new(Arc::clone(series.key()));
    joined.extend(series.iter());
    let last = series.last();
    let later = other
        .iter()
        .filter(|point| last.is_none_or(|last| last.step.is_before(point.step)));
    joined.extend(later);
    Arc::new(joined)
}
