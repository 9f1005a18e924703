//! The optimisation trajectory in the plane of the principal components of its own snapshots (Lorch 2016,
//! Li et al. 2018), with the loss as height where it was logged.

mod projected;
mod stacked;

use std::{collections::BTreeMap, sync::Arc};

use trainscape_compute::projection::Projector;
use trainscape_run::{Dtype, Run, Tensor};
use trainscape_scene::{
    axis::{Axis, Scale},
    colour::ColourMap,
    scene::{
        Cloud, CloudColour, CloudPoint, CloudSize, CloudWork, ColourBar, Describe, Mark, Path,
        PathColour, PointLabel, Scene,
    },
    ticks::{format_value, group_thousands},
};

use self::projected::{LOSS_WINDOW, ProjectedSnapshots, WeightSnapshots};
use crate::{
    Choices, Control, Kind, NotAvailable, Section, Time, View, ViewSettings, axes,
    caption::Caption,
    common::{COLOURS, LOG_Z, OPACITY, RANGE, TENSOR},
    samples::{counted, counted_are, verb},
    symbol::Symbol,
    tensors::{self, step_text},
};

const NEEDS: &str = "needs snapshots of the weights: an array (npy, npz, safetensors) with a snapshot and a parameter \
                     axis, or at least two checkpoints of equal shape (`step-100/model.safetensors`, `model_100.pt`, \
                     `epoch_01.weights.h5`)";

const THIRD_COMPONENT: Control = Control {
    name: "third-component",
    label: "Third component as height",
    help: "The third component as height instead of the loss.",
    kind: Kind::Switch(Some(false)),
    section: Section::View,
    names_data: false,
    only_with: None,
};

/// The optimisation trajectory in the PCA plane of its own snapshots.
pub(crate) struct Weights;

impl View for Weights {
    fn name(&self) -> &'static str {
        "weights"
    }

    fn title(&self) -> &'static str {
        "Weights"
    }

    fn symbol(&self) -> Symbol {
        Symbol::Trail
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
        let mut choices = tensors::choices(runs, settings, suits, "snapshot,parameter");
        if choices.steps.is_empty()
            && let Ok(chosen) = choose(runs, settings)
            && let Some(first) = chosen.tensors.first()
        {
            let snapshots = 0..first.shape[0];
            choices.steps = snapshots
                .map(|snapshot| tensors::step_of_snapshot(first, snapshot))
                .collect();
        }
        choices
    }
}

fn suits(tensor: &Tensor) -> bool {
    tensor.len_of("snapshot").is_some_and(|count| count >= 2)
        && tensor.axis("snapshot") == Some(0)
        && tensor.axis("parameter").is_some()
        && tensor.elements() > 0
}

/// One key of a stack of checkpoints.
fn is_checkpoint(tensor: &Tensor) -> bool {
    tensor.parts.len() >= 2 && tensor.snapshot_axis() == Some(0) && tensor.elements() > 0
}

/// One key of a stack of checkpoints that is trained: no counter, and no state of an optimiser.
fn is_trained(tensor: &Tensor) -> bool {
    let is_float = matches!(
        tensor.dtype,
        Dtype::F16 | Dtype::Bf16 | Dtype::F32 | Dtype::F64
    );
    let first = tensor.key.split(['/', '.']).next().unwrap_or_default();
    is_float && is_checkpoint(tensor) && !first.to_lowercase().starts_with("optim")
}

/// False for what a run records beside its weights, such as attention and embeddings of a batch: their axes are named.
/// The matrix of embeddings of a model has other parameters in its file.
fn is_of_a_model(tensor: &Tensor, run: &Run) -> bool {
    tensor.axes.is_none()
        || tensor.axis("parameter").is_some()
        || tensor.axis("row").is_some()
            && run
                .tensors
                .values()
                .any(|other| other.path == tensor.path && other.axes.is_none())
}

fn choose(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<WeightSnapshots, NotAvailable> {
    let wanted = settings.tensor();
    let stacked = |run: &Run| -> Vec<Arc<Tensor>> {
        let of_run = run.tensors.values();
        let of_run = of_run.filter(|tensor| is_trained(tensor) && is_of_a_model(tensor, run));
        // Checkpoints of several models are not one trajectory: the largest set is drawn.
        let mut sets: BTreeMap<Vec<u64>, Vec<Arc<Tensor>>> = BTreeMap::new();
        for tensor in of_run {
            let steps = tensor.steps.iter().flat_map(|steps| steps.iter());
            let steps = steps.map(|step| step.to_bits()).collect();
            sets.entry(steps).or_default().push(Arc::clone(tensor));
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
        Ok(chosen) => Ok(WeightSnapshots {
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
            Ok(WeightSnapshots {
                run: Arc::clone(run),
                tensors,
                other_runs: with_stack.count(),
            })
        }
    }
}

fn build(
    runs: &[Arc<Run>],
    settings: &ViewSettings,
    projector: &dyn Projector,
) -> Result<Scene, NotAvailable> {
    let third_component = settings.switch(&THIRD_COMPONENT);
    let snapshots = choose(runs, settings)?;
    let projected = ProjectedSnapshots::new(snapshots, third_component, projector)?;
    let axes = [0, 1, 2].map(|dim| axis(&projected, dim, settings));
    let path = DrawnTrajectory::new(&projected, &axes, settings)?;
    let step_axis = Axis::spanning("step", Scale::Linear, projected.steps.iter().copied());
    let map = settings.colours(ColourMap::Plasma);
    let mut scene = Scene::new(axes);
    scene.title = format!(
        "Optimisation trajectory of the weights, {}",
        projected.run.name
    );
    scene.caption = caption(&projected, &path);
    scene.box_aspect = box_aspect(&scene.axes);
    scene.default_view = [(-55.0_f32).to_radians(), 30.0_f32.to_radians()];
    scene.paths = path.lines(&projected, &step_axis, map);
    scene.labels = path.labels(&projected);
    scene
        .clouds
        .push(path.cloud(&projected, &step_axis, map, settings));
    scene.keys = keys(&projected);
    scene.colour_bar = Some(ColourBar {
        axis: step_axis,
        map,
    });
    scene.runs = vec![projected.run];
    Ok(scene)
}

/// The axis of a component, or of the loss.
fn axis(projected: &ProjectedSnapshots, dim: usize, settings: &ViewSettings) -> Axis {
    if let Some(loss) = projected.loss.as_ref().filter(|_| dim == 2) {
        let title = loss.key.to_string();
        return axes::rounded_axis(
            settings,
            2,
            title,
            Scale::Linear,
            loss.values.iter().copied(),
        );
    }
    let title = match projected.variance_ratio(dim) {
        Some(ratio) => format!("PC{} ({:.1} %)", dim + 1, ratio * 100.0),
        None => format!("PC{}", dim + 1),
    };
    let scores = (0..projected.steps.len()).map(|snapshot| projected.score(snapshot, dim));
    let mut axis = Axis::spanning(title, Scale::Linear, scores);
    let margin = 0.05 * (axis.high - axis.low);
    axis.low -= margin;
    axis.high += margin;
    axes::in_range(settings, dim, axis)
}

/// x and y share one scale, unless one of them would become very short.
fn box_aspect(axes: &[Axis; 3]) -> [f32; 3] {
    let lengths = [0, 1].map(|axis: usize| axes[axis].high - axes[axis].low);
    let longest = lengths[0].max(lengths[1]);
    let [x, y] = lengths.map(|length| (1.3 * (length / longest).max(0.5)) as f32);
    [x, y, 0.72]
}

fn keys(projected: &ProjectedSnapshots) -> BTreeMap<String, String> {
    let mut keys = BTreeMap::from([("weights".to_owned(), projected.key.clone())]);
    if let Some(loss) = &projected.loss {
        keys.insert("loss".to_owned(), loss.key.to_string());
    }
    keys
}

/// The snapshots that are drawn.
struct DrawnTrajectory {
    snapshots: Vec<usize>,
    positions_unit: Arc<[[f32; 3]]>,
    /// Snapshots without a height that the axis can show.
    without_height: usize,
}

impl DrawnTrajectory {
    fn new(
        projected: &ProjectedSnapshots,
        axes: &[Axis; 3],
        settings: &ViewSettings,
    ) -> Result<Self, NotAvailable> {
        let steps = &projected.steps;
        let chosen: Vec<usize> = (0..steps.len())
            .filter(|&snapshot| settings.draws_step(steps[snapshot]))
            .filter(|&snapshot| settings.has_reached(steps[snapshot]))
            .collect();
        if chosen.is_empty() {
            return Err(NotAvailable::new(
                "no snapshot of the weights is within the chosen range of steps",
            ));
        }
        let place = |&snapshot: &usize| {
            let position = axes::place(axes, projected.coordinates(snapshot))?;
            Some((snapshot, position))
        };
        let (snapshots, positions): (Vec<usize>, Vec<[f32; 3]>) =
            chosen.iter().filter_map(place).unzip();
        if snapshots.is_empty() {
            return Err(NotAvailable::new(
                "the z axis can show no snapshot of the weights, which a linear axis can",
            )
            .on_command_line("choose one with `--linear z`"));
        }
        Ok(Self {
            without_height: chosen.len() - snapshots.len(),
            snapshots,
            positions_unit: positions.into(),
        })
    }

    /// The steps as positions in the colour map.
    fn values(
        &self,
        projected: &ProjectedSnapshots,
        step_axis: &Axis,
    ) -> impl Iterator<Item = f32> {
        let step = |&snapshot: &usize| projected.steps[snapshot];
        let steps = self.snapshots.iter().map(step);
        steps.map(|step| step_axis.unit_from_value(step).unwrap_or(0.0) as f32)
    }

    /// The trajectory, and its projection onto the floor.
    fn lines(&self, projected: &ProjectedSnapshots, step_axis: &Axis, map: ColourMap) -> Vec<Path> {
        let on_floor = self.positions_unit.iter().map(|at| [at[0], at[1], 0.0]);
        let line = |positions_unit: Arc<[[f32; 3]]>, colour, width_pt| Path {
            name: "weight trajectory".to_owned(),
            strips: Path::unbroken(positions_unit.len()),
            positions_unit,
            colour,
            width_pt,
            series_key: Arc::clone(&projected.tensor.key),
            records: Arc::new([]),
            details: Vec::new(),
            describe: None,
        };
        let values = self.values(projected, step_axis).collect();
        vec![
            line(on_floor.collect(), PathColour::Muted, 0.5),
            line(
                Arc::clone(&self.positions_unit),
                PathColour::Values(values, map),
                1.8,
            ),
        ]
    }

    fn cloud(
        &self,
        projected: &ProjectedSnapshots,
        step_axis: &Axis,
        map: ColourMap,
        settings: &ViewSettings,
    ) -> Cloud {
        let values = self.values(projected, step_axis);
        let points = self.positions_unit.iter().zip(values);
        Cloud {
            steps: Arc::new([]),
            name: "snapshots".to_owned(),
            work: CloudWork::Points(
                points
                    .map(|(&position_unit, value)| CloudPoint {
                        position_unit,
                        value,
                    })
                    .collect(),
            ),
            colour: CloudColour::Map(map),
            size: CloudSize::Constant(5.5),
            floor_projection: false,
            opacity: settings.opacity(1.0),
            records: Some(Arc::new(self.records(projected))),
        }
    }

    fn records(&self, projected: &ProjectedSnapshots) -> SnapshotRecords {
        let drawn = || self.snapshots.iter().copied();
        let scores = |snapshot: usize| {
            let dims = 0..projected.dims();
            dims.map(|dim| projected.score(snapshot, dim)).collect()
        };
        SnapshotRecords {
            run: Arc::clone(&projected.run),
            tensor: Arc::clone(&projected.tensor),
            steps: drawn().map(|snapshot| projected.steps[snapshot]).collect(),
            scores: drawn().map(scores).collect(),
            loss: projected.loss.as_ref().map(|loss| {
                let of_drawn = drawn().map(|snapshot| loss.values[snapshot]).collect();
                (loss.key.to_string(), of_drawn)
            }),
        }
    }

    /// The steps of the first and the last snapshot.
    fn labels(&self, projected: &ProjectedSnapshots) -> Vec<PointLabel> {
        let ends = [0, self.snapshots.len() - 1];
        let ends = &ends[..self.snapshots.len().min(2)];
        ends.iter()
            .map(|&end| PointLabel {
                position_unit: self.positions_unit[end],
                text: format!("step {}", step_text(projected.steps[self.snapshots[end]])),
            })
            .collect()
    }
}

fn caption(projected: &ProjectedSnapshots, path: &DrawnTrajectory) -> String {
    let plane: f64 = (0..2).filter_map(|dim| projected.variance_ratio(dim)).sum();
    Caption::new(format!(
        "PCA of {} ({} of {} parameters) from {}.",
        projected.key,
        counted(projected.steps.len(), "snapshot"),
        group_thousands(&projected.parameters.to_string()),
        tensors::file_text(&projected.run, &projected.tensor),
    ))
    .sentence(format!(
        "The first two components explain {:.1} % of the variance.",
        plane * 100.0
    ))
    .sentences(projected.loss.iter().map(|loss| {
        format!(
            "Height: {}, the mean of the {LOSS_WINDOW} values nearest to the step of each snapshot.",
            loss.key
        )
    }))
    .sentence("The thin line is the projection of the trajectory onto the floor.")
    .sentence_if(path.without_height > 0, || {
        format!(
            "{} not drawn: no finite loss was logged near, or none that the axis shows.",
            counted_are(path.without_height, "snapshot")
        )
    })
    .sentence_if(projected.other_runs > 0, || {
        format!(
            "{} with weight snapshots {} not shown.",
            counted(projected.other_runs, "other run"),
            verb(projected.other_runs)
        )
    })
    .into_text()
}

#[derive(Debug)]
struct SnapshotRecords {
    run: Arc<Run>,
    tensor: Arc<Tensor>,
    steps: Vec<f64>,
    scores: Vec<Vec<f64>>,
    loss: Option<(String, Vec<f64>)>,
}

impl Describe for SnapshotRecords {
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

#[cfg(test)]
mod tests {
    use trainscape_compute::projection::{Projection, ProjectionError, ProjectionMethod, Rows};
    use trainscape_run::{ElementBytes, Storage, TensorError};

    use super::*;

    #[derive(Debug)]
    struct Floats(Vec<u8>);

    impl ElementBytes for Floats {
        fn bytes(&self) -> Result<&[u8], TensorError> {
            Ok(&self.0)
        }
    }

    /// The first columns as components.
    struct FirstColumns;

    impl Projector for FirstColumns {
        fn project(
            &self,
            _: &str,
            matrix: &Arc<dyn Rows>,
            dims: usize,
            _: ProjectionMethod,
        ) -> Result<Arc<Projection>, ProjectionError> {
            let [rows, _] = matrix.shape();
            let mut scores = vec![0.0; rows * dims];
            matrix.read(0..rows, 0..dims, &mut scores)?;
            Ok(Arc::new(Projection {
                dims,
                scores: scores.into(),
                explained_variance_ratio: vec![0.5; dims],
                progress: [1, 1],
            }))
        }
    }

    #[test]
    fn the_opacity_reaches_the_snapshots() {
        let bytes = (0..12_u8).flat_map(|index| f32::from(index).to_le_bytes());
        let tensor = Tensor {
            key: "weights".into(),
            shape: [4, 3].into(),
            dtype: Dtype::F32,
            axes: Some(vec!["snapshot".to_owned(), "parameter".to_owned()].into()),
            steps: None,
            labels: None,
            path: "weights".into(),
            source: 0,
            parts: vec![Storage {
                bytes: Arc::new(Floats(bytes.collect())),
                fortran_order: false,
                big_endian: false,
            }],
        };
        let mut run = Run::new("r", "r", "r".into());
        run.tensors
            .insert(Arc::clone(&tensor.key), Arc::new(tensor));
        let runs = [Arc::new(run)];
        for (chosen, expected) in [(None, 1.0), (Some(0.25), 0.25)] {
            let mut settings = ViewSettings::default();
            settings
                .controls
                .set(&OPACITY, chosen.map(crate::Value::from));
            let scene = build(&runs, &settings, &FirstColumns).unwrap();
            assert_eq!(scene.clouds[0].opacity, expected);
        }
    }

    #[test]
    fn a_series_of_checkpoints_needs_no_named_axes() {
        let part = |first: u8| Storage {
            bytes: Arc::new(Floats(
                (first..first + 4)
                    .flat_map(|index| f32::from(index).to_le_bytes())
                    .collect(),
            )),
            fortran_order: false,
            big_endian: false,
        };
        let tensor = Tensor {
            key: "layers.0.weight".into(),
            shape: [2, 2, 2].into(),
            dtype: Dtype::F32,
            axes: None,
            steps: Some([100.0, 200.0].into()),
            labels: None,
            path: "step-100/model.safetensors".into(),
            source: 0,
            parts: vec![part(0), part(4)],
        };
        let mut run = Run::new("r", "r", "r".into());
        run.tensors
            .insert(Arc::clone(&tensor.key), Arc::new(tensor));
        let runs = [Arc::new(run)];
        let settings = ViewSettings::default();
        let scene = build(&runs, &settings, &FirstColumns).unwrap();
        assert_eq!(scene.clouds[0].points(), 2);
        let choices = Weights.choices(&runs, &settings);
        assert_eq!(choices.steps, [100.0, 200.0]);
        // Counters and the optimiser's state are not weights.
        let first = Tensor::clone(&runs[0].tensors["layers.0.weight"]);
        let others = [("steps", Dtype::I32), ("optimizer/vars/3", Dtype::F32)];
        let mut run = Run::new("r", "r", "r".into());
        for (key, dtype) in others {
            let tensor = Tensor {
                key: key.into(),
                dtype,
                ..first.clone()
            };
            run.tensors.insert(key.into(), Arc::new(tensor));
        }
        assert!(choose(&[Arc::new(run)], &settings).is_err());
    }

    #[test]
    fn what_is_recorded_beside_the_weights_is_not_drawn_with_them() {
        let tensor = |key: &str, file: &str, axes: &[&str]| {
            let part = || Storage {
                bytes: Arc::new(Floats(vec![0; 4 * 12])),
                fortran_order: false,
                big_endian: false,
            };
            let axes: Vec<String> = axes.iter().map(|axis| (*axis).to_owned()).collect();
            Arc::new(Tensor {
                key: key.into(),
                shape: [2, 3, 4].into(),
                dtype: Dtype::F32,
                axes: (!axes.is_empty()).then(|| axes.into()),
                steps: Some(vec![0.0, 10.0].into()),
                labels: None,
                path: format!("step-0/{file}").into(),
                source: 0,
                parts: vec![part(), part()],
            })
        };
        let rows = ["snapshot", "row", "dimension"];
        let drawn = |tensors: &[Arc<Tensor>]| {
            let mut run = Run::new("r", "r", "r".into());
            for tensor in tensors {
                run.tensors
                    .insert(Arc::clone(&tensor.key), Arc::clone(tensor));
            }
            let chosen = choose(&[Arc::new(run)], &ViewSettings::default()).ok()?;
            let keys = chosen.tensors.iter().map(|tensor| tensor.key.to_string());
            Some(keys.collect::<Vec<_>>())
        };
        let weights = [
            tensor("layers.0.up", "weights", &[]),
            tensor("tok_emb", "weights", &rows),
        ];
        let others = [
            tensor("embeddings", "embeddings", &rows),
            tensor("attention", "attention", &["snapshot", "query", "key"]),
            tensor("acts", "acts", &["snapshot", "position", "channel"]),
        ];
        let all = [&weights[..], &others].concat();
        assert_eq!(drawn(&all).unwrap(), ["layers.0.up", "tok_emb"]);
        assert_eq!(drawn(&others), None);
    }
}
