//! Tiles: arranged, split, closed, with linked cameras and axis ranges.

use egui::{Key, Modifiers, PointerButton, Role, Vec2};
use egui_kittest::kittest::Queryable as _;
use trainscape_views::ViewKind;

use crate::window::Window;

fn arrange(window: &mut Window, name: &str) {
    window.press("Layout");
    window.press(name);
}

#[test]
fn two_by_two_and_back_to_one() {
    let mut window = Window::with_sweep();
    arrange(&mut window, "Two by two tiles");
    assert_eq!(window.app().shown_views().len(), 4);
    let tiles: Vec<_> = (1..=4).map(|number| window.tile(number)).collect();
    for (index, tile) in tiles.iter().enumerate() {
        for other in &tiles[..index] {
            assert!(!tile.shrink(1.0).intersects(*other), "{tile:?} {other:?}");
        }
    }
    assert_eq!(window.app().scenes().len(), 4, "all are drawn");
    window.key_with(Modifiers::COMMAND, Key::Num0);
    assert_eq!(
        window.app().shown_views(),
        [ViewKind::named("loss-surface")]
    );
    assert!(window.view().width() > tiles[0].width() * 1.5);
}

#[test]
fn a_click_focuses_a_tile_and_the_tabs_refer_to_it() {
    let mut window = Window::with_sweep();
    arrange(&mut window, "Two tiles side by side");
    assert_eq!(
        window.app().shown_views(),
        [
            ViewKind::named("loss-surface"),
            ViewKind::named("gradient-flow")
        ]
    );
    let at = window.tile(2).right_bottom() - Vec2::new(20.0, 20.0);
    window.click_at(at);
    assert_eq!(
        window.app().shown_views(),
        [
            ViewKind::named("gradient-flow"),
            ViewKind::named("loss-surface")
        ]
    );
    window.press("Loss surface");
    assert_eq!(
        window.app().shown_views(),
        [
            ViewKind::named("loss-surface"),
            ViewKind::named("loss-surface")
        ]
    );
    window.key(Key::F6);
    window.show_in_tile(1, "Gradient flow");
    assert_eq!(
        window.app().shown_views(),
        [
            ViewKind::named("gradient-flow"),
            ViewKind::named("loss-surface")
        ]
    );
}

#[test]
fn tiles_are_split_and_closed() {
    let mut window = Window::with_sweep();
    window.key_with(Modifiers::COMMAND, Key::Backslash);
    let (left, right) = (window.tile(1), window.tile(2));
    assert!(left.right() <= right.left() + 4.0, "{left:?} {right:?}");
    window.key_with(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Backslash);
    let (above, below) = (window.tile(1), window.tile(3));
    assert!(above.bottom() <= below.top() && above.left() == below.left());
    assert_eq!(window.tile(2), right, "the other one stays");
    window.press("Close tile 2");
    assert_eq!(window.app().shown_views().len(), 2);
    window.key_with(Modifiers::COMMAND, Key::W);
    assert_eq!(window.app().shown_views().len(), 1);
    window.key_with(Modifiers::COMMAND, Key::W);
    assert_eq!(window.app().shown_views().len(), 1, "the last one stays");
}

#[test]
fn linked_cameras_move_together() {
    let mut window = Window::with_sweep();
    arrange(&mut window, "Two tiles side by side");
    let from = window.tile(1).center();
    window.drag(PointerButton::Primary, from, from + Vec2::new(80.0, 20.0));
    let cameras = |window: &Window| window.app().cameras();
    let before = cameras(&window);
    assert_ne!(before[0].azimuth, before[1].azimuth);
    window.press("Layout");
    window.click(Role::CheckBox, "Link cameras");
    window.key(Key::Escape);
    window.drag(PointerButton::Primary, from, from + Vec2::new(40.0, 10.0));
    let after = cameras(&window);
    assert_eq!(
        (after[0].azimuth, after[0].elevation),
        (after[1].azimuth, after[1].elevation)
    );
    assert_ne!(after[0].azimuth, before[0].azimuth);
}

#[test]
fn linked_ranges_are_equal_on_equal_axes() {
    let mut window = Window::with_sweep();
    arrange(&mut window, "Two tiles side by side");
    window.show_in_tile(2, "Loss surface");
    window.harness.get_by_label("Ranges").click();
    window.settle();
    window.click(Role::CheckBox, "Fixed range of z");
    window
        .get(Role::SpinButton, "High end of z")
        .set_value_accesskit(50.0);
    window.settle();
    let high = |window: &Window| -> Vec<f64> {
        window
            .app()
            .scenes()
            .iter()
            .map(|scene| scene.axes[2].high)
            .collect()
    };
    let apart = high(&window);
    assert_eq!(apart[0], 50.0);
    assert_ne!(apart[0], apart[1]);
    window.press("Layout");
    window.click(Role::CheckBox, "Link axis ranges");
    window.key(Key::Escape);
    window.wait_until("both have the same range", move |app| {
        let scenes = app.scenes();
        scenes.len() == 2 && scenes[0].axes[2].high == scenes[1].axes[2].high
    });
    assert_eq!(high(&window), [50.0, 50.0]);
}

#[test]
fn a_record_under_the_pointer_is_marked_in_the_other_tile() {
    let mut window = Window::with_sweep();
    arrange(&mut window, "Two tiles side by side");
    let scene = window.app().scene().unwrap();
    let position = scene.paths[0].positions_unit[30];
    let figure = window.app().figure().unwrap();
    let (at, _) = figure.point_from_unit(position).unwrap();
    let at = window.tile(1).min + Vec2::new(at.x, at.y);
    window.harness.hover_at(at);
    window.settle();
    let record = window.app().record().unwrap();
    let mark = record.mark.unwrap();
    assert_eq!(window.app().pointed_at(), Some(&mark));
    let other = window.app().scenes()[1];
    assert_eq!(
        window.app().drawn_views()[1],
        ViewKind::named("gradient-flow")
    );
    assert!(!other.find(&mark).is_empty(), "{mark:?}");
}
