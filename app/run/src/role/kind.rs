use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The meaning of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A step, iteration, epoch, token or sample counter: a candidate for the x axis.
    Step,
    /// Training loss.
    Loss,
    /// Loss on held-out data.
    ValidationLoss,
    /// Learning rate.
    LearningRate,
    /// Norm of the whole gradient.
    GradientNorm,
    /// Norm of one layer's or one parameter's gradient.
    LayerGradientNorm,
    /// Reward, return or score.
    Reward,
    /// Accuracy.
    Accuracy,
    /// Kullback-Leibler divergence.
    Kl,
    /// Entropy.
    Entropy,
    /// Length of a response or an episode.
    Length,
    /// Fraction of clipped updates.
    ClipFraction,
}

/// Roles that the user gives to keys; they take precedence over the table.
pub type RoleOverrides = BTreeMap<String, Role>;

impl Role {
    /// All roles, in the order in which the interface lists them.
    pub const ALL: [Self; 12] = [
        Self::Step,
        Self::Loss,
        Self::ValidationLoss,
        Self::LearningRate,
        Self::GradientNorm,
        Self::LayerGradientNorm,
        Self::Reward,
        Self::Accuracy,
        Self::Kl,
        Self::Entropy,
        Self::Length,
        Self::ClipFraction,
    ];

    /// The name used on the command line and in JSON (`learning_rate`).
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::Loss => "loss",
            Self::ValidationLoss => "validation_loss",
            Self::LearningRate => "learning_rate",
            Self::GradientNorm => "gradient_norm",
            Self::LayerGradientNorm => "layer_gradient_norm",
            Self::Reward => "reward",
            Self::Accuracy => "accuracy",
            Self::Kl => "kl",
            Self::Entropy => "entropy",
            Self::Length => "length",
            Self::ClipFraction => "clip_fraction",
        }
    }

    /// The role called `name`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}
