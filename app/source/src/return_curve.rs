//! Curves that are saved as one array of numbers a file: the evaluations of TD3 and its many descendants,
//! `TD3_Hopper-v2_0.npy`, and lists of returns or losses.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use trainscape_run::{Dtype, Point, Step, Tensor};

use crate::{
    arrays::open_array,
    curve_names::{CurveName, UNNAMED, states_settings},
    first_rows::FirstRows,
    grouping::{FolderFile, LogFiles, one_run_per_file},
    limits,
    log_format::{Detection, LogFormat},
    parse::FatalError,
    reader::{Reader, WholeReader},
    sample::Sample,
    statistics::ReadStatistics,
    store::Store,
};

/// `TD3_Hopper-v2_0.npy`, `train_loss.npy`.
pub(crate) static RETURN_CURVE: ReturnCurve = ReturnCurve;

#[derive(Debug)]
pub(crate) struct ReturnCurve;

/// Longer curves are data.
const MAX_POINTS: usize = limits::RETURN_CURVE.items;
/// Other arrays of a folder that are examined.
const MAX_BESIDE: usize = 16;
/// Lists of a sweep whose names do not say what they measure: shorter ones are settings, longer ones data.
const LEN_IN_SWEEP: std::ops::RangeInclusive<usize> = 10..=100_000;
/// Lists that make a sweep.
const FEWEST_OF_SWEEP: usize = 3;
/// How a list whose name is not that of its values is read.
const OF_SETTINGS: &str =
    "the file's name states settings and not what its numbers are: they are `values`";

impl LogFormat for ReturnCurve {
    fn name(&self) -> &'static str {
        "npy_curve"
    }

    fn title(&self) -> &'static str {
        "NumPy curve"
    }

    fn rank(&self) -> u8 {
        28
    }

    /// The file is one of arrays, too: see [`LogFormat::detect_in_arrays`].
    fn detect(&self, _sample: &Sample<'_>) -> Detection {
        Detection::No
    }

    fn detect_in_arrays(&self, path: &Path) -> Detection {
        let key = key_of(path).filter(|_| curve(path).is_some() && is_among_curves(path));
        match key
            .map(|name| name.key)
            .or_else(|| is_of_sweep(path).then(|| UNNAMED.to_owned()))
        {
            Some(key) => Detection::Log(FirstRows::of_keys(vec![key])),
            None => Detection::No,
        }
    }

    fn reader(&self, _path: &Path) -> Reader {
        Reader::Whole(Box::<CurveReader>::default())
    }

    fn group(&self, _folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
        let names: Vec<Option<CurveName>> = files.iter().map(|file| key_of(file.path)).collect();
        let keys: BTreeSet<Option<&str>> = names
            .iter()
            .map(|name| Some(&*name.as_ref()?.key))
            .collect();
        // Lists of one quantity are of several trainings; several quantities with one label are of one.
        if keys.len() < 2 {
            return one_run_per_file(files);
        }
        let trainings: BTreeSet<&str> =
            names.iter().flatten().map(|name| &*name.training).collect();
        let of_names = files.iter().zip(&names).map(|(file, name)| match name {
            Some(name) if trainings.len() > 1 && !name.training.is_empty() => LogFiles {
                run: Some(name.training.clone()),
                ..LogFiles::of_one_file(file)
            },
            Some(_) => LogFiles::of_one_file(file),
            None => LogFiles::separate(file),
        });
        of_names.collect()
    }
}

/// What the name of a file says, if that is a quantity of a training.
fn key_of(path: &Path) -> Option<CurveName> {
    match path.extension()? == "npy" {
        true => CurveName::of(&path.file_stem()?.to_string_lossy()),
        false => None,
    }
}

/// The numbers of a file, if they are one list of a plausible length.
fn curve(path: &Path) -> Option<Tensor> {
    let [tensor] = <[Tensor; 1]>::try_from(open_array(path).ok()?).ok()?;
    let is_curve = matches!(*tensor.shape, [len] if (2..=MAX_POINTS).contains(&len));
    is_curve.then_some(tensor)
}

/// The arrays in the folder of a file, as many as are examined.
fn arrays_beside(path: &Path) -> Vec<PathBuf> {
    let Some(Ok(entries)) = path.parent().map(fs::read_dir) else {
        return Vec::new();
    };
    let arrays = entries.flatten().map(|entry| entry.path()).filter(|path| {
        let ending = path.extension().unwrap_or_default();
        ["npy", "npz", "safetensors", "h5"]
            .iter()
            .any(|array| ending == *array)
    });
    arrays.take(MAX_BESIDE).collect()
}

/// True if the arrays beside a file are lists, too: among weights and matrices, a list is a part of them.
fn is_among_curves(path: &Path) -> bool {
    arrays_beside(path)
        .iter()
        .all(|path| path.extension().is_some_and(|ending| ending == "npy") && curve(path).is_some())
}

/// True for a list of fractions in a folder of such lists, most of which are named after settings of trainings.
fn is_of_sweep(path: &Path) -> bool {
    let is_result = |path: &Path| {
        let tensor = curve(path);
        tensor.is_some_and(|tensor| {
            matches!(tensor.dtype, Dtype::F16 | Dtype::F32 | Dtype::F64)
                && LEN_IN_SWEEP.contains(&tensor.shape[0])
        })
    };
    let is_named = |path: &Path| {
        let stem = path.file_stem().unwrap_or_default();
        states_settings(&stem.to_string_lossy())
    };
    if path.extension().is_none_or(|ending| ending != "npy") || !is_result(path) {
        return false;
    }
    let beside = arrays_beside(path);
    let named = beside.iter().filter(|path| is_named(path)).count();
    named >= FEWEST_OF_SWEEP
        && named * 2 > beside.len()
        && beside.iter().all(|path| is_result(path))
}

#[derive(Debug, Default)]
struct CurveReader {
    is_unnamed: bool,
}

impl WholeReader for CurveReader {
    fn read(
        &mut self,
        path: &Path,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> Result<(), FatalError> {
        let Some(tensor) = curve(path) else {
            return Err(FatalError(
                "it holds no list of numbers any more".to_owned(),
            ));
        };
        let name = key_of(path).map(|name| name.key);
        self.is_unnamed = name.is_none();
        let key = name.unwrap_or_else(|| UNNAMED.to_owned());
        let all: Vec<_> = tensor.shape.iter().map(|&len| 0..len).collect();
        let values = tensor.read_f64(&all);
        let values = values.map_err(|error| FatalError(error.to_string()))?;
        for (row, value) in values.iter().enumerate() {
            store.add_point(
                &key,
                Point {
                    step: Step::Int(row as i64),
                    wall_time_secs: None,
                    value: *value,
                },
            );
        }
        statistics.records = values.len() as u64;
        Ok(())
    }

    fn note(&self) -> Option<&str> {
        self.is_unnamed.then_some(OF_SETTINGS)
    }
}
