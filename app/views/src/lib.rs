//! The views: pure functions from runs and settings to a scene. One file a view; adding one touches its
//! file and the list here.

mod activations;
mod attention;
mod axes;
mod band;
mod boxes;
mod choices;
mod custom;
mod embedding;
mod gradient_flow;
mod groups;
mod heights;
mod importance;
mod loss_landscape;
mod loss_surface;
mod media;
mod palette;
mod reward_landscape;
mod samples;
mod settings;
mod tensor_rows;
mod tensors;
mod time;
mod training_dynamics;
mod trajectory;
mod weights;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use trainscape_run::{Role, Run};

pub use choices::Choices;
pub use settings::{
    ActivationsSettings, ActivationsShow, AttentionSettings, CustomSettings, EmbeddingColour,
    EmbeddingSettings, Heads, ImportanceSettings, LandscapeSettings, MediaSettings,
    TrajectorySettings, ViewSettings, WeightsSettings, XAxis,
};
pub use tensor_rows::TensorRows;
pub use time::stop_at;

use trainscape_compute::projection::Projector;
use trainscape_scene::scene::Scene;

/// A view by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ViewKind {
    /// Step x learning rate x loss.
    LossSurface,
    /// Losses around trained weights.
    LossLandscape,
    /// Layers x steps x gradient norm.
    GradientFlow,
    /// Step x loss x reward.
    RewardLandscape,
    /// Loss x gradient norm x reward.
    TrainingDynamics,
    /// Query x key x attention weight.
    Attention,
    /// Rows of a matrix, or their way over training, in few dimensions.
    Embedding,
    /// The optimiser's path in the plane of its own snapshots.
    Weights,
    /// Layer x position x channel, or distributions over training.
    Activations,
    /// How much each configuration value explains of a metric.
    Importance,
    /// Figures and clouds that a logger kept.
    Media,
    /// What a file of views defines.
    Custom,
}

/// A view cannot be drawn from the runs at hand: what it needs that they do not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct NotAvailable {
    /// What is missing, in one sentence.
    pub reason: String,
    /// What the user can do about it.
    pub remedy: Option<Remedy>,
}

/// What would bring a view that cannot be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Saying which key has this role.
    SetRole(Role),
    /// Choosing the second coordinate of the loss surface.
    ChooseSecond,
    /// Naming the axes of an array.
    NameAxes,
    /// Drawing all runs, or all steps.
    DrawAll,
    /// Opening a folder that holds more.
    OpenFolder,
}

impl NotAvailable {
    /// What is missing, in one sentence.
    #[must_use]
    pub fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            remedy: None,
        }
    }

    /// With what the user can do about it.
    #[must_use]
    pub fn remedied_by(self, remedy: Remedy) -> Self {
        Self {
            remedy: Some(remedy),
            ..self
        }
    }
}

impl ViewKind {
    /// All views, in the order of the window's tabs.
    pub const ALL: [Self; 12] = [
        Self::LossSurface,
        Self::LossLandscape,
        Self::GradientFlow,
        Self::RewardLandscape,
        Self::TrainingDynamics,
        Self::Attention,
        Self::Embedding,
        Self::Weights,
        Self::Activations,
        Self::Importance,
        Self::Media,
        Self::Custom,
    ];

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LossSurface => "loss-surface",
            Self::LossLandscape => "loss-landscape",
            Self::GradientFlow => "gradient-flow",
            Self::RewardLandscape => "reward-landscape",
            Self::TrainingDynamics => "training-dynamics",
            Self::Attention => "attention",
            Self::Embedding => "embedding",
            Self::Weights => "weights",
            Self::Activations => "activations",
            Self::Importance => "importance",
            Self::Media => "media",
            Self::Custom => "custom",
        }
    }

    /// The name on a tab.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::LossSurface => "Loss surface",
            Self::LossLandscape => "Loss landscape",
            Self::GradientFlow => "Gradient flow",
            Self::RewardLandscape => "Reward landscape",
            Self::TrainingDynamics => "Training dynamics",
            Self::Attention => "Attention",
            Self::Embedding => "Embedding",
            Self::Weights => "Weights",
            Self::Activations => "Activations",
            Self::Importance => "Importance",
            Self::Media => "Media",
            Self::Custom => "Custom",
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
            Self::LossLandscape => loss_landscape::available(runs, settings),
            Self::RewardLandscape => reward_landscape::available(runs, settings),
            Self::TrainingDynamics => training_dynamics::available(runs, settings),
            Self::Importance => importance::available(runs, settings),
            Self::Custom => custom::available(runs, settings),
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
        let mut scene = match self {
            Self::LossSurface => loss_surface::build(runs, settings),
            Self::GradientFlow => gradient_flow::build(runs, settings),
            Self::Attention => attention::build(runs, settings),
            Self::Embedding => embedding::build(runs, settings, projector),
            Self::Weights => weights::build(runs, settings, projector),
            Self::Activations => activations::build(runs, settings),
            Self::LossLandscape => loss_landscape::build(runs, settings),
            Self::RewardLandscape => reward_landscape::build(runs, settings),
            Self::TrainingDynamics => training_dynamics::build(runs, settings),
            Self::Importance => importance::build(runs, settings),
            Self::Custom => custom::build(runs, settings),
            Self::Media => media::build(runs, settings),
        }?;
        if settings.ranges.iter().any(Option::is_some) {
            // Text is laid over the picture, where nothing cuts off what lies outside the box.
            scene
                .labels
                .retain(|label| axes::is_inside(label.position_unit));
        }
        if let Some(at) = settings.at_step {
            stop_at(&mut scene, at);
        }
        Ok(scene)
    }

    /// Whether another [`ViewSettings::at_step`] only ends the paths of a scene ([`stop_at`]), rather than show
    /// another snapshot.
    #[must_use]
    pub fn only_stops_in_time(self) -> bool {
        !matches!(
            self,
            Self::Attention | Self::Embedding | Self::Weights | Self::Activations | Self::Media
        )
    }

    /// The steps between which time can stand in this view ([`ViewSettings::at_step`]); `None` where the runs
    /// do not have what it needs, and in views without time.
    #[must_use]
    pub fn time_range(self, runs: &[Arc<Run>], settings: &ViewSettings) -> Option<(f64, f64)> {
        match self {
            Self::LossSurface => loss_surface::time_range(runs, settings),
            Self::GradientFlow => gradient_flow::time_range(runs, settings),
            Self::RewardLandscape => reward_landscape::time_range(runs, settings),
            Self::TrainingDynamics => training_dynamics::time_range(runs, settings),
            Self::Attention | Self::Embedding | Self::Weights | Self::Activations | Self::Media => {
                let steps = self.choices(runs, settings).steps;
                let (first, last) = (*steps.first()?, *steps.last()?);
                (first < last).then_some((first, last))
            }
            Self::Custom => time::range_of(
                runs.iter()
                    .filter(|run| settings.draws_run(&run.id))
                    .flat_map(|run| run.series.values())
                    .map(AsRef::as_ref),
                settings,
            ),
            Self::LossLandscape | Self::Importance => None,
        }
    }
}

impl std::fmt::Display for ViewKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
