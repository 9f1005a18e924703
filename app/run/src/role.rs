use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

mod layer;
mod table;

pub use layer::{LayerParameter, layer_parameter_of_key, natural_cmp};
pub use table::role_of_key;

/// What a series means.
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
    /// Share of clipped updates.
    ClipFraction,
}

/// The user's own words on what keys mean, ahead of the table's.
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

    /// The role called `name`, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// How well `key` serves this role among keys that share it; smaller is better
    /// (`train/loss` before `aux_loss`). A key that the table does not give this role (the user
    /// did) comes first.
    #[must_use]
    pub fn rank_of_key(self, key: &str) -> usize {
        match table::find(key) {
            Some((role, position)) if role == Some(self) => (position << 16) + key.len(),
            _ => 0,
        }
    }
}
