//! The summary that W&B writes beside its log when a run ends: the last value of each key. Where the log was cut, it is all
//! that is left of keys that were logged after the cut.

use std::path::Path;

use trainscape_run::Step;

use crate::{
    encoding::decode_start, json::Json, limits, points::Points, regular_file,
    statistics::ReadStatistics, store::Store,
};

const NAME: &str = "files/wandb-summary.json";
const STEP: &str = "_step";
/// Begins the keys of the logger itself.
const OF_LOGGER: char = '_';
/// The member that says what an object is: a figure, an image, a histogram.
const TYPE: &str = "_type";

/// Adds the last values of the keys that the `log` lacks; returns whether there were any.
pub(super) fn add_missing(log: &Path, store: &mut Store, statistics: &mut ReadStatistics) -> bool {
    let Some(Json::Map(entries)) = read(log) else {
        return false;
    };
    let step = entries.iter().find_map(|(key, value)| match value {
        Json::Int(step) if key == STEP => Some(*step),
        _ => None,
    });
    let Some(step) = step else {
        return false;
    };
    let mut found = Vec::new();
    for (key, value) in &entries {
        if !key.starts_with(OF_LOGGER) {
            numbers(key, value, &mut found);
        }
    }
    found.retain(|(key, _)| store.keys.get(key).is_none());
    if found.is_empty() {
        return false;
    }
    let mut points = Points::default();
    points.start_row(Step::Int(step), None);
    for (key, value) in &found {
        points.push(&store.keys, key, *value);
    }
    points.flush(store, statistics);
    true
}

fn read(log: &Path) -> Option<Json> {
    let file = regular_file::open(&log.parent()?.join(NAME)).ok()?;
    Json::parse(&decode_start(file, limits::FINAL_VALUES.bytes as usize))
}

/// The numbers below `key`, nested keys joined by dots as in the log.
fn numbers(key: &str, value: &Json, found: &mut Vec<(String, f64)>) {
    match value {
        Json::Int(number) => found.push((key.to_owned(), *number as f64)),
        Json::Float(number) => found.push((key.to_owned(), *number)),
        Json::Map(entries) if !entries.iter().any(|(key, _)| key == TYPE) => {
            for (inner, value) in entries {
                numbers(&format!("{key}.{inner}"), value, found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn keys_that_the_log_lacks_have_their_last_value() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("files")).unwrap();
        let summary = r#"{"loss": 0.5, "test": {"acc": 0.75}, "_step": 900, "_runtime": 3,
            "picture": {"_type": "image-file", "size": 7}, "name": "a"}"#;
        fs::write(folder.path().join(NAME), summary).unwrap();
        let mut store = Store::new(None);
        let mut statistics = ReadStatistics::default();
        let mut points = Points::default();
        points.start_row(Step::Int(4), None);
        points.push(&store.keys, "loss", 0.9);
        points.flush(&mut store, &mut statistics);
        let log = folder.path().join("run-a.wandb");
        assert!(add_missing(&log, &mut store, &mut statistics));
        let series = |key: &str| {
            let mut all = store.series();
            let (_, series, _) = all.find(|(found, _, _)| ***found == *key)?;
            series.last().map(|point| (point.step, point.value))
        };
        assert_eq!(series("test.acc"), Some((900.into(), 0.75)));
        assert_eq!(series("loss"), Some((4.into(), 0.9)));
        assert_eq!(store.series().count(), 2);
        assert!(!add_missing(
            &folder.path().join("x/run-a.wandb"),
            &mut store,
            &mut statistics
        ));
    }
}
