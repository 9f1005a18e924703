use std::path::Path;

use regex::Regex;

use super::{
    fields::Fields,
    lines::each_line,
    parser::TextParser,
    rows::Rows,
    sink::{Sink, Tally},
};
use crate::{
    first_rows::FirstRows,
    grouping::{FolderFile, LogFiles, one_log_per_folder, separate_by_shared_keys},
    keys::Keys,
    log_format::{Detection, LogFormat},
    reader::Reader,
    rotation::has_other_parts,
    row_decoder::DecodedRows,
    sample::Sample,
};

/// What a training script prints.
pub(crate) static TEXT: Text = Text;

#[derive(Debug)]
pub(crate) struct Text;

/// Endings of text logs. A name without an ending is examined too.
const ENDINGS: &[&str] = &["log", "out", "txt", "err", "stdout", "stderr", "o", "e", ""];

/// Starts of names of texts that may quote a log.
const OTHER_NAMES: &[&str] = &[
    "readme",
    "license",
    "licence",
    "changelog",
    "requirements",
    "vocab",
    "merges",
    "notice",
    "authors",
    "copying",
    "makefile",
    "dockerfile",
    "contributing",
    "cmakelists",
];

/// Starts and ends of names under which schedulers and shells store what a program prints.
const LOG_NAMES: &[&str] = &["slurm", "nohup", "output", "stdout", "stderr", "console"];

/// Keys that are reported to group the files of a folder.
const MAX_KEYS: usize = 256;

/// In a text that is named like a log, so many rows make a log even at one position.
const MANY_ROWS: usize = 3;

/// A text contains no more blocks of zeros than this.
const MAX_BLOCKS_OF_ZEROS: usize = 4;

/// Parts of a long file that are examined if it begins with text.
const PARTS: usize = 4;

/// In a text that is not named like a log, at least one line of this many is a row.
const MAX_LINES_PER_ROW: usize = 4;

impl LogFormat for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn title(&self) -> &'static str {
        "text"
    }

    fn rank(&self) -> u8 {
        9
    }

    fn is_fallback(&self) -> bool {
        true
    }

    fn detect(&self, sample: &Sample<'_>) -> Detection {
        let extension = sample.extension();
        // `slurm.123`, `train.log.1`
        let is_numbered =
            !extension.is_empty() && extension.bytes().all(|byte| byte.is_ascii_digit());
        let is_text = ENDINGS.contains(&extension) || is_numbered && is_log_name(sample);
        if !is_text || !sample.is_readable() || is_other_name(sample) {
            return Detection::No;
        }
        if sample.is_empty() {
            return Detection::NotYet;
        }
        if is_binary(sample.text()) || is_structured(sample.text()) {
            return Detection::No;
        }
        let mut found = examine(sample.text(), sample.is_whole());
        let mut is_log = is_log(&found, sample);
        let is_known = sample.is_whole() || is_log && found.advances;
        if !is_known {
            // A configuration or the source of the training script can come first.
            let parts = sample.parts(PARTS);
            let mut others = parts.iter().map(|part| examine(part, false));
            let other = others.find(|other| other.advances && self::is_log(other, sample));
            if let Some(other) = other {
                (found, is_log) = (other, true);
            }
        }
        match () {
            () if is_log => Detection::Log(FirstRows::of_keys(found.keys)),
            () if sample.is_short() => Detection::NotYet,
            () => Detection::No,
        }
    }

    fn reader(&self, path: &Path) -> Reader {
        Reader::Stream(Box::new(TextParser::of_file(path)))
    }

    /// A line that matches is enough: the user says that the text is a log.
    fn detect_pattern(&self, sample: &Sample<'_>, pattern: &Regex) -> Detection {
        let lines = sample.text().split(|&c| matches!(c, b'\n' | b'\r'));
        let mut lines = lines.filter_map(|line| std::str::from_utf8(line).ok());
        match lines.any(|line| pattern.is_match(line)) {
            true => {
                let names = pattern.capture_names().flatten();
                Detection::Log(FirstRows::of_keys(names.map(str::to_owned).collect()))
            }
            false => Detection::No,
        }
    }

    fn reader_of_pattern(&self, pattern: &Regex) -> Option<Reader> {
        let parser = TextParser::with_pattern(pattern.clone());
        Some(Reader::Stream(Box::new(parser)))
    }

    /// nnU-Net writes a new file each time that a training is continued; all other files are logs of
    /// their own.
    fn group(&self, folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
        let (continued, others): (Vec<FolderFile<'_>>, Vec<FolderFile<'_>>) =
            files.iter().partition(|file| is_continued(file.path));
        let mut logs = separate_by_shared_keys(&others);
        if !continued.is_empty() {
            logs.extend(one_log_per_folder(folder, &continued));
        }
        logs
    }
}

fn is_log_name(sample: &Sample<'_>) -> bool {
    let name = sample.name();
    matches!(sample.extension(), "log" | "out" | "err")
        || sample.has_log_name()
        || LOG_NAMES.iter().any(|known| name.starts_with(known))
}

fn is_continued(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with("training_log_20"))
}

fn is_other_name(sample: &Sample<'_>) -> bool {
    OTHER_NAMES
        .iter()
        .any(|known| sample.name().starts_with(known))
}

/// True unless zeros occur in a few blocks only, which a disk or a rotation of logs may leave in a text.
fn is_binary(head: &[u8]) -> bool {
    let blocks = memchr::memchr_iter(0, head).filter(|&at| head.get(at + 1) != Some(&0));
    blocks.take(MAX_BLOCKS_OF_ZEROS + 1).count() > MAX_BLOCKS_OF_ZEROS
}

/// True for a script, and for a text that is nothing but an array or an object of several lines, or
/// the beginning of one. Options that a program prints before it trains are such an object too, but
/// more lines follow them.
fn is_structured(text: &[u8]) -> bool {
    if text.starts_with(b"#!") {
        return true;
    }
    let mut lines = text
        .split(|&byte| byte == b'\n')
        .map(<[u8]>::trim_ascii_end)
        .filter(|line| !line.is_empty());
    let close: &[&[u8]] = match lines.next().map(<[u8]>::trim_ascii) {
        Some(b"{") => &[b"}"],
        Some(b"[") => &[b"]"],
        Some(b"[{") => &[b"}]"],
        Some(b"[[") => &[b"]]", b"]"],
        _ => return false,
    };
    let is_closed = lines.any(|line| close.contains(&line));
    let next = lines.next().map(<[u8]>::trim_ascii);
    !is_closed || next.is_none_or(|line| matches!(line[0], b'{' | b'['))
}

/// What a text contains.
#[derive(Debug)]
struct Found {
    /// Rows with a metric.
    rows: usize,
    /// True if these rows have different steps.
    advances: bool,
    keys: Vec<String>,
    /// Lines that are not blank from the first row on.
    lines_after_first: usize,
}

/// Whether what was found in a part of a file makes it a log.
fn is_log(found: &Found, sample: &Sample<'_>) -> bool {
    let is_dense = found.rows * MAX_LINES_PER_ROW >= found.lines_after_first;
    match is_log_name(sample) {
        // The rest of the file was not examined, or is in another part.
        true if !sample.is_whole() || has_other_parts(sample.path()) => found.rows > 0,
        true => found.advances || found.rows >= MANY_ROWS,
        false => found.advances && (is_dense || found.rows >= 10),
    }
}

/// Reads `text` without storing it. A last line without its end is ignored unless the text `is_whole`.
fn examine(text: &[u8], is_whole: bool) -> Found {
    let keys = Keys::default();
    let mut output = DecodedRows::default();
    let mut sink = Sink::new(&keys, &mut output);
    sink.tally = Some(Tally::default());
    let mut rows = Rows::default();
    let mut fields = Fields::default();
    let mut lines_after_first = 0;
    let mut line = |line: &[u8], end| {
        rows.line(line, end, &mut fields, &mut sink);
        let has_row = sink.tally.as_ref().is_some_and(|tally| tally.rows > 0);
        lines_after_first += usize::from(has_row && !line.trim_ascii().is_empty());
    };
    let done = each_line(text, &mut line);
    if is_whole && done < text.len() {
        line(&text[done..], super::lines::LineEnd::Newline);
    }
    rows.finish(&mut fields, &mut sink);
    let tally = sink.tally.take().unwrap_or_default();
    let keys = &output.new_keys;
    Found {
        rows: tally.rows,
        advances: tally.advances,
        keys: (0..keys.len().min(MAX_KEYS) as u32)
            .map(|slot| keys.name(slot).to_string())
            .collect(),
        lines_after_first,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, content: &str) -> &'static str {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        let name = name.to_lowercase();
        match TEXT.detect(&Sample::read(&path, &name, content.len() as u64)) {
            Detection::Log(_) => "text",
            Detection::NotYet => "not yet",
            Detection::No => "other",
        }
    }

    const ROWS: &str = "step 1 loss: 2.5\nstep 2 loss: 2.0\n";

    #[test]
    fn logs_are_detected_under_any_name_of_a_log() {
        for name in [
            "train.log",
            "slurm-12.out",
            "log.txt",
            "nohup.out",
            "stdout",
            "run.log.1",
            "a.txt",
        ] {
            assert_eq!(found(name, ROWS), "text", "{name}");
        }
        assert_eq!(found("train.log", "Loading data\n"), "not yet");
        assert_eq!(found("train.log", "step 1 loss: 2.5\n"), "not yet");
        assert_eq!(found("train.log", ""), "not yet");
    }

    #[test]
    fn options_printed_first_are_no_document() {
        let options = "{\n  lr : 0.1\n  steps : \n    {\n      1 : 60\n    }\n}\n";
        let rows: String = (1..9)
            .map(|epoch| format!("json_stats: {{\"epoch\":{epoch},\"loss\":0.{epoch}}}\n"))
            .collect();
        assert_eq!(
            found("log.txt", &format!("{options}==> loading\n{rows}")),
            "text"
        );
        let document = "{\n  \"step\": 1,\n  \"loss\": 0.5\n}\n";
        assert_eq!(found("log.txt", document), "other");
        assert_eq!(found("log.txt", &document.repeat(3)), "other");
    }

    #[test]
    fn a_long_preamble_does_not_hide_a_log() {
        let preamble = "  (conv): Conv2d(3, 64, kernel_size=(3, 3), bias=False)\n".repeat(3000);
        let rows: String = (0..5000)
            .map(|step| format!("step {step} loss: {step}.5\n"))
            .collect();
        assert_eq!(found("train.log", &format!("{preamble}{rows}")), "text");
        assert_eq!(found("train.log", &preamble), "other");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("train.log.gz");
        // Lines that differ, so that the file is not small.
        let preamble: String = (0..20_000_u64)
            .map(|line| format!("{:x}\n", line.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
            .collect();
        let file = std::fs::File::create(&path).unwrap();
        let mut gzip = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        std::io::Write::write_all(&mut gzip, (preamble + &rows).as_bytes()).unwrap();
        gzip.finish().unwrap();
        let len = path.metadata().unwrap().len();
        let sample = Sample::read(&path, "train.log.gz", len);
        assert!(matches!(TEXT.detect(&sample), Detection::Log(_)));
    }

    #[test]
    fn many_rows_of_the_same_keys_are_a_log_whatever_the_keys_are() {
        let rows: String = (0..30)
            .map(|step| format!("step {step} zeta: 0.{step} phi: 2.{step}\n"))
            .collect();
        assert_eq!(found("train.log", &rows), "text");
        assert_eq!(found("a.txt", &rows), "text");
        let same: String = "step 1 zeta: 0.5 phi: 2.5\n".repeat(30);
        assert_ne!(found("a.txt", &same), "text");
    }

    #[test]
    fn other_texts_are_not_logs() {
        let long = "A line of prose without any numbers.\n".repeat(600);
        for (name, content) in [
            ("README.txt", ROWS.to_owned()),
            ("README", ROWS.to_owned()),
            (
                "requirements-dev.txt",
                "torch==2.1.0\nnumpy>=1.26\n".repeat(900),
            ),
            ("words.txt", "the\nloss 5\nstep\n".repeat(2000)),
            ("notes.txt", format!("{long}{ROWS}{long}")),
            ("main", format!("#!/usr/bin/env python\n{ROWS}")),
            (
                "config.txt",
                "epoch: 100\nlr: 0.1\nbatch: 32\nmomentum: 0.9\n".repeat(900),
            ),
            (
                "pip.log",
                "Downloading torch-2.1.0.whl (755.5 MB)\n 5% 37.7/755.5 MB 10.0 MB/s\n".repeat(500),
            ),
            (
                "list",
                "[\n{\"step\": 1, \"loss\": 2},\n{\"step\": 2, \"loss\": 1}\n]\n".to_owned(),
            ),
            (
                "server.log",
                "2024-01-01 10:00:00 INFO GET /index 200 took 5ms\n".repeat(900),
            ),
        ] {
            assert_ne!(found(name, &content), "text", "{name}");
        }
    }
}
