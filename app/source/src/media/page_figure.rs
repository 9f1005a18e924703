//! The figure in a page: its JSON, whose numbers are in the block. Writers: `app/export/src/html`.

use std::collections::BTreeMap;

use serde::Deserialize;
use trainscape_run::{Plot, PlotLayout, PlotPanel, Trace};

use super::{
    page_columns::{Column, Columns},
    written_axes::{self, WrittenAxis},
};

/// Support below which a node of a surface is missing.
const MISSING_BELOW: f32 = -1.0e29;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    title: String,
    caption: String,
    flat: bool,
    box_aspect: [f32; 3],
    camera: Camera,
    axes: [WrittenAxis; 3],
    colour_bar: Option<WrittenAxis>,
    colour_map: Option<String>,
    #[serde(default)]
    facets: Vec<Panel>,
    legend: Vec<Entry>,
    labels: Vec<Label>,
    themes: Vec<BTreeMap<String, String>>,
    surfaces: Vec<Surface>,
    meshes: Vec<Mesh>,
    lines: Vec<Lines>,
    clouds: Vec<Cloud>,
    markers: Vec<Markers>,
}

#[derive(Deserialize)]
struct Camera {
    azimuth: f32,
    elevation: f32,
}

#[derive(Deserialize)]
struct Panel {
    title: String,
    corners: [[f32; 2]; 2],
    axes: [WrittenAxis; 2],
    labelled: [bool; 2],
}

#[derive(Deserialize)]
struct Entry {
    label: String,
}

#[derive(Deserialize)]
struct Label {
    at: [f32; 3],
    text: String,
}

#[derive(Deserialize)]
struct Surface {
    x: Column,
    y: Column,
    z: Column,
    support: Option<Column>,
}

#[derive(Deserialize)]
struct Mesh {
    positions: [Column; 3],
    triangles: Column,
    values: Option<Column>,
    colouring: String,
    colour: String,
    opacity: f32,
    group: usize,
}

#[derive(Deserialize)]
struct Lines {
    positions: [Column; 3],
    strips: Column,
    values: Option<Column>,
    colour: String,
    group: usize,
}

#[derive(Deserialize)]
struct Cloud {
    positions: [Column; 3],
    values: Column,
    map: Option<usize>,
    diameters: [f32; 2],
    group: usize,
}

#[derive(Deserialize)]
struct Markers {
    positions: [Column; 3],
    colour: String,
    diameter: f32,
    group: usize,
}

/// Reads a figure from its JSON and its numbers.
pub(super) fn read(json: &[u8], columns: &mut Columns) -> Result<Plot, String> {
    let written: Written = serde_json::from_slice(json)
        .map_err(|error| format!("holds no figure that can be read: {error}"))?;
    let traces = traces(&written, columns)?;
    let old =
        || "holds no ends of its axes, as older versions wrote it: export it again".to_owned();
    let panels = written.facets.into_iter().map(|panel| {
        Some(PlotPanel {
            title: panel.title,
            corners_unit: panel.corners,
            axes: written_axes::all(panel.axes)?,
            labelled: panel.labelled,
        })
    });
    let layout = PlotLayout {
        axes: written_axes::all(written.axes).ok_or_else(old)?,
        values: written.colour_bar.and_then(WrittenAxis::axis),
        colour_map: written.colour_map,
        box_aspect: checked_aspect(written.box_aspect)?,
        view: Some([written.camera.azimuth, written.camera.elevation]),
        is_flat: written.flat,
        panels: panels.collect::<Option<_>>().ok_or_else(old)?,
        labels: written
            .labels
            .into_iter()
            .map(|label| (label.at, label.text))
            .collect(),
        caption: written.caption,
    };
    if traces.is_empty() {
        return Err("holds a figure without data".to_owned());
    }
    Ok(Plot {
        title: written.title,
        traces,
        notes: vec!["Positions are rounded to a 262,144th of each axis".to_owned()],
        layout: Some(layout),
        ..Plot::default()
    })
}

/// The edges of a box, if it is one.
pub(super) fn checked_aspect(edges: [f32; 3]) -> Result<[f32; 3], String> {
    let is_box = edges.iter().all(|edge| (1e-3..=1e3).contains(edge));
    is_box
        .then_some(edges)
        .ok_or_else(|| "is damaged: its axis box has no size".to_owned())
}

fn traces(written: &Written, columns: &mut Columns) -> Result<Vec<Trace>, String> {
    let mut traces = Vec::new();
    for surface in &written.surfaces {
        traces.push(surface_trace(surface, columns)?);
    }
    for mesh in &written.meshes {
        traces.push(mesh_trace(mesh, written, columns)?);
    }
    for lines in &written.lines {
        traces.push(lines_trace(lines, written, columns)?);
    }
    for cloud in &written.clouds {
        let positions = columns.positions(&cloud.positions)?;
        let (mut values, mut colours) = (Vec::new(), Vec::new());
        match cloud.map {
            Some(_) => values = columns.shares(&cloud.values)?,
            None => {
                let packed = columns.integers(&cloud.values)?.into_iter();
                colours = packed
                    .map(|packed| {
                        let [red, green, blue, _] = packed.to_le_bytes();
                        [red, green, blue]
                    })
                    .collect();
            }
        }
        traces.push(Trace::Points {
            name: written.name(cloud.group),
            positions,
            values,
            value_title: String::new(),
            colours,
            texts: Vec::new(),
            markers: true,
            lines: false,
            diameter_pt: Some(cloud.diameters.iter().sum::<f32>() / 2.0),
        });
    }
    for markers in &written.markers {
        let positions = columns.positions(&markers.positions)?;
        let colour = written.colour(&markers.colour);
        traces.push(Trace::Points {
            name: written.name(markers.group),
            colours: colour.map_or_else(Vec::new, |rgb| vec![rgb; positions.len()]),
            positions,
            values: Vec::new(),
            value_title: String::new(),
            texts: Vec::new(),
            markers: true,
            lines: false,
            diameter_pt: Some(markers.diameter),
        });
    }
    Ok(traces)
}

fn surface_trace(surface: &Surface, columns: &mut Columns) -> Result<Trace, String> {
    let x = columns.floats(&surface.x)?;
    let y = columns.floats(&surface.y)?;
    let mut z = columns.coordinates(&surface.z)?;
    if x.len().checked_mul(y.len()) != Some(z.len()) {
        return Err("is damaged: the nodes of a surface are no grid".to_owned());
    }
    if let Some(support) = &surface.support {
        let is_missing: Vec<bool> = match columns.floats(support) {
            Ok(support) => support.into_iter().map(|s| s <= MISSING_BELOW).collect(),
            // Where nodes are either whole or missing, that is all that is written.
            Err(_) => columns
                .integers(support)?
                .into_iter()
                .map(|s| s != 0)
                .collect(),
        };
        for (z, is_missing) in z.iter_mut().zip(is_missing) {
            if is_missing {
                *z = f64::NAN;
            }
        }
    }
    let exact = |unit: Vec<f32>| unit.into_iter().map(f64::from).collect();
    Ok(Trace::Surface {
        name: String::new(),
        x: exact(x),
        y: exact(y),
        z,
    })
}

fn mesh_trace(mesh: &Mesh, written: &Written, columns: &mut Columns) -> Result<Trace, String> {
    let positions = columns.positions(&mesh.positions)?;
    let corners = columns.integers(&mesh.triangles)?;
    let inside = |corner: i32| {
        let corner = u32::try_from(corner).ok()?;
        ((corner as usize) < positions.len()).then_some(corner)
    };
    let (triangles, _) = corners.as_chunks::<3>();
    let triangles = triangles
        .iter()
        .filter_map(|[a, b, c]| Some([inside(*a)?, inside(*b)?, inside(*c)?]))
        .collect();
    let values = match &mesh.values {
        Some(values) => columns.shares(values)?,
        None => Vec::new(),
    };
    let is_solid = mesh.colouring == "solid";
    Ok(Trace::Mesh {
        name: written.name(mesh.group),
        positions,
        triangles,
        values,
        colour: written.colour(&mesh.colour).filter(|_| is_solid),
        opacity: mesh.opacity.clamp(0.0, 1.0),
    })
}

/// The lines of one style, with a gap between each and the next.
fn lines_trace(lines: &Lines, written: &Written, columns: &mut Columns) -> Result<Trace, String> {
    let all = columns.positions(&lines.positions)?;
    let shares = match &lines.values {
        Some(values) => columns.shares(values)?,
        None => Vec::new(),
    };
    let (mut positions, mut values) = (Vec::new(), Vec::new());
    let strips = columns.integers(&lines.strips)?;
    let (strips, _) = strips.as_chunks::<2>();
    let mut most = all.len().saturating_mul(2);
    for [start, end] in strips.iter().copied() {
        let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
        let range = range.map(|(start, end)| start..end);
        let Some(strip) = range.clone().and_then(|range| all.get(range)) else {
            return Err("is damaged: a line has positions that are not there".to_owned());
        };
        // Lines of this program share no more than their ends.
        most = most
            .checked_sub(strip.len())
            .ok_or("is damaged: its lines repeat their positions")?;
        positions.extend_from_slice(strip);
        positions.push([f64::NAN; 3]);
        if let Some(shares) = range.and_then(|range| shares.get(range)) {
            values.extend_from_slice(shares);
            values.push(f64::NAN);
        }
    }
    let colour = written.colour(&lines.colour).filter(|_| values.is_empty());
    Ok(Trace::Points {
        name: written.name(lines.group),
        colours: colour.map_or_else(Vec::new, |rgb| vec![rgb; positions.len()]),
        positions,
        values,
        value_title: String::new(),
        texts: Vec::new(),
        markers: false,
        lines: true,
        diameter_pt: None,
    })
}

impl Written {
    /// The entry of the legend for a group, which are counted from 1.
    fn name(&self, group: usize) -> String {
        let entry = group.checked_sub(1).and_then(|at| self.legend.get(at));
        entry.map_or_else(String::new, |entry| entry.label.clone())
    }

    /// A colour, or that of a role in the theme; none of the theme's lines, which have the colour of the theme that they are
    /// drawn in.
    fn colour(&self, text: &str) -> Option<[u8; 3]> {
        if text == "path" {
            return None;
        }
        let of_theme = self.themes.first().and_then(|theme| theme.get(text));
        let hex = of_theme.map_or(text, String::as_str).strip_prefix('#')?;
        let [0, red, green, blue] = u32::from_str_radix(hex, 16).ok()?.to_be_bytes() else {
            return None;
        };
        Some([red, green, blue])
    }
}
