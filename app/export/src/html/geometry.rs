//! The elements of a scene as the page draws them: their numbers in the block of bytes, their styles as JSON.

use std::collections::HashMap;

use serde_json::{Value, json};
use trainscape_compute::{Field, MISSING_BELOW};
use trainscape_gpu::{OUTLINE_BIAS, OUTLINE_PT, PATH_BIAS, path_outlines, surface_line_colour};
use trainscape_scene::{
    Scene,
    colour::{Colour, ColourMap},
    scene::{
        Cloud, CloudColour, CloudSize, Markers, Mesh, MeshColour, Path, PathColour, Surface,
        SurfaceWork,
    },
    theme::ThemeName,
};

use super::{blob::Blob, colours, legend::Groups, steps, steps::Steps};

/// Nodes between two lines of the wireframe of an interpolated surface: as many as give 32 cells.
const WIREFRAME_CELLS: u32 = 32;

/// Writes the elements of one scene.
pub(super) struct Geometry<'a> {
    pub(super) scene: &'a Scene,
    pub(super) blob: &'a mut Blob,
    pub(super) groups: &'a Groups,
    pub(super) steps: &'a Steps,
    pub(super) themes: [ThemeName; 2],
    pub(super) maps: Maps,
}

/// The colour maps that are used, in the order of the page's texture.
#[derive(Debug, Default)]
pub(super) struct Maps(Vec<ColourMap>);

impl Maps {
    pub(super) fn row(&mut self, map: ColourMap) -> usize {
        if let Some(row) = self.0.iter().position(|known| *known == map) {
            return row;
        }
        self.0.push(map);
        self.0.len() - 1
    }

    /// The colours of each map, one after the other.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let tables = self.0.iter().flat_map(|map| map.table());
        tables.flatten().copied().collect()
    }
}

/// What the lines of one draw share.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct LineStyle {
    colour: String,
    outline: Option<String>,
    width_bits: u32,
    map: Option<ColourMap>,
    group: u8,
    has_steps: bool,
}

/// The paths of one style.
#[derive(Default)]
struct LineSet {
    positions_unit: Vec<[f32; 3]>,
    /// First position of each path.
    paths: Vec<i32>,
    /// Start and end of each strip.
    strips: Vec<i32>,
    values: Vec<f32>,
    steps: Vec<i32>,
}

impl Geometry<'_> {
    pub(super) fn surface(&mut self, surface: &Surface, field: &Field) -> Value {
        let opacity = surface.opacity.clamp(0.0, 1.0);
        let line_colours = self.themes.map(|name| {
            let of = |opacity| {
                let colour = surface_line_colour(&name.theme(), opacity);
                json!([colours::hex(colour), f32::from(colour.alpha) / 255.0])
            };
            json!([of(opacity), of(1.0)])
        });
        let mesh_step = match &surface.work {
            SurfaceWork::Nodes(_) => [1, 1],
            SurfaceWork::Refine(work) => [work.factor_x, work.factor_y],
            SurfaceWork::Scatter(work) => {
                [work.size.width, work.size.height].map(|nodes| (nodes / WIREFRAME_CELLS).max(1))
            }
        };
        let whole = field.support.iter().all(|support| *support == 1.0);
        let missing = field
            .support
            .iter()
            .map(|support| *support <= MISSING_BELOW);
        let support = if whole {
            Value::Null
        } else if field
            .support
            .iter()
            .all(|s| *s == 1.0 || *s <= MISSING_BELOW)
        {
            self.blob
                .integers(missing.map(i32::from).collect::<Vec<_>>().into_iter())
        } else {
            self.blob.floats(&field.support)
        };
        let columns = surface.records.as_ref().and_then(steps::over_steps);
        let columns = columns.map(|nodes| {
            let row = nodes.positions_unit.iter().take(nodes.x.len());
            json!({
                "x": row.map(|at| at[0]).collect::<Vec<_>>(),
                "steps": nodes.steps.iter().map(|step| self.steps.index(*step)).collect::<Vec<_>>(),
            })
        });
        json!({
            "x": self.blob.floats(&field.x_unit),
            "y": self.blob.floats(&field.y_unit),
            "z": self.blob.coordinates(field.values.iter().copied()),
            "support": support,
            "map": self.maps.row(surface.map),
            "range": surface.colour_range,
            "shading": surface.shading,
            "contours": surface.contours,
            "wireframe": surface.wireframe.then_some(mesh_step),
            "floor": surface.floor_projection,
            "opacity": opacity,
            "lineColours": line_colours,
            "columns": columns,
        })
    }

    pub(super) fn mesh(&mut self, mesh: &Mesh) -> Value {
        let mut solid = Colour::hex(0);
        let (colouring, map, range) = match &mesh.colour {
            MeshColour::Height(map, range) => ("height", *map, *range),
            MeshColour::Values(_, map) => ("values", *map, [0.0, 1.0]),
            MeshColour::Solid(colour) => {
                solid = *colour;
                ("solid", ColourMap::default(), [0.0, 1.0])
            }
        };
        let values = match &mesh.colour {
            MeshColour::Values(values, _) => {
                let corners = 0..mesh.positions_unit.len();
                let value = |corner| values.get(corner).copied().unwrap_or(0.0);
                self.blob.shares(corners.map(value))
            }
            _ => Value::Null,
        };
        let corners = mesh.triangles.as_flattened();
        let group = match &mesh.colour {
            MeshColour::Solid(colour) => self.groups.of_element(&mesh.name, Some(*colour)),
            _ => self.groups.of_element(&mesh.name, None),
        };
        json!({
            "positions": self.blob.positions(&mesh.positions_unit),
            "triangles": self.blob.integers(corners.iter().map(|corner| *corner as i32)),
            "values": values,
            "steps": self.step_column(&mesh.steps),
            "colouring": colouring,
            "colour": colours::hex(solid),
            "map": self.maps.row(map),
            "range": range,
            "shading": mesh.shading,
            "opacity": (mesh.opacity * f32::from(solid.alpha) / 255.0).clamp(0.0, 1.0),
            "group": group,
        })
    }

    /// The paths, those of one style together.
    pub(super) fn lines(&mut self) -> Vec<Value> {
        let mut order: Vec<LineStyle> = Vec::new();
        let mut sets: HashMap<LineStyle, LineSet> = HashMap::new();
        for (path, outline) in self.scene.paths.iter().zip(path_outlines(self.scene)) {
            let steps = self.scene.steps_of_path(path);
            let style = LineStyle {
                colour: colours::of_path(&path.colour),
                outline: outline.map(|colour| colours::of_path(&colour)),
                width_bits: path.width_pt.to_bits(),
                map: match &path.colour {
                    PathColour::Values(_, map) => Some(*map),
                    _ => None,
                },
                group: self.groups.of_path(&path.name, &path.colour),
                has_steps: steps.is_some(),
            };
            let set = sets.entry(style.clone()).or_insert_with(|| {
                order.push(style);
                LineSet::default()
            });
            self.add_path(set, path, steps);
        }
        order
            .into_iter()
            .filter_map(|style| {
                let set = sets.remove(&style)?;
                Some(self.line_set(&style, &set))
            })
            .collect()
    }

    fn add_path(&self, set: &mut LineSet, path: &Path, steps: Option<Vec<f64>>) {
        let first = set.positions_unit.len() as u32;
        set.paths.push(first as i32);
        set.positions_unit.extend(path.positions_unit.iter());
        for strip in path
            .strips
            .iter()
            .filter(|strip| strip.end > strip.start + 1)
        {
            set.strips
                .extend([(first + strip.start) as i32, (first + strip.end) as i32]);
        }
        if let PathColour::Values(values, _) = &path.colour {
            set.values.extend(values.iter());
            set.values.resize(set.positions_unit.len(), 0.0);
        }
        if let Some(steps) = steps {
            set.steps
                .extend(steps.iter().map(|step| self.steps.index(*step)));
        }
    }

    fn line_set(&mut self, style: &LineStyle, set: &LineSet) -> Value {
        let values = style
            .map
            .map(|_| self.blob.shares(set.values.iter().copied()));
        let steps = style
            .has_steps
            .then(|| self.blob.integers(set.steps.iter().copied()));
        json!({
            "positions": self.blob.positions(&set.positions_unit),
            "paths": self.blob.integers(set.paths.iter().copied()),
            "strips": self.blob.integers(set.strips.iter().copied()),
            "values": values,
            "steps": steps,
            "colour": style.colour,
            "outline": style.outline,
            "width": f32::from_bits(style.width_bits),
            "map": style.map.map(|map| self.maps.row(map)),
            "group": style.group,
        })
    }

    pub(super) fn cloud(&mut self, cloud: &Cloud) -> Value {
        let (mut positions, mut values) = (Vec::new(), Vec::new());
        let mut groups = Vec::new();
        let has_colours = cloud.colour == CloudColour::Rgb;
        let group = self.groups.of_element(&cloud.name, None);
        let runs = &self.scene.runs;
        let run_of = |index| {
            let mark = cloud.records.as_ref()?.mark(index)?;
            runs.iter().find(|run| run.id == mark.run)
        };
        cloud.for_each(|index, point| {
            positions.push(point.position_unit);
            if has_colours {
                let [r, g, b] = point.rgb();
                values.push(i32::from_le_bytes([r, g, b, 0]));
                let colour = Colour {
                    rgb: [r, g, b],
                    alpha: 255,
                };
                let of_point = if group > 0 {
                    group
                } else {
                    let run = run_of(index).map(|run| run.name.as_ref());
                    self.groups.of_point(run, Some(colour))
                };
                groups.push(i32::from(of_point));
            } else {
                values.push((point.value.clamp(0.0, 1.0) * 4095.0).round() as i32);
            }
        });
        let (diameters, by_magnitude) = match cloud.size {
            CloudSize::Constant(diameter_pt) => ([diameter_pt; 2], false),
            CloudSize::ByValue(diameters_pt) => (diameters_pt, false),
            CloudSize::ByMagnitude(diameters_pt) => (diameters_pt, true),
        };
        let map = match cloud.colour {
            CloudColour::Map(map) => Some(self.maps.row(map)),
            CloudColour::Rgb => None,
        };
        let groups = has_colours.then(|| self.blob.integers(groups.into_iter()));
        json!({
            "positions": self.blob.positions(&positions),
            "values": self.blob.integers(values.into_iter()),
            "groups": groups,
            "steps": self.step_column(&cloud.steps),
            "map": map,
            "diameters": diameters,
            "byMagnitude": by_magnitude,
            "floor": cloud.floor_projection,
            "opacity": cloud.opacity.clamp(0.0, 1.0),
            "group": group,
        })
    }

    pub(super) fn markers(&mut self, markers: &Markers) -> Value {
        json!({
            "positions": self.blob.positions(&markers.positions_unit),
            "steps": self.step_column(&markers.steps),
            "colour": colours::hex(markers.colour),
            "outline": markers.outline.map(colours::hex),
            "diameter": markers.diameter_pt,
            "group": self.groups.of_element(&markers.name, Some(markers.colour)),
        })
    }

    fn step_column(&mut self, steps: &[f64]) -> Value {
        if steps.is_empty() {
            return Value::Null;
        }
        let indices = steps.iter().map(|step| self.steps.index(*step));
        self.blob.integers(indices)
    }
}

/// How far lines are moved towards the eye: paths, their outlines, and how much wider an outline is than its path.
pub(super) fn line_settings() -> Value {
    json!({ "bias": PATH_BIAS, "outlineBias": OUTLINE_BIAS, "outline": OUTLINE_PT })
}
