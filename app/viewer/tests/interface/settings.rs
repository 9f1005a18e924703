//! Tabs, themes and the view's settings.

use egui::Role;
use trainscape_scene::{axis::Scale, camera::Projection, colour::ColourMap, view::ViewKind};

use crate::{data, window::Window};

fn colours(window: &Window) -> ColourMap {
    window.app().scene().unwrap().surfaces[0].map
}

#[test]
fn tabs_switch_the_view_and_each_keeps_its_camera() {
    let mut window = Window::with_sweep();
    assert_eq!(window.app().scene().unwrap().view, ViewKind::LossSurface);
    window.press("Top");
    window.press("Gradient flow");
    assert_eq!(window.app().scene().unwrap().view, ViewKind::GradientFlow);
    assert_eq!(window.app().moved_camera(), None);
    assert!(window.has(Role::CheckBox, "A row for each parameter"));
    window.press("Loss surface");
    assert_eq!(window.app().scene().unwrap().view, ViewKind::LossSurface);
    assert!(window.app().moved_camera().is_some());
}

#[test]
fn a_view_without_data_is_disabled_and_says_why() {
    let mut window = Window::open(|folder| vec![data::losses_only(folder)]);
    use egui_kittest::kittest::NodeT as _;
    assert!(
        window
            .button("Gradient flow")
            .accesskit_node()
            .is_disabled()
    );
    assert!(!window.says("norms of the gradient"));
    window.button("Gradient flow").hover();
    window.harness.run_steps(60);
    assert!(window.says("needs norms of the gradient by layer"));
    window.press("Gradient flow");
    assert_eq!(window.app().scene().unwrap().view, ViewKind::LossSurface);
}

#[test]
fn colours_contours_and_scales_reach_the_scene() {
    let mut window = Window::with_sweep();
    assert_eq!(colours(&window), ColourMap::Viridis);
    window.choose("colours", "cividis");
    assert_eq!(colours(&window), ColourMap::Cividis);
    assert!(window.app().scene().unwrap().surfaces[0].contours.is_some());
    window.click(Role::CheckBox, "Contours");
    assert!(window.app().scene().unwrap().surfaces[0].contours.is_none());
    assert_eq!(window.app().scene().unwrap().axes[2].scale, Scale::Linear);
    window.click(Role::CheckBox, "Logarithmic z");
    assert_eq!(window.app().scene().unwrap().axes[2].scale, Scale::Log10);
    window.press("Defaults");
    assert_eq!(colours(&window), ColourMap::Viridis);
    assert!(window.is_ticked("Contours"));
    assert!(!window.is_ticked("Logarithmic z"));
}

#[test]
fn the_second_coordinate_is_any_number_that_runs_log() {
    let mut window = Window::with_sweep();
    window.choose("along y", "tokens");
    assert_eq!(window.app().scene().unwrap().axes[1].title, "tokens");
    window.choose("along y", "learning rate");
    assert_ne!(window.app().scene().unwrap().axes[1].title, "tokens");
}

#[test]
fn a_box_switches_perspective_off() {
    let mut window = Window::with_sweep();
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
fn the_look_changes_on_the_spot() {
    let mut window = Window::with_sweep();
    window.press("Light");
    assert!(!window.harness.ctx.global_style().visuals.dark_mode);
    window.press("Dark");
    assert!(window.harness.ctx.global_style().visuals.dark_mode);
}
