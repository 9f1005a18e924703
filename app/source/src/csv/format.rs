use std::path::Path;

use super::{
    cells::{delimiter_of, split_cells},
    first_column::are_numbers,
    layout::header_of,
    older_header::older_header,
    parser::CsvParser,
    results::are_results,
};
use crate::{
    baselines,
    columns::{has_step, has_training_metric},
    data_splits::naming_of_folder,
    encoding::{decode_start, without_compression},
    first_rows::{FirstRows, KindOfRows},
    grouping::{FolderFile, LogFiles, one_log_per_folder, separate_by_shared_keys},
    key_naming::KeyNaming,
    limits,
    log_format::{Companion, Detection, LogFormat, NestedLog},
    reader::Reader,
    regular_file,
    rotation::{name_of_log, older_parts},
    sample::Sample,
};

/// Comma-, tab- or semicolon-separated values with a header line.
pub(crate) static CSV: Csv = Csv;

/// Columns of Stable-Baselines3's monitor files: the reward and the length of an episode.
const MONITORED: [[&str; 2]; 2] = [["r", "reward"], ["l", "len"]];
/// Folders in which they are of the training above.
const OF_MONITORS: [&str; 4] = ["test", "eval", "evaluation", "sample"];

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

    /// A part of a rotated table that begins with a row may look like an array.
    fn is_certain_from_place(&self, path: &Path) -> bool {
        let mut older = older_parts(path);
        let head = || {
            let file = regular_file::open(path).ok()?;
            Some(decode_start(file, limits::LONG_TABLE_HEADER.bytes as usize))
        };
        is_table(path)
            && older.next().is_some()
            && head().is_some_and(|text| {
                header_of(&text).is_some_and(|first| older_header(path, first).is_some())
            })
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
            "txt" | "log" if !sample.starts_with_object() && has_tabs() => match has_row(sample) {
                true => table(sample),
                // Only numbers below the header distinguish a table from other text with tabs.
                false if sample.is_short() => Detection::NotYet,
                false => Detection::No,
            },
            "txt" | "log" if has_header(sample) => table(sample),
            _ => Detection::No,
        };
        match detection {
            Detection::No if extension == "csv" && sample.is_short() => Detection::NotYet,
            detection => detection,
        }
    }

    fn reader(&self, path: &Path) -> Reader {
        Reader::Stream(Box::new(CsvParser::of_file(path)))
    }

    fn is_of_tables(&self) -> bool {
        true
    }

    fn companion(&self, below: &Path) -> Option<Companion> {
        baselines::companion(below)
    }

    /// The monitor files of a test, and of samples of the policy, in folders of a training's.
    fn naming_in_run_above(&self, nested: &NestedLog<'_>) -> Option<KeyNaming> {
        let has = |names: &[&str; 2]| nested.keys.iter().any(|key| names.contains(&key.as_str()));
        let is_monitor = MONITORED.iter().all(has);
        let is_named = OF_MONITORS.contains(&nested.folder);
        let is_of_training = is_monitor && is_named && nested.has_log_above;
        is_of_training
            .then(|| KeyNaming::prefix(nested.folder))
            .or_else(|| naming_of_folder(nested.folder, nested.beside))
    }

    /// The environments of one run write a monitor file each, `0.monitor.csv` and so on.
    fn group(&self, folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
        let (monitors, tables): (Vec<FolderFile<'_>>, Vec<FolderFile<'_>>) =
            files.iter().partition(|file| is_monitor(file.path));
        let (environments, tables): (Vec<FolderFile<'_>>, Vec<FolderFile<'_>>) = tables
            .iter()
            .partition(|file| of_environment(file).is_some());
        let mut logs = separate_by_shared_keys(&tables);
        logs.extend(environments.iter().filter_map(of_environment));
        if !monitors.is_empty() {
            logs.extend(one_log_per_folder(folder, &monitors));
        }
        logs
    }
}

/// True for the name of a table, or of an older part of one.
fn is_table(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let log = name_of_log(&name).unwrap_or_else(|| name.into_owned());
    let log = without_compression(&log);
    log.ends_with(".csv") || log.ends_with(".tsv")
}

/// True for the monitor file of one of several environments: its name is a number.
fn is_monitor(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let number = name.strip_suffix(".monitor.csv");
    number.is_some_and(|number| number.parse::<u32>().is_ok())
}

/// The log of one environment beside others, `r0_monitor.csv`: it has no times by which episodes of all could be ordered.
fn of_environment(file: &FolderFile<'_>) -> Option<LogFiles> {
    let name = file.path.file_name()?.to_str()?;
    let environment = name.strip_suffix("_monitor.csv")?;
    environment.strip_prefix('r')?.parse::<u32>().ok()?;
    Some(LogFiles {
        naming: KeyNaming::prefix(environment),
        ..LogFiles::of_one_file(file)
    })
}

/// True if the second line that is neither blank nor a comment is complete.
fn has_row(sample: &Sample<'_>) -> bool {
    let lines = sample.text().split_inclusive(|&c| c == b'\n');
    let mut rows = lines.filter(|line| {
        line.ends_with(b"\n") && !line.starts_with(b"#") && !line.trim_ascii().is_empty()
    });
    rows.nth(1).is_some()
}

/// True if a text begins with the header of a table: names of which one is a step, and as many numbers below.
fn has_header(sample: &Sample<'_>) -> bool {
    let lines = sample.text().split(|&c| matches!(c, b'\n' | b'\r'));
    let mut lines = lines
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let delimiter = delimiter_of(first);
    let header = split_cells(first, delimiter);
    let is_row = |row: &[u8]| {
        let cells = split_cells(row, delimiter);
        cells.len() == header.len() && cells.iter().all(is_number)
    };
    header.len() > 1 && has_step(&header) && lines.next().is_some_and(is_row)
}

/// Detects a table of metrics by its header and first row.
fn table(sample: &Sample<'_>) -> Detection {
    let mut has_monitor_comment = false;
    let text = sample.text_with_a_line();
    let mut lines = text.split_inclusive(|&byte| byte == b'\n').filter(|line| {
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
            () if header.is_empty() && sample.has_log_name() => {
                Detection::Log(FirstRows::default())
            }
            // The whole header may be that of another format.
            () => Detection::NotYet,
        };
    }
    let of_older_part = older_header(sample.path(), header);
    let header = of_older_part.as_deref().unwrap_or(header).trim_ascii();
    let delimiter = delimiter_of(header);
    let keys = split_cells(header, delimiter);
    if keys.iter().any(is_number) || keys.iter().all(String::is_empty) {
        return Detection::No;
    }
    if keys.iter().any(|key| is_checksum(key)) {
        return Detection::No;
    }
    // What a program prints contains commas and tabs, too.
    let is_named_table = matches!(sample.extension(), "csv" | "tsv");
    let is_row = |row: &[u8]| {
        let cells = split_cells(row.trim_ascii_end(), delimiter).len();
        keys.len() > 1 && cells.abs_diff(keys.len()) <= 1
    };
    if !is_named_table && !first_row.is_none_or(is_row) {
        return Detection::No;
    }
    let is_log = has_step(&keys) && keys.len() > 1
        || has_training_metric(&keys)
        || has_monitor_comment
        || sample.has_log_name();
    // A table whose first row contains no number is not a table of metrics, even if its header suggests it.
    let has_numbers = first_row.is_none_or(|row| {
        split_cells(row.trim_ascii_end(), delimiter)
            .iter()
            .any(is_number)
    });
    if has_numbers && (is_log || is_named_table) {
        let complete = text
            .rsplitn(2, |&byte| byte == b'\n')
            .nth(1)
            .unwrap_or_default();
        let lines = complete
            .split(|&byte| byte == b'\n')
            .map(<[u8]>::trim_ascii);
        let rows = lines.filter(|line| !line.is_empty() && !line.starts_with(b"#"));
        let rows: Vec<Vec<String>> = rows
            .skip(usize::from(of_older_part.is_none()))
            .map(|row| split_cells(row, delimiter))
            .collect();
        let kind = match () {
            () if !is_log && are_numbers(&keys, &rows) => KindOfRows::Numbers,
            () if !is_log => return Detection::No,
            () if !has_monitor_comment && are_results(&keys, &rows) => KindOfRows::Results,
            () => KindOfRows::Steps,
        };
        Detection::Log(FirstRows {
            kind,
            ..FirstRows::of_keys(keys)
        })
    } else {
        Detection::No
    }
}

/// True for a column of a list of files.
fn is_checksum(column: &str) -> bool {
    let column = column.to_ascii_lowercase();
    ["sha256", "sha1", "md5", "checksum"].contains(&column.as_str())
}

fn is_number(cell: &String) -> bool {
    fast_float2::parse::<f64, _>(cell.as_bytes()).is_ok()
}
