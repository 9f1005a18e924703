//! Activations: every value of a snapshot as a cloud layer x position x channel, or how the values of each
//! layer are distributed over training.

mod distribution;

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use trainscape_run::{Run, Tensor};
use trainscape_scene::{
    axis::{Axis, Scale},
    colour::ColourMap,
    scene::{
        Cloud, CloudColour, CloudPoint, CloudSize, CloudWork, ColourBar, Describe, Mark, Scene,
    },
    ticks::{format_value, group_thousands},
};

use crate::{
    Choices, Control, Kind, NotAvailable, Section, Time, View, ViewSettings,
    axes::in_range,
    common::{COLOURS, CONTOURS, FLOOR, LOG_Z, OPACITY, RANGE, SHADING, TENSOR, WIREFRAME},
    samples::counted,
    tensors::{self, Chosen, step_text, visible},
};
use trainscape_compute::projection::Projector;

const NEEDS: &str =
    "needs activations: an array (npy, npz, safetensors) with layers, positions and channels";
/// Values drawn at most; of more, the largest in magnitude.
const MOST_VALUES: usize = 2_000_000;
/// A channel is dead where its values differ by less than this share of its layer's spread.
const DEAD_SPREAD: f32 = 1e-3;
/// A value is saturated within this share of its layer's largest magnitude.
const SATURATED_WITHIN: f32 = 0.01;

/// Names that the axes of an array can have.
const AXES: &str = "layer,position,channel";

const DISTRIBUTION: Control = Control {
    name: "distribution",
    label: "Distribution over training",
    help: "How the values of each layer are distributed over training, instead of one snapshot's values.",
    kind: Kind::Switch(Some(false)),
    section: Section::View,
    names_data: false,
    only_with: None,
};

/// Layer x position x channel, or distributions over training.
pub(crate) struct Activations;

impl View for Activations {
    fn name(&self) -> &'static str {
        "activations"
    }

    fn title(&self) -> &'static str {
        "Activations"
    }

    fn controls(&self) -> &'static [&'static Control] {
        &[
            &TENSOR,
            &DISTRIBUTION,
            &LOG_Z,
            &RANGE,
            &COLOURS,
            &SHADING,
            &OPACITY,
            &CONTOURS,
            &WIREFRAME,
            &FLOOR,
        ]
    }

    fn default_colours(&self, settings: &ViewSettings) -> ColourMap {
        if settings.switch(&DISTRIBUTION) {
            ColourMap::Viridis
        } else {
            ColourMap::Coolwarm
        }
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
        tensors::choices(runs, settings, suits, AXES)
    }
}

fn choose(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<Chosen, NotAvailable> {
    tensors::choose(runs, settings, settings.tensor(), suits, NEEDS, AXES)
}

fn suits(tensor: &Tensor) -> bool {
    tensor.axis("layer").is_some() && tensor.axis("channel").is_some() && tensor.elements() > 0
}

fn build(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<Scene, NotAvailable> {
    let chosen = choose(runs, settings)?;
    if settings.switch(&DISTRIBUTION) {
        distribution::build(chosen, settings)
    } else {
        values(chosen, settings)
    }
}

/// A snapshot's values, layer x position x channel.
struct Slice {
    snapshot: usize,
    step: Option<f64>,
    layers: usize,
    positions: usize,
    channels: usize,
    values: Vec<f32>,
}

impl Slice {
    fn read(tensor: &Tensor, snapshot: usize, step: Option<f64>) -> Result<Self, NotAvailable> {
        let len = |axis: &str| tensor.len_of(axis).unwrap_or(1);
        let (layers, positions, channels) = (len("layer"), len("position"), len("channel"));
        let mut values = tensor.read(&ranges(tensor, snapshot, None))?;
        let in_order = ["layer", "position", "channel"]
            .into_iter()
            .filter_map(|axis| tensor.axis(axis))
            .is_sorted();
        if !in_order {
            values = transposed(tensor, &values, [layers, positions, channels]);
        }
        Ok(Self {
            snapshot,
            step,
            layers,
            positions,
            channels,
            values,
        })
    }

    fn layer(&self, layer: usize) -> &[f32] {
        let each = self.positions * self.channels;
        &self.values[layer * each..(layer + 1) * each]
    }

    /// Dead channels of all layers, and saturated values.
    fn shares(&self) -> Shares {
        let mut shares = Shares::default();
        for layer in 0..self.layers {
            let values = self.layer(layer);
            let finite = || values.iter().copied().filter(|value| value.is_finite());
            let largest = finite().fold(0.0_f32, |most, value| most.max(value.abs()));
            let count = finite().count().max(1) as f32;
            let mean = finite().sum::<f32>() / count;
            let spread = (finite().map(|v| (v - mean).powi(2)).sum::<f32>() / count).sqrt();
            for channel in 0..self.channels {
                let of_channel = || values.iter().skip(channel).step_by(self.channels);
                let (low, high) = of_channel().fold((f32::MAX, f32::MIN), |(low, high), value| {
                    (low.min(*value), high.max(*value))
                });
                shares.dead += usize::from(high - low <= DEAD_SPREAD * spread);
            }
            shares.saturated += finite()
                .filter(|value| largest > 0.0 && value.abs() >= (1.0 - SATURATED_WITHIN) * largest)
                .count();
        }
        shares.channels = self.layers * self.channels;
        shares.values = self.values.len();
        shares
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Shares {
    dead: usize,
    channels: usize,
    saturated: usize,
    values: usize,
}

impl Shares {
    fn text(&self) -> String {
        let percent = |part: usize, of: usize| 100.0 * part as f64 / of.max(1) as f64;
        format!(
            " Dead channels (equal at every position): {} of {} ({:.1} %). Saturated values (within 1 % of \
             their layer's largest magnitude): {:.2} %.",
            group_thousands(&self.dead.to_string()),
            group_thousands(&self.channels.to_string()),
            percent(self.dead, self.channels),
            percent(self.saturated, self.values),
        )
    }
}

/// One index of the snapshot axis and of axes that nothing is known of; all of the others, or one value.
fn ranges(tensor: &Tensor, snapshot: usize, at: Option<[usize; 3]>) -> Vec<Range<usize>> {
    let axes = tensor.axes.as_deref().unwrap_or_default();
    axes.iter()
        .zip(tensor.shape.iter())
        .map(|(axis, &len)| {
            let place = ["layer", "position", "channel"]
                .iter()
                .position(|known| known == axis);
            match (place, at, axis.as_str()) {
                (Some(place), Some(at), _) => at[place]..at[place] + 1,
                (Some(_), None, _) => 0..len,
                (None, _, "snapshot") => snapshot..snapshot + 1,
                _ => 0..1,
            }
        })
        .collect()
}

/// Values in the order layer, position, channel.
fn transposed(tensor: &Tensor, values: &[f32], lens: [usize; 3]) -> Vec<f32> {
    let names = ["layer", "position", "channel"];
    let mut order: Vec<usize> = (0..3)
        .filter(|name| tensor.axis(names[*name]).is_some())
        .collect();
    order.sort_by_key(|name| tensor.axis(names[*name]));
    let mut strides = [0; 3];
    let mut stride = 1;
    for name in order.into_iter().rev() {
        strides[name] = stride;
        stride *= lens[name];
    }
    let mut out = Vec::with_capacity(values.len());
    for layer in 0..lens[0] {
        for position in 0..lens[1] {
            for channel in 0..lens[2] {
                out.push(values[layer * strides[0] + position * strides[1] + channel * strides[2]]);
            }
        }
    }
    out
}

fn layer_axis(layers: usize) -> Axis {
    Axis {
        title: "layer".to_owned(),
        scale: Scale::Category((0..layers).map(|layer| layer.to_string()).collect()),
        low: -0.5,
        high: layers as f64 - 0.5,
    }
}

fn values(chosen: Chosen, settings: &ViewSettings) -> Result<Scene, NotAvailable> {
    let tensor = &chosen.tensor;
    let (snapshot, step) = tensors::snapshot(tensor, settings);
    let slice = Slice::read(tensor, snapshot, step)?;
    let largest = slice
        .values
        .iter()
        .filter(|value| value.is_finite())
        .fold(0.0_f32, |most, value| most.max(value.abs()));
    if largest == 0.0 {
        return Err(NotAvailable::new(format!(
            "needs activations that are not all zero, and those of `{}` are",
            tensor.key
        )));
    }
    // A few huge values must not turn all others white.
    let magnitude = quantile_of_magnitudes(&slice.values, 0.998).max(largest * 1e-3);
    let floor = if slice.values.len() > MOST_VALUES {
        let share = 1.0 - MOST_VALUES as f32 / slice.values.len() as f32;
        quantile_of_magnitudes(&slice.values, share)
    } else {
        0.0
    };
    let names = tensors::labels_of_axis(tensor, "position")
        .map(|labels| labels.names().iter().map(|name| visible(name)).collect());
    let scale = names.map_or(Scale::Linear, Scale::Category);
    let position_axis = Axis {
        title: "position".to_owned(),
        scale,
        low: -0.5,
        high: slice.positions as f64 - 0.5,
    };
    let channel_axis = Axis {
        title: "channel".to_owned(),
        scale: Scale::Linear,
        low: -0.5,
        high: slice.channels as f64 - 0.5,
    };
    let axes = [
        in_range(settings, 0, position_axis),
        in_range(settings, 1, layer_axis(slice.layers)),
        in_range(settings, 2, channel_axis),
    ];
    let (mut points, mut cells) = (Vec::new(), Vec::new());
    let mut not_finite = 0_usize;
    for (index, &value) in slice.values.iter().enumerate() {
        if !value.is_finite() {
            not_finite += 1;
            continue;
        }
        if value.abs() < floor {
            continue;
        }
        let channel = index % slice.channels;
        let position = index / slice.channels % slice.positions;
        let layer = index / (slice.channels * slice.positions);
        let at = [position, layer, channel];
        let position_unit = std::array::from_fn(|axis| {
            axes[axis].unit_from_value(at[axis] as f64).unwrap_or(0.0) as f32
        });
        points.push(CloudPoint {
            position_unit,
            value: (0.5 + 0.5 * value / magnitude).clamp(0.0, 1.0),
        });
        cells.push([layer as u32, position as u32, channel as u32]);
    }
    let map = settings.colours(ColourMap::Coolwarm);
    let thousands = |number: usize| group_thousands(&number.to_string());
    let mut caption = format!(
        "{} of {} values from {} ({}); size grows with magnitude, colours end at ±{}, which {:.1} % of the \
         values lie within.",
        thousands(points.len()),
        thousands(slice.values.len()),
        tensors::file_text(&chosen.run, tensor),
        tensors::shape_text(tensor),
        format_value(f64::from(magnitude)),
        99.8,
    );
    caption += &slice.shares().text();
    if not_finite > 0 {
        caption += &format!(
            " {} are NaN or infinite and not drawn.",
            thousands(not_finite)
        );
    }
    if floor > 0.0 {
        caption += &format!(
            " Only magnitudes from {} on are drawn.",
            format_value(f64::from(floor))
        );
    }
    if let Some(count) = tensor.len_of("snapshot") {
        caption += &format!(" Snapshot {} of {}.", slice.snapshot + 1, count);
    }
    caption += &tensors::others_text(&chosen, "activation tensor");
    let bar_axis = Axis {
        title: "activation".to_owned(),
        scale: Scale::Linear,
        low: -f64::from(magnitude),
        high: f64::from(magnitude),
    };
    Ok(Scene {
        title: title(&chosen, "Activations", slice.step),
        caption,
        box_aspect: [1.3, 1.2, 0.85],
        default_view: [(-62.0_f32).to_radians(), 24.0_f32.to_radians()],
        axes,
        surfaces: Vec::new(),
        meshes: Vec::new(),
        paths: Vec::new(),
        clouds: vec![Cloud {
            steps: Arc::new([]),
            name: "activations".to_owned(),
            work: CloudWork::Points(points.into()),
            colour: CloudColour::Map(map),
            size: CloudSize::ByMagnitude([0.25, 5.5]),
            floor_projection: settings.floor(false),
            opacity: settings.opacity(1.0),
            records: Some(Arc::new(Records {
                run: Arc::clone(&chosen.run),
                tensor: Arc::clone(tensor),
                snapshot: slice.snapshot,
                step: slice.step,
                cells,
            })),
        }],
        markers: Vec::new(),
        labels: Vec::new(),
        colour_bar: Some(ColourBar {
            axis: bar_axis,
            map,
        }),
        legend: Vec::new(),
        keys: BTreeMap::from([("activations".to_owned(), tensor.key.to_string())]),
        runs: vec![chosen.run],
    })
}

fn title(chosen: &Chosen, what: &str, step: Option<f64>) -> String {
    match step {
        Some(step) => format!("{what}, step {} of {}", step_text(step), chosen.run.name),
        None => format!("{what} of {}", chosen.run.name),
    }
}

/// The magnitude that `share` of the finite values do not exceed.
fn quantile_of_magnitudes(values: &[f32], share: f32) -> f32 {
    let mut magnitudes: Vec<f32> = values
        .iter()
        .map(|value| value.abs())
        .filter(|value| value.is_finite())
        .collect();
    if magnitudes.is_empty() {
        return 0.0;
    }
    let at = ((magnitudes.len() - 1) as f32 * share).round() as usize;
    *magnitudes.select_nth_unstable_by(at, f32::total_cmp).1
}

#[derive(Debug)]
struct Records {
    run: Arc<Run>,
    tensor: Arc<Tensor>,
    snapshot: usize,
    step: Option<f64>,
    /// Layer, position and channel of each point.
    cells: Vec<[u32; 3]>,
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
        let Some(cell) = self.cells.get(index) else {
            return Vec::new();
        };
        let at = cell.map(|at| at as usize);
        let place: Vec<usize> = ranges(&self.tensor, self.snapshot, Some(at))
            .iter()
            .map(|range| range.start)
            .collect();
        let value = self.tensor.element(&place).unwrap_or(f64::NAN);
        let position = match tensors::labels_of_axis(&self.tensor, "position") {
            Some(labels) => format!("{} '{}'", at[1], visible(&labels.names()[at[1]])),
            None => at[1].to_string(),
        };
        let mut lines = vec![
            ("activation".to_owned(), value.to_string()),
            ("layer".to_owned(), at[0].to_string()),
            ("position".to_owned(), position),
            ("channel".to_owned(), at[2].to_string()),
        ];
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

/// What a caption says of the layers, positions and channels of a slice.
fn extent_text(slice: &Slice) -> String {
    format!(
        "{}, {} and {}",
        counted(slice.layers, "layer"),
        counted(slice.positions, "position"),
        counted(slice.channels, "channel")
    )
}
