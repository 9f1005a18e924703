//! The curtain between a run's line and the floor, which makes lines of several runs legible in depth, and the dots of
//! its logged values.

use std::sync::Arc;

use trainscape_scene::{
    axis::Axis,
    colour::Colour,
    scene::{Markers, Mesh, MeshColour, Path, SeriesRecords},
};

use crate::{axes::PlacedLine, decimation::Decimation, run_rows::RunSeries, samples::Samples};

/// The opacity of curtains: lines behind them stay visible.
const OPACITY: f32 = 0.3;

/// The curtain below a line. `step_of` gives the step of each position, at which playing clips it. `None` for a
/// line of single points.
pub(super) fn mesh(
    name: &str,
    line: &PlacedLine,
    colour: MeshColour,
    step_of: impl Fn(usize) -> f64,
) -> Option<Mesh> {
    let (mut positions, mut triangles, mut steps) = (Vec::new(), Vec::new(), Vec::new());
    for strip in &line.strips {
        for at in strip.start..strip.end {
            let [x, y, height] = line.positions_unit[at as usize];
            let next = positions.len() as u32;
            positions.extend([[x, y, 0.0], [x, y, height]]);
            steps.extend([step_of(at as usize); 2]);
            if at > strip.start {
                triangles.extend([[next - 2, next, next - 1], [next - 1, next, next + 1]]);
            }
        }
    }
    (!triangles.is_empty()).then(|| Mesh {
        name: name.to_owned(),
        positions_unit: positions.into(),
        triangles: triangles.into(),
        colour,
        // A curtain is no object that is lit.
        shading: 0.0,
        opacity: OPACITY,
        records: None,
        steps: steps.into(),
    })
}

/// Dots at the logged values of a run's row, the `row`th of those that `decimation` is of, at `y`.
pub(super) fn samples(
    member: &RunSeries,
    samples: &Samples,
    (row, y): (usize, f64),
    axes: &[Axis; 3],
    decimation: &Decimation,
) -> Markers {
    let points = &samples.points;
    let whole = Path::unbroken(points.len());
    let placed = decimation.placed(row, axes, &whole, |at| points[at].at(y));
    let mut records = SeriesRecords::default();
    let kept = || placed.kept.iter().map(|at| &points[*at]);
    let indices = kept().map(|sample| sample.index).collect();
    records.add(&member.run, member.series.key(), indices, Vec::new());
    Markers {
        records: Some(Arc::new(records)),
        steps: kept().map(|sample| sample.step).collect(),
        name: "samples".to_owned(),
        positions_unit: placed.positions_unit.into(),
        colour: Colour::hex(0x303030).with_opacity(0.9),
        diameter_pt: 1.6,
        outline: None,
    }
}
