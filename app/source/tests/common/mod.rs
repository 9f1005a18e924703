//! Shared by the tests: writing logs, and comparing what was read.

use std::{collections::BTreeMap, path::Path};

use trainscape_run::Snapshot;
use trainscape_source::{Loader, OpenOptions};

pub mod arrays;
#[path = "../../benches/generate/mod.rs"]
pub mod generate;

/// Each series' points as step, wall time and the value's bits.
pub type Facts = BTreeMap<(String, String), Vec<(String, Option<u64>, u64)>>;

pub fn facts(snapshot: &Snapshot) -> Facts {
    let mut facts = Facts::new();
    for run in &snapshot.runs {
        for (key, series) in &run.series {
            let points = series
                .iter()
                .map(|point| {
                    let time = point.wall_time_secs.map(f64::to_bits);
                    (point.step.to_string(), time, point.value.to_bits())
                })
                .collect();
            facts.insert((run.id.to_string(), key.to_string()), points);
        }
    }
    facts
}

pub fn open(path: &Path) -> Loader {
    Loader::open(&[path.to_owned()], OpenOptions::default()).unwrap()
}

pub fn read(path: &Path) -> std::sync::Arc<Snapshot> {
    let mut loader = open(path);
    loader.read_to_end();
    loader.snapshot()
}

/// Steps and values of each series of the only run.
pub fn points_of_only_run(snapshot: &Snapshot) -> BTreeMap<String, Vec<(f64, f64)>> {
    let ids: Vec<&str> = snapshot.runs.iter().map(|run| &*run.id).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    points_of_run(snapshot, ids[0])
}

/// Steps and values of each series of a run.
pub fn points_of_run(snapshot: &Snapshot, id: &str) -> BTreeMap<String, Vec<(f64, f64)>> {
    let run = snapshot.runs.iter().find(|run| &*run.id == id);
    let points = |series: &trainscape_run::Series| {
        let points = series.iter();
        points
            .map(|point| (point.step.as_f64(), point.value))
            .collect()
    };
    let all = run.unwrap_or_else(|| panic!("no {id}")).series.iter();
    all.map(|(key, series)| (key.to_string(), points(series)))
        .collect()
}

/// Reproducible pseudo-random numbers.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % bound.max(1)
    }
}

/// A log of each format as (file name, content), with the usual irregularities of text formats.
pub fn samples() -> Vec<(&'static str, Vec<u8>)> {
    let rows = 40;
    let mut jsonl: String = (0..rows).map(generate::jsonl_row).collect();
    jsonl += "{\"step\": 40, \"train/loss\": NaN, \"ünï/code\": -Infinity, \"nested\": {\"a\": 1, \"b\": {\"c\": \"NaN\"}}}\n";
    jsonl += "\n{\"step\": 41, \"text\": \"x\", \"flag\": true, \"list\": [1, 2], \"train/loss\": 1e-300}\n";
    let mut csv = generate::csv_header();
    csv.extend((0..rows).map(generate::csv_row));
    csv += "40,,nan,inf,-inf,,,,,\n41,,\"1.5\",,,text,,,,\n";
    let mut wandb = Vec::new();
    let mut writer = generate::WandbWriter::new(&mut wandb).unwrap();
    for row in 0..rows * 3 {
        writer.write(&generate::wandb_row(row)).unwrap();
    }
    // Longer than a block.
    let long = generate::Item {
        nested_key: vec!["note".to_owned()],
        value_json: format!("\"{}\"", "x".repeat(80_000)),
    };
    let mut record = generate::wandb_row(rows * 3);
    record.history.as_mut().unwrap().item.push(long);
    writer.write(&record).unwrap();
    writer.write(&generate::wandb_row(rows * 3 + 1)).unwrap();
    let events = (0..rows)
        .flat_map(|row| {
            generate::KEYS
                .iter()
                .enumerate()
                .flat_map(move |(index, key)| {
                    let value = generate::value(row, index) as f32;
                    generate::scalar_event(key, row as i64, generate::wall_time_secs(row), value)
                })
        })
        .collect();
    vec![
        ("metrics.jsonl", jsonl.into_bytes()),
        ("metrics.csv", csv.into_bytes()),
        ("run-a.wandb", wandb),
        ("events.out.tfevents.1.host", events),
        (
            "run-real.wandb",
            include_bytes!("../data/logs/wandb/run-real.wandb").to_vec(),
        ),
        (
            "events.out.tfevents.1.real",
            include_bytes!("../data/logs/tensorboard/events.out.tfevents.1.real").to_vec(),
        ),
    ]
}
