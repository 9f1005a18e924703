//! Plotly figures: surfaces, points and meshes in three dimensions.

use std::collections::BTreeMap;

use trainscape_run::{Plot, Trace};

use super::{
    format::{MediaFormat, json_of},
    markup::plain,
    numbers::{coordinates, numbers},
    surface,
};
use crate::{budget::Budget, json::Json, limits::TRACES};

/// A Plotly figure (`*.plotly.json`).
pub(crate) static PLOTLY: Plotly = Plotly;

#[derive(Debug)]
pub(crate) struct Plotly;

impl MediaFormat for Plotly {
    fn name(&self) -> &'static str {
        "plotly"
    }

    fn ending(&self) -> &'static str {
        ".plotly.json"
    }

    fn folder(&self) -> &'static str {
        "plotly"
    }

    fn read(&self, file: &[u8]) -> Result<Plot, String> {
        read(&json_of(file)?)
    }
}

/// Longest text that all points of a trace share.
const MAX_SHARED_TEXT: usize = 200;

fn read(json: &Json) -> Result<Plot, String> {
    let Some(Json::List(data)) = json.get("data") else {
        return Err("is not a Plotly figure: it has no list of traces".to_owned());
    };
    let mut plot = Plot::default();
    let mut flat: BTreeMap<String, usize> = BTreeMap::new();
    let mut budget = Budget::new(TRACES);
    for (index, trace) in data.iter().enumerate() {
        if budget.take_items(1).is_err() {
            plot.notes.push(format!(
                "only the first {index} of {} traces are drawn: log fewer traces, with more points each",
                data.len()
            ));
            break;
        }
        if matches!(trace.get("visible"), Some(Json::Bool(false))) {
            continue;
        }
        let name = trace.get("name").and_then(Json::as_text);
        let name = plain(name.unwrap_or_default(), " ");
        let kind = trace
            .get("type")
            .and_then(Json::as_text)
            .unwrap_or("scatter");
        let read = match kind {
            "surface" => surface::read(trace, name, &mut plot.notes),
            "scatter3d" => points(trace, name, &mut plot.notes),
            "mesh3d" => mesh(trace, name, &mut plot.notes),
            _ => {
                *flat.entry(kind.chars().take(40).collect()).or_default() += 1;
                continue;
            }
        };
        match read {
            Ok(trace) => plot.traces.push(trace),
            Err(reason) => plot
                .notes
                .push(format!("a `{kind}` trace is not drawn: {reason}")),
        }
    }
    for (kind, count) in flat {
        let traces = match count {
            1 => "1 trace".to_owned(),
            count => format!("{count} traces"),
        };
        plot.notes
            .push(format!("{traces} of the type `{kind}` not drawn"));
    }
    if plot.traces.is_empty() {
        let mut reason = "contains no three-dimensional trace that can be drawn".to_owned();
        for note in plot.notes.iter().take(3) {
            reason = format!("{reason}; {note}");
        }
        return Err(reason);
    }
    if let Some(layout) = json.get("layout") {
        plot.title = title(layout);
        if let Some(scene) = layout.get("scene") {
            for (at, axis) in ["xaxis", "yaxis", "zaxis"].into_iter().enumerate() {
                let Some(axis) = scene.get(axis) else {
                    continue;
                };
                plot.axis_titles[at] = title(axis);
                plot.log[at] = axis.get("type").and_then(Json::as_text) == Some("log");
            }
        }
    }
    Ok(plot)
}

/// `{"title": "…"}` or `{"title": {"text": "…"}}`.
fn title(json: &Json) -> String {
    let title = json.get("title");
    let text = title.and_then(|title| title.as_text().or_else(|| title.get("text")?.as_text()));
    plain(text.unwrap_or_default(), " ")
}

/// x, y and z of each point; as many points as all three have.
fn positions(trace: &Json, notes: &mut Vec<String>) -> Result<Vec<[f64; 3]>, String> {
    let mut read = |axis| -> Result<Vec<f64>, String> {
        let found = coordinates(trace, axis, notes)?.ok_or_else(|| format!("it has no {axis}"))?;
        Ok(found.values)
    };
    let (x, y, z) = (read("x")?, read("y")?, read("z")?);
    let points = x.iter().zip(&y).zip(&z);
    Ok(points.map(|((&x, &y), &z)| [x, y, z]).collect())
}

fn points(trace: &Json, name: String, notes: &mut Vec<String>) -> Result<Trace, String> {
    let positions = positions(trace, notes)?;
    if positions.is_empty() {
        return Err("it has no points".to_owned());
    }
    let mode = trace
        .get("mode")
        .and_then(Json::as_text)
        .unwrap_or("lines+markers");
    let colour = ["marker", "line"]
        .iter()
        .filter_map(|part| trace.get(part)?.get("color"))
        .find(|colour| **colour != Json::Null);
    let (values, colours) = match colour {
        Some(colour) => colours(colour, positions.len(), notes),
        None => (Vec::new(), Vec::new()),
    };
    let texts = ["text", "hovertext"]
        .iter()
        .find_map(|part| texts(trace.get(part)?, positions.len()))
        .unwrap_or_default();
    let value_title = ["marker", "line"]
        .iter()
        .filter_map(|part| trace.get(part)?.get("colorbar"))
        .map(title)
        .find(|title| !title.is_empty())
        .unwrap_or_default();
    Ok(Trace::Points {
        name,
        values,
        value_title,
        colours,
        texts,
        markers: mode.contains("markers") || mode == "text",
        lines: mode.contains("lines"),
        diameter_pt: None,
        positions,
    })
}

/// A number or a colour for each point.
fn colours(json: &Json, count: usize, notes: &mut Vec<String>) -> (Vec<f64>, Vec<[u8; 3]>) {
    let read = |json: &Json| json.as_text().and_then(colour);
    match json {
        Json::Text(text) => match colour(text) {
            Some(colour) => return (Vec::new(), vec![colour; count]),
            None => notes.push(format!("the colour `{text}` is unknown")),
        },
        Json::List(items)
            if items.len() == count && items.iter().any(|item| read(item).is_some()) =>
        {
            let grey = [128; 3];
            return (
                Vec::new(),
                items
                    .iter()
                    .map(|item| read(item).unwrap_or(grey))
                    .collect(),
            );
        }
        json => match numbers(json) {
            Some(numbers) if numbers.values.len() == count => return (numbers.values, Vec::new()),
            _ => notes.push("the colours do not match the points and are not drawn".to_owned()),
        },
    }
    (Vec::new(), Vec::new())
}

fn colour(text: &str) -> Option<[u8; 3]> {
    let parsed = color::parse_color(text).ok()?;
    let [red, green, blue, _] = parsed
        .to_alpha_color::<color::Srgb>()
        .to_rgba8()
        .to_u8_array();
    Some([red, green, blue])
}

fn texts(json: &Json, count: usize) -> Option<Vec<String>> {
    match json {
        // One text for all points; a long one would be stored once per point.
        Json::Text(text) => {
            let short: String = text.chars().take(MAX_SHARED_TEXT).collect();
            Some(vec![plain(&short, ", "); count])
        }
        Json::List(items) => {
            let mut texts: Vec<String> = items
                .iter()
                .take(count)
                .map(|item| match item {
                    Json::Text(text) => plain(text, ", "),
                    Json::Null => String::new(),
                    other => other.to_string(),
                })
                .collect();
            texts.resize(count, String::new());
            Some(texts)
        }
        _ => None,
    }
}

fn mesh(trace: &Json, name: String, notes: &mut Vec<String>) -> Result<Trace, String> {
    let positions = positions(trace, notes)?;
    let corner = |corner: &str| {
        trace
            .get(corner)
            .and_then(numbers)
            .map(|corners| corners.values)
    };
    let (Some(i), Some(j), Some(k)) = (corner("i"), corner("j"), corner("k")) else {
        return Err("its triangles (i, j, k) are not given".to_owned());
    };
    let count = i.len().min(j.len()).min(k.len());
    let inside = |corner: f64| {
        (corner >= 0.0 && corner < positions.len() as f64 && corner.fract() == 0.0)
            .then_some(corner as u32)
    };
    let triangles: Vec<[u32; 3]> = (0..count)
        .filter_map(|at| Some([inside(i[at])?, inside(j[at])?, inside(k[at])?]))
        .collect();
    if triangles.is_empty() {
        return Err("it has no triangles".to_owned());
    }
    if triangles.len() < count {
        let lost = count - triangles.len();
        notes.push(format!(
            "{lost} triangles refer to missing vertices and are not drawn"
        ));
    }
    Ok(Trace::Mesh {
        name,
        positions,
        triangles,
        values: Vec::new(),
        colour: None,
        opacity: 1.0,
    })
}
