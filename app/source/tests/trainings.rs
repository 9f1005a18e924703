//! Which points belong to which training, where several write one folder or one file.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "each test uses a part of it"
)]
mod common;

use std::{collections::BTreeMap, fs, path::Path};

use common::generate::scalar_event;
use trainscape_run::{Run, Snapshot};

/// The steps of `key` in each run.
fn steps(snapshot: &Snapshot, key: &str) -> BTreeMap<String, Vec<f64>> {
    let of_run = |run: &Run| -> Vec<f64> {
        let series = run.series.get(key).into_iter();
        let points = series.flat_map(|series| series.iter().collect::<Vec<_>>());
        points.map(|point| point.step.as_f64()).collect()
    };
    let runs = snapshot.runs.iter();
    runs.map(|run| (run.id.to_string(), of_run(run))).collect()
}

fn superseded(snapshot: &Snapshot) -> usize {
    let series = snapshot.runs.iter().flat_map(|run| run.series.values());
    series.map(|series| series.superseded()).sum()
}

/// Events of a training that logs every 100 steps, each `secs` after the one before.
fn events(tag: &str, from: i64, count: i64, begun: f64, secs: f64) -> Vec<u8> {
    let event = |at: i64| {
        let time = begun + at as f64 * secs;
        scalar_event(tag, (from + at) * 100, time, at as f32)
    };
    (1..=count).flat_map(event).collect()
}

fn write(folder: &Path, name: &str, content: impl AsRef<[u8]>) {
    fs::write(folder.join(name), content).unwrap();
}

const EVERY_100: fn(i64, i64) -> Vec<f64> =
    |from, to| (from..=to).map(|at| at as f64 * 100.0).collect();

#[test]
fn event_files_that_two_machines_write_at_the_same_time_are_two_runs() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(
        root,
        "events.out.tfevents.1000.one.12.0",
        events("reward", 0, 20, 1000.0, 10.0),
    );
    write(
        root,
        "events.out.tfevents.1100.two.7.0",
        events("reward", 0, 10, 1100.0, 15.0),
    );
    // The first machine resumes its training.
    write(
        root,
        "events.out.tfevents.1300.one.99.0",
        events("reward", 15, 10, 1300.0, 10.0),
    );
    let snapshot = common::read(root);
    let found = steps(&snapshot, "reward");
    let runs: Vec<(&str, usize)> = found.iter().map(|(id, of)| (&**id, of.len())).collect();
    let [(own, 30), (other, 10)] = runs[..] else {
        panic!("{runs:?}");
    };
    assert_eq!(other, "two");
    assert_eq!(found[other], EVERY_100(1, 10));
    assert_eq!(superseded(&snapshot), 5);
    let files = |id: &str| {
        let run = snapshot.runs.iter().find(|run| &*run.id == id).unwrap();
        run.sources.len()
    };
    assert_eq!((files(own), files(other)), (2, 1));
}

#[test]
fn files_of_other_tags_and_of_one_counter_are_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(
        root,
        "events.out.tfevents.1000.one.12.0",
        events("reward", 0, 20, 1000.0, 10.0),
    );
    write(
        root,
        "events.out.tfevents.1001.one.12.1",
        events("loss", 0, 20, 1000.0, 10.0),
    );
    assert_eq!(common::read(root).runs.len(), 1);
    // Workers that share the count of steps take turns.
    let folder = tempfile::tempdir().unwrap();
    let worker = |parity: i64| -> Vec<u8> {
        let own = (0..40).filter(|step| step % 2 == parity);
        own.flat_map(|step| scalar_event("reward", step, 1000.0 + step as f64, 1.0))
            .collect()
    };
    write(
        folder.path(),
        "events.out.tfevents.1000.one.12.0",
        worker(0),
    );
    write(
        folder.path(),
        "events.out.tfevents.1000.one.13.0",
        worker(1),
    );
    let snapshot = common::read(folder.path());
    let all: Vec<f64> = (0..40).map(f64::from).collect();
    assert_eq!(
        steps(&snapshot, "reward").into_values().collect::<Vec<_>>(),
        [all]
    );
}

#[test]
fn a_run_of_wandb_that_mirrors_event_files_is_the_run_that_wrote_them() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let wandb = root.join("wandb/run-20230722_190942-real");
    let logs = root.join("logs/ppo");
    let latest = root.join("wandb/latest-run");
    let event_file = "events.out.tfevents.1000.one.12.0";
    for path in [&logs, &wandb.join("files"), &latest.join("files")] {
        fs::create_dir_all(path).unwrap();
        write(path, event_file, events("reward", 0, 20, 1000.0, 10.0));
    }
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/logs/wandb/run-real.wandb");
    let history = fs::read(sample).unwrap();
    for path in [&wandb, &latest] {
        write(path, "run-real.wandb", &history);
    }
    let snapshot = common::read(root);
    let runs = steps(&snapshot, "reward");
    assert_eq!(
        runs,
        BTreeMap::from([("logs/ppo".to_owned(), EVERY_100(1, 20))])
    );
    assert!(snapshot.runs[0].series.len() > 1);

    // Without the folder of the run, the copy of W&B's run is none.
    fs::remove_dir_all(root.join("logs")).unwrap();
    let snapshot = common::read(root);
    assert_eq!(snapshot.runs.len(), 1);
    assert_eq!(superseded(&snapshot), 0);
}

#[test]
fn files_that_grow_beside_each_other_are_divided_as_when_they_are_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let one = events("reward", 0, 20, 1000.0, 10.0);
    let two = events("reward", 0, 20, 1003.0, 10.0);
    let names = [
        "events.out.tfevents.1000.one.12.0",
        "events.out.tfevents.1003.one.13.0",
    ];
    let mut loader = None;
    for part in 1..=4 {
        write(root, names[0], &one[..one.len() * part / 4]);
        write(root, names[1], &two[..two.len() * part / 4]);
        let loader = loader.get_or_insert_with(|| common::open(root));
        loader.read_to_end();
    }
    let live = loader.unwrap().snapshot();
    let found = steps(&live, "reward");
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found.values().all(|of| *of == EVERY_100(1, 20)),
        "{found:?}"
    );
    assert_eq!(common::facts(&live), common::facts(&common::read(root)));
}

#[test]
fn rewards_that_environments_log_in_turn_supersede_nothing() {
    let folder = tempfile::tempdir().unwrap();
    // Each episode is logged when it ends, with the steps of its own environment.
    let steps = (0..50).flat_map(|at| [at * 20 + 13, at * 20 + 2]);
    let events: Vec<u8> = steps
        .enumerate()
        .flat_map(|(at, step)| scalar_event("episode_reward", step, 1000.0 + at as f64, 1.0))
        .collect();
    write(folder.path(), "events.out.tfevents.1000.host", events);
    let snapshot = common::read(folder.path());
    let series = &snapshot.runs[0].series["episode_reward"];
    assert_eq!((snapshot.runs.len(), series.len()), (1, 100));
    assert_eq!((series.superseded(), series.turns()), (0, 50));
}

/// Rows of each seed one after the other, and those of each step.
fn rows(row: impl Fn(i64, i64) -> String) -> [String; 2] {
    let steps = 1..=4;
    let blocks = (0..3).flat_map(|seed| steps.clone().map(move |step| (seed, step)));
    let turns = steps
        .clone()
        .flat_map(|step| (0..3).map(move |seed| (seed, step)));
    let text = |places: Vec<(i64, i64)>| {
        places
            .into_iter()
            .map(|(seed, step)| row(seed, step))
            .collect()
    };
    [text(blocks.collect()), text(turns.collect())]
}

fn json_row(seed: i64, step: i64) -> String {
    format!(
        "{{\"step\": {step}, \"env\": \"Ant\", \"seed\": {seed}, \"reward\": {}.5}}\n",
        seed * 10 + step
    )
}

#[test]
fn json_lines_of_several_seeds_are_several_runs() {
    for text in rows(json_row) {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "log.jsonl", text.trim_end());
        let snapshot = common::read(folder.path());
        let found = steps(&snapshot, "reward");
        assert_eq!(
            found.keys().collect::<Vec<_>>(),
            ["seed=0", "seed=1", "seed=2"]
        );
        assert!(
            found.values().all(|of| *of == [1.0, 2.0, 3.0, 4.0]),
            "{found:?}"
        );
        let last = &snapshot.runs[2];
        assert_eq!(last.series["reward"].last().unwrap().value, 24.5);
        assert!(!last.series.contains_key("seed"));
        assert_eq!(last.config["seed"].as_f64(), Some(2.0));
        assert_eq!(last.config["env"].to_string(), "Ant");
    }
}

#[test]
fn a_blank_line_is_no_run() {
    let folder = tempfile::tempdir().unwrap();
    let text = "run,step,loss\na,1,3\na,2,2\n\nb,1,3\nb,2,2\n\n";
    write(folder.path(), "log.csv", text);
    let snapshot = common::read(folder.path());
    let found = steps(&snapshot, "loss");
    assert_eq!(found.keys().collect::<Vec<_>>(), ["a", "b"]);
    assert!(snapshot.runs.iter().all(|run| run.sources[0].skipped == 0));
}

#[test]
fn json_lines_of_one_seed_have_it_as_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let text: String = (1..=5).map(|step| json_row(7, step)).collect();
    write(folder.path(), "log.jsonl", text);
    let snapshot = common::read(folder.path());
    assert_eq!(snapshot.runs.len(), 1);
    assert_eq!(snapshot.runs[0].series["reward"].len(), 5);
    assert!(!snapshot.runs[0].series.contains_key("seed"));
    assert_eq!(snapshot.runs[0].config["seed"].as_f64(), Some(7.0));
}

#[test]
fn a_log_that_grows_from_one_seed_to_several_is_divided() {
    let csv_row = |seed: i64, step: i64| format!("{seed},{step},{}\n", seed * 10 + step);
    let csv = rows(csv_row).map(|text| ("log.csv", format!("seed,step,reward\n{text}")));
    let json = rows(json_row).map(|text| ("log.jsonl", text));
    for (name, text) in csv.into_iter().chain(json) {
        let folder = tempfile::tempdir().unwrap();
        let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
        write(folder.path(), name, &text[..ends[1]]);
        let mut loader = common::open(folder.path());
        loader.read_to_end();
        assert_eq!(loader.snapshot().runs.len(), 1, "{name}");
        for end in &ends[2..] {
            write(folder.path(), name, &text[..*end]);
            loader.read_to_end();
        }
        let live = loader.snapshot();
        assert_eq!(live.runs.len(), 3, "{name}: {text}");
        let again = common::read(folder.path());
        assert_eq!(
            common::facts(&live),
            common::facts(&again),
            "{name}: {text}"
        );
    }
}
