//! One quantity under several keys: `Loss`, `loss` and `train/loss` are the training loss of runs that were logged by different
//! scripts, and are drawn together. What differs in more than case, separators and the words of the role is another quantity.

use std::{collections::BTreeMap, sync::Arc};

use trainscape_run::{Role, Run, Series};

use super::{samples::counted, x_lookup::steps_count};

/// A key whose other spellings are taken for it, in runs whose steps count the same.
pub(super) struct Spelling<'a> {
    key: &'a str,
    role: Role,
    words: Vec<String>,
    steps_count: Option<&'a str>,
}

impl<'a> Spelling<'a> {
    pub(super) fn new(key: &'a str, role: Role, runs: &'a [Arc<Run>]) -> Self {
        let first = runs.iter().find(|run| run.series.contains_key(key));
        Self {
            key,
            role,
            words: quantity(key, role),
            steps_count: first.and_then(|run| steps_count(run, key)),
        }
    }

    /// The series of a run under the key, or under the only spelling of it that the run has.
    pub(super) fn series_of<'r>(&self, run: &'r Run) -> Option<&'r Arc<Series>> {
        if let Some(series) = run.series.get(self.key) {
            return Some(series);
        }
        let of_role = run.series_with_role(self.role).into_iter();
        let mut spellings = of_role.filter(|series| {
            !series.is_empty()
                && quantity(series.key(), self.role) == self.words
                && steps_count(run, series.key()) == self.steps_count
        });
        let first = spellings.next()?;
        spellings.next().is_none().then_some(first)
    }
}

/// The words of a key in lower case, without those that only repeat the role.
fn quantity(key: &str, role: Role) -> Vec<String> {
    let repeated: &[&str] = match role {
        Role::Loss => &["train", "training", "tr", "trn", "loss"],
        Role::ValidationLoss => &[
            "val",
            "valid",
            "validation",
            "eval",
            "evaluation",
            "dev",
            "loss",
        ],
        _ => &[],
    };
    let words = key.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .filter(|word| !repeated.contains(&word.as_str()))
        .collect()
}

/// What is said of drawn series that are the quantity of `key` under other keys.
pub(super) fn sentence<'a>(
    drawn: impl Iterator<Item = &'a Arc<Series>>,
    key: &str,
) -> Option<String> {
    let mut others: BTreeMap<&str, usize> = BTreeMap::new();
    for series in drawn.filter(|series| &**series.key() != key) {
        *others.entry(series.key()).or_default() += 1;
    }
    let of_key = |(key, count): (&&str, &usize)| {
        let verb = if *count == 1 { "logs" } else { "log" };
        format!("{} {verb} it as {key}", counted(*count, "run"))
    };
    let sentences: Vec<String> = others.iter().map(of_key).collect();
    (!sentences.is_empty()).then(|| sentences.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn are_one(a: &str, b: &str, role: Role) -> bool {
        quantity(a, role) == quantity(b, role)
    }

    #[test]
    fn case_separators_and_words_of_the_role_do_not_distinguish() {
        for (a, b, role) in [
            ("Loss", "train/loss", Role::Loss),
            ("train_loss", "training-loss", Role::Loss),
            ("val", "val_loss", Role::ValidationLoss),
            ("eval/loss", "Validation Loss", Role::ValidationLoss),
            ("Val AUROC", "val/auroc", Role::Accuracy),
        ] {
            assert!(are_one(a, b, role), "{a}, {b}");
        }
        for (a, b, role) in [
            ("policy_loss", "loss", Role::Loss),
            ("train/nll_loss", "train/loss", Role::Loss),
            ("test_loss", "val_loss", Role::ValidationLoss),
            ("train/accuracy", "val/accuracy", Role::Accuracy),
            ("AUROC", "Val AUROC", Role::Accuracy),
        ] {
            assert!(!are_one(a, b, role), "{a}, {b}");
        }
    }
}
