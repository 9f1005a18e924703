//! Which runs are drawn as trajectories, and along which coordinates.

use std::sync::Arc;

use trainscape_run::{Role, Run};

use super::{
    coordinates::{self, Coordinate},
    recipe::Recipe,
};
use crate::{NO_RUNS, NotAvailable, Remedy, ViewSettings, samples::left_out_runs};

/// The runs that have all coordinates.
pub(super) struct TrajectorySelection {
    pub(super) coordinates: [Coordinate; 4],
    /// Each run with its index among all runs, drawn or not.
    pub(super) members: Vec<(usize, Arc<Run>)>,
    /// Sentences for the caption on runs that are left out.
    pub(super) notes: Vec<String>,
}

/// Selects the coordinates, and the drawn runs that have finite values of all of them.
pub(super) fn select(
    runs: &[Arc<Run>],
    settings: &ViewSettings,
    recipe: &Recipe,
) -> Result<TrajectorySelection, NotAvailable> {
    let drawn: Vec<(usize, &Arc<Run>)> = runs
        .iter()
        .enumerate()
        .filter(|(_, run)| settings.draws_run(&run.id))
        .collect();
    if drawn.is_empty() {
        return Err(NotAvailable::new(NO_RUNS).remedied_by(Remedy::DrawAll));
    }
    let only: Vec<&Arc<Run>> = drawn.iter().map(|(_, run)| *run).collect();
    let coordinates = coordinates::resolve(&only, &recipe.options, recipe.defaults)?;
    let keys: Vec<&Arc<str>> = coordinates.iter().filter_map(Coordinate::key).collect();
    let has_all = |run: &Run| {
        keys.iter().all(|key| {
            run.series
                .get(*key)
                .is_some_and(|series| series.value_range().is_some())
        })
    };
    let members: Vec<(usize, Arc<Run>)> = drawn
        .iter()
        .filter(|(_, run)| has_all(run))
        .map(|(ordinal, run)| (*ordinal, Arc::clone(run)))
        .collect();
    let named: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    if members.is_empty() {
        return Err(NotAvailable::new(format!(
            "no run has finite values of all of {}",
            named.join(", ")
        )));
    }
    let mut notes = Vec::new();
    if members.len() < drawn.len() {
        let keys: Vec<&str> = keys.iter().map(|key| &***key).collect();
        let missing = drawn.len() - members.len();
        notes.push(left_out_runs(missing, &keys.join(", ")));
    }
    Ok(TrajectorySelection {
        coordinates,
        members,
        notes,
    })
}

/// The role of a key in the first run that gives it one.
pub(super) fn role_of(runs: &[Arc<Run>], key: &str) -> Option<Role> {
    runs.iter().find_map(|run| run.roles.get(key).copied())
}
