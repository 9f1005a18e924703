//! The curtain between a run's line and the floor, which makes lines of several runs legible in depth.

use trainscape_scene::scene::{Mesh, MeshColour};

use crate::axes::PlacedLine;

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
