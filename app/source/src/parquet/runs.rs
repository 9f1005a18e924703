//! The runs of a table while its rows are read.

use std::collections::HashMap;

use trainscape_run::{ConfigValue, Step};

use crate::{points::Points, statistics::ReadStatistics, store::Store};

/// Longest text that becomes a setting or a name.
const MAX_TEXT: usize = 4096;

/// Neptune's attribute with a run's name.
const NAME: &str = "sys/name";

/// What the rows share: texts that repeat are stored once.
#[derive(Debug, Default)]
pub(super) struct Names {
    names: Vec<String>,
    indices: HashMap<Vec<u8>, u32>,
}

impl Names {
    /// The index of a name; `None` if it is too long for one, as each row would be compared with it.
    pub(super) fn index(&mut self, name: &[u8]) -> Option<u32> {
        if name.len() > MAX_TEXT {
            return None;
        }
        if let Some(&known) = self.indices.get(name) {
            return Some(known);
        }
        let index = self.names.len() as u32;
        self.names.push(String::from_utf8_lossy(name).into_owned());
        self.indices.insert(name.to_vec(), index);
        Some(index)
    }

    pub(super) fn name(&self, index: u32) -> &str {
        &self.names[index as usize]
    }
}

/// The position of a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) step: Option<Step>,
    pub(super) wall_time_secs: Option<f64>,
    /// Index of its run's name, if it has one.
    pub(super) run: Option<u32>,
}

/// Adds points to the runs of a store; without a column of runs, to the store itself.
pub(super) struct Runs<'a> {
    store: &'a mut Store,
    pub(super) statistics: &'a mut ReadStatistics,
    /// The runs' names; `None` if the table is one run.
    pub(super) names: Option<Names>,
    /// Points by run that are not in the store yet.
    points: Vec<Points>,
    /// Number of points that may still be added.
    allowed: u64,
    pub(super) has_too_many_points: bool,
}

impl<'a> Runs<'a> {
    pub(super) fn new(
        store: &'a mut Store,
        statistics: &'a mut ReadStatistics,
        has_runs: bool,
        allowed: u64,
    ) -> Self {
        if has_runs {
            store.hold_only_parts();
        }
        Self {
            store,
            statistics,
            names: has_runs.then(Names::default),
            points: Vec::new(),
            allowed,
            has_too_many_points: false,
        }
    }

    /// The run of a row; `None` if the table has runs and the row has none.
    fn part(&mut self, run: Option<u32>) -> Option<(&mut Store, &mut Points, &mut ReadStatistics)> {
        let run = match &self.names {
            Some(_) => run?,
            None => 0,
        };
        let index = run as usize;
        if index >= self.points.len() {
            self.points.resize_with(index + 1, Points::default);
        }
        let store = match &self.names {
            Some(names) => self.store.part(names.name(run)),
            None => &mut *self.store,
        };
        Some((store, &mut self.points[index], self.statistics))
    }

    pub(super) fn add(&mut self, head: Head, step: Step, key: &str, value: f64) {
        let Some(allowed) = self.allowed.checked_sub(1) else {
            self.has_too_many_points = true;
            return;
        };
        self.allowed = allowed;
        let Some((store, points, statistics)) = self.part(head.run) else {
            return;
        };
        points.start_row(step, head.wall_time_secs);
        points.push(&store.keys, key, value);
        if points.is_full() {
            points.flush(store, statistics);
        }
    }

    /// Adds a setting of a run.
    pub(super) fn set(&mut self, head: Head, key: &str, value: ConfigValue) {
        let Some((store, _, _)) = self.part(head.run) else {
            return;
        };
        match value {
            ConfigValue::Text(text) if text.len() > MAX_TEXT => {}
            ConfigValue::Text(name) if key == NAME => store.display_name = Some(name),
            value => {
                store.config.insert(key.to_owned(), value);
            }
        }
    }

    /// Appends all points to the store.
    pub(super) fn flush(&mut self) {
        for run in 0..self.points.len() {
            if let Some((store, points, statistics)) = self.part(Some(run as u32)) {
                points.flush(store, statistics);
            }
        }
    }
}
