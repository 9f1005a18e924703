use std::{
    fs,
    path::{Path, PathBuf},
};

use trainscape_run::ConfigValue;

use super::place::{META, read_small};
use crate::{
    config::value_of_text, json::Json, limits, parse::FatalError, reader::WholeReader,
    statistics::ReadStatistics, store::Store, yaml,
};

/// Largest number of parameters and tags.
const MAX_ENTRIES: usize = limits::MLFLOW_VALUES.items;

/// Reads a run's `meta.yaml`, and the folders `params` and `tags` beside it: its name and configuration.
#[derive(Debug)]
pub(super) struct Settings;

impl WholeReader for Settings {
    fn read(
        &mut self,
        path: &Path,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> Result<(), FatalError> {
        let text = read_small(path).ok_or_else(|| unreadable("it cannot be read as text"))?;
        let meta = yaml::parse(&text).map_err(|error| unreadable(&error.to_string()))?;
        statistics.records = 1;
        let folder = path.parent().unwrap_or(path);
        let text_of = |key: &str| meta.get(key).and_then(Json::as_text).map(str::to_owned);
        let mut name = text_of("run_name").filter(|name| !name.is_empty());
        if let Some(status) = meta.get("status").and_then(status) {
            let status = ConfigValue::Text(status.to_owned());
            store.config.insert("mlflow.status".to_owned(), status);
        }
        if let Some(name) = folder.parent().and_then(experiment_name) {
            let name = ConfigValue::Text(name);
            store.config.insert("mlflow.experiment".to_owned(), name);
        }
        let unread = &mut statistics.unread_settings;
        for (key, value) in entries(&folder.join("params"), unread) {
            store.config.insert(key, value_of_text(&value));
        }
        for (key, value) in entries(&folder.join("tags"), unread) {
            match key.as_str() {
                "mlflow.runName" => name = Some(value).filter(|name| !name.is_empty()),
                "mlflow.parentRunId" => {
                    let key = "mlflow.parent_run".to_owned();
                    store.config.insert(key, ConfigValue::Text(value));
                }
                _ if key.starts_with("mlflow.") => {}
                _ => {
                    store
                        .config
                        .insert(format!("tags.{key}"), value_of_text(&value));
                }
            }
        }
        store.display_name = name;
        Ok(())
    }

    /// A folder changes when an entry is added.
    fn companions(&self, path: &Path) -> Vec<PathBuf> {
        let folder = path.parent().unwrap_or(path);
        let mut companions = vec![folder.join("params"), folder.join("tags")];
        // The name may be changed.
        companions.push(folder.join("tags/mlflow.runName"));
        companions
    }
}

/// The name of the experiment in a folder: the folder's own is a number.
fn experiment_name(folder: &Path) -> Option<String> {
    let meta = yaml::parse(&read_small(&folder.join(META))?).ok()?;
    let name = meta.get("name").and_then(Json::as_text)?.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

fn unreadable(reason: &str) -> FatalError {
    FatalError(format!(
        "the run's name and status are unknown: {reason}; restore the file, the metrics are read without it"
    ))
}

/// MLflow stores the number of a status.
fn status(status: &Json) -> Option<&str> {
    match status {
        Json::Int(1) => Some("RUNNING"),
        Json::Int(2) => Some("SCHEDULED"),
        Json::Int(3) => Some("FINISHED"),
        Json::Int(4) => Some("FAILED"),
        Json::Int(5) => Some("KILLED"),
        status => status.as_text(),
    }
}

/// The files in a folder and the folders below it: their paths as keys, and their text. Those that cannot be read, or are
/// too many, are counted in `unread`.
fn entries(folder: &Path, unread: &mut u64) -> Vec<(String, String)> {
    let mut entries = Vec::new();
    let mut pending = vec![(folder.to_owned(), String::new())];
    while let Some((folder, prefix)) = pending.pop() {
        let Ok(listing) = fs::read_dir(folder) else {
            continue;
        };
        for entry in listing.flatten() {
            let key = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                pending.push((entry.path(), key + "/"));
            } else if key.starts_with('.') {
                // Left by the file system, such as `.DS_Store`.
            } else if let Some(text) = read_small(&entry.path())
                && entries.len() < MAX_ENTRIES
            {
                entries.push((key, text));
            } else {
                *unread += 1;
            }
        }
    }
    entries.sort();
    entries
}
