//! Orbit, pan, zoom and the fixed directions.

use std::f32::consts::{FRAC_PI_2, PI, TAU};

use egui::{PointerButton, Pos2, Role, Vec2};
use trainscape_window::{Preferences, ViewerOptions};

use crate::{data, window::Window};

/// A place in the 3D view away from the data.
fn corner(window: &Window) -> Pos2 {
    window.view().left_bottom() + Vec2::new(30.0, -30.0)
}

#[test]
fn buttons_look_from_fixed_directions_and_reset_fits_everything() {
    let mut window = Window::with_sweep();
    assert_eq!(window.app().moved_camera(), None);
    window.press("Top");
    let top = window.app().moved_camera().unwrap();
    assert!((top.elevation - FRAC_PI_2).abs() < 1e-3, "{top:?}");
    window.press("Front");
    let front = window.app().moved_camera().unwrap();
    assert!(
        front.elevation.abs() < 1e-3 && (front.azimuth + FRAC_PI_2).abs() < 1e-3,
        "{front:?}"
    );
    window.press("Side");
    let side = window.app().moved_camera().unwrap();
    assert!(
        side.elevation.abs() < 1e-3 && side.azimuth.abs() < 1e-3,
        "{side:?}"
    );
    window.press("Reset");
    assert_eq!(window.app().moved_camera(), None);
}

#[test]
fn a_drag_orbits_and_the_right_button_pans() {
    let mut window = Window::with_sweep();
    let before = window.app().figure().unwrap().fixed_camera();
    let from = window.view().center();
    window.drag(PointerButton::Primary, from, from + Vec2::new(100.0, 40.0));
    let orbited = window.app().moved_camera().unwrap();
    let turn = (orbited.azimuth - before.azimuth + PI).rem_euclid(TAU) - PI;
    assert!((-0.9..-0.5).contains(&turn), "{before:?} {orbited:?}");
    assert!(
        orbited.elevation > before.elevation + 0.05,
        "{before:?} {orbited:?}"
    );
    assert_eq!(orbited.scale, before.scale);
    window.drag(PointerButton::Secondary, from, from + Vec2::new(60.0, 0.0));
    let panned = window.app().moved_camera().unwrap();
    assert_eq!(
        (panned.azimuth, panned.elevation),
        (orbited.azimuth, orbited.elevation)
    );
    assert_ne!(
        (panned.target_in_world, panned.offset_in_ndc),
        (orbited.target_in_world, orbited.offset_in_ndc)
    );
}

#[test]
fn the_wheel_zooms_in_and_out() {
    let mut window = Window::with_sweep();
    let before = window.app().figure().unwrap().fixed_camera();
    let at = window.view().center();
    window.wheel(at, 3.0);
    let nearer = window.app().moved_camera().unwrap();
    assert!(nearer.scale > before.scale * 1.05, "{before:?} {nearer:?}");
    window.wheel(at, -6.0);
    assert!(window.app().moved_camera().unwrap().scale < nearer.scale);
}

#[test]
fn a_double_click_away_from_the_data_resets() {
    let mut window = Window::with_sweep();
    window.press("Side");
    assert!(window.app().moved_camera().is_some());
    window.double_click_at(corner(&window));
    assert_eq!(window.app().moved_camera(), None);
}

#[test]
fn a_double_click_on_a_record_orbits_around_it() {
    let mut window = Window::with_sweep();
    let figure = window.app().figure().unwrap();
    let before = figure.fixed_camera();
    let position = window.app().scene().unwrap().paths[0].positions_unit[5];
    let (at, _) = figure.point_from_unit(position).unwrap();
    window.double_click_at(window.view().min + Vec2::new(at.x, at.y));
    let turned = window.app().moved_camera().unwrap();
    assert_ne!(turned.target_in_world, before.target_in_world);
    assert_eq!(
        (turned.azimuth, turned.elevation),
        (before.azimuth, before.elevation)
    );
}

#[test]
fn the_camera_moves_to_a_preset_in_a_transition_where_that_is_on() {
    let folder = tempfile::tempdir().unwrap();
    let options = ViewerOptions {
        paths: vec![data::sweep(folder.path())],
        ..Default::default()
    };
    let preferences = Preferences::default();
    assert!(preferences.animate);
    let mut window = Window::start_with(folder, options, preferences, None);
    window.settle();
    window.button("Top").click();
    window.harness.run_steps(4);
    let under_way = window.app().moved_camera().unwrap();
    assert!(under_way.elevation < FRAC_PI_2 - 0.1, "{under_way:?}");
    window.harness.run_steps(30);
    let there = window.app().moved_camera().unwrap();
    assert!((there.elevation - FRAC_PI_2).abs() < 1e-3, "{there:?}");
    window.button("Reset").click();
    window.harness.run_steps(34);
    assert_eq!(
        window.app().moved_camera(),
        None,
        "the camera fits the data again"
    );
}

#[test]
fn inertia_continues_a_drag_only_where_it_is_on() {
    for inertia in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let options = ViewerOptions {
            paths: vec![data::sweep(folder.path())],
            ..Default::default()
        };
        let mut preferences = Preferences::default();
        preferences.inertia = inertia;
        let mut window = Window::start_with(folder, options, preferences, None);
        window.settle();
        let from = window.view().center();
        window.drag_without_settling(PointerButton::Primary, from, from + Vec2::new(100.0, 0.0));
        window.harness.run_steps(7);
        let let_go = window.app().moved_camera().unwrap();
        window.harness.run_steps(60);
        let after = window.app().moved_camera().unwrap();
        assert_eq!(
            after.azimuth != let_go.azimuth,
            inertia,
            "{let_go:?} {after:?}"
        );
        window.harness.run_steps(120);
        let later = window.app().moved_camera().unwrap();
        window.harness.run_steps(30);
        assert_eq!(window.app().moved_camera().unwrap(), later, "it stops");
    }
}

#[test]
fn the_ends_of_the_gizmo_look_along_the_axes() {
    let mut window = Window::drawn();
    window.press("View from +z");
    assert!(window.app().moved_camera().unwrap().elevation > 1.5);
    window.press("View from +x");
    let camera = window.app().moved_camera().unwrap();
    assert!(camera.elevation.abs() < 1e-3 && camera.azimuth.abs() < 1e-3);
}

#[test]
fn the_caption_unfolds_over_the_tile_without_moving_the_figure() {
    let mut window = Window::drawn();
    let whole = window.app().scene().unwrap().caption.clone();
    let before = window.app().figure().unwrap().plot_rect;
    assert!(!window.says(&whole));
    let caption = window.app().figure().unwrap().caption_rect.unwrap();
    let at = window.view().min + egui::vec2(caption.x + 20.0, caption.y + caption.height / 2.0);
    window.drag(PointerButton::Primary, at, at);
    assert!(window.says(&whole));
    assert_eq!(window.app().figure().unwrap().plot_rect, before);
    window.press("Fold");
    assert!(!window.says(&whole));
}

#[test]
fn a_camera_is_kept_under_a_name_and_shown_again() {
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
    window.press("Top");
    let kept = window.app().moved_camera().unwrap();
    window
        .get(Role::TextInput, "Name of the camera")
        .scroll_to_me();
    window.settle();
    window.get(Role::TextInput, "Name of the camera").focus();
    window.settle();
    window
        .get(Role::TextInput, "Name of the camera")
        .type_text("from above");
    window.settle();
    window.press("Save the camera");
    window.press("Front");
    assert_ne!(window.app().moved_camera(), Some(kept));
    window.get(Role::Button, "Go to from above").scroll_to_me();
    window.settle();
    window.press("Go to from above");
    assert_eq!(window.app().moved_camera(), Some(kept));
    window.press("Gradient flow");
    assert!(
        !window.has(Role::Button, "Go to from above"),
        "it is of another view"
    );
    window.press("Loss surface");
    window.harness.run_steps(40);
    window.settle();
    let folder = window.folder;
    drop(window.harness);

    let mut window = Window::start_with(folder, options(), preferences(), None);
    window.settle();
    window
        .get(Role::Button, "Delete the camera from above")
        .scroll_to_me();
    window.settle();
    window.press("Delete the camera from above");
    assert!(!window.has(Role::Button, "Go to from above"));
}
