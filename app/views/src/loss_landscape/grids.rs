//! Which arrays are grids or profiles of losses, and where their coordinates are. Looks at names and shapes only.

use std::{collections::HashMap, path::Path, sync::Arc};

use trainscape_run::{ArrayKind, Run, SourceContent, Tensor};

use super::options::GRID;
use crate::{NotAvailable, Remedy, ViewSettings, tensors::shape_text};
use trainscape_expression::nearest_name;

pub(super) const NEEDS: &str = "needs a grid of losses around trained weights: an array (npy, npz, HDF5 of the \
    loss-landscape tool, or CSV without a header) with two axes whose name contains `loss` or `landscape`, or with \
    coordinate arrays in the same file or folder (`alpha` and `beta`, `xcoordinates` and `ycoordinates`)";

const X_NAMES: &[&str] = &[
    "xcoordinates",
    "x_coordinates",
    "xcoords",
    "x_coords",
    "xcoord",
    "alpha",
    "alphas",
    "xs",
    "x",
    "x_grid",
];
const Y_NAMES: &[&str] = &[
    "ycoordinates",
    "y_coordinates",
    "ycoords",
    "y_coords",
    "ycoord",
    "beta",
    "betas",
    "ys",
    "y",
    "y_grid",
];
const TRAJECTORY_NAMES: &[&str] = &[
    "trajectory",
    "traj",
    "path",
    "optimizer_path",
    "optimiser_path",
    "projected_path",
    "optim_path",
];

/// Characters of an axis' title.
const LONGEST_TITLE: usize = 20;

/// A grid no larger than this is read whole.
const MAX_ELEMENTS: usize = 16 << 20;

/// What the values of a grid are, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ValueKind {
    Loss,
    Error,
    /// Higher is better.
    Accuracy,
}

/// A grid (two axes) or a profile (one) of losses, with its coordinates.
#[derive(Clone, Debug)]
pub(super) struct FoundGrid {
    pub(super) run: Arc<Run>,
    pub(super) tensor: Arc<Tensor>,
    pub(super) kind: ValueKind,
    pub(super) x: Option<Arc<Tensor>>,
    pub(super) y: Option<Arc<Tensor>>,
    /// Smaller is shown first.
    rank: u32,
}

impl FoundGrid {
    pub(super) fn is_grid(&self) -> bool {
        self.tensor.shape.len() == 2
    }

    /// What an axis calls the values: a name as long as a file's leaves no room for the picture.
    pub(super) fn value_title(&self) -> &str {
        let name = self.own_name();
        if name.chars().count() <= LONGEST_TITLE {
            return name;
        }
        match self.kind {
            ValueKind::Loss => "loss",
            ValueKind::Error => "error",
            ValueKind::Accuracy => "accuracy",
        }
    }

    /// Name of the array's file, without its folders.
    pub(super) fn file_name(&self) -> String {
        let name = self.tensor.path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// The array's file, and that a mapping says what the array is where one does.
    pub(super) fn origin_text(&self) -> String {
        match self.run.array_kinds.get(&self.tensor.key) {
            Some(kind) => format!("{}, mapped to {}", self.file_name(), kind.name()),
            None => self.file_name(),
        }
    }

    /// The array's name without its file.
    pub(super) fn own_name(&self) -> &str {
        own_name(&self.tensor.key)
    }
}

/// All grids and profiles of the drawn runs; grids and what is shown first come first within each run.
pub(super) fn all(runs: &[Arc<Run>], settings: &ViewSettings) -> Vec<FoundGrid> {
    let mut all = Vec::new();
    for run in runs.iter().filter(|run| settings.draws_run(&run.id)) {
        let companions = Companions::of_run(run);
        let mut of_run: Vec<FoundGrid> = run
            .tensors
            .values()
            .filter_map(|tensor| found(run, &companions, tensor, false))
            .collect();
        of_run.sort_by_key(|found| (!found.is_grid(), found.rank));
        all.extend(of_run);
    }
    all
}

/// The grid (or profile) that the settings name, otherwise the first.
pub(super) fn choose(
    runs: &[Arc<Run>],
    settings: &ViewSettings,
) -> Result<FoundGrid, NotAvailable> {
    let drawn = || runs.iter().filter(|run| settings.draws_run(&run.id));
    if let Some(key) = settings.text(&GRID) {
        let with_key = drawn().find_map(|run| Some((run, run.tensors.get(key)?)));
        let Some((run, tensor)) = with_key else {
            let mut known: Vec<&str> = drawn()
                .flat_map(|run| run.tensors.keys().map(|key| &**key))
                .collect();
            known.dedup();
            let hint = match nearest_name(key, known.iter().copied()) {
                Some(near) => format!("; did you mean `{near}`?"),
                None => String::new(),
            };
            return Err(NotAvailable::new(format!(
                "no array is called `{key}`{hint}"
            )));
        };
        return found(run, &Companions::of_run(run), tensor, true).ok_or_else(|| {
            NotAvailable::new(format!(
                "`{key}` is {}, but a landscape needs two axes of at least two points (or one axis with coordinates)",
                shape_text(tensor)
            ))
        });
    }
    let all = all(runs, settings);
    let grid = all.iter().find(|found| found.is_grid());
    grid.or(all.first()).cloned().ok_or_else(|| {
        let mut tensors = drawn().flat_map(|run| run.tensors.values());
        let is_landscape = |tensor: &&Arc<Tensor>| {
            tensor.axes.is_none() && may_be_points(tensor) && kind_of(own_name(&tensor.key)).is_some()
        };
        if let Some(points) = tensors.find(is_landscape) {
            return NotAvailable::new(format!(
                "`{}` ({}) seems to be rows of x, y and loss: save them as CSV with a row for each x with each y, or save \
                 the losses as a matrix; if it is a matrix, choose it with `--grid {}`",
                points.key,
                shape_text(points),
                points.key
            ));
        }
        let candidate = drawn().flat_map(|run| run.tensors.values()).find(|tensor| {
            tensor.shape.len() == 2
                && tensor.axes.is_none()
                && tensor.shape.iter().all(|&len| len > 2)
        });
        let hint = candidate.map_or_else(String::new, |tensor| {
            format!(
                "; if `{}` ({}) is one, choose it with `--grid {}`",
                tensor.key,
                shape_text(tensor),
                tensor.key
            )
        });
        NotAvailable::new(format!("{NEEDS}{hint}")).remedied_by(Remedy::OpenFolder)
    })
}

/// The grid or profile that an array is, by its name and the other arrays of its file; a `chosen` array always is one.
fn found(
    run: &Arc<Run>,
    companions: &Companions<'_>,
    tensor: &Arc<Tensor>,
    chosen: bool,
) -> Option<FoundGrid> {
    let rank = tensor.shape.len();
    let long_enough = tensor.shape.iter().all(|&len| len >= 2) && tensor.elements() <= MAX_ELEMENTS;
    let snapshots = tensor.steps.is_some() || tensor.axis("snapshot").is_some();
    if !(1..=2).contains(&rank) || !long_enough || (snapshots && !chosen) {
        return None;
    }
    let name = own_name(&tensor.key).to_lowercase();
    let mapped = run.array_kinds.get(&tensor.key).copied();
    let chosen = chosen || mapped == Some(ArrayKind::Landscape);
    if !chosen && (is_coordinate(&name) || mapped.is_some()) {
        return None;
    }
    let kind = kind_of(&name);
    let in_file = kind.or_else(|| {
        let stem = tensor.path.file_stem()?.to_string_lossy().to_lowercase();
        words(&stem)
            .any(|word| word == "landscape")
            .then_some(ValueKind::Loss)
    });
    let beside = companions.beside(run, tensor);
    let (columns, rows) = match *tensor.shape {
        [rows, columns] => (columns, rows),
        _ => (tensor.shape[0], 0),
    };
    let coordinate = |kind: ArrayKind, names: &[&'static str], lengths: [usize; 2]| {
        let mapped = [kind.name()];
        let names = match beside.mapped.contains(&kind) {
            true => &mapped[..],
            false => names,
        };
        names.iter().find_map(|name| {
            let mut named = beside.coordinates.get(name)?.iter();
            let found = named.find(|other| {
                other.key != tensor.key
                    && (other.shape == tensor.shape && rank == 2
                        || matches!(*other.shape, [len] if lengths.contains(&len)))
            })?;
            Some(Arc::clone(found))
        })
    };
    let x = coordinate(
        ArrayKind::X,
        X_NAMES,
        [columns, if rank == 2 { rows } else { columns }],
    );
    let y = if rank == 2 {
        coordinate(ArrayKind::Y, Y_NAMES, [rows, columns])
    } else {
        None
    };
    let is_landscape = match rank {
        // A layer of a model that predicts a loss.
        _ if is_parameter(&name) => false,
        2 if x.is_none() && may_be_points(tensor) => false,
        2 => in_file.is_some() || (x.is_some() && y.is_some() && beside.arrays <= 13),
        _ => kind.is_some() && x.is_some(),
    };
    if !is_landscape && !chosen {
        return None;
    }
    let kind = in_file.unwrap_or(ValueKind::Loss);
    let held_out =
        words(&name).any(|word| matches!(word, "test" | "val" | "eval" | "valid" | "validation"));
    let without_coordinates = x.is_none();
    Some(FoundGrid {
        run: Arc::clone(run),
        tensor: Arc::clone(tensor),
        kind,
        x,
        y,
        rank: match mapped {
            Some(_) => 0,
            None => {
                1 + u32::from(without_coordinates) * 100 + kind as u32 * 10 + u32::from(held_out)
            }
        },
    })
}

/// True if an array may be rows of x, y and loss: its columns are no row of a surface.
fn may_be_points(tensor: &Tensor) -> bool {
    matches!(*tensor.shape, [rows, 3] if rows > 3)
}

/// The arrays of one file or folder.
#[derive(Default)]
struct Beside<'a> {
    /// Number of arrays.
    arrays: usize,
    /// Those that are named like coordinates, by that name.
    coordinates: HashMap<&'static str, Vec<&'a Arc<Tensor>>>,
    /// Which coordinates a mapping names; these are under the names of their kinds.
    mapped: Vec<ArrayKind>,
}

/// The arrays of a run by file and by folder, so that those of one array are found without a look at all.
#[derive(Default)]
struct Companions<'a> {
    by_file: HashMap<&'a Path, Beside<'a>>,
    by_folder: HashMap<&'a Path, Beside<'a>>,
}

impl<'a> Companions<'a> {
    fn of_run(run: &'a Run) -> Self {
        let mut companions = Self::default();
        for tensor in run.tensors.values() {
            let name = own_name(&tensor.key).to_lowercase();
            let kind = run.array_kinds.get(&tensor.key).copied();
            let mapped = kind.filter(|kind| matches!(kind, ArrayKind::X | ArrayKind::Y));
            let of_names = X_NAMES.iter().chain(Y_NAMES).copied();
            let name = match mapped {
                Some(kind) => Some(kind.name()),
                None => of_names.into_iter().find(|known| *known == name),
            };
            let of_file = companions.by_file.entry(&tensor.path).or_default();
            let of_folder = companions.by_folder.entry(folder(tensor)).or_default();
            for beside in [of_file, of_folder] {
                beside.arrays += 1;
                beside.mapped.extend(mapped);
                if let Some(name) = name {
                    beside.coordinates.entry(name).or_default().push(tensor);
                }
            }
        }
        companions
    }

    /// The arrays of the same file; of the same folder where each file holds one array only.
    fn beside(&self, run: &Run, tensor: &Tensor) -> &Beside<'a> {
        let source = run.sources.get(tensor.source);
        let alone = source.is_some_and(|source| source.format.content == SourceContent::OneArray);
        match alone {
            true => &self.by_folder[folder(tensor)],
            false => &self.by_file[tensor.path.as_path()],
        }
    }
}

fn folder(tensor: &Tensor) -> &Path {
    tensor.path.parent().unwrap_or(Path::new(""))
}

/// The arrays that hold the optimiser's path: x and y, or both in one.
pub(super) fn trajectory(found: &FoundGrid) -> Option<Vec<Arc<Tensor>>> {
    let run = &found.run;
    let folder = found.tensor.path.parent();
    let near = |tensor: &Tensor| {
        if tensor.path == found.tensor.path {
            0
        } else {
            1 + usize::from(tensor.path.parent() != folder)
        }
    };
    let mut candidates: Vec<&Arc<Tensor>> = run.tensors.values().collect();
    candidates.sort_by_key(|tensor| near(tensor));
    let candidates: Vec<&Arc<Tensor>> = candidates
        .into_iter()
        .filter(|tensor| near(tensor) < 2)
        .collect();
    let named = |name: &str, path: Option<&Path>| {
        candidates.iter().find(|tensor| {
            own_name(&tensor.key) == name
                && tensor.shape.len() == 1
                && path.is_none_or(|path| tensor.path == path)
        })
    };
    if let Some(x) = named("proj_xcoord", None)
        && let Some(y) = named("proj_ycoord", Some(&x.path))
        && x.shape == y.shape
    {
        return Some(vec![Arc::clone(x), Arc::clone(y)]);
    }
    let is_mapped =
        |tensor: &&&Arc<Tensor>| run.array_kinds.get(&tensor.key) == Some(&ArrayKind::Trajectory);
    if let Some(path) = candidates.iter().find(is_mapped) {
        return Some(vec![Arc::clone(path)]);
    }
    candidates
        .iter()
        .find(|tensor| {
            TRAJECTORY_NAMES.contains(&&*own_name(&tensor.key).to_lowercase())
                && matches!(*tensor.shape, [_, 2] | [_, 3])
        })
        .map(|tensor| vec![Arc::clone(tensor)])
}

fn is_coordinate(name: &str) -> bool {
    X_NAMES.contains(&name)
        || Y_NAMES.contains(&name)
        || name.starts_with("proj_")
        || TRAJECTORY_NAMES.contains(&name)
}

pub(super) fn own_name(key: &str) -> &str {
    key.rsplit('/').next().unwrap_or(key)
}

/// Whether an array is a parameter of a model by its name.
fn is_parameter(name: &str) -> bool {
    const PARAMETERS: [&str; 8] = [
        "weight",
        "bias",
        "kernel",
        "gamma",
        "beta",
        "running_mean",
        "running_var",
        "in_proj_weight",
    ];
    let last = name.rsplit('.').next();
    last.is_some_and(|last| last != name && PARAMETERS.contains(&last))
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
}

fn kind_of(name: &str) -> Option<ValueKind> {
    let has = |known: &[&str]| words(name).any(|word| known.contains(&word));
    match () {
        () if has(&["loss", "losses", "landscape", "nll", "perplexity"]) => Some(ValueKind::Loss),
        () if has(&["err", "error", "errors"]) => Some(ValueKind::Error),
        () if has(&["acc", "accuracy", "accuracies"]) => Some(ValueKind::Accuracy),
        () => None,
    }
}
