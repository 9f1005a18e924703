//! Runs that go on while the window is open, and a window that nothing happens in.

use std::time::Duration;

use crate::{
    data::{self, STEPS},
    window::Window,
};

#[test]
fn new_records_arrive_and_the_camera_stays() {
    let mut window = Window::with_sweep();
    window.press("Side");
    let camera = window.app().moved_camera();
    let before = window.app().scene().unwrap().points();
    let root = window.folder.path().join("sweep");
    data::train_on(&root, 1, STEPS, 30);
    let logged = |app: &trainscape_window::app::ViewerApp| {
        let run = app
            .snapshot()
            .runs
            .iter()
            .find(|run| &*run.id == "run-b")
            .unwrap();
        run.series["train/loss"].len()
    };
    window.wait_until("30 more steps are read", |app| {
        logged(app) == (STEPS + 30) as usize && app.is_settled()
    });
    assert_eq!(window.app().scene().unwrap().points(), before + 30);
    assert_eq!(window.app().moved_camera(), camera);
    use egui_kittest::kittest::NodeT as _;
    let last = window.get(egui::Role::SpinButton, "Last step drawn");
    assert_eq!(
        last.accesskit_node().numeric_value(),
        Some(f64::from(STEPS + 29))
    );
}

#[test]
fn a_run_that_begins_later_joins_with_the_next_colour() {
    let mut window = Window::open(|folder| {
        let root = data::sweep(folder);
        std::fs::rename(root.join("run-d"), folder.join("later")).unwrap();
        vec![root]
    });
    assert_eq!(window.app().snapshot().runs.len(), 3);
    let folder = window.folder.path().to_owned();
    std::fs::rename(folder.join("later"), folder.join("sweep/run-d")).unwrap();
    window.wait_until("the run is found", |app| {
        app.snapshot().runs.len() == 4 && app.is_settled()
    });
    assert_eq!(&*window.app().snapshot().runs[3].id, "run-d");
    assert!(window.is_ticked("run-d"));
}

#[test]
fn a_paused_window_shows_the_runs_as_they_were() {
    let mut window = Window::with_sweep();
    let points = |window: &Window| window.app().scene().unwrap().points();
    let before = points(&window);
    let label = |window: &Window, start: &str| {
        use egui_kittest::kittest::{NodeT as _, Queryable as _};
        let buttons = window.harness.query_all_by_role(egui::Role::Button);
        let mut labels = buttons.filter_map(|node| node.accesskit_node().label());
        labels.find(|label| label.starts_with(start))
    };
    window.press("Following");
    let root = window.folder.path().join("sweep");
    data::train_on(&root, 1, STEPS, 30);
    std::thread::sleep(Duration::from_millis(2500));
    window.settle();
    assert_eq!(points(&window), before);
    window.press("Paused");
    window.wait_until("the new records are drawn", |app| {
        app.scene()
            .is_some_and(|scene| scene.points() == before + 30)
    });
    assert!(label(&window, "Live · ").is_some());
}

#[test]
fn an_idle_window_does_not_redraw() {
    let window = Window::with_sweep();
    let root = &window.harness.output().viewport_output[&egui::ViewportId::ROOT];
    assert!(
        root.repaint_delay > Duration::from_secs(3600),
        "{:?}",
        root.repaint_delay
    );
    // Longer than the interval at which the follower checks for changes.
    assert_eq!(window.wakes_while_idle(Duration::from_millis(2500)), 0);
}
