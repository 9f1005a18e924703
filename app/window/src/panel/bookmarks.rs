//! The cameras that were kept: a name for the one on screen, and those of the view to go to.

use egui::{Align, Button, Label, Layout, Role, Sense, TextEdit, Ui, WidgetInfo};
use lucide_icons::Icon;

use super::icon;
use crate::{command::Command, state::State};

pub(super) fn show(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    ui.label("Camera bookmarks");
    let pane = state.panes.focused();
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let can_keep = pane.camera().is_some();
            let keep = ui.add_enabled(can_keep, Button::new("Save"));
            keep.widget_info(|| WidgetInfo::labeled(Role::Button, can_keep, "Save the camera"));
            let mut name = state.bookmarks.name.clone();
            let field = TextEdit::singleline(&mut name)
                .hint_text("Name")
                .desired_width(f32::INFINITY);
            let field = ui.add(field);
            field.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Name of the camera"));
            if field.changed() {
                commands.push(Command::NameBookmark(name));
            }
            let is_entered =
                field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
            if keep
                .on_hover_text("Keeps the camera of this tile under a name")
                .clicked()
                || is_entered
            {
                commands.push(Command::KeepCamera);
            }
        });
    });
    for (at, bookmark) in state.bookmarks.of(pane.view) {
        ui.horizontal(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let remove = Button::new(icon::text(Icon::X, 12.0)).frame_when_inactive(false);
                let remove = ui.add(remove);
                let name = format!("Delete the camera {}", bookmark.name);
                remove.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
                if remove.on_hover_text(&name).clicked() {
                    commands.push(Command::DeleteBookmark(at));
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let label = Label::new(&bookmark.name).truncate().sense(Sense::click());
                    let label = ui.add(label);
                    let name = format!("Go to {}", bookmark.name);
                    label.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
                    if label.on_hover_text(&name).clicked() {
                        commands.push(Command::MoveCamera(pane.id, bookmark.camera));
                    }
                });
            });
        });
    }
}
