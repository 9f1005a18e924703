//! The weight matrices of a run's checkpoints, in the order of the model.

use std::{collections::BTreeMap, ops::Range, path::Path, sync::Arc};

use ndarray::Array2;
use trainscape_run::{Dtype, Run, Tensor, natural_cmp};

use super::decomposition::ReadBlocks;
use crate::{
    Control, Kind, NotAvailable, Remedy, Section, UnnamedArray, ViewSettings,
    layer_order::LayerName, tensors::step_of_snapshot,
};

/// Matrices drawn at most.
const MOST: usize = 60;

const NEEDS: &str = "needs weight matrices: a checkpoint with tensors such as `layers.0.attn.qkv.weight` of two \
                     axes (`model.safetensors`, `step-100/model.safetensors`)";

/// Names of axes with which any array is a weight matrix.
const WANTED_AXES: [&str; 2] = ["output", "input"];

/// Beginnings of the names of files that hold a model.
const MODEL_FILES: [&str; 6] = [
    "model",
    "pytorch_model",
    "adapter_model",
    "diffusion_pytorch_model",
    "checkpoint",
    "consolidated",
];
/// Names of a layer's parameters.
const PARAMETERS: [&str; 5] = ["weight", "kernel", "bias", "lora_a", "lora_b"];
/// Names of a checkpoint's tensors that are not weight matrices in any shape: buffers, biases, and all
/// parameters in one row.
const NOT_MATRICES: [&str; 14] = [
    "bias",
    "masked_bias",
    "mask",
    "causal_mask",
    "attn_mask",
    "tril",
    "inv_freq",
    "position_ids",
    "running_mean",
    "running_var",
    "weights",
    "params",
    "parameters",
    "theta",
];
/// Words before the index of a block.
const BLOCKS: [&str; 7] = ["layer", "layers", "block", "blocks", "h", "stage", "stages"];
/// Words of embeddings, which come first, and of heads, which come last.
const EMBEDDINGS: [&str; 6] = ["emb", "embed", "embedding", "embeddings", "wte", "wpe"];
const HEADS: [&str; 6] = [
    "head",
    "output",
    "classifier",
    "unembed",
    "fc_out",
    "logits",
];

pub(super) const LAYERS: Control = Control {
    name: "layers",
    label: "Layers",
    help: "Only matrices whose name contains this text, as in `attn.proj`.",
    kind: Kind::Text,
    section: Section::View,
    names_data: true,
    only_with: None,
};

/// The weight matrices of one run.
#[derive(Debug)]
pub(super) struct Checkpoint {
    pub(super) run: Arc<Run>,
    pub(super) matrices: Vec<WeightMatrix>,
    /// Tensors of the same files that are not weight matrices.
    pub(super) not_matrices: usize,
    /// Matrices that are not drawn because there are too many.
    pub(super) beyond_limit: usize,
    /// Matrices of the run's other checkpoints: of single ones where a series is drawn, or the reverse.
    pub(super) other_files: usize,
    /// Other runs that have weight matrices.
    pub(super) other_runs: usize,
    /// Steps of the snapshots, ascending.
    pub(super) steps: Vec<f64>,
}

/// A weight matrix, or a convolution kernel as one.
#[derive(Clone, Debug)]
pub(super) struct WeightMatrix {
    pub(super) tensor: Arc<Tensor>,
    /// Rows and columns.
    pub(super) shape: [usize; 2],
    /// Whether it is a convolution kernel.
    pub(super) flattened: bool,
    /// Number of axes, the one of snapshots not counted, that the rows are made of.
    row_axes: usize,
    has_snapshots: bool,
}

impl Checkpoint {
    /// The checkpoint of the first drawn run that has one.
    pub(super) fn select(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<Self, NotAvailable> {
        let drawn = || runs.iter().filter(|run| settings.draws_run(&run.id));
        let mut with_matrices = drawn().filter_map(Self::of_run);
        let mut checkpoint = with_matrices.next().ok_or_else(|| none(drawn()))?;
        checkpoint.other_runs = with_matrices.count();
        if let Some(text) = settings.text(&LAYERS).filter(|text| !text.is_empty()) {
            let wanted = text.to_lowercase();
            let example = checkpoint.matrices[0].tensor.key.to_string();
            checkpoint
                .matrices
                .retain(|matrix| matrix.tensor.key.to_lowercase().contains(&wanted));
            if checkpoint.matrices.is_empty() {
                return Err(NotAvailable::new(format!(
                    "needs a weight matrix whose name contains `{text}`; the first is called `{example}`"
                ))
                .remedied_by(Remedy::SetControl(LAYERS.name)));
            }
        }
        checkpoint.beyond_limit = checkpoint.matrices.len().saturating_sub(MOST);
        checkpoint.matrices.truncate(MOST);
        checkpoint.steps = steps_of(&checkpoint.matrices);
        Ok(checkpoint)
    }

    fn of_run(run: &Arc<Run>) -> Option<Self> {
        let (series, single): (Vec<WeightMatrix>, Vec<WeightMatrix>) = checkpoint_tensors(run)
            .filter_map(WeightMatrix::of)
            .partition(|matrix| matrix.has_snapshots);
        let elements = |matrices: &[WeightMatrix]| -> usize {
            matrices
                .iter()
                .map(|matrix| matrix.shape.iter().product::<usize>())
                .sum()
        };
        // The more complete model, and of equal ones that with several snapshots.
        let (mut matrices, others) = if elements(&series) >= elements(&single) {
            (series, single)
        } else {
            (single, series)
        };
        let has_snapshots = matrices.first()?.has_snapshots;
        let not_matrices = checkpoint_tensors(run)
            .filter(|tensor| WeightMatrix::of(tensor).is_none())
            .filter(|tensor| (tensor.snapshot_axis() == Some(0)) == has_snapshots)
            .count();
        matrices.sort_by(|a, b| in_model_order(&a.tensor.key, &b.tensor.key));
        Some(Self {
            run: Arc::clone(run),
            matrices,
            not_matrices,
            beyond_limit: 0,
            other_files: others.len(),
            other_runs: 0,
            steps: Vec::new(),
        })
    }
}

/// The steps of all matrices.
fn steps_of(matrices: &[WeightMatrix]) -> Vec<f64> {
    let mut steps: Vec<f64> = matrices
        .iter()
        .flat_map(|matrix| matrix.snapshots().map(|(_, step)| step))
        .collect();
    steps.sort_by(f64::total_cmp);
    steps.dedup();
    steps
}

/// Why no run has weight matrices.
fn none<'a>(runs: impl Iterator<Item = &'a Arc<Run>>) -> NotAvailable {
    let mut arrays = runs.flat_map(|run| run.tensors.values());
    let flat = arrays.find(|tensor| tensor.axis("parameter").is_some());
    let reason = flat.map_or_else(
        || NEEDS.to_owned(),
        |flat| {
            format!(
                "{NEEDS}; `{}` holds all parameters in one row, which has no matrices",
                flat.key
            )
        },
    );
    NotAvailable::new(reason)
}

/// Arrays without named axes that would be weight matrices if they were named.
pub(super) fn unnamed(runs: &[Arc<Run>], settings: &ViewSettings) -> Vec<UnnamedArray> {
    let drawn = runs.iter().filter(|run| settings.draws_run(&run.id));
    drawn
        .flat_map(|run| {
            let found: Vec<*const Tensor> = checkpoint_tensors(run).map(Arc::as_ptr).collect();
            run.tensors
                .values()
                .filter(move |tensor| !found.contains(&Arc::as_ptr(tensor)))
        })
        .filter(|tensor| tensor.axes.is_none() && is_real(tensor.dtype))
        .filter_map(|tensor| {
            let suggestion = match (tensor.shape.len(), tensor.snapshot_axis()) {
                (2, None) => WANTED_AXES.join(","),
                (3, _) => format!("snapshot,{}", WANTED_AXES.join(",")),
                _ => return None,
            };
            Some(UnnamedArray {
                key: tensor.key.to_string(),
                shape: tensor.shape.to_vec(),
                suggestion,
            })
        })
        .collect()
}

/// The tensors of files that hold a model.
fn checkpoint_tensors(run: &Run) -> impl Iterator<Item = &Arc<Tensor>> {
    let mut files: BTreeMap<&Path, bool> = BTreeMap::new();
    for tensor in run.tensors.values() {
        *files.entry(&tensor.path).or_default() |= is_of_model(tensor);
    }
    run.tensors
        .values()
        .filter(move |tensor| files[tensor.path.as_path()] || has_wanted_axes(tensor))
}

/// Whether a tensor shows that its file holds a model: by its name, the file's, or by being stacked of checkpoints.
fn is_of_model(tensor: &Tensor) -> bool {
    if tensor.axes.is_some() {
        return false;
    }
    let stem = tensor.path.file_stem().unwrap_or_default();
    let stem = stem.to_string_lossy().to_lowercase();
    let in_model_file = MODEL_FILES.iter().any(|name| {
        stem.strip_prefix(name)
            .is_some_and(|rest| !rest.starts_with(char::is_alphabetic))
    });
    let is_stacked = tensor.parts.len() >= 2 && tensor.snapshot_axis() == Some(0);
    in_model_file || is_stacked || names_parameter(&tensor.key)
}

/// `fc.weight`, `Dense_0/kernel`, `layers.0.attn.qkv`.
fn names_parameter(key: &str) -> bool {
    let words: Vec<String> = words(key);
    let last = words.last().map_or("", String::as_str);
    PARAMETERS.contains(&last)
        || words.windows(2).any(|pair| {
            BLOCKS.contains(&pair[0].as_str()) && pair[1].bytes().all(|c| c.is_ascii_digit())
        })
}

fn words(key: &str) -> Vec<String> {
    key.split(['.', '/', ':'])
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

fn has_wanted_axes(tensor: &Tensor) -> bool {
    let Some(axes) = tensor.axes.as_deref() else {
        return false;
    };
    let after = axes.strip_prefix(&["snapshot".to_owned()]).unwrap_or(axes);
    after == WANTED_AXES
}

fn is_real(dtype: Dtype) -> bool {
    matches!(
        dtype,
        Dtype::F16 | Dtype::Bf16 | Dtype::F8E4m3 | Dtype::F8E5m2 | Dtype::F32 | Dtype::F64
    )
}

/// Embeddings, then the layers as models define them, then heads.
fn in_model_order(a: &str, b: &str) -> std::cmp::Ordering {
    let part = |key: &str| {
        let words = words(key);
        let is_in_block = words
            .iter()
            .skip(1)
            .any(|word| word.bytes().all(|c| c.is_ascii_digit()));
        let is = |known: &[&str]| {
            words.iter().any(|word| {
                known.contains(&word.as_str()) || word.split('_').any(|word| known.contains(&word))
            })
        };
        if is_in_block {
            1
        } else if is(&EMBEDDINGS) {
            0
        } else if is(&HEADS) {
            2
        } else {
            1
        }
    };
    let name = |key: &str| LayerName(key.to_owned());
    part(a).cmp(&part(b)).then_with(|| name(a).cmp(&name(b)))
}

impl WeightMatrix {
    /// The tensor of a checkpoint as a matrix, where it is one.
    fn of(tensor: &Arc<Tensor>) -> Option<Self> {
        let words = words(&tensor.key);
        let last = words.last().map_or("", String::as_str);
        let has_snapshots = tensor.snapshot_axis() == Some(0);
        let sides = &tensor.shape[usize::from(has_snapshots)..];
        let is_named_otherwise = tensor.axes.as_deref().is_some_and(|axes| {
            let of_matrix = &axes[usize::from(has_snapshots)..];
            of_matrix != WANTED_AXES && of_matrix != ["row", "dimension"]
        });
        if is_named_otherwise
            || NOT_MATRICES.contains(&last)
            || !is_real(tensor.dtype)
            || tensor.elements() == 0
        {
            return None;
        }
        let (row_axes, flattened) = match sides.len() {
            2 => (1, false),
            // Flax keeps height, width, inputs, outputs; others outputs, inputs, height, width.
            4 if last == "kernel" => (3, true),
            4 => (1, true),
            _ => return None,
        };
        let (rows, columns) = sides.split_at(row_axes);
        Some(Self {
            tensor: Arc::clone(tensor),
            shape: [rows.iter().product(), columns.iter().product()],
            flattened,
            row_axes,
            has_snapshots,
        })
    }

    /// Its key without what every key of a weight ends with.
    pub(super) fn name(&self) -> String {
        let key = &*self.tensor.key;
        let short = key.strip_suffix(".weight").or(key.strip_suffix("/kernel"));
        short.unwrap_or(key).to_owned()
    }

    /// Index and step of each snapshot.
    fn snapshots(&self) -> impl DoubleEndedIterator<Item = (usize, f64)> {
        let count = if self.has_snapshots {
            self.tensor.shape[0]
        } else {
            0
        };
        (0..count).map(|index| (index, step_of_snapshot(&self.tensor, index)))
    }

    /// The snapshot at the current step: the last one at or before it, otherwise the first. Within, `None` where
    /// there is only one state; without, where no snapshot is within the chosen steps.
    pub(super) fn snapshot(&self, settings: &ViewSettings) -> Option<Option<(usize, f64)>> {
        if !self.has_snapshots {
            return Some(None);
        }
        let drawn = || {
            self.snapshots()
                .filter(|(_, step)| settings.draws_step(*step))
        };
        let reached = drawn().rfind(|(_, step)| settings.has_reached(*step));
        reached.or_else(|| drawn().next()).map(Some)
    }

    /// Its state at a snapshot.
    pub(super) fn at(&self, snapshot: Option<usize>) -> SnapshotMatrix<'_> {
        SnapshotMatrix {
            matrix: self,
            snapshot,
        }
    }

    /// The file that it is read from at a snapshot.
    pub(super) fn file_text(&self, run: &Run, snapshot: Option<(usize, f64)>) -> String {
        let first = &self.tensor.path;
        let parts = self.tensor.parts.len();
        let Some((index, _)) = snapshot.filter(|_| parts > 1) else {
            return run.path_text(first);
        };
        // A tensor names only its first file: the others differ from it in a number.
        let without_digits = |path: &Path| -> String {
            let text = path.to_string_lossy();
            text.chars().filter(|c| !c.is_ascii_digit()).collect()
        };
        let pattern = without_digits(first);
        let mut files: Vec<String> = run
            .sources
            .iter()
            .filter(|source| without_digits(&source.path) == pattern)
            .map(|source| run.path_text(&source.path))
            .collect();
        files.sort_by(|a, b| natural_cmp(a, b));
        files.dedup();
        if files.len() == parts {
            files.swap_remove(index)
        } else {
            format!("{} and {} more", run.path_text(first), parts - 1)
        }
    }
}

/// A matrix at a snapshot.
pub(super) struct SnapshotMatrix<'a> {
    matrix: &'a WeightMatrix,
    snapshot: Option<usize>,
}

impl SnapshotMatrix<'_> {
    fn sides(&self) -> &[usize] {
        &self.matrix.tensor.shape[usize::from(self.matrix.has_snapshots)..]
    }

    /// Rows that an index of the first axis has, and columns that one of the first axis of columns has.
    fn together(&self) -> [usize; 2] {
        let (rows, columns) = self.sides().split_at(self.matrix.row_axes);
        [rows, columns].map(|axes| axes[1..].iter().product())
    }
}

impl ReadBlocks for SnapshotMatrix<'_> {
    fn shape(&self) -> [usize; 2] {
        self.matrix.shape
    }

    fn rows_together(&self) -> usize {
        self.together()[0]
    }

    fn columns_together(&self) -> usize {
        self.together()[1]
    }

    fn read(&self, rows: Range<usize>, columns: Range<usize>) -> Result<Array2<f64>, String> {
        let shape = (rows.len(), columns.len());
        let mut ranges: Vec<Range<usize>> = self.sides().iter().map(|len| 0..*len).collect();
        for (axis, block, together) in [
            (0, rows, self.rows_together()),
            (self.matrix.row_axes, columns, self.columns_together()),
        ] {
            ranges[axis] = block.start / together..block.end / together;
        }
        if let Some(snapshot) = self.snapshot {
            ranges.insert(0, snapshot..snapshot + 1);
        }
        let values = self.matrix.tensor.read_f64(&ranges);
        let values = values.map_err(|error| error.to_string())?;
        Array2::from_shape_vec(shape, values).map_err(|error| error.to_string())
    }
}
