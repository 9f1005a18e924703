//! The record under the pointer: a ring around it and a card with its values.

use std::sync::Arc;

use egui::{Galley, Painter, Pos2, Rect, Stroke, Vec2};
use trainscape_scene::{figure::Figure, scene::Picked, theme::Theme};

use crate::{number_format::as_logged, style::color32};

/// Paints the ring and the card.
pub(super) fn paint(painter: &Painter, rect: Rect, figure: &Figure, picked: &Picked) {
    let Some((at, _)) = figure.point_from_unit(picked.position_unit) else {
        return;
    };
    let at = rect.min + Vec2::new(at.x, at.y);
    let theme = &figure.theme;
    painter.circle_stroke(at, 5.0, Stroke::new(3.5, color32(theme.background)));
    painter.circle_stroke(at, 5.0, Stroke::new(1.8, color32(theme.text)));
    let rows = layout(painter, theme, picked);
    let names = rows
        .iter()
        .map(|(name, _)| name.size().x)
        .fold(0.0, f32::max);
    let values = rows
        .iter()
        .map(|(_, value)| value.size().x)
        .fold(0.0, f32::max);
    let height: f32 = rows.iter().map(|(_, value)| value.size().y + 3.0).sum();
    let size = Vec2::new(names + values + 28.0, height + 11.0);
    let card = place(at, size, rect);
    painter.rect(
        card,
        4.0,
        color32(theme.wall),
        Stroke::new(1.0, color32(theme.grid)),
        egui::StrokeKind::Inside,
    );
    let mut y = card.top() + 6.0;
    for (name, value) in rows {
        let step = value.size().y + 3.0;
        painter.galley(
            Pos2::new(card.left() + 9.0, y),
            name,
            color32(theme.muted_text),
        );
        painter.galley(
            Pos2::new(card.left() + names + 19.0, y),
            value,
            color32(theme.text),
        );
        y += step;
    }
}

type CardRow = (Arc<Galley>, Arc<Galley>);

fn layout(painter: &Painter, theme: &Theme, picked: &Picked) -> Vec<CardRow> {
    let font = egui::FontId::proportional(12.0);
    let row = |(name, value): &(String, String)| {
        let name = painter.layout_no_wrap(name.clone(), font.clone(), color32(theme.muted_text));
        let value = painter.layout(as_logged(value), font.clone(), color32(theme.text), 260.0);
        (name, value)
    };
    picked.lines.iter().map(row).collect()
}

/// Where a card of this size is placed next to `at` inside of `rect`.
fn place(at: Pos2, size: Vec2, rect: Rect) -> Rect {
    // To the right and above, unless the figure ends there.
    let mut card = Rect::from_min_size(at + Vec2::new(14.0, -size.y - 10.0), size);
    if card.right() > rect.right() - 4.0 {
        card = card.translate(Vec2::new(-size.x - 28.0, 0.0));
    }
    if card.top() < rect.top() + 4.0 {
        card = card.translate(Vec2::new(0.0, size.y + 24.0));
    }
    // In a small tile it covers its point rather than being cut off.
    let room = rect.shrink(4.0);
    let shift =
        |low: f32, high: f32, least: f32, most: f32| (most - high).min(0.0).max(least - low);
    card.translate(Vec2::new(
        shift(card.left(), card.right(), room.left(), room.right()),
        shift(card.top(), card.bottom(), room.top(), room.bottom()),
    ))
}
