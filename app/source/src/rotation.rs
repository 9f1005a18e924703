//! Rotated logs: the older parts of `train.log` lie beside it as `train.log.1`, `train.log.old`,
//! `train.log.2024-05-01` or `train.log-20240501`.

use std::{
    cmp::{Ordering, Reverse},
    collections::{BTreeMap, HashSet},
    path::{Path, PathBuf},
    sync::LazyLock,
};

use regex::Regex;
use trainscape_run::natural_cmp;

use crate::{
    encoding::without_compression,
    grouping::{FolderFile, LogFiles},
};

/// The names that `logging.handlers` of Python and logrotate give to older parts.
static ROTATED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^(?i)(?<name>.+\.(?:log|txt|out|err|jsonl|ndjson|csv|tsv))",
        r"(?:\.(?:(?<number>\d{1,3})|old)|[.-](?<date>\d{4}-?\d{2}-?\d{2}(?:[_-]\d{2}(?:-\d{2}){0,2})?))",
        r"(?<compression>\.gz|\.zst)?$"
    ))
    .expect("a valid regular expression")
});

/// Parts of a log that are numbered.
const MOST_PARTS: u32 = 1000;

/// An older part of a log.
struct Part<'a> {
    /// The name of the log.
    name: &'a str,
    /// The larger the number is, the older is the part. Parts with dates have none.
    number: Reverse<u32>,
    date: &'a str,
    compression: &'a str,
}

impl<'a> Part<'a> {
    fn of(name: &'a str) -> Option<Self> {
        let found = ROTATED.captures(name)?;
        let text = |group| found.name(group).map_or("", |text| text.as_str());
        Some(Self {
            name: text("name"),
            number: Reverse(text("number").parse().unwrap_or(0)),
            date: text("date"),
            compression: text("compression"),
        })
    }
}

/// The name of the log with the ending of the compression, if `name` is that of an older part of a log.
pub(crate) fn name_of_log(name: &str) -> Option<String> {
    Part::of(name).map(|part| format!("{}{}", part.name, part.compression))
}

/// Whether a file is one of several parts of a log: an older part lies beside it, or it is one and the log lies beside it.
pub(crate) fn has_other_parts(path: &Path) -> bool {
    let name = path.as_os_str().to_string_lossy();
    let log = Part::of(&name).map(|part| part.name);
    if log.is_some_and(|log| Path::new(log).is_file()) {
        return true;
    }
    [".1", ".1.gz", ".1.zst"]
        .iter()
        .any(|ending| Path::new(&format!("{name}{ending}")).is_file())
}

/// The older parts of a log that lie beside `path`, which is its newest part or a numbered one: the nearest first.
pub(crate) fn older_parts(path: &Path) -> impl Iterator<Item = PathBuf> {
    let name = path.as_os_str().to_string_lossy().into_owned();
    let (log, number) = match Part::of(&name) {
        Some(part) => (part.name.to_owned(), part.number.0),
        None => (without_compression(&name).to_owned(), 0),
    };
    (number + 1..MOST_PARTS).map_while(move |number| {
        let parts = ["", ".gz", ".zst"].map(|ending| format!("{log}.{number}{ending}"));
        parts
            .into_iter()
            .map(PathBuf::from)
            .find(|part| part.is_file())
    })
}

/// The order in which the files of a log are read: `epoch_2` before `epoch_10`, and older parts of a log before the newest.
pub(crate) fn reading_order(a: &Path, b: &Path) -> Ordering {
    let (text_a, text_b) = (a.to_string_lossy(), b.to_string_lossy());
    let (part_a, part_b) = (Part::of(&text_a), Part::of(&text_b));
    let log = |part: &Option<Part<'_>>, text: &str| match part {
        Some(part) => part.name.to_owned(),
        None => text.to_owned(),
    };
    natural_cmp(&log(&part_a, &text_a), &log(&part_b, &text_b))
        .then_with(|| match (part_a, part_b) {
            // What was dated is older than what was numbered since.
            (Some(a), Some(b)) => {
                let is_numbered = |part: &Part<'_>| part.date.is_empty();
                let by_kind = is_numbered(&a).cmp(&is_numbered(&b));
                by_kind.then_with(|| (a.date, a.number).cmp(&(b.date, b.number)))
            }
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        })
        .then_with(|| a.cmp(b))
}

/// Divides the files of a folder into logs, and adds the older parts to each: it is named after its newest one.
pub(crate) fn group_with_parts(
    files: &[FolderFile<'_>],
    group: impl FnOnce(&[FolderFile<'_>]) -> Vec<LogFiles>,
) -> Vec<LogFiles> {
    let mut parts: BTreeMap<String, Vec<FolderFile<'_>>> = BTreeMap::new();
    for file in files {
        let name = file.path.to_string_lossy();
        let of_log = Part::of(&name).map(|part| part.name.to_owned());
        let log = of_log.unwrap_or_else(|| name.into_owned());
        parts.entry(log).or_default().push(*file);
    }
    let mut older: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    let mut newest: Vec<FolderFile<'_>> = Vec::new();
    let mut copies: Vec<(PathBuf, PathBuf)> = Vec::new();
    for files in parts.into_values() {
        let (mut files, of_log) = without_compressed_copies(files);
        copies.extend(of_log);
        files.sort_by(|a, b| reading_order(a.path, b.path));
        newest.extend(files.pop());
        let file = newest.last().map(|file| file.path.to_owned());
        let before = files.iter().map(|file| file.path.to_owned());
        older.extend(file.map(|file| (file, before.collect())));
    }
    newest.sort_by_key(|file| file.path);
    let mut logs = group(&newest);
    for log in &mut logs {
        let before = log.files.iter().filter_map(|file| older.remove(file));
        let before: Vec<PathBuf> = before.flatten().collect();
        log.files.extend(before);
        let of_log = |(_, kept): &&(PathBuf, PathBuf)| log.files.contains(kept);
        let own: Vec<_> = copies.iter().filter(of_log).cloned().collect();
        log.copies.extend(own);
    }
    logs
}

/// The files of a log without those that lie compressed beside themselves, as parts do while they are compressed, and each of
/// these with what it is a copy of.
fn without_compressed_copies(
    files: Vec<FolderFile<'_>>,
) -> (Vec<FolderFile<'_>>, Vec<(PathBuf, PathBuf)>) {
    let paths: HashSet<&Path> = files.iter().map(|file| file.path).collect();
    let plain = |file: &FolderFile<'_>| {
        let plain = PathBuf::from(without_compression(&file.path.to_string_lossy()));
        (plain != file.path && paths.contains(plain.as_path())).then_some(plain)
    };
    let copies = files
        .iter()
        .filter_map(|file| Some((file.path.to_owned(), plain(file)?)));
    let copies: Vec<(PathBuf, PathBuf)> = copies.collect();
    let kept = files.into_iter().filter(|file| plain(file).is_none());
    (kept.collect(), copies)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_logs_have_the_names_that_rotation_gives() {
        let log = |name: &str| name_of_log(name);
        assert_eq!(log("metrics.csv.1").as_deref(), Some("metrics.csv"));
        for name in [
            "train.log.old",
            "train.log.1",
            "train.log.12",
            "train.log.2024-05-01",
            "train.log.2024-05-01_13-00",
            "train.log-20240501",
        ] {
            assert_eq!(log(name).as_deref(), Some("train.log"), "{name}");
        }
        assert_eq!(log("log.jsonl.2.gz").as_deref(), Some("log.jsonl.gz"));
        for name in [
            "train.log",
            "slurm.123",
            "events.out.tfevents.17.host.0",
            "run-1.log",
            "a.log.20240",
        ] {
            assert_eq!(log(name), None, "{name}");
        }
    }

    #[test]
    fn the_oldest_part_is_read_first() {
        let sorted = |names: &[&str]| {
            let mut paths: Vec<PathBuf> = names.iter().map(PathBuf::from).collect();
            paths.sort_by(|a, b| reading_order(a, b));
            let names = paths.iter().map(|path| path.to_string_lossy().into_owned());
            names.collect::<Vec<_>>()
        };
        assert_eq!(
            sorted(&["a.log", "a.log.1", "a.log.10", "a.log.2"]),
            ["a.log.10", "a.log.2", "a.log.1", "a.log"]
        );
        assert_eq!(
            sorted(&["a.log", "a.log.2024-05-02", "a.log.2024-05-01"]),
            ["a.log.2024-05-01", "a.log.2024-05-02", "a.log"]
        );
        assert_eq!(
            sorted(&["a.log.1", "a.log", "a.log.2024-05-01"]),
            ["a.log.2024-05-01", "a.log.1", "a.log"]
        );
        assert_eq!(sorted(&["epoch_10", "epoch_2"]), ["epoch_2", "epoch_10"]);
    }
}
