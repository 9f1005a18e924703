//! The series of the drawn runs, and the one that has each role, updated once for each change.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use trainscape_run::{Role, Run, Snapshot};
use trainscape_views::key_with_role;

use crate::{
    key_tree::{self, TreeRow},
    role_choices::OFFERED,
    series_row::SeriesRow,
};

/// The series that the views use for a role.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct KeyOfRole {
    pub(crate) key: Arc<str>,
    /// Drawn runs that use it, and those that use another one.
    pub(crate) runs: usize,
    pub(crate) runs_with_others: usize,
}

/// The series in the order of their keys.
#[derive(Default)]
pub(crate) struct SeriesList {
    of: Option<(u64, Option<BTreeSet<String>>)>,
    pub(crate) rows: Vec<SeriesRow>,
    /// Of each offered role that a series has.
    pub(crate) of_roles: BTreeMap<Role, KeyOfRole>,
    /// The open groups and the filter that `visible` belongs to.
    shown: Option<(BTreeSet<String>, String)>,
    /// The rows of the tree.
    pub(crate) visible: Vec<TreeRow>,
}

impl SeriesList {
    /// Updates the list.
    pub(crate) fn update(&mut self, snapshot: &Snapshot, drawn: Option<&BTreeSet<String>>) {
        let same = self.of.as_ref().is_some_and(|(generation, runs)| {
            *generation == snapshot.generation && runs.as_ref() == drawn
        });
        if same {
            return;
        }
        self.of = Some((snapshot.generation, drawn.cloned()));
        self.shown = None;
        let shown: Vec<&Arc<Run>> = snapshot
            .runs
            .iter()
            .filter(|run| drawn.is_none_or(|drawn| drawn.contains(run.id.as_ref())))
            .collect();
        let mut series: BTreeMap<&Arc<str>, (Option<Role>, usize)> = BTreeMap::new();
        for run in &shown {
            for (key, points) in &run.series {
                let entry = series
                    .entry(key)
                    .or_insert_with(|| (run.roles.get(key).copied(), 0));
                entry.1 += points.len();
            }
        }
        let row = |(key, (role, points)): (&Arc<str>, _)| SeriesRow {
            key: key.clone(),
            role,
            points,
        };
        self.rows = series.into_iter().map(row).collect();
        let of_role = |(role, _)| Some((role, key_of_role(&shown, role)?));
        self.of_roles = OFFERED.into_iter().filter_map(of_role).collect();
    }

    /// Updates the rows of the tree.
    pub(crate) fn show(&mut self, open: &BTreeSet<String>, filter: &str) {
        let filter = filter.to_lowercase();
        let is_same = self
            .shown
            .as_ref()
            .is_some_and(|shown| shown.0 == *open && shown.1 == filter);
        if !is_same {
            self.visible = key_tree::visible(&self.rows, open, &filter);
            self.shown = Some((open.clone(), filter));
        }
    }
}

fn key_of_role(runs: &[&Arc<Run>], role: Role) -> Option<KeyOfRole> {
    let key = key_with_role(runs.iter().copied(), role)?;
    let uses = |run: &&&Arc<Run>| {
        let best = key_with_role(std::iter::once(**run), role);
        best.as_ref() == Some(&key)
    };
    let has = |run: &&&Arc<Run>| run.roles.values().any(|of_key| *of_key == role);
    let with_role = runs.iter().filter(has).count();
    let using = runs.iter().filter(uses).count();
    Some(KeyOfRole {
        key,
        runs: using,
        runs_with_others: with_role.saturating_sub(using),
    })
}
