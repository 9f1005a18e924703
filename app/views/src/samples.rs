//! Helpers of the views of series: series by role, their points, smoothing, and wording.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
    sync::Arc,
};

use trainscape_run::{Role, Run, Series};

use super::{
    NotAvailable, Remedy, ViewSettings,
    averages::WindowSums,
    names::shortest_apart,
    segments::{self, segments},
    steep_start,
    x_lookup::{XLookup, counts_cases},
    zero_losses::NotFiniteGradients,
};

/// One drawable point of a series.
#[derive(Clone, Copy, Debug)]
pub(super) struct SamplePoint {
    pub(super) x: f64,
    pub(super) step: f64,
    pub(super) value: f64,
    pub(super) index: u32,
}

impl SamplePoint {
    /// x, y and the value, for the row at `y`.
    pub(super) fn at(&self, y: f64) -> [f64; 3] {
        [self.x, y, self.value]
    }
}

/// The samples of a series within the step range, and how many were not finite.
#[derive(Clone, Debug, Default)]
pub(super) struct Samples {
    pub(super) points: Vec<SamplePoint>,
    /// Positions in `points` before which a non-finite value was logged, or so much is missing that no line says what was there.
    pub(super) gaps: Vec<u32>,
    /// Positions at which the run continues after a restart.
    pub(super) restarts: Vec<u32>,
    pub(super) non_finite: usize,
    /// x and step of the points that are not finite.
    pub(super) non_finite_at: Vec<[f64; 2]>,
    pub(super) superseded: usize,
    /// How often the steps of several environments that log in turn go back.
    pub(super) turns: usize,
}

/// An x value that is so far before the last one, in spans of the values so far, begins again: a second training that counts
/// from 0 in the same run.
const BEGINS_AGAIN: f64 = 0.1;

impl Samples {
    /// Whether a line from the last point to `x` would go back to the start of another training.
    fn begins_again_at(&self, x: f64) -> bool {
        let (Some(first), Some(last)) = (self.points.first(), self.points.last()) else {
            return false;
        };
        last.x - x > BEGINS_AGAIN * (last.x - first.x)
    }

    /// The line ends at the last point.
    fn end_strip(&mut self) {
        let gap = self.points.len() as u32;
        if self.gaps.last() != Some(&gap) {
            self.gaps.push(gap);
        }
    }

    /// Ends the line at both sides of a few long stretches without any points, as after `Resumed from step 80000` in a log
    /// that began at 0 again.
    fn end_strips_at_wide_gaps(&mut self) {
        let x: Vec<f64> = self.points.iter().map(|point| point.x).collect();
        let gaps = segments::wide_gaps(&x);
        if !gaps.is_empty() {
            self.gaps.extend(gaps);
            self.gaps.sort_unstable();
            self.gaps.dedup();
        }
    }

    /// The segments between gaps.
    pub(super) fn strips(&self) -> Vec<Range<u32>> {
        strips_between(&self.gaps, self.points.len())
    }

    /// The values.
    pub(super) fn values(&self) -> Vec<f64> {
        self.points.iter().map(|sample| sample.value).collect()
    }

    /// x of every point, finite or not.
    pub(super) fn all_x(&self) -> impl Iterator<Item = f64> {
        let not_finite = self.non_finite_at.iter().map(|[x, _]| *x);
        self.points.iter().map(|sample| sample.x).chain(not_finite)
    }

    /// The segments between gaps, restarts and wide spacings, over which values are averaged and interpolated.
    pub(super) fn segments(&self) -> Vec<Range<u32>> {
        let steps: Vec<f64> = self.points.iter().map(|sample| sample.step).collect();
        segments(&self.strips(), &self.restarts, &steps)
    }
}

/// The segments of `len` points between gaps; a gap is before the point of its index.
pub(super) fn strips_between(gaps: &[u32], len: usize) -> Vec<Range<u32>> {
    let mut strips = Vec::with_capacity(gaps.len() + 1);
    let mut start = 0;
    for &gap in gaps.iter().chain(std::iter::once(&(len as u32))) {
        if gap > start {
            strips.push(start..gap);
        }
        start = gap;
    }
    strips
}

/// The best series with `role`, curves before single values.
pub(super) fn series_with_role(run: &Run, role: Role) -> Option<&Arc<Series>> {
    let of_role = run.series_with_role(role);
    // The last value in a summary beside the curve of a log.
    let curve = of_role.iter().find(|series| series.len() > 1);
    let found = curve.or_else(|| of_role.iter().find(|series| !series.is_empty()));
    found.copied()
}

/// The key under which most of `runs` log `role`: series under other keys are other quantities. Curves count before single
/// results, and a few long trainings before many short recordings. On a tie, the key with more points, then that of the first run. Where the user chose the role's key, only the runs
/// that have it count.
pub fn key_with_role<'a>(runs: impl Iterator<Item = &'a Arc<Run>>, role: Role) -> Option<Arc<str>> {
    let mut votes: BTreeMap<&Arc<str>, (usize, usize, usize, usize)> = BTreeMap::new();
    let mut runs: Vec<&Arc<Run>> = runs.collect();
    if has_chosen(&runs, role) {
        runs.retain(|run| run.chosen_roles.contains(&role));
    }
    // Values that are all NaN speak for no key, unless there are no others.
    let is_finite = |run: &&Arc<Run>| {
        let series = series_with_role(run, role);
        series.is_some_and(|series| series.value_range().is_some())
    };
    if runs.iter().any(is_finite) {
        runs.retain(is_finite);
    }
    for (index, run) in runs.into_iter().enumerate() {
        if let Some(series) = series_with_role(run, role) {
            let (curves, count, points, _) = votes.entry(series.key()).or_insert((0, 0, 0, index));
            *curves += usize::from(series.len() > 1);
            *count += 1;
            *points += series.len();
        }
    }
    let most = votes
        .iter()
        .max_by_key(|(_, (curves, count, points, first))| {
            (*curves, *count, *points, std::cmp::Reverse(*first))
        });
    let (key, (_, _, of_most, _)) = most?;
    let is_trained = |(_, (curves, _, points, _)): &(&&Arc<str>, &(usize, usize, usize, usize))| {
        *curves >= FEWEST_TRAININGS && *points >= RECORDINGS_PER_TRAINING * of_most
    };
    let longest = votes.iter().filter(is_trained);
    let longest = longest.max_by_key(|(_, (_, _, points, _))| *points);
    Some(Arc::clone(longest.map_or(*key, |(key, _)| *key)))
}

/// So many runs with this many times the points of all that log another key are the trainings; the others are recordings of what was
/// trained.
const FEWEST_TRAININGS: usize = 3;
const RECORDINGS_PER_TRAINING: usize = 8;

/// Whether the user chose the key of a role in one of the runs.
pub(super) fn has_chosen(runs: &[&Arc<Run>], role: Role) -> bool {
    runs.iter().any(|run| run.chosen_roles.contains(&role))
}

/// Why a view that needs a role cannot be drawn from `runs`, none of which logs it.
pub(super) fn missing_role<'a>(
    mut runs: impl Iterator<Item = &'a Arc<Run>>,
    role: Role,
) -> NotAvailable {
    let (what, name) = (role.name().replace('_', " "), role.name());
    let article = if what.starts_with(['a', 'e']) {
        "an"
    } else {
        "a"
    };
    if runs.all(|run| run.series.values().all(|series| series.is_empty())) {
        let reason = format!("needs {article} {what}: these runs have logged no series");
        return NotAvailable::new(reason).remedied_by(Remedy::OpenFolder);
    }
    NotAvailable::new(format!(
        "needs {article} {what}: no series has a name that suggests one"
    ))
    .on_command_line(format!("name it with `--role {name}=KEY`"))
    .remedied_by(Remedy::SetRole(role))
}

/// The live samples of `series` against the x axis of the settings.
pub(super) fn samples(run: &Run, series: &Series, settings: &ViewSettings) -> Samples {
    let mut along = XLookup::new(run, series, settings);
    let mut samples = Samples {
        superseded: series.superseded(),
        turns: series.turns(),
        ..Samples::default()
    };
    let mut live = series.live_ranges().into_iter().peekable();
    let gradients = NotFiniteGradients::of(run, series);
    for (index, point) in series.live() {
        while live.next_if(|range| range.end <= index).is_some() {
            samples.restarts.push(samples.points.len() as u32);
        }
        let step = point.step.as_f64();
        if !settings.draws_step(step) {
            continue;
        }
        let Some(x) = along.at(&point) else {
            continue;
        };
        if samples.begins_again_at(x) {
            samples.end_strip();
        }
        let stands_for_nan = gradients.as_ref().is_some_and(|known| known.is_nan(&point));
        if point.value.is_finite() && !stands_for_nan {
            samples.points.push(SamplePoint {
                x,
                step,
                value: point.value,
                index: index as u32,
            });
        } else {
            samples.non_finite += 1;
            samples.non_finite_at.push([x, step]);
            samples.end_strip();
        }
    }
    if counts_cases(run, series.key()) {
        // Nothing is between two of them.
        samples.gaps = (1..samples.points.len() as u32).collect();
    }
    samples.end_strips_at_wide_gaps();
    samples
}

/// The samples of `series` that a later restart repeats, of each start by itself.
pub(super) fn earlier_starts(run: &Run, series: &Series, settings: &ViewSettings) -> Vec<Samples> {
    let mut starts: Vec<Samples> = Vec::new();
    if series.superseded() == 0 {
        return starts;
    }
    let live = series.live_ranges();
    let is_live = |index: usize| live.iter().any(|range| range.contains(&index));
    let mut along = XLookup::new(run, series, settings);
    let mut before = None;
    for (index, point) in series.iter().enumerate() {
        let step = point.step.as_f64();
        if is_live(index) {
            before = None;
            continue;
        }
        if before.is_none_or(|before| step < before) {
            along = XLookup::new(run, series, settings);
            starts.push(Samples::default());
        }
        before = Some(step);
        let x = along.at(&point).filter(|_| settings.draws_step(step));
        if let (Some(start), Some(x)) = (starts.last_mut(), x)
            && point.value.is_finite()
        {
            start.points.push(SamplePoint {
                x,
                step,
                value: point.value,
                index: index as u32,
            });
        }
    }
    starts.retain(|start| !start.points.is_empty());
    starts
}

/// A series as its moving average.
pub(super) struct Smoothed {
    /// The mean at each sample.
    pub(super) values: Vec<f64>,
    /// The number of samples at the start of each segment with a narrower window, as the curve is too steep there.
    pub(super) steep: Vec<u32>,
}

/// The centred moving average over `window` points. At the start of a segment, where losses fall, it is over as many points
/// before as after, and over fewer where the curve is too steep for the window, if it `adapts`; at its end over those that
/// there are, as a single one would show noise as trend.
pub(super) fn smoothed(
    samples: &Samples,
    segments: &[Range<u32>],
    window: usize,
    adapts: bool,
) -> Smoothed {
    let values = samples.values();
    if window <= 1 {
        return Smoothed {
            values,
            steep: vec![0; segments.len()],
        };
    }
    let half = window / 2;
    let mut means = Vec::with_capacity(values.len());
    let mut steep = Vec::with_capacity(segments.len());
    for strip in segments {
        let strip = &values[strip.start as usize..strip.end as usize];
        let sums = WindowSums::of(strip);
        let reaches = match adapts {
            true => steep_start::reaches(strip, &sums, half),
            false => Vec::new(),
        };
        for index in 0..strip.len() {
            let most = reaches.get(index).copied().unwrap_or(half);
            let reach = most.min(index);
            let to = (index + reach + 1).min(strip.len());
            means.push(sums.mean(index - reach, to));
        }
        steep.push(reaches.len() as u32);
    }
    Smoothed {
        values: means,
        steep,
    }
}

/// The label of each run: its name, or its id where another run has the same name.
pub(super) fn labels_of_runs(runs: &[Arc<Run>]) -> Vec<String> {
    let mut same: HashMap<&str, usize> = HashMap::new();
    for run in runs {
        *same.entry(&run.name).or_default() += 1;
    }
    // A name from a folder is in the id; one that the log states is not, and says what the id does not.
    let is_stated = |run: &Arc<Run>| !run.id.contains(&*run.name);
    let mut parts: HashMap<&str, Vec<String>> = HashMap::new();
    for run in runs.iter().filter(|run| same[&*run.name] > 1) {
        parts.entry(&run.name).or_default().push(run.id.to_string());
    }
    for ids in parts.values_mut() {
        *ids = shortest_apart(ids);
        ids.reverse();
    }
    let mut label = |run: &Arc<Run>| {
        let part = parts.get_mut(&*run.name).and_then(Vec::pop);
        match part {
            None => run.name.to_string(),
            // One name of all says nothing.
            Some(part) if is_stated(run) && same.len() == 1 => part,
            Some(part) if is_stated(run) => format!("{} ({part})", run.name),
            Some(_) => run.id.to_string(),
        }
    };
    runs.iter().map(&mut label).collect()
}

/// What a title or a sentence calls the series under `key`: the name of its role, or the key where it has none.
pub(super) fn quantity(key: &str, role: Option<Role>) -> String {
    let Some(role) = role else {
        return key.to_owned();
    };
    let lower = key.to_ascii_lowercase();
    match role {
        Role::Loss | Role::ValidationLoss if !lower.contains("loss") => key.to_owned(),
        Role::Loss if lower.contains("train") => "training loss".to_owned(),
        Role::Loss if lower.contains("val") || lower.contains("test") => key.to_owned(),
        // mAP, F1, BLEU, rates of success and others are no accuracies.
        Role::Accuracy if !lower.contains("acc") => key.to_owned(),
        Role::Kl => "KL divergence".to_owned(),
        // What a search maximises may be the score of a model.
        Role::Reward if SCORES.iter().any(|score| lower.contains(score)) => key.to_owned(),
        _ => role.name().replace('_', " "),
    }
}

/// Parts of names of scores of models, which are no rewards of an environment.
const SCORES: [&str; 7] = ["r2", "auc", "f1", "acc", "iou", "dice", "map"];

/// Names of so few letters are abbreviations: `map`, `wer`.
const MOST_OF_ABBREVIATION: usize = 3;

/// [`quantity`] at the beginning of a title: names of roles are capitalised, keys are not changed.
pub(super) fn quantity_title(key: &str, role: Option<Role>) -> String {
    let name = quantity(key, role);
    // `mAP` is no word.
    let is_words = name
        .chars()
        .all(|c| c.is_lowercase() && c.is_alphabetic() || c == ' ')
        && name.len() > MOST_OF_ABBREVIATION;
    let mut chars = name.chars();
    match chars.next() {
        Some(first) if role.is_some() && is_words => first.to_uppercase().chain(chars).collect(),
        _ => name,
    }
}

/// `1 run` or `12 runs`.
pub(super) fn counted(count: usize, what: &str) -> String {
    let number = trainscape_scene::ticks::group_thousands(&count.to_string());
    if count == 1 {
        format!("{number} {what}")
    } else {
        format!("{number} {what}s")
    }
}

/// `is` or `are`.
pub(super) fn verb(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

/// `1 run is` or `12 runs are`.
pub(super) fn counted_are(count: usize, what: &str) -> String {
    format!("{} {}", counted(count, what), verb(count))
}

/// A sentence on runs without the series or value called `what`.
pub(super) fn left_out_runs(count: usize, what: &str) -> String {
    format!(
        "{} without {what} {} left out",
        counted(count, "run"),
        verb(count)
    )
}

/// A sentence on steps that go back too often for restarts; empty if none do.
pub(super) fn in_turn(turns: usize) -> String {
    match turns {
        0 => String::new(),
        turns => format!(
            "Steps go back {} in the log, too often for restarts: all points are drawn, in the order of their steps",
            counted(turns, "time")
        ),
    }
}

/// A sentence on points that are not drawn; empty if all are.
pub(super) fn left_out(superseded: usize, non_finite: usize) -> String {
    let mut parts = Vec::new();
    if superseded > 0 {
        parts.push(format!(
            "{} superseded by a restart",
            counted(superseded, "point")
        ));
    }
    if non_finite > 0 {
        parts.push(format!(
            "{}, shown as gaps",
            counted(non_finite, "non-finite point")
        ));
    }
    if parts.is_empty() {
        String::new()
    } else {
        format!("Not drawn: {}", parts.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use trainscape_run::Point;

    use super::*;

    fn series(key: &str, points: &[(i64, f64)]) -> Arc<Series> {
        let mut series = Series::new(key);
        for &(step, value) in points {
            series.push(Point {
                step: step.into(),
                wall_time_secs: None,
                value,
            });
        }
        Arc::new(series)
    }

    #[test]
    fn runs_of_one_stated_name_are_told_apart_by_their_ids() {
        let label = |runs: &[(&str, &str)]| {
            let runs = runs
                .iter()
                .map(|(id, name)| Arc::new(Run::new(*id, *name, "a".into())));
            labels_of_runs(&runs.collect::<Vec<_>>())
        };
        assert_eq!(
            label(&[
                ("run-20260304_031644-f4zqxdig", "hd128"),
                ("run-20260301_142445-dxeyt9j0", "hd128"),
                ("run-20260301_142445-a1b2c3d4", "hd64"),
            ]),
            ["hd128 (f4zqxdig)", "hd128 (dxeyt9j0)", "hd64"]
        );
        // The folder of each says the name.
        assert_eq!(
            label(&[("a/ppo", "ppo"), ("b/ppo", "ppo")]),
            ["a/ppo", "b/ppo"]
        );
        let ids = ["1/0123456789abcdef0123", "1/fedcba98765432100123"];
        assert_eq!(
            label(&[(ids[0], "x"), (ids[1], "x")]),
            ["01234567", "fedcba98"]
        );
    }

    #[test]
    fn titles_name_the_role_of_a_series() {
        let loss = Some(Role::Loss);
        assert_eq!(quantity_title("train/loss", loss), "Training loss");
        assert_eq!(quantity_title("loss", loss), "Loss");
        assert_eq!(quantity_title("perplexity", loss), "Perplexity");
        assert_eq!(quantity_title("val/loss", loss), "val/loss");
        assert_eq!(
            quantity_title("grad_norm", Some(Role::GradientNorm)),
            "Gradient norm"
        );
        assert_eq!(quantity_title("throughput", None), "throughput");
    }

    #[test]
    fn each_earlier_start_has_its_samples() {
        let run = Run::new("r", "r", "r".into());
        let steps = [0, 1, 2, 0, 1, 2, 3, 0, 1];
        let points: Vec<(i64, f64)> = (0..)
            .map(f64::from)
            .take(9)
            .collect::<Vec<f64>>()
            .into_iter()
            .zip(steps)
            .map(|(value, step)| (step, value))
            .collect();
        let starts = earlier_starts(&run, &series("loss", &points), &ViewSettings::default());
        let values: Vec<Vec<f64>> = starts.iter().map(Samples::values).collect();
        assert_eq!(values, [vec![0.0, 1.0, 2.0], vec![3.0, 4.0, 5.0, 6.0]]);
    }

    #[test]
    fn a_line_does_not_go_back_to_a_second_training() {
        let mut samples = Samples::default();
        for (at, x) in [0.0, 50.0, 100.0, 99.0, 0.0, 50.0].into_iter().enumerate() {
            if samples.begins_again_at(x) {
                samples.end_strip();
            }
            samples.points.push(SamplePoint {
                x,
                step: at as f64,
                value: 1.0,
                index: at as u32,
            });
        }
        assert_eq!(samples.strips(), [0..4, 4..6]);
    }

    #[test]
    fn gaps_end_strips_and_averages() {
        let run = Run::new("r", "r", "r".into());
        let series = series(
            "loss",
            &[(0, 1.0), (1, f64::NAN), (2, 100.0), (3, 100.0), (4, 100.0)],
        );
        let samples = samples(&run, &series, &ViewSettings::default());
        assert_eq!(samples.strips(), vec![0..1, 1..4]);
        assert_eq!(samples.non_finite, 1);
        assert_eq!(
            smoothed(&samples, &samples.segments(), 5, false).values,
            vec![1.0, 100.0, 100.0, 100.0]
        );
    }

    #[test]
    fn the_average_is_centred() {
        let run = Run::new("r", "r", "r".into());
        let points: Vec<(i64, f64)> = (0..9).map(|step| (step, (step * step) as f64)).collect();
        let samples = samples(&run, &series("loss", &points), &ViewSettings::default());
        let smooth = smoothed(&samples, &samples.segments(), 3, false).values;
        assert_eq!(smooth[0], 0.0);
        assert!((smooth[4] - (9.0 + 16.0 + 25.0) / 3.0).abs() < 1e-12);
        assert_eq!(smooth[8], (49.0 + 64.0) / 2.0);
    }
}
