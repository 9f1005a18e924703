//! Accessibility: names on every widget, keyboard focus, and contrast.

use egui::{Key, Role};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use trainscape_scene::colour::{Colour, contrast};

use crate::{data, window::Window};

const INTERACTIVE: [Role; 7] = [
    Role::Button,
    Role::CheckBox,
    Role::ComboBox,
    Role::Slider,
    Role::SpinButton,
    Role::TextInput,
    Role::RadioButton,
];

fn nameless(window: &Window) -> Vec<String> {
    let mut found = Vec::new();
    for role in INTERACTIVE {
        for node in window.harness.query_all_by_role(role) {
            let access = node.accesskit_node();
            let name = access.label().or_else(|| access.value());
            if name.is_none_or(|name| name.trim().is_empty()) {
                found.push(format!("{role:?} at {:?}", node.rect()));
            }
        }
    }
    found
}

#[test]
fn everything_that_can_be_used_has_a_name() {
    let mut window = Window::with_sweep();
    assert_eq!(nameless(&window), Vec::<String>::new());
    for view in ["Gradient flow", "Importance"] {
        window.show_view(view);
        assert_eq!(nameless(&window), Vec::<String>::new(), "{view}");
    }
    for dock in ["Table of runs", "Selection"] {
        window.press(dock);
        assert_eq!(nameless(&window), Vec::<String>::new(), "{dock}");
    }
    window.press("Layout");
    assert_eq!(nameless(&window), Vec::<String>::new(), "menu of tiles");
    window.press("Two by two tiles");
    assert_eq!(nameless(&window), Vec::<String>::new(), "four tiles");

    let mut window = Window::open(|folder| vec![data::arrays(folder)]);
    for view in ["Attention", "Embedding", "Weights", "Activations"] {
        window.show_view(view);
        assert_eq!(nameless(&window), Vec::<String>::new(), "{view}");
    }
}

#[test]
fn the_tab_key_reaches_every_panel() {
    let mut window = Window::with_sweep();
    let mut reached = std::collections::BTreeSet::new();
    for _ in 0..140 {
        window.harness.key_press(Key::Tab);
        window.harness.step();
        let has_focus = |node: &egui_kittest::kittest::AccessKitNode<'_>| node.is_focused();
        let focused = window.harness.query_all_by(has_focus);
        let name = |node: egui_kittest::Node<'_>| {
            let access = node.accesskit_node();
            access.label().or_else(|| access.value())
        };
        let names = focused.filter_map(name);
        reached.extend(names);
    }
    for name in [
        "Open and recent",
        "Gradient flow",
        "Filter runs and series",
        "Learning rate",
        "Series in grad_norm/layers.",
        "Use tokens as",
        "Orthographic",
        "Contours",
        "Play",
        "First step drawn",
        "Table of runs",
    ] {
        assert!(reached.contains(name), "{name} among {reached:?}");
    }
}

#[test]
fn text_keeps_a_contrast_of_four_and_a_half() {
    let mut window = Window::with_sweep();
    for theme in ["Light", "Dark"] {
        let visuals = window.harness.ctx.global_style().visuals.clone();
        let colour = |c: egui::Color32| Colour {
            rgb: [c.r(), c.g(), c.b()],
            alpha: 255,
        };
        for (name, text, ground) in [
            ("text", visuals.text_color(), visuals.panel_fill),
            ("weak text", visuals.weak_text_color(), visuals.panel_fill),
            (
                "button",
                visuals.widgets.inactive.fg_stroke.color,
                visuals.widgets.inactive.weak_bg_fill,
            ),
            (
                "hovered button",
                visuals.widgets.hovered.fg_stroke.color,
                visuals.widgets.hovered.weak_bg_fill,
            ),
            (
                "selection",
                visuals.selection.stroke.color,
                visuals.selection.bg_fill,
            ),
            ("error", visuals.error_fg_color, visuals.panel_fill),
        ] {
            // Half-transparent text is blended with its background.
            let text = ground.blend(text);
            let ratio = contrast(colour(text), colour(ground));
            assert!(ratio >= 4.5, "{name} before `{theme}`: {ratio:.2}");
        }
        window.press(theme);
    }
}
