//! Attention weights as heat maps with a point cloud above them: query × key × weight, for one head, the heads of a layer,
//! or all. All heads of all layers are seen from above.

mod layout;
mod matrices;
mod options;
mod tiles;

use std::{collections::BTreeMap, path::Path, sync::Arc};

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
    options::{BATCH, HEAD, HEADS, Heads, LAYER, THRESHOLD},
    tiles::Tiles,
};
use crate::{
    Choices, Control, NotAvailable, Time, View, ViewSettings, axes,
    caption::Caption,
    common::{COLOURS, FLOOR, LOG_Z, OPACITY, RANGE, TENSOR},
    samples::counted,
    symbol::Symbol,
    tensor_snapshot::not_finite_text,
    tensors::{self, Chosen},
};

const NEEDS: &str = "needs attention weights: an array (npy, npz, safetensors, PyTorch) with a query and a key axis";
/// Names that the axes of an array can have.
const AXES: &str = "layer,head,query,key";
/// Words in the names of attention weights.
const WORDS: &[&str] = &["attention", "attentions", "attn", "attns", "att"];

/// Weights that span more than this factor are drawn on a logarithmic axis.
const LOG_FROM_FACTOR: f32 = 10.0;

/// Query × key × attention weight.
pub(crate) struct Attention;

impl View for Attention {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn title(&self) -> &'static str {
        "Attention"
    }

    fn symbol(&self) -> Symbol {
        Symbol::Matrix
    }

    fn controls(&self) -> &'static [&'static Control] {
        &[
            &TENSOR, &HEADS, &LAYER, &HEAD, &BATCH, &THRESHOLD, &LOG_Z, &RANGE, &COLOURS, &OPACITY,
            &FLOOR,
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
        for unnamed in &mut choices.unnamed {
            if let Some(first) = axes_of(unnamed.shape.len(), false).first() {
                (*first).clone_into(&mut unnamed.suggestion);
            }
        }
        let tensors = runs.iter().flat_map(|run| run.tensors.values());
        let keys = choices.names_for(&TENSOR);
        let key = settings.tensor().or(keys.first().map(String::as_str));
        if let Some(tensor) = tensors.into_iter().find(|tensor| Some(&*tensor.key) == key) {
            for (control, axis) in [(&LAYER, "layer"), (&HEAD, "head"), (&BATCH, "batch")] {
                let last = tensor.len_of(axis).unwrap_or(1).saturating_sub(1);
                choices.limits.insert(control.name, last);
            }
        }
        choices
    }
}

fn choose(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<Chosen, NotAvailable> {
    let wanted = settings.tensor();
    // Tensors with telling names come first: any array may have four axes.
    let is_named = |tensor: &Tensor| {
        let folder = tensor.path.parent().and_then(Path::file_name);
        let folder = folder.unwrap_or_default().to_string_lossy();
        let name = format!("{folder}/{}", tensor.key).to_lowercase();
        let mut words = name.split(|c: char| !c.is_ascii_alphabetic());
        words.any(|word| WORDS.contains(&word))
    };
    let any_named = runs
        .iter()
        .flat_map(|run| run.tensors.values())
        .any(|tensor| tensor.axes.is_none() && is_named(tensor));
    let readings = |tensor: &Tensor| -> Vec<String> {
        let rank = tensor.shape.len();
        let is_candidate =
            wanted.is_some() || is_named(tensor) || (!any_named && rank == AXES.split(',').count());
        let readings = axes_of(rank, tensor.steps.is_some());
        let readings = readings.iter().filter(|_| is_candidate);
        readings.map(|axes| (*axes).to_owned()).collect()
    };
    tensors::choose_with_readings(runs, settings, wanted, suits, NEEDS, readings)
}

/// Names that the axes of attention weights can have, the most likely first; with steps, the first axis is the
/// snapshot.
fn axes_of(rank: usize, has_steps: bool) -> &'static [&'static str] {
    match (rank, has_steps) {
        (2, false) => &["query,key"],
        (3, false) => &["head,query,key", "layer,query,key"],
        (3, true) => &["snapshot,query,key"],
        (4, false) => &[AXES, "batch,head,query,key"],
        (4, true) => &["snapshot,head,query,key", "snapshot,layer,query,key"],
        (5, false) => &[
            "layer,batch,head,query,key",
            "snapshot,layer,head,query,key",
        ],
        (5, true) => &[
            "snapshot,layer,head,query,key",
            "snapshot,batch,head,query,key",
        ],
        (6, _) => &["snapshot,layer,batch,head,query,key"],
        _ => &[],
    }
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
    let tiles = settings
        .floor(true)
        .then(|| Tiles::new(&matrices, &panels, &z_axis, map));
    let block = tiles.as_ref().map_or(1, |tiles| tiles.block);
    scene.caption = caption(&chosen, &matrices, &z_axis, block);
    scene.choose(FLOOR.name, tiles.is_some());
    for (control, index) in [
        (&LAYER, matrices.layer),
        (&HEAD, matrices.head),
        (&BATCH, matrices.batch),
    ] {
        scene.choose(control.name, index);
    }
    scene.meshes.extend(tiles.map(|tiles| tiles.mesh));
    scene.box_aspect = layout.box_aspect();
    scene.default_view = [(-58.0_f32).to_radians(), 50.0_f32.to_radians()];
    scene.paths.extend(layout.outlines(&matrices.tiles, key));
    scene.labels = layout.labels(&matrices);
    scene.keys = BTreeMap::from([("attention".to_owned(), key.to_string())]);
    scene.runs = vec![Arc::clone(&chosen.run)];
    if matrices.mode == Heads::All {
        scene.lay_flat();
        // From another viewpoint the heights are seen.
        scene.box_aspect = layout.box_aspect();
    }
    scene
        .clouds
        .push(cloud(matrices, &layout, panels, &z_axis, settings));
    scene.colour_bar = Some(ColourBar { axis: z_axis, map });
    Ok(scene)
}

fn weight_axis(matrices: &Matrices, settings: &ViewSettings) -> Axis {
    let [smallest, largest] = matrices.drawn_range;
    let spans_decades = smallest > 0.0 && largest > LOG_FROM_FACTOR * smallest;
    let is_log = settings.log(2).unwrap_or(spans_decades);
    let (scale, lowest) = if is_log && smallest > 0.0 {
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
    // Seen from above, a dot no larger than its cell has the cell's colour.
    let least = if matrices.mode == Heads::All {
        0.3
    } else {
        1.3
    };
    let diameter_pt = (360.0 / layout.cells_across() as f32).clamp(least, 5.0);
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
        // Small weights, of which there are many, leave the heat map visible.
        size: CloudSize::ByValue([diameter_pt * 0.35, diameter_pt]),
        floor_projection: false,
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

fn caption(chosen: &Chosen, matrices: &Matrices, z_axis: &Axis, block: usize) -> String {
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
    let fixed = matrices.fixed_text();
    Caption::new(first)
        .sentence_if(!fixed.is_empty(), || {
            format!("Shown: {fixed}, counted from 0.")
        })
        .sentence_if(block > 1, || {
            format!("Each cell of the heat map shows the largest of {block} × {block} weights")
        })
        .sentence(not_finite_text(matrices.not_finite))
        .sentence(matrices.from.number_text())
        .sentence(tensors::others_text(chosen, "attention tensor"))
        .sentence_if(
            smallest < z_axis.low || largest > z_axis.high,
            || "Weights outside the range of the axis are drawn at its ends.",
        )
        .into_text()
}

#[cfg(test)]
mod tests {
    use trainscape_run::{Dtype, ElementBytes, Storage, TensorError};

    use super::*;
    use crate::Value;

    #[derive(Debug)]
    struct Bytes(Vec<u8>);

    impl ElementBytes for Bytes {
        fn bytes(&self) -> Result<&[u8], TensorError> {
            Ok(&self.0)
        }
    }

    /// Weights of 0.25, and of 0.5 in the second entry of the second axis.
    fn runs(key: &str, shape: &[usize], axes: Option<&str>) -> Vec<Arc<Run>> {
        let inner: usize = shape[2..].iter().product();
        let weights = (0..shape.iter().product()).map(|index: usize| {
            let entry = index / inner % shape[1];
            if entry == 1 { 0.5_f32 } else { 0.25 }
        });
        let axes = axes.map(|axes| axes.split(',').map(str::to_owned).collect());
        let tensor = Tensor {
            key: key.into(),
            shape: shape.into(),
            dtype: Dtype::F32,
            axes,
            steps: None,
            labels: None,
            path: "a.npy".into(),
            source: 0,
            parts: vec![Storage {
                bytes: Arc::new(Bytes(weights.flat_map(f32::to_le_bytes).collect())),
                fortran_order: false,
                big_endian: false,
            }],
        };
        let mut run = Run::new("r", "r", "r".into());
        run.tensors
            .insert(Arc::clone(&tensor.key), Arc::new(tensor));
        vec![Arc::new(run)]
    }

    #[test]
    fn the_caption_names_the_entries_of_axes_that_are_not_drawn() {
        let runs = runs("attn", &[3, 4, 2, 5, 5], Some("layer,batch,head,query,key"));
        let mut settings = ViewSettings::default();
        let scene = build(&runs, &settings).unwrap();
        let text = "Shown: layer 2 of 3, batch 0 of 4, counted from 0.";
        assert!(scene.caption.contains(text), "{}", scene.caption);
        settings.controls.set(&HEADS, Some(Value::from("all")));
        settings.controls.set(&BATCH, Some(Value::from(1.0)));
        let scene = build(&runs, &settings).unwrap();
        let text = "Shown: batch 1 of 4, counted from 0.";
        assert!(scene.caption.contains(text), "{}", scene.caption);
        assert!(scene.caption.contains("in 6 heads"), "{}", scene.caption);
        let CloudWork::Cells(cells) = &scene.clouds[0].work else {
            panic!("no cells");
        };
        assert!(cells.weights.iter().all(|&weight| weight == 0.5));
        settings.controls.set(&BATCH, Some(Value::from(4.0)));
        let error = build(&runs, &settings).unwrap_err();
        assert!(error.reason.contains("batch entry 4"), "{error}");
    }

    #[test]
    fn tiles_show_the_weights_above_the_threshold_and_many_heads_lie_flat() {
        let runs = runs("attn", &[3, 4, 5, 5], Some("layer,head,query,key"));
        let mut settings = ViewSettings::default();
        let scene = build(&runs, &settings).unwrap();
        assert!(!scene.flat);
        // Four heads of 25 weights, each above the threshold, two triangles each.
        assert_eq!(scene.meshes[0].triangles.len(), 4 * 25 * 2);
        settings.controls.set(&THRESHOLD, Some(Value::from(0.3)));
        settings.controls.set(&HEADS, Some(Value::from("all")));
        let scene = build(&runs, &settings).unwrap();
        assert!(scene.flat);
        assert_eq!(
            scene.meshes[0].triangles.len(),
            3 * 25 * 2,
            "one head in four"
        );
        settings.controls.set(&FLOOR, Some(Value::from(false)));
        assert!(build(&runs, &settings).unwrap().meshes.is_empty());
    }

    #[test]
    fn every_reading_is_offered_to_be_pasted() {
        let reason = |key: &str, shape: &[usize]| {
            let error = Attention.available(&runs(key, shape, None), &ViewSettings::default());
            error.unwrap_err().reason
        };
        let found = reason("attn", &[6, 4, 8, 20, 20]);
        for option in [
            "`--axes attn=layer,batch,head,query,key`",
            "`--axes attn=snapshot,layer,head,query,key`",
        ] {
            assert!(found.contains(option), "{found}");
        }
        let found = reason("attn", &[8, 20, 20]);
        assert!(found.contains("`--axes attn=head,query,key`"), "{found}");
        let found = reason("anything", &[6, 8, 20, 20]);
        assert!(
            found.contains("`--axes anything=layer,head,query,key`"),
            "{found}"
        );
        assert!(!reason("pattern", &[8, 20, 20]).contains("--axes"));
    }
}
