//! The saved workspace of each folder.

use egui::Role;
use trainscape_scene::colour::ColourMap;
use trainscape_views::ViewKind;
use trainscape_window::{Preferences, ViewerOptions};

use crate::{data, window::Window};

fn pause(window: &mut Window) {
    window.harness.run_steps(40);
    window.settle();
}

#[test]
fn a_workspace_is_restored_with_its_folder() {
    let mut window = Window::with_sweep();
    pause(&mut window);
    window.press("Gradient flow");
    window.choose("Color", "cividis");
    window.press("Top");
    pause(&mut window);
    let camera = window.app().moved_camera();
    let other = data::losses_only(window.folder.path());
    window.drop_file(&other);
    pause(&mut window);
    assert_eq!(window.app().moved_camera(), None);
    window.press("Open and recent");
    let sweep = window.folder.path().join("sweep").canonicalize().unwrap();
    window.press(&sweep.display().to_string());
    let scene = window.app().scene().unwrap();
    assert_eq!(
        window.app().drawn_views()[0],
        ViewKind::named("gradient-flow")
    );
    assert_eq!(scene.surfaces[0].map, ColourMap::Cividis);
    assert_eq!(window.app().moved_camera(), camera);
}

#[test]
fn it_is_saved_between_sessions() {
    let config = tempfile::tempdir().unwrap();
    let file = config.path().join("preferences.json");
    let preferences = || {
        let mut preferences = Preferences::in_file(Some(file.clone()));
        preferences.animate = false;
        preferences
    };
    let folder = tempfile::tempdir().unwrap();
    let sweep = data::sweep(folder.path());
    let options = || ViewerOptions {
        paths: vec![sweep.clone()],
        ..ViewerOptions::default()
    };
    let mut window = Window::start_with(folder, options(), preferences(), None);
    window.settle();
    window.press("Layout");
    window.press("Two tiles side by side");
    window.click(Role::CheckBox, "Contours");
    window
        .get(Role::SpinButton, "Current step")
        .set_value_accesskit(21.0);
    window.settle();
    pause(&mut window);
    assert_eq!(window.app().at_step(), Some(21.0));
    let views = window.app().shown_views();
    let folder = window.folder;
    drop(window.harness);

    let mut window = Window::start_with(folder, options(), preferences(), None);
    window.settle();
    assert_eq!(window.app().shown_views(), views);
    assert!(!window.is_ticked("Contours"));
    assert_eq!(window.app().at_step(), Some(21.0));
}

#[test]
fn a_damaged_file_gives_the_defaults() {
    let config = tempfile::tempdir().unwrap();
    let file = config.path().join("preferences.json");
    std::fs::write(&file, "{\"recent\": [1, 2").unwrap();
    assert!(Preferences::in_file(Some(file)).recent.is_empty());
}
