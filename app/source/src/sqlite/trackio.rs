//! Trackio's projects: a row of the table `metrics` holds a step's values as JSON.

use std::collections::HashMap;

use rusqlite::Connection;
use trainscape_run::Step;

use super::{
    error::SqliteError,
    format::{RunIds, SqliteFormat},
    tables::{Cells, column_names, each_row},
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
    read: read_runs,
};

/// One run while its rows are read.
#[derive(Debug)]
struct Run {
    /// Its id in the store.
    id: String,
    points: Points,
}

/// The runs by Trackio's id; by name in versions that have none.
#[derive(Debug, Default)]
struct Runs {
    runs: HashMap<String, Run>,
    ids: RunIds,
}

impl Runs {
    fn run(&mut self, logger_id: &str, name: &str) -> &mut Run {
        let ids = &mut self.ids;
        self.runs
            .entry(logger_id.to_owned())
            .or_insert_with(|| Run {
                id: ids.id(name, logger_id),
                points: Points::default(),
            })
    }
}

fn read_runs(
    connection: &Connection,
    store: &mut Store,
    statistics: &mut ReadStatistics,
) -> Result<Option<String>, SqliteError> {
    let id_column = match column_names(connection, "metrics")?.contains("run_id") {
        true => "run_id",
        false => "run_name",
    };
    let mut runs = Runs::default();
    let columns = format!("{id_column}, run_name, step, timestamp, metrics");
    each_row(connection, "metrics", &columns, |row| {
        let run = runs.run(row.text(0), row.text(1));
        let part = store.part(&run.id);
        add_row(&mut run.points, part, row, statistics);
    })?;
    let columns = format!("{id_column}, run_name, config");
    each_row(connection, "configs", &columns, |row| {
        let part = store.part(&runs.run(row.text(0), row.text(1)).id);
        part.display_name = Some(row.text(1).to_owned());
        add_config(part, row.bytes(2).unwrap_or_default());
    })?;
    for mut run in runs.runs.into_values() {
        let part = store.part(&run.id);
        run.points.flush(part, statistics);
    }
    Ok(None)
}

fn add_row(
    points: &mut Points,
    part: &mut Store,
    row: Cells<'_, '_>,
    statistics: &mut ReadStatistics,
) {
    let (Some(step), Some(json)) = (row.integer(2), row.bytes(4).and_then(Json::parse)) else {
        statistics.text_cells += 1;
        return;
    };
    statistics.records += 1;
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
}

/// Trackio's own entries begin with an underscore.
fn add_config(part: &mut Store, text: &[u8]) {
    let Some(Json::Map(entries)) = Json::parse(text) else {
        return;
    };
    for (mut key, value) in entries {
        if !key.starts_with('_') {
            value.flatten_config(&mut key, &mut part.config);
        }
    }
}
