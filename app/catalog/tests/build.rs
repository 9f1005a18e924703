//! A catalog holds what the logs hold, however it was built.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::{
    cell::Cell,
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use common::{
    assert_same, build_all, facts, files, listed, read, try_build, write, write_file, write_run,
};
use trainscape_catalog::{BuildError, BuildOptions, Shard, build, commit};
use trainscape_run::RunStatus;
use trainscape_source::{
    Follower, KeyMapping, KeyPattern, Loader, OpenOptions,
    catalog::{partition_of_key, read_manifest},
};

/// Logs with everything that is hard to keep: restarts, fractional steps, extreme numbers, odd keys, histograms.
fn write_odd_runs(folder: &Path) {
    write_run(folder, "plain", 30, 2.0);
    write(
        folder,
        "restart/metrics.jsonl",
        (0..3)
            .flat_map(|restart| (restart * 2..restart * 2 + 5).map(move |step| (restart, step)))
            .map(|(restart, step)| {
                let time = 1_700_000_000 + restart * 100 + step;
                format!(
                    "{{\"step\": {step}, \"_timestamp\": {time}, \"loss\": {}.5}}\n",
                    10 - step
                )
            })
            .collect::<String>(),
    );
    write(
        folder,
        "odd/metrics.jsonl",
        concat!(
            "{\"step\": -9223372036854775808, \"a/b=c%d.e\": 1e-323, \"..\": 1, \"Loss\": 5}\n",
            "{\"step\": 0, \"a/b=c%d.e\": NaN, \"..\": 2, \"loss\": 6}\n",
            "{\"step\": 9007199254740993, \"a/b=c%d.e\": -Infinity, \"..\": 3, \"損失\": -0.0}\n",
            "{\"step\": 9223372036854775807, \"a/b=c%d.e\": 0.1, \"w\": {\"_type\": \"histogram\", ",
            "\"bins\": [-1.0, 0.5, 2.0], \"values\": [3, 4]}}\n",
        ),
    );
    let long = "k".repeat(300);
    write(
        folder,
        "epochs/metrics.jsonl",
        (0..8)
            .map(|row| {
                format!(
                    "{{\"epoch\": {}, \"{long}\": {row}, \"loss\": {row}.25}}\n",
                    f64::from(row) / 4.0
                )
            })
            .collect::<String>(),
    );
    write(
        folder,
        "clock/metrics.jsonl",
        (0..6)
            .map(|row| {
                format!(
                    "{{\"step\": {row}, \"_timestamp\": {}, \"loss\": 1}}\n",
                    1_700_000_000 - row
                )
            })
            .collect::<String>(),
    );
    write(
        folder,
        "empty-config/metrics.csv",
        "step,loss\n0,1.5\n1,2.5\n",
    );
    write(
        folder,
        "odd/config.json",
        "{\"lr\": \"auto\", \"model\": {\"width\": 64, \"drop\": 0.0}, \"x\": true}",
    );
}

#[test]
fn every_point_is_that_of_the_logs_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, catalog) = (folder.path().join("logs"), folder.path().join("catalog"));
    write_odd_runs(&logs);
    let report = build_all(&logs, &catalog);
    let from_logs = read(&logs);
    assert_eq!(report.read, from_logs.runs.len() as u64);
    assert!(from_logs.runs.iter().any(|run| !run.histograms.is_empty()));
    let superseded = from_logs.runs.iter().flat_map(|run| run.series.values());
    assert!(superseded.map(|series| series.superseded()).sum::<usize>() > 0);
    assert_same(&from_logs, &read(&catalog));
    let manifest = read_manifest(&catalog).unwrap();
    let long = "k".repeat(300);
    assert_eq!(manifest.partitions[&partition_of_key(&long)], long);
}

#[test]
fn shards_hold_what_one_build_holds() {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("logs");
    for run in 0..23 {
        write_run(&logs, &format!("run_{run}"), 12, f64::from(run + 1));
    }
    let catalog = folder.path().join("catalog");
    for index in [3, 1, 4, 2] {
        let report = try_build(&logs, &catalog, Shard { index, count: 4 }).unwrap();
        assert!(report.commit.is_none());
        assert!(!catalog.join("catalog.json").exists());
    }
    let report = commit(&catalog, false, &write_file).unwrap();
    assert_eq!((report.runs, report.points), (23, 23 * 12 * 3));
    assert_same(&read(&logs), &read(&catalog));
    assert!(!catalog.join("_staging").exists());
}

#[test]
fn a_commit_waits_for_every_shard() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, catalog) = (folder.path().join("logs"), folder.path().join("catalog"));
    write_run(&logs, "a", 5, 1.0);
    try_build(&logs, &catalog, Shard { index: 2, count: 3 }).unwrap();
    let error = commit(&catalog, false, &write_file).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("2 of 3 shards") && text.contains("1/3, 3/3"),
        "{text}"
    );
    try_build(&logs, &catalog, Shard { index: 1, count: 2 }).unwrap();
    let error = commit(&catalog, false, &write_file).unwrap_err();
    assert!(matches!(error, BuildError::MixedShards { .. }), "{error}");
}

#[test]
fn only_what_changed_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, catalog) = (folder.path().join("logs"), folder.path().join("catalog"));
    for run in 0..5 {
        write_run(&logs, &format!("run_{run}"), 10, 1.0);
    }
    assert_eq!(build_all(&logs, &catalog).read, 5);
    let before = files(&catalog);
    let report = build_all(&logs, &catalog);
    assert_eq!((report.read, report.unchanged), (0, 5));
    assert!(!report.commit.unwrap().changed);
    assert_eq!(
        files(&catalog),
        before,
        "the same logs are the same catalog"
    );

    write_run(&logs, "run_3", 20, 1.0);
    write_run(&logs, "run_9", 7, 1.0);
    let report = build_all(&logs, &catalog);
    assert_eq!((report.read, report.unchanged), (2, 4));
    assert_same(&read(&logs), &read(&catalog));
    let there: Vec<_> = files(&catalog).into_keys().collect();
    let parquet = there
        .iter()
        .filter(|path| path.extension().is_some_and(|ending| ending == "parquet"));
    assert_eq!(
        parquet.cloned().collect::<Vec<_>>(),
        listed(&catalog),
        "no file is left behind"
    );

    // A setting is part of a run.
    write(&logs, "run_0/config.json", "{\"lr\": 0.5, \"seed\": 2}");
    assert_eq!(build_all(&logs, &catalog).read, 1);
    assert_same(&read(&logs), &read(&catalog));
}

/// Builds with a mapping that renames the loss.
fn build_renamed(
    logs: &Path,
    catalog: &Path,
    name: &str,
    file: &str,
) -> trainscape_catalog::BuildReport {
    let mapping = KeyMapping {
        path: Some(file.into()),
        names: vec![(KeyPattern::new("train/loss"), name.to_owned())],
        ..KeyMapping::default()
    };
    let open = OpenOptions {
        mapping: mapping.into(),
        ..OpenOptions::default()
    };
    build(&BuildOptions {
        paths: &[logs.to_owned()],
        folder: catalog,
        shard: Shard::ONLY,
        prune: false,
        open: &open,
        write: &write_file,
        progress: &|_| {},
    })
    .unwrap()
}

#[test]
fn a_changed_mapping_is_applied_to_every_run() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, catalog) = (folder.path().join("logs"), folder.path().join("catalog"));
    write_run(&logs, "a", 10, 1.0);
    write_run(&logs, "b", 10, 2.0);
    assert_eq!(build_all(&logs, &catalog).read, 2);
    assert_eq!(
        build_renamed(&logs, &catalog, "first", "names.toml").read,
        2
    );
    // The same content in another file is the same mapping.
    assert_eq!(
        build_renamed(&logs, &catalog, "first", "other.toml").read,
        0
    );
    assert_eq!(
        build_renamed(&logs, &catalog, "second", "names.toml").read,
        2
    );
    let runs = read(&catalog);
    let keys: Vec<_> = runs.runs.iter().flat_map(|run| run.series.keys()).collect();
    assert!(keys.iter().any(|key| ***key == *"second"), "{keys:?}");
    assert!(keys.iter().all(|key| ***key != *"first"), "{keys:?}");
    assert_eq!(build_all(&logs, &catalog).read, 2);
    assert_same(&read(&logs), &read(&catalog));
}

#[cfg(unix)]
#[test]
fn a_log_that_is_changed_in_place_without_another_size_or_time_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, catalog) = (folder.path().join("logs"), folder.path().join("catalog"));
    write_run(&logs, "a", 10, 1.0);
    write_run(&logs, "b", 10, 1.0);
    assert_eq!(build_all(&logs, &catalog).read, 2);
    let log = logs.join("a/metrics.jsonl");
    let before = fs::metadata(&log).unwrap();
    let text = fs::read_to_string(&log).unwrap();
    fs::write(
        &log,
        text.replace("\"train/loss\": 0.5", "\"train/loss\": 0.7"),
    )
    .unwrap();
    let file = fs::File::options().write(true).open(&log).unwrap();
    file.set_modified(before.modified().unwrap()).unwrap();
    let after = fs::metadata(&log).unwrap();
    assert_eq!(
        (before.len(), before.modified().unwrap()),
        (after.len(), after.modified().unwrap())
    );
    let report = build_all(&logs, &catalog);
    assert_eq!((report.read, report.unchanged), (1, 1));
    assert_same(&read(&logs), &read(&catalog));
}

#[test]
fn the_same_logs_are_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("logs");
    write_odd_runs(&logs);
    let of = |name: &str| {
        let catalog = folder.path().join(name);
        build_all(&logs, &catalog);
        let files = files(&catalog).into_iter();
        files
            .map(|(path, bytes)| (path.strip_prefix(&catalog).unwrap().to_owned(), bytes))
            .collect::<Vec<_>>()
    };
    assert_eq!(of("first"), of("second"));
}

#[test]
fn a_build_that_was_stopped_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, catalog) = (folder.path().join("logs"), folder.path().join("catalog"));
    for run in 0..6 {
        write_run(&logs, &format!("run_{run}"), 10, 1.0);
    }
    let shard = Shard { index: 1, count: 1 };
    // The list of files is the last that is written: the process ends before it.
    let stops = |path: &Path, bytes: &[u8]| match path.ends_with("catalog.json") {
        true => Err("the disk is full".to_owned()),
        false => write_file(path, bytes),
    };
    let options = BuildOptions {
        paths: std::slice::from_ref(&logs),
        folder: &catalog,
        shard,
        prune: false,
        open: &OpenOptions::default(),
        write: &stops,
        progress: &|_| {},
    };
    let error = build(&options).unwrap_err();
    assert_eq!(error.to_string(), "the disk is full");
    assert!(!catalog.join("catalog.json").exists());
    write_run(&logs, "run_6", 10, 1.0);
    let report = build_all(&logs, &catalog);
    assert_eq!((report.read, report.resumed), (1, 6));
    assert_same(&read(&logs), &read(&catalog));
}

#[test]
fn wherever_it_is_stopped_the_catalog_is_as_it_was_or_as_it_will_be() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, catalog) = (folder.path().join("logs"), folder.path().join("catalog"));
    write_run(&logs, "old", 10, 1.0);
    build_all(&logs, &catalog);
    let mut stopped = 0;
    for after in 0.. {
        write_run(&logs, "old", 11 + after, 1.0);
        write_run(&logs, "new", 5 + after, 1.0);
        let written = Cell::new(0);
        let stops = |path: &Path, bytes: &[u8]| {
            written.set(written.get() + 1);
            match written.get() > after {
                true => Err("stopped".to_owned()),
                false => write_file(path, bytes),
            }
        };
        let before = facts(&read(&catalog).runs[0]);
        let ended = build(&BuildOptions {
            paths: std::slice::from_ref(&logs),
            folder: &catalog,
            shard: Shard::ONLY,
            prune: false,
            open: &OpenOptions::default(),
            write: &stops,
            progress: &|_| {},
        });
        if ended.is_ok() {
            break;
        }
        stopped += 1;
        assert_eq!(
            facts(&read(&catalog).runs[0]),
            before,
            "stopped after {after} files"
        );
    }
    assert!(stopped > 5, "{stopped}");
    assert_same(&read(&logs), &read(&catalog));
}

#[test]
fn runs_that_are_gone_stay_until_they_are_pruned() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, catalog) = (folder.path().join("logs"), folder.path().join("catalog"));
    write_run(&logs, "a", 5, 1.0);
    write_run(&logs, "b", 5, 2.0);
    build_all(&logs, &catalog);
    fs::remove_dir_all(logs.join("a")).unwrap();
    let report = build_all(&logs, &catalog).commit.unwrap();
    assert_eq!((report.runs, report.kept, report.removed), (2, 1, 0));
    let report = build(&BuildOptions {
        paths: std::slice::from_ref(&logs),
        folder: &catalog,
        shard: Shard::ONLY,
        prune: true,
        open: &OpenOptions::default(),
        write: &write_file,
        progress: &|_| {},
    });
    let report = report.unwrap().commit.unwrap();
    assert_eq!((report.runs, report.kept, report.removed), (1, 0, 1));
    assert_same(&read(&logs), &read(&catalog));
}

#[test]
fn many_small_builds_do_not_make_many_files() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, catalog) = (folder.path().join("logs"), folder.path().join("catalog"));
    for run in 0..30 {
        write_run(&logs, &format!("run_{run}"), 6, f64::from(run));
        assert_eq!(build_all(&logs, &catalog).read, 1);
    }
    let parts = read_manifest(&catalog).unwrap().parts.len();
    assert!(parts <= 9, "{parts} parts");
    assert_same(&read(&logs), &read(&catalog));
}

#[test]
fn a_catalog_that_grows_shows_its_new_runs() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, catalog) = (folder.path().join("logs"), folder.path().join("catalog"));
    write_run(&logs, "a", 5, 1.0);
    build_all(&logs, &catalog);
    let mut loader = Loader::open(std::slice::from_ref(&catalog), OpenOptions::default()).unwrap();
    loader.read_to_end();
    let first = loader.snapshot();
    assert_eq!(first.runs.len(), 1);
    assert!(!loader.poll(None), "nothing is new");
    write_run(&logs, "b", 5, 1.0);
    write_run(&logs, "a", 8, 1.0);
    build_all(&logs, &catalog);
    assert!(loader.poll(None));
    assert_same(&read(&logs), &loader.snapshot());
    // The file of the earlier snapshot is gone: it says so, and nothing panics.
    let series = &first.runs[0].series["train/loss"];
    assert_eq!(series.iter().count(), 0);
    assert!(
        series.load_error().unwrap().contains("is missing"),
        "{:?}",
        series.load_error()
    );
}

#[test]
fn threads_read_one_catalog() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, catalog) = (folder.path().join("logs"), folder.path().join("catalog"));
    for run in 0..40 {
        write_run(&logs, &format!("run_{run}"), 400, f64::from(run + 1));
    }
    build_all(&logs, &catalog);
    let wanted = read(&logs);
    let snapshot = read(&catalog);
    thread::scope(|scope| {
        for offset in 0..4 {
            let (wanted, snapshot) = (&wanted, &snapshot);
            scope.spawn(move || {
                for (at, run) in snapshot.runs.iter().enumerate().skip(offset).step_by(4) {
                    assert_eq!(facts(run), facts(&wanted.runs[at]));
                }
            });
        }
    });
}

#[test]
fn a_followed_folder_that_becomes_a_catalog_is_opened_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, built) = (folder.path().join("logs"), folder.path().join("built"));
    for run in 0..3 {
        write_run(&logs, &format!("run_{run}"), 20, 2.0);
    }
    build_all(&logs, &built);
    let copy = folder.path().join("copy");
    fs::create_dir(&copy).unwrap();
    let follower = Follower::spawn(vec![copy.clone()], OpenOptions::default(), |_| {}).unwrap();
    // As a copy of a catalog elsewhere comes: a mark, the files, and the list of them.
    fs::create_dir(copy.join("_staging")).unwrap();
    let (lists, others): (Vec<_>, Vec<_>) = files(&built)
        .into_keys()
        .partition(|path| path.ends_with("catalog.json"));
    for path in others.into_iter().chain(lists) {
        thread::sleep(Duration::from_millis(20));
        assert!(follower.snapshot().runs.is_empty());
        let to = copy.join(path.strip_prefix(&built).unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(path, to).unwrap();
    }
    let until = Instant::now() + Duration::from_secs(20);
    while follower.snapshot().runs.len() < 3 && Instant::now() < until {
        thread::sleep(Duration::from_millis(20));
    }
    assert_same(&read(&logs), &follower.snapshot());
}

#[test]
fn how_a_run_ended_stays_when_its_table_is_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, catalog) = (folder.path().join("logs"), folder.path().join("catalog"));
    let case = "../source/tests/data/cases/24-wandb-one-id-three-jobs/wandb";
    let real = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(case)
        .join("offline-run-20220622_161211-abc123/run-abc123.wandb");
    write(&logs, "a/run-abc123.wandb", fs::read(real).unwrap());
    write_run(&logs, "b", 5, 2.0);
    let ended = |path: &Path| -> Vec<_> {
        let runs = &read(path).runs;
        runs.iter().map(|run| run.status()).collect()
    };
    assert_eq!(ended(&logs), [Some(RunStatus::Finished), None]);
    build_all(&logs, &catalog);
    assert_eq!(ended(&catalog), ended(&logs));
    let before = listed(&catalog);
    // A setting that is a number and a text has no column any longer, so that all tables of runs are written again.
    write_run(&logs, "c", 5, 3.0);
    write(&logs, "c/config.json", "{\"lr\": \"auto\"}");
    build_all(&logs, &catalog);
    let tables = |files: &[PathBuf]| -> Vec<PathBuf> {
        let is_table = |path: &&PathBuf| path.parent().unwrap().ends_with("runs");
        files.iter().filter(is_table).cloned().collect()
    };
    let after = tables(&listed(&catalog));
    assert!(tables(&before).iter().all(|table| !after.contains(table)));
    assert_eq!(ended(&catalog), ended(&logs));
    assert_same(&read(&logs), &read(&catalog));
}
