//! Logged records, and what drawn elements say about them.

use std::sync::Arc;

/// A record in any view: a run, with a step or a row of a matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Id of the run.
    pub run: Arc<str>,
    /// The logger's step.
    pub step: Option<f64>,
    /// The row of the matrix that is shown.
    pub row: Option<usize>,
}

/// The logged point at a drawn position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordRef {
    /// Index into [`Scene::runs`].
    pub run: u32,
    /// Index of the point in the path's series.
    pub index: u32,
}

/// Describes the records of drawn points.
pub trait Describe: Send + Sync + std::fmt::Debug {
    /// Name and value of each line, in order.
    fn lines(&self, index: usize) -> Vec<(String, String)>;

    /// The row of the matrix that the point shows.
    fn row(&self, index: usize) -> Option<usize> {
        let _ = index;
        None
    }

    /// The record independent of the view; `None` if no other view can show it.
    fn mark(&self, index: usize) -> Option<Mark> {
        let _ = index;
        None
    }

    /// Ids of the runs of which every point shows the mean; empty if each point is of one run.
    fn runs(&self) -> &[Arc<str>] {
        &[]
    }

    /// Indices of the points that show `mark`.
    fn find(&self, mark: &Mark) -> Vec<usize> {
        let _ = mark;
        Vec::new()
    }
}

/// The record found by a hover or a click.
#[derive(Clone, Debug, PartialEq)]
pub struct Picked {
    /// Position in the unit box.
    pub position_unit: [f32; 3],
    /// Name and value of each line, in order (run, step, values, file).
    pub lines: Vec<(String, String)>,
    /// The row of the matrix that is shown, in views that show one.
    pub row: Option<usize>,
    /// The record independent of the view.
    pub mark: Option<Mark>,
}
