use std::borrow::Cow;

use bytes::Bytes;

use crate::{statistics::ReadStatistics, store::Store};

/// Why a log cannot be read any further.
#[derive(Debug, Clone)]
pub(crate) struct FatalError(pub(crate) String);

/// The incremental parser of one format. It sees the file as a sequence of chunks, split anywhere, and
/// retains only what it reports as consumed.
pub(crate) trait Parser: Send + std::fmt::Debug {
    /// Parses as much as possible of `chunk`, which begins `offset` bytes into the file, and returns the
    /// number of bytes consumed; the rest is repeated at the start of the next chunk.
    ///
    /// # Errors
    ///
    /// [`FatalError`] if nothing after this can be parsed.
    fn feed(
        &mut self,
        chunk: &Bytes,
        offset: u64,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> Result<usize, FatalError>;

    /// Called at the file's end with the unconsumed `rest`, which begins at `offset`. Returns how many
    /// bytes of it were consumed after all.
    fn caught_up(
        &mut self,
        rest: &[u8],
        offset: u64,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> usize {
        let _ = (rest, offset, store, statistics);
        0
    }

    /// True once rows show that those before must be read in another way: the file is read again from its beginning.
    fn must_restart(&self) -> bool {
        false
    }

    /// What the steps so far count, where no series of the log shows it.
    fn steps_count(&self) -> Option<Cow<'static, str>> {
        None
    }

    /// A note on an incomplete `rest` at the file's end.
    fn unfinished(&self, rest: &[u8]) -> Option<&'static str> {
        (!rest.is_empty()).then_some("the last record is incomplete")
    }
}
