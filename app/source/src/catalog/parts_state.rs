//! What the parts of an open catalog share.

use std::sync::atomic::AtomicBool;

use super::{drawn::Drawn, loaded_bytes::LoadedBytes};

/// What the parts of an open catalog share.
#[derive(Debug, Default)]
pub(super) struct PartsState {
    pub(super) loaded: LoadedBytes,
    /// What is drawn of histories that lie elsewhere.
    pub(super) drawn: Drawn,
    /// True if points that lie elsewhere could not be read since this was last looked at.
    pub(super) has_failed: AtomicBool,
}
