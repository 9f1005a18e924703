//! Runs whose names end with the seed that their configuration states, as `sac/sac_s766` with seed 766: what stands before it says
//! what the seeds are of.

use std::sync::Arc;

use trainscape_run::{ConfigValue, Run};

use crate::config_keys::is_seed;

/// Fewer runs may end with their seeds by chance.
const FEWEST: usize = 3;

/// Whether all runs that state a seed have it at the end of their names, and different runs different ones.
pub(super) fn are_named_by_seeds(runs: &[Arc<Run>]) -> bool {
    let with_seed = || runs.iter().filter(|run| seeds(run).next().is_some());
    let seeds: std::collections::BTreeSet<i64> = with_seed().flat_map(|run| seeds(run)).collect();
    seeds.len() >= FEWEST && with_seed().all(|run| stem(run).is_some())
}

/// The path of a run with `*` for the seed at its end.
pub(super) fn stem(run: &Run) -> Option<String> {
    let digits = run.id.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (before, number) = run.id.split_at(run.id.len() - digits);
    let number: i64 = number.parse().ok()?;
    let (_, name) = before.rsplit_once('/').unwrap_or(("", before));
    let says_something = !name.is_empty() || !before.is_empty();
    (says_something && seeds(run).any(|seed| seed == number)).then(|| format!("{before}*"))
}

fn seeds(run: &Run) -> impl Iterator<Item = i64> + '_ {
    let config = run.config.iter().filter(|(key, _)| is_seed(key));
    config.filter_map(|(_, value)| match value {
        ConfigValue::Int(seed) => Some(*seed),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::groups::{Repeats, groups};

    fn run(id: &str, seed: i64) -> Arc<Run> {
        let mut run = Run::new(id, id, id.into());
        run.config = Arc::new([("seed".to_owned(), ConfigValue::Int(seed))].into());
        Arc::new(run)
    }

    #[test]
    fn folders_say_what_the_seeds_are_of() {
        let runs = [
            run("A/Ant/algo_s16", 16),
            run("A/Ant/algo_s71", 71),
            run("misc/Ant/algo_s5", 5),
            run("misc/Ant/algo_s6", 6),
        ];
        let members = |runs: &[Arc<Run>]| -> Vec<Vec<usize>> {
            let groups = groups(runs, Repeats::Seeds);
            groups.into_iter().map(|group| group.members).collect()
        };
        assert_eq!(members(&runs), [vec![0, 1], vec![2, 3]]);
        // Names that say nothing of the seed are of nothing else, either.
        let mut other = runs.to_vec();
        other.push(run("eager-sun-3", 7));
        assert_eq!(members(&other), [vec![0, 1, 2, 3, 4]]);
    }
}
