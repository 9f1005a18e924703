//! The command palette: every command by its label, with its key.

use std::borrow::Cow;

use egui::{Align2, Button, Key, Modifiers, RichText, ScrollArea, TextEdit};

use crate::{command::Command, open_panels::CommandPalette, state::State};

/// A command that matches what was typed.
struct PaletteMatch {
    distance: usize,
    command: Command,
    label: Cow<'static, str>,
}

/// How well a label matches what was typed: every word must be in it, best at the beginning of a word; smaller is
/// better.
fn distance(label: &str, typed: &str) -> Option<usize> {
    let label = label.to_lowercase();
    let mut sum = 0;
    for word in typed.to_lowercase().split_whitespace() {
        let at = label.find(word)?;
        let begins = at == 0 || label.as_bytes()[at - 1] == b' ';
        sum += at + if begins { 0 } else { 100 };
    }
    Some(sum)
}

fn search(typed: &str) -> Vec<PaletteMatch> {
    let mut found: Vec<PaletteMatch> = Command::listed()
        .filter(|command| *command != Command::TogglePalette)
        .filter_map(|command| {
            let label = command.label();
            Some(PaletteMatch {
                distance: distance(&label, typed)?,
                command,
                label,
            })
        })
        .collect();
    found.sort_by_key(|found| found.distance);
    found
}

/// Shows the palette where it is open.
pub(crate) fn show(state: &State, ctx: &egui::Context, commands: &mut Vec<Command>) {
    let Some(before) = &state.panels.palette else {
        return;
    };
    let mut palette = before.clone();
    let found = search(&palette.text);
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
    egui::Window::new("Search commands")
        .anchor(Align2::CENTER_TOP, [0.0, 90.0])
        .fixed_size([440.0, 320.0])
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
        .hint_text("Search commands")
        .desired_width(f32::INFINITY);
    let response = ui.add(edit);
    response
        .widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Search commands"));
    response.request_focus();
    if response.changed() {
        palette.row = 0;
    }
}

/// The commands that were found; returns the one that was clicked.
fn list_ui(
    ui: &mut egui::Ui,
    found: &[PaletteMatch],
    chosen: usize,
    moved: bool,
) -> Option<Command> {
    let mut clicked = None;
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show(ui, |ui| {
            for (row, PaletteMatch { command, label, .. }) in found.iter().enumerate() {
                let button = Button::selectable(row == chosen, label.as_ref())
                    .shortcut_text(RichText::new(command.shortcut_text()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_any_order_and_beginnings_count_most() {
        assert!(distance("Look from above", "above look").is_some());
        assert_eq!(distance("Look from above", "below"), None);
        let (starts, contains) = (
            distance("Split the tile", "split"),
            distance("Unsplit", "split"),
        );
        assert!(starts < contains);
        assert_eq!(distance("Undo", ""), Some(0));
    }
}
