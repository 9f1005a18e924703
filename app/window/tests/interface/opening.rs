//! Opening, dropping, and what cannot be opened.

use std::{path::PathBuf, sync::LazyLock};

use egui::Role;
use egui_kittest::kittest::Queryable as _;
use trainscape_window::{Preferences, ViewerOptions};

use crate::{data, window::Window};

#[test]
fn a_dropped_folder_takes_the_place_of_what_was_open() {
    let mut window = Window::with_sweep();
    assert_eq!(window.app().title(), "sweep - Trainscape");
    window.press("Top");
    let other = data::losses_only(window.folder.path());
    window.drop_file(&other);
    assert_eq!(window.app().title(), "losses - Trainscape");
    assert_eq!(window.app().snapshot().runs.len(), 4);
    assert!(window.app().scene().is_some(), "the new runs are drawn");
    assert!(!window.has(Role::Button, "Series in grad_norm/layers."));
    assert_eq!(
        window.app().moved_camera(),
        None,
        "the camera fits the other runs"
    );
}

#[test]
fn recent_folders_open_again() {
    let mut window = Window::with_sweep();
    let other = data::losses_only(window.folder.path());
    window.drop_file(&other);
    window.press("Open and recent");
    let sweep = window.folder.path().join("sweep").canonicalize().unwrap();
    window.press(&sweep.display().to_string());
    assert_eq!(window.app().title(), "sweep - Trainscape");
    assert!(window.has(Role::Button, "Series in grad_norm/layers."));
}

#[test]
fn a_path_that_is_not_there_gives_one_sentence_that_can_be_dismissed() {
    let mut window = Window::failing("/no/such/folder");
    assert!(window.says("/no/such/folder does not exist: check the spelling"));
    assert!(window.says("Open a run folder (Ctrl+O) or drop one here."));
    assert_eq!(window.app().title(), "Trainscape");
    window.button("Dismiss").click();
    window.harness.run();
    assert!(!window.says("does not exist"));
    assert!(window.harness.query_by_label("Dismiss").is_none());
}

#[test]
fn a_drop_that_cannot_be_opened_leaves_what_is_open() {
    let mut window = Window::with_sweep();
    let missing = window.folder.path().join("missing");
    window.drop_file(&missing);
    assert!(window.says("missing does not exist"));
    assert_eq!(window.app().title(), "sweep - Trainscape");
    assert!(window.app().scene().is_some());
}

#[test]
fn files_that_are_no_logs_are_named_and_a_folder_that_is_gone_is_reported() {
    let mut window = Window::with_sweep();
    let other = window.folder.path().join("documents");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("letter.odt"), "text").unwrap();
    window.drop_folder_without_runs(&other);
    assert!(window.says("none of its files is a log that can be read (letter.odt)"));
    window.drop_folder_without_runs(&other.join("letter.odt"));
    assert!(window.says("letter.odt is not a log that can be read."));
    assert!(!window.says("--role"));
}

#[test]
fn an_empty_folder_is_watched_until_something_is_logged() {
    let mut window = Window::with_sweep();
    let empty = window.folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    window.drop_folder_without_runs(&empty);
    assert!(window.says("is empty. It is watched: a run appears here once it logs something."));
    assert!(window.has(Role::Button, "Open a folder…"));
    assert!(window.boxes().iter().all(|name| !name.starts_with("run-")));
    data::sweep(&empty);
    window.wait_until("the runs are found", |app| {
        app.snapshot().runs.len() == 4 && app.is_settled() && app.scene().is_some()
    });
}

fn demo() -> Result<PathBuf, String> {
    static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());
    Ok(data::sweep(FOLDER.path()))
}

#[test]
fn an_empty_window_offers_the_demo_whose_hint_goes_away() {
    let options = ViewerOptions {
        demo: Some(demo),
        ..ViewerOptions::default()
    };
    let mut preferences = Preferences::default();
    preferences.animate = false;
    let folder = tempfile::tempdir().unwrap();
    let recent = folder.path().join("before");
    preferences.recent.push(recent.clone());
    let mut window = Window::start_with(folder, options, preferences, None);
    window.harness.run();
    assert!(window.has(Role::Button, "Open a folder…"));
    assert!(window.has(Role::Link, &recent.display().to_string()));
    window.press("Open the demo");
    assert_eq!(window.app().title(), "demo - Trainscape");
    assert!(window.says("1. Drag to orbit"));
    window.press("Close the hint");
    assert!(!window.says("1. Drag to orbit"));
    // Folders that are opened after the demo are listed and kept like any other.
    let other = data::losses_only(window.folder.path());
    window.drop_file(&other);
    assert_eq!(window.app().title(), "losses - Trainscape");
    window.press("Open and recent");
    let other = other.canonicalize().unwrap();
    assert!(window.has(Role::Button, &other.display().to_string()));
}
