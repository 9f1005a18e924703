//! The window: winit and egui around the scenes. Panels, input, what is selected.
//!
//! [`app::ViewerApp`] is the interface without a window, so that tests can drive it; [`run`] puts it in one.

mod act;
pub mod app;
mod desk;
mod dialogs;
mod export;
mod files;
mod follow;
mod graphics;
mod keys;
mod motion;
mod opening;
mod overlay;
mod pane;
mod panel;
mod preferences;
mod projections;
mod run_table;
mod selection;
mod series_list;
mod style;
mod time;
mod timeline;
mod window;
mod worker;

use std::path::PathBuf;

use trainscape_gpu::{AdapterChoice, GpuError};
use trainscape_source::OpenOptions;
use trainscape_views::ViewKind;

pub use graphics::Graphics;
pub use preferences::Preferences;
pub use style::install as install_style;
pub use window::run;

/// What to open.
#[derive(Clone, Debug, Default)]
pub struct ViewerOptions {
    /// Run folders or log files.
    pub paths: Vec<PathBuf>,
    /// What to call them in the title, where the paths would tell nothing.
    pub name: Option<String>,
    /// How to read them.
    pub open: OpenOptions,
    /// The view to start with.
    pub view: Option<ViewKind>,
    /// Which adapter draws.
    pub adapter: AdapterChoice,
}

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
pub enum ViewerError {
    /// No display answers.
    #[error("no window can be opened ({reason}); without a display use `trainscape render`")]
    NoDisplay {
        /// The toolkit's words.
        reason: String,
    },
    /// The GPU part failed.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// The paths cannot be opened.
    #[error(transparent)]
    Source(#[from] trainscape_source::SourceError),
}
