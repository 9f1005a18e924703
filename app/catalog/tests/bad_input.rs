//! Each kind of bad input is one sentence, and nothing else is lost.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::{fs, path::Path};

use common::{build_all, facts, files, listed, read, try_build, write, write_run};
use trainscape_catalog::{BuildError, Shard, commit};
use trainscape_source::{Loader, OpenOptions};

/// A catalog of two runs with a series each, and the folder that holds it.
fn catalog() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let catalog = folder.path().join("catalog");
    write_run(&folder.path().join("logs"), "a", 600, 1.0);
    write_run(&folder.path().join("logs"), "b", 600, 2.0);
    build_all(&folder.path().join("logs"), &catalog);
    (folder, catalog)
}

/// The sentence with which a catalog is refused.
fn refusal(catalog: &Path) -> String {
    let error = Loader::open(&[catalog.to_owned()], OpenOptions::default()).unwrap_err();
    error.to_string()
}

fn change_manifest(catalog: &Path, change: impl Fn(String) -> String) {
    let path = catalog.join("catalog.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, change(text)).unwrap();
}

#[test]
fn a_catalog_of_another_version_is_named() {
    let (_folder, catalog) = catalog();
    change_manifest(&catalog, |text| {
        text.replace("\"version\": 1", "\"version\": 7")
    });
    let text = refusal(&catalog);
    assert!(
        text.contains("version 7") && text.contains("reads version 1"),
        "{text}"
    );
}

#[test]
fn a_catalog_that_is_not_finished_says_what_to_do() {
    let (folder, catalog) = catalog();
    let unfinished = folder.path().join("unfinished");
    try_build(
        &folder.path().join("logs"),
        &unfinished,
        Shard { index: 1, count: 2 },
    )
    .unwrap();
    let text = refusal(&unfinished);
    assert!(
        text.contains("not finished") && text.contains("catalog commit"),
        "{text}"
    );
    change_manifest(&catalog, |text| text[..text.len() / 2].to_owned());
    let text = refusal(&catalog);
    assert!(
        text.contains("catalog.json") && text.contains("build the catalog again"),
        "{text}"
    );
}

#[test]
fn a_catalog_whose_list_is_damaged_or_gone_is_no_folder_of_logs() {
    let (folder, catalog) = catalog();
    let list = catalog.join("catalog.json");
    let damage: [&dyn Fn(); 4] = [
        &|| fs::write(&list, vec![0; 600]).unwrap(),
        &|| fs::write(&list, "{}").unwrap(),
        &|| fs::remove_file(&list).unwrap(),
        &|| fs::create_dir(&list).unwrap(),
    ];
    for (at, damage) in damage.into_iter().enumerate() {
        damage();
        let text = refusal(&catalog);
        assert!(text.contains("catalog.json"), "{at}: {text}");
        let logs = folder.path().join("logs");
        let error = try_build(&logs, &catalog, Shard { index: 1, count: 1 }).unwrap_err();
        let advice = error.to_string().contains("build the catalog again");
        assert!(advice || at == 3, "{at}: {error}");
    }
}

#[test]
fn a_build_onto_a_damaged_part_names_it_and_says_what_to_do() {
    let (folder, catalog) = catalog();
    let of_runs = |path: &&std::path::PathBuf| path.parent().unwrap().ends_with("runs");
    let tables = listed(&catalog);
    let table = tables.iter().find(of_runs).unwrap();
    fs::write(table, "PAR1 damaged PAR1").unwrap();
    let logs = folder.path().join("logs");
    let error = try_build(&logs, &catalog, Shard { index: 1, count: 1 }).unwrap_err();
    let text = error.to_string();
    let name = table.file_name().unwrap().to_string_lossy();
    assert!(text.contains(&*name), "{text}");
    assert!(
        text.contains("delete the catalog's folder and build the catalog again"),
        "{text}"
    );
    fs::remove_dir_all(&catalog).unwrap();
    assert!(try_build(&logs, &catalog, Shard { index: 1, count: 1 }).is_ok());
}

#[test]
fn a_list_may_claim_any_number() {
    let (folder, catalog) = catalog();
    let most = u64::MAX.to_string();
    let claim = |text: String| {
        let mut list: serde_json::Value = serde_json::from_str(&text).unwrap();
        for name in ["generation", "runs", "points"] {
            list[name] = u64::MAX.into();
        }
        list["parts"][0]["bytes"] = u64::MAX.into();
        list.to_string()
    };
    change_manifest(&catalog, claim);
    let logs = folder.path().join("logs");
    fs::write(logs.join("new.jsonl"), "{\"step\": 1, \"loss\": 1}\n").unwrap();
    try_build(&logs, &catalog, Shard { index: 1, count: 1 }).unwrap();
    let text = fs::read_to_string(catalog.join("catalog.json")).unwrap();
    assert!(!text.contains(&format!("\"generation\":{most}")), "{text}");
}

#[test]
fn files_outside_of_the_catalog_are_not_opened() {
    let (_folder, catalog) = catalog();
    change_manifest(&catalog, |text| text.replace("\"series/", "\"../series/"));
    let text = refusal(&catalog);
    assert!(text.contains("not below the catalog"), "{text}");
    change_manifest(&catalog, |text| text.replace("\"../series/", "\"/series/"));
    assert!(refusal(&catalog).contains("not below the catalog"));
}

#[test]
fn a_part_that_is_missing_is_told_and_the_others_are_shown() {
    let (folder, catalog) = catalog();
    write_run(&folder.path().join("logs"), "c", 5, 1.0);
    build_all(&folder.path().join("logs"), &catalog);
    let of_runs = |path: &&std::path::PathBuf| path.parent().unwrap().ends_with("runs");
    let tables = listed(&catalog);
    let tables: Vec<_> = tables.iter().filter(of_runs).collect();
    assert_eq!(tables.len(), 2);
    fs::remove_file(tables[0]).unwrap();
    let snapshot = read(&catalog);
    assert!(!snapshot.runs.is_empty() && snapshot.runs.len() < 3);
    let [warning] = snapshot.warnings.as_slice() else {
        panic!("one sentence: {:?}", snapshot.warnings)
    };
    assert!(warning.contains("is missing"), "{warning}");
}

#[test]
fn a_history_that_is_missing_or_of_something_else_is_told_when_it_is_asked_for() {
    let (_folder, catalog) = catalog();
    let history = listed(&catalog);
    let is_loss = |path: &&std::path::PathBuf| path.to_string_lossy().contains("key=train%2Floss");
    let history = history.iter().find(is_loss).unwrap();
    let series_table = listed(&catalog);
    let series_table = series_table
        .iter()
        .find(|path| path.parent().unwrap().ends_with("series"));
    for content in [
        None,
        Some(fs::read(series_table.unwrap()).unwrap()),
        Some(Vec::new()),
    ] {
        match &content {
            None => fs::remove_file(history).unwrap(),
            Some(bytes) => fs::write(history, bytes).unwrap(),
        }
        let snapshot = read(&catalog);
        assert_eq!((snapshot.runs.len(), snapshot.warnings.len()), (2, 0));
        let series = &snapshot.runs[0].series["train/loss"];
        assert_eq!(series.len(), 600, "the table of series says so");
        assert_eq!(series.iter().count(), 0);
        let text = series.load_error().unwrap();
        assert!(
            text.contains("train%2Floss") && text.contains("again"),
            "{text}"
        );
        assert_eq!(snapshot.runs[0].load_error(), Some(text));
    }
}

#[test]
fn a_table_without_a_column_is_named() {
    let (_folder, catalog) = catalog();
    let tables = listed(&catalog);
    let find = |name: &str| {
        tables
            .iter()
            .find(|path| path.parent().unwrap().ends_with(name))
            .unwrap()
    };
    fs::copy(find("runs"), find("series")).unwrap();
    let snapshot = read(&catalog);
    let [warning] = snapshot.warnings.as_slice() else {
        panic!("one sentence: {:?}", snapshot.warnings)
    };
    assert!(warning.contains("has no column `key`"), "{warning}");
}

#[test]
fn two_runs_of_one_id_are_refused() {
    let (folder, catalog) = catalog();
    let others = folder.path().join("others");
    write_run(&others, "a", 5, 1.0);
    write_run(&others, "c", 5, 1.0);
    let error = try_build(&others, &catalog, Shard::ONLY).unwrap_err();
    assert!(matches!(error, BuildError::SameId { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("the id `a`") && text.contains("others"),
        "{text}"
    );
    assert_eq!(read(&catalog).runs.len(), 2, "the catalog is as it was");
    // Shards of two builds of different folders.
    let catalog = folder.path().join("joined");
    let logs = folder.path().join("logs");
    for (index, logs) in [(1, &logs), (2, &others)] {
        let shard = Shard { index, count: 2 };
        // The run `a` belongs to one shard: built for both, it is there twice.
        try_build(logs, &catalog, shard).unwrap();
    }
    let of_shard = Shard { index: 1, count: 2 }.has("a");
    assert!(of_shard || Shard { index: 2, count: 2 }.has("a"));
    assert!(commit(&catalog, false, &common::write_file).is_ok());
}

#[test]
fn a_folder_with_something_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, other) = (folder.path().join("logs"), folder.path().join("other"));
    write_run(&logs, "a", 5, 1.0);
    write(&other, "thesis.tex", "important");
    let before = files(&other);
    for taken in [&other, &logs] {
        let error = try_build(&logs, taken, Shard::ONLY).unwrap_err();
        assert!(matches!(error, BuildError::NotEmpty { .. }), "{error}");
    }
    assert_eq!(files(&other), before);
    let error = commit(&other, false, &common::write_file).unwrap_err();
    assert!(error.to_string().contains("nothing to commit"), "{error}");
}

#[test]
fn what_others_put_into_a_catalog_stays() {
    let (folder, catalog) = catalog();
    let note = write(&catalog, "history/README.txt", "by hand");
    let table = write(&catalog, "runs/my-selection.parquet", "by hand");
    write_run(&folder.path().join("logs"), "c", 5, 1.0);
    build_all(&folder.path().join("logs"), &catalog);
    assert!(note.exists() && table.exists());
}

#[test]
fn a_catalog_among_logs_is_not_read_as_logs() {
    let (folder, _catalog) = catalog();
    let snapshot = read(folder.path());
    let ids: Vec<&str> = snapshot.runs.iter().map(|run| run.id.as_ref()).collect();
    assert_eq!(ids, ["logs/a", "logs/b"]);
    assert_eq!(snapshot.unread.len() + snapshot.warnings.len(), 0);
    let only = tempfile::tempdir().unwrap();
    build_all(&folder.path().join("logs"), &only.path().join("catalog"));
    let text = refusal(only.path());
    assert!(
        text.contains("catalog is a catalog: open it itself"),
        "{text}"
    );
}

/// Damage anywhere is a sentence or harmless; sizes that a file claims allocate nothing.
#[test]
fn damaged_files_neither_panic_nor_hang() {
    let (_folder, catalog) = catalog();
    let wanted: Vec<_> = read(&catalog).runs.iter().map(|run| facts(run)).collect();
    let mut random = 7_u64;
    let mut below = |bound: usize| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((random >> 33) as usize) % bound
    };
    let (mut told, mut same) = (0, 0);
    for path in listed(&catalog) {
        let whole = fs::read(&path).unwrap();
        for round in 0..60 {
            let mut bytes = whole.clone();
            if round % 4 == 0 {
                bytes.truncate(below(whole.len()));
            } else {
                // The index at the end decides what is read.
                let from = if round % 2 == 0 {
                    0
                } else {
                    whole.len().saturating_sub(1200)
                };
                for _ in 0..1 + below(4) {
                    let at = from + below(whole.len() - from);
                    bytes[at] = [0, 0xff, 0x7f, below(256) as u8][below(4)];
                }
            }
            fs::write(&path, &bytes).unwrap();
            let snapshot = read(&catalog);
            let mut errors = snapshot.warnings.len();
            for run in &snapshot.runs {
                for series in run.series.values() {
                    let _points = series.iter().count();
                    errors += usize::from(series.load_error().is_some());
                }
            }
            told += usize::from(errors > 0);
            let is_same = errors == 0 && snapshot.runs.len() == wanted.len();
            same += usize::from(is_same);
        }
        fs::write(&path, &whole).unwrap();
    }
    assert!(told > 100, "{told} told, {same} without an error");
    let again: Vec<_> = read(&catalog).runs.iter().map(|run| facts(run)).collect();
    assert_eq!(again, wanted);
}
