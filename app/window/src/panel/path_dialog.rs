//! The window's own dialog for a path: a field with completion, recent folders, and the question before overwriting.

use egui::{Align2, Button, Context, Key, ScrollArea, TextEdit, Ui, WidgetInfo, Window};

use crate::{
    command::Command,
    dialogs::Purpose,
    path_dialog::{Notice, PathDialog},
    state::State,
};

const WIDTH: f32 = 560.0;
const LIST_PT: f32 = 220.0;
/// Recent folders that are offered.
const MOST_RECENT: usize = 8;

pub(crate) fn show(state: &State, ctx: &Context, commands: &mut Vec<Command>) {
    let Some(dialog) = &state.path_dialog else {
        return;
    };
    Window::new(dialog.purpose.title())
        .anchor(Align2::CENTER_CENTER, [0.0, 0.0])
        .collapsible(false)
        .resizable(false)
        .show(ctx, |ui| {
            ui.set_width(WIDTH);
            field_ui(dialog, ui, commands);
            notice_ui(dialog, ui);
            ScrollArea::vertical()
                .max_height(LIST_PT)
                .auto_shrink([false, true])
                .show(ui, |ui| lists_ui(state, dialog, ui, commands));
            ui.separator();
            buttons_ui(dialog, ui, commands);
        });
}

fn field_ui(dialog: &PathDialog, ui: &mut Ui, commands: &mut Vec<Command>) {
    let mut text = dialog.text.clone();
    // The Tab key completes instead of leaving the field.
    let completes = ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, Key::Tab));
    let field = TextEdit::singleline(&mut text)
        .desired_width(f32::INFINITY)
        .hint_text("Path or URL (gs://, s3://, az://, https://, ssh://, flightsql://)");
    let output = field.show(ui);
    let response = output.response.response;
    response.widget_info(|| WidgetInfo::labeled(egui::Role::TextInput, true, "Path"));
    if dialog.takes_focus {
        response.request_focus();
        commands.push(Command::PathDialogFocused);
    }
    if response.changed() {
        commands.push(Command::SetPath(text));
    } else if let (true, Some(first)) = (completes, dialog.offered.first()) {
        commands.push(Command::SetPath(first.clone()));
    }
    if response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
        commands.push(Command::ConfirmPath);
    }
}

fn notice_ui(dialog: &PathDialog, ui: &mut Ui) {
    match &dialog.notice {
        Some(Notice::Problem(text)) => {
            ui.colored_label(ui.visuals().error_fg_color, text);
        }
        Some(Notice::Exists(path)) => {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            ui.label(format!("{name} exists. Overwrite it?"));
        }
        None => {}
    }
}

fn lists_ui(state: &State, dialog: &PathDialog, ui: &mut Ui, commands: &mut Vec<Command>) {
    let mut entry = |ui: &mut Ui, path: &str| {
        if ui.add(Button::new(path).frame(false).truncate()).clicked() {
            commands.push(Command::SetPath(path.to_owned()));
        }
    };
    for path in &dialog.offered {
        entry(ui, path);
    }
    let recent = &state.preferences.recent;
    if dialog.purpose == Purpose::Open && !recent.is_empty() {
        ui.weak("Recent");
        for path in recent.iter().take(MOST_RECENT) {
            entry(ui, &path.display().to_string());
        }
    }
}

fn buttons_ui(dialog: &PathDialog, ui: &mut Ui, commands: &mut Vec<Command>) {
    let confirm = match (&dialog.notice, dialog.purpose) {
        (Some(Notice::Exists(_)), _) => "Overwrite",
        (_, Purpose::Open) => "Open",
        _ => "Save",
    };
    ui.horizontal(|ui| {
        if ui.button(confirm).clicked() {
            commands.push(Command::ConfirmPath);
        }
        if ui.button("Cancel").clicked() {
            commands.push(Command::ClosePathDialog);
        }
    });
}
