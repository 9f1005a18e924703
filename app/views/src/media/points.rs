//! Points and lines of a figure.

use std::{ops::Range, sync::Arc};

use trainscape_run::Trace;
use trainscape_scene::{
    axis::{Axis, Scale},
    colour::{Colour, ColourMap, run_colour},
    scene::{
        Cloud, CloudColour, CloudPoint, CloudSize, CloudWork, ColourBar, LegendEntry, LegendMark,
        Path, PathColour,
    },
};

use super::drawing::{FigureDrawing, FigureRecords};

/// The colours of a trace's points.
struct PointColours<'a> {
    /// The colour of each point, where the figure gives them.
    given: &'a [[u8; 3]],
    /// The value of each point, where there is one for each.
    values: Option<&'a [f64]>,
    value_axis: Axis,
    /// The colour where there is neither.
    own: Colour,
    /// Whether a line has the colour of the theme.
    is_of_theme: bool,
}

/// The points that the axes can show.
#[derive(Default)]
struct PlacedPoints {
    points: Vec<CloudPoint>,
    /// Which points of the trace they are.
    shown: Vec<usize>,
    /// Stretches between gaps.
    strips: Vec<Range<u32>>,
}

/// Draws a trace if it is one of points.
pub(super) fn draw(drawing: &mut FigureDrawing<'_>, index: usize, trace: &Trace, traces: usize) {
    let Trace::Points {
        name,
        positions,
        values,
        value_title,
        colours,
        texts,
        markers,
        lines,
        diameter_pt,
    } = trace
    else {
        return;
    };
    let value_title = match value_title.as_str() {
        "" => "value",
        title => title,
    };
    let colours = PointColours {
        given: colours,
        values: Some(values.as_slice()).filter(|values| values.len() == positions.len()),
        value_axis: drawing
            .value_axis
            .clone()
            .unwrap_or_else(|| Axis::spanning(value_title, Scale::Linear, values.iter().copied())),
        own: match colours.as_slice() {
            [first, others @ ..] if others.iter().all(|other| other == first) => Colour {
                rgb: *first,
                alpha: 255,
            },
            _ => run_colour(index),
        },
        is_of_theme: drawing.has_theme_lines && colours.is_empty(),
    };
    let placed = place(drawing, positions, &colours);
    if placed.points.is_empty() {
        return;
    }
    // Points must stand out from the surface they are on.
    let map = if drawing.value_axis.is_some()
        || drawing.scene.surfaces.is_empty() && drawing.scene.meshes.is_empty()
    {
        drawing.map
    } else {
        ColourMap::Plasma
    };
    let shown = || placed.shown.iter();
    let records = drawing.records(
        shown().map(|at| positions[*at]).collect(),
        shown().filter_map(|at| texts.get(*at).cloned()).collect(),
    );
    if *lines {
        let colour = colours.of_line(&placed, map, traces);
        add_line(drawing, name, &placed, colour, &records);
    }
    if *markers || !*lines {
        let look = (colours.of_cloud(map), *diameter_pt);
        add_cloud(drawing, name, &placed, look, records);
    }
    if colours.is_by_value() && drawing.scene.colour_bar.is_none() {
        drawing.scene.colour_bar = Some(ColourBar {
            axis: colours.value_axis,
            map,
        });
    } else if !name.is_empty() && traces > 1 {
        let entry = LegendEntry {
            label: name.clone(),
            colour: Some(colours.own).filter(|_| !colours.is_of_theme),
            mark: LegendMark::of_dots(!*lines),
        };
        // The line and the points of one run are one entry.
        let mut entries = drawing.scene.legend.iter();
        if !entries.any(|known| known.label == entry.label) {
            drawing.scene.legend.push(entry);
        }
    }
}

impl PointColours<'_> {
    fn is_by_value(&self) -> bool {
        self.given.is_empty() && self.values.is_some()
    }

    fn point(&self, at: usize, position_unit: [f32; 3]) -> CloudPoint {
        match (self.given.get(at), self.values) {
            (Some(rgb), _) => CloudPoint::from_rgb(position_unit, *rgb),
            (None, Some(values)) => CloudPoint {
                position_unit,
                value: self.value_axis.unit_from_value(values[at]).unwrap_or(0.0) as f32,
            },
            (None, None) => CloudPoint::from_rgb(position_unit, self.own.rgb),
        }
    }

    fn of_line(&self, placed: &PlacedPoints, map: ColourMap, traces: usize) -> PathColour {
        if self.is_by_value() {
            PathColour::Values(placed.points.iter().map(|point| point.value).collect(), map)
        } else if traces == 1 && self.given.is_empty() || self.is_of_theme {
            PathColour::Theme
        } else {
            PathColour::Solid(self.own)
        }
    }

    fn of_cloud(&self, map: ColourMap) -> CloudColour {
        if self.is_by_value() {
            CloudColour::Map(map)
        } else {
            CloudColour::Rgb
        }
    }
}

/// The points in the unit box; one that an axis cannot show breaks the line.
fn place(
    drawing: &FigureDrawing<'_>,
    positions: &[[f64; 3]],
    colours: &PointColours<'_>,
) -> PlacedPoints {
    let mut placed = PlacedPoints::default();
    let mut start = 0;
    for (at, position) in positions.iter().enumerate() {
        let Some(position_unit) = drawing.place(*position) else {
            let end = placed.points.len() as u32;
            if end > start {
                placed.strips.push(start..end);
            }
            start = end;
            continue;
        };
        placed.points.push(colours.point(at, position_unit));
        placed.shown.push(at);
    }
    let end = placed.points.len() as u32;
    if end > start {
        placed.strips.push(start..end);
    }
    placed
}

fn add_line(
    drawing: &mut FigureDrawing<'_>,
    name: &str,
    placed: &PlacedPoints,
    colour: PathColour,
    records: &Arc<FigureRecords>,
) {
    let positions = placed.points.iter().map(|point| point.position_unit);
    drawing.scene.paths.push(Path {
        name: name.to_owned(),
        positions_unit: positions.collect(),
        strips: placed.strips.clone(),
        colour,
        width_pt: 1.2,
        series_key: Arc::clone(&drawing.origin.key),
        records: Arc::new([]),
        details: Vec::new(),
        describe: Some(Arc::<FigureRecords>::clone(records)),
    });
}

fn add_cloud(
    drawing: &mut FigureDrawing<'_>,
    name: &str,
    placed: &PlacedPoints,
    (colour, diameter_pt): (CloudColour, Option<f32>),
    records: Arc<FigureRecords>,
) {
    let suggested = || (120.0 / (placed.points.len() as f32).sqrt()).clamp(1.2, 5.0);
    let given = diameter_pt.filter(|diameter| (0.1..=100.0).contains(diameter));
    let diameter_pt = given.unwrap_or_else(suggested);
    let settings = drawing.settings;
    drawing.scene.clouds.push(Cloud {
        steps: Arc::new([]),
        name: name.to_owned(),
        work: CloudWork::Points(placed.points.as_slice().into()),
        colour,
        size: CloudSize::Constant(diameter_pt),
        floor_projection: settings.floor(false),
        opacity: settings.opacity(1.0),
        records: Some(records),
    });
}
