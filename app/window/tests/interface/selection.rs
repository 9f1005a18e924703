//! Box and lasso.

use egui::{Event, Key, Modifiers, PointerButton, Pos2, Role, Vec2};

use crate::window::Window;

fn place(window: &Window, path: usize, index: usize) -> Pos2 {
    let position = window.app().scene().unwrap().paths[path].positions_unit[index];
    let figure = window.app().figure().unwrap();
    let (at, _) = figure.point_from_unit(position).unwrap();
    window.view().min + Vec2::new(at.x, at.y)
}

/// Presses, goes through `line`, lets go.
fn draw(window: &mut Window, line: &[Pos2]) {
    let press = |at: Pos2, pressed: bool| Event::PointerButton {
        pos: at,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    window.harness.hover_at(line[0]);
    window.harness.event(press(line[0], true));
    for at in line {
        window.harness.hover_at(*at);
    }
    window.harness.event(press(line[line.len() - 1], false));
    window.harness.remove_cursor();
    window.settle();
}

/// The steps of the records that are drawn inside a rectangle of the screen, computed independently.
fn steps_inside(window: &Window, area: egui::Rect) -> Vec<String> {
    let scene = window.app().scene().unwrap();
    let mut steps = Vec::new();
    for path in 0..scene.paths.len() {
        for index in 0..scene.paths[path].positions_unit.len() {
            if area.contains(place(window, path, index)) {
                let step = scene.step_on_path(&scene.paths[path], index).unwrap();
                steps.push(step.to_string());
            }
        }
    }
    steps
}

fn selected_steps(window: &Window) -> Vec<String> {
    let of_records = window.app().selection().iter().filter_map(|record| {
        let step = record.lines.iter().find(|(name, _)| name == "step");
        step.map(|(_, step)| step.clone())
    });
    of_records.collect()
}

#[test]
fn a_box_selects_the_records_in_it_and_lists_them() {
    let mut window = Window::with_sweep();
    window.press("Top");
    window.key(Key::B);
    let (a, b) = (place(&window, 0, 10), place(&window, 2, 30));
    let area = egui::Rect::from_two_pos(a, b).expand(6.0);
    let wanted = steps_inside(&window, area);
    assert!(wanted.len() > 30, "{}", wanted.len());
    let camera = window.app().moved_camera();
    draw(&mut window, &[area.min, area.center(), area.max]);
    assert_eq!(window.app().moved_camera(), camera, "the camera stays");
    let mut found = selected_steps(&window);
    // Nodes of the surface, which have no line called step, come after the records of paths.
    found.truncate(wanted.len());
    assert_eq!(found, wanted);
    let total = window.app().selection().len();
    assert!(window.has(Role::Button, &format!("Selection ({total})")));
    assert!(window.says("records in Loss surface"));
    assert!(window.says("train/loss"), "a column of the table");
    window.press("Clear selection");
    assert!(window.app().selection().is_empty());
}

#[test]
fn a_lasso_selects_the_records_inside() {
    let mut window = Window::with_sweep();
    window.press("Top");
    window.press("Lasso");
    let at = place(&window, 1, 20);
    let around = |angle: f32| at + Vec2::angled(angle) * 12.0;
    let line: Vec<Pos2> = (0..16)
        .map(|index| around(index as f32 / 16.0 * std::f32::consts::TAU))
        .collect();
    draw(&mut window, &line);
    let steps = selected_steps(&window);
    let step = window.app().scene().unwrap().paths[1].records[20].index;
    assert!(steps.contains(&step.to_string()), "{steps:?}");
    assert!(steps.len() < 20, "{}", steps.len());
}

#[test]
fn an_empty_area_selects_nothing_and_this_is_reported() {
    let mut window = Window::with_sweep();
    window.key(Key::B);
    let corner = window.view().left_bottom() + Vec2::new(8.0, -8.0);
    draw(&mut window, &[corner, corner + Vec2::new(12.0, -12.0)]);
    assert!(window.app().selection().is_empty());
    assert!(window.says("No records in the selected area."));
}

#[test]
fn the_selection_is_copied_as_csv() {
    let mut window = Window::with_sweep();
    window.key(Key::B);
    let view = window.view().shrink(4.0);
    draw(&mut window, &[view.min, view.max]);
    let count = window.app().selection().len();
    window.button("Copy").click();
    window.harness.step();
    let text = window.copied_text();
    let mut lines = text.lines();
    let header = lines.next().unwrap();
    assert!(header.starts_with("run,step,train/loss"), "{header}");
    assert_eq!(lines.count(), count);
}
