//! The keyboard shortcuts, and what the mouse does.

use egui::{Grid, RichText};

use crate::{command::Command, state::State};

/// What the mouse does in the 3D view.
const MOUSE: &[(&str, &str)] = &[
    ("drag", "Orbit"),
    ("right or middle drag, shift+drag", "Pan"),
    ("wheel, pinch", "Zoom to the cursor"),
    ("hover", "Show the record under the cursor"),
    ("click", "Pin the record; again: unpin it"),
    (
        "double-click",
        "Orbit around that record; away from the data: reset",
    ),
];

pub(crate) fn show(state: &State, ctx: &egui::Context, commands: &mut Vec<Command>) {
    let mut open = state.panels.help;
    egui::Window::new("Keyboard shortcuts")
        .open(&mut open)
        .resizable(false)
        .collapsible(false)
        .show(ctx, |ui| {
            let keys = Command::listed()
                .map(|command| (command.shortcut_text(), command.label()))
                .filter(|(shortcut, _)| !shortcut.is_empty());
            let mouse = MOUSE
                .iter()
                .map(|(gesture, effect)| ((*gesture).to_owned(), (*effect).into()));
            let rows: Vec<_> = keys.chain(mouse).collect();
            ui.horizontal_top(|ui| {
                for (column, rows) in rows.chunks(rows.len().div_ceil(2)).enumerate() {
                    Grid::new(("shortcuts", column))
                        .num_columns(2)
                        .spacing([24.0, 4.0])
                        .show(ui, |ui| {
                            for (keys, effect) in rows {
                                ui.label(RichText::new(keys).strong());
                                ui.label(effect.as_ref());
                                ui.end_row();
                            }
                        });
                }
            });
        });
    if open != state.panels.help {
        commands.push(Command::ToggleHelp);
    }
}
