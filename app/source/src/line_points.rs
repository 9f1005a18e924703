//! Small tables of loggers that write a file for each metric: one line after the other.

use std::fmt::Debug;

use bytes::Bytes;

use crate::{
    keys::Keys,
    long_lines::LongLines,
    parse::{FatalError, Parser},
    points::Points,
    statistics::ReadStatistics,
    store::Store,
};

/// The lines of one format.
pub(crate) trait LineFormat: Send + Debug {
    /// Adds the points of a line, which is not empty and without its line end. Returns false for a header.
    ///
    /// # Errors
    ///
    /// Why the line is damaged.
    fn add(&mut self, line: &str, keys: &Keys, points: &mut Points) -> Result<bool, &'static str>;

    /// False if the logger ends every line, so that one without its end is cut.
    fn may_lack_line_end(&self) -> bool {
        true
    }
}

/// Parses lines of a format.
#[derive(Debug)]
pub(crate) struct LineParser<F> {
    format: F,
    /// The last line is shown although its line end is missing.
    shows_rest: bool,
    long_lines: LongLines,
}

impl<F: LineFormat> LineParser<F> {
    pub(crate) fn new(format: F) -> Self {
        Self {
            format,
            shows_rest: false,
            long_lines: LongLines::default(),
        }
    }
}

/// The line as text without the white space around it.
fn text_of(line: &[u8]) -> Result<&str, &'static str> {
    std::str::from_utf8(line.trim_ascii()).map_err(|_| "it is not UTF-8 text")
}

impl<F: LineFormat + Clone> Parser for LineParser<F> {
    fn feed(
        &mut self,
        chunk: &Bytes,
        offset: u64,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> Result<usize, FatalError> {
        store.set_provisional(None);
        self.shows_rest = false;
        let mut points = Points::default();
        let mut done = self.long_lines.skip(chunk);
        let start = done;
        for end in memchr::memchr_iter(b'\n', &chunk[start..]).map(|end| start + end) {
            let at = offset + done as u64;
            let line = text_of(&chunk[done..end]);
            done = end + 1;
            if line == Ok("") {
                continue;
            }
            match line.and_then(|line| self.format.add(line, &store.keys, &mut points)) {
                Ok(is_row) => statistics.records += u64::from(is_row),
                Err(reason) => statistics.add_damage(at, reason),
            }
            if points.is_full() {
                points.flush(store, statistics);
            }
        }
        points.flush(store, statistics);
        let at = offset + done as u64;
        Ok(done + self.long_lines.begin(&chunk[done..], at, statistics))
    }

    /// A last line without its line end is shown, but not consumed: its last number may still grow.
    fn caught_up(
        &mut self,
        rest: &[u8],
        _offset: u64,
        store: &mut Store,
        _statistics: &mut ReadStatistics,
    ) -> usize {
        let mut points = Points::default();
        let mut format = self.format.clone();
        let line = text_of(rest).unwrap_or_default();
        self.shows_rest = !line.is_empty()
            && format.may_lack_line_end()
            && format.add(line, &store.keys, &mut points).is_ok();
        store.set_provisional(self.shows_rest.then(|| points.into_rows()));
        0
    }

    fn unfinished(&self, rest: &[u8]) -> Option<&'static str> {
        (!rest.trim_ascii().is_empty() && !self.shows_rest)
            .then_some("the last line is incomplete and was skipped")
    }
}

/// A number as Python prints it.
pub(crate) fn number(text: &str) -> Option<f64> {
    fast_float2::parse(text).ok()
}
