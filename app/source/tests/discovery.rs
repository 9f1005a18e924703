//! Which files make up which runs.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "each test uses a part of it"
)]
mod common;

use std::{fs, path::Path};

use common::{generate, read, samples};

const JSONL: &str = "{\"step\": 1, \"loss\": 2.0}\n";
const CSV: &str = "step,loss\n1,2.0\n2,1.0\n";

fn write(root: &Path, path: &str, content: impl AsRef<[u8]>) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn events() -> Vec<u8> {
    generate::scalar_event("loss", 1, 1.7e9, 2.0)
}

fn wandb() -> Vec<u8> {
    samples().swap_remove(2).1
}

fn ids(root: &Path) -> Vec<String> {
    read(root)
        .runs
        .iter()
        .map(|run| run.id.to_string())
        .collect()
}

#[test]
fn loggers_of_one_run_are_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "a/metrics.jsonl", JSONL);
    write(root, "a/metrics.csv", CSV);
    write(root, "a/tensorboard/events.out.tfevents.1.host", events());
    write(root, "a/wandb/offline-run-1-x/run-x.wandb", wandb());
    write(
        root,
        "a/config.json",
        "{\"lr\": 0.1, \"model\": {\"width\": 8}}",
    );
    write(root, "b/tb/events.out.tfevents.1.host", events());
    write(root, "b/wandb/run-1-y/run-y.wandb", wandb());
    let snapshot = read(root);
    let ids: Vec<&str> = snapshot.runs.iter().map(|run| &*run.id).collect();
    assert_eq!(ids, ["a", "b"]);
    let run = &snapshot.runs[0];
    assert_eq!(run.sources.len(), 4);
    // The table contains two points of it, the others one.
    assert_eq!(run.series["loss"].len(), 2);
    let source = &run.sources[run.series_source["loss"]];
    assert!(source.path.ends_with("metrics.csv"));
    assert_eq!(run.config["lr"].as_f64(), Some(0.1));
    assert_eq!(run.config["model.width"].to_string(), "8");
    // Opened separately, the run has its folder's name.
    assert_eq!(read(&root.join("a")).runs[0].id.as_ref(), "a");
}

#[test]
fn different_runs_stay_separate() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "sweep/lr-10/metrics.jsonl", JSONL);
    write(root, "sweep/lr-2/metrics.jsonl", JSONL);
    write(root, "many/metrics.jsonl", JSONL);
    write(root, "many/wandb/run-1-a/run-a.wandb", wandb());
    write(root, "many/wandb/run-2-b/run-b.wandb", wandb());
    write(root, "tb/train/events.out.tfevents.1.host", events());
    write(root, "tb/validation/events.out.tfevents.1.host", events());
    write(root, "flat/seed1.csv", CSV);
    write(root, "flat/seed2.csv", CSV.replace("1.0", "0.25"));
    write(root, "flat/seed2-copy.csv", CSV.replace("1.0", "0.25"));
    write(root, "split/train.csv", CSV);
    write(root, "split/eval.csv", "step,accuracy\n1,0.5\n");
    assert_eq!(
        ids(root),
        [
            "flat/seed1",
            "flat/seed2",
            "many",
            "many/wandb/run-1-a",
            "many/wandb/run-2-b",
            "split",
            "sweep/lr-2",
            "sweep/lr-10",
            "tb",
        ]
    );
}

#[test]
fn all_event_files_of_a_folder_are_one_run_in_name_order() {
    let folder = tempfile::tempdir().unwrap();
    let scalar = |step, value| generate::scalar_event("loss", step, 1.7e9, value);
    write(
        folder.path(),
        "events.out.tfevents.2.host",
        [scalar(3, 1.0), scalar(4, 0.5)].concat(),
    );
    write(
        folder.path(),
        "events.out.tfevents.1.host",
        [scalar(1, 4.0), scalar(5, 2.0)].concat(),
    );
    let snapshot = read(folder.path());
    let loss = &snapshot.runs[0].series["loss"];
    assert_eq!(
        loss.iter().map(|point| point.value).collect::<Vec<_>>(),
        [4.0, 2.0, 1.0, 0.5]
    );
    assert_eq!(loss.superseded(), 1);
}

#[test]
fn a_single_file_is_a_run() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in samples() {
        write(folder.path(), name, content);
        let snapshot = read(&folder.path().join(name));
        assert_eq!(
            (snapshot.runs.len(), snapshot.runs[0].id.as_ref()),
            (1, name)
        );
        assert!(snapshot.runs[0].points() > 0);
    }
}

#[test]
fn other_files_and_folders_are_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "run/metrics.jsonl", JSONL);
    write(root, "run/.hidden/metrics.jsonl", JSONL);
    write(root, "run/node_modules/metrics.jsonl", JSONL);
    write(root, "run/checkpoints/metrics.jsonl", JSONL);
    write(root, "run/metadata.tsv", "name\tstep\na\t1\n");
    write(root, "run/points.csv", "x,y,z\n1,2,3\n");
    write(root, "run/package.json", "{\"version\": 1}\n");
    fs::create_dir_all(root.join("odd/metrics.csv")).unwrap();
    fs::create_dir_all(root.join("odd/events.out.tfevents.1.x")).unwrap();
    fs::create_dir_all(root.join("odd/run.wandb")).unwrap();
    assert_eq!(ids(root), ["run"]);
}

#[test]
fn a_folder_of_artifacts_is_searched_unless_it_is_of_an_mlflow_run() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "artifacts/logs/metrics.jsonl", JSONL);
    let run = "mlruns/0/0123456789abcdef0123456789abcdef";
    write(root, &format!("{run}/meta.yaml"), "name: a\n");
    write(
        root,
        &format!("{run}/metrics/loss"),
        "1700000000000 0.5 0\n",
    );
    write(root, &format!("{run}/artifacts/metrics.jsonl"), JSONL);
    assert_eq!(ids(root), ["artifacts/logs", run]);
}

#[test]
fn a_folder_of_logs_beside_its_namesakes_has_its_own_name() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "a/logs/metrics.jsonl", JSONL);
    write(root, "a/logs_1e-4/metrics.jsonl", JSONL);
    write(root, "b/logs/metrics.jsonl", JSONL);
    let snapshot = read(root);
    let names: Vec<&str> = snapshot.runs.iter().map(|run| &*run.name).collect();
    assert_eq!(names, ["logs", "logs_1e-4", "b"]);
}

#[cfg(unix)]
#[test]
fn links_cause_neither_loops_nor_duplicates() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "runs/b/metrics.jsonl", JSONL);
    write(elsewhere.path(), "metrics.jsonl", JSONL);
    symlink(root, root.join("runs/a-loop")).unwrap();
    symlink(root.join("runs/b"), root.join("runs/a-latest")).unwrap();
    symlink(elsewhere.path(), root.join("runs/c")).unwrap();
    symlink(root.join("nowhere"), root.join("runs/d")).unwrap();
    assert_eq!(ids(root), ["runs/b", "runs/c"]);
}

#[test]
fn later_runs_are_appended() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "b/metrics.jsonl", JSONL);
    let mut loader = common::open(root);
    loader.read_to_end();
    write(root, "a/metrics.jsonl", JSONL);
    write(root, "b/train.csv", "step,accuracy\n1,0.5\n");
    loader.read_to_end();
    let snapshot = loader.snapshot();
    let ids: Vec<&str> = snapshot.runs.iter().map(|run| &*run.id).collect();
    assert_eq!(ids, ["b", "a"]);
    assert_eq!(snapshot.runs[0].sources.len(), 2);
    assert!(std::sync::Arc::ptr_eq(&snapshot, &loader.snapshot()));
}

#[cfg(unix)]
#[test]
fn a_link_to_a_folder_that_contains_the_opened_one_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("opened");
    write(&root, "a/metrics.jsonl", JSONL);
    write(folder.path(), "beside/metrics.jsonl", JSONL);
    std::os::unix::fs::symlink(folder.path(), root.join("up")).unwrap();
    let snapshot = read(&root);
    assert_eq!(snapshot.runs.len(), 1);
    let warning = "is a link to a folder that contains the opened one, and was not followed";
    assert!(
        snapshot.warnings[0].ends_with(warning),
        "{:?}",
        snapshot.warnings
    );
}

#[test]
fn a_damaged_configuration_is_listed_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "metrics.jsonl", JSONL);
    write(folder.path(), "config.json", "{\"lr\": 0.1, ");
    let snapshot = read(folder.path());
    let [unread] = &*snapshot.unread else {
        panic!("{:?}", snapshot.unread)
    };
    assert_eq!(unread.kind, "configuration");
    assert!(unread.why.starts_with("it is not JSON"), "{}", unread.why);
}

#[test]
fn a_file_of_views_that_is_too_long_is_listed_with_its_size() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "metrics.jsonl", JSONL);
    write(
        folder.path(),
        "trainscape.toml",
        "# views\n".repeat(200_000),
    );
    let snapshot = read(folder.path());
    let [unread] = &*snapshot.unread else {
        panic!("{:?}", snapshot.unread)
    };
    assert_eq!(unread.path, folder.path().join("trainscape.toml"));
    assert!(
        unread.why.starts_with("it has 1600000 bytes"),
        "{}",
        unread.why
    );
    assert!(snapshot.runs[0].view_files.is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn a_link_to_a_folder_of_the_kernel_is_told_and_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "a/metrics.jsonl", JSONL);
    for target in ["/proc", "/sys/kernel", "/proc/self/cwd"] {
        let name = target.replace('/', "-");
        std::os::unix::fs::symlink(target, root.join(format!("link{name}"))).unwrap();
    }
    let snapshot = read(root);
    let mut warnings = snapshot.warnings.clone();
    warnings.sort();
    let of_kernel = "is a link that was not followed: it is a folder of the kernel, not of files";
    let told = warnings
        .iter()
        .filter(|warning| warning.ends_with(of_kernel));
    assert_eq!(told.count(), 2, "{warnings:?}");
}
