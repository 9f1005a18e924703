//! The lines of ribbons: a run each, or the mean of runs that differ only in their seed.

use std::{ops::Range, sync::Arc};

use rayon::prelude::*;
use trainscape_run::{Run, Series};
use trainscape_scene::scene::Path;

use crate::loss_surface::selection::PerPoint;
use crate::{
    NotAvailable, Remedy, ViewSettings,
    groups::{self, ColumnsOverSteps, Repeats},
    noise,
    run_rows::RunSeries,
    samples::{self, Samples},
    segments::{segments, without_jumps},
    x_lookup::Follower,
};

/// The ribbon averages over at most the number of a run's points divided by this; the line shows each point.
const POINTS_PER_SMOOTHED: usize = 20;

/// A run's points that have a second coordinate.
pub(super) struct RibbonTrack {
    /// The run's index among the members.
    pub(super) member: usize,
    pub(super) samples: Samples,
    /// The second coordinate of each sample.
    second: Vec<f64>,
    /// The smoothed value of each sample.
    smooth: Vec<f64>,
    /// Points in the moving average.
    pub(super) window: usize,
    /// x, second coordinate and step of the points that are not finite.
    pub(super) non_finite_at: Vec<([f64; 3], f64)>,
    /// Samples whose second coordinate was logged at an earlier step.
    pub(super) carried: usize,
    /// Samples before the first second coordinate.
    pub(super) unmatched: usize,
}

/// What is drawn as one line: a run, or the mean of runs that differ only in their seed.
pub(super) struct RibbonLine<'a> {
    pub(super) label: String,
    /// Its index among all runs or groups, drawn or not.
    pub(super) ordinal: usize,
    pub(super) tracks: Vec<&'a RibbonTrack>,
    pub(super) steps: Vec<f64>,
    pub(super) strips: Vec<Range<u32>>,
    /// Segments over which the ribbon is interpolated.
    pub(super) segments: Vec<Range<u32>>,
    /// x, second coordinate, value, and the smoothed value of the ribbon.
    pub(super) columns: [Vec<f64>; 4],
    /// Whether the mean is one of values between logged ones somewhere.
    pub(super) is_interpolated: bool,
    /// Of a mean: how many runs have a value, and the standard deviations of the columns.
    pub(super) spread: Option<(Vec<u32>, [Vec<f64>; 4])>,
}

/// The tracks of the members that have points within the chosen steps.
pub(super) fn tracks(
    members: &[RunSeries],
    second: &PerPoint,
    settings: &ViewSettings,
) -> Result<Vec<RibbonTrack>, NotAvailable> {
    let tracks: Vec<RibbonTrack> = members
        .par_iter()
        .zip(&second.series)
        .enumerate()
        .map(|(member, (RunSeries { run, series, .. }, second))| {
            let mut track = track(member, samples::samples(run, series, settings), second);
            let averaged = without_jumps(&track.samples.segments(), &track.samples.values());
            track.window = settings.smoothing().unwrap_or_else(|| {
                let values = track.samples.values();
                noise::window(&values, &averaged, values.len() / POINTS_PER_SMOOTHED)
            }) | 1;
            let adapts = settings.smoothing().is_none();
            let smoothed = samples::smoothed(&track.samples, &averaged, track.window, adapts);
            track.smooth = smoothed.values;
            track
        })
        .filter(|track| !track.samples.points.is_empty())
        .collect();
    if tracks.is_empty() {
        return Err(NotAvailable::new(format!(
            "no step within the chosen range has both `{}` and `{}`",
            members[0].series.key(),
            second.key
        ))
        .remedied_by(Remedy::DrawAll));
    }
    Ok(tracks)
}

/// A line for each track, or for each group of runs that differ only in their seed.
pub(super) fn lines<'a>(
    all: &[Arc<Run>],
    members: &[RunSeries],
    tracks: &'a [RibbonTrack],
    labels: &[String],
    group_seeds: bool,
) -> Vec<RibbonLine<'a>> {
    if !group_seeds {
        return tracks
            .iter()
            .map(|track| of_run(track, members[track.member].ordinal, labels))
            .collect();
    }
    let mut by_ordinal: Vec<Option<&RibbonTrack>> = vec![None; all.len()];
    for track in tracks {
        by_ordinal[members[track.member].ordinal] = Some(track);
    }
    let mut lines = Vec::new();
    for (ordinal, group) in groups::groups(all, Repeats::Chosen).into_iter().enumerate() {
        let of_group: Vec<&RibbonTrack> = group
            .members
            .iter()
            .filter_map(|at| by_ordinal[*at])
            .collect();
        match of_group.as_slice() {
            [] => {}
            [track] => lines.push(of_run(track, ordinal, labels)),
            _ => lines.push(mean_of(group.label, ordinal, of_group)),
        }
    }
    lines
}

fn of_run<'a>(track: &'a RibbonTrack, ordinal: usize, labels: &[String]) -> RibbonLine<'a> {
    let points = &track.samples.points;
    RibbonLine {
        label: labels.get(track.member).cloned().unwrap_or_default(),
        ordinal,
        tracks: vec![track],
        steps: points.iter().map(|sample| sample.step).collect(),
        strips: track.samples.strips(),
        segments: track.samples.segments(),
        columns: [
            points.iter().map(|sample| sample.x).collect(),
            track.second.clone(),
            points.iter().map(|sample| sample.value).collect(),
            track.smooth.clone(),
        ],
        is_interpolated: false,
        spread: None,
    }
}

fn mean_of(label: String, ordinal: usize, tracks: Vec<&RibbonTrack>) -> RibbonLine<'_> {
    let singles: Vec<RibbonLine<'_>> = tracks
        .iter()
        .map(|track| of_run(track, ordinal, &[]))
        .collect();
    let members: Vec<ColumnsOverSteps<'_, 4>> = singles
        .iter()
        .map(|line| ColumnsOverSteps {
            steps: &line.steps,
            strips: line.strips.clone(),
            columns: std::array::from_fn(|column| line.columns[column].as_slice()),
        })
        .collect();
    let mean = groups::mean(&members);
    let is_interpolated = mean.is_interpolated();
    let strips = Path::unbroken(mean.steps.len());
    RibbonLine {
        label,
        ordinal,
        segments: segments(&strips, &[], &mean.steps),
        strips,
        steps: mean.steps,
        is_interpolated,
        columns: mean.means,
        spread: Some((mean.counts, mean.deviations)),
        tracks,
    }
}

impl RibbonLine<'_> {
    /// x, second coordinate and one of the values of a point.
    pub(super) fn at(&self, value: usize, index: usize) -> [f64; 3] {
        [0, 1, value].map(|column| self.columns[column][index])
    }

    /// Ends of the band at a point.
    pub(super) fn band(&self, index: usize) -> Option<[f64; 2]> {
        let (_, deviations) = self.spread.as_ref()?;
        let (mean, deviation) = (self.columns[2][index], deviations[2][index]);
        (!deviation.is_nan()).then_some([mean - deviation, mean + deviation])
    }
}

/// Keeps the samples at which the second series has a finite value.
fn track(member: usize, mut samples: Samples, second: &Series) -> RibbonTrack {
    let mut follower = Follower::new(second);
    let mut values = Vec::with_capacity(samples.points.len());
    let (mut carried, mut unmatched) = (0, 0);
    let mut non_finite_at = Vec::new();
    let mut kept_before = Vec::with_capacity(samples.points.len() + 1);
    samples.points.retain(|sample| {
        kept_before.push(values.len() as u32);
        let Some((value, was_carried)) = follower.value_at(sample.step) else {
            unmatched += 1;
            return false;
        };
        let shown = value.is_finite();
        if shown {
            values.push(value);
            carried += usize::from(was_carried);
        } else {
            non_finite_at.push(([sample.x, f64::NAN, sample.value], sample.step));
        }
        shown
    });
    kept_before.push(values.len() as u32);
    for at in samples.gaps.iter_mut().chain(&mut samples.restarts) {
        *at = kept_before[*at as usize];
    }
    samples.gaps.dedup();
    let mut follower = Follower::new(second);
    non_finite_at.extend(samples.non_finite_at.iter().map(|[x, step]| {
        let second = follower
            .value_at(*step)
            .map_or(f64::NAN, |(value, _)| value);
        ([*x, second, f64::NAN], *step)
    }));
    RibbonTrack {
        non_finite_at,
        member,
        samples,
        second: values,
        smooth: Vec::new(),
        window: 1,
        carried,
        unmatched,
    }
}
