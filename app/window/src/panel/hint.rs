//! The three steps of somebody who sees the demo for the first time; they go away once they are done or closed.

use egui::{Align2, Area, Button, Frame, Order, RichText, Role, Ui, WidgetInfo};
use lucide_icons::Icon;

use super::icon;
use crate::{command::Command, state::State};

/// Distance from the edges of the tiles.
const MARGIN_PT: f32 = 14.0;
const WIDTH_PT: f32 = 236.0;
/// Room of the folded caption below.
const CAPTION_PT: f32 = 24.0;
/// Smaller tiles go without.
const LEAST_TILES_PT: [f32; 2] = [420.0, 320.0];

/// Shows the steps in the lower left corner of `tiles`, above the caption of the demo.
pub(crate) fn show(
    state: &State,
    ctx: &egui::Context,
    tiles: egui::Rect,
    commands: &mut Vec<Command>,
) {
    let is_demo = state.open.as_ref().is_some_and(|open| open.is_demo);
    let [width, height] = LEAST_TILES_PT;
    let has_room = tiles.width() >= width && tiles.height() >= height;
    if !is_demo || state.preferences.is_hint_closed || !has_room {
        return;
    }
    Area::new(egui::Id::unique("hint"))
        .order(Order::Middle)
        .pivot(Align2::LEFT_BOTTOM)
        .fixed_pos(tiles.left_bottom() + egui::vec2(MARGIN_PT, -MARGIN_PT - CAPTION_PT))
        .show(ctx, |ui| {
            Frame::popup(ui.style()).show(ui, |ui| {
                ui.set_width(WIDTH_PT.min(tiles.width() - 4.0 * MARGIN_PT));
                steps_ui(state, ui, commands);
            });
        });
}

fn steps_ui(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    ui.horizontal(|ui| {
        ui.strong("This is the demo");
        let to_the_right = egui::Layout::right_to_left(egui::Align::Center);
        ui.with_layout(to_the_right, |ui| {
            let close = Button::new(icon::text(Icon::X, 13.0)).frame_when_inactive(false);
            let response = ui.add(close);
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Close the hint"));
            if response.clicked() {
                commands.push(Command::CloseHint);
            }
        });
    });
    let hint = &state.hint;
    for (is_done, text) in [
        (hint.has_orbited, "1. Drag to orbit, scroll to zoom"),
        (hint.has_read, "2. Point at the data to read it"),
        (false, "3. Open your runs: Ctrl+O or drop"),
    ] {
        ui.horizontal_wrapped(|ui| {
            let text = RichText::new(text);
            match is_done {
                true => ui.label(icon::text(Icon::Check, 13.0)),
                false => ui.label(icon::text(Icon::Circle, 13.0).weak()),
            };
            ui.label(if is_done { text.weak() } else { text });
        });
    }
}
