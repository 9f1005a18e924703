//! The trajectory of a run in its coordinates, matched by step.

use std::{ops::Range, sync::Arc};

use rayon::prelude::*;
use trainscape_run::{Run, Series};

use super::coordinates::{Coordinate, CoordinateReader, Matched};
use crate::{
    ViewSettings,
    averages::WindowSums,
    noise, samples,
    segments::{segments, without_jumps},
};

/// The window is at most the number of a run's points divided by this.
const POINTS_PER_SMOOTHED: usize = 10;

/// The points of a run that have all coordinates.
#[derive(Clone, Debug)]
pub(super) struct Track {
    /// The run's index in the scene.
    pub(super) run: u32,
    /// The run's index among all runs, drawn or not.
    pub(super) ordinal: usize,
    /// The series whose points these are.
    pub(super) base: Arc<str>,
    /// Step of each point.
    pub(super) steps: Vec<f64>,
    /// Index of each point in the base series.
    pub(super) index: Vec<u32>,
    /// x, y, z and colour of each point as logged.
    pub(super) raw: [Vec<f64>; 4],
    /// The same after smoothing, if it is smoothed.
    pub(super) smooth: Option<[Vec<f64>; 4]>,
    /// The step at which each coordinate of each point was logged; empty if that is the step of the point.
    pub(super) logged_at: [Vec<f64>; 4],
    /// Positions before which a point is missing.
    pub(super) gaps: Vec<u32>,
    /// Positions at which the run continues after a restart.
    pub(super) restarts: Vec<u32>,
    /// Points at which some coordinate was carried forward from an earlier step.
    pub(super) carried: usize,
    /// Points at which some coordinate is the nearest value within half a spacing.
    pub(super) nearest: usize,
    /// Points before the first value of some coordinate, or farther than half a spacing from any.
    pub(super) unmatched: usize,
    /// x, y, z and step of the points at which one of them or the colour is not finite.
    pub(super) non_finite_at: Vec<([f64; 3], f64)>,
    /// Points of the base series that a restart repeats.
    pub(super) superseded: usize,
}

impl Track {
    /// The track of a run that has all coordinates at some step within the settings' range.
    pub(super) fn new(
        (run, ordinal, source): (u32, usize, &Run),
        coordinates: &[Coordinate; 4],
        settings: &ViewSettings,
    ) -> Option<Self> {
        let base = base(source, coordinates)?;
        let mut readers = Vec::with_capacity(4);
        for coordinate in coordinates {
            readers.push(CoordinateReader::new(coordinate, source, base, settings)?);
        }
        let mut track = Self {
            run,
            ordinal,
            base: base.key().clone(),
            steps: Vec::with_capacity(base.len()),
            index: Vec::with_capacity(base.len()),
            raw: [(); 4].map(|()| Vec::with_capacity(base.len())),
            smooth: None,
            logged_at: [const { Vec::new() }; 4],
            gaps: Vec::new(),
            restarts: Vec::new(),
            carried: 0,
            nearest: 0,
            unmatched: 0,
            non_finite_at: Vec::new(),
            superseded: base.superseded(),
        };
        let mut live = base.live_ranges().into_iter().peekable();
        for (index, point) in base.live() {
            while live.next_if(|range| range.end <= index).is_some() {
                track.restarts.push(track.steps.len() as u32);
            }
            let step = point.step.as_f64();
            if !step.is_finite() || !settings.draws_step(step) {
                continue;
            }
            let mut values = [0.0; 4];
            let (mut complete, mut carried, mut nearest) = (true, false, false);
            for (reader, value) in readers.iter_mut().zip(&mut values) {
                match reader.at(&point) {
                    Some((found, matched)) => {
                        *value = found;
                        carried |= matched == Matched::Carried;
                        nearest |= matched == Matched::Nearest;
                    }
                    None => complete = false,
                }
            }
            if !complete {
                track.unmatched += 1;
                continue;
            }
            if values.iter().all(|value| value.is_finite()) {
                track.steps.push(step);
                track.index.push(index as u32);
                for (column, value) in track.raw.iter_mut().zip(values) {
                    column.push(value);
                }
                track.carried += usize::from(carried);
                track.nearest += usize::from(nearest);
                for (column, reader) in track.logged_at.iter_mut().zip(&readers) {
                    column.extend(reader.logged_at());
                }
            } else {
                let [x, y, z, _] = values;
                track.non_finite_at.push(([x, y, z], step));
                let gap = track.steps.len() as u32;
                if track.gaps.last() != Some(&gap) {
                    track.gaps.push(gap);
                }
            }
        }
        (!track.steps.is_empty()).then_some(track)
    }

    /// The segments between gaps.
    pub(super) fn strips(&self) -> Vec<Range<u32>> {
        samples::strips_between(&self.gaps, self.steps.len())
    }

    /// The segments between gaps, restarts and wide spacings, over which values are averaged and interpolated.
    pub(super) fn segments(&self) -> Vec<Range<u32>> {
        segments(&self.strips(), &self.restarts, &self.steps)
    }

    /// The drawn values: smoothed, if smoothing is on.
    pub(super) fn drawn(&self) -> &[Vec<f64>; 4] {
        self.smooth.as_ref().unwrap_or(&self.raw)
    }

    /// Smooths the coordinates that are series by their centred mean over `window` points.
    pub(super) fn smooth_over(&mut self, window: usize, coordinates: &[Coordinate; 4]) {
        if window <= 1 {
            return;
        }
        let segments = self.segments();
        self.smooth = Some(std::array::from_fn(|axis| {
            let values = &self.raw[axis];
            match coordinates[axis] {
                Coordinate::Series(_) => {
                    rolling_mean(values, &without_jumps(&segments, values), window)
                }
                _ => values.clone(),
            }
        }));
    }

    /// The widest window that one of the coordinates that are series asks for.
    fn window(&self, coordinates: &[Coordinate; 4]) -> usize {
        let segments = self.segments();
        let most = self.steps.len() / POINTS_PER_SMOOTHED;
        coordinates[..3]
            .iter()
            .zip(&self.raw)
            .filter(|(coordinate, _)| coordinate.key().is_some())
            .map(|(_, values)| noise::window(values, &without_jumps(&segments, values), most))
            .max()
            .unwrap_or(1)
    }
}

/// The default number of points in the moving average: the median of the windows that the runs choose.
pub(super) fn default_window(tracks: &[Track], coordinates: &[Coordinate; 4]) -> usize {
    let mut windows: Vec<usize> = tracks
        .par_iter()
        .map(|track| track.window(coordinates))
        .collect();
    windows.sort_unstable();
    windows[windows.len() / 2]
}

/// The centred moving average over `window` points, over fewer at the ends of a segment: averages over a single point
/// there would show noise as part of the trajectory.
fn rolling_mean(values: &[f64], strips: &[Range<u32>], window: usize) -> Vec<f64> {
    let half = window / 2;
    let mut result = Vec::with_capacity(values.len());
    for strip in strips {
        let strip = &values[strip.start as usize..strip.end as usize];
        let sums = WindowSums::of(strip);
        result.extend((0..strip.len()).map(|index| {
            let to = (index + half + 1).min(strip.len());
            sums.mean(index.saturating_sub(half), to)
        }));
    }
    result
}

/// The base series, whose points are drawn: the longest along the axes, by preference that of the height, so that
/// every logged point is drawn and sparser series are carried forward.
fn base<'a>(run: &'a Run, coordinates: &[Coordinate; 4]) -> Option<&'a Arc<Series>> {
    let [x, y, z, _] = coordinates;
    let mut best: Option<&Arc<Series>> = None;
    for coordinate in [z, y, x] {
        if let Some(key) = coordinate.key() {
            let series = run.series.get(key)?;
            if best.is_none_or(|best| series.len() > best.len()) {
                best = Some(series);
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use trainscape_scene::scene::Path;

    /// pandas: `.rolling(3, center=True, min_periods=1).mean()` of each segment.
    #[test]
    fn the_rolling_mean_equals_that_of_pandas() {
        let values = [1.0, 4.0, 1.0, 10.0, 20.0];
        let third = 31.0 / 3.0;
        for (strips, window, wanted) in [
            (Path::unbroken(5), 3, [2.5, 2.0, 5.0, third, 15.0]),
            (vec![0..3, 3..5], 3, [2.5, 2.0, 2.5, 15.0, 15.0]),
            (Path::unbroken(5), 1, values),
        ] {
            let found = rolling_mean(&values, &strips, window);
            let near = found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-12);
            assert!(near && found.len() == 5, "{found:?}, wanted {wanted:?}");
        }
    }
}
