//! Attention weights as a point cloud: query × key × weight, for one head, the heads of a layer, or all.

mod layout;
mod matrices;
mod options;

use std::{collections::BTreeMap, sync::Arc};

use trainscape_compute::projection::Projector;
use trainscape_run::{Run, Tensor};
use trainscape_scene::{
    axis::{Axis, Scale},
    colour::ColourMap,
    scene::{CellCloud, Cloud, CloudColour, CloudSize, CloudWork, ColourBar, Height, Panel, Scene},
    ticks::{format_value, group_thousands},
};

use self::{
    layout::TileLayout,
    matrices::Matrices,
    options::{HEAD, HEADS, Heads, LAYER, THRESHOLD},
};
use crate::{
    Choices, Control, NotAvailable, Time, View, ViewSettings, axes,
    caption::Caption,
    common::{COLOURS, FLOOR, LOG_Z, OPACITY, RANGE, TENSOR},
    samples::counted,
    tensor_snapshot::not_finite_text,
    tensors::{self, Chosen},
};

const NEEDS: &str =
    "needs attention weights: an array (npy, npz, safetensors) with a query and a key axis";
/// Names that the axes of an array can have.
const AXES: &str = "layer,head,query,key";

/// Query × key × attention weight.
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

fn build(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<Scene, NotAvailable> {
    let chosen = choose(runs, settings)?;
    let matrices = Matrices::read(&chosen, settings)?;
    let z_axis = weight_axis(&matrices, settings);
    let layout = TileLayout::new(&matrices);
    let mut panels: Vec<Panel> = matrices
        .tiles
        .iter()
        .map(|tile| layout.panel(tile))
        .collect();
    let [mut x_axis, mut y_axis] = layout.axes(&matrices);
    if matrices.mode == Heads::One && settings.ranges()[..2].iter().any(Option::is_some) {
        x_axis = axes::in_range(settings, 0, x_axis);
        y_axis = axes::in_range(settings, 1, y_axis);
        move_panels(&mut panels, [&x_axis, &y_axis]);
    }
    let map = settings.colours(ColourMap::Viridis);
    let key = &chosen.tensor.key;
    let mut scene = Scene::new([x_axis, y_axis, z_axis.clone()]);
    scene.title = title(&matrices);
    scene.caption = caption(&chosen, &matrices, &z_axis);
    scene.box_aspect = layout.box_aspect();
    scene.default_view = [(-58.0_f32).to_radians(), 38.0_f32.to_radians()];
    scene.paths.extend(layout.outlines(&matrices.tiles, key));
    scene.labels = layout.labels(&matrices);
    scene.keys = BTreeMap::from([("attention".to_owned(), key.to_string())]);
    scene.runs = vec![Arc::clone(&chosen.run)];
    scene
        .clouds
        .push(cloud(matrices, &layout, panels, &z_axis, settings));
    scene.colour_bar = Some(ColourBar { axis: z_axis, map });
    Ok(scene)
}

fn weight_axis(matrices: &Matrices, settings: &ViewSettings) -> Axis {
    let [smallest, largest] = matrices.drawn_range;
    let (scale, lowest) = if settings.log(2) == Some(true) && smallest > 0.0 {
        (Scale::Log10, smallest)
    } else {
        (Scale::Linear, smallest.min(0.0))
    };
    let ends = [lowest, largest].map(f64::from);
    let axis = Axis::spanning("attention weight", scale, ends).rounded_outward();
    axes::in_range(settings, 2, axis)
}

/// Cells are placed by their panel, so it moves with the axes.
fn move_panels(panels: &mut [Panel], axes: [&Axis; 2]) {
    for panel in panels {
        for (place, axis) in axes.into_iter().enumerate() {
            let step = 1.0 / (axis.high - axis.low);
            panel.origin_unit[place] = (-axis.low * step) as f32;
            panel.step_unit[place] = step as f32;
        }
    }
}

fn cloud(
    matrices: Matrices,
    layout: &TileLayout,
    panels: Vec<Panel>,
    z_axis: &Axis,
    settings: &ViewSettings,
) -> Cloud {
    let diameter_pt = (360.0 / layout.cells_across() as f32).clamp(1.3, 5.0);
    Cloud {
        steps: Arc::new([]),
        name: "attention weights".to_owned(),
        work: CloudWork::Cells(CellCloud {
            rows: matrices.rows as u32,
            columns: matrices.columns as u32,
            panels: panels.into(),
            threshold: (matrices.threshold as f32).max(f32::MIN),
            height: height_of(z_axis),
            weights: matrices.weights.clone(),
        }),
        colour: CloudColour::Map(settings.colours(ColourMap::Viridis)),
        size: CloudSize::ByValue([diameter_pt * 0.7, diameter_pt * 1.25]),
        floor_projection: settings.floor(true),
        opacity: settings.opacity(1.0),
        records: Some(Arc::new(matrices)),
    }
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

fn title(matrices: &Matrices) -> String {
    let tensor = &matrices.from.tensor;
    let (layer, head) = (matrices.layer, matrices.head);
    let what = match matrices.mode {
        Heads::One if tensor.axis("head").is_none() => "Attention".to_owned(),
        Heads::One if tensor.axis("layer").is_none() => format!("Attention, head {head}"),
        Heads::One => format!("Attention, layer {layer}, head {head}"),
        Heads::Layer if tensor.axis("layer").is_none() => "Attention of all heads".to_owned(),
        Heads::Layer => format!("Attention of layer {layer}, all heads"),
        Heads::All => "Attention of all layers and heads".to_owned(),
    };
    matrices.from.title(&what)
}

fn caption(chosen: &Chosen, matrices: &Matrices, z_axis: &Axis) -> String {
    let tensor = &chosen.tensor;
    let thousands = |number: usize| group_thousands(&number.to_string());
    let mut first = format!(
        "Attention weights above {} of {}, from {} ({}): {} of {} weights",
        format_value(matrices.threshold),
        tensor.key,
        tensors::file_text(&chosen.run, tensor),
        tensors::shape_text(tensor),
        thousands(matrices.drawn),
        thousands(matrices.weights.len()),
    );
    if matrices.mode != Heads::One {
        first += &format!(
            ", in {} of {} queries × {} keys",
            counted(matrices.tiles.len(), "head"),
            matrices.rows,
            matrices.columns
        );
    }
    let [smallest, largest] = matrices.drawn_range.map(f64::from);
    Caption::new(first)
        .sentence(not_finite_text(matrices.not_finite))
        .sentence(matrices.from.number_text())
        .sentence(tensors::others_text(chosen, "attention tensor"))
        .sentence_if(
            smallest < z_axis.low || largest > z_axis.high,
            || "Weights outside the range of the axis are drawn at its ends.",
        )
        .into_text()
}
