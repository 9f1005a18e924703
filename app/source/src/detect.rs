//! Detecting the format of a file by its name and content.

use std::path::Path;

use regex::Regex;

use crate::{
    arrays::{ArrayFormat, array_format_of_content},
    encoding::without_compression,
    first_rows::FirstRows,
    formats::LOG_FORMATS,
    log_format::{Detection, LogFormat},
    rotation::name_of_log,
    sample::Sample,
};

/// The format of a file.
#[derive(Clone, Debug)]
pub(crate) enum Detected {
    /// A log.
    Log(&'static dyn LogFormat, FirstRows),
    /// A file of arrays whose name does not show that.
    Array(&'static dyn ArrayFormat),
    /// Not recognised yet: detect again when it has grown.
    NotYet,
    /// A pointer of Git LFS in the place of a file that would be one of these.
    Pointer,
    /// A file whose name says that it is something else.
    Known,
    /// Not recognised.
    Other,
}

/// How a pointer of Git LFS begins, and a size below which it stays.
const LFS_POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";
const MAX_POINTER: u64 = 1024;

/// Endings of files that are never logs, so that they are not opened.
const OTHER_ENDINGS: &[&str] = &[
    "pt", "pth", "ckpt", "bin", "pkl", "png", "jpg", "jpeg", "gif", "mp4", "wav", "zip", "tar",
    "py", "pyc", "ipynb", "yaml", "yml", "toml", "sh", "rs", "html", "pdf", "svg", "so", "onnx",
    "arrow", "lock", "patch",
];

/// Files that are known and no logs where their run has records.
const OF_RUNS: &[&str] = &["wandb-summary.json"];

/// Names of files that resemble logs.
const OTHER_NAMES: &[&str] = &[
    "training_status.json",
    "timers.json",
    "wandb-metadata.json",
    "package.json",
    "config.json",
    "package-lock.json",
    "tokenizer.json",
    "vocab.json",
    "generation_config.json",
    "adapter_config.json",
    "hparams.json",
    "args.json",
    "params.json",
    "requirements.txt",
    "metadata.tsv",
    "tensors.tsv",
    "special_tokens_map.json",
    "tokenizer_config.json",
];

/// Whether the ending of a name says that the file is never a log.
pub(crate) fn has_other_ending(name: &str) -> bool {
    let name = name.to_lowercase();
    let ending = without_compression(&name).rsplit_once('.');
    ending.is_some_and(|(_, ending)| OTHER_ENDINGS.contains(&ending))
}

/// Detects the format of the file at `path`, which has `len` bytes. The user's `pattern` of lines comes first.
pub(crate) fn detect(path: &Path, len: u64, pattern: Option<&Regex>) -> Detected {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    let name = name_of_log(&name).unwrap_or(name);
    if len < MAX_POINTER
        && Sample::read(path, &name, len)
            .text()
            .starts_with(LFS_POINTER)
    {
        return Detected::Pointer;
    }
    if let Some(pattern) = pattern {
        let sample = Sample::read(path, &name, len);
        for format in LOG_FORMATS {
            if let Detection::Log(first_rows) = format.detect_pattern(&sample, pattern) {
                return Detected::Log(*format, first_rows);
            }
        }
    }
    let of_place = LOG_FORMATS
        .iter()
        .find(|format| format.is_certain_from_place(path));
    let mut formats = LOG_FORMATS.iter();
    if let Some(format) =
        of_place.or_else(|| formats.find(|format| format.is_certain_from_name(&name)))
    {
        let first_rows = match format.detect(&Sample::read(path, &name, len)) {
            Detection::Log(first_rows) => first_rows,
            Detection::NotYet if format.waits_for_rows(path) => return Detected::NotYet,
            Detection::NotYet | Detection::No => FirstRows::default(),
        };
        return Detected::Log(*format, first_rows);
    }
    let plain = without_compression(&name);
    let extension = plain
        .rsplit_once('.')
        .map_or("", |(_, extension)| extension);
    if OTHER_NAMES.contains(&plain) {
        return Detected::Known;
    }
    if OTHER_ENDINGS.contains(&extension) {
        return Detected::Other;
    }
    let sample = Sample::read(path, &name, len);
    if let Some(format) = array_format_of_content(&sample) {
        return Detected::Array(format);
    }
    let mut detected = Detected::Other;
    for format in LOG_FORMATS {
        match format.detect(&sample) {
            Detection::Log(first_rows) => return Detected::Log(*format, first_rows),
            Detection::NotYet => detected = Detected::NotYet,
            Detection::No => {}
        }
    }
    match OF_RUNS.contains(&plain) {
        true => Detected::Known,
        false => detected,
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn detected(name: &str, content: &str) -> Detected {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        detect(&path, content.len() as u64, None)
    }

    fn format(name: &str, content: &str) -> Option<&'static str> {
        match detected(name, content) {
            Detected::Log(format, _) => Some(format.name()),
            Detected::Array(_)
            | Detected::NotYet
            | Detected::Pointer
            | Detected::Known
            | Detected::Other => None,
        }
    }

    #[test]
    fn logs_are_detected_by_their_content() {
        let jsonl = Some("jsonl");
        let csv = Some("csv");
        assert_eq!(
            format("metrics.jsonl", "{\"step\": 1, \"loss\": 2.0}\n"),
            jsonl
        );
        assert_eq!(
            format(
                "metrics.json",
                "{\"iteration\": 1, \"a\": NaN}\n{\"iteration\": 2}\n"
            ),
            jsonl
        );
        assert_eq!(
            format("log.txt", "{\"epoch\": 1, \"train_loss\": 2.0}\n"),
            jsonl
        );
        assert_eq!(format("any.csv", "step,a\n1,2\n"), csv);
        assert_eq!(format("any.csv", "epoch;loss\n1;0.5\n"), csv);
        assert_eq!(
            format("0.monitor.csv", "#{\"t_start\": 1.5}\nr,l,t\n1,2,3\n"),
            csv
        );
        assert_eq!(format("progress.txt", "Epoch\tAverageEpRet\n1\t2.0\n"), csv);
        assert_eq!(format("metrics.csv", ""), csv);
    }

    #[test]
    fn arrays_are_detected_by_their_content() {
        let array = |name: &str, content: &str| match detected(name, content) {
            Detected::Array(format) => Some(format.name()),
            _ => None,
        };
        let grid = "5.3,5.2,5.1\n1,2,3\n4,5,6\n";
        assert_eq!(array("loss.csv", grid), Some("csv"));
        assert_eq!(array("loss.tsv", &grid.replace(',', "\t")), Some("csv"));
        assert_eq!(array("notes.txt", "1 2 3\n"), None);
    }

    #[test]
    fn files_that_resemble_logs_are_not_recognised() {
        for (name, content) in [
            ("metrics.json", "{\"run_name\": \"x\", \"lines\": 8}"),
            ("results.json", "{\"seed\": 1, \"files\": {\"a\": 24.2}}"),
            ("data.json", "{\n \"step\": 1,\n \"loss\": 2\n}\n"),
            ("data.jsonl", "{\"text\": \"hello\", \"id\": 3}\n"),
            ("points.csv", "x,y,z\n1,2,3\n"),
            ("grid.csv", "5.3,5.2,5.1\n1,2,3\n"),
            ("words.tsv", "package\tsentence\npandas\tCalculate.\n"),
            ("config.json", "{\"step\": 1, \"loss\": 2}\n"),
            ("notes.txt", "step 1, loss 2\n"),
        ] {
            assert_eq!(format(name, content), None, "{name}");
        }
    }

    #[test]
    fn every_log_format_has_a_name_and_a_rank_of_its_own() {
        for (index, format) in LOG_FORMATS.iter().enumerate() {
            for other in &LOG_FORMATS[..index] {
                assert_ne!(format.name(), other.name());
                assert_ne!(format.rank(), other.rank(), "{}", format.name());
            }
        }
    }

    /// Files and folders beside logs that belong to them and are not logs.
    const SETTINGS: &[&str] = &["params", "tags", "params.yaml"];

    /// The files in `tests/data/logs`, with the name of their folder there: that of their format.
    fn samples() -> Vec<(String, PathBuf)> {
        let logs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/logs");
        let mut samples = Vec::new();
        let mut pending = vec![logs.clone()];
        while let Some(folder) = pending.pop() {
            for entry in std::fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                if SETTINGS.contains(&name.as_str()) {
                    continue;
                }
                if path.is_dir() {
                    pending.push(path);
                } else if let Some(format) = path.strip_prefix(&logs).unwrap().iter().next() {
                    samples.push((format.to_string_lossy().into_owned(), path));
                }
            }
        }
        samples
    }

    /// The formats that detect a file; one that is certain excludes the others.
    fn detecting(path: &Path, name: &str, sample: &Sample<'_>) -> Vec<&'static str> {
        let names = |detects: &dyn Fn(&dyn LogFormat) -> bool| -> Vec<&'static str> {
            let detecting = LOG_FORMATS.iter().filter(|format| detects(**format));
            detecting.map(|format| format.name()).collect()
        };
        let of_place = names(&|format| format.is_certain_from_place(path));
        if !of_place.is_empty() {
            return of_place;
        }
        names(&|format| {
            format.is_certain_from_name(name) || matches!(format.detect(sample), Detection::Log(_))
        })
    }

    /// Formats of which others are special cases.
    const GENERAL: [&str; 2] = ["csv", "json"];

    #[test]
    fn every_log_format_detects_its_samples_and_no_others() {
        let samples = samples();
        // Formats of files that are recognised as arrays have theirs in the tests of arrays.
        let of_files = LOG_FORMATS
            .iter()
            .filter(|format| !["npz_history", "npy_curve"].contains(&format.name()));
        for format in of_files {
            let has_sample = samples.iter().any(|(name, _)| name == format.name());
            assert!(has_sample, "tests/data/logs/{}", format.name());
        }
        for (expected, path) in samples {
            let len = path.metadata().unwrap().len();
            let name = path.file_name().unwrap().to_string_lossy().to_lowercase();
            let sample = Sample::read(&path, &name, len);
            let detecting = detecting(&path, &name, &sample);
            // A table of a known shape is a table, too: the special formats come first.
            let first = detecting.first().copied();
            assert_eq!(first, Some(expected.as_str()), "{}", path.display());
            let general = detecting.iter().filter(|name| !GENERAL.contains(*name));
            assert!(general.count() <= 1, "{}: {detecting:?}", path.display());
            assert!(array_format_of_content(&sample).is_none());
            match detect(&path, len, None) {
                Detected::Log(format, _) => assert_eq!(format.name(), expected),
                other => panic!("{}: {other:?}", path.display()),
            }
        }
    }

    #[test]
    fn signatures_are_detected_without_the_name() {
        let logs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/logs");
        let folder = tempfile::tempdir().unwrap();
        for (format, name) in [
            ("wandb", "run-real.wandb"),
            ("tensorboard", "events.out.tfevents.1.real"),
        ] {
            let copy = folder.path().join(format);
            std::fs::copy(logs.join(format).join(name), &copy).unwrap();
            match detect(&copy, copy.metadata().unwrap().len(), None) {
                Detected::Log(detected, _) => assert_eq!(detected.name(), format),
                other => panic!("{format}: {other:?}"),
            }
        }
    }
}
