//! The names of runs in lists: without the folder that all runs share.

use std::sync::Arc;

use trainscape_run::Run;

/// Length of the folder that all ids begin with, which tells runs apart no further.
pub(crate) fn shared_folder(runs: &[Arc<Run>]) -> usize {
    let [first, others @ ..] = runs else { return 0 };
    let mut shared = if others.is_empty() { "" } else { &*first.id };
    while let Some(at) = shared.trim_end_matches('/').rfind('/') {
        shared = &shared[..=at];
        if others.iter().all(|run| run.id.starts_with(shared)) {
            return shared.len();
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_that_all_runs_share_is_left_out() {
        let shared = |ids: &[&str]| {
            let run = |id: &&str| Arc::new(Run::new(*id, *id, (*id).into()));
            shared_folder(&ids.iter().map(run).collect::<Vec<_>>())
        };
        assert_eq!(shared(&["a/b/one", "a/b/two"]), "a/b/".len());
        assert_eq!(shared(&["a/b/one", "a/c/two"]), "a/".len());
        assert_eq!(shared(&["a/b", "a/b/two"]), "a/".len());
        assert_eq!(shared(&["one", "two"]), 0);
        assert_eq!(shared(&["a/one"]), 0);
    }
}
