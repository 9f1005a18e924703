//! The plot of the timeline: which series, values under the pointer, the run that is lit up.

use egui::{Role, accesskit::Toggled};

use crate::{data::loss, window::Window};

/// Moves the pointer over the timeline, to shares of its width and height.
fn point_at(window: &mut Window, across: f32, down: f32) {
    let rect = window.get(Role::Slider, "Step range brush").rect();
    let at = rect.min + egui::vec2(rect.width() * across, rect.height() * down);
    window.harness.hover_at(at);
    window.harness.run_steps(3);
}

#[test]
fn the_values_of_all_runs_at_a_step_are_read_under_the_pointer() {
    let mut window = Window::with_sweep();
    point_at(&mut window, 30.1 / 59.0, 0.5);
    let step = 30;
    assert!(window.says(&format!("step {step}")), "the logged step");
    for run in 0..4 {
        let value = trainscape_scene::ticks::format_value(loss(run, step));
        let digits = &value[..5];
        assert!(window.says(digits), "{digits} of run {run}");
    }
    window.harness.remove_cursor();
    window.harness.run_steps(3);
    assert!(!window.says(&format!("step {step}")));
}

#[test]
fn another_series_is_shown_and_remembered_until_the_loss_is_chosen() {
    let mut window = Window::with_sweep();
    let loss = window.app().timeline_key().to_owned();
    window.press("Use tokens as");
    window.press("Show on the timeline");
    assert_eq!(window.app().timeline_key(), "tokens");
    window.key_with(egui::Modifiers::COMMAND, egui::Key::K);
    window
        .get(Role::TextInput, "Search actions, runs, series")
        .type_text("show the loss on");
    window.settle();
    window.key(egui::Key::Enter);
    assert_eq!(window.app().timeline_key(), loss);
}

#[test]
fn logarithmic_heights_and_means_are_switched_and_undone() {
    let mut window = Window::with_sweep();
    window.press("Logarithmic timeline");
    // A state to return to has been the same for a while.
    window.harness.run_steps(60);
    window.press("Smooth the timeline");
    let is_on = |window: &Window, name: &str| {
        let node = window.get(Role::Button, name);
        egui_kittest::kittest::NodeT::accesskit_node(&node).toggled()
    };
    assert_eq!(is_on(&window, "Logarithmic timeline"), Some(Toggled::True));
    assert_eq!(is_on(&window, "Smooth the timeline"), Some(Toggled::True));
    window.harness.run_steps(60);
    window.press("Undo");
    assert_eq!(is_on(&window, "Smooth the timeline"), Some(Toggled::False));
    assert_eq!(is_on(&window, "Logarithmic timeline"), Some(Toggled::True));
}

#[test]
fn a_run_under_the_pointer_in_the_list_is_lit_up() {
    let mut window = Window::with_sweep();
    assert_eq!(window.app().pointed_at_run(), None);
    window.get(Role::CheckBox, "run-c").hover();
    window.harness.run_steps(3);
    assert_eq!(window.app().pointed_at_run(), Some("run-c"));
    window.harness.remove_cursor();
    window.harness.run_steps(3);
    assert_eq!(window.app().pointed_at_run(), None);
}
