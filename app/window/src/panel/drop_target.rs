//! What dropping a file or a folder does, while one is held over the window.

use egui::{Align2, Context, FontId, LayerId, Order, Rect, Stroke, StrokeKind};

use crate::style;

pub(crate) fn show(ctx: &Context, tiles: Rect) {
    if ctx.input(|input| input.raw.hovered_files.is_empty()) {
        return;
    }
    let style = ctx.global_style();
    let visuals = &style.visuals;
    let layer = LayerId::new(Order::Foreground, egui::Id::unique("drop target"));
    let painter = ctx.layer_painter(layer);
    painter.rect_filled(tiles, 0.0, visuals.panel_fill.gamma_multiply(0.85));
    let line = Stroke::new(2.0, visuals.selection.bg_fill);
    painter.rect_stroke(tiles.shrink(6.0), 6.0, line, StrokeKind::Inside);
    let font = FontId::new(18.0, style::semi_bold());
    let colour = visuals.strong_text_color();
    painter.text(
        tiles.center(),
        Align2::CENTER_CENTER,
        "Drop to open",
        font,
        colour,
    );
}
