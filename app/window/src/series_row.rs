//! A series as the panels list it.

use std::sync::Arc;

use trainscape_run::Role;

/// A series, in all drawn runs.
pub(crate) struct SeriesRow {
    pub(crate) key: Arc<str>,
    pub(crate) role: Option<Role>,
    /// Points in all drawn runs.
    pub(crate) points: usize,
}
