//! The tables that YOLOv5 and YOLOv7 write beside their weights.

use std::path::Path;

use trainscape_run::Step;

use crate::{
    first_rows::FirstRows,
    grouping::{FolderFile, LogFiles, one_run_per_file},
    line_parser::LineParser,
    lines::LineDecoder,
    log_format::{Detection, LogFormat},
    reader::Reader,
    row_decoder::RowDecoder,
    sample::Sample,
};

/// `results.txt`: rows without a header.
pub(crate) static YOLO_RESULTS: YoloResults = YoloResults;

/// The columns after the epoch and the GPU's memory, as `plot_results` of YOLOv5 names them; the training's
/// losses, then the numbers of labels and the image size, then metrics and losses of the validation.
const COLUMNS: [&str; 13] = [
    "train/box_loss",
    "train/obj_loss",
    "train/cls_loss",
    "train/total_loss",
    "labels",
    "img_size",
    "metrics/precision",
    "metrics/recall",
    "metrics/mAP_0.5",
    "metrics/mAP_0.5:0.95",
    "val/box_loss",
    "val/obj_loss",
    "val/cls_loss",
];

#[derive(Debug)]
pub(crate) struct YoloResults;

impl LogFormat for YoloResults {
    fn name(&self) -> &'static str {
        "yolo_results"
    }

    fn title(&self) -> &'static str {
        "YOLO's results"
    }

    fn rank(&self) -> u8 {
        8
    }

    fn detect(&self, sample: &Sample<'_>) -> Detection {
        let first = sample.text().split(|&c| c == b'\n').next();
        let is_row = cells(first.unwrap_or_default()).is_some();
        match sample.extension() == "txt" && is_row {
            true => {
                let keys = COLUMNS.iter().map(|key| (*key).to_owned()).collect();
                Detection::Log(FirstRows::of_keys(keys))
            }
            false => Detection::No,
        }
    }

    fn reader(&self, _path: &Path) -> Reader {
        Reader::Stream(Box::new(LineParser::new(ResultRows)))
    }

    fn group(&self, _folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
        one_run_per_file(files)
    }
}

/// The epoch of a row, `0/29` for the first of 30, and its numbers after the memory (`1.86G`).
fn cells(line: &[u8]) -> Option<(i64, Vec<f64>)> {
    let line = std::str::from_utf8(line).ok()?;
    let mut cells = line.split_ascii_whitespace();
    let (epoch, last) = cells.next()?.split_once('/')?;
    let (epoch, _): (i64, u32) = (epoch.parse().ok()?, last.parse().ok()?);
    let memory = cells.next()?.strip_suffix('G')?;
    memory.parse::<f64>().ok()?;
    let numbers: Option<Vec<f64>> = cells.map(|cell| cell.parse().ok()).collect();
    let numbers = numbers?;
    (numbers.len() == COLUMNS.len()).then_some((epoch, numbers))
}

#[derive(Debug)]
struct ResultRows;

impl LineDecoder for ResultRows {
    fn decode(&self, line: &[u8], decoder: &mut RowDecoder<'_>) -> Result<bool, &'static str> {
        if line.trim_ascii().is_empty() {
            return Ok(false);
        }
        let (epoch, numbers) = cells(line).ok_or("it is no row of YOLO's results")?;
        for (key, value) in COLUMNS.iter().zip(numbers) {
            let slot = decoder.slot(key);
            decoder.number(slot, value, || None);
        }
        decoder.row.set_step(Step::Int(epoch));
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::{statistics::ReadStatistics, store::Store};

    #[test]
    fn a_last_row_without_a_line_end_is_shown() {
        let row = "0/2 1.86G 0.1 0.2 0 0.3 24 416 0 0 0.01 0.02 0.4 0.5 0";
        let Reader::Stream(mut parser) = YOLO_RESULTS.reader(Path::new("results.txt")) else {
            panic!();
        };
        let (mut store, mut statistics) = (Store::default(), ReadStatistics::default());
        let chunk = Bytes::from(row);
        let done = parser.feed(&chunk, 0, &mut store, &mut statistics).unwrap();
        assert_eq!(done, 0);
        parser.caught_up(&chunk, 0, &mut store, &mut statistics);
        assert_eq!(store.series().count(), COLUMNS.len());
        assert!(parser.unfinished(&chunk).is_none());
        assert!(parser.unfinished(b"0/2 1.86G 0.1").is_some());
    }
}
