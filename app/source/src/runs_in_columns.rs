//! Tables with a column a run and one metric, which W&B's charts and many scripts write.

use std::borrow::Cow;

use bytes::Bytes;
use trainscape_run::{ConfigValue, Point};

use crate::{
    csv::split_cells,
    json::step_of,
    long_lines::LongLines,
    parse::{FatalError, Parser},
    statistics::ReadStatistics,
    store::Store,
};

/// What a column holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RunColumn {
    pub(crate) run: String,
    pub(crate) key: String,
    /// The setting that the run's name states: `dim` and 8 of `8-dim`.
    pub(crate) setting: Option<(String, f64)>,
}

/// Finds what the columns of a header hold that follow the first, which is the x axis; `None`: the column is left out.
type OfHeader = dyn Fn(&[String]) -> Option<Vec<Option<RunColumn>>> + Send + Sync;

/// Reads a table.
pub(crate) struct RunsInColumns {
    of_header: Box<OfHeader>,
    columns: Option<Vec<Option<RunColumn>>>,
    /// The name of the first column.
    x: Option<String>,
    long_lines: LongLines,
}

impl std::fmt::Debug for RunsInColumns {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("RunsInColumns")
            .field("columns", &self.columns)
            .finish_non_exhaustive()
    }
}

impl RunsInColumns {
    pub(crate) fn new(
        of_header: impl Fn(&[String]) -> Option<Vec<Option<RunColumn>>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            of_header: Box::new(of_header),
            columns: None,
            x: None,
            long_lines: LongLines::default(),
        }
    }
}

impl Parser for RunsInColumns {
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

    fn steps_count(&self) -> Option<Cow<'static, str>> {
        let is_named = |x: &&String| !x.is_empty() && !x.eq_ignore_ascii_case("step");
        self.x.as_ref().filter(is_named).cloned().map(Cow::Owned)
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
        // A download may end without a line end. W&B quotes every cell, so that a line that ends within one is recognised.
        let line = rest.trim_ascii();
        let cells = self.columns.as_ref().map(|columns| columns.len() + 1);
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

impl RunsInColumns {
    fn line(
        &mut self,
        line: &[u8],
        offset: u64,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> Result<(), FatalError> {
        let cells = split_cells(line, b',');
        let Some(columns) = &self.columns else {
            let columns = (self.of_header)(&cells);
            self.columns = Some(columns.ok_or_else(|| {
                FatalError("its header does not name a run in each column".to_owned())
            })?);
            self.x = cells.into_iter().next();
            return Ok(());
        };
        let number = |cell: &String| fast_float2::parse::<f64, _>(cell.as_bytes()).ok();
        let Some(step) = cells.first().and_then(number).and_then(step_of) else {
            statistics.without_step += 1;
            return Ok(());
        };
        if cells.len() != columns.len() + 1 {
            statistics.add_damage(offset, "it has another number of cells than the header");
            return Ok(());
        }
        statistics.records += 1;
        for (column, cell) in columns.iter().zip(&cells[1..]) {
            if let (Some(column), Some(value)) = (column, number(cell)) {
                let point = Point {
                    step,
                    wall_time_secs: None,
                    value,
                };
                let part = store.part(&column.run);
                part.add_point(&column.key, point);
                if let Some((name, value)) = &column.setting {
                    let config = part.config.entry(name.clone());
                    config.or_insert(ConfigValue::Float(*value));
                }
            }
        }
        Ok(())
    }
}
