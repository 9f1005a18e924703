//! The whole window as a picture, drawn by the software adapter.

use std::collections::BTreeSet;

use egui::{PointerButton, Rect, Role, Vec2};
use trainscape_export::{png, raster::Raster};

use crate::window::Window;

/// A picture of the window.
struct Picture {
    raster: Raster,
}

impl Picture {
    fn of(window: &mut Window) -> Self {
        let image = window.harness.render().unwrap();
        let size_in_pixel = [image.width(), image.height()];
        Self {
            raster: Raster {
                size_in_pixel,
                rgba: image.into_raw(),
            },
        }
    }

    /// Writes the picture, for inspection.
    fn write(&self, name: &str) {
        let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(path, png::encode(&self.raster, 96.0, &[]).unwrap()).unwrap();
    }

    fn pixels(&self, rect: Rect) -> Vec<[u8; 3]> {
        let [width, height] = self.raster.size_in_pixel;
        let (pixels, _) = self.raster.rgba.as_chunks::<4>();
        let rows = (rect.top() as u32)..(rect.bottom() as u32).min(height);
        rows.flat_map(|y| {
            let columns = (rect.left() as u32)..(rect.right() as u32).min(width);
            columns.map(move |x| (y * width + x) as usize)
        })
        .map(|at| [pixels[at][0], pixels[at][1], pixels[at][2]])
        .collect()
    }

    fn colours(&self, rect: Rect) -> usize {
        self.pixels(rect).into_iter().collect::<BTreeSet<_>>().len()
    }

    fn brightness(&self, rect: Rect) -> f64 {
        let pixels = self.pixels(rect);
        let sum: f64 = pixels.iter().flatten().map(|value| f64::from(*value)).sum();
        sum / (3 * pixels.len()) as f64
    }

    /// How much of `rect` differs, from 0 to 1.
    fn difference(&self, other: &Self, rect: Rect) -> f64 {
        let (ours, theirs) = (self.pixels(rect), other.pixels(rect));
        let differs = ours.iter().zip(&theirs).filter(|(a, b)| a != b).count();
        differs as f64 / ours.len() as f64
    }
}

#[test]
fn the_window_is_drawn_in_both_themes() {
    let mut window = Window::drawn();
    let dark = Picture::of(&mut window);
    dark.write("window-dark.png");
    let view = window.view();
    assert!(
        dark.colours(view) > 400,
        "a shaded surface has many colours"
    );
    window.press("Light");
    window.harness.remove_cursor();
    window.settle();
    let light = Picture::of(&mut window);
    light.write("window-light.png");
    let all = Rect::from_min_size(egui::Pos2::ZERO, Vec2::new(1360.0, 860.0));
    assert!(dark.brightness(all) < 80.0, "{}", dark.brightness(all));
    assert!(light.brightness(all) > 190.0, "{}", light.brightness(all));
    window.press("Gradient flow");
    window.harness.remove_cursor();
    window.settle();
    Picture::of(&mut window).write("window-gradient-flow.png");
}

#[test]
fn an_orbit_changes_the_view_and_a_brush_the_timeline() {
    let mut window = Window::drawn();
    let (view, timeline) = (
        window.view(),
        window.get(Role::Slider, "Step range brush").rect(),
    );
    let start = Picture::of(&mut window);
    window.drag(
        PointerButton::Primary,
        view.center(),
        view.center() + Vec2::new(90.0, 20.0),
    );
    let turned = Picture::of(&mut window);
    assert!(start.difference(&turned, view) > 0.1);
    assert_eq!(start.difference(&turned, timeline), 0.0);
    let at = |share: f32| {
        egui::pos2(
            timeline.left() + timeline.width() * share,
            timeline.center().y,
        )
    };
    window.drag(PointerButton::Primary, at(0.3), at(0.7));
    let cut = Picture::of(&mut window);
    assert!(turned.difference(&cut, timeline) > 0.05);
    assert!(turned.difference(&cut, view) > 0.02);
    cut.write("window-brushed.png");
}
