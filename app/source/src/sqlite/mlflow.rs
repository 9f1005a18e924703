//! MLflow's tracking store: the tables `experiments`, `runs`, `metrics`, `params` and `tags`.

use std::collections::{HashMap, HashSet};

use rusqlite::Connection;
use trainscape_run::{Config, ConfigValue, Step};

use super::{
    error::SqliteError,
    format::{Outcome, Progress, SqliteFormat},
    tables::{Cells, each_row, each_row_after},
};
use crate::{config::value_of_text, points::Points, statistics::ReadStatistics, store::Store};

/// MLflow's database.
pub(crate) static MLFLOW_DATABASE: SqliteFormat = SqliteFormat {
    name: "mlflow-sqlite",
    title: "MLflow (SQLite)",
    rank: 20,
    tables: &["experiments", "runs", "metrics", "params", "tags"],
    appended: Some("metrics"),
    read: read_runs,
};

/// MLflow's tag with the id of the run that a nested run belongs to.
const PARENT: &str = "mlflow.parentRunId";
/// MLflow's tag with the run's name, in versions that do not store it with the run.
const NAME: &str = "mlflow.runName";

/// One run while its rows are read.
#[derive(Debug, Default)]
struct Run {
    name: String,
    config: Config,
    points: Points,
}

/// All runs but the deleted ones.
#[derive(Debug, Default)]
struct Runs {
    /// By id.
    runs: HashMap<String, Run>,
    /// Their ids in the order of their creation.
    order: Vec<String>,
    deleted: HashSet<String>,
}

fn read_runs(
    connection: &Connection,
    progress: &mut Progress,
    store: &mut Store,
    statistics: &mut ReadStatistics,
) -> Result<Outcome, SqliteError> {
    let Runs {
        mut runs,
        order,
        deleted,
    } = runs(connection)?;
    // A run may have been deleted, or its deletion undone.
    let mut parts = store.parts().iter();
    if !parts.all(|part| runs.contains_key(&part.id)) || deleted.len() < progress.deleted {
        return Ok(Outcome::Outdated);
    }
    progress.deleted = deleted.len();
    each_row(connection, "params", "run_uuid, \"key\", value", |row| {
        if let Some(run) = runs.get_mut(row.text(0)) {
            let value = value_of_text(row.text(2));
            run.config.insert(row.text(1).to_owned(), value);
        }
    })?;
    each_row(connection, "tags", "run_uuid, \"key\", value", |row| {
        if let Some(run) = runs.get_mut(row.text(0)) {
            add_tag(run, row.text(1), row.text(2));
        }
    })?;
    // The runs are listed in the order in which they were created, those without metrics, too.
    for id in &order {
        store.part(id);
    }
    let columns = "run_uuid, \"key\", value, is_nan, step, timestamp";
    let after = progress.last_row;
    progress.last_row = each_row_after(connection, "metrics", columns, after, |row| {
        if let Some(run) = runs.get_mut(row.text(0)) {
            let part = store.part(row.text(0));
            match add_point(run, part, row, statistics) {
                Some(()) => statistics.records += 1,
                None => progress.unreadable += 1,
            }
        } else {
            progress.is_incomplete |= !deleted.contains(row.text(0));
        }
    })?;
    for (id, mut run) in runs {
        let part = store.part(&id);
        run.points.flush(part, statistics);
        part.config = run.config;
        part.display_name = Some(run.name).filter(|name| !name.is_empty());
    }
    Ok(Outcome::Read(match deleted.len() {
        0 => None,
        1 => Some("1 deleted run was left out".to_owned()),
        deleted => Some(format!("{deleted} deleted runs were left out")),
    }))
}

fn runs(connection: &Connection) -> Result<Runs, SqliteError> {
    let mut experiments: HashMap<i64, String> = HashMap::new();
    each_row(connection, "experiments", "experiment_id, name", |row| {
        if let Some(id) = row.integer(0) {
            experiments.insert(id, row.text(1).to_owned());
        }
    })?;
    let mut runs = Runs::default();
    let columns = "run_uuid, name, status, lifecycle_stage, experiment_id";
    each_row(connection, "runs", columns, |row| {
        if row.text(3) == "deleted" {
            runs.deleted.insert(row.text(0).to_owned());
            return;
        }
        let experiment = row.integer(4).and_then(|id| experiments.get(&id));
        let details = [
            ("mlflow.experiment", experiment.map_or("", String::as_str)),
            ("mlflow.status", row.text(2)),
        ];
        let config = details
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(key, value)| (key.to_owned(), ConfigValue::Text(value.to_owned())))
            .collect();
        let run = Run {
            name: row.text(1).to_owned(),
            config,
            points: Points::default(),
        };
        runs.order.push(row.text(0).to_owned());
        runs.runs.insert(row.text(0).to_owned(), run);
    })?;
    Ok(runs)
}

/// Most of MLflow's own tags describe the machine; the user's become part of the configuration.
fn add_tag(run: &mut Run, key: &str, value: &str) {
    match key {
        NAME if run.name.is_empty() => value.clone_into(&mut run.name),
        PARENT => {
            let value = ConfigValue::Text(value.to_owned());
            run.config.insert("mlflow.parent_run".to_owned(), value);
        }
        _ if key.starts_with("mlflow.") => {}
        _ => {
            run.config
                .insert(format!("tags.{key}"), value_of_text(value));
        }
    }
}

/// Adds a row of `metrics`; `None` if its cells are not numbers.
fn add_point(
    run: &mut Run,
    part: &mut Store,
    row: Cells<'_, '_>,
    statistics: &mut ReadStatistics,
) -> Option<()> {
    let (value, step) = (row.number(2)?, row.integer(4)?);
    let value = match row.integer(3) {
        Some(1) => f64::NAN,
        _ => infinite(value),
    };
    let wall_time_secs = row.number(5).map(|millis| millis / 1000.0);
    run.points.start_row(Step::Int(step), wall_time_secs);
    run.points.push(&part.keys, row.text(1), value);
    if run.points.is_full() {
        run.points.flush(part, statistics);
    }
    Some(())
}

/// MLflow stores infinity as the largest finite number.
fn infinite(value: f64) -> f64 {
    if value.abs() == f64::MAX {
        f64::INFINITY.copysign(value)
    } else {
        value
    }
}
