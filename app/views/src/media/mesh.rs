//! Meshes of a figure.

use std::sync::Arc;

use trainscape_scene::{
    colour::Colour,
    scene::{Mesh, MeshColour},
};

use super::drawing::FigureDrawing;

/// What a mesh is coloured by.
pub(super) struct Look<'a> {
    /// Positions on the colour map, of all vertices or of none.
    pub(super) values: &'a [f64],
    /// One colour of all.
    pub(super) colour: Option<[u8; 3]>,
    pub(super) opacity: f32,
}

pub(super) fn draw(
    drawing: &mut FigureDrawing<'_>,
    name: &str,
    positions: &[[f64; 3]],
    triangles: &[[u32; 3]],
    look: &Look<'_>,
) {
    // Triangles with a corner that cannot be drawn (NaN, zero on a logarithmic axis) are left out.
    let mut places = vec![None; positions.len()];
    let (mut positions_unit, mut shown) = (Vec::new(), Vec::new());
    let mut values = Vec::new();
    for (at, position) in positions.iter().enumerate() {
        if let Some(unit) = drawing.place(*position) {
            places[at] = Some(positions_unit.len() as u32);
            positions_unit.push(unit);
            shown.push(*position);
            values.extend(look.values.get(at).map(|value| *value as f32));
        }
    }
    let corner = |at: u32| places.get(at as usize).copied().flatten();
    let triangles: Arc<[[u32; 3]]> = triangles
        .iter()
        .filter_map(|triangle| match triangle.map(corner) {
            [Some(a), Some(b), Some(c)] => Some([a, b, c]),
            _ => None,
        })
        .collect();
    if triangles.is_empty() {
        return;
    }
    let heights = positions_unit.iter().map(|position: &[f32; 3]| position[2]);
    let [low, high] = heights.fold([f32::MAX, f32::MIN], |[low, high], height| {
        [low.min(height), high.max(height)]
    });
    let range = if low < high { [low, high] } else { [0.0, 1.0] };
    let has_values = !values.is_empty() && values.len() == positions_unit.len();
    let colour = match look.colour {
        Some(rgb) => MeshColour::Solid(Colour { rgb, alpha: 255 }),
        None if has_values => MeshColour::Values(values.into(), drawing.map),
        None => {
            let bar_axis = drawing.height_axis(range);
            drawing.add_height_bar(bar_axis);
            MeshColour::Height(drawing.map, range)
        }
    };
    let records = drawing.records(shown, Vec::new());
    let settings = drawing.settings;
    drawing.scene.meshes.push(Mesh {
        steps: Arc::new([]),
        name: name.to_owned(),
        positions_unit: positions_unit.into(),
        triangles,
        colour,
        shading: settings.shading(),
        opacity: settings.opacity(look.opacity),
        records: Some(records),
    });
}
