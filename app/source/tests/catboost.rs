//! CatBoost's folder: one run, each metric once, with the roles of its data sets.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "common/points.rs"]
#[allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]
mod points;

use std::{fs, io::Write};

use points::{copy, count, open, points, read, sample, update};
use trainscape_run::Role;

#[test]
fn all_files_are_one_run_with_each_metric_once() {
    let folder = tempfile::tempdir().unwrap();
    copy(&sample("catboost"), &folder.path().join("catboost_info"));
    let snapshot = read(folder.path());
    assert_eq!(snapshot.runs.len(), 1);
    let run = &snapshot.runs[0];
    assert_eq!(&*run.name, "catboost_info");
    let keys: Vec<&str> = run.series.keys().map(|key| &**key).collect();
    assert_eq!(keys, ["Passed", "Remaining", "learn/RMSE", "test/RMSE"]);
    assert_eq!(run.roles.get("learn/RMSE"), Some(&Role::Loss));
    assert_eq!(run.roles.get("test/RMSE"), Some(&Role::ValidationLoss));
    assert_eq!(
        points(run, "learn/RMSE")[0],
        ("0".to_owned(), Some(0.299_949_868_4))
    );
    assert_eq!(count(&snapshot), 20);
    assert_eq!(run.sources.len(), 3);
    assert!(snapshot.unread.is_empty());
}

#[test]
fn roles_come_from_the_description_or_the_names() {
    let folder = tempfile::tempdir().unwrap();
    copy(&sample("catboost"), folder.path());
    let header = "iter\tMyLoss\tAUC\tMAE\n0\t1\t0.5\t\n";
    for name in ["learn_error.tsv", "test_error.tsv"] {
        fs::write(folder.path().join(name), header).unwrap();
    }
    let description = folder.path().join("catboost_training.json");
    let meta = r#"{"learn_metrics":[{"best_value":"Min","name":"MyLoss"},{"best_value":"Max","name":"AUC"}],
        "test_metrics":[{"best_value":"Max","name":"AUC"},{"best_value":"Min","name":"MAE"}]}"#;
    fs::write(
        &description,
        format!("{{\n\"meta\":{},\n", meta.replace('\n', "")),
    )
    .unwrap();
    let roles = |key: &str| read(folder.path()).runs[0].roles.get(key).copied();
    assert_eq!(roles("learn/MyLoss"), Some(Role::Loss));
    assert_eq!(roles("learn/AUC"), Some(Role::Accuracy));
    // A loss without values has no series.
    assert_eq!(roles("test/MAE"), None);
    fs::remove_file(&description).unwrap();
    let text = "iter\tLogloss\tAUC\n0\t1\t0.5\n";
    fs::write(folder.path().join("learn_error.tsv"), text).unwrap();
    assert_eq!(roles("learn/Logloss"), Some(Role::Loss));
}

#[test]
fn a_description_that_is_cut_short_is_told() {
    let folder = tempfile::tempdir().unwrap();
    copy(&sample("catboost"), folder.path());
    let description = folder.path().join("catboost_training.json");
    let whole = fs::read(&description).unwrap();
    let mut loader = open(folder.path());
    assert!(update(&mut loader).unread.is_empty());
    fs::write(&description, &whole[..whole.len() / 2]).unwrap();
    let mut loader = open(folder.path());
    let unread = update(&mut loader).unread.to_vec();
    assert_eq!(unread.len(), 1);
    assert_eq!(unread[0].path, description);
    assert!(unread[0].why.contains("cut short"), "{}", unread[0].why);
    // Whole again.
    fs::write(&description, &whole).unwrap();
    fs::write(folder.path().join("new.txt"), "").unwrap();
    loader.read_to_end();
    assert!(loader.snapshot().unread.is_empty());
}

#[test]
fn iterations_are_followed() {
    let folder = tempfile::tempdir().unwrap();
    copy(&sample("catboost"), folder.path());
    let mut loader = open(folder.path());
    let before = count(&update(&mut loader));
    let mut file = fs::OpenOptions::new()
        .append(true)
        .open(folder.path().join("learn_error.tsv"))
        .unwrap();
    file.write_all(b"5\t0.5\n6\tx\n7\n8\t0.25\n").unwrap();
    let snapshot = update(&mut loader);
    assert_eq!(count(&snapshot), before + 2);
    let mut sources = snapshot.runs[0].sources.iter();
    let table = sources.find(|source| source.path.ends_with("learn_error.tsv"));
    assert_eq!(table.unwrap().skipped, 2);
}
