//! The whole caption of the focused tile, over the tile.

use egui::{Align2, Area, Button, Frame, Label, Order, RichText, Role, Ui, WidgetInfo};
use lucide_icons::Icon;

use super::icon;
use crate::command::Command;

/// Lines are not longer, so that they can be read.
const WIDTH_PT: f32 = 640.0;
/// Distance from the edges of the tile.
const MARGIN_PT: f32 = 12.0;

pub(super) fn show(ui: &Ui, tile: egui::Rect, caption: &str, commands: &mut Vec<Command>) {
    if caption.is_empty() {
        return;
    }
    let width = (tile.width() - 4.0 * MARGIN_PT).min(WIDTH_PT);
    let place = tile.left_bottom() + egui::vec2(MARGIN_PT, -MARGIN_PT);
    Area::new(egui::Id::unique("caption"))
        .order(Order::Middle)
        .pivot(Align2::LEFT_BOTTOM)
        .fixed_pos(place)
        .constrain_to(tile)
        .show(ui.ctx(), |ui| {
            Frame::popup(ui.style()).show(ui, |ui| {
                ui.set_max_width(width);
                let text = RichText::new(caption).size(12.5);
                ui.add(Label::new(text).wrap().selectable(true));
                ui.horizontal(|ui| {
                    if ui.small_button("Copy").clicked() {
                        ui.ctx().copy_text(caption.to_owned());
                    }
                    let fold = Button::new(icon::text(Icon::ChevronDown, 13.0)).small();
                    let response = ui.add(fold);
                    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Fold"));
                    let tooltip = Command::ToggleCaption.tooltip();
                    if response.on_hover_text(tooltip).clicked() {
                        commands.push(Command::ToggleCaption);
                    }
                });
            });
        });
}
