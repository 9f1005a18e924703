use std::path::Path;

use super::{
    cells::{delimiter_of, split_header},
    parser::CsvParser,
};
use crate::{
    columns::{has_step, has_training_metric},
    grouping::{FolderFile, LogFiles, separate_by_shared_keys},
    log_format::{Detection, FirstRows, LogFormat},
    reader::Reader,
    sample::Sample,
};

/// Comma-, tab- or semicolon-separated values with a header line.
pub(crate) static CSV: Csv = Csv;

#[derive(Debug)]
pub(crate) struct Csv;

impl LogFormat for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn title(&self) -> &'static str {
        "CSV"
    }

    fn rank(&self) -> u8 {
        2
    }

    fn detect(&self, sample: &Sample<'_>) -> Detection {
        let extension = sample.extension();
        let has_tabs = || memchr::memchr(b'\t', sample.text()).is_some();
        let detection = match extension {
            "csv" if !sample.is_readable() && sample.has_log_name() => {
                Detection::Log(FirstRows::default())
            }
            _ if !sample.is_readable() => Detection::No,
            "csv" | "tsv" => table(sample),
            "txt" if !sample.starts_with_object() && has_tabs() => table(sample),
            _ => Detection::No,
        };
        match detection {
            Detection::No if extension == "csv" && sample.is_short() => Detection::NotYet,
            detection => detection,
        }
    }

    fn reader(&self, _path: &Path) -> Reader {
        Reader::Stream(Box::<CsvParser>::default())
    }

    fn group(&self, _folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
        separate_by_shared_keys(files)
    }
}

/// Detects a table of metrics by its header and first row.
fn table(sample: &Sample<'_>) -> Detection {
    let mut has_monitor_comment = false;
    let mut lines = sample
        .text()
        .split_inclusive(|&byte| byte == b'\n')
        .filter(|line| {
            let comment = line.starts_with(b"#");
            has_monitor_comment |= line.starts_with(b"#{");
            !comment && !line.trim_ascii().is_empty()
        });
    let header = lines.next().unwrap_or_default();
    let first_row = lines.next();
    drop(lines);
    if !header.ends_with(b"\n") {
        return match () {
            () if !sample.is_whole() => Detection::No,
            () if sample.has_log_name() => Detection::Log(FirstRows::default()),
            () => Detection::NotYet,
        };
    }
    let header = header.trim_ascii();
    let delimiter = delimiter_of(header);
    let keys = split_header(header, delimiter);
    if keys.iter().any(is_number) || keys.iter().all(String::is_empty) {
        return Detection::No;
    }
    let is_log = has_step(&keys) && keys.len() > 1
        || has_training_metric(&keys)
        || has_monitor_comment
        || sample.has_log_name();
    // A table whose first row contains no number is not a table of metrics, even if its header suggests it.
    let has_numbers = first_row.is_none_or(|row| {
        split_header(row.trim_ascii_end(), delimiter)
            .iter()
            .any(is_number)
    });
    if is_log && has_numbers {
        Detection::Log(FirstRows::of_keys(keys))
    } else {
        Detection::No
    }
}

fn is_number(cell: &String) -> bool {
    fast_float2::parse::<f64, _>(cell.as_bytes()).is_ok()
}
