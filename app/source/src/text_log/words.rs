//! The words of training logs.

use std::collections::HashMap;

use trainscape_run::{Role, role_of_key};

/// The data on which a value was computed, if a text says that they are not the training data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Train,
    Validation,
    Test,
    Evaluation,
}

impl Phase {
    /// What is put before the keys of such a line.
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Self::Train => "",
            Self::Validation => "val/",
            Self::Test => "test/",
            Self::Evaluation => "eval/",
        }
    }

    fn of_word(word: &[u8]) -> Option<Self> {
        let is = |words: &[&[u8]]| words.iter().any(|known| word.eq_ignore_ascii_case(known));
        match word.first()?.to_ascii_lowercase() {
            b't' if is(&[b"train", b"training"]) => Some(Self::Train),
            b't' if is(&[b"test", b"testing"]) => Some(Self::Test),
            b'v' if is(&[b"val", b"valid", b"validate", b"validation", b"validating"]) => {
                Some(Self::Validation)
            }
            b'd' if is(&[b"dev"]) => Some(Self::Validation),
            b'e' if is(&[b"eval", b"evaluation", b"evaluating"]) => Some(Self::Evaluation),
            _ => None,
        }
    }

    /// The phase that the last such word of `text` states.
    pub(super) fn of_text(text: &[u8]) -> Option<Self> {
        if text.len() < 3 {
            return None;
        }
        text.rsplit(|byte| !byte.is_ascii_alphabetic())
            .find_map(Self::of_word)
    }
}

/// What a position word counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Counter {
    /// Steps of the run, the preferred word first.
    Step(u8),
    /// Batches within an epoch.
    Batch,
    Epoch,
}

/// Words that state a position, the preferred one first.
const STEP_WORDS: &[&[u8]] = &[
    b"global_step",
    b"_step",
    b"step",
    b"steps",
    b"iteration",
    b"iter",
    b"iters",
    b"it",
    b"iter_num",
    b"total_timesteps",
    b"num_timesteps",
    b"timesteps",
    b"timestep",
    b"num_updates",
    b"update",
    b"updates",
    b"n_iter",
    b"iter_idx",
    b"step_idx",
    b"step_num",
    b"global_iter",
    b"global-step",
    b"episode",
    b"ep",
    b"round",
    // Logs in Romanian, French, Spanish, Portuguese, Italian and German.
    b"pas",
    b"paso",
    b"passo",
    b"etape",
    b"iteracion",
    b"iterazione",
    b"schritt",
];

/// Words for an epoch.
const EPOCH_WORDS: &[&[u8]] = &[
    b"epoch",
    b"epoca",
    b"epoche",
    b"epoque",
    b"epoka",
    b"epoch_idx",
    b"epoch_num",
];

/// The counter that `word` names.
pub(super) fn counter_of(word: &[u8]) -> Option<Counter> {
    if !(2..=15).contains(&word.len()) {
        return None;
    }
    match word[0].to_ascii_lowercase() {
        b'e' if EPOCH_WORDS
            .iter()
            .any(|known| word.eq_ignore_ascii_case(known)) =>
        {
            return Some(Counter::Epoch);
        }
        b'b' if word.eq_ignore_ascii_case(b"batch") => return Some(Counter::Batch),
        b'_' | b'e' | b'g' | b'i' | b'n' | b'p' | b'r' | b's' | b't' | b'u' => {}
        _ => return None,
    }
    STEP_WORDS
        .iter()
        .position(|known| word.eq_ignore_ascii_case(known))
        .map(|rank| Counter::Step(rank as u8))
}

/// Words between which and a position nothing else stands: `end of epoch 3`, `loss at iteration 100`.
pub(super) fn may_precede_position(word: &[u8]) -> bool {
    const WORDS: &[&[u8]] = &[
        b"global",
        b"at",
        b"after",
        b"current",
        b"of",
        b"end",
        b"on",
        b"in",
        b"start",
        b"finished",
        b"completed",
        b"complete",
        b"ended",
        b"done",
    ];
    Phase::of_word(word).is_some() || WORDS.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Words that occur in sentences and not in the keys of a log.
pub(super) fn is_of_a_sentence(word: &[u8]) -> bool {
    const WORDS: &[&[u8]] = &[
        b"from", b"to", b"in", b"at", b"of", b"for", b"with", b"the", b"did", b"not", b"is",
        b"was", b"than", b"after", b"and", b"on", b"by", b"a", b"an", b"or", b"are", b"top",
        b"took", b"using", b"rank", b"over",
    ];
    WORDS.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Words whose values are measured during training although the table of roles does not contain them.
const METRIC_WORDS: &[&str] = &[
    "rmse",
    "mae",
    "mse",
    "auc",
    "logloss",
    "mlogloss",
    "merror",
    "error",
    "err",
    "l1",
    "l2",
    "ndcg",
    "map",
    "ppl",
    "perplexity",
    "bleu",
    "iou",
    "miou",
    "dice",
    "psnr",
    "ssim",
    "fid",
    "score",
    "learn",
    "bpb",
    "bpc",
    "xent",
    "cost",
    "f1",
    "return",
    "rewards",
    "gnorm",
    "mape",
    "elbo",
    "wer",
    "cer",
    "binary_logloss",
    "train",
    "aupr",
    "top1",
    "prec@1",
    "acc@1",
    "losses",
];

/// True if `key` is measured during training: a loss, a learning rate, an accuracy, a reward.
pub(crate) fn is_training_key(key: &str) -> bool {
    let role = role_of_key(key);
    matches!(
        role,
        Some(
            Role::Loss
                | Role::ValidationLoss
                | Role::LearningRate
                | Role::GradientNorm
                | Role::Reward
                | Role::Accuracy
                | Role::Kl
                | Role::Entropy
        )
    ) || role.is_none()
        && key
            .rsplit([' ', '/', '-', '_', '.'])
            .next()
            .is_some_and(|word| METRIC_WORDS.contains(&word.to_ascii_lowercase().as_str()))
}

/// Keys that are remembered.
const MAX_REMEMBERED: usize = 4096;

/// Remembers which keys are measured during training: finding that out takes longer than reading a line.
#[derive(Clone, Debug, Default)]
pub(super) struct TrainingKeys(HashMap<String, KeyKind>);

/// What a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyKind {
    /// Measured during training.
    Metric,
    /// Set for the training, constant or by a schedule.
    LearningRate,
    Other,
}

impl TrainingKeys {
    pub(super) fn kind(&mut self, key: &str) -> KeyKind {
        if let Some(&kind) = self.0.get(key) {
            return kind;
        }
        let kind = match () {
            () if !is_training_key(key) => KeyKind::Other,
            () if role_of_key(key) == Some(Role::LearningRate) => KeyKind::LearningRate,
            () => KeyKind::Metric,
        };
        if self.0.len() >= MAX_REMEMBERED {
            self.0.clear();
        }
        self.0.insert(key.to_owned(), kind);
        kind
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_are_whole_words() {
        assert_eq!(
            Phase::of_text(b"validation loss at"),
            Some(Phase::Validation)
        );
        assert_eq!(Phase::of_text(b"Test set"), Some(Phase::Test));
        assert_eq!(Phase::of_text(b"train_inner"), Some(Phase::Train));
        assert_eq!(Phase::of_text(b"invalid value"), None);
    }

    #[test]
    fn training_keys_have_a_role_or_a_metric_word() {
        for key in [
            "lm loss",
            "train-rmse",
            "valid_1's l2",
            "Acc@1",
            "lr",
            "val/PPL",
            "G_GAN",
        ] {
            assert!(is_training_key(key), "{key}");
        }
        for key in ["size", "number of parameters", "port", "loss_scale"] {
            assert!(!is_training_key(key), "{key}");
        }
    }
}
