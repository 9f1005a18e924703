//! Repeats that are numbered: the same numbers stand after several names, as in `dqn_0` to `dqn_2` and `ppo_0` to `ppo_2`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, LazyLock},
};

use regex::Regex;
use trainscape_run::Run;

/// Counts begin with 0 or 1 and seldom go on for longer.
const MOST_REPEATS: usize = 30;
/// Numbers of one training say nothing of what they count.
const FEWEST_NAMES: usize = 2;

/// A number at the end of a name after a word for a repeat, before the ending of a file.
static RUN: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"(?i)^(.*?[/_ .-])(?:run|trial|try)[_-]?(\d{1,2})((?:/[^/]*)?(?:\.[a-z]+)?)$")
});
/// The same, also a number by itself.
static COUNT: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"(?i)^(.*?(?:^|[/_ -]))(?:run|trial|try|log)?(\d{1,2})((?:/[^/]*)?(?:\.[a-z]+)?)$")
});

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant pattern is valid")
}

/// Words before numbers that are settings or name what is compared.
const OF_SETTINGS: [&str; 51] = [
    "lr",
    "rate",
    "bs",
    "batch",
    "size",
    "wd",
    "decay",
    "gamma",
    "tau",
    "alpha",
    "beta",
    "eps",
    "epsilon",
    "layer",
    "layers",
    "head",
    "heads",
    "depth",
    "width",
    "dim",
    "hidden",
    "dropout",
    "momentum",
    "lambda",
    "epoch",
    "epochs",
    "step",
    "steps",
    "level",
    "task",
    "stage",
    "phase",
    "part",
    "version",
    "v",
    "exp",
    "experiment",
    "model",
    "config",
    "ablation",
    "variant",
    "rank",
    "bit",
    "bits",
    "shot",
    "shots",
    "scale",
    "temperature",
    "noise",
    "ratio",
    "fold",
];

/// Of these words, those that count runs where equal configurations say that nothing else differs.
const OF_RUNS: [&str; 5] = ["model", "exp", "experiment", "version", "v"];

/// What counts repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    /// Numbers after `run` or a word like it.
    Runs,
    /// Numbers at the ends of nearly all names.
    Numbers,
}

impl Count {
    /// What counts the repeats among the runs, if numbers do: those after at least two names are consecutive from 0 or 1.
    pub(crate) fn of(runs: &[Arc<Run>]) -> Option<Self> {
        let counts_all = |count: &Self| {
            let numbered = runs.iter().filter(|run| count.stem_of(run).is_some());
            4 * numbered.count() >= 3 * runs.len()
        };
        match Self::Numbers {
            all if all.is_of(runs) && counts_all(&all) => Some(all),
            _ => Some(Self::Runs).filter(|count| count.is_of(runs)),
        }
    }

    fn is_of(self, runs: &[Arc<Run>]) -> bool {
        let mut numbers: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for (stem, number) in runs.iter().filter_map(|run| self.stem_of(run)) {
            numbers.entry(stem).or_default().insert(number);
        }
        let all: BTreeSet<usize> = numbers.values().flatten().copied().collect();
        let counted = numbers.values().filter(|found| are_counted(found)).count();
        numbers.len() >= FEWEST_NAMES
            && all.len() <= MOST_REPEATS
            && 4 * counted >= 3 * numbers.len()
    }

    /// The name of a run with `*` for its number, and that number.
    pub(super) fn stem_of(self, run: &Run) -> Option<(String, usize)> {
        let pattern = match self {
            Self::Runs => &RUN,
            Self::Numbers => &COUNT,
        };
        let of_name = |name: &str| {
            // Trainings of one log can be of anything.
            let is_of_log = name.contains('#') || name.contains(", start ");
            let found = pattern.captures(name).filter(|_| !is_of_log)?;
            let before = found[1].trim_end_matches(|c: char| !c.is_alphanumeric());
            let word = before.rsplit(|c: char| !c.is_alphabetic()).next()?;
            let is_of = |words: &[&str]| words.iter().any(|of| word.eq_ignore_ascii_case(of));
            let is_counted = !run.config.is_empty() && is_of(&OF_RUNS);
            if is_of(&OF_SETTINGS) && !is_counted {
                return None;
            }
            let number = found[2].parse().ok()?;
            Some((format!("{}*{}", &found[1], &found[3]), number))
        };
        of_name(&run.id).or_else(|| of_name(&run.name))
    }
}

/// Whether the numbers after a name are consecutive from 0 or 1.
fn are_counted(found: &BTreeSet<usize>) -> bool {
    let (Some(first), Some(last)) = (found.first(), found.last()) else {
        return false;
    };
    found.len() > 1 && *first <= 1 && last - first + 1 == found.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn are(names: &[&str]) -> bool {
        let run = |name: &&str| Arc::new(Run::new(*name, *name, (*name).into()));
        Count::of(&names.iter().map(run).collect::<Vec<_>>()).is_some()
    }

    #[test]
    fn numbers_after_several_names_count_repeats() {
        assert!(are(&["dqn_0", "dqn_1", "dqn_2", "ppo_0", "ppo_1", "ppo_2"]));
        assert!(are(&[
            "a/log_1.csv",
            "a/log_2.csv",
            "b/log_1.csv",
            "b/log_2.csv"
        ]));
        assert!(are(&[
            "bigfish/run0",
            "bigfish/run1",
            "coinrun/run0",
            "coinrun/run1"
        ]));
    }

    #[test]
    fn other_numbers_beside_numbered_runs_are_settings() {
        let names = [
            "ppg-run0/x",
            "ppg-run1/x",
            "ppo-run0/x",
            "ppo-run1/x",
            "n-2/x",
            "n-16/x",
        ];
        let runs = names.map(|name| Arc::new(Run::new(name, name, name.into())));
        let count = Count::of(&runs).unwrap();
        assert_eq!(count, Count::Runs);
        assert_eq!(count.stem_of(&runs[4]), None);
        let (stem, _) = count.stem_of(&runs[0]).unwrap();
        assert_eq!(stem, "ppg-*/x");
    }

    #[test]
    fn models_with_configurations_are_counted() {
        let names = ["ppo/model_1", "ppo/model_2", "sac/model_1", "sac/model_2"];
        let runs = |config: &trainscape_run::Config| {
            let run = |name: &str| {
                let mut run = Run::new(name, name, name.into());
                run.config = Arc::new(config.clone());
                Arc::new(run)
            };
            names.map(run)
        };
        let mut config = trainscape_run::Config::default();
        assert_eq!(Count::of(&runs(&config)), None);
        config.insert("gamma".to_owned(), trainscape_run::ConfigValue::Float(0.99));
        assert_eq!(Count::of(&runs(&config)), Some(Count::Numbers));
    }

    #[test]
    fn other_numbers_do_not() {
        // Versions of one name, a size, and what belongs to a word.
        assert!(!are(&["version_0", "version_1", "version_2"]));
        assert!(!are(&["a_16", "a_32", "b_16", "b_32"]));
        assert!(!are(&["a/td2", "a/td3", "b/td2", "b/td3"]));
        assert!(!are(&["a_0", "b_0", "c_0"]));
        // Settings.
        assert!(!are(&["lr_1", "lr_2", "bs_1", "bs_2"]));
        assert!(!are(&["lr_0.1", "lr_0.2", "wd_0.1", "wd_0.2"]));
        assert!(!are(&[
            "a/version_0",
            "a/version_1",
            "b/version_0",
            "b/version_1"
        ]));
        assert!(!are(&[
            "a_0, start 1",
            "a_1, start 1",
            "b_0, start 1",
            "b_1, start 1"
        ]));
    }
}
