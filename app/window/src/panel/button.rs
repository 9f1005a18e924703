//! Widgets made from commands.

use egui::{Button, Response, Role, Ui, WidgetInfo};

use crate::command::Command;

/// A button with a short text; the tooltip is made from the command.
pub(crate) fn button(
    ui: &mut Ui,
    text: &str,
    command: Command,
    commands: &mut Vec<Command>,
) -> Response {
    let response = ui.button(text).on_hover_text(command.tooltip());
    if response.clicked() {
        commands.push(command);
    }
    response
}

/// An entry of a menu, with the command's label and key.
pub(crate) fn menu_entry(ui: &mut Ui, command: Command, commands: &mut Vec<Command>) {
    let entry = Button::new(command.label()).shortcut_text(command.shortcut_text());
    let mut response = ui.add(entry);
    // Without this the key is part of the accessible name.
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), command.label()));
    if !command.help().is_empty() {
        response = response.on_hover_text(command.help());
    }
    if response.clicked() {
        commands.push(command);
        ui.close();
    }
}

/// A box that shows `ticked` and whose click is the command.
pub(crate) fn checkbox(
    ui: &mut Ui,
    mut ticked: bool,
    command: Command,
    commands: &mut Vec<Command>,
) {
    let mut response = ui.checkbox(&mut ticked, command.label());
    if !command.help().is_empty() {
        response = response.on_hover_text(command.help());
    }
    if response.changed() {
        commands.push(command);
    }
}
