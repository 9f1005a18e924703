//! The series of the drawn runs with their roles, updated once for each change.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use trainscape_run::{Role, Snapshot};

/// A row of the list.
pub(crate) struct SeriesRow {
    pub(crate) key: Arc<str>,
    pub(crate) role: Option<Role>,
    /// Points in all drawn runs.
    pub(crate) points: usize,
}

/// The series, those with a role first.
#[derive(Default)]
pub(crate) struct SeriesList {
    of: Option<(u64, Option<BTreeSet<String>>)>,
    pub(crate) rows: Vec<SeriesRow>,
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
        let mut series: BTreeMap<&Arc<str>, (Option<Role>, usize)> = BTreeMap::new();
        let shown = snapshot
            .runs
            .iter()
            .filter(|run| drawn.is_none_or(|drawn| drawn.contains(run.id.as_ref())));
        for run in shown {
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
        // Keys with a role come first, the rest by name.
        self.rows.sort_by_key(|row| match row.role {
            Some(Role::LayerGradientNorm) => 1,
            Some(_) => 0,
            None => 2,
        });
    }
}
