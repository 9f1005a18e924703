//! Shared by the tests of formats: reading the samples in `tests/data/logs`, and their points.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use trainscape_run::{Run, Snapshot, Source};
use trainscape_source::{Loader, OpenOptions};

/// A sample in `tests/data/logs`.
pub fn sample(name: &str) -> PathBuf {
    let logs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/logs");
    logs.join(name)
}

/// Copies a folder so that it can be changed.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

pub fn open(path: &Path) -> Loader {
    Loader::open(&[path.to_owned()], OpenOptions::default()).unwrap()
}

/// Reads what is new.
pub fn update(loader: &mut Loader) -> Arc<Snapshot> {
    loader.read_to_end();
    loader.snapshot()
}

pub fn read(path: &Path) -> Arc<Snapshot> {
    update(&mut open(path))
}

/// The run with this id.
pub fn run<'a>(snapshot: &'a Snapshot, id: &str) -> &'a Run {
    let ids: Vec<&str> = snapshot.runs.iter().map(|run| &*run.id).collect();
    let found = snapshot.runs.iter().find(|run| &*run.id == id);
    found.unwrap_or_else(|| panic!("{id} is not one of {ids:?}"))
}

/// The steps and values of a series; a NaN is `None`.
pub fn points(run: &Run, key: &str) -> Vec<(String, Option<f64>)> {
    let keys: Vec<&Arc<str>> = run.series.keys().collect();
    let series = run.series.get(key);
    let series = series.unwrap_or_else(|| panic!("{key} is not one of {keys:?}"));
    series
        .iter()
        .map(|point| {
            let value = Some(point.value).filter(|value| !value.is_nan());
            (point.step.to_string(), value)
        })
        .collect()
}

/// Number of points of all series.
pub fn count(snapshot: &Snapshot) -> usize {
    let series = snapshot.runs.iter().flat_map(|run| run.series.values());
    series.map(|series| series.len()).sum()
}

/// The only source of a snapshot.
pub fn source(snapshot: &Snapshot) -> &Source {
    &snapshot.runs[0].sources[0]
}

/// True if the text is one sentence with a remedy after a colon or a semicolon.
pub fn is_sentence(text: &str) -> bool {
    !text.contains('\n') && text.contains([':', ';']) && text.len() < 300
}
