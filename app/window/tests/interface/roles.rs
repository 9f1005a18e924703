//! The series that are used as loss, learning rate, gradient norm and reward.

use std::{fs, path::Path, path::PathBuf};

use egui::{Key, Modifiers, PointerButton, Role};
use trainscape_window::{Preferences, ViewerOptions};

use crate::{data, window::Window};

/// A run in which each line has the given keys, with values that differ.
fn run(folder: &Path, keys: &[&str]) -> PathBuf {
    let root = folder.join("run");
    fs::create_dir_all(&root).unwrap();
    let log: String = (0..40)
        .map(|step| {
            let values = keys.iter().enumerate().map(|(index, key)| {
                let value = (index + 1) as f64 * 10.0 + 5.0 / f64::from(step + 1);
                format!(r#","{key}":{value}"#)
            });
            format!(r#"{{"step":{step}{}}}"#, values.collect::<String>()) + "\n"
        })
        .collect();
    fs::write(root.join("metrics.jsonl"), log).unwrap();
    root
}

/// The keys of rllib's learner statistics.
const RLLIB: [&str; 4] = [
    "info/learner/default_policy/total_loss",
    "info/learner/default_policy/policy_loss",
    "info/learner/default_policy/cur_lr",
    "episode_reward_mean",
];

/// The series of the paths on screen.
fn drawn(window: &Window) -> Vec<String> {
    let paths = &window.app().scene().unwrap().paths;
    let mut keys: Vec<String> = paths
        .iter()
        .map(|path| path.series_key.to_string())
        .filter(|key| !key.is_empty())
        .collect();
    keys.dedup();
    keys
}

fn chosen(window: &Window, role: &str) -> String {
    window.get(Role::ComboBox, role).value().unwrap_or_default()
}

fn undo(window: &mut Window) {
    window.key_with(Modifiers::COMMAND, Key::Z);
}

#[test]
fn a_view_says_that_none_was_chosen() {
    let mut window = Window::open(|folder| vec![data::losses_only(folder)]);
    window.press("Loss surface");
    window.choose("Loss", "None");
    assert!(window.says("Loss surface needs a loss: None is chosen as Loss."));
    assert_eq!(chosen(&window, "Loss"), "None");
    assert_eq!(chosen(&window, "Reward"), "Not found");
}

#[test]
fn a_chosen_loss_is_the_only_one() {
    let mut window = Window::open(|folder| vec![run(folder, &RLLIB)]);
    assert_eq!(chosen(&window, "Loss"), RLLIB[0]);
    window.press("Loss surface");
    assert_eq!(drawn(&window), [RLLIB[0]]);
    window.choose("Loss", RLLIB[1]);
    assert_eq!(chosen(&window, "Loss"), RLLIB[1]);
    assert_eq!(drawn(&window), [RLLIB[1]]);
    let snapshot = window.app().snapshot();
    let losses = snapshot.runs[0].series_with_role(trainscape_run::Role::Loss);
    assert_eq!(losses.len(), 1, "the total loss is no loss any more");
}

#[test]
fn a_chosen_training_loss_replaces_the_loss_of_tests() {
    let keys = ["loss_test", "loss_train", "lr"];
    let mut window = Window::open(|folder| vec![run(folder, &keys)]);
    window.choose("Loss", "loss_test");
    assert_eq!(drawn(&window), ["loss_test"]);
    window.choose("Loss", "loss_train");
    // The loss of tests stands beside it as that of held-out data.
    assert_eq!(drawn(&window), ["loss_train", "loss_test"]);
    assert_eq!(window.app().scene().unwrap().keys["loss"], "loss_train");
}

#[test]
fn a_role_without_a_series_is_undone() {
    let mut window = Window::with_sweep();
    window.press("Top");
    let camera = window.app().moved_camera();
    window.choose("Loss", "None");
    assert_eq!(chosen(&window, "Loss"), "None");
    assert!(window.app().scene().is_none());
    assert!(window.says("Loss surface needs a loss"));
    // The remedy in the tile is another way to choose.
    window.choose("Which series is the loss?", "tokens");
    assert_eq!(drawn(&window), ["tokens"]);
    assert_eq!(window.app().moved_camera(), camera, "the camera stays");
    window.choose("Loss", "Auto");
    assert_eq!(drawn(&window), ["train/loss"]);
    window.harness.run_steps(60);
    undo(&mut window);
    assert_eq!(chosen(&window, "Loss"), "tokens");
    assert_eq!(drawn(&window), ["tokens"]);
}

#[test]
fn a_series_of_the_tree_gets_a_role() {
    let mut window = Window::with_sweep();
    assert!(!window.has(Role::Button, "Use grad_norm/layers.0.mlp as"));
    window.press("Series in grad_norm/layers.");
    window.press("Use grad_norm/layers.0.mlp as");
    window.press("Use as reward");
    assert_eq!(chosen(&window, "Reward"), "grad_norm/layers.0.mlp");
    let at = window.get(Role::Label, "tokens").rect().center();
    window.harness.hover_at(at);
    for pressed in [true, false] {
        window.harness.event(egui::Event::PointerButton {
            pos: at,
            button: PointerButton::Secondary,
            pressed,
            modifiers: Modifiers::NONE,
        });
    }
    window.settle();
    window.press("Use as loss");
    assert_eq!(chosen(&window, "Loss"), "tokens");
}

#[test]
fn the_reason_of_a_choice_is_told() {
    let mut window = Window::with_sweep();
    let tells = |window: &mut Window, what: &str| {
        window.get(Role::ComboBox, "Loss").hover();
        window.harness.run_steps(90);
        assert!(window.says(what), "{what}");
        window.harness.remove_cursor();
        window.harness.run_steps(30);
    };
    tells(&mut window, "Loss: train/loss (its name suggests it).");
    window.choose("Loss", "tokens");
    tells(&mut window, "Loss: tokens (chosen here).");
    window.choose("Loss", "None");
    tells(&mut window, "Loss: none, as chosen here.");
}

#[test]
fn the_choices_are_kept_with_their_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = run(folder.path(), &RLLIB);
    let other = data::sweep(folder.path());
    let preferences = || Preferences::in_file(Some(folder.path().join("preferences.json")));
    let options = |path: &Path| ViewerOptions {
        paths: vec![path.to_owned()],
        ..ViewerOptions::default()
    };
    let here = || tempfile::tempdir().unwrap();
    let mut window = Window::start_with(here(), options(&path), preferences(), None);
    window.settle();
    window.choose("Loss", RLLIB[1]);
    window.harness.run_steps(60);
    drop(window);
    let mut window = Window::start_with(here(), options(&path), preferences(), None);
    window.settle();
    assert_eq!(chosen(&window, "Loss"), RLLIB[1]);
    let mut window = Window::start_with(here(), options(&other), preferences(), None);
    window.settle();
    assert_eq!(chosen(&window, "Loss"), "train/loss");
}
