//! The geometry: one ridge per layer, smooth along the rank and with a gap to the next layer.

use std::{ops::Range, sync::Arc};

use trainscape_scene::{
    axis::{Axis, Scale},
    colour::ColourMap,
    scene::{Describe, Mesh, MeshColour, Path, PathColour},
};

use super::layer::LayerSpectrum;
use crate::{
    ViewSettings,
    axes::{self, PlacedLine},
};

/// Half the width of a ridge, as a share of the distance between layers.
const HALF_WIDTH: f64 = 0.36;
/// Half the length of the ridge of a single value (unit box).
const HALF_LENGTH_UNIT: f32 = 0.006;

/// The values of all layers between the axes.
pub(super) struct Ridges {
    pub(super) axes: [Axis; 3],
    /// Smallest and largest height (unit box).
    pub(super) colour_range: [f32; 2],
    /// Values that a logarithmic axis cannot show.
    pub(super) zeros: usize,
    layers: Vec<Ridge>,
}

struct Ridge {
    name: String,
    key: Arc<str>,
    line: PlacedLine,
    /// Ends of its width (unit box).
    sides_unit: [f32; 2],
}

impl Ridges {
    pub(super) fn of(layers: &[Arc<LayerSpectrum>], settings: &ViewSettings) -> Self {
        let names: Vec<String> = layers.iter().map(|layer| layer.matrix.name()).collect();
        let most = layers.iter().map(|layer| layer.spectrum.values.len()).max();
        let ranks = (1..=most.unwrap_or(0)).map(|rank| rank as f64);
        let scale = axes::scale(settings, 2, Scale::Log10);
        let is_log = scale == Scale::Log10;
        // What is zero to rounding would stretch a logarithmic axis over dozens of decades.
        let shown = |layer: &LayerSpectrum| match is_log {
            true => layer.spectrum.rank(),
            false => layer.spectrum.values.len(),
        };
        let values = layers
            .iter()
            .flat_map(|layer| &layer.spectrum.values[..shown(layer)])
            .copied();
        let y_axis = Axis {
            title: "layer".to_owned(),
            scale: Scale::Category(names.clone()),
            low: -0.5,
            high: layers.len() as f64 - 0.5,
        };
        let axes = [
            axes::axis(settings, 0, "rank", Scale::Linear, ranks),
            axes::in_range(settings, 1, y_axis),
            axes::rounded_axis(settings, 2, "singular value", Scale::Log10, values),
        ];
        let mut zeros = 0;
        let ridges: Vec<Ridge> = layers
            .iter()
            .zip(names)
            .enumerate()
            .map(|(index, (layer, name))| {
                let values = &layer.spectrum.values[..shown(layer)];
                zeros += layer.spectrum.values.len() - values.len();
                let y = index as f64;
                let line = axes::placed(&axes, &Path::unbroken(values.len()), |rank| {
                    [(rank + 1) as f64, y, values[rank]]
                });
                let side = |y| axes[1].unit_from_value(y).unwrap_or(0.5) as f32;
                Ridge {
                    name,
                    key: Arc::clone(&layer.matrix.tensor.key),
                    line,
                    sides_unit: [side(y - HALF_WIDTH), side(y + HALF_WIDTH)],
                }
            })
            .collect();
        Self {
            colour_range: colour_range(&ridges),
            axes,
            zeros,
            layers: ridges,
        }
    }

    /// A line along the middle of each ridge, at the exact values. `describe` gets the index of the layer and those
    /// of its values that have a position.
    pub(super) fn paths(
        &self,
        describe: impl Fn(usize, &[usize]) -> Arc<dyn Describe>,
    ) -> Vec<Path> {
        let path = |(index, ridge): (usize, &Ridge)| Path {
            name: ridge.name.clone(),
            positions_unit: ridge.line.positions_unit.as_slice().into(),
            strips: ridge.line.strips.clone(),
            colour: PathColour::Muted,
            width_pt: 0.5,
            series_key: Arc::clone(&ridge.key),
            records: Arc::new([]),
            details: Vec::new(),
            describe: Some(describe(index, &ridge.line.kept)),
        };
        self.layers.iter().enumerate().map(path).collect()
    }

    /// The ridges: a band at the values, with walls down to the floor.
    pub(super) fn mesh(&self, map: ColourMap, settings: &ViewSettings) -> Mesh {
        let mut triangles = Triangles::default();
        for ridge in &self.layers {
            for strip in &ridge.line.strips {
                triangles.add_ridge(&profile(&ridge.line, strip), ridge.sides_unit);
            }
        }
        Mesh {
            name: "singular values".to_owned(),
            positions_unit: triangles.positions_unit.into(),
            triangles: triangles.triangles.into(),
            colour: MeshColour::Height(map, self.colour_range),
            shading: settings.shading(),
            opacity: settings.opacity(1.0),
            records: None,
            steps: Arc::new([]),
        }
    }
}

fn colour_range(ridges: &[Ridge]) -> [f32; 2] {
    let heights = ridges.iter().flat_map(|ridge| &ridge.line.positions_unit);
    let (low, high) = heights.fold((1.0_f32, 0.0_f32), |(low, high), at| {
        (low.min(at[2]), high.max(at[2]))
    });
    // Colours end where a given range ends.
    let (low, high) = (low.clamp(0.0, 1.0), high.clamp(0.0, 1.0));
    if low < high { [low, high] } else { [0.0, 1.0] }
}

/// x and z of a stretch of a ridge; a single value gets a length.
fn profile(line: &PlacedLine, strip: &Range<u32>) -> Vec<[f32; 2]> {
    let positions = &line.positions_unit[strip.start as usize..strip.end as usize];
    match positions {
        [[x, _, z]] => vec![[x - HALF_LENGTH_UNIT, *z], [x + HALF_LENGTH_UNIT, *z]],
        several => several.iter().map(|[x, _, z]| [*x, *z]).collect(),
    }
}

#[derive(Default)]
struct Triangles {
    positions_unit: Vec<[f32; 3]>,
    triangles: Vec<[u32; 3]>,
}

impl Triangles {
    /// Band, walls and ends. Each has its own corners, so that edges are crisp.
    fn add_ridge(&mut self, profile: &[[f32; 2]], [front, back]: [f32; 2]) {
        let along = |y: f32, at_floor: bool| -> Vec<[f32; 3]> {
            let height = |z: f32| if at_floor { z.min(0.0) } else { z };
            profile.iter().map(|[x, z]| [*x, y, height(*z)]).collect()
        };
        self.add_band(&along(front, false), &along(back, false));
        self.add_band(&along(front, true), &along(front, false));
        self.add_band(&along(back, false), &along(back, true));
        for (index, sides) in [(0, [back, front]), (profile.len() - 1, [front, back])] {
            let [x, z] = profile[index];
            let [from, to] = sides.map(|y| [[x, y, z.min(0.0)], [x, y, z]]);
            self.add_band(&from, &to);
        }
    }

    /// Triangles between two lines of equal length; seen from outside, their corners are counter-clockwise where
    /// `right` is to the left of `left` in the direction of travel.
    fn add_band(&mut self, left: &[[f32; 3]], right: &[[f32; 3]]) {
        let start = self.positions_unit.len() as u32;
        let len = left.len() as u32;
        self.positions_unit.extend(left);
        self.positions_unit.extend(right);
        for at in start..start + len.saturating_sub(1) {
            self.triangles.push([at, at + 1, at + len]);
            self.triangles.push([at + 1, at + len + 1, at + len]);
        }
    }
}
