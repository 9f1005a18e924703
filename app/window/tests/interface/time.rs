//! The current step of all tiles: scrubbed on the timeline, moved by key, and played.

use egui::{Key, Modifiers, PointerButton, Role};

use crate::{data::STEPS, window::Window};

/// Drags the scrubber below the timeline to a share of its width.
fn scrub(window: &mut Window, share: f32) {
    let rect = window.get(Role::Slider, "Time").rect();
    let at = |share: f32| egui::pos2(rect.left() + rect.width() * share, rect.center().y);
    window.drag(
        PointerButton::Primary,
        at((share + 0.1).min(1.0)),
        at(share),
    );
}

/// The last step to which any path is drawn.
fn last_drawn(window: &Window) -> f64 {
    let scene = window.app().scene().unwrap();
    let mut last = f64::MIN;
    for path in scene.paths.iter().filter(|path| !path.records.is_empty()) {
        for strip in &path.strips {
            let step = scene.step_on_path(path, strip.end as usize - 1).unwrap();
            last = last.max(step.as_f64());
        }
    }
    last
}

#[test]
fn the_arrow_keys_go_by_the_series_of_the_figure() {
    let mut window = Window::open(|folder| {
        let log: String = (0..=40)
            .map(|step| match step % 10 {
                0 => format!(
                    "{{\"step\":{step},\"loss\":{},\"tokens\":{step}}}\n",
                    40 - step
                ),
                _ => format!("{{\"step\":{step},\"tokens\":{step}}}\n"),
            })
            .collect();
        std::fs::write(folder.join("metrics.jsonl"), log).unwrap();
        vec![folder.to_owned()]
    });
    window.press("Use tokens as");
    window.press("Show on the timeline");
    assert_eq!(window.app().timeline_key(), "tokens");
    window.key(Key::ArrowLeft);
    assert_eq!(window.app().at_step(), Some(30.0));
    window.key(Key::ArrowLeft);
    assert_eq!(window.app().at_step(), Some(20.0));
}

#[test]
fn the_scrubber_sets_the_current_step_and_paths_end_there() {
    let mut window = Window::with_sweep();
    let whole = window.app().scene().unwrap().axes.clone();
    assert_eq!(window.app().at_step(), None);
    scrub(&mut window, 0.5);
    let at = window.app().at_step().unwrap();
    assert!((at / f64::from(STEPS - 1) - 0.5).abs() < 0.05, "{at}");
    assert_eq!(last_drawn(&window), at);
    assert_eq!(
        window.app().scene().unwrap().axes,
        whole,
        "the axes do not jump"
    );
    window.press("Gradient flow");
    assert_eq!(window.app().at_step(), Some(at), "in every view");
    window.key(Key::End);
    assert_eq!(window.app().at_step(), None);
}

#[test]
fn keys_step_and_numbers_set_it_exactly() {
    let mut window = Window::with_sweep();
    window.key(Key::Home);
    assert_eq!(window.app().at_step(), Some(0.0));
    window.key(Key::ArrowRight);
    assert_eq!(window.app().at_step(), Some(1.0));
    window.key_with(Modifiers::SHIFT, Key::ArrowRight);
    assert_eq!(window.app().at_step(), Some(11.0));
    window.key(Key::ArrowLeft);
    assert_eq!(window.app().at_step(), Some(10.0));
    window
        .get(Role::SpinButton, "Current step")
        .set_value_accesskit(33.0);
    window.settle();
    assert_eq!(last_drawn(&window), 33.0);
}

#[test]
fn it_plays_at_the_chosen_speed_and_begins_again() {
    let mut window = Window::with_sweep();
    window.choose("Speed", "4x");
    window.key(Key::Home);
    window.harness.key_press(Key::Space);
    let mut last = 0.0;
    let mut rounds = 0;
    window.wait_until_stepping("it has played through", |window| {
        window
            .app()
            .at_step()
            .is_none_or(|at| at > 0.9 * f64::from(STEPS - 1))
    });
    window.wait_until_stepping("it begins again", |window| {
        window
            .app()
            .at_step()
            .is_some_and(|at| at < 0.5 * f64::from(STEPS - 1))
    });
    window.harness.key_press(Key::Space);
    window.wait_until_stepping("it pauses", |window| window.has(Role::Button, "Play"));
    window.settle();
    for _ in 0..5 {
        window.harness.step();
        let at = window.app().at_step().unwrap_or_default();
        rounds += usize::from(at != last);
        last = at;
    }
    assert!(rounds <= 1, "it pauses");
}

#[test]
fn the_brush_bounds_the_current_step() {
    let mut window = Window::with_sweep();
    window
        .get(Role::SpinButton, "Last step drawn")
        .set_value_accesskit(30.0);
    window.settle();
    window.key(Key::Home);
    window.key_with(Modifiers::SHIFT, Key::ArrowRight);
    window.key_with(Modifiers::SHIFT, Key::ArrowRight);
    assert_eq!(window.app().at_step(), Some(20.0));
    window.key_with(Modifiers::SHIFT, Key::ArrowRight);
    assert_eq!(window.app().at_step(), None, "the end of the brush");
    assert_eq!(last_drawn(&window), 30.0);
}
