//! Snapshots, axes, projections, search and neighbours.

use egui::{Key, Modifiers, Pos2, Role, Vec2};
use trainscape_views::ViewKind;
use trainscape_window::app::ViewerApp;

use crate::{data, window::Window};

fn window() -> Window {
    Window::open(|folder| vec![data::arrays(folder)])
}

fn title(window: &Window) -> &str {
    &window.app().scene().unwrap().title
}

/// Where on screen a row of the embedding is drawn.
fn place_of_row(window: &Window, row: usize) -> Pos2 {
    let mut position = None;
    window.app().scene().unwrap().clouds[0].for_each(|index, point| {
        if index == row {
            position = Some(point.position_unit);
        }
    });
    let figure = window.app().figure().unwrap();
    let (at, _) = figure.point_from_unit(position.unwrap()).unwrap();
    window.view().min + Vec2::new(at.x, at.y)
}

fn markers(app: &ViewerApp, name: &str) -> usize {
    let markers = &app.scene().unwrap().markers;
    let named = markers.iter().filter(|marks| marks.name == name);
    named.map(|marks| marks.positions_unit.len()).sum()
}

#[test]
fn unnamed_axes_are_named_in_the_window() {
    let mut window = Window::open(|folder| vec![data::unnamed_attention(folder)]);
    window.show_view("Attention");
    assert!(window.app().scene().is_none());
    assert!(window.says("needs attention weights"));
    assert!(window.says("matrices: 2 × 3 × 8 × 8"));
    window.press("Name axes");
    let scene = window.app().scene().unwrap();
    assert_eq!(window.app().drawn_views()[0], ViewKind::named("attention"));
    // A causal matrix: 36 of 64 cells, three heads of the last layer.
    assert_eq!(scene.clouds[0].points(), 3 * 36);
}

#[test]
fn heads_and_layers_are_chosen() {
    let mut window = window();
    window.press("Attention");
    window.press("All layers");
    assert_eq!(window.app().scene().unwrap().clouds[0].points(), 6 * 36);
    window.press("One head");
    assert_eq!(window.app().scene().unwrap().clouds[0].points(), 36);
    assert_eq!(title(&window), "Attention, layer 1, head 0 of with-arrays");
}

#[test]
fn keys_move_through_the_snapshots() {
    let mut window = window();
    window.press("Embedding");
    assert!(title(&window).contains("steps 0-400,"));
    window.key(Key::ArrowLeft);
    assert!(
        title(&window).contains("steps 0-300,"),
        "{}",
        title(&window)
    );
    window.key(Key::Home);
    assert!(title(&window).contains("step 0,"));
    window.key_with(Modifiers::SHIFT, Key::ArrowRight);
    assert!(title(&window).contains("steps 0-400,"));
    window.key(Key::Home);
    window.key(Key::End);
    assert!(title(&window).contains("steps 0-400,"));
}

#[test]
fn a_clicked_point_shows_its_neighbours() {
    let mut window = window();
    window.press("Embedding");
    assert_eq!(markers(window.app(), "focus"), 0);
    let at = place_of_row(&window, 7);
    window.click_at(at);
    window.harness.remove_cursor();
    window.settle();
    assert_eq!(window.app().record().unwrap().row, Some(7));
    assert_eq!(markers(window.app(), "focus"), 1);
    assert_eq!(markers(window.app(), "neighbours"), 10);
    window.press("Reset Focused row");
    assert_eq!(markers(window.app(), "focus"), 0);
}

#[test]
fn the_camera_moves_to_a_label_that_is_found() {
    let mut window = window();
    window.press("Embedding");
    window.get(Role::TextInput, "Search labels").focus();
    window.settle();
    window
        .get(Role::TextInput, "Search labels")
        .type_text("token-17");
    window.settle();
    assert_eq!(markers(window.app(), "found"), 1);
    assert_eq!(window.app().moved_camera(), None);
    window.key(Key::Enter);
    assert!(window.app().moved_camera().is_some());
}

#[test]
fn a_projection_is_shown_as_it_runs_until_it_is_done() {
    let mut window = window();
    window.press("Embedding");
    window.get(Role::Button, "UMAP").click();
    window.wait_until("UMAP is done", |app| {
        app.scene()
            .is_some_and(|scene| scene.title.starts_with("UMAP"))
            && app.is_settled()
            && app
                .projection_progress()
                .is_some_and(|[done, all]| done == all && all > 1)
    });
    let axes = &window.app().scene().unwrap().axes;
    assert_eq!(axes[0].title, "UMAP 1");
    assert!(window.has(Role::Button, "Restart"));
    assert!(!window.has(Role::Button, "Stop"));
    window.press("PCA");
    assert!(
        window.app().scene().unwrap().axes[0]
            .title
            .starts_with("PC1 (")
    );
}

#[test]
fn a_projection_is_stopped_and_keeps_its_positions() {
    let mut window = window();
    window.press("Embedding");
    window.get(Role::Button, "t-SNE").click();
    window.wait_until_stepping("t-SNE runs", |window| {
        window.has(Role::Button, "Stop")
            && window
                .app()
                .projection_progress()
                .is_some_and(|[done, _]| done > 0)
    });
    window.get(Role::Button, "Stop").click();
    window.wait_until_stepping("it has stopped", |window| !window.has(Role::Button, "Stop"));
    window.settle();
    let [done, all] = window.app().projection_progress().unwrap();
    assert!(done > 0 && done < all, "{done} of {all}");
    assert!(title(&window).starts_with("t-SNE"));
}

#[test]
fn space_plays_and_pauses_the_snapshots() {
    let mut window = window();
    window.press("Embedding");
    assert!(window.has(Role::Button, "Play"));
    window.harness.key_press(Key::Space);
    // After the last snapshot comes the first.
    window.wait_until_stepping("the first snapshot is shown", |window| {
        title(window).contains("step 0,")
    });
    window.wait_until_stepping("the next one is shown", |window| {
        title(window).contains("steps 0-100,")
    });
    assert!(window.has(Role::Button, "Pause"));
    window.harness.key_press(Key::Space);
    window.wait_until_stepping("it pauses", |window| window.has(Role::Button, "Play"));
}
