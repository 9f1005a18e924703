//! The importance for one metric: a dot for each parameter with its standard deviation, in the plane.

use std::{collections::BTreeMap, sync::Arc};

use trainscape_scene::{
    axis::{Axis, Scale},
    colour::{Colour, ColourMap},
    scene::{
        Cloud, CloudColour, CloudPoint, CloudSize, CloudWork, Path, PathColour, PointLabel, Scene,
    },
};

use super::{
    analysis::{Analysis, Cell},
    bars::{CellRecords, colour_bar, colour_value, decimals, rounded, title},
};
use crate::{ViewSettings, axes};

/// Heights above the plane, so that the dots are over the whiskers.
const WHISKER_HEIGHT: f32 = 0.5;
const DOT_HEIGHT: f32 = 1.0;
/// Half the length of a whisker's caps, as a share of the distance between two rows.
const CAP: f32 = 0.22;
/// The longest half of a cap, as a share of the figure's height.
const LONGEST_CAP: f32 = 0.035;
/// Grey that is seen on white and on black.
const WHISKER: Colour = Colour::hex(0x80_8080);

/// The scene without its caption.
pub(super) fn scene(analysis: &Analysis, settings: &ViewSettings) -> Scene {
    let sweep = &analysis.sweep;
    let cells = &analysis.cells;
    let map = settings.colours(ColourMap::Coolwarm);
    let mut scene = Scene::new(axes(analysis, settings));
    scene.box_aspect = [1.4, (0.3 + 0.13 * cells.len() as f32).clamp(0.5, 1.2), 0.0];
    scene.lay_flat();
    scene.title = title(analysis);
    let rows = Rows {
        axis: &scene.axes[0],
        count: cells.len(),
    };
    scene.paths = cells.iter().map(|cell| rows.whisker(cell)).collect();
    scene.paths.extend(rows.zero_line());
    let decimals = decimals(cells);
    scene.labels = cells
        .iter()
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
        colour: CloudColour::Map(map),
        size: CloudSize::Constant(9.0),
        floor_projection: false,
        opacity: settings.opacity(1.0),
        records: Some(Arc::new(CellRecords {
            cells: shown,
            points_each: 1,
        })),
        steps: Arc::new([]),
    });
    scene.colour_bar = Some(colour_bar(map));
    scene.keys = sweep
        .metrics
        .iter()
        .map(|metric| ("metric".to_owned(), metric.key.clone()))
        .collect::<BTreeMap<_, _>>();
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
    let names: Vec<String> = analysis
        .cells
        .iter()
        .rev()
        .map(|cell| cell.parameter.clone())
        .collect();
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
    count: usize,
}

impl Rows<'_> {
    fn x(&self, importance: f64) -> f32 {
        self.axis.unit_from_value(importance).unwrap_or(0.0) as f32
    }

    fn y(&self, cell: &Cell) -> f32 {
        (self.count as f32 - cell.at[0] as f32 - 0.4) / (self.count as f32 + 0.2)
    }

    fn dot(&self, cell: &Cell) -> Option<CloudPoint> {
        let x = self.x(cell.importance.mean);
        (0.0..=1.0).contains(&x).then(|| CloudPoint {
            position_unit: [x, self.y(cell), DOT_HEIGHT],
            value: colour_value(cell),
        })
    }

    /// The mean less and plus the standard deviation, as a line with caps, as far as it is in the axis' range.
    fn whisker(&self, cell: &Cell) -> Path {
        let found = cell.importance;
        let y = self.y(cell);
        let cap = (CAP / (self.count as f32 + 0.2)).min(LONGEST_CAP);
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
