//! The bytes between a tensor's elements and the file that they are in: a block that slides over the file.

use std::ops::Range;

use crate::elements::{ElementReader, TensorError};

/// Bytes that are read at once. A multiple of every element's size that fits the processor's cache.
const WINDOW: usize = 256 << 10;

/// Runs of elements that begin at most this far apart are read together with the bytes between them.
const NEAR: usize = 16 << 10;

/// Reads increasing ranges of elements in blocks.
pub(crate) struct Window<'a> {
    reader: &'a dyn ElementReader,
    buffer: Vec<u8>,
    /// The range of bytes that is in the buffer.
    buffered: Range<usize>,
    /// End of the last element that is needed.
    end: usize,
    reads_ahead: bool,
}

impl<'a> Window<'a> {
    /// `end` is the end of the last range, `step` the distance between the beginnings of two ranges.
    pub(crate) fn new(reader: &'a dyn ElementReader, end: usize, step: usize) -> Self {
        Self {
            reader,
            buffer: Vec::new(),
            buffered: 0..0,
            end,
            reads_ahead: step <= NEAR,
        }
    }

    /// The bytes of whole elements from the start of `range`: all of them, or the first ones of a long range.
    pub(crate) fn bytes(&mut self, range: Range<usize>) -> Result<&[u8], TensorError> {
        if let Some(held) = self.reader.held() {
            return held
                .get(range)
                .ok_or_else(|| TensorError("the slice is outside of the elements".to_owned()));
        }
        if range.start < self.buffered.start || self.buffered.end <= range.start {
            self.fill(&range)?;
        }
        let start = range.start - self.buffered.start;
        let end = range.end.min(self.buffered.end) - self.buffered.start;
        Ok(&self.buffer[start..end])
    }

    fn fill(&mut self, range: &Range<usize>) -> Result<(), TensorError> {
        let end = match self.reads_ahead {
            true => self.end.max(range.end),
            false => range.end,
        };
        let len = (end - range.start).min(WINDOW);
        if self.buffer.len() < len {
            self.buffer.resize(len, 0);
        }
        self.buffered = 0..0;
        self.reader.read_at(range.start, &mut self.buffer[..len])?;
        self.buffered = range.start..range.start + len;
        Ok(())
    }
}
