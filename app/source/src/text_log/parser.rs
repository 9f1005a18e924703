use bytes::Bytes;
use regex::Regex;

use super::{
    lines::{LineEnd, each_line},
    pairs::Fields,
    pattern::Pattern,
    rows::Rows,
    sink::Sink,
};
use crate::{
    parse::{FatalError, Parser},
    row_decoder::DecodedRows,
    statistics::ReadStatistics,
    store::Store,
};

/// Reads what a training script prints. Lines that contain no metrics are normal in such a log and are not
/// counted as damage.
#[derive(Debug, Default)]
pub(crate) struct TextParser {
    rows: Rows,
    /// Reads only the lines that match it, in place of the known shapes of lines.
    pattern: Option<Pattern>,
    fields: Fields,
    output: DecodedRows,
}

impl TextParser {
    /// Reads the lines that match `regex`: each named group is a key, and the groups `step` and `epoch` are
    /// the position.
    #[allow(dead_code, reason = "the command line does not pass an expression yet")]
    pub(crate) fn with_pattern(regex: Regex) -> Self {
        Self {
            pattern: Some(Pattern::new(regex)),
            ..Self::default()
        }
    }
}

impl Parser for TextParser {
    fn feed(
        &mut self,
        chunk: &Bytes,
        offset: u64,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> Result<usize, FatalError> {
        store.set_provisional(None);
        let mark = if offset == 0 {
            byte_order_mark_len(chunk)
        } else {
            0
        };
        let mut sink = Sink::new(&store.keys, &mut self.output);
        let done = mark
            + each_line(&chunk[mark..], |line, end| match &mut self.pattern {
                Some(pattern) => pattern.line(line, &mut sink),
                None => self.rows.line(line, end, &mut self.fields, &mut sink),
            });
        store.absorb(std::slice::from_mut(&mut self.output), statistics);
        Ok(done)
    }

    /// A last line without its line end is shown, but not consumed: its last number may still grow. So is
    /// the state of a progress bar that has not ended.
    fn caught_up(
        &mut self,
        rest: &[u8],
        _offset: u64,
        store: &mut Store,
        _statistics: &mut ReadStatistics,
    ) -> usize {
        let mut output = DecodedRows::default();
        let mut sink = Sink::new(&store.keys, &mut output);
        let rest = rest.trim_ascii_end();
        match &self.pattern {
            Some(pattern) => pattern.clone().line(rest, &mut sink),
            None => {
                let mut rows = self.rows.clone();
                if !rest.is_empty() {
                    rows.line(rest, LineEnd::Newline, &mut self.fields, &mut sink);
                }
                rows.flush(&mut sink);
            }
        }
        store.set_provisional((output.batch.points() > 0).then_some(output));
        0
    }

    fn unfinished(&self, _rest: &[u8]) -> Option<&'static str> {
        None
    }
}

fn byte_order_mark_len(chunk: &[u8]) -> usize {
    if chunk.starts_with(b"\xEF\xBB\xBF") {
        3
    } else {
        0
    }
}
