use crate::{limits, statistics::ReadStatistics};

/// Longest line, in bytes.
pub(crate) const MAX_LINE: usize = limits::LINE.bytes as usize;

const TOO_LONG: &str = "the line is longer than 16 MiB";

/// Skips lines that are too long, so that they are not held in memory; each counts as one damaged record.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LongLines {
    /// The end of one is not yet there.
    within: bool,
}

impl LongLines {
    /// Bytes at the start of `chunk` that belong to a line that is too long.
    pub(crate) fn skip(&mut self, chunk: &[u8]) -> usize {
        if !self.within {
            return 0;
        }
        let end = memchr::memchr2(b'\n', b'\r', chunk);
        self.within = end.is_none();
        end.map_or(chunk.len(), |end| end + 1)
    }

    /// Counts an unfinished line that is too long already. Returns how many bytes of it are done.
    pub(crate) fn begin(
        &mut self,
        line: &[u8],
        offset: u64,
        statistics: &mut ReadStatistics,
    ) -> usize {
        if line.len() <= MAX_LINE {
            return 0;
        }
        statistics.add_damage(offset, TOO_LONG);
        self.within = true;
        line.len()
    }

    /// The reason if a finished line is too long.
    pub(crate) fn reason(line: &[u8]) -> Option<&'static str> {
        (line.len() > MAX_LINE).then_some(TOO_LONG)
    }
}
