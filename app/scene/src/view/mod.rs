//! The views: pure functions from runs and settings to a scene. One file a view; adding one touches its
//! file and the list here.

mod gradient_flow;
mod heights;
mod loss_surface;
mod samples;
mod settings;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use trainscape_run::Run;

pub use settings::{ViewSettings, XAxis};

use crate::scene::Scene;

/// A view by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ViewKind {
    /// Step x learning rate x loss.
    LossSurface,
    /// Layers x steps x gradient norm.
    GradientFlow,
}

/// A view cannot be drawn from the runs at hand: what it needs that they do not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotAvailable(pub String);

impl ViewKind {
    /// All views, in the order of the window's tabs.
    pub const ALL: [Self; 2] = [Self::LossSurface, Self::GradientFlow];

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LossSurface => "loss-surface",
            Self::GradientFlow => "gradient-flow",
        }
    }

    /// The name on a tab.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::LossSurface => "Loss surface",
            Self::GradientFlow => "Gradient flow",
        }
    }

    /// The view called `name`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.name() == name)
    }

    /// Whether the runs have what the view needs.
    ///
    /// # Errors
    /// [`NotAvailable`] says what is missing.
    pub fn available(self, runs: &[Arc<Run>], settings: &ViewSettings) -> Result<(), NotAvailable> {
        match self {
            Self::LossSurface => loss_surface::available(runs, settings),
            Self::GradientFlow => gradient_flow::available(runs, settings),
        }
    }

    /// Builds the scene.
    ///
    /// # Errors
    /// [`NotAvailable`] says what is missing.
    pub fn build(self, runs: &[Arc<Run>], settings: &ViewSettings) -> Result<Scene, NotAvailable> {
        match self {
            Self::LossSurface => loss_surface::build(runs, settings),
            Self::GradientFlow => gradient_flow::build(runs, settings),
        }
    }
}

impl std::fmt::Display for ViewKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
