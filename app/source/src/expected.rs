//! What a file is read as, from its name alone: what is brought from elsewhere is chosen by it.

use std::path::Path;

use crate::{
    arrays::{format_of_name, is_label_name, may_be_read_by_ranges},
    detect::has_other_ending,
    discover::{is_of_mlflow_run, is_settings_name, is_skipped_folder},
    unread::{looks_like_log, why_unread},
};

/// What a file of some name is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A log, a configuration or a file of labels.
    Log,
    /// Arrays, or a figure.
    Array,
    /// Arrays of a format of which only what is drawn is read.
    ArrayByRanges,
    /// Arrays of such a format, or nothing, as its content tells.
    ArrayByContent,
    /// Only its content can tell.
    Unknown,
    /// It looks like one of these and is not read: what it looks like, and why.
    Unread(&'static str, &'static str),
    /// It is never read.
    Nothing,
}

/// What the file at `path`, relative to an opened folder, is read as.
#[must_use]
pub fn expected_content(path: &Path) -> Expected {
    let names: Vec<String> = path
        .iter()
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    let Some((name, folders)) = names.split_last() else {
        return Expected::Nothing;
    };
    if name.starts_with('.') || folders.iter().any(|folder| !is_entered(folder)) {
        return Expected::Nothing;
    }
    if folders
        .windows(2)
        .any(|pair| is_of_mlflow_run(&pair[0], &pair[1]))
    {
        return Expected::Nothing;
    }
    if let Some(format) = format_of_name(path) {
        return match format.reads_ranges() {
            true => Expected::ArrayByRanges,
            false => Expected::Array,
        };
    }
    if is_settings_name(name) || is_label_name(name) || looks_like_log(name) {
        return Expected::Log;
    }
    if may_be_read_by_ranges(path) {
        return Expected::ArrayByContent;
    }
    if let Some((kind, why)) = why_unread(path) {
        return Expected::Unread(kind, why);
    }
    match has_other_ending(name) {
        true => Expected::Nothing,
        false => Expected::Unknown,
    }
}

/// Whether a folder of this name is searched in any place: W&B keeps figures in `media`.
#[must_use]
pub fn is_entered(folder: &str) -> bool {
    !folder.starts_with('.') && (folder == "media" || !is_skipped_folder(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_what_is_brought() {
        for (path, expected) in [
            ("metrics.jsonl", Expected::Log),
            ("a/events.out.tfevents.1.host", Expected::Log),
            ("wandb/run-1/run-1.wandb", Expected::Log),
            ("config.yaml", Expected::Log),
            ("mlruns/0/1/metrics/loss", Expected::Unknown),
            ("mlflow.db-wal", Expected::Unknown),
            ("landscape.npz", Expected::ArrayByRanges),
            ("snapshots/step-1/w.safetensors", Expected::ArrayByRanges),
            ("step-1/w.pt", Expected::ArrayByRanges),
            ("pytorch_model.bin", Expected::ArrayByContent),
            ("last.ckpt", Expected::ArrayByContent),
            ("optimizer.bin", Expected::Nothing),
            ("files/media/plotly/a_1_b.plotly.json", Expected::Array),
            ("artifacts/logs/events.out.tfevents.1.host", Expected::Log),
            (
                "mlruns/0/0123456789abcdef0123456789abcdef/artifacts/w.npy",
                Expected::Nothing,
            ),
            ("sample.png", Expected::Nothing),
            ("train.py", Expected::Nothing),
            ("node_modules/x/package.json", Expected::Nothing),
            (".git/logs/HEAD.log", Expected::Nothing),
            (".hidden.csv", Expected::Nothing),
        ] {
            assert_eq!(expected_content(Path::new(path)), expected, "{path}");
        }
        let pickle = expected_content(Path::new("state.pkl"));
        assert!(matches!(pickle, Expected::Unread("array", _)));
    }
}
