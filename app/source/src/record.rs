//! What is new of a log that is followed, and what does not hold any more.

use std::{path::PathBuf, sync::Arc};

use trainscape_run::Point;

/// One new point.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The run's id.
    pub run: Arc<str>,
    /// The series' key.
    pub key: Arc<str>,
    /// The point.
    pub point: Point,
}

/// A series whose points do not hold any more, although its file was not written again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// The run's id.
    pub run: Arc<str>,
    /// The series' key.
    pub key: Arc<str>,
    /// Why its points were left for others.
    pub why: WhyRevoked,
}

/// Why points that were read do not hold any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhyRevoked {
    /// Later records of its file show that those before must be read in another way.
    ReadDifferently,
    /// This file holds the series, too, and counts before the one that was read.
    OtherFile(PathBuf),
}
