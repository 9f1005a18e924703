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

/// A number at the end of a name, by itself or after a word for a repeat, before the ending of a file.
static COUNT: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?i)^(.*?(?:^|[/_ .-]|[/_ .-](?:run|trial|try|log|no|r)))(\d{1,2})((?:/[^/]*)?(?:\.[a-z]+)?)$";
    Regex::new(pattern).expect("a constant pattern is valid")
});

/// The name of a run with `*` for the number at its end, and that number.
pub(super) fn stem_of(run: &Run) -> Option<(String, usize)> {
    let of_name = |name: &str| {
        // Trainings of one log can be of anything.
        let is_of_log = name.contains('#') || name.contains(", start ");
        let found = COUNT.captures(name).filter(|_| !is_of_log)?;
        let number = found[2].parse().ok()?;
        Some((format!("{}*{}", &found[1], &found[3]), number))
    };
    of_name(&run.id).or_else(|| of_name(&run.name))
}

/// Whether numbers count repeats: those after at least two names are consecutive from 0 or 1, as many for most of these.
pub(super) fn are_repeats(runs: &[Arc<Run>]) -> bool {
    let mut numbers: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    let mut numbered = 0;
    for (stem, number) in runs.iter().filter_map(|run| stem_of(run)) {
        numbers.entry(stem).or_default().insert(number);
        numbered += 1;
    }
    let is_counted = |found: &BTreeSet<usize>| {
        let (Some(first), Some(last)) = (found.first(), found.last()) else {
            return false;
        };
        found.len() > 1 && *first <= 1 && last - first + 1 == found.len()
    };
    let all: BTreeSet<usize> = numbers.values().flatten().copied().collect();
    let counted = numbers.values().filter(|found| is_counted(found)).count();
    numbers.len() >= FEWEST_NAMES
        && all.len() <= MOST_REPEATS
        && 4 * counted >= 3 * numbers.len()
        && 4 * numbered >= 3 * runs.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn are(names: &[&str]) -> bool {
        let run = |name: &&str| Arc::new(Run::new(*name, *name, (*name).into()));
        are_repeats(&names.iter().map(run).collect::<Vec<_>>())
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
    fn other_numbers_do_not() {
        // Versions of one name, a size, and what belongs to a word.
        assert!(!are(&["version_0", "version_1", "version_2"]));
        assert!(!are(&["a_16", "a_32", "b_16", "b_32"]));
        assert!(!are(&["a/td2", "a/td3", "b/td2", "b/td3"]));
        assert!(!are(&["a_0", "b_0", "c_0"]));
        assert!(!are(&[
            "a_0, start 1",
            "a_1, start 1",
            "b_0, start 1",
            "b_1, start 1"
        ]));
    }
}
