//! The last message, over the tiles: it moves nothing that is under the pointer.

use egui::{Align2, Frame, Order, RichText, Role, WidgetInfo};
use lucide_icons::Icon;

use super::icon;
use crate::{command::Command, state::State};

/// Messages wrap at this width.
const WIDTH_PT: f32 = 520.0;

/// Shows the message, centred above the bottom of `tiles`.
pub(crate) fn show(
    state: &State,
    ctx: &egui::Context,
    tiles: egui::Rect,
    commands: &mut Vec<Command>,
) {
    let Some(message) = &state.message else {
        return;
    };
    let area = egui::Area::new(egui::Id::unique("message"))
        .order(Order::Foreground)
        .pivot(Align2::CENTER_BOTTOM)
        .fixed_pos(tiles.center_bottom() - egui::vec2(0.0, 14.0));
    area.show(ctx, |ui| {
        Frame::popup(ui.style()).show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.set_max_width(WIDTH_PT.min(tiles.width() - 40.0));
                let visuals = ui.visuals();
                let (symbol, colour) = match message.is_error {
                    true => (Icon::TriangleAlert, visuals.error_fg_color),
                    false => (Icon::Info, visuals.text_color()),
                };
                ui.label(icon::text(symbol, 15.0).color(colour));
                ui.add(egui::Label::new(RichText::new(&message.text).color(colour)).wrap());
                if let Some(file) = &message.file {
                    let reveal = ui.button("Show in folder");
                    if reveal
                        .on_hover_text("Show the file in the file manager")
                        .clicked()
                    {
                        commands.push(Command::RevealFile(file.clone()));
                    }
                }
                let close = egui::Button::new(icon::text(Icon::X, 14.0)).frame_when_inactive(false);
                let response = ui.add(close);
                response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Dismiss"));
                if response.on_hover_text("Dismiss (Esc)").clicked() {
                    commands.push(Command::DismissMessage);
                }
            });
        });
    });
}
