use bytes::Bytes;

use crate::{
    lines::{LineDecoder, LineReader},
    parse::{FatalError, Parser},
    statistics::ReadStatistics,
    store::Store,
};

/// The parser of a format that consists of lines of one kind.
///
/// A last line without its line end is shown, but not consumed: its last number may still grow.
#[derive(Debug)]
pub(crate) struct LineParser<D> {
    decoder: D,
    lines: LineReader,
}

impl<D> LineParser<D> {
    pub(crate) fn new(decoder: D) -> Self {
        Self {
            decoder,
            lines: LineReader::default(),
        }
    }
}

impl<D: LineDecoder + std::fmt::Debug + Send> Parser for LineParser<D> {
    fn feed(
        &mut self,
        chunk: &Bytes,
        offset: u64,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> Result<usize, FatalError> {
        store.set_provisional(None);
        Ok(self
            .lines
            .feed(&self.decoder, chunk, offset, store, statistics))
    }

    fn caught_up(
        &mut self,
        rest: &[u8],
        _offset: u64,
        store: &mut Store,
        _statistics: &mut ReadStatistics,
    ) -> usize {
        let rows = self.lines.provisional(&self.decoder, rest, store);
        store.set_provisional(rows);
        0
    }

    fn unfinished(&self, rest: &[u8]) -> Option<&'static str> {
        let rest = rest.trim_ascii();
        let read = || {
            self.lines
                .provisional(&self.decoder, rest, &Store::default())
        };
        (!rest.is_empty() && !rest.starts_with(b"#") && read().is_none())
            .then_some("the last line is incomplete")
    }
}
