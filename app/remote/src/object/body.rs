//! The bytes of a file as they come from a server.

use bytes::Bytes;
use futures_util::stream::BoxStream;

use super::failure::Failure;

/// The bytes of a file as they come.
pub(super) struct Body {
    /// Where in the file they begin.
    pub(super) start: u64,
    pub(super) stream: BoxStream<'static, Result<Bytes, Failure>>,
}
