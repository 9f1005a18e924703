//! The optimiser's path in the plane of the principal components of its own snapshots (Lorch 2016,
//! Li et al. 2018), with the loss as height where it was logged.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use trainscape_compute::projection::{ProjectionMethod, Projector, Rows, RowsError};
use trainscape_run::{Role, Run, Series, Tensor, TensorError};
use trainscape_scene::{
    axis::{Axis, Scale},
    colour::ColourMap,
    scene::{
        Cloud, CloudColour, CloudPoint, CloudSize, CloudWork, ColourBar, Describe, Mark, Path,
        PathColour, PointLabel, Scene,
    },
    ticks::{format_value, group_thousands},
};

use crate::{
    Choices, Control, Kind, NotAvailable, Section, Time, View, ViewSettings, axes,
    common::{COLOURS, LOG_Z, OPACITY, RANGE, TENSOR},
    samples::{counted, series_with_role},
    tensors::{self, step_text},
};

const NEEDS: &str = "needs snapshots of the weights: an array (npy, npz, safetensors) with a snapshot and \
                     a parameter axis, or two checkpoints or more of equal shape (`step-100/model.safetensors`)";
/// The loss at a snapshot is the mean of so many values around its step: single batches are noisy.
const LOSS_WINDOW: usize = 15;

const THIRD_COMPONENT: Control = Control {
    name: "third-component",
    label: "Third component as height",
    help: "The third component as height instead of the loss.",
    kind: Kind::Switch(Some(false)),
    section: Section::View,
    names_data: false,
    only_with: None,
};

/// The optimiser's trajectory in the plane of its own snapshots.
pub(crate) struct Weights;

impl View for Weights {
    fn name(&self) -> &'static str {
        "weights"
    }

    fn title(&self) -> &'static str {
        "Weights"
    }

    fn controls(&self) -> &'static [&'static Control] {
        &[
            &TENSOR,
            &THIRD_COMPONENT,
            &LOG_Z,
            &RANGE,
            &COLOURS,
            &OPACITY,
        ]
    }

    fn default_colours(&self, _: &ViewSettings) -> ColourMap {
        ColourMap::Plasma
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
        projector: &dyn Projector,
    ) -> Result<Scene, NotAvailable> {
        build(runs, settings, projector)
    }

    fn choices(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Choices {
        tensors::choices(runs, settings, suits, "snapshot,parameter")
    }
}

/// All parameters of each snapshot, in one or several tensors.
struct Snapshots {
    run: Arc<Run>,
    tensors: Vec<Arc<Tensor>>,
    other_runs: usize,
}

fn suits(tensor: &Tensor) -> bool {
    tensor.len_of("snapshot").is_some_and(|count| count >= 2)
        && tensor.axis("snapshot") == Some(0)
        && tensor.axis("parameter").is_some()
        && tensor.elements() > 0
}

/// One key of a stack of checkpoints.
fn is_checkpoint(tensor: &Tensor) -> bool {
    tensor.parts.len() >= 2 && tensor.axis("snapshot") == Some(0) && tensor.elements() > 0
}

fn choose(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<Snapshots, NotAvailable> {
    let wanted = settings.tensor();
    let stacked = |run: &Run| -> Vec<Arc<Tensor>> {
        let of_run = run.tensors.values().filter(|tensor| is_checkpoint(tensor));
        // Checkpoints of several models would not make one path: the most complete set is taken.
        let mut sets: BTreeMap<usize, Vec<Arc<Tensor>>> = BTreeMap::new();
        for tensor in of_run {
            let snapshots = tensor.shape[0];
            sets.entry(snapshots).or_default().push(Arc::clone(tensor));
        }
        sets.into_values()
            .max_by_key(|set| set.iter().map(|tensor| tensor.elements()).sum::<usize>())
            .unwrap_or_default()
    };
    let single = tensors::choose(
        runs,
        settings,
        wanted,
        |tensor| suits(tensor) || (wanted.is_some() && is_checkpoint(tensor)),
        NEEDS,
        "snapshot,parameter",
    );
    match single {
        Ok(chosen) => Ok(Snapshots {
            run: chosen.run,
            tensors: vec![chosen.tensor],
            other_runs: chosen.other_runs,
        }),
        Err(error) if wanted.is_some() => Err(error),
        Err(error) => {
            let mut with_stack = runs
                .iter()
                .filter(|run| settings.draws_run(&run.id))
                .map(|run| (run, stacked(run)))
                .filter(|(_, tensors)| !tensors.is_empty());
            let (run, tensors) = with_stack.next().ok_or(error)?;
            Ok(Snapshots {
                run: Arc::clone(run),
                tensors,
                other_runs: with_stack.count(),
            })
        }
    }
}

/// Snapshots x parameters, the tensors one after another.
#[derive(Debug)]
struct Stacked {
    tensors: Vec<Arc<Tensor>>,
    /// First column of each tensor, and the end of the last.
    starts: Vec<usize>,
}

impl Stacked {
    fn new(tensors: Vec<Arc<Tensor>>) -> Self {
        let mut starts = vec![0];
        for tensor in &tensors {
            let columns: usize = tensor.shape[1..].iter().product();
            starts.push(starts[starts.len() - 1] + columns);
        }
        Self { tensors, starts }
    }
}

impl Rows for Stacked {
    fn shape(&self) -> [usize; 2] {
        let rows = self.tensors.first().map_or(0, |tensor| tensor.shape[0]);
        [rows, self.starts.last().copied().unwrap_or(0)]
    }

    fn read(
        &self,
        rows: Range<usize>,
        columns: Range<usize>,
        out: &mut [f32],
    ) -> Result<(), RowsError> {
        let width = columns.len();
        for (tensor, start) in self.tensors.iter().zip(&self.starts) {
            let len: usize = tensor.shape[1..].iter().product();
            let from = columns.start.max(*start);
            let to = columns.end.min(start + len);
            if from >= to {
                continue;
            }
            for (index, row) in rows.clone().enumerate() {
                let into = index * width + from - columns.start;
                read_flat(
                    tensor,
                    row,
                    from - start..to - start,
                    &mut out[into..into + to - from],
                )
                .map_err(|error| RowsError(error.to_string()))?;
            }
        }
        Ok(())
    }
}

/// Elements of one snapshot by their flat index, in C order. Reads whole slices of the second axis
/// and keeps what was asked for.
fn read_flat(
    tensor: &Tensor,
    snapshot: usize,
    wanted: Range<usize>,
    out: &mut [f32],
) -> Result<(), TensorError> {
    let shape = &tensor.shape[1..];
    let Some((&outer, inner)) = shape.split_first() else {
        let value = tensor.element(&[snapshot])?;
        out.fill(value as f32);
        return Ok(());
    };
    let each: usize = inner.iter().product();
    let slices = wanted.start / each..wanted.end.div_ceil(each).min(outer);
    let mut ranges = vec![snapshot..snapshot + 1, slices.clone()];
    ranges.extend(inner.iter().map(|len| 0..*len));
    let offset = wanted.start - slices.start * each;
    if offset == 0 && slices.len() * each == wanted.len() {
        return tensor.read_into(&ranges, out);
    }
    let values = tensor.read(&ranges)?;
    out.copy_from_slice(&values[offset..offset + wanted.len()]);
    Ok(())
}

fn build(
    runs: &[Arc<Run>],
    settings: &ViewSettings,
    projector: &dyn Projector,
) -> Result<Scene, NotAvailable> {
    let Snapshots {
        run,
        tensors,
        other_runs,
    } = choose(runs, settings)?;
    let first = Arc::clone(&tensors[0]);
    let key = match tensors.as_slice() {
        [only] => only.key.to_string(),
        several => format!("{} tensors of the checkpoints", several.len()),
    };
    // A file that is written anew is another tensor of the same key.
    let name = format!("{}/weights/{key} at {:p}", run.id, Arc::as_ptr(&first));
    let stacked = Arc::new(Stacked::new(tensors));
    let [snapshots, parameters] = stacked.shape();
    let dims = snapshots.min(parameters).saturating_sub(1).clamp(1, 3);
    let matrix: Arc<dyn Rows> = Arc::clone(&stacked) as Arc<dyn Rows>;
    let projection = projector
        .project(&name, &matrix, dims, ProjectionMethod::Pca)
        .map_err(|error| NotAvailable::new(error.to_string()))?;
    let dims = projection.dims;
    let score = |snapshot: usize, dim: usize| {
        if dim < dims {
            f64::from(projection.scores[snapshot * dims + dim])
        } else {
            0.0
        }
    };
    let steps: Vec<f64> = (0..snapshots)
        .map(|snapshot| tensors::step_of_snapshot(&first, snapshot))
        .collect();
    let drawn: Vec<usize> = (0..snapshots)
        .filter(|&snapshot| settings.draws_step(steps[snapshot]))
        .filter(|&snapshot| settings.has_reached(steps[snapshot]))
        .collect();
    if drawn.is_empty() {
        return Err(NotAvailable::new(
            "no snapshot of the weights lies within the chosen steps".to_owned(),
        ));
    }
    let loss_series = series_with_role(&run, Role::Loss).filter(|_| first.steps.is_some());
    let losses: Option<Vec<f64>> = loss_series
        .filter(|_| !settings.switch(&THIRD_COMPONENT))
        .map(|series| steps.iter().map(|step| loss_at(series, *step)).collect())
        .filter(|losses: &Vec<f64>| losses.iter().filter(|loss| loss.is_finite()).count() >= 2);
    let ratio = |dim: usize| projection.explained_variance_ratio.get(dim).copied();
    let component = |dim: usize| match ratio(dim) {
        Some(ratio) => format!("PC{} ({:.1} %)", dim + 1, ratio * 100.0),
        None => format!("PC{}", dim + 1),
    };
    let along = |dim: usize| {
        let values = (0..snapshots).map(|snapshot| score(snapshot, dim));
        let axis = with_margin(Axis::spanning(component(dim), Scale::Linear, values));
        axes::in_range(settings, dim, axis)
    };
    let z_axis = match (&losses, loss_series) {
        (Some(losses), Some(series)) => {
            let title = series.key().to_string();
            axes::rounded_axis(settings, 2, title, Scale::Linear, losses.iter().copied())
        }
        _ => along(2),
    };
    let axes = [along(0), along(1), z_axis];
    let place = |snapshot: usize| -> Option<[f32; 3]> {
        let z = match &losses {
            Some(losses) => losses[snapshot],
            None => score(snapshot, 2),
        };
        let at = [score(snapshot, 0), score(snapshot, 1), z];
        axes::place(&axes, at)
    };
    let chosen = drawn.len();
    let (drawn, places): (Vec<usize>, Vec<[f32; 3]>) = drawn
        .into_iter()
        .filter_map(|snapshot| Some((snapshot, place(snapshot)?)))
        .unzip();
    if drawn.is_empty() {
        return Err(NotAvailable::new(
            "no snapshot of the weights has a height that the axis can show; choose a linear one (`--linear z`)",
        ));
    }
    let step_axis = Axis::spanning("step", Scale::Linear, steps.iter().copied());
    let value = |snapshot: usize| step_axis.unit_from_value(steps[snapshot]).unwrap_or(0.0) as f32;
    let map = settings.colours(ColourMap::Plasma);
    let positions_unit: Arc<[[f32; 3]]> = places.into();
    let points: Arc<[CloudPoint]> = drawn
        .iter()
        .zip(positions_unit.iter())
        .map(|(&snapshot, &position_unit)| CloudPoint {
            position_unit,
            value: value(snapshot),
        })
        .collect();
    let records: Arc<dyn Describe> = Arc::new(Records {
        run: Arc::clone(&run),
        tensor: Arc::clone(&first),
        steps: drawn.iter().map(|&snapshot| steps[snapshot]).collect(),
        scores: drawn
            .iter()
            .map(|&snapshot| (0..dims).map(|dim| score(snapshot, dim)).collect())
            .collect(),
        loss: losses.as_ref().zip(loss_series).map(|(losses, series)| {
            let of_drawn = drawn.iter().map(|&snapshot| losses[snapshot]).collect();
            (series.key().to_string(), of_drawn)
        }),
    });
    let ends = [0, drawn.len() - 1];
    let labels = ends[..if drawn.len() > 1 { 2 } else { 1 }]
        .iter()
        .map(|&end| PointLabel {
            position_unit: positions_unit[end],
            text: format!("step {}", step_text(steps[drawn[end]])),
        })
        .collect();
    let shadow: Arc<[[f32; 3]]> = positions_unit
        .iter()
        .map(|at| [at[0], at[1], 0.0])
        .collect();
    let line = |positions_unit: Arc<[[f32; 3]]>, colour, width_pt| Path {
        name: "path of the weights".to_owned(),
        strips: Path::unbroken(positions_unit.len()),
        positions_unit,
        colour,
        width_pt,
        series_key: Arc::clone(&first.key),
        records: Arc::new([]),
        details: Vec::new(),
        describe: None,
    };
    let values = drawn.iter().map(|&snapshot| value(snapshot)).collect();
    let paths = vec![
        line(shadow, PathColour::Quiet, 0.5),
        line(positions_unit, PathColour::Values(values, map), 1.8),
    ];
    let mut keys = BTreeMap::from([("weights".to_owned(), key.clone())]);
    if let (Some(_), Some(series)) = (&losses, loss_series) {
        keys.insert("loss".to_owned(), series.key().to_string());
    }
    let mut caption = format!(
        "PCA of {} of {} parameters, from {} in {}.",
        counted(snapshots, "snapshot"),
        group_thousands(&parameters.to_string()),
        key,
        tensors::file_text(&run, &first),
    );
    let plane: f64 = (0..2).filter_map(ratio).sum();
    caption += &format!(" The plane holds {:.1} % of the variance.", plane * 100.0);
    if let (Some(_), Some(series)) = (&losses, loss_series) {
        caption += &format!(
            " Height: {}, the mean of {LOSS_WINDOW} values around each snapshot's step.",
            series.key()
        );
    }
    caption += " The thin line is the path's shadow.";
    if drawn.len() < chosen {
        caption += &format!(
            " {} without a height that the axis can show left out.",
            counted(chosen - drawn.len(), "snapshot")
        );
    }
    if other_runs > 0 {
        caption += &format!(
            " {} with weights not shown.",
            counted(other_runs, "other run")
        );
    }
    let lengths = [0, 1].map(|axis: usize| axes[axis].high - axes[axis].low);
    let longest = lengths[0].max(lengths[1]);
    Ok(Scene {
        title: format!("Path of the weights of {}", run.name),
        caption,
        box_aspect: [
            (1.3 * (lengths[0] / longest).max(0.5)) as f32,
            (1.3 * (lengths[1] / longest).max(0.5)) as f32,
            0.72,
        ],
        default_view: [(-55.0_f32).to_radians(), 30.0_f32.to_radians()],
        axes,
        surfaces: Vec::new(),
        meshes: Vec::new(),
        paths,
        clouds: vec![Cloud {
            steps: Arc::new([]),
            name: "snapshots".to_owned(),
            work: CloudWork::Points(points),
            colour: CloudColour::Map(map),
            size: CloudSize::Constant(5.5),
            floor_projection: false,
            opacity: settings.opacity(1.0),
            records: Some(records),
        }],
        markers: Vec::new(),
        labels,
        colour_bar: Some(ColourBar {
            axis: step_axis,
            map,
        }),
        legend: Vec::new(),
        keys,
        runs: vec![run],
    })
}

fn with_margin(mut axis: Axis) -> Axis {
    let margin = 0.05 * (axis.high - axis.low);
    axis.low -= margin;
    axis.high += margin;
    axis
}

/// Mean of the values logged around a step; NaN where the series has none near it.
fn loss_at(series: &Series, step: f64) -> f64 {
    let mut near: Vec<(f64, f64)> = Vec::with_capacity(LOSS_WINDOW + 1);
    for (_, point) in series.live().filter(|(_, point)| point.value.is_finite()) {
        near.push(((point.step.as_f64() - step).abs(), point.value));
        near.sort_by(|a, b| a.0.total_cmp(&b.0));
        near.truncate(LOSS_WINDOW);
    }
    if near.is_empty() {
        return f64::NAN;
    }
    near.iter().map(|(_, value)| value).sum::<f64>() / near.len() as f64
}

#[derive(Debug)]
struct Records {
    run: Arc<Run>,
    tensor: Arc<Tensor>,
    steps: Vec<f64>,
    scores: Vec<Vec<f64>>,
    loss: Option<(String, Vec<f64>)>,
}

impl Describe for Records {
    fn mark(&self, index: usize) -> Option<Mark> {
        Some(Mark {
            run: Arc::clone(&self.run.id),
            step: Some(*self.steps.get(index)?),
            row: None,
        })
    }

    fn find(&self, mark: &Mark) -> Vec<usize> {
        let (Some(step), Some(first), Some(last)) =
            (mark.step, self.steps.first(), self.steps.last())
        else {
            return Vec::new();
        };
        if *mark.run != *self.run.id || step < *first || step > *last {
            return Vec::new();
        }
        let away = |index: &usize| (self.steps[*index] - step).abs();
        (0..self.steps.len())
            .min_by(|a, b| away(a).total_cmp(&away(b)))
            .into_iter()
            .collect()
    }

    fn lines(&self, index: usize) -> Vec<(String, String)> {
        let mut lines = vec![
            ("run".to_owned(), self.run.name.to_string()),
            ("step".to_owned(), step_text(self.steps[index])),
        ];
        if let Some((key, losses)) = &self.loss {
            lines.push((format!("{key} (mean)"), losses[index].to_string()));
        }
        for (dim, score) in self.scores[index].iter().enumerate() {
            lines.push((format!("PC{}", dim + 1), format_value(*score)));
        }
        lines.push((
            "file".to_owned(),
            tensors::file_text(&self.run, &self.tensor),
        ));
        lines
    }
}
