//! The names of runs in lists: without what all ids have in common, which tells runs apart no further.

use std::{collections::HashMap, sync::Arc};

use trainscape_run::Run;

/// What separates the words of a name.
const SEPARATORS: &str = "/\\_-. :=";

/// The short name of each run, in the order of the runs.
pub(crate) fn short_names(runs: &[Arc<Run>]) -> Vec<String> {
    let ids: Vec<&str> = runs.iter().map(|run| &*run.id).collect();
    let short = short_ids(&ids);
    let mut with_name: HashMap<&str, usize> = HashMap::new();
    for run in runs {
        *with_name.entry(&run.name).or_default() += 1;
    }
    let named = runs.iter().zip(short);
    named
        .map(|(run, short)| {
            // A name that a tracker gave says more than the random id of its folder.
            let is_only_one = with_name.get(&*run.name) == Some(&1);
            match (run.id.ends_with(&*run.name), is_only_one) {
                (true, _) => short,
                (false, true) => run.name.to_string(),
                (false, false) => format!("{short}  ({})", run.name),
            }
        })
        .collect()
}

/// The ids without the folders that all of them have, and without the words that all last parts begin or end with.
fn short_ids(ids: &[&str]) -> Vec<String> {
    let parts: Vec<Vec<&str>> = ids
        .iter()
        .map(|id| id.trim_end_matches('/').split('/').collect())
        .collect();
    let Some((first, others)) = parts.split_first() else {
        return Vec::new();
    };
    if others.is_empty() {
        return vec![first.last().copied().unwrap_or_default().to_owned()];
    }
    let shortest = parts.iter().map(Vec::len).min().unwrap_or_default();
    let same_depth = parts.iter().all(|of| of.len() == shortest);
    let is_shared = |at: usize| others.iter().all(|other| other.get(at) == first.get(at));
    // With ids of one depth, a folder in the middle can be the same in all, too.
    let left_out: Vec<bool> = match same_depth {
        true => (0..shortest).map(is_shared).collect(),
        false => {
            let leading = (0..shortest - 1).take_while(|at| is_shared(*at)).count();
            (0..shortest).map(|at| at < leading).collect()
        }
    };
    let mut kept: Vec<Vec<&str>> = parts
        .iter()
        .map(|of| {
            let kept = of.iter().enumerate();
            let kept = kept.filter(|(at, _)| !left_out.get(*at).is_some_and(|out| *out));
            kept.map(|(_, part)| *part).collect()
        })
        .collect();
    if kept.iter().all(|of| of.len() == 1) || same_depth {
        let mut last: Vec<&mut &str> = kept.iter_mut().filter_map(|of| of.last_mut()).collect();
        leave_out_shared_ends(&mut last);
    }
    let short: Vec<String> = kept.iter().map(|of| of.join("/")).collect();
    let mut distinct: Vec<&String> = short.iter().filter(|short| !short.is_empty()).collect();
    distinct.sort_unstable();
    distinct.dedup();
    // Ids that were distinct stay so.
    if distinct.len() < ids.len() {
        return ids.iter().map(|id| (*id).to_owned()).collect();
    }
    short
}

/// Cuts the words that all names begin with, and those that all end with.
fn leave_out_shared_ends(names: &mut [&mut &str]) {
    let Some((first, others)) = names.split_first() else {
        return;
    };
    let first: &str = first;
    let mut prefix = first.len();
    let mut suffix = first.len();
    for other in others {
        let same = first.bytes().zip(other.bytes()).take_while(|(a, b)| a == b);
        prefix = prefix.min(same.count());
        let same = first.bytes().rev().zip(other.bytes().rev());
        suffix = suffix.min(same.take_while(|(a, b)| a == b).count());
    }
    let is_separator = |c: char| SEPARATORS.contains(c);
    let prefix = floor_boundary(first, prefix);
    // Digits that follow the last separator belong to what differs.
    let prefix = first[..prefix].rfind(is_separator).map_or(0, |at| at + 1);
    let from = ceil_boundary(first, first.len() - suffix);
    let suffix = first[from..]
        .find(is_separator)
        .map_or(0, |at| first.len() - from - at);
    if names.iter().all(|name| name.len() > prefix + suffix) {
        for name in names {
            **name = &name[prefix..name.len() - suffix];
        }
    }
}

/// The last boundary of a character at or before a byte.
fn floor_boundary(text: &str, at: usize) -> usize {
    (0..=at)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

/// The first boundary of a character at or after a byte.
fn ceil_boundary(text: &str, at: usize) -> usize {
    (at..=text.len())
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_that_all_runs_share_are_left_out() {
        assert_eq!(short_ids(&["a/b/one", "a/b/two"]), ["one", "two"]);
        assert_eq!(short_ids(&["a/b/one", "a/c/two"]), ["b/one", "c/two"]);
        assert_eq!(short_ids(&["a/b", "a/b/two"]), ["b", "b/two"]);
        assert_eq!(short_ids(&["one", "two"]), ["one", "two"]);
        assert_eq!(short_ids(&["a/one"]), ["one"]);
        assert!(short_ids(&[]).is_empty());
    }

    #[test]
    fn the_names_of_a_tracker_stand_for_random_ids() {
        let run = |(id, name): (&str, &str)| Arc::new(Run::new(id, name, id.into()));
        let runs = [
            ("0/4a02", "nimble-wolf"),
            ("0/56e9", "salty-doe"),
            ("0/78bb", "salty-doe"),
        ];
        let names = short_names(&runs.map(run));
        assert_eq!(
            names,
            ["nimble-wolf", "56e9  (salty-doe)", "78bb  (salty-doe)"]
        );
        assert_eq!(
            short_names(&[run(("a/one", "one")), run(("a/two", "two"))]),
            ["one", "two"]
        );
    }

    #[test]
    fn what_tells_runs_apart_is_kept() {
        let ids = [
            "ES/Hopper-v2/run-2020-08-28-19-30-41",
            "ES/Hopper-v2/run-2020-09-01-00-00-00",
            "ICM/Hopper-v2/run-2020-08-27-04-41-12",
        ];
        let short = [
            "ES/08-28-19-30-41",
            "ES/09-01-00-00-00",
            "ICM/08-27-04-41-12",
        ];
        assert_eq!(short_ids(&ids), short);
        assert_eq!(short_ids(&["lr_1_seed_0", "lr_10_seed_0"]), ["1", "10"]);
        assert_eq!(short_ids(&["a/run", "b/run"]), ["a", "b"]);
        assert_eq!(short_ids(&["run", "run-2"]), ["run", "run-2"]);
        assert_eq!(short_ids(&["実験-一", "実験-二"]), ["一", "二"]);
        assert_eq!(short_ids(&["é", "è"]), ["é", "è"]);
    }
}
