//! The colour bar: a vertical gradient with a title and ticks.

use super::{
    overlay::{Label, Rect, Shape},
    page::Page,
};
use crate::{
    font::{self, Weight},
    scene::ColourBar,
};

/// The longest bar, in font sizes.
const MAX_HEIGHT: f32 = 18.0;
/// The shortest bar that can be read, in font sizes.
const MIN_HEIGHT: f32 = 3.0;
/// Space for the title and the lower label, in font sizes.
const AROUND: f32 = 3.0;

/// Whether a bar fits into a height.
pub(super) fn fits(font: f32, room: f32) -> bool {
    room > font * (MIN_HEIGHT + AROUND)
}

/// Width of the bar with its labels and title.
pub(super) fn width(bar: &ColourBar, font: f32, room: f32) -> f32 {
    let labels = ticks(bar, font, height(font, room))
        .iter()
        .map(|(_, label)| label.width())
        .fold(0.0, f32::max);
    let title = font::text_width(&bar.axis.title, font, Weight::SemiBold);
    (font * 2.0 + labels).max(title)
}

/// Height of the gradient within the room for the whole bar.
fn height(font: f32, room: f32) -> f32 {
    (room - font * AROUND).clamp(font * MIN_HEIGHT, font * MAX_HEIGHT)
}

fn ticks(bar: &ColourBar, font: f32, height: f32) -> Vec<(f64, Label)> {
    let count = ((height / (font * 2.2)) as usize).clamp(2, 7);
    bar.axis
        .labelled_ticks(count)
        .into_iter()
        .filter(|tick| !tick.is_minor())
        .filter_map(|tick| {
            let unit = bar.axis.unit_from_value(tick.value)?;
            let label = Label {
                text: tick.label,
                superscript: tick.superscript,
                size: font,
                weight: Weight::Regular,
            };
            (-1e-6..=1.0 + 1e-6)
                .contains(&unit)
                .then_some((unit, label))
        })
        .collect()
}

/// Draws the bar in a rectangle from its top; returns the y below it.
pub(super) fn draw(page: &mut Page, bar: &ColourBar, room: Rect) -> f32 {
    let font = page.font;
    let title = font::elide_middle(&bar.axis.title, font, Weight::SemiBold, room.width);
    let title_baseline = room.y + font::cap_height(font);
    page.text(
        [room.x, title_baseline],
        font,
        Weight::SemiBold,
        page.theme.text,
        title,
    );
    let rect = Rect {
        x: room.x,
        y: room.y + font * 1.7,
        width: font * 0.95,
        height: height(font, room.height),
    };
    page.shapes.push(Shape::Ramp {
        rect,
        colours: bar.map.table(),
    });
    for (unit, label) in ticks(bar, font, rect.height) {
        let y = rect.bottom() - unit as f32 * rect.height;
        page.shapes.push(Shape::Line {
            ends: [[rect.right(), y], [rect.right() + font * 0.3, y]],
            width: 0.8,
            colour: page.theme.axis,
        });
        let centre = [rect.right() + font * 0.6 + label.width() / 2.0, y];
        page.shapes
            .extend(label.centred_at(centre, 0.0, page.theme.text, None));
    }
    rect.bottom()
}
