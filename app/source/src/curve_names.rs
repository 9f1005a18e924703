//! What the names of files with one list of numbers say: the quantity, and the training that it is of.

use std::sync::LazyLock;

use regex::Regex;
use trainscape_run::{Role, role_of_key};

use crate::text_log::is_training_key;

/// What a curve of a policy in an environment holds.
const RETURN: &str = "return";
/// The key of numbers whose file is named after the settings of a training, not after what they measure.
pub(crate) const UNNAMED: &str = "values";

/// A setting with its number in a name is one of these.
const FEWEST_SETTINGS: usize = 2;

/// The name of an environment of Gym and the number of a repetition.
static OF_ENVIRONMENT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^[A-Za-z].*-v\d+_\d+$").ok());

/// Settings of trainings with their numbers: `lr0.0001`, `gamma_0.99`, `batch=64`.
static SETTING: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let names = "lr|learning_?rate|gamma|tau|batch(?:_?size)?|bs|seed|epochs?|alpha|beta|eps(?:ilon)?|min_?eps|dropout|wd|\
                 weight_?decay|hidden(?:_?dim|_?size)?|layers?|momentum|lambda";
    Regex::new(&format!(r"(?i)(?:^|[_\-,;. ])(?:{names})[=_\-]?\d")).ok()
});

/// Words that stand before the quantity and say more of it.
const QUALIFIERS: &[&str] = &[
    "train",
    "training",
    "val",
    "valid",
    "validation",
    "test",
    "eval",
    "evaluation",
    "episode",
    "episodic",
    "ep",
    "epoch",
    "step",
    "mean",
    "avg",
    "average",
    "total",
    "cumulative",
    "cum",
    "max",
    "min",
    "running",
    "smoothed",
    "win",
    "success",
    "learning",
    "grad",
    "actor",
    "critic",
    "policy",
    "value",
    "q",
    "td",
    "approx",
    "top",
    "rew",
];

/// Words that stand after the quantity and say how it is kept.
const ENDS: &[&str] = &[
    "history", "list", "curve", "log", "logs", "all", "array", "per", "episode", "episodes",
    "epoch", "epochs", "seed", "run", "trial", "fold",
];

/// Words that make a list something else than a curve of a training.
const OTHERS: &[&str] = &[
    "weight",
    "weights",
    "bias",
    "biases",
    "label",
    "labels",
    "index",
    "indices",
    "idx",
    "id",
    "ids",
    "embedding",
    "embeddings",
    "emb",
    "feature",
    "features",
    "mask",
    "masks",
    "param",
    "params",
    "grid",
    "bin",
    "bins",
    "edges",
    "hist",
    "target",
    "targets",
    "pred",
    "preds",
    "predictions",
    "action",
    "actions",
    "state",
    "states",
    "obs",
    "buffer",
    "std",
    "var",
    "time",
    "times",
    "dist",
    "distribution",
    "thresholds",
    "scale",
    "coef",
    "model",
    "landscape",
    "surface",
    "matrix",
    "map",
    "x",
    "y",
    "xs",
    "ys",
    "probs",
    "logits",
];

/// What a name says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CurveName {
    pub(crate) key: String,
    /// What tells the training from others: a number or words; empty if the name is that of the quantity.
    pub(crate) training: String,
}

impl CurveName {
    /// The same of a file that holds one series of a training, whatever else its name says: the quantity is at its end.
    pub(crate) fn of_series(stem: &str) -> Option<Self> {
        let words: Vec<&str> = stem.split(['_', '-', '.', ' ']).collect();
        let start = (0..words.len()).find(|start| is_quantity(&words[*start..]))?;
        Some(Self {
            key: words[start..].join("_"),
            training: words[..start].join("_"),
        })
    }

    /// `None` if the name (without its ending) does not say what a training measures.
    pub(crate) fn of(stem: &str) -> Option<Self> {
        if OF_ENVIRONMENT.as_ref()?.is_match(stem) {
            return Some(Self {
                key: RETURN.to_owned(),
                training: stem.to_owned(),
            });
        }
        let words: Vec<&str> = stem.split(['_', '-', '.', ' ']).collect();
        let is_other = |word: &&str| OTHERS.iter().any(|other| word.eq_ignore_ascii_case(other));
        // `map` is a metric, too, if the name holds nothing else.
        if words.len() > 1 && words.iter().any(is_other) {
            return None;
        }
        // The longest quantity: `episode_rewards` before `rewards`.
        let ends = (1..=words.len()).rev();
        let all = ends.flat_map(|end| (0..end).map(move |start| (start, end)));
        let mut found: Vec<(usize, usize)> = all
            .filter(|&(start, end)| is_quantity(&words[start..end]))
            .collect();
        found.sort_by_key(|(start, end)| std::cmp::Reverse(end - start));
        let &(start, end) = found.first()?;
        let before = words[..start].iter();
        let after = words[end..].iter().filter(|word| !is_any(word, ENDS));
        // Words after it are those of another noun, unless they number the training: `reward_model`.
        if !after.clone().all(|word| is_number(word)) {
            return None;
        }
        let training: Vec<&str> = before.chain(after).copied().collect();
        Some(Self {
            key: words[start..end].join("_"),
            training: training.join("_"),
        })
    }
}

/// True if a name states settings of a training, as that of a run in a sweep does.
pub(crate) fn states_settings(stem: &str) -> bool {
    let found = SETTING.as_ref().map(|setting| setting.find_iter(stem));
    found.into_iter().flatten().count() >= FEWEST_SETTINGS
}

fn is_any(word: &str, words: &[&str]) -> bool {
    words.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// `3`, `seed3`, `s3`, `run12`.
fn is_number(word: &str) -> bool {
    let name = word.trim_end_matches(|c: char| c.is_ascii_digit());
    name.len() < word.len()
        && (name.is_empty() || is_any(name, &["seed", "s", "run", "trial", "fold", "exp"]))
}

/// True if the words are those of what a training measures, with nothing but qualifiers before its name.
fn is_quantity(words: &[&str]) -> bool {
    let Some((last, qualifiers)) = words.split_last() else {
        return false;
    };
    let name = words.join("_");
    qualifiers.iter().all(|word| is_any(word, QUALIFIERS))
        && !last.is_empty()
        && singulars(&name).any(|name| {
            is_training_key(&name) || role_of_key(&name) == Some(Role::Length) && name.len() > 1
        })
}

/// A name, and what it may be the plural of.
fn singulars(name: &str) -> impl Iterator<Item = String> {
    let ies = name.strip_suffix("ies").map(|stem| format!("{stem}y"));
    let es = name.strip_suffix("es").map(str::to_owned);
    let s = name.strip_suffix('s').map(str::to_owned);
    std::iter::once(name.to_owned())
        .chain(ies)
        .chain(es)
        .chain(s)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_curves() {
        for (name, key, training) in [
            ("TD3_Hopper-v2_0", "return", "TD3_Hopper-v2_0"),
            ("rewards_seed3", "rewards", "seed3"),
            ("train_loss", "train_loss", ""),
            ("win_rates_7", "win_rates", "7"),
            ("episode_rewards_12", "episode_rewards", "12"),
            ("dqn_episode_rewards", "episode_rewards", "dqn"),
            ("losses", "losses", ""),
            ("val_accuracies", "val_accuracies", ""),
            ("reward_history", "reward", ""),
            ("episode_lengths", "episode_lengths", ""),
            ("scores_per_episode", "scores", ""),
            ("ppo_cartpole_returns_2", "returns", "ppo_cartpole_2"),
            ("map", "map", ""),
        ] {
            let expected = CurveName {
                key: key.to_owned(),
                training: training.to_owned(),
            };
            assert_eq!(CurveName::of(name), Some(expected), "{name}");
        }
    }

    #[test]
    fn the_quantity_of_a_series_is_at_the_end_of_its_name() {
        for (name, key, training) in [
            (
                "DDPG_ALL_STATES_rewards_mean_ep_rew",
                "mean_ep_rew",
                "DDPG_ALL_STATES_rewards",
            ),
            ("sac_model_ep_rew_mean", "ep_rew_mean", "sac_model"),
            ("actor_loss", "actor_loss", ""),
        ] {
            let found = CurveName::of_series(name).unwrap();
            assert_eq!((&*found.key, &*found.training), (key, training));
        }
        assert_eq!(CurveName::of_series("states_dqn"), None);
    }

    #[test]
    fn names_of_other_lists() {
        for name in [
            "embeddings",
            "Hopper-v2",
            "labels",
            "test_indices",
            "group_labels",
            "reward_model_weights",
            "loss_weights",
            "return_std",
            "rewards_mean_std",
            "loss_landscape",
            "accuracy_thresholds",
            "y_data",
            "intercepts",
            "score_distribution",
            "feature_map",
            "reward_model",
            "X_train",
            "l",
            "seed_3",
            "",
        ] {
            assert_eq!(CurveName::of(name), None, "{name}");
        }
    }

    #[test]
    fn names_of_settings() {
        assert!(states_settings(
            "Doublemem80000_batch64_lr5e-05_minEps0.1_gamma0.95_hiddenDim256.0"
        ));
        assert!(states_settings("dqn_lr=0.1_seed=3"));
        for name in [
            "Double_Duel",
            "layer0",
            "gradients_epoch_10",
            "layers.3",
            "alpha",
            "lrschedule_batch",
        ] {
            assert!(!states_settings(name), "{name}");
        }
    }
}
