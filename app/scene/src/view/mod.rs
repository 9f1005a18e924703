//! The views: pure functions from runs and settings to a scene. One file a view; adding one touches its
//! file and the list here.

mod activations;
mod attention;
mod choices;
mod embedding;
mod gradient_flow;
mod heights;
mod loss_surface;
mod media;
mod samples;
mod settings;
mod tensors;
mod weights;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use trainscape_run::Run;

pub use choices::Choices;
pub use settings::{
    ActivationsSettings, ActivationsShow, AttentionSettings, EmbeddingColour, EmbeddingSettings,
    Heads, MediaSettings, ViewSettings, WeightsSettings, XAxis,
};

use crate::{compute::projection::Projector, scene::Scene};

/// A view by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ViewKind {
    /// Step x learning rate x loss.
    LossSurface,
    /// Layers x steps x gradient norm.
    GradientFlow,
    /// Query x key x attention weight.
    Attention,
    /// Rows of a matrix, or their way over training, in few dimensions.
    Embedding,
    /// The optimiser's path in the plane of its own snapshots.
    Weights,
    /// Layer x position x channel, or distributions over training.
    Activations,
    /// Figures and clouds that a logger kept.
    Media,
}

/// A view cannot be drawn from the runs at hand: what it needs that they do not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotAvailable(pub String);

impl ViewKind {
    /// All views, in the order of the window's tabs.
    pub const ALL: [Self; 7] = [
        Self::LossSurface,
        Self::GradientFlow,
        Self::Attention,
        Self::Embedding,
        Self::Weights,
        Self::Activations,
        Self::Media,
    ];

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LossSurface => "loss-surface",
            Self::GradientFlow => "gradient-flow",
            Self::Attention => "attention",
            Self::Embedding => "embedding",
            Self::Weights => "weights",
            Self::Activations => "activations",
            Self::Media => "media",
        }
    }

    /// The name on a tab.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::LossSurface => "Loss surface",
            Self::GradientFlow => "Gradient flow",
            Self::Attention => "Attention",
            Self::Embedding => "Embedding",
            Self::Weights => "Weights",
            Self::Activations => "Activations",
            Self::Media => "Media",
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
            Self::Attention => attention::available(runs, settings),
            Self::Embedding => embedding::available(runs, settings),
            Self::Weights => weights::available(runs, settings),
            Self::Activations => activations::available(runs, settings),
            Self::Media => media::available(runs, settings),
        }
    }

    /// Builds the scene; `projector` projects matrices for the views that show them in few dimensions.
    ///
    /// # Errors
    /// [`NotAvailable`] says what is missing.
    pub fn build(
        self,
        runs: &[Arc<Run>],
        settings: &ViewSettings,
        projector: &dyn Projector,
    ) -> Result<Scene, NotAvailable> {
        match self {
            Self::LossSurface => loss_surface::build(runs, settings),
            Self::GradientFlow => gradient_flow::build(runs, settings),
            Self::Attention => attention::build(runs, settings),
            Self::Embedding => embedding::build(runs, settings, projector),
            Self::Weights => weights::build(runs, settings, projector),
            Self::Activations => activations::build(runs, settings),
            Self::Media => media::build(runs, settings),
        }
    }
}

impl std::fmt::Display for ViewKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
