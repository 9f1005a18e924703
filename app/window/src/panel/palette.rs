//! The command palette: actions with their keys, runs, series, settings and steps by what is typed.

use super::shortened::in_the_middle;
use egui::{Align2, Button, Key, Modifiers, RichText, ScrollArea, TextEdit};

use crate::{
    command::Command,
    open_panels::CommandPalette,
    search::{Match, search},
    state::State,
};

/// Names are cut at this width.
const LABEL_PT: f32 = 340.0;
const HINT: &str = "Search actions, runs, series, settings, or a step";

/// Shows the palette where it is open.
pub(crate) fn show(state: &State, ctx: &egui::Context, commands: &mut Vec<Command>) {
    let Some(before) = &state.panels.palette else {
        return;
    };
    let mut palette = before.clone();
    let found = search(state, &palette.text);
    let (mut chosen, mut closed, mut moved) = (None, false, false);
    let last = found.len().saturating_sub(1);
    ctx.input_mut(|input| {
        for (key, by) in [(Key::ArrowDown, 1), (Key::ArrowUp, -1_isize)] {
            if input.consume_key(Modifiers::NONE, key) {
                palette.row = palette.row.saturating_add_signed(by).min(last);
                moved = true;
            }
        }
        closed = input.consume_key(Modifiers::NONE, Key::Escape);
        if input.consume_key(Modifiers::NONE, Key::Enter) {
            chosen = found.get(palette.row).map(|found| found.command.clone());
            closed = true;
        }
    });
    palette.row = palette.row.min(last);
    egui::Window::new("Search")
        .anchor(Align2::CENTER_TOP, [0.0, 40.0])
        .fixed_size([520.0, 380.0])
        .collapsible(false)
        .title_bar(false)
        .show(ctx, |ui| {
            text_ui(ui, &mut palette);
            ui.separator();
            if let Some(command) = list_ui(ui, &found, palette.row, moved) {
                chosen = Some(command);
                closed = true;
            }
        });
    let after = (!closed).then_some(palette);
    if after.as_ref() != Some(before) {
        commands.push(Command::SetPalette(after));
    }
    commands.extend(chosen);
}

fn text_ui(ui: &mut egui::Ui, palette: &mut CommandPalette) {
    let edit = TextEdit::singleline(&mut palette.text)
        .hint_text(HINT)
        .desired_width(f32::INFINITY);
    let response = ui.add(edit);
    response.widget_info(|| {
        egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Search actions, runs, series")
    });
    response.request_focus();
    if response.changed() {
        palette.row = 0;
    }
}

/// The commands that were found; returns the one that was clicked.
fn list_ui(ui: &mut egui::Ui, found: &[Match], chosen: usize, moved: bool) -> Option<Command> {
    let mut clicked = None;
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show(ui, |ui| {
            for (
                row,
                Match {
                    command,
                    label,
                    kind,
                    ..
                },
            ) in found.iter().enumerate()
            {
                let right = match kind.is_empty() {
                    true => command.shortcut_text(),
                    false => (*kind).to_owned(),
                };
                let label = in_the_middle(label, LABEL_PT);
                let button = Button::selectable(row == chosen, label)
                    .shortcut_text(match row == chosen {
                        true => RichText::new(right),
                        false => RichText::new(right).weak(),
                    })
                    .min_size(egui::vec2(ui.available_width(), 0.0));
                let mut response = ui.add(button);
                if !command.help().is_empty() {
                    response = response.on_hover_text(command.help());
                }
                if moved && row == chosen {
                    response.scroll_to_me(None);
                }
                if response.clicked() {
                    clicked = Some(command.clone());
                }
            }
            if found.is_empty() {
                ui.weak("No matching commands");
            }
        });
    clicked
}
