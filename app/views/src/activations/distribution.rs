//! The distribution of each layer's activations over training: one ridge surface per layer, side by side.

use std::{collections::BTreeMap, sync::Arc};

use trainscape_compute::{Field, MISSING, Refine, projection::MOST_MEMORY};
use trainscape_scene::{
    axis::{Axis, Scale},
    colour::ColourMap,
    scene::{ColourBar, NodeRecords, Scene, Surface, SurfaceWork},
    ticks::{format_value, group_thousands},
};

use super::slice::{ActivationSlice, layer_axis, quantile_of_magnitudes};
use crate::{
    NotAvailable, ViewSettings, axes,
    caption::Caption,
    heights::contour_levels,
    tensor_snapshot::TensorSnapshot,
    tensors::{self, Chosen, step_text},
};

/// Bins of a layer's values.
const BINS: usize = 64;
/// Share of a layer's strip that stays empty.
const GAP: f64 = 0.16;
/// Values of all snapshots that are held in memory at most.
const MOST_HELD: usize = 1 << 28;
const _: () = assert!(4 * MOST_HELD as u64 <= MOST_MEMORY);

/// Histograms of all layers and snapshots.
struct Distributions {
    steps: Vec<f64>,
    /// Values between minus and plus this one are counted, in all layers and snapshots, so that strips can be compared.
    reach: f32,
    /// By layer, snapshot and bin; per unit of value.
    densities: Vec<Vec<Vec<f64>>>,
}

pub(super) fn build(chosen: &Chosen, settings: &ViewSettings) -> Result<Scene, NotAvailable> {
    let slices = slices(chosen, settings)?;
    // The current step only selects the snapshot that the caption reports.
    let reached = |slice: &&ActivationSlice| {
        let step = slice.from.step;
        step.is_none_or(|step| settings.has_reached(step))
    };
    let current = slices.iter().rfind(reached).unwrap_or(&slices[0]);
    let distributions = Distributions::of(&slices);
    let axes = axes(&distributions, current, settings);
    let map = settings.colours(ColourMap::Viridis);
    let surfaces = surfaces(&distributions, &axes, map, settings);
    let [.., z_axis] = &axes;
    let colour_bar = ColourBar {
        axis: z_axis.clone(),
        map,
    };
    let mut scene = Scene::new(axes);
    scene.title = format!(
        "Distribution of activations over training, {}",
        chosen.run.name
    );
    scene.caption = caption(chosen, &slices, current, distributions.reach);
    scene.box_aspect = [1.2, 1.5, 0.62];
    scene.default_view = [(-40.0_f32).to_radians(), 34.0_f32.to_radians()];
    scene.surfaces = surfaces;
    scene.colour_bar = Some(colour_bar);
    scene.keys = BTreeMap::from([("activations".to_owned(), chosen.tensor.key.to_string())]);
    scene.runs = vec![Arc::clone(&chosen.run)];
    Ok(scene)
}

/// The snapshots within the chosen steps: two at least.
fn slices(chosen: &Chosen, settings: &ViewSettings) -> Result<Vec<ActivationSlice>, NotAvailable> {
    let tensor = &chosen.tensor;
    let count = tensor.len_of("snapshot").unwrap_or(1);
    let mut slices: Vec<ActivationSlice> = Vec::new();
    let mut held = 0;
    for index in 0..count {
        let step = tensors::step_of_snapshot(tensor, index);
        if settings.draws_step(step) {
            slices.push(ActivationSlice::read(TensorSnapshot {
                run: Arc::clone(&chosen.run),
                tensor: Arc::clone(tensor),
                index,
                step: Some(step),
            })?);
            held += slices.last().map_or(0, |slice| slice.values.len());
            if held > MOST_HELD {
                return Err(NotAvailable::new(format!(
                    "`{}` is too large: the chosen snapshots have more than {} values; choose fewer steps, or save a \
                     part of them as an array of its own",
                    tensor.key,
                    group_thousands(&MOST_HELD.to_string()),
                )));
            }
        }
    }
    match slices.len() {
        0 => Err(NotAvailable::new(
            "no snapshot of the activations is within the chosen range of steps",
        )),
        1 => Err(NotAvailable::new(
            "needs at least two snapshots to draw distributions over training",
        )),
        _ => Ok(slices),
    }
}

impl Distributions {
    fn of(slices: &[ActivationSlice]) -> Self {
        let reach = slices
            .iter()
            .map(|slice| quantile_of_magnitudes(&slice.values, 0.99))
            .fold(0.0_f32, f32::max)
            .max(f32::MIN_POSITIVE);
        let reach = rounded_up(reach);
        let layers = slices.first().map_or(0, |slice| slice.layers);
        let of_layer = |layer: usize| {
            let slices = slices.iter();
            slices
                .map(|slice| density(slice.layer(layer), reach))
                .collect()
        };
        Self {
            steps: slices.iter().filter_map(|slice| slice.from.step).collect(),
            reach,
            densities: (0..layers).map(of_layer).collect(),
        }
    }

    fn all(&self) -> impl Iterator<Item = f64> {
        self.densities.iter().flatten().flatten().copied()
    }
}

fn axes(
    distributions: &Distributions,
    slice: &ActivationSlice,
    settings: &ViewSettings,
) -> [Axis; 3] {
    let steps = distributions.steps.iter().copied();
    let x_axis = axes::axis(settings, 0, "step", Scale::Linear, steps);
    let y_axis = Axis {
        title: format!(
            "layer (activations within ±{})",
            format_value(f64::from(distributions.reach))
        ),
        ..layer_axis(slice.layers)
    };
    // Tails are orders of magnitude below the peak.
    let z_axis = if settings.log(2).unwrap_or(true) {
        let least = 0.5 / (slice.positions * slice.channels) as f64;
        let kept = distributions.all().filter(|density| *density > least);
        Axis::spanning("density", Scale::Log10, kept).rounded_outward()
    } else {
        let densities = distributions.all().chain([0.0]);
        let mut axis = Axis::spanning("density", Scale::Linear, densities).rounded_outward();
        // Empty bins are drawn above the grid on the floor, not in its plane.
        axis.low = -0.012 * axis.high;
        axis
    };
    [x_axis, y_axis, axes::in_range(settings, 2, z_axis)]
}

fn surfaces(
    distributions: &Distributions,
    axes: &[Axis; 3],
    map: ColourMap,
    settings: &ViewSettings,
) -> Vec<Surface> {
    let contours = settings
        .contours()
        .then(|| contour_levels(&axes[2], &axes[2]))
        .flatten();
    let surface = |layer: usize| {
        let (field, records) = ridge(layer, distributions, axes);
        Surface {
            work: SurfaceWork::Refine(Refine {
                nodes: Arc::new(field),
                factor_x: (256 / distributions.steps.len()).clamp(1, 8) as u32,
                factor_y: 2,
            }),
            map,
            colour_range: [0.0, 1.0],
            shading: settings.shading(),
            contours,
            wireframe: settings.wireframe(),
            floor_projection: settings.floor(false),
            opacity: settings.opacity(1.0),
            records: Some(records),
        }
    };
    (0..distributions.densities.len()).map(surface).collect()
}

fn caption(
    chosen: &Chosen,
    slices: &[ActivationSlice],
    current: &ActivationSlice,
    reach: f32,
) -> String {
    let shares = current.shares().text();
    Caption::new(format!(
        "Probability density of the activations of {} at {} snapshots, from {} ({}). Histograms with {BINS} bins from {} to \
         {}, a range that covers at least 99 % of the values of each snapshot; interpolated between snapshots.",
        current.extent_text(),
        group_thousands(&slices.len().to_string()),
        tensors::file_text(&chosen.run, &chosen.tensor),
        tensors::shape_text(&chosen.tensor),
        format_value(-f64::from(reach)),
        format_value(f64::from(reach)),
    ))
    .sentence(match current.from.step {
        Some(step) => format!("At step {}: {shares}", step_text(step)),
        None => shares,
    })
    .sentence(tensors::others_text(chosen, "activation tensor"))
    .into_text()
}

/// Rounded up to two significant digits.
fn rounded_up(value: f32) -> f32 {
    let unit = 10_f32.powf(value.log10().floor() - 1.0);
    let rounded = (value / unit).ceil() * unit;
    if rounded.is_finite() && rounded > 0.0 {
        rounded
    } else {
        value
    }
}

/// Histogram of a layer's values between minus and plus `reach`, as a density.
fn density(values: &[f32], reach: f32) -> Vec<f64> {
    let mut counts = vec![0_usize; BINS];
    let mut finite = 0_usize;
    for value in values.iter().filter(|value| value.is_finite()) {
        finite += 1;
        let place = (value / reach + 1.0) * 0.5 * BINS as f32;
        if (0.0..BINS as f32).contains(&place) {
            counts[place as usize] += 1;
        }
    }
    let width = 2.0 * f64::from(reach) / BINS as f64;
    counts
        .into_iter()
        .map(|count| count as f64 / (finite.max(1) as f64 * width))
        .collect()
}

/// A layer's strip: snapshots along x, bins across it.
fn ridge(
    layer: usize,
    distributions: &Distributions,
    [x_axis, y_axis, z_axis]: &[Axis; 3],
) -> (Field, NodeRecords) {
    let Distributions { steps, reach, .. } = distributions;
    let (densities, reach) = (&distributions.densities[layer], f64::from(*reach));
    let unit = |axis: &Axis, value: f64| axis.unit_from_value(value).map(|unit| unit as f32);
    let place_of_bin = |bin: usize| {
        let across = (bin as f64 + 0.5) / BINS as f64 - 0.5;
        unit(y_axis, layer as f64 + across * (1.0 - GAP)).unwrap_or(0.0)
    };
    let x_unit: Vec<f32> = steps
        .iter()
        .map(|step| unit(x_axis, *step).unwrap_or(0.0))
        .collect();
    let y_unit: Vec<f32> = (0..BINS).map(place_of_bin).collect();
    let (mut values, mut support, mut measured) = (Vec::new(), Vec::new(), Vec::new());
    for bin in 0..BINS {
        for of_snapshot in densities {
            let height = unit(z_axis, of_snapshot[bin]).filter(|height| *height >= 0.0);
            values.push(height.unwrap_or(0.0));
            support.push(if height.is_some() { 1.0 } else { MISSING });
            measured.push(of_snapshot[bin]);
        }
    }
    let columns = x_unit.len();
    let positions = values
        .iter()
        .enumerate()
        .map(|(node, value)| [x_unit[node % columns], y_unit[node / columns], *value])
        .collect();
    let width = 2.0 * reach / BINS as f64;
    let rows = (0..BINS)
        .map(|bin| {
            let from = -reach + bin as f64 * width;
            format!(
                "layer {layer}, activations from {} to {}",
                format_value(from),
                format_value(from + width)
            )
        })
        .collect();
    let records = NodeRecords {
        positions_unit: positions,
        rows,
        steps: steps.as_slice().into(),
        x: steps.as_slice().into(),
        values: measured.into(),
        drawn: None,
        value_name: "density".to_owned(),
        run_of_row: vec![0; BINS].into(),
    };
    let field = Field {
        x_unit,
        y_unit,
        values,
        support,
    };
    (field, records)
}
