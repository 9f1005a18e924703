//! A list of numbers, one a line, in a file that is named after its metric: `loss.txt`. Each may stand behind its step, as
//! `np.savetxt` writes two columns.

use std::path::Path;

use trainscape_run::Step;

use crate::{
    encoding::without_compression,
    first_rows::FirstRows,
    grouping::{FolderFile, LogFiles, separate_by_shared_keys},
    line_parser::LineParser,
    lines::LineDecoder,
    log_format::{Detection, LogFormat},
    reader::Reader,
    row_decoder::RowDecoder,
    sample::Sample,
    text_log::is_training_key,
};

/// What `np.savetxt` writes for a list, and a script for one number at a time.
pub(crate) static NUMBER_LIST: NumberList = NumberList;

#[derive(Debug)]
pub(crate) struct NumberList;

/// Endings of lists of numbers. A name without an ending is examined too.
const ENDINGS: &[&str] = &["txt", "csv", "dat", "log", "out", ""];

/// Whole numbers beyond it are not all numbers of their own.
const LARGEST_STEP: f64 = (1_u64 << 53) as f64;

/// Words of names that say what was measured.
const METRICS: &[&str] = &[
    "fid",
    "kid",
    "psnr",
    "ssim",
    "bleu",
    "rouge",
    "auc",
    "auroc",
    "iou",
    "miou",
    "dice",
    "f1",
    "map",
    "score",
    "scores",
    "return",
    "returns",
    "perplexity",
    "ppl",
    "error",
    "errors",
    "elbo",
    "nll",
    "mse",
    "mae",
    "rmse",
    "wer",
    "cer",
];

/// Numbers that make a list: one may be a result.
const MIN_NUMBERS: usize = 2;

impl LogFormat for NumberList {
    fn name(&self) -> &'static str {
        "number_list"
    }

    fn title(&self) -> &'static str {
        "lists of numbers"
    }

    fn rank(&self) -> u8 {
        31
    }

    fn detect(&self, sample: &Sample<'_>) -> Detection {
        let key = key_of(Path::new(sample.name()));
        if !ENDINGS.contains(&sample.extension()) || !names_metric(&key) {
            return Detection::No;
        }
        match (numbers(sample), sample.is_short()) {
            (Some(MIN_NUMBERS..), _) => Detection::Log(FirstRows::of_keys(vec![key])),
            (Some(_), true) => Detection::NotYet,
            _ => Detection::No,
        }
    }

    fn reader(&self, path: &Path) -> Reader {
        let key = key_of(path);
        let numbers = Numbers { key };
        Reader::Stream(Box::new(LineParser::new(numbers)))
    }

    fn group(&self, _folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
        separate_by_shared_keys(files)
    }
}

fn names_metric(key: &str) -> bool {
    let mut words = key.split(|c: char| !c.is_ascii_alphanumeric());
    let is_metric = |word: &str| METRICS.iter().any(|known| known.eq_ignore_ascii_case(word));
    is_training_key(key) || words.any(is_metric)
}

/// The name of the file without its endings.
fn key_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let plain = without_compression(&name);
    let (stem, _) = plain.rsplit_once('.').unwrap_or((plain, ""));
    stem.to_owned()
}

/// How many of the first lines hold a number; `None` if others hold something else.
fn numbers(sample: &Sample<'_>) -> Option<usize> {
    let mut count = 0;
    let mut last: Option<Option<i64>> = None;
    let mut lines = sample.text().split_inclusive(|&byte| byte == b'\n');
    // All of them or none stand behind their steps, which go up.
    let mut goes_on = |step: Option<i64>| {
        let before = last.replace(step);
        before.is_none_or(|before| match (before, step) {
            (None, None) => true,
            (Some(before), Some(step)) => before < step,
            _ => false,
        })
    };
    let is_list = lines.all(|line| match entry(line) {
        Ok(Some((step, _))) => {
            count += 1;
            goes_on(step)
        }
        Ok(None) => true,
        // The rest of it was not examined.
        Err(_) => !line.ends_with(b"\n") && !sample.is_whole(),
    });
    is_list.then_some(count)
}

/// The number of a line and the step before it, if there is one; `None` for a blank line and a comment.
fn entry(line: &[u8]) -> Result<Option<(Option<i64>, f64)>, &'static str> {
    let whole = line.trim_ascii();
    let is_between = |byte: &u8| matches!(byte, b' ' | b'\t' | b',' | b';');
    let Some(at) = whole.iter().position(is_between) else {
        return Ok(number(whole)?.map(|value| (None, value)));
    };
    let (first, rest) = whole.split_at(at);
    let rest = rest[1..].trim_ascii();
    if rest.is_empty() || whole.starts_with(b"#") {
        return Ok(number(whole)?.map(|value| (None, value)));
    }
    // `np.savetxt` writes steps as `1.000e+00`.
    let step: f64 = fast_float2::parse(first).map_err(|_| "it is no number")?;
    if step.fract() != 0.0 || step.abs() >= LARGEST_STEP {
        return Err("it is not a step and a number");
    }
    Ok(number(rest)?.map(|value| (Some(step as i64), value)))
}

/// The number of a line, which may end with a comma; `None` for a blank line and a comment.
fn number(line: &[u8]) -> Result<Option<f64>, &'static str> {
    let line = line.trim_ascii();
    let line = line.strip_suffix(b",").unwrap_or(line).trim_ascii_end();
    if line.is_empty() || line.starts_with(b"#") {
        return Ok(None);
    }
    let unsigned = line.strip_prefix(b"+").unwrap_or(line);
    let number = fast_float2::parse(unsigned).map_err(|_| "it is no number")?;
    Ok(Some(number))
}

#[derive(Debug)]
struct Numbers {
    key: String,
}

impl LineDecoder for Numbers {
    fn decode(&self, line: &[u8], decoder: &mut RowDecoder<'_>) -> Result<bool, &'static str> {
        let Some((step, value)) = entry(line)? else {
            return Ok(false);
        };
        if let Some(step) = step {
            decoder.row.set_step(Step::Int(step));
        }
        let slot = decoder.slot(&self.key);
        decoder.number(slot, value, || None);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::{statistics::ReadStatistics, store::Store};

    fn detect(name: &str, content: &str) -> Detection {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        NUMBER_LIST.detect(&Sample::read(&path, name, content.len() as u64))
    }

    #[test]
    fn the_name_and_the_lines_show_a_list() {
        for name in [
            "loss.txt",
            "train_loss.txt",
            "val_acc.csv",
            "rewards.dat",
            "losses",
        ] {
            let key = name.split('.').next().unwrap_or_default().to_owned();
            let found = detect(name, "# of epoch 1\n2.5\n-1e-3,\nnan\n");
            assert_eq!(found, Detection::Log(FirstRows::of_keys(vec![key])));
        }
        assert_eq!(detect("loss.txt", "2.5\n"), Detection::NotYet);
        assert_eq!(detect("loss.txt", "2.5\n"), Detection::NotYet);
        assert_eq!(detect("sizes.txt", "2.5\n2\n"), Detection::No);
        assert_eq!(detect("loss.txt", "2.5\n2 1.0\n"), Detection::No);
        assert_eq!(detect("loss.txt", "0.5 2.5\n0.6 1.0\n"), Detection::No);
        assert_eq!(detect("loss.txt", "1 2.5\n1 1.0\n"), Detection::No);
        for (name, content) in [
            ("losses.txt", "1.0e+00 2.5\n2.0e+00 2.0\n"),
            ("fid_scores.csv", "410.5\n409.1\n"),
        ] {
            assert!(matches!(detect(name, content), Detection::Log(_)), "{name}");
        }
        assert_eq!(detect("loss.json", "2.5\n2\n"), Detection::No);
    }

    #[test]
    fn the_step_is_the_row() {
        let Reader::Stream(mut parser) = NUMBER_LIST.reader(Path::new("a/Loss.txt.gz")) else {
            panic!();
        };
        let (mut store, mut statistics) = (Store::default(), ReadStatistics::default());
        let chunk = Bytes::from_static(b"3\n2.5\ninf\n1.5");
        let done = parser.feed(&chunk, 0, &mut store, &mut statistics);
        let rest = &chunk[done.unwrap()..];
        parser.caught_up(rest, 0, &mut store, &mut statistics);
        let (key, series, _) = store.series().next().unwrap();
        assert_eq!(&**key, "Loss");
        let points: Vec<(f64, f64)> = series
            .iter()
            .map(|point| (point.step.as_f64(), point.value))
            .collect();
        assert_eq!(
            points,
            [(0.0, 3.0), (1.0, 2.5), (2.0, f64::INFINITY), (3.0, 1.5)]
        );
    }
}
