//! Following: new content is published soon, regardless of how it is written.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "slow inputs and counts are told"
)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "each test uses a part of it"
)]
mod common;

use std::{
    fs,
    io::Write,
    path::Path,
    sync::Arc,
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

use trainscape_run::Snapshot;
use trainscape_source::{Follower, NewRecords, OpenOptions};

fn follow(path: &Path) -> (Follower, Receiver<Arc<Snapshot>>) {
    let (sender, receiver) = channel();
    let publish = move |snapshot| drop(sender.send(snapshot));
    (
        Follower::spawn(vec![path.to_owned()], OpenOptions::default(), publish).unwrap(),
        receiver,
    )
}

/// Waits for a snapshot that satisfies the condition.
fn wait(snapshots: &Receiver<Arc<Snapshot>>, fits: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let snapshot = snapshots
            .recv_timeout(left)
            .expect("a matching snapshot in time");
        if fits(&snapshot) {
            return snapshot;
        }
    }
}

fn points(snapshot: &Snapshot, run: usize, key: &str) -> usize {
    snapshot
        .runs
        .get(run)
        .and_then(|run| run.series.get(key))
        .map_or(0, |series| series.len())
}

#[test]
fn an_empty_folder_can_be_followed() {
    let folder = tempfile::tempdir().unwrap();
    let (follower, snapshots) = follow(folder.path());
    let first = wait(&snapshots, |snapshot| snapshot.progress.caught_up);
    assert!(first.runs.is_empty());
    let run = folder.path().join("sweep/a");
    fs::create_dir_all(&run).unwrap();
    let mut file = fs::File::create(run.join("metrics.jsonl")).unwrap();
    file.write_all(b"{\"step\": 1, \"loss\": 2}\n").unwrap();
    let one = wait(&snapshots, |snapshot| points(snapshot, 0, "loss") == 1);
    file.write_all(b"{\"step\": 2, \"loss\": 1}\n").unwrap();
    let two = wait(&snapshots, |snapshot| points(snapshot, 0, "loss") == 2);
    let new: Vec<(String, f64)> = NewRecords::after(one)
        .next(two)
        .iter()
        .map(|record| (record.key.to_string(), record.point.value))
        .collect();
    assert_eq!(new, [("loss".to_owned(), 1.0), ("step".to_owned(), 2.0)]);
    // A second run joins.
    let other = folder.path().join("sweep/b");
    fs::create_dir_all(&other).unwrap();
    fs::write(other.join("metrics.csv"), "step,loss\n1,2\n").unwrap();
    let both = wait(&snapshots, |snapshot| points(snapshot, 1, "loss") == 1);
    assert_eq!(both.runs[1].id.as_ref(), "sweep/b");
    assert_eq!(follower.snapshot().runs.len(), 2);
}

#[test]
fn truncation_and_replacement_are_published() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.csv");
    fs::write(&path, "step,loss\n1,2\n2,3\n").unwrap();
    let (_follower, snapshots) = follow(&path);
    let before = wait(&snapshots, |snapshot| points(snapshot, 0, "loss") == 2);
    fs::write(&path, "step,loss\n5,6\n").unwrap();
    let after = wait(&snapshots, |snapshot| points(snapshot, 0, "loss") == 1);
    assert_eq!(NewRecords::after(before).next(after).len(), 2);
    let other = folder.path().join("new");
    fs::write(&other, "step,loss\n7,1\n8,2\n9,3\n").unwrap();
    fs::rename(&other, &path).unwrap();
    wait(&snapshots, |snapshot| points(snapshot, 0, "loss") == 3);
}

#[test]
fn fast_writers_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.jsonl");
    let mut file = fs::File::create(&path).unwrap();
    let (_follower, snapshots) = follow(folder.path());
    for step in 0..20_000 {
        writeln!(file, "{{\"step\": {step}, \"loss\": 1.5, \"lr\": 0.1}}").unwrap();
    }
    let last = wait(&snapshots, |snapshot| points(snapshot, 0, "loss") == 20_000);
    assert_eq!(last.runs[0].sources[0].skipped, 0);
}

#[test]
fn dropping_stops_immediately() {
    let folder = tempfile::tempdir().unwrap();
    let (follower, snapshots) = follow(folder.path());
    let begun = Instant::now();
    drop(follower);
    assert!(begun.elapsed() < Duration::from_secs(5));
    while snapshots.try_recv().is_ok() {}
    assert!(snapshots.recv().is_err());
}

#[test]
fn created_changed_and_removed_arrays_are_published() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::write(root.join("metrics.jsonl"), "{\"step\": 1, \"loss\": 2}\n").unwrap();
    let (_follower, snapshots) = follow(root);
    wait(&snapshots, |snapshot| points(snapshot, 0, "loss") == 1);
    let shape = |snapshot: &Snapshot| {
        let run = snapshot.runs.first()?;
        Some(run.tensors.get("emb")?.shape.to_vec())
    };
    fs::write(root.join("emb.npy"), common::arrays::npy(&[2, 3], 0.0)).unwrap();
    let first = wait(&snapshots, |snapshot| shape(snapshot) == Some(vec![2, 3]));
    let tensor = Arc::clone(&first.runs[0].tensors["emb"]);
    assert_eq!(tensor.element(&[1, 2]).unwrap(), 5.0);
    // Renamed over the other file, as careful writers do: the old array is never read from the new file.
    fs::write(root.join("new"), common::arrays::npy(&[4, 3], 9.0)).unwrap();
    fs::rename(root.join("new"), root.join("emb.npy")).unwrap();
    let second = wait(&snapshots, |snapshot| shape(snapshot) == Some(vec![4, 3]));
    assert!(second.generation > first.generation);
    assert_eq!(second.runs[0].tensors["emb"].element(&[0, 0]).unwrap(), 9.0);
    #[cfg(unix)]
    {
        let error = tensor.element(&[1, 2]).unwrap_err().to_string();
        assert!(error.contains("was replaced"), "{error}");
    }
    // Overwritten in place, and labels next to it.
    fs::write(root.join("emb.npy"), common::arrays::npy(&[5, 3], 0.0)).unwrap();
    wait(&snapshots, |snapshot| shape(snapshot) == Some(vec![5, 3]));
    fs::write(root.join("emb.labels.txt"), "a\nb\nc\nd\ne\n").unwrap();
    wait(&snapshots, |snapshot| {
        let tensor = snapshot.runs.first().and_then(|run| run.tensors.get("emb"));
        tensor.is_some_and(|tensor| tensor.labels.is_some())
    });
    fs::remove_file(root.join("emb.npy")).unwrap();
    let last = wait(&snapshots, |snapshot| shape(snapshot).is_none());
    assert_eq!(last.runs[0].sources.len(), 1);
}

#[test]
fn a_file_of_views_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("runs/a");
    fs::create_dir_all(&run).unwrap();
    fs::write(run.join("metrics.jsonl"), "{\"step\": 1, \"loss\": 2.0}\n").unwrap();
    let views = folder.path().join("trainscape.toml");
    fs::write(&views, "[[view]]\nname = \"one\"\n").unwrap();
    let (follower, snapshots) = follow(folder.path());
    let text = |snapshot: &Snapshot| -> Option<String> {
        let file = snapshot.runs.first()?.view_files.first()?;
        Some(file.text.clone())
    };
    wait(&snapshots, |snapshot| {
        text(snapshot).is_some_and(|text| text.contains("one"))
    });
    let before = Instant::now();
    fs::write(&views, "[[view]]\nname = \"another\"\n").unwrap();
    wait(&snapshots, |snapshot| {
        text(snapshot).is_some_and(|text| text.contains("another"))
    });
    println!(
        "a changed file of views was published after {:?}",
        before.elapsed()
    );
    // One nearer to the run comes first.
    fs::write(run.join("views.toml"), "# nearest\n").unwrap();
    wait(&snapshots, |snapshot| {
        snapshot
            .runs
            .first()
            .is_some_and(|run| run.view_files.len() == 2)
            && text(snapshot).is_some_and(|text| text.contains("nearest"))
    });
    fs::remove_file(&views).unwrap();
    wait(&snapshots, |snapshot| {
        snapshot
            .runs
            .first()
            .is_some_and(|run| run.view_files.len() == 1)
    });
    drop(follower);
}
