use std::path::Path;

use bytes::Bytes;
use trainscape_run::Point;

use crate::{
    csv::split_cells,
    first_rows::FirstRows,
    grouping::{FolderFile, LogFiles, one_log_per_folder},
    json::step_of,
    log_format::{Detection, LogFormat},
    long_lines::LongLines,
    parse::{FatalError, Parser},
    reader::Reader,
    sample::Sample,
    statistics::ReadStatistics,
    store::Store,
};

/// The CSV files that W&B offers for download from a chart: a column `<run> - <key>` a run, with those of the
/// smallest and largest value beside it.
pub(crate) static WANDB_CSV: WandbCsv = WandbCsv;

/// Between the run's name and the key.
const SEPARATOR: &str = " - ";

/// Endings of the columns that W&B adds to each.
const TWINS: [&str; 2] = ["__MIN", "__MAX"];

#[derive(Debug)]
pub(crate) struct WandbCsv;

impl LogFormat for WandbCsv {
    fn name(&self) -> &'static str {
        "wandb_csv"
    }

    fn title(&self) -> &'static str {
        "W&B's CSV"
    }

    fn rank(&self) -> u8 {
        7
    }

    fn detect(&self, sample: &Sample<'_>) -> Detection {
        let header = sample.text().split(|&c| c == b'\n').next();
        let columns = split_cells(header.unwrap_or_default().trim_ascii(), b',');
        let charts = Chart::of_header(&columns);
        match charts.is_some() {
            true => Detection::Log(FirstRows::default()),
            false => Detection::No,
        }
    }

    fn reader(&self, _path: &Path) -> Reader {
        Reader::Stream(Box::<ChartParser>::default())
    }

    /// Each chart holds a metric of the same runs.
    fn group(&self, folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
        one_log_per_folder(folder, files)
    }
}

/// The columns of a chart.
#[derive(Debug)]
struct Chart {
    /// Run and key of each column after the first, which is the x axis.
    columns: Vec<Option<(String, String)>>,
}

impl Chart {
    /// `None` if the columns are not those of a chart.
    fn of_header(columns: &[String]) -> Option<Self> {
        let (_, columns) = columns.split_first()?;
        let has_twins = columns.iter().any(|column| {
            TWINS
                .iter()
                .all(|twin| columns.contains(&format!("{column}{twin}")))
        });
        let columns: Vec<_> = columns
            .iter()
            .map(|column| {
                let (run, key) = column.rsplit_once(SEPARATOR)?;
                Some((run.to_owned(), key.to_owned()))
            })
            .collect();
        (has_twins && columns.iter().any(Option::is_some)).then_some(Self { columns })
    }
}

#[derive(Debug, Default)]
struct ChartParser {
    chart: Option<Chart>,
    long_lines: LongLines,
}

impl Parser for ChartParser {
    fn feed(
        &mut self,
        chunk: &Bytes,
        offset: u64,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> Result<usize, FatalError> {
        let mut done = self.long_lines.skip(chunk);
        while let Some(end) = memchr::memchr(b'\n', &chunk[done..]) {
            let line = chunk[done..done + end].trim_ascii();
            let at = offset + done as u64;
            done += end + 1;
            if !line.is_empty() {
                self.line(line, at, store, statistics)?;
            }
        }
        let at = offset + done as u64;
        Ok(done + self.long_lines.begin(&chunk[done..], at, statistics))
    }

    fn unfinished(&self, rest: &[u8]) -> Option<&'static str> {
        (!rest.trim_ascii().is_empty()).then_some("the last line is incomplete")
    }

    fn caught_up(
        &mut self,
        rest: &[u8],
        offset: u64,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> usize {
        // A download may end without a line end. W&B quotes every cell, so a line that ends within one is
        // recognised.
        let line = rest.trim_ascii();
        let cells = self.chart.as_ref().map(|chart| chart.columns.len() + 1);
        let quotes = memchr::memchr_iter(b'"', line).count();
        let is_complete = line.ends_with(b"\"")
            && quotes.is_multiple_of(2)
            && cells == Some(split_cells(line, b',').len());
        match is_complete && self.line(line, offset, store, statistics).is_ok() {
            true => rest.len(),
            false => 0,
        }
    }
}

impl ChartParser {
    fn line(
        &mut self,
        line: &[u8],
        offset: u64,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> Result<(), FatalError> {
        let cells = split_cells(line, b',');
        let Some(chart) = &self.chart else {
            let chart = Chart::of_header(&cells);
            self.chart = Some(chart.ok_or_else(|| {
                FatalError("its header is not that of a chart that W&B exported".to_owned())
            })?);
            return Ok(());
        };
        let number = |cell: &String| fast_float2::parse::<f64, _>(cell.as_bytes()).ok();
        let Some(step) = cells.first().and_then(number).and_then(step_of) else {
            statistics.without_step += 1;
            return Ok(());
        };
        if cells.len() != chart.columns.len() + 1 {
            statistics.add_damage(offset, "it has another number of cells than the header");
            return Ok(());
        }
        statistics.records += 1;
        for (column, cell) in chart.columns.iter().zip(&cells[1..]) {
            if let (Some((run, key)), Some(value)) = (column, number(cell)) {
                let point = Point {
                    step,
                    wall_time_secs: None,
                    value,
                };
                store.part(run).add_point(key, point);
            }
        }
        Ok(())
    }
}
