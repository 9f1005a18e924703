//! A run of a catalog.

use std::sync::Arc;

use trainscape_run::Run;

/// A run of a catalog.
#[derive(Clone, Debug)]
pub struct CatalogRun {
    /// The run; its points are read when they are asked for.
    pub run: Arc<Run>,
    /// What it was read from, which changes as a whole.
    pub origin: Arc<str>,
    /// The place among the runs of the origin.
    pub position: i64,
    /// What the files of the origin were when they were read.
    pub fingerprint: Arc<str>,
}
