//! Curves that are saved as one array of numbers a file: the evaluations of TD3 and its many descendants,
//! `TD3_Hopper-v2_0.npy`, and lists of returns or losses.

use std::{fs, path::Path, sync::LazyLock};

use regex::Regex;
use trainscape_run::{Point, Step, Tensor};

use crate::{
    arrays::open_array,
    first_rows::FirstRows,
    grouping::{FolderFile, LogFiles, one_run_per_file},
    limits,
    log_format::{Detection, LogFormat},
    parse::FatalError,
    reader::{Reader, WholeReader},
    sample::Sample,
    statistics::ReadStatistics,
    store::Store,
    text_log::is_training_key,
};

/// `TD3_Hopper-v2_0.npy`, `train_loss.npy`.
pub(crate) static RETURN_CURVE: ReturnCurve = ReturnCurve;

#[derive(Debug)]
pub(crate) struct ReturnCurve;

/// Longer curves are data.
const MAX_POINTS: usize = limits::RETURN_CURVE.items;
/// Other arrays of a folder that are examined.
const MAX_BESIDE: usize = 16;
/// What a curve of a policy in an environment holds.
const RETURN: &str = "return";

/// The name of an environment of Gym and the number of a repetition.
static OF_ENVIRONMENT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^[A-Za-z].*-v\d+_\d+$").ok());

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
        match key {
            Some(key) => Detection::Log(FirstRows::of_keys(vec![key])),
            None => Detection::No,
        }
    }

    fn reader(&self, _path: &Path) -> Reader {
        Reader::Whole(Box::new(CurveReader))
    }

    fn group(&self, _folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
        one_run_per_file(files)
    }
}

/// The key of a curve, if the name says that the array is one.
fn key_of(path: &Path) -> Option<String> {
    let stem = path.file_stem()?.to_string_lossy();
    if path.extension().is_none_or(|ending| ending != "npy") {
        return None;
    }
    if OF_ENVIRONMENT.as_ref()?.is_match(&stem) {
        return Some(RETURN.to_owned());
    }
    // `rewards_seed3`, `loss_1`
    let word = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    let word = word
        .trim_end_matches("seed")
        .trim_end_matches(['_', '-', '.']);
    is_training_key(word).then(|| word.to_owned())
}

/// The numbers of a file, if they are one list of a plausible length.
fn curve(path: &Path) -> Option<Tensor> {
    let [tensor] = <[Tensor; 1]>::try_from(open_array(path).ok()?).ok()?;
    let is_curve = matches!(*tensor.shape, [len] if (2..=MAX_POINTS).contains(&len));
    is_curve.then_some(tensor)
}

/// True if the arrays beside a file are lists, too: among weights and matrices, a list is a part of them.
fn is_among_curves(path: &Path) -> bool {
    let Some(Ok(entries)) = path.parent().map(fs::read_dir) else {
        return false;
    };
    let arrays = entries.flatten().map(|entry| entry.path()).filter(|path| {
        let ending = path.extension().unwrap_or_default();
        ["npy", "npz", "safetensors", "h5"]
            .iter()
            .any(|array| ending == *array)
    });
    arrays.take(MAX_BESIDE).all(|path| {
        path.extension().is_some_and(|ending| ending == "npy") && curve(&path).is_some()
    })
}

#[derive(Debug)]
struct CurveReader;

impl WholeReader for CurveReader {
    fn read(
        &mut self,
        path: &Path,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> Result<(), FatalError> {
        let (Some(key), Some(tensor)) = (key_of(path), curve(path)) else {
            return Err(FatalError(
                "it holds no list of numbers any more".to_owned(),
            ));
        };
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_curves() {
        for (name, key) in [
            ("TD3_Hopper-v2_0.npy", Some("return")),
            ("rewards_seed3.npy", Some("rewards")),
            ("train_loss.npy", Some("train_loss")),
            ("embeddings.npy", None),
            ("Hopper-v2.npy", None),
            ("loss.npz", None),
        ] {
            assert_eq!(key_of(Path::new(name)).as_deref(), key, "{name}");
        }
    }
}
