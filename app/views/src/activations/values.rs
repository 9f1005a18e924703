//! Every value of one snapshot as a point: layer × position × channel.

use std::{collections::BTreeMap, sync::Arc};

use trainscape_scene::{
    axis::{Axis, Scale},
    colour::ColourMap,
    scene::{
        Cloud, CloudColour, CloudPoint, CloudSize, CloudWork, ColourBar, Describe, Mark, Scene,
    },
    ticks::{format_value, group_thousands},
};

use super::slice::{ActivationSlice, layer_axis, quantile_of_magnitudes};
use crate::{
    NotAvailable, ViewSettings,
    axes::in_range,
    caption::Caption,
    tensor_snapshot::{TensorSnapshot, index_axis, label_scale, labelled, not_finite_text},
    tensors::{self, Chosen},
};

/// At most this many values are drawn, those of the largest magnitude.
const MOST_VALUES: usize = 2_000_000;

/// Share of the values within the range of the colours.
const COLOURED_SHARE: f32 = 0.998;

/// Which values are drawn, and which colours they get.
struct Limits {
    /// The magnitude at which the colours end.
    magnitude: f32,
    /// Values of a smaller magnitude are not drawn.
    floor: f32,
}

/// The drawn values.
struct DrawnValues {
    points: Vec<CloudPoint>,
    /// Layer, position and channel of each point.
    at: Vec<[u32; 3]>,
    not_finite: usize,
}

pub(super) fn build(chosen: &Chosen, settings: &ViewSettings) -> Result<Scene, NotAvailable> {
    let slice = ActivationSlice::read(TensorSnapshot::of(chosen, settings))?;
    let limits = Limits::of(&slice)?;
    let axes = axes(&slice, settings);
    let cells = cells(&slice, &limits, &axes);
    let caption = caption(chosen, &slice, &limits, &cells);
    let map = settings.colours(ColourMap::Coolwarm);
    let tensor = &chosen.tensor;
    let mut scene = Scene::new(axes);
    scene.title = slice.from.title("Activations");
    scene.caption = caption;
    scene.box_aspect = [1.3, 1.2, 0.85];
    scene.default_view = [(-62.0_f32).to_radians(), 24.0_f32.to_radians()];
    scene.keys = BTreeMap::from([("activations".to_owned(), tensor.key.to_string())]);
    scene.runs = vec![Arc::clone(&chosen.run)];
    scene.colour_bar = Some(ColourBar {
        axis: Axis {
            title: "activation".to_owned(),
            scale: Scale::Linear,
            low: -f64::from(limits.magnitude),
            high: f64::from(limits.magnitude),
        },
        map,
    });
    scene.clouds.push(Cloud {
        steps: Arc::new([]),
        name: "activations".to_owned(),
        work: CloudWork::Points(cells.points.into()),
        colour: CloudColour::Map(map),
        size: CloudSize::ByMagnitude([0.25, 5.5]),
        floor_projection: settings.floor(false),
        opacity: settings.opacity(1.0),
        records: Some(Arc::new(ActivationRecords {
            from: slice.from,
            cells: cells.at,
        })),
    });
    Ok(scene)
}

impl Limits {
    fn of(slice: &ActivationSlice) -> Result<Self, NotAvailable> {
        let values = &slice.values;
        let finite = values.iter().filter(|value| value.is_finite());
        let largest = finite.fold(0.0_f32, |most, value| most.max(value.abs()));
        if largest == 0.0 {
            return Err(NotAvailable::new(format!(
                "needs non-zero activations, and all values of `{}` are zero",
                slice.from.tensor.key
            )));
        }
        let floor = if values.len() > MOST_VALUES {
            let share = 1.0 - MOST_VALUES as f32 / values.len() as f32;
            quantile_of_magnitudes(values, share)
        } else {
            0.0
        };
        Ok(Self {
            // A few outliers must not make all other values white.
            magnitude: quantile_of_magnitudes(values, COLOURED_SHARE).max(largest * 1e-3),
            floor,
        })
    }
}

fn axes(slice: &ActivationSlice, settings: &ViewSettings) -> [Axis; 3] {
    let labels = tensors::labels_of_axis(&slice.from.tensor, "position");
    let position_axis = index_axis("position", slice.positions, label_scale(labels));
    let channel_axis = index_axis("channel", slice.channels, Scale::Linear);
    [
        in_range(settings, 0, position_axis),
        in_range(settings, 1, layer_axis(slice.layers)),
        in_range(settings, 2, channel_axis),
    ]
}

fn cells(slice: &ActivationSlice, limits: &Limits, axes: &[Axis; 3]) -> DrawnValues {
    let mut cells = DrawnValues {
        points: Vec::new(),
        at: Vec::new(),
        not_finite: 0,
    };
    for (index, &value) in slice.values.iter().enumerate() {
        if !value.is_finite() {
            cells.not_finite += 1;
            continue;
        }
        if value.abs() < limits.floor {
            continue;
        }
        let channel = index % slice.channels;
        let position = index / slice.channels % slice.positions;
        let layer = index / (slice.channels * slice.positions);
        let at = [position, layer, channel];
        let position_unit = std::array::from_fn(|axis| {
            axes[axis].unit_from_value(at[axis] as f64).unwrap_or(0.0) as f32
        });
        cells.points.push(CloudPoint {
            position_unit,
            value: (0.5 + 0.5 * value / limits.magnitude).clamp(0.0, 1.0),
        });
        cells
            .at
            .push([layer as u32, position as u32, channel as u32]);
    }
    cells
}

fn caption(
    chosen: &Chosen,
    slice: &ActivationSlice,
    limits: &Limits,
    cells: &DrawnValues,
) -> String {
    let thousands = |number: usize| group_thousands(&number.to_string());
    Caption::new(format!(
        "Activations by layer, position and channel: {} of {} values, from {} ({}). Point size grows with the magnitude; the \
         colours span ±{}, which covers {:.1} % of the values.",
        thousands(cells.points.len()),
        thousands(slice.values.len()),
        tensors::file_text(&chosen.run, &chosen.tensor),
        tensors::shape_text(&chosen.tensor),
        format_value(f64::from(limits.magnitude)),
        100.0 * COLOURED_SHARE,
    ))
    .sentence(slice.shares().text())
    .sentence(not_finite_text(cells.not_finite))
    .sentence_if(limits.floor > 0.0, || {
        format!(
            "Values of a magnitude below {} are not drawn.",
            format_value(f64::from(limits.floor))
        )
    })
    .sentence(slice.from.number_text())
    .sentence(tensors::others_text(chosen, "activation tensor"))
    .into_text()
}

/// The element behind each point.
#[derive(Debug)]
struct ActivationRecords {
    from: TensorSnapshot,
    /// Layer, position and channel of each point.
    cells: Vec<[u32; 3]>,
}

impl Describe for ActivationRecords {
    fn mark(&self, _index: usize) -> Option<Mark> {
        self.from.mark()
    }

    fn lines(&self, index: usize) -> Vec<(String, String)> {
        let Some(cell) = self.cells.get(index) else {
            return Vec::new();
        };
        let [layer, position, channel] = cell.map(|at| at as usize);
        let value = self.from.element(|axis| match axis {
            "layer" => Some(layer),
            "position" => Some(position),
            "channel" => Some(channel),
            _ => None,
        });
        let labels = tensors::labels_of_axis(&self.from.tensor, "position");
        let mut lines = vec![
            ("activation".to_owned(), value.to_string()),
            ("layer".to_owned(), layer.to_string()),
            ("position".to_owned(), labelled(position, labels)),
            ("channel".to_owned(), channel.to_string()),
        ];
        lines.extend(self.from.origin_lines());
        lines
    }
}
