//! Optuna's studies: each trial is a run with its parameters.

use std::collections::{BTreeMap, HashMap, HashSet};

use rusqlite::Connection;
use trainscape_run::{Config, ConfigValue, Role, Step};

use super::{
    error::SqliteError,
    format::{Outcome, Progress, SqliteFormat},
    tables::{Cells, column_names, each_row, table_names},
};
use crate::{json::Json, points::Points, statistics::ReadStatistics, store::Store};

/// Optuna's database of studies.
pub(crate) static OPTUNA: SqliteFormat = SqliteFormat {
    name: "optuna",
    title: "Optuna",
    rank: 22,
    tables: &["studies", "trials", "trial_params", "trial_values"],
    appended: None,
    read: read_trials,
};

/// The key of what a trial reports while it runs.
const INTERMEDIATE: &str = "intermediate_value";

/// A study: its trials have the same objectives.
#[derive(Debug, Default)]
struct Study {
    name: String,
    /// `MINIMIZE` or `MAXIMIZE`, by objective.
    directions: BTreeMap<i64, String>,
    /// The user's names of the objectives.
    names: Vec<String>,
}

/// One trial while its rows are read.
#[derive(Debug, Default)]
struct Trial {
    /// Its id in the store.
    id: String,
    study: i64,
    config: Config,
    /// Values by step.
    intermediate: BTreeMap<i64, f64>,
    /// Values by objective.
    values: BTreeMap<i64, f64>,
}

fn read_trials(
    connection: &Connection,
    _progress: &mut Progress,
    store: &mut Store,
    statistics: &mut ReadStatistics,
) -> Result<Outcome, SqliteError> {
    let studies = studies(connection)?;
    let mut trials: BTreeMap<i64, Trial> = BTreeMap::new();
    let columns = "trial_id, number, study_id, state";
    each_row(connection, "trials", columns, |row| {
        if let Some((id, trial)) = trial(row, &studies) {
            trials.insert(id, trial);
        }
    })?;
    let columns = "trial_id, param_name, param_value, distribution_json";
    each_row(connection, "trial_params", columns, |row| {
        if let Some(trial) = row.integer(0).and_then(|id| trials.get_mut(&id)) {
            match parameter(row) {
                Some(value) => drop(trial.config.insert(row.text(1).to_owned(), value)),
                None => statistics.unread_settings += 1,
            }
        }
    })?;
    read_values(connection, &mut trials)?;
    statistics.unread_settings += read_attributes(connection, &mut trials)?;
    for trial in trials.into_values() {
        if let Some(study) = studies.get(&trial.study) {
            add_trial(trial, study, store, statistics);
        }
    }
    Ok(Outcome::Read(None))
}

fn studies(connection: &Connection) -> Result<HashMap<i64, Study>, SqliteError> {
    let mut studies: HashMap<i64, Study> = HashMap::new();
    each_row(connection, "studies", "study_id, study_name", |row| {
        if let Some(id) = row.integer(0) {
            let name = row.text(1).to_owned();
            studies.entry(id).or_default().name = name;
        }
    })?;
    let tables = table_names(connection)?;
    if tables.contains("study_directions") {
        let columns = "study_id, objective, direction";
        each_row(connection, "study_directions", columns, |row| {
            if let Some(study) = row.integer(0).and_then(|id| studies.get_mut(&id)) {
                let objective = row.integer(1).unwrap_or(0);
                study.directions.insert(objective, row.text(2).to_owned());
            }
        })?;
    }
    if tables.contains("study_system_attributes") {
        let columns = "study_id, \"key\", value_json";
        each_row(connection, "study_system_attributes", columns, |row| {
            if row.text(1) == "study:metric_names"
                && let Some(study) = row.integer(0).and_then(|id| studies.get_mut(&id))
                && let Some(Json::List(names)) = row.bytes(2).and_then(Json::parse)
            {
                let names = names.iter().filter_map(Json::as_text);
                study.names = names.map(str::to_owned).collect();
            }
        })?;
    }
    Ok(studies)
}

/// A trial without its parameters and values.
fn trial(row: Cells<'_, '_>, studies: &HashMap<i64, Study>) -> Option<(i64, Trial)> {
    let id = row.integer(0)?;
    let number = row.integer(1).unwrap_or(id);
    let study = row.integer(2)?;
    let name = &studies.get(&study)?.name;
    let config = [
        ("optuna.study", ConfigValue::Text(name.clone())),
        ("optuna.trial", ConfigValue::Int(number)),
        ("optuna.state", ConfigValue::Text(row.text(3).to_owned())),
    ];
    let trial = Trial {
        id: format!("{name}/{number}"),
        study,
        config: config.map(|(key, value)| (key.to_owned(), value)).into(),
        ..Trial::default()
    };
    Some((id, trial))
}

/// A parameter as the user's function got it: the database holds the index of a choice, and whole
/// numbers as floats. `None` if it cannot be read.
fn parameter(row: Cells<'_, '_>) -> Option<ConfigValue> {
    let value = row.number(2)?;
    let distribution = match row.bytes(3) {
        Some(text) => Some(Json::parse(text)?),
        None => None,
    };
    let name = distribution.as_ref().and_then(|json| json.get("name"));
    let name = name.and_then(Json::as_text).unwrap_or_default();
    if name.starts_with("Int") && value.fract() == 0.0 {
        return Some(ConfigValue::Int(value as i64));
    }
    if name != "CategoricalDistribution" {
        return Some(ConfigValue::Float(value));
    }
    let Some(Json::List(choices)) = distribution.as_ref()?.get("attributes")?.get("choices") else {
        return None;
    };
    Some(match choices.get(value as usize)? {
        Json::Bool(choice) => ConfigValue::Bool(*choice),
        Json::Int(choice) => ConfigValue::Int(*choice),
        Json::Float(choice) => ConfigValue::Float(*choice),
        Json::Text(choice) => ConfigValue::Text(choice.clone()),
        Json::Null => ConfigValue::Text("None".to_owned()),
        other => ConfigValue::Text(other.to_string()),
    })
}

/// Adds the intermediate and the final values. Versions before 2.4 have other tables.
fn read_values(
    connection: &Connection,
    trials: &mut BTreeMap<i64, Trial>,
) -> Result<(), SqliteError> {
    let values = column_names(connection, "trial_values")?;
    if values.contains("objective") {
        let columns = typed_columns("objective, value", &values, "value_type");
        each_row(connection, "trial_values", &columns, |row| {
            if let Some((trial, objective, value)) = value_of_trial(row, trials) {
                trial.values.insert(objective, value);
            }
        })?;
    } else {
        each_row(connection, "trials", "trial_id, 0, value, ''", |row| {
            if let Some((trial, objective, value)) = value_of_trial(row, trials)
                && !value.is_nan()
            {
                trial.values.insert(objective, value);
            }
        })?;
    }
    let of_steps = column_names(connection, "trial_intermediate_values")?;
    let (table, columns) = if !of_steps.is_empty() {
        let kind = "intermediate_value_type";
        let columns = typed_columns("step, intermediate_value", &of_steps, kind);
        ("trial_intermediate_values", columns)
    } else if values.contains("step") {
        ("trial_values", "trial_id, step, value, ''".to_owned())
    } else {
        return Ok(());
    };
    each_row(connection, table, &columns, |row| {
        if let Some((trial, step, value)) = value_of_trial(row, trials) {
            trial.intermediate.insert(step, value);
        }
    })
}

/// The columns of a value and, if the table has it, that of its kind.
fn typed_columns(columns: &str, existing: &HashSet<String>, kind: &str) -> String {
    let kind = if existing.contains(kind) { kind } else { "''" };
    format!("trial_id, {columns}, {kind}")
}

/// The trial, the step or the objective, and the value: SQLite has no column for what is not finite.
fn value_of_trial<'a>(
    row: Cells<'_, '_>,
    trials: &'a mut BTreeMap<i64, Trial>,
) -> Option<(&'a mut Trial, i64, f64)> {
    let trial = trials.get_mut(&row.integer(0)?)?;
    let value = match row.text(3) {
        "INF_POS" => f64::INFINITY,
        "INF_NEG" => f64::NEG_INFINITY,
        _ => row.number(2).unwrap_or(f64::NAN),
    };
    Some((trial, row.integer(1)?, value))
}

/// Adds the user's attributes; returns how many cannot be read.
fn read_attributes(
    connection: &Connection,
    trials: &mut BTreeMap<i64, Trial>,
) -> Result<u64, SqliteError> {
    let mut unread = 0;
    if column_names(connection, "trial_user_attributes")?.is_empty() {
        return Ok(unread);
    }
    let columns = "trial_id, \"key\", value_json";
    each_row(connection, "trial_user_attributes", columns, |row| {
        let Some(trial) = row.integer(0).and_then(|id| trials.get_mut(&id)) else {
            return;
        };
        match row.bytes(2).and_then(Json::parse) {
            Some(json) => {
                let mut key = format!("user_attrs.{}", row.text(1));
                json.flatten_config(&mut key, &mut trial.config);
            }
            None => unread += 1,
        }
    })?;
    Ok(unread)
}

/// The final values are the last points: at the last step that the trial reported.
fn add_trial(trial: Trial, study: &Study, store: &mut Store, statistics: &mut ReadStatistics) {
    let part = store.part(&trial.id);
    let mut points = Points::default();
    statistics.records += 1;
    for (&step, &value) in &trial.intermediate {
        points.start_row(Step::Int(step), None);
        points.push(&part.keys, INTERMEDIATE, value);
    }
    let last_step = trial.intermediate.keys().next_back().copied().unwrap_or(0);
    points.start_row(Step::Int(last_step), None);
    let mut roles: Vec<(String, Option<Role>)> = Vec::new();
    for (&objective, &value) in &trial.values {
        let key = objective_key(study, objective);
        points.push(&part.keys, &key, value);
        roles.push((key, role(study, objective)));
    }
    points.flush(part, statistics);
    if study.directions.len() < 2 {
        roles.push((INTERMEDIATE.to_owned(), role(study, 0)));
    }
    part.declared_roles = roles
        .into_iter()
        .filter_map(|(key, role)| Some((key.into(), role?)))
        .collect();
    part.config = trial.config;
    for (&objective, direction) in &study.directions {
        let key = format!("optuna.direction.{}", objective_key(study, objective));
        part.config
            .insert(key, ConfigValue::Text(direction.clone()));
    }
}

fn objective_key(study: &Study, objective: i64) -> String {
    let name = usize::try_from(objective).ok();
    match name.and_then(|at| study.names.get(at)) {
        Some(name) => name.clone(),
        None if study.directions.len() < 2 => "value".to_owned(),
        None => format!("values_{objective}"),
    }
}

/// What is minimised is a loss, what is maximised a score.
fn role(study: &Study, objective: i64) -> Option<Role> {
    match study.directions.get(&objective)?.as_str() {
        "MINIMIZE" => Some(Role::Loss),
        "MAXIMIZE" => Some(Role::Reward),
        _ => None,
    }
}
