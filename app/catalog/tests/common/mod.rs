//! Shared by the tests: writing logs, building catalogs, and comparing what is read from both.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use trainscape_catalog::{BuildError, BuildOptions, BuildReport, Shard, build};
use trainscape_run::{Run, Snapshot, Step};
use trainscape_source::{Loader, OpenOptions, catalog::read_manifest};

/// Writes a file and the folders above it.
pub fn write(folder: &Path, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, content).unwrap();
    path
}

/// A run whose loss begins at `loss`.
pub fn write_run(folder: &Path, name: &str, rows: usize, loss: f64) {
    let lines = (0..rows).map(|step| {
        let value = loss / (step + 1) as f64;
        format!(
            "{{\"step\": {step}, \"_timestamp\": {}.25, \"train/loss\": {value}}}\n",
            1_700_000_000 + step
        )
    });
    write(
        folder,
        &format!("{name}/metrics.jsonl"),
        lines.collect::<String>(),
    );
    write(
        folder,
        &format!("{name}/config.json"),
        format!("{{\"lr\": {loss}, \"seed\": 1}}"),
    );
}

/// The files of a catalog, as `trainscape` writes them.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), String> {
    fs::write(path, bytes).map_err(|error| error.to_string())
}

pub fn try_build(logs: &Path, catalog: &Path, shard: Shard) -> Result<BuildReport, BuildError> {
    build(&BuildOptions {
        paths: &[logs.to_owned()],
        folder: catalog,
        shard,
        prune: false,
        open: &OpenOptions::default(),
        write: &write_file,
        progress: &|_| {},
    })
}

pub fn build_all(logs: &Path, catalog: &Path) -> BuildReport {
    try_build(logs, catalog, Shard::ONLY).unwrap()
}

pub fn read(path: &Path) -> Arc<Snapshot> {
    let mut loader = Loader::open(&[path.to_owned()], OpenOptions::default()).unwrap();
    loader.read_to_end();
    loader.snapshot()
}

/// The bits of a step.
fn step_bits(step: Step) -> (bool, u64) {
    match step {
        Step::Int(step) => (true, step as u64),
        Step::Float(step) => (false, step.to_bits()),
    }
}

type PointBits = ((bool, u64), Option<u64>, u64);

/// Everything that a picture of a series depends on.
#[derive(Debug, PartialEq)]
pub struct SeriesFacts {
    pub points: Vec<PointBits>,
    pub live: Vec<std::ops::Range<usize>>,
    pub superseded: usize,
    pub non_finite: usize,
    pub range: Option<(u64, u64)>,
    pub has_whole_steps: bool,
    pub first: Option<PointBits>,
    pub last: Option<PointBits>,
}

/// Everything that a picture of a run depends on.
pub fn facts(run: &Run) -> (String, BTreeMap<String, SeriesFacts>) {
    let bits = |point: trainscape_run::Point| {
        let time = point.wall_time_secs.map(f64::to_bits);
        (step_bits(point.step), time, point.value.to_bits())
    };
    let series = run.series.iter().map(|(key, series)| {
        let facts = SeriesFacts {
            points: series.iter().map(bits).collect(),
            live: series.live_ranges(),
            superseded: series.superseded(),
            non_finite: series.non_finite(),
            range: series
                .value_range()
                .map(|(low, high)| (low.to_bits(), high.to_bits())),
            has_whole_steps: series.has_whole_steps(),
            first: series.first().map(bits),
            last: series.last().map(bits),
        };
        (key.to_string(), facts)
    });
    let series = series.collect();
    let histograms: Vec<String> = run
        .histograms
        .iter()
        .map(|(key, series)| format!("{key} {:?}", series.points()))
        .collect();
    assert_eq!(run.load_error(), None);
    let others = format!(
        "{:?}",
        (
            (&run.id, &run.name, &run.path, &run.config),
            (
                &run.roles,
                &run.first_seen,
                &run.declared_x,
                &run.series_source
            ),
            histograms,
            run.other_media
                .iter()
                .map(|media| (&media.key, media.count))
                .collect::<Vec<_>>(),
            run.sources
                .iter()
                .map(|source| (&source.path, source.format, &source.note))
                .collect::<Vec<_>>(),
        )
    );
    (others, series)
}

/// Asserts that a catalog holds what the logs hold.
#[track_caller]
pub fn assert_same(logs: &Snapshot, catalog: &Snapshot) {
    let ids = |snapshot: &Snapshot| -> Vec<String> {
        snapshot.runs.iter().map(|run| run.id.to_string()).collect()
    };
    assert_eq!(ids(logs), ids(catalog));
    for (a, b) in logs.runs.iter().zip(&catalog.runs) {
        assert_eq!(facts(a), facts(b), "{}", a.id);
    }
}

/// The files of a catalog and their bytes.
pub fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    files.insert(path.clone(), fs::read(&path).unwrap());
                }
            }
        }
    }
    files
}

/// The files that a catalog lists.
pub fn listed(folder: &Path) -> Vec<PathBuf> {
    let manifest = read_manifest(folder).unwrap();
    let files = manifest
        .parts
        .iter()
        .flat_map(trainscape_source::catalog::Part::files);
    let mut files: Vec<PathBuf> = files.map(|file| folder.join(file)).collect();
    files.sort();
    files
}
