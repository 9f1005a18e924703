//! The report of nanochat: settings and final results of each stage of a training, in Markdown.

use std::path::Path;

use trainscape_run::{Config, ConfigValue};

use crate::{
    first_rows::FirstRows,
    grouping::{FolderFile, LogFiles, one_run_per_file},
    limits,
    log_format::{Detection, LogFormat},
    parse::FatalError,
    reader::{Reader, WholeReader},
    regular_file,
    sample::Sample,
    statistics::ReadStatistics,
    store::Store,
};

/// `report.md`, and the files of one section each from which it is made.
pub(crate) static NANOCHAT_REPORT: NanochatReport = NanochatReport;

const TITLE: &str = "# nanochat training report";

/// The file that the other sections are appended to.
const HEADER: &str = "header.md";

/// The folder that nanochat creates for its report.
const FOLDER: &str = "report";

/// Larger files are not read: a report has a few pages.
const MAX_BYTES: u64 = limits::REPORT.bytes;

/// Lines that are no entries of a list and hold a value.
const PLAIN_KEYS: &[&str] = &[
    "timestamp",
    "Generated",
    "Run started",
    "Total wall clock time",
];

/// What the first rows of a whole report and of a section are said to hold.
const WHOLE: &str = "report";
const SECTION: &str = "section";

#[derive(Debug)]
pub(crate) struct NanochatReport;

impl LogFormat for NanochatReport {
    fn name(&self) -> &'static str {
        "nanochat_report"
    }

    fn title(&self) -> &'static str {
        "nanochat's report"
    }

    fn rank(&self) -> u8 {
        30
    }

    fn detect(&self, sample: &Sample<'_>) -> Detection {
        if sample.extension() != "md" {
            return Detection::No;
        }
        let head = String::from_utf8_lossy(sample.head());
        let kind = match () {
            () if sample.name() == HEADER && head.starts_with(TITLE) => SECTION,
            () if head.starts_with(TITLE) => WHOLE,
            () if is_section(&head) => SECTION,
            () => return Detection::No,
        };
        Detection::Log(FirstRows::of_keys(vec![kind.to_owned()]))
    }

    fn reader(&self, _path: &Path) -> Reader {
        Reader::Whole(Box::new(ReportReader))
    }

    /// Several whole reports in a folder are of several runs; sections belong to the folder's run.
    fn group(&self, _folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
        let (whole, sections): (Vec<FolderFile<'_>>, Vec<FolderFile<'_>>) = files
            .iter()
            .partition(|file| file.first_rows.keys.iter().any(|key| key == WHOLE));
        let mut logs = one_run_per_file(&whole);
        logs.extend(sections.iter().map(LogFiles::of_one_file));
        logs
    }

    fn run_folder<'a>(&self, folder: &'a Path) -> Option<&'a Path> {
        let is_report = folder.file_name().is_some_and(|name| name == FOLDER);
        folder.parent().filter(|_| is_report)
    }
}

/// True for a section: its title, and when it was written.
fn is_section(head: &str) -> bool {
    let mut lines = head.lines();
    lines.next().is_some_and(|line| line.starts_with("## "))
        && lines
            .next()
            .is_some_and(|line| line.starts_with("timestamp: "))
}

#[derive(Debug)]
struct ReportReader;

impl WholeReader for ReportReader {
    fn read(
        &mut self,
        path: &Path,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> Result<(), FatalError> {
        let failed = |error: std::io::Error| FatalError(error.to_string());
        if std::fs::metadata(path).map_err(failed)?.len() > MAX_BYTES {
            return Err(FatalError(format!(
                "it has more than {} MiB, which no report has",
                MAX_BYTES >> 20
            )));
        }
        let bytes = regular_file::read(path).map_err(failed)?;
        let text = String::from_utf8_lossy(&bytes);
        let title = text.lines().next().unwrap_or_default();
        let title = title.trim_start_matches('#').trim().to_owned();
        store.config = entries(&text);
        store.reports.push((title, text.as_ref().into()));
        statistics.records = store.config.len() as u64;
        Ok(())
    }
}

/// The values of a report by section, heading within it, and name. The cells of a table are named after their
/// row and their column.
fn entries(text: &str) -> Config {
    let mut report = Entries::default();
    for line in text.lines() {
        report.line(line);
    }
    report.config
}

#[derive(Debug, Default)]
struct Entries {
    config: Config,
    section: String,
    /// The heading within the section.
    heading: String,
    /// The names of the columns of the table that is being read.
    columns: Vec<String>,
    /// The key of the last entry of a list, whose text may have more lines.
    open: Option<String>,
}

impl Entries {
    fn line(&mut self, line: &str) {
        let is_row = line.starts_with('|');
        if !is_row {
            self.columns.clear();
        }
        if let Some(title) = line.strip_prefix("## ") {
            title.trim().clone_into(&mut self.section);
            self.heading.clear();
            self.open = None;
        } else if let Some(heading) = line.strip_prefix("### ") {
            heading.trim().clone_into(&mut self.heading);
            self.open = None;
        } else if is_row {
            self.row(line);
        } else if let Some(entry) = line.strip_prefix("- ") {
            self.open = key_and_value(entry).map(|(key, value)| self.add(key, value));
        } else if let Some((key, value)) = key_and_value(line)
            && PLAIN_KEYS.contains(&key)
        {
            self.open = None;
            self.add(key, value);
        } else if !line.trim().is_empty() {
            self.continued(line);
        }
    }

    /// A further line of the last entry's text.
    fn continued(&mut self, line: &str) {
        let value = self.open.as_ref().and_then(|key| self.config.get_mut(key));
        if let Some(ConfigValue::Text(text)) = value {
            text.push('\n');
            text.push_str(line);
        }
    }

    fn row(&mut self, line: &str) {
        self.open = None;
        let cells: Vec<&str> = line.trim().trim_matches('|').split('|').collect();
        let cells: Vec<&str> = cells.into_iter().map(str::trim).collect();
        if self.columns.is_empty() {
            self.columns = cells.into_iter().map(str::to_owned).collect();
            return;
        }
        let is_border = |cell: &&str| cell.chars().all(|c| matches!(c, '-' | ':'));
        if cells.iter().all(is_border) {
            return;
        }
        let columns = std::mem::take(&mut self.columns);
        for (column, cell) in columns.iter().zip(&cells).skip(1) {
            if !is_border(cell) {
                self.add(&format!("{}/{column}", cells[0]), cell);
            }
        }
        self.columns = columns;
    }

    /// Adds a value; returns its whole key.
    fn add(&mut self, key: &str, value: &str) -> String {
        let parts = [self.section.as_str(), self.heading.as_str(), key];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let key = parts.join("/");
        self.config.insert(key.clone(), value_of(&key, value));
        key
    }
}

/// The two sides of `key: value`. A key may contain a colon after a blank: `Tokens : Params ratio`.
fn key_and_value(line: &str) -> Option<(&str, &str)> {
    let mut colons = line.match_indices(':');
    let (at, _) = colons.find(|(at, _)| {
        let is_end = line[at + 1..].is_empty() || line[at + 1..].starts_with(' ');
        is_end && !line[..*at].ends_with(' ')
    })?;
    let key = line[..at].trim();
    (!key.is_empty()).then(|| (key, line[at + 1..].trim()))
}

/// A number, with its thousands separated or with a percent sign that its name repeats; otherwise the text.
fn value_of(key: &str, text: &str) -> ConfigValue {
    let number = match text.strip_suffix('%') {
        Some(number) if key.ends_with('%') => number,
        _ => text,
    };
    let plain = without_thousands(number);
    let plain = plain.as_deref().unwrap_or(number);
    match text {
        "True" => return ConfigValue::Bool(true),
        "False" => return ConfigValue::Bool(false),
        _ => {}
    }
    if let Ok(value) = plain.parse() {
        return ConfigValue::Int(value);
    }
    match fast_float2::parse(plain) {
        Ok(value) => ConfigValue::Float(value),
        Err(_) => ConfigValue::Text(text.to_owned()),
    }
}

/// `11,219,763,200` without its commas; `None` for anything else.
fn without_thousands(text: &str) -> Option<String> {
    let mut groups = text.split(',');
    let first = groups.next()?.trim_start_matches('-');
    let is_digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let is_number = (1..=3).contains(&first.len())
        && is_digits(first)
        && groups.all(|group| group.len() == 3 && is_digits(group));
    is_number.then(|| text.replace(',', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "# nanochat training report\n\nGenerated: 2025-01-02 03:04:05\n\n\
        ## Environment\n\n### Hardware\n- CPUs: 2 cores (4 logical)\n- Hourly Rate: $24.00/hour\n\n\
        Run started: 2025-01-02 03:04:06\n\n---\n\n## Base model training\ntimestamp: 2025-01-02 04:00:00\n\n\
        - run: dummy\n- device_type: \n- Number of parameters: 560,988,160\n- Tokens : Params ratio: 20.0000\n\
        - Final validation bpb: 0.8125\n- MFU %: 47.92%\n- relative: 5%\n- use_x: True\n\
        - sample 0: <|bos|>The opposite of hot is\nvery: cold\n\n- flops: 3.9e+19\n\n\
        ## Summary\n\n| Metric | BASE | SFT |\n|---|---|---|\n| CORE | 0.5 | - |\n\nTotal wall clock time: 3h32m\n";

    #[test]
    fn values_are_named_after_their_section() {
        let config = entries(REPORT);
        let number = |key: &str| config[&format!("Base model training/{key}")].as_f64();
        assert_eq!(number("Number of parameters"), Some(560_988_160.0));
        assert_eq!(number("Tokens : Params ratio"), Some(20.0));
        assert_eq!(number("Final validation bpb"), Some(0.8125));
        assert_eq!(number("MFU %"), Some(47.92));
        assert_eq!(number("flops"), Some(3.9e19));
        assert_eq!(config["Summary/CORE/BASE"].as_f64(), Some(0.5));
        for (key, text) in [
            ("Generated", "2025-01-02 03:04:05"),
            ("Environment/Hardware/CPUs", "2 cores (4 logical)"),
            ("Environment/Hardware/Hourly Rate", "$24.00/hour"),
            ("Base model training/timestamp", "2025-01-02 04:00:00"),
            ("Base model training/device_type", ""),
            ("Base model training/relative", "5%"),
            ("Base model training/use_x", "true"),
            (
                "Base model training/sample 0",
                "<|bos|>The opposite of hot is\nvery: cold",
            ),
            ("Summary/Total wall clock time", "3h32m"),
        ] {
            assert_eq!(config[key].to_string(), text, "{key}");
        }
        assert!(!config.contains_key("Summary/CORE/SFT"));
    }

    #[test]
    fn only_reports_and_their_sections_are_detected() {
        let folder = tempfile::tempdir().unwrap();
        let kind = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            match NANOCHAT_REPORT.detect(&Sample::read(&path, name, text.len() as u64)) {
                Detection::Log(rows) => rows.keys.first().cloned(),
                Detection::NotYet | Detection::No => None,
            }
        };
        let section = "## Chat SFT\ntimestamp: 2025-01-02 04:00:00\n\n- a: 1\n";
        assert_eq!(kind("report2.md", REPORT).as_deref(), Some(WHOLE));
        assert_eq!(kind("header.md", REPORT).as_deref(), Some(SECTION));
        assert_eq!(kind("chat-sft.md", section).as_deref(), Some(SECTION));
        assert_eq!(kind("readme.md", "## Usage\nstep 1 loss 2\n"), None);
        assert_eq!(kind("report.txt", REPORT), None);
    }

    #[test]
    fn reports_are_of_the_run_above_their_folder() {
        let run = |folder: &'static str| NANOCHAT_REPORT.run_folder(Path::new(folder));
        assert_eq!(run("a/report"), Some(Path::new("a")));
        assert_eq!(run("a/reports"), None);
        let rows = |kind: &str| FirstRows::of_keys(vec![kind.to_owned()]);
        let (whole, section) = (rows(WHOLE), rows(SECTION));
        let file = |path, first_rows| FolderFile {
            path: Path::new(path),
            first_rows,
        };
        let files = [file("a.md", &whole), file("chat-sft.md", &section)];
        let runs = |files: &[FolderFile<'_>]| -> Vec<Option<String>> {
            let logs = NANOCHAT_REPORT.group(Path::new(""), files);
            logs.into_iter().map(|log| log.run).collect()
        };
        assert_eq!(runs(&files), [None, None]);
        let several = [file("a.md", &whole), file("b.md", &whole)];
        assert_eq!(runs(&several), [Some("a".to_owned()), Some("b".to_owned())]);
    }

    #[test]
    fn the_text_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.md");
        std::fs::write(&path, REPORT).unwrap();
        let (mut store, mut statistics) = (Store::default(), ReadStatistics::default());
        ReportReader
            .read(&path, &mut store, &mut statistics)
            .unwrap();
        let (title, text) = &store.reports[0];
        assert_eq!(
            (title.as_str(), &**text),
            ("nanochat training report", REPORT)
        );
    }
}
