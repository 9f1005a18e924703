//! Trackio's projects: a row of the table `metrics` holds a step's values as JSON.

use std::collections::HashMap;

use rusqlite::Connection;
use trainscape_run::Step;

use super::{
    error::SqliteError,
    format::{Outcome, Progress, SqliteFormat},
    tables::{Cells, column_names, each_row, each_row_after},
    time::unix_secs,
};
use crate::{
    json::{Json, Leaf},
    points::Points,
    statistics::ReadStatistics,
    store::Store,
};

/// Trackio's database of a project.
pub(crate) static TRACKIO: SqliteFormat = SqliteFormat {
    name: "trackio",
    title: "Trackio",
    rank: 21,
    tables: &["metrics", "configs"],
    appended: Some("metrics"),
    read: read_runs,
};

fn read_runs(
    connection: &Connection,
    progress: &mut Progress,
    store: &mut Store,
    statistics: &mut ReadStatistics,
) -> Result<Outcome, SqliteError> {
    // Versions without ids tell runs apart by their names.
    let id_column = match column_names(connection, "metrics")?.contains("run_id") {
        true => "run_id",
        false => "run_name",
    };
    let Progress {
        last_row,
        ids,
        unreadable,
        ..
    } = progress;
    let mut points: HashMap<String, Points> = HashMap::new();
    let columns = format!("{id_column}, run_name, step, timestamp, metrics");
    *last_row = each_row_after(connection, "metrics", &columns, *last_row, |row| {
        let part = store.part(ids.id(row.text(1), row.text(0)));
        let points = match points.get_mut(row.text(0)) {
            Some(known) => known,
            None => points.entry(row.text(0).to_owned()).or_default(),
        };
        match add_row(points, part, row, statistics) {
            Some(()) => statistics.records += 1,
            None => *unreadable += 1,
        }
    })?;
    for (id, mut points) in points {
        points.flush(store.part(ids.id("", &id)), statistics);
    }
    let columns = format!("{id_column}, run_name, config");
    let (mut configured, mut unread) = (0, 0);
    each_row(connection, "configs", &columns, |row| {
        configured += 1;
        let part = store.part(ids.id(row.text(1), row.text(0)));
        part.display_name = Some(row.text(1).to_owned());
        part.config.clear();
        if add_config(part, row.bytes(2).unwrap_or_default()).is_none() {
            unread += 1;
        }
    })?;
    // All of them are read each time.
    statistics.unread_settings = unread;
    // The rows of a deleted run are deleted, too.
    let is_outdated = configured < progress.configured;
    progress.configured = configured;
    Ok(match is_outdated {
        true => Outcome::Outdated,
        false => Outcome::Read(None),
    })
}

/// Adds a row of `metrics`; `None` if its cells are not a step and JSON.
fn add_row(
    points: &mut Points,
    part: &mut Store,
    row: Cells<'_, '_>,
    statistics: &mut ReadStatistics,
) -> Option<()> {
    let (step, json) = (row.integer(2)?, Json::parse(row.bytes(4)?)?);
    points.start_row(Step::Int(step), unix_secs(row.text(3)));
    json.flatten(&mut String::new(), &mut |key, leaf| match leaf {
        Leaf::Number(value, _) => points.push(&part.keys, key, value),
        Leaf::Histogram(json) => {
            if let Some(histogram) = json.histogram() {
                points.push_histogram(&part.keys, key, histogram);
            }
        }
    });
    if points.is_full() {
        points.flush(part, statistics);
    }
    Some(())
}

/// Trackio's own entries begin with an underscore. `None` if the configuration cannot be read.
fn add_config(part: &mut Store, text: &[u8]) -> Option<()> {
    let Json::Map(entries) = Json::parse(text)? else {
        return None;
    };
    for (mut key, value) in entries {
        if !key.starts_with('_') {
            value.flatten_config(&mut key, &mut part.config);
        }
    }
    Some(())
}
