//! Tabs, themes and the view's settings.

use egui::Role;
use trainscape_scene::{axis::Scale, camera::Projection, colour::ColourMap};
use trainscape_views::{Control, Kind, VIEWS, ViewKind};

use crate::{data, window::Window};

fn colours(window: &Window) -> ColourMap {
    window.app().scene().unwrap().surfaces[0].map
}

#[test]
fn tabs_switch_the_view_and_each_keeps_its_camera() {
    let mut window = Window::with_sweep();
    assert_eq!(
        window.app().drawn_views()[0],
        ViewKind::named("loss-surface")
    );
    window.press("Top");
    window.press("Gradient flow");
    assert_eq!(
        window.app().drawn_views()[0],
        ViewKind::named("gradient-flow")
    );
    assert_eq!(window.app().moved_camera(), None);
    assert!(window.has(Role::CheckBox, "Per parameter"));
    window.press("Loss surface");
    assert_eq!(
        window.app().drawn_views()[0],
        ViewKind::named("loss-surface")
    );
    assert!(window.app().moved_camera().is_some());
}

#[test]
fn a_view_without_data_shows_what_is_missing_and_a_remedy() {
    let mut window = Window::open(|folder| vec![data::losses_only(folder)]);
    assert!(!window.has(Role::Button, "Gradient flow"));
    window.press("More views");
    assert!(window.says("needs norms of the gradient by layer"));
    window.press("Reward landscape");
    assert!(window.app().scene().is_none());
    assert!(window.says("Reward landscape needs a reward"));
    window.choose("Which series is the reward?", "tokens");
    let scene = window.app().scene().unwrap();
    assert_eq!(
        window.app().drawn_views()[0],
        ViewKind::named("reward-landscape")
    );
    assert_eq!(scene.axes[2].title, "tokens");
}

#[test]
fn a_switch_shows_what_the_view_has_chosen() {
    let window = Window::with_sweep();
    let has_surface = !window.app().scene().unwrap().surfaces.is_empty();
    assert_eq!(window.is_ticked("Fit surface"), has_surface);
    assert!(!window.is_ticked("One curtain per run"));
    let mut window = Window::open(|folder| {
        for run in ["adam", "muon", "sgd"] {
            let path = folder.join(run);
            std::fs::create_dir(&path).unwrap();
            let log = "step,loss\n0,3\n1,2\n2,1\n";
            std::fs::write(path.join("metrics.csv"), log).unwrap();
        }
        vec![folder.to_owned()]
    });
    // Curves of few runs lie in one plane.
    assert!(!window.is_ticked("One curtain per run"));
    window.click(Role::CheckBox, "One curtain per run");
    assert!(window.is_ticked("One curtain per run"));
    window.press("Reset One curtain per run");
    assert!(!window.is_ticked("One curtain per run"));
    let mut window = Window::open(|folder| vec![data::arrays(folder)]);
    window.press("Attention");
    assert!(!window.app().scene().unwrap().meshes.is_empty());
    assert!(window.is_ticked("Floor projection"));
    window.click(Role::CheckBox, "Floor projection");
    assert!(window.app().scene().unwrap().meshes.is_empty());
}

#[test]
fn runs_that_are_not_drawn_are_drawn_again_by_a_button() {
    let mut window = Window::with_sweep();
    window.press("Hide all");
    assert!(window.app().scene().is_none());
    window.press("Show all runs and steps");
    assert!(window.app().scene().is_some());
    assert_eq!(window.app().drawn_runs(), None);
}

#[test]
fn colours_contours_and_scales_reach_the_scene() {
    let mut window = Window::with_sweep();
    assert_eq!(colours(&window), ColourMap::Viridis);
    window.choose("Color", "cividis");
    assert_eq!(colours(&window), ColourMap::Cividis);
    assert!(window.app().scene().unwrap().surfaces[0].contours.is_some());
    window.click(Role::CheckBox, "Contours");
    assert!(window.app().scene().unwrap().surfaces[0].contours.is_none());
    assert_eq!(window.app().scene().unwrap().axes[2].scale, Scale::Linear);
    window.click(Role::CheckBox, "Logarithmic z");
    assert_eq!(window.app().scene().unwrap().axes[2].scale, Scale::Log10);
    window.press("Reset settings");
    assert_eq!(colours(&window), ColourMap::Viridis);
    assert!(window.is_ticked("Contours"));
    assert!(!window.is_ticked("Logarithmic z"));
}

#[test]
fn the_second_coordinate_is_any_number_that_runs_log() {
    let mut window = Window::with_sweep();
    window.choose("Y axis", "tokens");
    assert_eq!(window.app().scene().unwrap().axes[1].title, "tokens");
    window.choose("Y axis", "Auto");
    assert_ne!(window.app().scene().unwrap().axes[1].title, "tokens");
}

#[test]
fn a_box_switches_perspective_off() {
    let mut window = Window::with_sweep();
    // It is below the visible settings.
    window.get(Role::CheckBox, "Orthographic").scroll_to_me();
    window.settle();
    window.click(Role::CheckBox, "Orthographic");
    assert!(window.is_ticked("Orthographic"));
    assert_eq!(
        window.app().figure().unwrap().camera.projection,
        Projection::Orthographic
    );
    window.click(Role::CheckBox, "Orthographic");
    assert_eq!(
        window.app().figure().unwrap().camera.projection,
        Projection::Perspective
    );
}

#[test]
fn the_theme_changes_at_once() {
    let mut window = Window::with_sweep();
    window.press("Light");
    assert!(!window.harness.ctx.global_style().visuals.dark_mode);
    window.press("Dark");
    assert!(window.harness.ctx.global_style().visuals.dark_mode);
}

/// Whether the settings panel has a widget with a control's name.
fn has_widget(window: &Window, control: &Control) -> bool {
    let label = control.label;
    match control.kind {
        Kind::Switch(_) => window.has(Role::CheckBox, label),
        Kind::Number(_) => window.has(Role::Slider, label) || window.has(Role::SpinButton, label),
        Kind::Choice { options, .. } => {
            window.has(Role::ComboBox, label)
                || options
                    .iter()
                    .all(|(_, option)| window.has(Role::Button, option))
        }
        Kind::Colours | Kind::Key { .. } => window.has(Role::ComboBox, label),
        Kind::Keys => window.says(label),
        Kind::Text => window.has(Role::TextInput, label),
        Kind::Scales(axes) => axes.iter().all(|&axis| {
            let name = format!("{label} {}", ["x", "y", "z"][axis]);
            window.has(Role::CheckBox, &name)
        }),
        // The axes are those of a scene.
        Kind::Ranges => window.app().scene().is_none() || window.says(label),
    }
}

#[test]
fn every_control_has_a_widget_with_its_name() {
    let mut window = Window::with_sweep();
    for view in VIEWS {
        window.show_view(view.title());
        for control in view.controls() {
            // Shown with another projection only, which another test chooses.
            if control.only_with.is_none() {
                assert!(has_widget(&window, control), "{view}: {}", control.label);
            }
        }
    }
    window.show_view("Embedding");
    for method in ["t-SNE", "UMAP"] {
        window.press(method);
        let name = ViewKind::named("embedding").control("project").unwrap();
        let Kind::Choice { options, .. } = name.kind else {
            unreachable!("it is a choice")
        };
        let (value, _) = options.iter().find(|(_, label)| *label == method).unwrap();
        for control in ViewKind::named("embedding").controls() {
            let only_with = control.only_with.filter(|with| with.values.contains(value));
            if only_with.is_some() {
                assert!(has_widget(&window, control), "{method}: {}", control.label);
            }
        }
    }
}
