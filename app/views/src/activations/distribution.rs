//! The distribution of each layer's activations over training: a ridge surface a layer, side by side.

use std::collections::BTreeMap;
use std::sync::Arc;

use trainscape_compute::{Field, MISSING, Refine};
use trainscape_scene::{
    axis::{Axis, Scale},
    colour::ColourMap,
    scene::{ColourBar, NodeRecords, Scene, Surface, SurfaceWork},
    ticks::{format_value, group_thousands},
};

use super::{NotAvailable, Slice, ViewSettings, extent_text, quantile_of_magnitudes, title};
use crate::{
    axes,
    heights::contour_levels,
    tensors::{self, Chosen, step_text},
};

/// Bins of a layer's values.
const BINS: usize = 64;
/// Share of a layer's strip that stays empty.
const GAP: f64 = 0.16;

pub(super) fn build(chosen: Chosen, settings: &ViewSettings) -> Result<Scene, NotAvailable> {
    let tensor = &chosen.tensor;
    let count = tensor.len_of("snapshot").unwrap_or(1);
    let mut slices = Vec::with_capacity(count);
    for snapshot in 0..count {
        let step = tensors::step_of_snapshot(tensor, snapshot);
        if settings.draws_step(step) {
            slices.push(Slice::read(tensor, snapshot, Some(step))?);
        }
    }
    // The current step is shown by a line: the ridges stay.
    let reached = |slice: &&Slice| slice.step.is_none_or(|step| settings.has_reached(step));
    let Some(last) = slices.iter().rfind(reached).or(slices.first()) else {
        return Err(NotAvailable::new(
            "no snapshot of the activations lies within the chosen steps".to_owned(),
        ));
    };
    if slices.len() < 2 {
        return Err(NotAvailable::new(
            "needs two snapshots or more to draw distributions over training".to_owned(),
        ));
    }
    // One range of values for all layers and snapshots, so that strips can be compared.
    let reach = slices
        .iter()
        .map(|slice| quantile_of_magnitudes(&slice.values, 0.99))
        .fold(0.0_f32, f32::max)
        .max(f32::MIN_POSITIVE);
    let reach = rounded_up(reach);
    let steps: Vec<f64> = slices.iter().filter_map(|slice| slice.step).collect();
    // densities[layer][snapshot][bin], per unit of value.
    let densities: Vec<Vec<Vec<f64>>> = (0..last.layers)
        .map(|layer| {
            slices
                .iter()
                .map(|slice| density(slice.layer(layer), reach))
                .collect()
        })
        .collect();
    let x_axis = axes::axis(settings, 0, "step", Scale::Linear, steps.iter().copied());
    let y_axis = Axis {
        title: format!(
            "layer (activation ±{} within)",
            format_value(f64::from(reach))
        ),
        ..super::layer_axis(last.layers)
    };
    let all = || densities.iter().flatten().flatten().copied();
    // Tails are orders of magnitude below the peak.
    let z_log = settings.log(2).unwrap_or(true);
    let z_axis = if z_log {
        let least = 0.5 / (last.positions * last.channels) as f64;
        let kept = all().filter(|density| *density > least);
        Axis::spanning("density", Scale::Log10, kept).rounded_outward()
    } else {
        let mut axis =
            Axis::spanning("density", Scale::Linear, all().chain([0.0])).rounded_outward();
        // An empty bin lies above the floor's grid, not in it.
        axis.low = -0.012 * axis.high;
        axis
    };
    let z_axis = axes::in_range(settings, 2, z_axis);
    let map = settings.colours(ColourMap::Viridis);
    let contours = settings
        .contours()
        .then(|| contour_levels(&z_axis, &z_axis))
        .flatten();
    let surfaces = densities
        .iter()
        .enumerate()
        .map(|(layer, densities)| {
            let (field, records) =
                ridge(layer, densities, &steps, [&x_axis, &y_axis, &z_axis], reach);
            Surface {
                work: SurfaceWork::Refine(Refine {
                    nodes: Arc::new(field),
                    factor_x: (256 / steps.len()).clamp(1, 8) as u32,
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
        })
        .collect();
    let shares = last.shares();
    let mut caption = format!(
        "Density of the activations of {} at {} snapshots, from {} ({}); {BINS} bins from {} to {}, \
         which 99 % of the values lie within; interpolated between snapshots.",
        extent_text(last),
        group_thousands(&slices.len().to_string()),
        tensors::file_text(&chosen.run, tensor),
        tensors::shape_text(tensor),
        format_value(-f64::from(reach)),
        format_value(f64::from(reach)),
    );
    if let Some(step) = last.step {
        caption += &format!(" At step {}:", step_text(step));
    }
    caption += &shares.text();
    caption += &tensors::others_text(&chosen, "activation tensor");
    let key = tensor.key.to_string();
    Ok(Scene {
        title: title(&chosen, "Distribution of activations", None),
        caption,
        box_aspect: [1.2, 1.5, 0.62],
        default_view: [(-40.0_f32).to_radians(), 34.0_f32.to_radians()],
        axes: [x_axis, y_axis, z_axis.clone()],
        surfaces,
        meshes: Vec::new(),
        paths: Vec::new(),
        clouds: Vec::new(),
        markers: Vec::new(),
        labels: Vec::new(),
        colour_bar: Some(ColourBar { axis: z_axis, map }),
        legend: Vec::new(),
        keys: BTreeMap::from([("activations".to_owned(), key)]),
        runs: vec![chosen.run],
    })
}

/// The next number with two digits that count.
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
    densities: &[Vec<f64>],
    steps: &[f64],
    [x_axis, y_axis, z_axis]: [&Axis; 3],
    reach: f32,
) -> (Field, NodeRecords) {
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
    let width = 2.0 * f64::from(reach) / BINS as f64;
    let rows = (0..BINS)
        .map(|bin| {
            let from = -f64::from(reach) + bin as f64 * width;
            format!(
                "layer {layer}, activation {} to {}",
                format_value(from),
                format_value(from + width)
            )
        })
        .collect();
    let records = NodeRecords {
        positions_unit: positions,
        rows,
        steps: steps.into(),
        x: steps.into(),
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
