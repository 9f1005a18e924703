//! What somebody who sees the demo for the first time has tried.

/// The steps that are done.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hint {
    /// The camera was moved.
    pub(crate) has_orbited: bool,
    /// A record was pointed at.
    pub(crate) has_read: bool,
}
