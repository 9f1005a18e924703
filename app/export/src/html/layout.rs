//! The layout of a figure for a page that turns it: what stands on the page, and what axes are laid out from.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use trainscape_scene::{
    Scene,
    axis::Axis,
    camera::Projection,
    figure::{
        AxisTick, Figure, axis_ticks,
        overlay::{Rect, Shape, Text},
    },
    font::{self, Weight},
    scene::Facet,
};

use super::colours;
use crate::written_axis::written_axis;

/// Title, caption, page, axes and camera.
pub(super) fn figure(scene: &Scene, figure: &Figure) -> Map<String, Value> {
    let themes = colours::theme_names(&figure.theme);
    let camera = figure.fixed_camera();
    let shapes = figure.page_shapes.clone();
    let page = figure.overlay.shapes.get(shapes).unwrap_or_default();
    let after_page = figure
        .overlay
        .shapes
        .get(figure.page_shapes.end..)
        .unwrap_or_default();
    let shapes = |shapes: &[Shape]| shapes.iter().map(|s| shape(s, figure)).collect::<Vec<_>>();
    let legend = figure.legend_rects.iter().zip(&scene.legend);
    let axes = scene.axes.iter().map(|axis| axis_json(axis, figure, false));
    let facets = scene.facets.iter().map(|facet| facet_json(facet, figure));
    let labels = scene.labels.iter();
    let value = json!({
        "title": scene.title,
        "caption": scene.caption,
        "size": figure.size_pt,
        "font": figure.font_pt,
        "grid": figure.grid,
        "flat": scene.flat && camera.projection == Projection::Orthographic,
        "boxAspect": figure.box_aspect,
        "clip": rect(&figure.clip_rect),
        "camera": {
            "azimuth": camera.azimuth,
            "elevation": camera.elevation,
            "roll": camera.roll,
            "orthographic": camera.projection == Projection::Orthographic,
            "target": camera.target_in_world.to_array(),
            "scale": camera.scale,
            "offset": camera.offset_in_ndc.to_array(),
        },
        "themeNames": themes.map(trainscape_scene::theme::ThemeName::name),
        "themes": themes.map(|name| colours::theme(&name.theme())),
        "page": shapes(page),
        "callouts": shapes(after_page),
        "legend": legend
            .map(|(row, entry)| json!({ "rect": rect(row), "label": entry.label }))
            .collect::<Vec<_>>(),
        "axes": axes.collect::<Vec<_>>(),
        "colourBar": scene.colour_bar.as_ref().map(|bar| written_axis(&bar.axis)),
        "colourMap": scene.colour_bar.as_ref().map(|bar| bar.map.name()),
        "facets": facets.collect::<Vec<_>>(),
        "labels": labels
            .map(|label| json!({ "at": label.position_unit, "text": label.text }))
            .collect::<Vec<_>>(),
        "advances": advances(scene, figure),
    });
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Distinct choices of ticks, and which of them each number of labels gets.
fn axis_json(axis: &Axis, figure: &Figure, is_compact: bool) -> Value {
    let choices = axis_ticks(axis, figure.font_pt, figure.size_pt[0], is_compact);
    let mut distinct: Vec<&Vec<AxisTick>> = Vec::new();
    let mut of_count = Vec::with_capacity(choices.len());
    for ticks in &choices {
        let known = distinct.iter().position(|known| *known == ticks);
        of_count.push(known.unwrap_or_else(|| {
            distinct.push(ticks);
            distinct.len() - 1
        }));
    }
    let distinct = distinct.into_iter().map(|ticks| {
        let ticks = ticks.iter();
        ticks
            .map(|tick| json!([tick.unit, tick.label, tick.superscript]))
            .collect::<Value>()
    });
    let mut json = written_axis(axis);
    let names = matches!(axis.scale, trainscape_scene::axis::Scale::Category(_));
    json.insert("names".to_owned(), names.into());
    json.insert("ofCount".to_owned(), of_count.into());
    json.insert("ticks".to_owned(), distinct.collect());
    Value::Object(json)
}

fn facet_json(facet: &Facet, figure: &Figure) -> Value {
    json!({
        "title": facet.title,
        "corners": facet.corners_unit,
        "axes": facet.axes.each_ref().map(|axis| axis_json(axis, figure, true)),
        "labelled": facet.labelled,
    })
}

/// Widths of all characters that the page lays out itself, in font sizes.
fn advances(scene: &Scene, figure: &Figure) -> Value {
    let mut characters: BTreeMap<char, [f32; 2]> = BTreeMap::new();
    let mut add = |text: &str| {
        for character in text.chars() {
            characters.entry(character).or_insert_with(|| {
                let text = character.to_string();
                [Weight::Regular, Weight::SemiBold]
                    .map(|weight| font::text_width(&text, 1.0, weight))
            });
        }
    };
    add("…");
    let of_facets = scene.facets.iter().flat_map(|facet| &facet.axes);
    let axes = scene.axes.iter().map(|axis| (axis, false));
    for (axis, is_compact) in axes.chain(of_facets.map(|axis| (axis, true))) {
        add(&axis.title);
        let choices = axis_ticks(axis, figure.font_pt, figure.size_pt[0], is_compact);
        for tick in choices.iter().flatten() {
            add(&tick.label);
            add(&tick.superscript);
        }
    }
    for facet in &scene.facets {
        add(&facet.title);
    }
    for label in &scene.labels {
        add(&label.text);
    }
    let advances = characters
        .into_iter()
        .map(|(character, widths)| (character.to_string(), json!(widths)));
    Value::Object(advances.collect())
}

fn rect(rect: &Rect) -> Value {
    json!([rect.x, rect.y, rect.width, rect.height])
}

fn shape(shape: &Shape, figure: &Figure) -> Value {
    let paint = |colour| colours::role_or_hex(colour, &figure.theme);
    match shape {
        Shape::Line {
            ends: [[x1, y1], [x2, y2]],
            width,
            colour,
        } => {
            json!({ "kind": "line", "ends": [x1, y1, x2, y2], "width": width, "colour": paint(*colour) })
        }
        Shape::Fill { rect: area, colour } => {
            json!({ "kind": "fill", "rect": rect(area), "colour": paint(*colour) })
        }
        Shape::Dot {
            centre,
            diameter,
            colour,
        } => {
            json!({ "kind": "dot", "centre": centre, "diameter": diameter, "colour": paint(*colour) })
        }
        Shape::Ring {
            centre,
            diameter,
            width,
            colour,
        } => {
            json!({ "kind": "ring", "centre": centre, "diameter": diameter, "width": width, "colour": paint(*colour) })
        }
        Shape::Panel {
            rect: area,
            radius,
            fill,
            border,
            border_width,
        } => json!({
            "kind": "panel", "rect": rect(area), "radius": radius, "colour": paint(*fill),
            "border": paint(*border), "width": border_width,
        }),
        Shape::Ramp {
            rect: area,
            colours,
        } => {
            let colours = colours.iter().step_by(5);
            let colours = colours.map(|[r, g, b]| format!("#{r:02x}{g:02x}{b:02x}"));
            json!({ "kind": "ramp", "rect": rect(area), "colours": colours.collect::<Vec<_>>() })
        }
        Shape::Text(text) => text_json(text, &paint(text.colour)),
    }
}

fn text_json(text: &Text, colour: &str) -> Value {
    json!({
        "kind": "text",
        "at": text.baseline_start,
        "angle": text.angle,
        "size": text.size,
        "bold": text.weight == Weight::SemiBold,
        "colour": colour,
        "text": text.text,
        "width": font::text_width(&text.text, text.size, text.weight),
    })
}
