//! Attention weights as a point cloud: query x key x weight, for one head, the heads of a layer, or all.

mod options;

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use trainscape_run::{Labels, Run, Tensor};
use trainscape_scene::{
    axis::{Axis, Scale},
    colour::ColourMap,
    scene::{
        CellCloud, Cloud, CloudColour, CloudSize, CloudWork, ColourBar, Describe, Height, Mark,
        Panel, Path, PathColour, PointLabel, Scene,
    },
    ticks::{format_value, group_thousands},
};

use self::options::{HEAD, HEADS, Heads, LAYER, Options, THRESHOLD};
use crate::{
    Choices, Control, NotAvailable, Time, View, ViewSettings, axes,
    common::{COLOURS, FLOOR, LOG_Z, OPACITY, RANGE, TENSOR},
    samples::counted,
    tensors::{self, Chosen, step_text, visible},
};
use trainscape_compute::projection::Projector;

const NEEDS: &str =
    "needs attention weights: an array (npy, npz, safetensors) with a query and a key axis";
/// Names that the axes of an array can have.
const AXES: &str = "layer,head,query,key";
/// Share of a head's tile that stays empty between neighbours.
const GAP: f32 = 0.14;

/// Query x key x attention weight.
pub(crate) struct Attention;

impl View for Attention {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn title(&self) -> &'static str {
        "Attention"
    }

    fn controls(&self) -> &'static [&'static Control] {
        &[
            &TENSOR, &HEADS, &LAYER, &HEAD, &THRESHOLD, &LOG_Z, &RANGE, &COLOURS, &OPACITY, &FLOOR,
        ]
    }

    fn default_colours(&self, _: &ViewSettings) -> ColourMap {
        ColourMap::Viridis
    }

    fn time(&self) -> Time {
        Time::Selects
    }

    fn available(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Result<(), NotAvailable> {
        choose(runs, settings).map(|_| ())
    }

    fn build(
        &self,
        runs: &[Arc<Run>],
        settings: &ViewSettings,
        _: &dyn Projector,
    ) -> Result<Scene, NotAvailable> {
        build(runs, settings)
    }

    fn choices(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Choices {
        let mut choices = tensors::choices(runs, settings, suits, AXES);
        let tensors = runs.iter().flat_map(|run| run.tensors.values());
        let keys = choices.names_for(&TENSOR);
        let key = settings.tensor().or(keys.first().map(String::as_str));
        if let Some(tensor) = tensors.into_iter().find(|tensor| Some(&*tensor.key) == key) {
            for (control, axis) in [(&LAYER, "layer"), (&HEAD, "head")] {
                let last = tensor.len_of(axis).unwrap_or(1).saturating_sub(1);
                choices.limits.insert(control.name, last);
            }
        }
        choices
    }
}

fn choose(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<Chosen, NotAvailable> {
    tensors::choose(runs, settings, settings.tensor(), suits, NEEDS, AXES)
}

fn suits(tensor: &Tensor) -> bool {
    tensor.axis("query").is_some() && tensor.axis("key").is_some() && tensor.elements() > 0
}

/// One matrix of the figure: its layer and its head, where there are such axes.
#[derive(Clone, Copy, Debug)]
struct Tile {
    layer: usize,
    head: usize,
    /// Column and row among the tiles.
    at: [usize; 2],
}

fn build(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<Scene, NotAvailable> {
    let chosen = choose(runs, settings)?;
    let tensor = &chosen.tensor;
    let options = Options::of(settings);
    let (layers, heads) = (
        tensor.len_of("layer").unwrap_or(1),
        tensor.len_of("head").unwrap_or(1),
    );
    let layer = options.layer.unwrap_or(layers - 1);
    if layer >= layers || options.head >= heads {
        return Err(NotAvailable::new(format!(
            "needs layer {layer} and head {}, and `{}` has {} and {} (counted from 0)",
            options.head,
            tensor.key,
            counted(layers, "layer"),
            counted(heads, "head"),
        )));
    }
    let mode = match options.heads {
        Heads::Layer if heads == 1 => Heads::One,
        Heads::All if layers * heads == 1 => Heads::One,
        mode => mode,
    };
    let tiles = tiles(mode, layers, heads, layer, options.head);
    let (snapshot, step) = tensors::snapshot(tensor, settings);
    let (rows, columns) = (
        tensor.len_of("query").unwrap_or(1),
        tensor.len_of("key").unwrap_or(1),
    );
    let records = Arc::new(Records {
        run: Arc::clone(&chosen.run),
        tensor: Arc::clone(tensor),
        tiles: tiles.clone(),
        snapshot,
        step,
        rows,
        columns,
    });
    let mut weights = vec![0.0_f32; tiles.len() * rows * columns];
    for (tile, out) in weights.chunks_exact_mut(rows * columns).enumerate() {
        records.read_tile(tile, out)?;
    }
    let finite = weights.iter().copied().filter(|weight| weight.is_finite());
    let (mut smallest, mut largest) = (f32::INFINITY, f32::NEG_INFINITY);
    let threshold = options.threshold as f32;
    let (mut drawn, mut not_finite) = (0_usize, weights.len());
    for weight in finite {
        not_finite -= 1;
        if weight > threshold {
            drawn += 1;
            smallest = smallest.min(weight);
            largest = largest.max(weight);
        }
    }
    if drawn == 0 {
        return Err(NotAvailable::new(format!(
            "needs a lower threshold: no weight is above {}",
            format_value(options.threshold)
        )));
    }

    let layout = Layout::new(&tiles, rows, columns);
    let z_log = settings.log(2) == Some(true) && smallest > 0.0;
    let (scale, lowest) = if z_log {
        (Scale::Log10, smallest)
    } else {
        (Scale::Linear, smallest.min(0.0))
    };
    let ends = [lowest, largest].map(f64::from);
    let z_axis = Axis::spanning("attention weight", scale, ends).rounded_outward();
    let z_axis = axes::in_range(settings, 2, z_axis);
    let map = settings.colours(ColourMap::Viridis);
    let mut panels: Vec<Panel> = tiles.iter().map(|tile| layout.panel(tile)).collect();
    let across = (layout.tiles[0] * rows).max(layout.tiles[1] * columns) as f32;
    let diameter_pt = (360.0 / across).clamp(1.3, 5.0);
    let labels = tokens(tensor);
    let [mut x_axis, mut y_axis] = layout.axes(mode, &tiles, labels);
    let cells_in_range = settings.ranges()[..2].iter().any(Option::is_some);
    if mode == Heads::One && cells_in_range {
        x_axis = axes::in_range(settings, 0, x_axis);
        y_axis = axes::in_range(settings, 1, y_axis);
        // Cells are placed by their panel, so it moves with the axes.
        for panel in &mut panels {
            for (place, axis) in [&x_axis, &y_axis].into_iter().enumerate() {
                let step = 1.0 / (axis.high - axis.low);
                panel.origin_unit[place] = (-axis.low * step) as f32;
                panel.step_unit[place] = step as f32;
            }
        }
    }
    let cells = CellCloud {
        weights: weights.into(),
        rows: rows as u32,
        columns: columns as u32,
        panels: panels.into(),
        threshold: threshold.max(f32::MIN),
        height: height_of(&z_axis),
    };
    let mut caption = caption(&chosen, settings, mode, &records, drawn, not_finite);
    if f64::from(smallest) < z_axis.low || f64::from(largest) > z_axis.high {
        caption += " Weights beyond the given range are drawn at its ends.";
    }
    Ok(Scene {
        title: title(&chosen, mode, layer, options.head, step),
        caption,
        axes: [x_axis, y_axis, z_axis.clone()],
        box_aspect: layout.box_aspect(),
        default_view: [(-58.0_f32).to_radians(), 38.0_f32.to_radians()],
        surfaces: Vec::new(),
        meshes: Vec::new(),
        paths: layout.outlines(&tiles, &tensor.key).into_iter().collect(),
        clouds: vec![Cloud {
            steps: Arc::new([]),
            name: "attention weights".to_owned(),
            work: CloudWork::Cells(cells),
            colour: CloudColour::Map(map),
            size: CloudSize::ByValue([diameter_pt * 0.7, diameter_pt * 1.25]),
            floor_projection: settings.floor(true),
            opacity: settings.opacity(1.0),
            records: Some(records),
        }],
        markers: Vec::new(),
        labels: layout.labels(mode, &tiles),
        colour_bar: Some(ColourBar { axis: z_axis, map }),
        legend: Vec::new(),
        keys: BTreeMap::from([("attention".to_owned(), tensor.key.to_string())]),
        runs: vec![chosen.run],
    })
}

fn height_of(z: &Axis) -> Height {
    match z.scale {
        Scale::Log10 => {
            let (low, high) = (z.low.log2(), z.high.log2());
            Height {
                scale: (1.0 / (high - low)) as f32,
                offset: (-low / (high - low)) as f32,
                log: true,
            }
        }
        _ => Height {
            scale: (1.0 / (z.high - z.low)) as f32,
            offset: (-z.low / (z.high - z.low)) as f32,
            log: false,
        },
    }
}

fn tiles(mode: Heads, layers: usize, heads: usize, layer: usize, head: usize) -> Vec<Tile> {
    match mode {
        Heads::One => vec![Tile {
            layer,
            head,
            at: [0, 0],
        }],
        Heads::Layer => {
            let across = (heads as f64).sqrt().ceil() as usize;
            let down = heads.div_ceil(across);
            (0..heads)
                .map(|head| Tile {
                    layer,
                    head,
                    // The first head stands at the back, as the first line of a page.
                    at: [head % across, down - 1 - head / across],
                })
                .collect()
        }
        Heads::All => (0..layers)
            .flat_map(|layer| {
                (0..heads).map(move |head| Tile {
                    layer,
                    head,
                    at: [head, layer],
                })
            })
            .collect(),
    }
}

/// The tokens, where they name both queries and keys.
fn tokens(tensor: &Tensor) -> Option<&Labels> {
    tensors::labels_of_axis(tensor, "query")?;
    tensors::labels_of_axis(tensor, "key")
}

/// Where tiles stand on the floor.
struct Layout {
    /// Tiles along x and y.
    tiles: [usize; 2],
    rows: usize,
    columns: usize,
}

impl Layout {
    fn new(tiles: &[Tile], rows: usize, columns: usize) -> Self {
        let most = |axis: usize| {
            tiles
                .iter()
                .map(|tile| tile.at[axis] + 1)
                .max()
                .unwrap_or(1)
        };
        Self {
            tiles: [most(0), most(1)],
            rows,
            columns,
        }
    }

    fn gap(&self) -> f32 {
        if self.tiles == [1, 1] { 0.0 } else { GAP }
    }

    fn panel(&self, tile: &Tile) -> Panel {
        let cells = [self.rows, self.columns];
        let mut panel = Panel {
            origin_unit: [0.0; 2],
            step_unit: [0.0; 2],
        };
        for (axis, cells) in cells.into_iter().enumerate() {
            let width = 1.0 / self.tiles[axis] as f32;
            let step = width * (1.0 - self.gap()) / cells as f32;
            let start = (tile.at[axis] as f32 + self.gap() / 2.0) * width;
            panel.origin_unit[axis] = start + step / 2.0;
            panel.step_unit[axis] = step;
        }
        panel
    }

    /// The edges of each tile on the floor, where there are several.
    fn outlines(&self, tiles: &[Tile], key: &Arc<str>) -> Option<Path> {
        if tiles.len() < 2 {
            return None;
        }
        let positions: Vec<[f32; 3]> = tiles
            .iter()
            .flat_map(|tile| {
                let ends: [[f32; 2]; 2] = std::array::from_fn(|axis| {
                    let width = 1.0 / self.tiles[axis] as f32;
                    let start = tile.at[axis] as f32 + self.gap() / 2.0;
                    [start * width, (start + 1.0 - self.gap()) * width]
                });
                let [[left, right], [front, back]] = ends;
                let corners = [[left, front], [right, front], [right, back], [left, back]];
                let around = corners.into_iter().chain([corners[0]]);
                around.map(|[x, y]| [x, y, 0.0])
            })
            .collect();
        let strips = (0..tiles.len() as u32)
            .map(|tile| 5 * tile..5 * tile + 5)
            .collect();
        Some(Path {
            name: "edges of heads".to_owned(),
            positions_unit: positions.into(),
            strips,
            colour: PathColour::Quiet,
            width_pt: 0.35,
            series_key: Arc::clone(key),
            records: Arc::new([]),
            details: Vec::new(),
            describe: None,
        })
    }

    fn box_aspect(&self) -> [f32; 3] {
        let size = [
            (self.tiles[0] * self.rows) as f32,
            (self.tiles[1] * self.columns) as f32,
        ];
        let ratio = (size[0] / size[1]).clamp(0.6, 1.7);
        let [x, y] = [1.25 * ratio.sqrt(), 1.25 / ratio.sqrt()];
        [x, y, 0.62]
    }

    fn axes(&self, mode: Heads, tiles: &[Tile], tokens: Option<&Labels>) -> [Axis; 2] {
        match mode {
            Heads::All => {
                let heads = tiles.iter().map(|tile| tile.head + 1).max().unwrap_or(1);
                let layers = tiles.iter().map(|tile| tile.layer + 1).max().unwrap_or(1);
                [
                    numbered("head (queries within)", heads),
                    numbered("layer (keys within)", layers),
                ]
            }
            // Several tiles have no common coordinate: their cells are counted from each one's corner.
            Heads::Layer => ["query, in each head", "key, in each head"].map(|title| Axis {
                title: title.to_owned(),
                scale: Scale::Category(Vec::new()),
                low: 0.0,
                high: 1.0,
            }),
            Heads::One => [("query", self.rows), ("key", self.columns)].map(|(title, cells)| {
                let scale = match tokens {
                    Some(labels) => {
                        Scale::Category(labels.names().iter().map(|name| visible(name)).collect())
                    }
                    None => Scale::Linear,
                };
                Axis {
                    title: title.to_owned(),
                    scale,
                    low: -0.5,
                    high: cells as f64 - 0.5,
                }
            }),
        }
    }

    fn labels(&self, mode: Heads, tiles: &[Tile]) -> Vec<PointLabel> {
        if mode != Heads::Layer {
            return Vec::new();
        }
        tiles
            .iter()
            .map(|tile| {
                let middle = (tile.at[0] as f32 + 0.5) / self.tiles[0] as f32;
                let back = (tile.at[1] as f32 + 1.0 - self.gap() / 2.0) / self.tiles[1] as f32;
                PointLabel {
                    position_unit: [middle, back, 0.0],
                    text: format!("head {}", tile.head),
                }
            })
            .collect()
    }
}

fn numbered(title: &str, count: usize) -> Axis {
    Axis {
        title: title.to_owned(),
        scale: Scale::Category((0..count).map(|index| index.to_string()).collect()),
        low: -0.5,
        high: count as f64 - 0.5,
    }
}

fn title(chosen: &Chosen, mode: Heads, layer: usize, head: usize, step: Option<f64>) -> String {
    let what = match mode {
        Heads::One if chosen.tensor.axis("head").is_none() => "Attention".to_owned(),
        Heads::One if chosen.tensor.axis("layer").is_none() => format!("Attention, head {head}"),
        Heads::One => format!("Attention, layer {layer}, head {head}"),
        Heads::Layer if chosen.tensor.axis("layer").is_none() => {
            "Attention of all heads".to_owned()
        }
        Heads::Layer => format!("Attention of layer {layer}, all heads"),
        Heads::All => "Attention of all layers and heads".to_owned(),
    };
    match step {
        Some(step) => format!("{what}, step {} of {}", step_text(step), chosen.run.name),
        None => format!("{what} of {}", chosen.run.name),
    }
}

fn caption(
    chosen: &Chosen,
    settings: &ViewSettings,
    mode: Heads,
    records: &Records,
    drawn: usize,
    not_finite: usize,
) -> String {
    let tensor = &chosen.tensor;
    let cells = records.tiles.len() * records.rows * records.columns;
    let thousands = |number: usize| group_thousands(&number.to_string());
    let mut caption = format!(
        "Weights above {} of {} from {} ({}): {} of {} cells",
        format_value(Options::of(settings).threshold),
        tensor.key,
        tensors::file_text(&chosen.run, tensor),
        tensors::shape_text(tensor),
        thousands(drawn),
        thousands(cells),
    );
    if mode == Heads::One {
        caption += ".";
    } else {
        caption += &format!(
            ", {} of {} queries x {} keys each.",
            counted(records.tiles.len(), "head"),
            records.rows,
            records.columns
        );
    }
    if not_finite > 0 {
        caption += &format!(
            " {} are NaN or infinite and not drawn.",
            thousands(not_finite)
        );
    }
    if let Some(count) = tensor.len_of("snapshot") {
        caption += &format!(" Snapshot {} of {count}.", records.snapshot + 1);
    }
    caption + &tensors::others_text(chosen, "attention tensor")
}

/// Which cell of the tensor each point is.
#[derive(Debug)]
struct Records {
    run: Arc<Run>,
    tensor: Arc<Tensor>,
    tiles: Vec<Tile>,
    snapshot: usize,
    step: Option<f64>,
    rows: usize,
    columns: usize,
}

impl Records {
    /// Where a tile's matrix lies: one index along every axis but query and key.
    fn ranges(&self, tile: &Tile, query: Range<usize>, key: Range<usize>) -> Vec<Range<usize>> {
        let axes = self.tensor.axes.as_deref().unwrap_or_default();
        axes.iter()
            .map(|axis| match axis.as_str() {
                "query" => query.clone(),
                "key" => key.clone(),
                "layer" => tile.layer..tile.layer + 1,
                "head" => tile.head..tile.head + 1,
                "snapshot" => self.snapshot..self.snapshot + 1,
                _ => 0..1,
            })
            .collect()
    }

    /// A tile's matrix, queries along rows.
    fn read_tile(&self, tile: usize, out: &mut [f32]) -> Result<(), NotAvailable> {
        let ranges = self.ranges(&self.tiles[tile], 0..self.rows, 0..self.columns);
        if self.tensor.axis("query") < self.tensor.axis("key") {
            self.tensor.read_into(&ranges, out)?;
            return Ok(());
        }
        let transposed = self.tensor.read(&ranges)?;
        for (index, value) in out.iter_mut().enumerate() {
            let (row, column) = (index / self.columns, index % self.columns);
            *value = transposed[column * self.rows + row];
        }
        Ok(())
    }
}

impl Describe for Records {
    fn mark(&self, _index: usize) -> Option<Mark> {
        Some(Mark {
            run: Arc::clone(&self.run.id),
            step: Some(self.step?),
            row: None,
        })
    }

    fn lines(&self, index: usize) -> Vec<(String, String)> {
        let cells = self.rows * self.columns;
        let Some(tile) = self.tiles.get(index / cells) else {
            return Vec::new();
        };
        let (query, key) = (index / self.columns % self.rows, index % self.columns);
        let ranges = self.ranges(tile, query..query + 1, key..key + 1);
        let at: Vec<usize> = ranges.iter().map(|range| range.start).collect();
        let weight = self.tensor.element(&at).unwrap_or(f64::NAN);
        let name = |index: usize| match tokens(&self.tensor) {
            Some(labels) => format!("{index} '{}'", visible(&labels.names()[index])),
            None => index.to_string(),
        };
        let sentence = format!(
            "query {} -> key {}: {}",
            name(query),
            name(key),
            format_value(weight)
        );
        let mut lines = vec![
            ("attention".to_owned(), sentence),
            ("weight".to_owned(), weight.to_string()),
        ];
        for (axis, index) in [("layer", tile.layer), ("head", tile.head)] {
            if self.tensor.axis(axis).is_some() {
                lines.push((axis.to_owned(), index.to_string()));
            }
        }
        if let Some(step) = self.step {
            lines.push(("step".to_owned(), step_text(step)));
        }
        lines.push(("run".to_owned(), self.run.name.to_string()));
        lines.push((
            "file".to_owned(),
            tensors::file_text(&self.run, &self.tensor),
        ));
        lines
    }
}
