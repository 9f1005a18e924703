use bytes::Bytes;

use crate::{batch::Tally, store::Store};

/// Why a log cannot be read any further.
#[derive(Debug, Clone)]
pub(crate) struct Fatal(pub(crate) String);

/// One format's way from bytes to points. It sees the file as a row of chunks, cut anywhere, and
/// keeps nothing of a chunk but what it says it has consumed.
pub(crate) trait Parser: Send + std::fmt::Debug {
    /// Takes what it can from `chunk`, which begins at `offset` bytes into the file, and returns how
    /// many bytes it is done with; the rest comes again at the head of the next chunk.
    ///
    /// # Errors
    ///
    /// [`Fatal`] where nothing after this can be understood.
    fn feed(
        &mut self,
        chunk: &Bytes,
        offset: u64,
        store: &mut Store,
        tally: &mut Tally,
    ) -> Result<usize, Fatal>;

    /// Called when the file's end has been reached with `rest`, beginning at `offset`, not understood.
    /// Returns how many bytes of it are done with after all.
    fn caught_up(
        &mut self,
        rest: &[u8],
        offset: u64,
        store: &mut Store,
        tally: &mut Tally,
    ) -> usize {
        let _ = (rest, offset, store, tally);
        0
    }

    /// What to say about an unfinished `rest` at the file's end, if anything.
    fn unfinished(&self, rest: &[u8]) -> Option<&'static str> {
        (!rest.is_empty()).then_some("the last record is not finished")
    }
}
