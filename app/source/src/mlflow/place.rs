//! The files of a run and what their paths say.

use std::path::Path;

use crate::{limits, regular_file};

/// Describes a run, or an experiment.
pub(super) const META: &str = "meta.yaml";
const METRICS: &str = "metrics";

/// Largest size of `meta.yaml` and of a parameter; MLflow limits a parameter to 6000 characters.
pub(super) const MAX_BYTES: u64 = limits::MLFLOW_VALUE.bytes;

/// The run's folder of a metric file: the one above `metrics`. A key with slashes may contain another
/// `metrics`, and so may the path of the store.
pub(super) fn run_of_metric(path: &Path) -> Option<&Path> {
    let mut candidates = path
        .ancestors()
        .skip(1)
        .filter(|folder| folder.file_name().is_some_and(|name| name == METRICS))
        .filter_map(Path::parent)
        .peekable();
    let nearest = *candidates.peek()?;
    let named_like_run = candidates.find(|folder| is_run_name(folder));
    Some(named_like_run.unwrap_or(nearest))
}

/// The metric's key: the path below `metrics`.
pub(super) fn key_of_metric(path: &Path) -> Option<String> {
    let relative = path.strip_prefix(run_of_metric(path)?.join(METRICS)).ok()?;
    let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
    Some(parts.join("/"))
}

/// True if the folder is named by a run's id.
fn is_run_name(folder: &Path) -> bool {
    folder.file_name().is_some_and(|name| {
        let name = name.as_encoded_bytes();
        name.len() == 32 && name.iter().all(u8::is_ascii_hexdigit)
    })
}

/// True if `meta.yaml` is that of a run, not that of an experiment or a model.
pub(super) fn describes_run(text: &str) -> bool {
    let has = |key: &str| text.lines().any(|line| line.starts_with(key));
    (has("run_id:") || has("run_uuid:")) && has("lifecycle_stage:")
}

/// True if the run with this `meta.yaml` was deleted: MLflow keeps its files.
pub(super) fn is_deleted(text: &str) -> bool {
    text.lines()
        .filter_map(|line| line.strip_prefix("lifecycle_stage:"))
        .any(|stage| stage.trim() == "deleted")
}

/// The text of a small file.
pub(super) fn read_small(path: &Path) -> Option<String> {
    let is_small = path
        .metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.len() <= MAX_BYTES);
    is_small.then(|| regular_file::read_to_string(path).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_paths_below_metrics() {
        let id = "26df4d45aa134dcaaef9e42ba1818e3d";
        for (path, run, key) in [
            (
                format!("/a/1/{id}/metrics/loss"),
                format!("/a/1/{id}"),
                "loss",
            ),
            (
                format!("/metrics/x/{id}/metrics/eval/metrics/f 1"),
                format!("/metrics/x/{id}"),
                "eval/metrics/f 1",
            ),
            (
                "/b/renamed/metrics/a/b".to_owned(),
                "/b/renamed".to_owned(),
                "a/b",
            ),
        ] {
            let path = Path::new(&path);
            assert_eq!(run_of_metric(path), Some(Path::new(&run)));
            assert_eq!(key_of_metric(path).as_deref(), Some(key));
        }
        assert_eq!(run_of_metric(Path::new("/a/loss")), None);
    }

    #[test]
    fn a_run_is_told_from_an_experiment() {
        assert!(describes_run("lifecycle_stage: active\nrun_id: a\n"));
        assert!(!describes_run(
            "experiment_id: '0'\nlifecycle_stage: active\n"
        ));
        assert!(is_deleted("lifecycle_stage: deleted\n"));
        assert!(!is_deleted("lifecycle_stage: active\nname: deleted\n"));
    }
}
