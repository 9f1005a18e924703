//! A list of numbers, one a line, in a file that is named after its metric: `loss.txt`.

use std::path::Path;

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
        if !ENDINGS.contains(&sample.extension()) || !is_training_key(&key) {
            return Detection::No;
        }
        match (numbers(sample), sample.is_short()) {
            (Some(MIN_NUMBERS..), _) => Detection::Log(FirstRows::of_keys(vec![key])),
            (Some(_), true) => Detection::NotYet,
            _ => Detection::No,
        }
    }

    fn reader(&self, path: &Path) -> Reader {
        let numbers = Numbers { key: key_of(path) };
        Reader::Stream(Box::new(LineParser::new(numbers)))
    }

    fn group(&self, _folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
        separate_by_shared_keys(files)
    }
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
    let mut lines = sample.text().split_inclusive(|&byte| byte == b'\n');
    let is_list = lines.all(|line| match number(line) {
        Ok(number) => {
            count += usize::from(number.is_some());
            true
        }
        // The rest of it was not examined.
        Err(_) => !line.ends_with(b"\n") && !sample.is_whole(),
    });
    is_list.then_some(count)
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
        let Some(value) = number(line)? else {
            return Ok(false);
        };
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
        assert_eq!(detect("loss.txt", "2.5\n2.0 1.0\n"), Detection::No);
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
