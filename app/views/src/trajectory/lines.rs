//! The drawn lines: one for each run, or the mean of runs that differ only in their seed.

use std::{ops::Range, sync::Arc};

use trainscape_run::Run;
use trainscape_scene::scene::Path;

use super::{coordinates::Coordinate, tracks::Track};
use crate::{
    groups::{self, ColumnsOverSteps, Group, Repeats},
    segments::segments,
};

/// One line of the figure.
pub(super) struct Line<'a> {
    /// Its label.
    pub(super) label: String,
    /// Its index among all runs or groups, drawn or not.
    pub(super) ordinal: usize,
    /// Its tracks; one, unless it is a mean.
    pub(super) tracks: Vec<&'a Track>,
    /// Step of each point.
    pub(super) steps: Vec<f64>,
    /// Segments without a gap.
    pub(super) strips: Vec<Range<u32>>,
    /// Segments over which a surface may be interpolated.
    pub(super) segments: Vec<Range<u32>>,
    /// x, y, z and colour of each point.
    pub(super) values: [Vec<f64>; 4],
    /// Whether the mean is one of values between logged ones somewhere.
    pub(super) is_interpolated: bool,
    /// Of a mean: how many runs have a value, and the standard deviations of x, y, z and colour.
    pub(super) spread: Option<(Vec<u32>, [Vec<f64>; 4])>,
}

/// A line for each track.
pub(super) fn of_runs<'a>(tracks: &'a [Track], labels: &[String]) -> Vec<Line<'a>> {
    tracks
        .iter()
        .map(|track| Line {
            label: labels[track.run as usize].clone(),
            ordinal: track.ordinal,
            tracks: vec![track],
            steps: track.steps.clone(),
            strips: track.strips(),
            segments: track.segments(),
            values: track.drawn().clone(),
            is_interpolated: false,
            spread: None,
        })
        .collect()
}

/// A line for each group of runs that differ only in their seed. Groups are formed over all runs, so that their
/// ordinals do not depend on the selection.
pub(super) fn of_groups<'a>(
    all: &[Arc<Run>],
    tracks: &'a [Track],
    labels: &[String],
) -> Vec<Line<'a>> {
    let mut by_ordinal: Vec<Option<&Track>> = vec![None; all.len()];
    for track in tracks {
        by_ordinal[track.ordinal] = Some(track);
    }
    let of_group = |(ordinal, group): (usize, Group)| {
        let drawn = group
            .members
            .iter()
            .filter_map(|member| by_ordinal[*member]);
        let drawn: Vec<&Track> = drawn.collect();
        match drawn.as_slice() {
            [] => None,
            [track] => Some(Line {
                label: labels[track.run as usize].clone(),
                ordinal,
                ..of_runs(std::slice::from_ref(*track), labels).remove(0)
            }),
            _ => Some(of_group(group.label, ordinal, drawn)),
        }
    };
    groups::groups(all, Repeats::Chosen)
        .into_iter()
        .enumerate()
        .filter_map(of_group)
        .collect()
}

fn of_group(label: String, ordinal: usize, tracks: Vec<&Track>) -> Line<'_> {
    let members: Vec<ColumnsOverSteps<'_, 4>> = tracks
        .iter()
        .map(|track| ColumnsOverSteps {
            steps: &track.steps,
            strips: track.strips(),
            columns: std::array::from_fn(|column| track.drawn()[column].as_slice()),
        })
        .collect();
    let mean = groups::mean(&members);
    let is_interpolated = mean.is_interpolated();
    let strips = Path::unbroken(mean.steps.len());
    Line {
        label,
        ordinal,
        tracks,
        segments: segments(&strips, &[], &mean.steps),
        strips,
        steps: mean.steps,
        is_interpolated,
        values: mean.means,
        spread: Some((mean.counts, mean.deviations)),
    }
}

impl Line<'_> {
    /// Ends of the band at a point: the height minus and plus its standard deviation.
    pub(super) fn band(&self, index: usize) -> Option<[f64; 2]> {
        let (_, deviations) = self.spread.as_ref()?;
        let (height, deviation) = (self.values[2][index], deviations[2][index]);
        (!deviation.is_nan()).then_some([height - deviation, height + deviation])
    }

    /// Name, mean and deviation of the coordinates that are series.
    pub(super) fn columns(
        &self,
        coordinates: &[Coordinate; 4],
        kept: &[usize],
    ) -> Vec<(String, Vec<f64>, Vec<f64>)> {
        let Some((_, deviations)) = &self.spread else {
            return Vec::new();
        };
        let pick = |values: &[f64]| kept.iter().map(|index| values[*index]).collect();
        let mut columns: Vec<(String, Vec<f64>, Vec<f64>)> = Vec::new();
        for axis in [2, 1, 0, 3] {
            if let Some(key) = coordinates[axis].key()
                && !columns.iter().any(|(name, ..)| **name == **key)
            {
                columns.push((
                    key.to_string(),
                    pick(&self.values[axis]),
                    pick(&deviations[axis]),
                ));
            }
        }
        columns
    }
}
