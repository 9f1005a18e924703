//! Undo and redo.

use egui::{Key, Modifiers, Role};
use egui_kittest::kittest::NodeT as _;
use trainscape_views::ViewKind;

use crate::window::Window;

const REDO: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

/// Changes become one step of undo once nothing has changed for a moment.
fn pause(window: &mut Window) {
    window.harness.run_steps(40);
}

#[test]
fn settings_views_and_brushes_are_undone_and_redone() {
    let mut window = Window::with_sweep();
    pause(&mut window);
    window.click(Role::CheckBox, "Contours");
    pause(&mut window);
    window
        .get(Role::SpinButton, "First step drawn")
        .set_value_accesskit(20.0);
    window.settle();
    pause(&mut window);
    window.press("Gradient flow");
    pause(&mut window);
    let shown = |window: &Window| window.app().shown_views();

    window.key_with(Modifiers::COMMAND, Key::Z);
    assert_eq!(shown(&window), [ViewKind::named("loss-surface")]);
    assert!(window.app().step_range().is_some());
    window.press("Undo");
    assert_eq!(window.app().step_range(), None);
    assert!(!window.is_ticked("Contours"));
    window.key_with(Modifiers::COMMAND, Key::Z);
    assert!(window.is_ticked("Contours"));
    assert!(window.button("Undo").accesskit_node().is_disabled());

    for _ in 0..3 {
        window.key_with(REDO, Key::Z);
    }
    assert_eq!(shown(&window), [ViewKind::named("gradient-flow")]);
    assert!(window.app().step_range().is_some());
    assert!(window.button("Redo").accesskit_node().is_disabled());
}

#[test]
fn a_change_after_an_undo_ends_the_redo() {
    let mut window = Window::with_sweep();
    pause(&mut window);
    window.click(Role::CheckBox, "Contours");
    pause(&mut window);
    window.key_with(Modifiers::COMMAND, Key::Z);
    window.click(Role::CheckBox, "Wireframe");
    pause(&mut window);
    window.key_with(REDO, Key::Z);
    assert!(window.is_ticked("Contours") && window.is_ticked("Wireframe"));
}

#[test]
fn cameras_are_not_undone() {
    let mut window = Window::with_sweep();
    pause(&mut window);
    window.click(Role::CheckBox, "Contours");
    pause(&mut window);
    window.press("Top");
    let camera = window.app().moved_camera();
    window.key_with(Modifiers::COMMAND, Key::Z);
    assert!(window.is_ticked("Contours"));
    assert_eq!(window.app().moved_camera(), camera);
}
