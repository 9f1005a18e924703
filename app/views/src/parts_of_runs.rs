//! Runs that are parts of another one: the clients of a federated training, the workers of a distributed one. Each has losses of
//! its own data, which are not compared with those of whole trainings.

use std::{collections::HashSet, sync::Arc};

use trainscape_run::Run;

/// Beginnings of the names of files and folders of one part.
const PARTS: [&str; 5] = ["client", "worker", "rank", "peer", "site"];

/// The places of the runs that lie below another run and are named as one of its parts.
pub(super) fn parts_of_others(runs: &[Arc<Run>]) -> HashSet<usize> {
    let ids: HashSet<&str> = runs.iter().map(|run| &*run.id).collect();
    let is_part = |run: &Arc<Run>| {
        let separators = run.id.match_indices('/');
        let mut above = separators.filter(|(at, _)| ids.contains(&run.id[..*at]));
        above.any(|(at, _)| {
            let mut below = run.id[at + 1..].split('/');
            below.any(names_a_part)
        })
    };
    let places = runs.iter().enumerate();
    places
        .filter(|(_, run)| is_part(run))
        .map(|(at, _)| at)
        .collect()
}

fn names_a_part(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    PARTS.iter().any(|part| {
        let rest = name.strip_prefix(part);
        rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphabetic() && c != 's'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(ids: &[&str]) -> Vec<usize> {
        let runs: Vec<Arc<Run>> = ids
            .iter()
            .map(|id| Arc::new(Run::new(*id, *id, (*id).into())))
            .collect();
        let mut places: Vec<usize> = parts_of_others(&runs).into_iter().collect();
        places.sort_unstable();
        places
    }

    #[test]
    fn clients_below_a_run_are_its_parts() {
        let ids = ["a/0", "a/0/clients/client_progress_1", "a/0/rank3"];
        assert_eq!(parts(&ids), [1, 2]);
        // Nothing above them is a run, or they are seeds.
        let ids = ["a/client_1", "a/client_2", "b", "b/seed_1", "b/ranking"];
        assert_eq!(parts(&ids), [0_usize; 0]);
    }
}
