use std::{cmp::Ordering, collections::BTreeMap};

use serde::{Deserialize, Serialize};

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
    /// (`train/loss` before `aux_loss`).
    #[must_use]
    pub fn rank_of_key(self, key: &str) -> usize {
        key.len()
    }
}

/// The layer and the parameter that a per-layer gradient key names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LayerParameter {
    /// The layer (`layers.3`), or the parameter itself where it belongs to no numbered layer (`embed`).
    pub layer: String,
    /// The parameter within the layer (`mlp.up`); empty where the layer is the parameter.
    pub parameter: String,
}

/// What the table says `key` means.
#[must_use]
pub fn role_of_key(key: &str) -> Option<Role> {
    let _ = key;
    None
}

/// Splits a per-layer gradient key (`grad_norm/layers.3.mlp.up`) into layer and parameter; `None`
/// where the key is no such key.
#[must_use]
pub fn layer_parameter_of_key(key: &str) -> Option<LayerParameter> {
    let _ = key;
    None
}

/// Orders names as people count: `layers.2` before `layers.10`.
#[must_use]
pub fn natural_cmp(a: &str, b: &str) -> Ordering {
    a.cmp(b)
}
