//! One series of several runs, smoothed: the rows of terrains and waterfalls.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    ops::Range,
    sync::Arc,
};

use rayon::prelude::*;
use trainscape_run::{CUT_BESIDE_SUMMARY, Config, Role, Run, Series};
use trainscape_scene::ticks::format_value;

use super::{
    NO_RUNS, NotAvailable, Remedy, ViewSettings,
    epoch_jumps::{starts_of_epochs, without_epoch_jumps},
    final_evaluations::{self, without_final_evaluation},
    noise,
    parts_of_runs::parts_of_others,
    samples::{self, Samples, counted, key_with_role, left_out_runs},
    segments::{without_jumps, without_spikes},
    spelling::{self, Spelling},
    units_of_steps, zero_losses,
};

/// The window is at most the number of a run's points divided by this.
const POINTS_PER_SMOOTHED: usize = 20;

/// Runs of less than this part of the usual length have no say in how all are averaged.
const SHORT: f64 = 0.1;

/// A run with fewer points than this many windows is not averaged by default.
const LEAST_WINDOWS: usize = 3;

/// A selected run with the series that is drawn.
#[derive(Clone)]
pub(super) struct RunSeries {
    /// Its index among all runs, drawn or not.
    pub(super) ordinal: usize,
    pub(super) run: Arc<Run>,
    pub(super) series: Arc<Series>,
}

/// The samples of a run, as logged and smoothed.
pub(super) struct RunRow {
    /// The run's index among the members.
    pub(super) member: usize,
    pub(super) samples: Samples,
    /// The centred mean at each sample, within its segment.
    pub(super) smooth: Vec<f64>,
    /// Segments over which values are interpolated.
    pub(super) segments: Vec<Range<u32>>,
    /// Segments over which values are averaged: those, divided at jumps; none without a moving average.
    averaged: Vec<Range<u32>>,
    /// Whether some of these are spikes.
    has_spikes: bool,
    /// Whether some of these end at the start of an epoch.
    jumps_at_epochs: bool,
    /// The number of samples at the start of each of these that are averaged over fewer points.
    steep: Vec<u32>,
    /// Points in its moving average; 1 without one.
    pub(super) window: usize,
}

/// The selected runs that log `role` under the key that most of them use (values under other keys are other
/// quantities), and sentences on those that are left out.
pub(super) fn members(
    runs: &[Arc<Run>],
    settings: &ViewSettings,
    role: Role,
) -> Result<(Vec<RunSeries>, Vec<String>), NotAvailable> {
    let logs_role = |run: &Run| samples::series_with_role(run, role).is_some();
    let parts = left_out_parts(runs, settings, logs_role);
    let whole = || {
        runs.iter()
            .enumerate()
            .filter(|(at, _)| !parts.contains(at))
    };
    let chosen = || {
        let whole = whole().map(|(_, run)| run);
        whole.filter(|run| settings.draws_run(&run.id))
    };
    if chosen().next().is_none() {
        return Err(NotAvailable::new(NO_RUNS).remedied_by(Remedy::DrawAll));
    }
    let key = key_with_role(chosen(), role).ok_or_else(|| samples::missing_role(chosen(), role))?;
    let spelling = Spelling::new(&key, role, runs);
    let (members, mut notes) =
        members_with_spelling((runs, &parts), settings, &key, Some(&spelling))?;
    let with_others = chosen().filter(|run| spelling.series_of(run).is_none());
    if let Some(other) = key_with_role(with_others.clone(), role) {
        let count = with_others
            .filter(|run| run.series.contains_key(&other))
            .count();
        let log = if count == 1 { "logs" } else { "log" };
        notes.push(format!("{} {log} {other} instead", counted(count, "run")));
    }
    Ok((members, notes))
}

/// The selected runs that log `key`, and sentences on those that are left out.
pub(super) fn members_with_key(
    runs: &[Arc<Run>],
    settings: &ViewSettings,
    key: &str,
) -> Result<(Vec<RunSeries>, Vec<String>), NotAvailable> {
    let parts = left_out_parts(runs, settings, |run| run.series.contains_key(key));
    members_with_spelling((runs, &parts), settings, key, None)
}

/// The places of runs that are parts of others, such as clients of a federated training, where whole runs log the same and
/// nobody chose runs.
fn left_out_parts(
    runs: &[Arc<Run>],
    settings: &ViewSettings,
    logs: impl Fn(&Run) -> bool,
) -> HashSet<usize> {
    if settings.has_chosen_runs() {
        return HashSet::new();
    }
    let parts = parts_of_others(runs);
    let mut whole = runs
        .iter()
        .enumerate()
        .filter(|(at, _)| !parts.contains(at));
    match parts.is_empty() || whole.any(|(_, run)| logs(run)) {
        true => parts,
        false => HashSet::new(),
    }
}

/// The same, with the runs that spell the key differently.
fn members_with_spelling(
    (runs, parts): (&[Arc<Run>], &HashSet<usize>),
    settings: &ViewSettings,
    key: &str,
    spelling: Option<&Spelling<'_>>,
) -> Result<(Vec<RunSeries>, Vec<String>), NotAvailable> {
    let drawn = runs.iter().enumerate();
    let drawn = drawn.filter(|(at, run)| settings.draws_run(&run.id) && !parts.contains(at));
    let (mut left_out, mut without_number) = (0, 0);
    let mut members = Vec::new();
    for (ordinal, run) in drawn {
        let series = match spelling {
            Some(spelling) => spelling.series_of(run),
            None => run.series.get(key),
        };
        match series.filter(|series| series.value_range().is_some()) {
            None if series.is_some_and(|series| !series.is_empty()) => without_number += 1,
            Some(series) => members.push(RunSeries {
                ordinal,
                run: run.clone(),
                series: series.clone(),
            }),
            None => left_out += 1,
        }
    }
    if members.is_empty() {
        return Err(NotAvailable::new(format!("`{key}` has no finite value")));
    }
    let mut notes: Vec<String> = (left_out > 0)
        .then(|| left_out_runs(left_out, key))
        .into_iter()
        .collect();
    notes.extend((without_number > 0).then(|| {
        format!(
            "{} left out: all values of {key} are NaN or infinite",
            samples::counted_are(without_number, "run")
        )
    }));
    notes.extend((!parts.is_empty()).then(|| {
        let verb = samples::verb(parts.len());
        format!(
            "{} below others {verb} left out",
            counted(parts.len(), "run")
        )
    }));
    notes.extend(spelling::sentence(
        members.iter().map(|member| &member.series),
        key,
    ));
    if !settings.has_chosen_runs() {
        notes.extend(leave_out_starts(&mut members));
        notes.extend(leave_out_last_losses(&mut members, key));
        if settings.x().is_none() {
            notes.extend(leave_out_other_units(&mut members));
        }
        notes.extend(leave_out_zeros(&mut members, key));
    }
    notes.extend(leave_out_repeated(&mut members));
    notes.extend(cut_logs(&members, key));
    let mut shortened = 0;
    for member in &mut members {
        let role = member.run.roles.get(key).copied();
        if let Some(series) = without_final_evaluation(&member.series, role) {
            member.series = Arc::new(series);
            shortened += 1;
        }
    }
    notes.extend(final_evaluations::sentence(shortened));
    let losses = members.iter();
    let zeros: usize = losses
        .map(|member| zero_losses::count(&member.run, &member.series))
        .sum();
    if zeros > 0 {
        notes.push(format!(
            "{} of 0 where the gradient norm is not finite {} taken for NaN",
            counted(zeros, "loss value"),
            samples::verb(zeros)
        ));
    }
    Ok((members, notes))
}

/// Fewer points may be equal by chance.
const FEWEST_REPEATED: usize = 5;
/// A run has a curve from so many points on.
const CURVE: usize = 3;
/// A point within this part of the steps of all runs is at their start.
const START: f64 = 0.05;

/// Leaves out the runs whose steps count something else. Returns the sentence on them.
fn leave_out_other_units(members: &mut Vec<RunSeries>) -> Option<String> {
    let of_members = members.iter().map(|member| (&member.run, &*member.series));
    let (kept, sentence) = units_of_steps::kept(&of_members.collect::<Vec<_>>())?;
    let mut kept = kept.into_iter();
    members.retain(|_| kept.next() == Some(true));
    Some(sentence)
}

/// Leaves out the runs of a single point at the start of the others' curves where these are long, or fewer: trainings that were
/// given up at once, or rows of a table of results, among which the best of all would be named for nothing. Returns the sentence
/// on them.
fn leave_out_starts(members: &mut Vec<RunSeries>) -> Option<String> {
    let at_least = |points: usize| {
        let long = members
            .iter()
            .filter(|member| member.series.len() >= points);
        long.count()
    };
    let (curves, long) = (at_least(CURVE), at_least(LONG_CURVE));
    if curves < 2 && long == 0 {
        return None;
    }
    let ends = |member: &RunSeries| {
        let (first, last) = (member.series.first()?, member.series.last()?);
        Some((first.step.as_f64(), last.step.as_f64()))
    };
    let (low, high) = members
        .iter()
        .filter_map(ends)
        .fold((f64::MAX, f64::MIN), |(low, high), (first, last)| {
            (low.min(first), high.max(last))
        });
    let is_start = |member: &RunSeries| {
        member.series.len() == 1
            && ends(member).is_some_and(|(first, _)| first - low <= START * (high - low))
    };
    let starts = members.iter().filter(|member| is_start(member)).count();
    if starts <= curves && long < starts {
        return None;
    }
    let (starts, kept): (Vec<RunSeries>, Vec<RunSeries>) = members.drain(..).partition(is_start);
    *members = kept;
    (!starts.is_empty()).then(|| {
        // The best of all may be among them.
        let values = starts
            .iter()
            .filter_map(|member| member.series.value_range());
        let range =
            values.reduce(|(low, high), (lower, higher)| (low.min(lower), high.max(higher)));
        let range = range.map_or_else(String::new, |(low, high)| match low < high {
            true => format!(" ({} to {})", format_value(low), format_value(high)),
            false => format!(" ({})", format_value(low)),
        });
        format!(
            "{} with a single value{range}, at the start, {} left out",
            counted(starts.len(), "run"),
            samples::verb(starts.len())
        )
    })
}

/// A sentence on runs whose logs are cut although their summaries know of more: what is drawn is not the whole training.
fn cut_logs(members: &[RunSeries], key: &str) -> Option<String> {
    let is_cut = |member: &&RunSeries| {
        let source = member.run.series_source.get(key);
        let source = source.and_then(|at| member.run.sources.get(*at));
        member.series.len() > 1 && source.is_some_and(|source| source.note == CUT_BESIDE_SUMMARY)
    };
    let cut = members.iter().filter(is_cut).count();
    let of = if cut == 1 { "log" } else { "logs" };
    let end = if cut == 1 { "ends" } else { "end" };
    (cut > 0).then(|| {
        format!(
            "The {of} of {} {end} before the training does: the last record is incomplete",
            counted(cut, "run")
        )
    })
}

/// A training loss has a long curve from so many points on.
const LONG_CURVE: usize = 50;

/// Leaves out the runs of which only one value of the training loss is left, as in the summary of a run whose records are lost,
/// beside long curves: a loss of one batch, which is lower than all means by chance. Returns the sentence on them.
fn leave_out_last_losses(members: &mut Vec<RunSeries>, key: &str) -> Option<String> {
    let has_role = |member: &RunSeries| member.run.roles.get(key) == Some(&Role::Loss);
    let is_long = |member: &&RunSeries| member.series.len() >= LONG_CURVE;
    let is_single = |member: &RunSeries| member.series.len() == 1 && has_role(member);
    let long = members.iter().filter(is_long).count();
    let single = members.iter().filter(|member| is_single(member)).count();
    if single == 0 || long < single {
        return None;
    }
    members.retain(|member| !is_single(member));
    Some(format!(
        "{} with a single value of {key} {} left out",
        counted(single, "run"),
        samples::verb(single)
    ))
}

/// Leaves out the runs with exactly the points of one before whose settings agree: copies, or a training that was repeated with its
/// seed, which would count twice in a mean. Returns the sentence on them.
fn leave_out_repeated(members: &mut Vec<RunSeries>) -> Option<String> {
    let hashes: Vec<Option<u64>> = members.par_iter().map(hash_of_curve).collect();
    let mut first: HashMap<u64, usize> = HashMap::new();
    let mut is_repeated = vec![false; members.len()];
    for (row, hash) in hashes.into_iter().enumerate() {
        let Some(hash) = hash else { continue };
        let before = *first.entry(hash).or_insert(row);
        let (known, member) = (&members[before], &members[row]);
        is_repeated[row] = before != row
            && agree(&known.run.config, &member.run.config)
            && curve(&known.series).eq(curve(&member.series));
    }
    let repeated = is_repeated.iter().filter(|is| **is).count();
    if repeated == 1 {
        let at = is_repeated.iter().position(|is| *is)?;
        let name = members.remove(at).run.name.clone();
        return Some(format!(
            "1 run is left out: exactly the values of another ({name})"
        ));
    }
    let mut is_repeated = is_repeated.into_iter();
    members.retain(|_| is_repeated.next() == Some(false));
    (repeated > 0).then(|| {
        format!(
            "{} left out: exactly the values of another",
            samples::counted_are(repeated, "run"),
        )
    })
}

/// Whether configurations are equal, or no setting of a few has another value in the other: tables that pool runs state less of
/// each, or more.
fn agree(a: &Config, b: &Config) -> bool {
    const FEW_SETTINGS: usize = 8;
    let is_pooled = a.len().max(b.len()) <= FEW_SETTINGS;
    let mut settings = a.iter();
    a == b
        || is_pooled && settings.all(|(key, value)| b.get(key).is_none_or(|other| other == value))
}

/// A hash of the points of a curve; `None` of few points, which may be equal by chance.
fn hash_of_curve(member: &RunSeries) -> Option<u64> {
    let series = &member.series;
    let varies = series.value_range().is_some_and(|(low, high)| low < high);
    if series.len() < FEWEST_REPEATED || !varies {
        return None;
    }
    let mut hasher = DefaultHasher::new();
    curve(series).for_each(|point| point.hash(&mut hasher));
    Some(hasher.finish())
}

/// Steps and values as bits.
fn curve(series: &Series) -> impl Iterator<Item = [u64; 2]> + '_ {
    let points = series.iter();
    points.map(|point| [point.step.as_f64().to_bits(), point.value.to_bits()])
}

/// Leaves out the runs whose loss is 0 throughout, beside others: it was not computed. Returns the sentence on them.
fn leave_out_zeros(members: &mut Vec<RunSeries>, key: &str) -> Option<String> {
    let is_zero = |member: &RunSeries| {
        let role = member.run.roles.get(key);
        matches!(role, Some(Role::Loss | Role::ValidationLoss))
            && member.series.value_range() == Some((0.0, 0.0))
    };
    let zeros = members.iter().filter(|member| is_zero(member)).count();
    if zeros == 0 || zeros == members.len() {
        return None;
    }
    members.retain(|member| !is_zero(member));
    let whose = if zeros == 1 { "its" } else { "their" };
    Some(format!(
        "{} left out: {whose} {key} is 0 throughout",
        samples::counted_are(zeros, "run")
    ))
}

/// The rows of the members that have samples within the chosen steps, and the points in their moving average.
pub(super) fn rows(
    members: &[RunSeries],
    settings: &ViewSettings,
) -> Result<(Vec<RunRow>, usize), NotAvailable> {
    let mut rows: Vec<RunRow> = members
        .par_iter()
        .enumerate()
        .map(|(member, RunSeries { run, series, .. })| {
            let samples = samples::samples(run, series, settings);
            let segments = samples.segments();
            let values = samples.values();
            let between_jumps = without_jumps(&segments, &values);
            let averaged = without_spikes(&between_jumps, &values);
            let starts = starts_of_epochs(run, &samples);
            let divided = without_epoch_jumps(&averaged, &values, &starts);
            RunRow {
                member,
                has_spikes: averaged.len() > between_jumps.len(),
                jumps_at_epochs: divided.len() > averaged.len(),
                averaged: divided,
                segments,
                samples,
                smooth: Vec::new(),
                steep: Vec::new(),
                window: 1,
            }
        })
        .filter(|row| !row.samples.points.is_empty())
        .collect();
    if rows.is_empty() {
        let key = members.first().map_or("", |member| member.series.key());
        return Err(
            NotAvailable::new(format!("no run has `{key}` within the chosen steps"))
                .remedied_by(Remedy::DrawAll),
        );
    }
    let window = settings
        .smoothing()
        .unwrap_or_else(|| default_window(&rows))
        .max(1);
    rows.par_iter_mut().for_each(|row| {
        row.window = match settings.smoothing() {
            None if row.is_short(window) => row.own_window().min(window),
            _ => window,
        };
        let adapts = settings.smoothing().is_none();
        let smoothed = samples::smoothed(&row.samples, &row.averaged, row.window, adapts);
        row.smooth = smoothed.values;
        row.steep = smoothed.steep;
    });
    Ok((rows, window))
}

/// The median of the windows that the runs choose, so that all are averaged alike, but for those that are short beside the
/// runs that hold most points: these have their own.
fn default_window(rows: &[RunRow]) -> usize {
    let lens = rows.iter().map(|row| row.samples.points.len());
    let fewest = SHORT * usual_len(lens) as f64;
    let mut windows: Vec<usize> = rows
        .par_iter()
        .filter(|row| row.samples.points.len() as f64 >= fewest)
        .map(RunRow::own_window)
        .collect();
    windows.sort_unstable();
    windows[windows.len() / 2]
}

/// The length of the runs that hold most points: half of all points are in runs of at least that length.
pub(super) fn usual_len(lens: impl Iterator<Item = usize>) -> usize {
    let mut lens: Vec<usize> = lens.collect();
    lens.sort_unstable_by_key(|len| Reverse(*len));
    let all: usize = lens.iter().sum();
    let mut held = 0;
    let usual = lens.into_iter().find(|len| {
        held += len;
        2 * held >= all
    });
    usual.unwrap_or(0)
}

/// What a caption says, after the sentence on the window, of runs that are averaged over fewer points.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Exceptions {
    /// Some runs are too short for the window of the others.
    has_short: bool,
    /// Some start too steeply for the window.
    has_steep: bool,
    /// Some have spikes.
    has_spikes: bool,
    /// Some jump where an epoch starts.
    has_jumps: bool,
}

impl Exceptions {
    /// Those of the rows, where others have the `window`.
    pub(super) fn of<'a>(rows: impl Iterator<Item = &'a RunRow>, window: usize) -> Self {
        rows.fold(Self::default(), |found, row| Self {
            has_short: found.has_short || row.window != window,
            has_steep: found.has_steep || row.starts_steeply(),
            has_spikes: found.has_spikes || row.window > 1 && row.has_spikes,
            has_jumps: found.has_jumps || row.jumps_at_epochs,
        })
    }

    /// Both.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            has_short: self.has_short || other.has_short,
            has_steep: self.has_steep || other.has_steep,
            has_spikes: self.has_spikes || other.has_spikes,
            has_jumps: self.has_jumps || other.has_jumps,
        }
    }

    pub(super) fn text(self) -> String {
        let short = match self.has_short {
            true => ", of short runs over fewer or as logged",
            false => "",
        };
        let steep = match self.has_steep {
            true => ", over fewer at a steep start",
            false => "",
        };
        let jumps = match self.has_jumps {
            true => ", not across the start of an epoch where the values jump",
            false => "",
        };
        let spikes = match self.has_spikes {
            true => ", not over spikes",
            false => "",
        };
        format!("{short}{steep}{spikes}{jumps}")
    }
}

/// What a caption says of a moving average.
pub(super) fn average_text(window: usize, settings: &ViewSettings) -> String {
    format!(
        "Lines: centred means over {window} points{}",
        chosen_text(settings)
    )
}

/// How the window of a moving average was chosen, in parentheses; empty where the user did.
pub(super) fn chosen_text(settings: &ViewSettings) -> &'static str {
    match settings.smoothing() {
        None => " (window by autocorrelation)",
        Some(_) => "",
    }
}

impl RunRow {
    /// The row of a run that has another place among the members.
    pub(super) fn of_member(self, member: usize) -> Self {
        Self { member, ..self }
    }

    /// Whether a window that was chosen for longer runs would leave nothing of this one.
    fn is_short(&self, window: usize) -> bool {
        self.samples.points.len() < LEAST_WINDOWS * window
    }

    /// The window that suits the run.
    fn own_window(&self) -> usize {
        let values = self.samples.values();
        let most = values.len() / POINTS_PER_SMOOTHED;
        noise::window(&values, &self.averaged, most).max(1)
    }

    /// Whether the run starts too steeply for the window of its moving average.
    fn starts_steeply(&self) -> bool {
        self.steep.iter().any(|steep| *steep > 0)
    }

    /// The first sample after which no window is full; the number of samples if the last segment has no full window.
    pub(super) fn end_of_full_windows(&self) -> u32 {
        let window = self.window;
        let len = self.samples.points.len() as u32;
        let last = self.averaged.last();
        match last.filter(|segment| window > 1 && segment.len() >= window) {
            Some(segment) => segment.end - window as u32 / 2,
            None => len,
        }
    }

    /// Whether there is a moving average, at the sample over all points of the window.
    pub(super) fn has_full_window(&self, at: usize) -> bool {
        if self.window <= 1 {
            return false;
        }
        let half = self.window / 2;
        let next = self
            .averaged
            .partition_point(|segment| segment.end as usize <= at);
        let steep = self.steep.get(next).map_or(0, |steep| *steep as usize);
        self.averaged.get(next).is_some_and(|segment| {
            at >= segment.start as usize + half.max(steep) && at + half < segment.end as usize
        })
    }
}
