use std::path::Path;

use trainscape_run::Step;

use crate::{
    first_rows::FirstRows,
    grouping::{FolderFile, LogFiles},
    json::step_of,
    line_parser::LineParser,
    lines::LineDecoder,
    log_format::{Detection, LogFormat},
    reader::Reader,
    row_decoder::RowDecoder,
    sample::Sample,
};

/// The CSV files that TensorBoard offers for download, one series each: `run-<run>-tag-<tag>.csv`.
pub(crate) static TENSORBOARD_CSV: TensorboardCsv = TensorboardCsv;

const HEADER: &[u8] = b"Wall time,Step,Value";

#[derive(Debug)]
pub(crate) struct TensorboardCsv;

impl LogFormat for TensorboardCsv {
    fn name(&self) -> &'static str {
        "tensorboard_csv"
    }

    fn title(&self) -> &'static str {
        "TensorBoard's CSV"
    }

    fn rank(&self) -> u8 {
        6
    }

    fn detect(&self, sample: &Sample<'_>) -> Detection {
        let header = sample.text().split(|&c| c == b'\n').next();
        match header.unwrap_or_default().trim_ascii() == HEADER {
            true => Detection::Log(FirstRows::default()),
            false => Detection::No,
        }
    }

    fn reader(&self, path: &Path) -> Reader {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let key = run_and_tag(&stem)
            .map_or("value", |(_, tag)| tag)
            .to_owned();
        Reader::Stream(Box::new(LineParser::new(ScalarSeries { key })))
    }

    /// The files of one run, by their names; files with other names are a run each.
    fn group(&self, _folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
        let logs = files.iter().map(|file| {
            let stem = file.path.file_stem().unwrap_or_default().to_string_lossy();
            let run = run_and_tag(&stem).map_or(&*stem, |(run, _)| run);
            LogFiles {
                run: Some(run.to_owned()),
                ..LogFiles::of_one_file(file)
            }
        });
        logs.collect()
    }
}

/// The run and the tag in a file's name.
fn run_and_tag(stem: &str) -> Option<(&str, &str)> {
    let rest = stem.strip_prefix("run-").unwrap_or(stem);
    let (run, tag) = rest.split_once("-tag-")?;
    let run = if run.is_empty() || run == "." {
        "run"
    } else {
        run
    };
    (!tag.is_empty()).then_some((run, tag))
}

/// Rows of wall time, step and the value of one tag.
#[derive(Debug)]
struct ScalarSeries {
    key: String,
}

impl LineDecoder for ScalarSeries {
    fn decode(&self, line: &[u8], decoder: &mut RowDecoder<'_>) -> Result<bool, &'static str> {
        let line = line.trim_ascii();
        if line.is_empty() || line == HEADER {
            return Ok(false);
        }
        let mut cells = line
            .split(|&c| c == b',')
            .map(|cell| fast_float2::parse::<f64, _>(cell.trim_ascii()).ok());
        let cells = (cells.next(), cells.next(), cells.next(), cells.next());
        let (Some(Some(time)), Some(Some(step)), Some(Some(value)), None) = cells else {
            return Err("it is no row of wall time, step and value");
        };
        let slot = decoder.slot(&self.key);
        decoder.number(slot, value, || None);
        decoder.row.set_wall_time_secs(time);
        decoder
            .row
            .set_step(step_of(step).unwrap_or(Step::Float(step)));
        Ok(true)
    }
}
