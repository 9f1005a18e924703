//! What to open.

use std::path::PathBuf;

use trainscape_gpu::AdapterChoice;
use trainscape_source::OpenOptions;
use trainscape_views::{ViewKind, figure_file::FigureFile};

/// Writes the demo run and returns its folder, or says why that failed.
pub type WriteDemo = fn() -> Result<PathBuf, String>;

/// What to open.
#[derive(Clone, Debug, Default)]
pub struct ViewerOptions {
    /// Run folders or log files.
    pub paths: Vec<PathBuf>,
    /// Name in the title bar, where the paths are not meaningful.
    pub name: Option<String>,
    /// How to read them.
    pub open: OpenOptions,
    /// The view to start with.
    pub view: Option<ViewKind>,
    /// The figure to start with.
    pub figure: Option<FigureFile>,
    /// Writes the built-in demo run into a folder, for as long as the program runs.
    pub demo: Option<WriteDemo>,
    /// Which adapter draws.
    pub adapter: AdapterChoice,
}
