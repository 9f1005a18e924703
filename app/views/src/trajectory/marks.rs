//! Markers at the spikes and the divergence of single runs.

use std::sync::Arc;

use rayon::prelude::*;
use trainscape_run::Role;
use trainscape_scene::{
    axis::Axis,
    colour::Colour,
    scene::{LegendEntry, LegendMark, Markers, Scene, SeriesRecords},
};

use super::{
    drawing,
    selection::role_of,
    spikes,
    tracks::Track,
    trajectories::{Trajectories, point},
};
use crate::{axes, caption::Caption, samples::counted};

/// A point of a track that is marked.
struct MarkedPoint<'a> {
    position_unit: [f32; 3],
    track: &'a Track,
    index: usize,
}

/// A series whose spikes are marked.
struct MarkedSeries<'a> {
    /// Its axis.
    axis: usize,
    key: &'a Arc<str>,
    /// Whether divergence is marked: only losses diverge.
    is_loss: bool,
}

/// Marks spikes and divergence, unless lines are means; returns the caption's sentences.
pub(super) fn add(trajectories: &Trajectories<'_>, scene: &mut Scene) -> String {
    let marked = marked_series(trajectories);
    if marked.is_empty() || trajectories.lines.iter().any(|line| line.spread.is_some()) {
        return String::new();
    }
    let (spikes, diverged): (Vec<_>, Vec<_>) = trajectories
        .tracks
        .par_iter()
        .map(|track| {
            (
                spikes_of(trajectories, track, &marked, &scene.axes),
                divergence_of(trajectories, track, &marked, &scene.axes),
            )
        })
        .unzip();
    let spikes: Vec<MarkedPoint<'_>> = spikes.into_iter().flatten().collect();
    let diverged: Vec<MarkedPoint<'_>> = diverged.into_iter().flatten().collect();
    let text = caption_text(&marked, spikes.len(), diverged.len());
    let mut add = |name, colour, diameter_pt, marks: &[MarkedPoint<'_>]| {
        add_markers(trajectories, scene, (name, colour, diameter_pt), marks);
    };
    add("spike", Colour::hex(0xe02020), 3.4, &spikes);
    add("divergence", Colour::hex(0xb5179e), 5.0, &diverged);
    text
}

/// The losses and gradient norms along the axes.
fn marked_series<'a>(trajectories: &Trajectories<'a>) -> Vec<MarkedSeries<'a>> {
    trajectories.coordinates[..3]
        .iter()
        .enumerate()
        .filter_map(|(axis, coordinate)| {
            let key = coordinate.key()?;
            let role = role_of(trajectories.runs, key)?;
            let is_loss = matches!(role, Role::Loss | Role::ValidationLoss);
            (is_loss || role == Role::GradientNorm).then_some(MarkedSeries { axis, key, is_loss })
        })
        .collect()
}

fn caption_text(marked: &[MarkedSeries<'_>], spikes: usize, diverged: usize) -> String {
    let names: Vec<&str> = marked.iter().map(|marked| &**marked.key).collect();
    Caption::default()
        .sentence_if(spikes == 0, || "No spikes")
        .sentence_if(spikes > 0, || {
            format!(
                "Spikes: {} ({} {})",
                counted(spikes, "point"),
                names.join(" or "),
                spikes::rule(),
            )
        })
        .sentence_if(diverged > 0, || {
            format!(
                "Divergence: {} ({})",
                counted(diverged, "run"),
                spikes::divergence_rule()
            )
        })
        .into_text()
}

fn add_markers(
    trajectories: &Trajectories<'_>,
    scene: &mut Scene,
    (name, colour, diameter_pt): (&str, Colour, f32),
    marks: &[MarkedPoint<'_>],
) {
    if marks.is_empty() {
        return;
    }
    scene.legend.push(LegendEntry {
        label: name.to_owned(),
        colour: Some(colour),
        mark: LegendMark::Dot,
    });
    let mut records = SeriesRecords::default();
    for of_track in marks.chunk_by(|a, b| std::ptr::eq(a.track, b.track)) {
        let track = of_track[0].track;
        let at: Vec<usize> = of_track.iter().map(|mark| mark.index).collect();
        let indices = at.iter().map(|at| track.index[*at]).collect();
        let run = &trajectories.runs[track.run as usize];
        let details = drawing::details(trajectories, track, &at);
        records.add(run, &track.base, indices, details);
    }
    scene.markers.push(Markers {
        records: Some(Arc::new(records)),
        name: name.to_owned(),
        positions_unit: marks.iter().map(|mark| mark.position_unit).collect(),
        steps: marks
            .iter()
            .map(|mark| mark.track.steps[mark.index])
            .collect(),
        colour,
        diameter_pt,
        outline: Some(Colour::hex(0xffffff)),
    });
}

/// The spikes of a track.
fn spikes_of<'a>(
    trajectories: &Trajectories<'_>,
    track: &'a Track,
    marked: &[MarkedSeries<'_>],
    axes: &[Axis; 3],
) -> Vec<MarkedPoint<'a>> {
    let mut found: Vec<usize> = marked
        .iter()
        .flat_map(|marked| spikes::spikes(&track.raw[marked.axis]))
        .collect();
    found.sort_unstable();
    found.dedup();
    // Without dots, the markers are on the line.
    let values = if trajectories.shows_raw() {
        &track.raw
    } else {
        track.drawn()
    };
    found
        .into_iter()
        .filter_map(|index| {
            Some(MarkedPoint {
                position_unit: axes::place(axes, point(values, index))?,
                track,
                index,
            })
        })
        .collect()
}

/// The end of a track whose loss diverges.
fn divergence_of<'a>(
    trajectories: &Trajectories<'_>,
    track: &'a Track,
    marked: &[MarkedSeries<'_>],
    axes: &[Axis; 3],
) -> Option<MarkedPoint<'a>> {
    let index = marked
        .iter()
        .filter(|marked| marked.is_loss)
        .find_map(|marked| divergence(trajectories, track, marked))?;
    Some(MarkedPoint {
        position_unit: axes::place(axes, point(track.drawn(), index))?,
        track,
        index,
    })
}

/// The last point before a loss is not finite, or the last of all where it ends far above its minimum.
fn divergence(
    trajectories: &Trajectories<'_>,
    track: &Track,
    marked: &MarkedSeries<'_>,
) -> Option<usize> {
    let series = trajectories.runs[track.run as usize]
        .series
        .get(marked.key)?;
    if series.non_finite() > 0 {
        let first = series
            .live()
            .map(|(_, point)| point)
            .filter(|point| trajectories.settings.draws_step(point.step.as_f64()))
            .find(|point| !point.value.is_finite());
        if let Some(point) = first {
            let step = point.step.as_f64();
            let after = track.steps.partition_point(|other| *other < step);
            return Some(after.saturating_sub(1));
        }
    }
    spikes::ends_far_above(&track.raw[marked.axis]).then(|| track.steps.len() - 1)
}
