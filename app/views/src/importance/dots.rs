//! The importance in the plane: a dot for each parameter and metric with its standard deviation. The colour of a dot is the
//! parameter's correlation with the only metric, or one of several metrics.

use std::sync::Arc;

use trainscape_scene::{
    axis::{Axis, Scale},
    colour::{Colour, ColourMap, run_colour},
    scene::{
        Cloud, CloudColour, CloudPoint, CloudSize, CloudWork, LegendEntry, LegendMark, Path,
        PathColour, PointLabel, Scene,
    },
};

use super::{
    analysis::{Analysis, Cell},
    bars::{CellRecords, colour_bar, colour_value, decimals, metric_keys, rounded, title},
    table::FinalMetric,
};
use crate::{ViewSettings, axes};

/// Heights above the plane, so that the dots are over the whiskers.
const WHISKER_HEIGHT: f32 = 0.5;
const DOT_HEIGHT: f32 = 1.0;
/// Half the length of a whisker's caps, as a share of the distance between two rows.
const CAP: f32 = 0.22;
/// The longest half of a cap, as a share of the figure's height.
const LONGEST_CAP: f32 = 0.035;
/// The share of a row that the lines of its metrics take.
const OF_METRICS: f32 = 0.72;
/// The largest number of dots that are labelled with their values.
const MAX_LABELS: usize = 16;
/// Grey that is seen on white and on black.
const WHISKER: Colour = Colour::hex(0x80_8080);

/// The scene without its caption.
pub(super) fn scene(analysis: &Analysis, settings: &ViewSettings) -> Scene {
    let sweep = &analysis.sweep;
    let cells = &analysis.cells;
    let map = settings.colours(ColourMap::Coolwarm);
    let mut scene = Scene::new(axes(analysis, settings));
    let lines = cells.len() as f32 / 2.0 + sweep.parameters.len() as f32 / 2.0;
    scene.box_aspect = [1.4, (0.3 + 0.13 * lines).clamp(0.5, 1.2), 0.0];
    scene.lay_flat();
    scene.title = title(analysis);
    let rows = Rows {
        axis: &scene.axes[0],
        count: sweep.parameters.len(),
        metrics: sweep.metrics.len(),
    };
    scene.paths = cells.iter().map(|cell| rows.whisker(cell)).collect();
    scene.paths.extend(rows.zero_line());
    let decimals = decimals(cells);
    let labelled = cells.iter().filter(|_| cells.len() <= MAX_LABELS);
    scene.labels = labelled
        .filter_map(|cell| rows.label(cell, decimals))
        .collect();
    let shown: Vec<Cell> = cells
        .iter()
        .filter(|cell| rows.dot(cell).is_some())
        .cloned()
        .collect();
    scene.clouds.push(Cloud {
        name: "importance".to_owned(),
        work: CloudWork::Points(shown.iter().filter_map(|cell| rows.dot(cell)).collect()),
        colour: match rows.metrics {
            1 => CloudColour::Map(map),
            _ => CloudColour::Rgb,
        },
        size: CloudSize::Constant(if rows.metrics == 1 { 9.0 } else { 7.0 }),
        floor_projection: false,
        opacity: settings.opacity(1.0),
        records: Some(Arc::new(CellRecords {
            cells: shown,
            points_each: 1,
        })),
        steps: Arc::new([]),
    });
    if rows.metrics == 1 {
        scene.colour_bar = Some(colour_bar(map));
    } else {
        let entry = |(at, metric): (usize, &FinalMetric)| LegendEntry {
            label: metric.key.clone(),
            colour: Some(run_colour(at)),
            mark: LegendMark::Dot,
        };
        scene.legend = sweep.metrics.iter().enumerate().map(entry).collect();
    }
    scene.keys = metric_keys(analysis);
    scene.runs.clone_from(&sweep.runs);
    scene
}

fn axes(analysis: &Analysis, settings: &ViewSettings) -> [Axis; 3] {
    let ends = analysis.cells.iter().flat_map(|cell| {
        let found = cell.importance;
        [0.0, found.mean - found.std, found.mean + found.std]
    });
    let importance =
        Axis::spanning("importance (decrease in R²)", Scale::Linear, ends).rounded_outward();
    // The most important is at the top.
    let parameters = analysis.sweep.parameters.iter().rev();
    let names: Vec<String> = parameters.map(|parameter| parameter.key.clone()).collect();
    [
        axes::in_range(settings, 0, importance),
        Axis {
            title: "parameter".to_owned(),
            low: -0.6,
            high: names.len() as f64 - 0.4,
            scale: Scale::Category(names),
        },
        Axis {
            title: String::new(),
            scale: Scale::Category(Vec::new()),
            low: 0.0,
            high: 1.0,
        },
    ]
}

/// The rows of the figure, from the top.
struct Rows<'a> {
    axis: &'a Axis,
    /// One for each parameter.
    count: usize,
    /// The lines in each row.
    metrics: usize,
}

impl Rows<'_> {
    fn x(&self, importance: f64) -> f32 {
        self.axis.unit_from_value(importance).unwrap_or(0.0) as f32
    }

    fn y(&self, cell: &Cell) -> f32 {
        let [parameter, metric] = cell.at.map(|at| at as f32);
        let middle = (self.metrics as f32 - 1.0) / 2.0;
        let below = (metric - middle) / self.metrics as f32 * OF_METRICS;
        (self.count as f32 - parameter - below - 0.4) / (self.count as f32 + 0.2)
    }

    fn dot(&self, cell: &Cell) -> Option<CloudPoint> {
        let x = self.x(cell.importance.mean);
        let position_unit = [x, self.y(cell), DOT_HEIGHT];
        (0.0..=1.0).contains(&x).then(|| match self.metrics {
            1 => CloudPoint {
                position_unit,
                value: colour_value(cell),
            },
            _ => CloudPoint::from_rgb(position_unit, run_colour(cell.at[1]).rgb),
        })
    }

    /// The mean less and plus the standard deviation, as a line with caps, as far as it is in the axis' range.
    fn whisker(&self, cell: &Cell) -> Path {
        let found = cell.importance;
        let y = self.y(cell);
        let lines = (self.count * self.metrics) as f32;
        let cap = (CAP / (lines + 0.2)).min(LONGEST_CAP);
        let ends = [found.mean - found.std, found.mean + found.std].map(|end| self.x(end));
        let [low, high] = ends.map(|end| end.clamp(0.0, 1.0));
        let mut positions = vec![[low, y, WHISKER_HEIGHT], [high, y, WHISKER_HEIGHT]];
        for end in ends.into_iter().filter(|end| (0.0..=1.0).contains(end)) {
            positions.push([end, y - cap, WHISKER_HEIGHT]);
            positions.push([end, y + cap, WHISKER_HEIGHT]);
        }
        line(
            format!("{} on {}, standard deviation", cell.parameter, cell.metric),
            positions,
            1.6,
        )
    }

    /// Where a parameter explains nothing.
    fn zero_line(&self) -> Option<Path> {
        let x = self.x(0.0);
        (x > 0.0 && x < 1.0).then(|| {
            line(
                "importance 0".to_owned(),
                vec![[x, 0.0, 0.2], [x, 1.0, 0.2]],
                0.8,
            )
        })
    }

    fn label(&self, cell: &Cell, decimals: usize) -> Option<PointLabel> {
        Some(PointLabel {
            position_unit: self.dot(cell)?.position_unit,
            text: rounded(cell.importance.mean, decimals),
        })
    }
}

/// Separate lines, each between two of the positions.
fn line(name: String, positions: Vec<[f32; 3]>, width_pt: f32) -> Path {
    let ends = positions.len() as u32;
    Path {
        name,
        positions_unit: positions.into(),
        strips: (0..ends).step_by(2).map(|at| at..at + 2).collect(),
        colour: PathColour::Solid(WHISKER),
        width_pt,
        series_key: "".into(),
        records: Arc::new([]),
        details: Vec::new(),
        describe: None,
    }
}
