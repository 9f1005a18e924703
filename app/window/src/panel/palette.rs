//! The palette: every action by name, with its key.

use egui::{Align2, Key, RichText, ScrollArea, TextEdit};

use crate::{
    app::ViewerApp,
    keys::{self, Action},
};

/// The palette's state.
#[derive(Debug, Default)]
pub(crate) struct Palette {
    open: bool,
    text: String,
    /// Row that Enter takes.
    chosen: usize,
}

impl Palette {
    pub(crate) fn is_open(&self) -> bool {
        self.open
    }

    pub(crate) fn toggle(&mut self) {
        *self = Self {
            open: !self.open,
            ..Self::default()
        };
    }
}

/// How well a name answers what was typed: every word must begin a word of the name, or stand in it; smaller
/// is better.
fn distance(name: &str, typed: &str) -> Option<usize> {
    let name = name.to_lowercase();
    let mut sum = 0;
    for word in typed.to_lowercase().split_whitespace() {
        let at = name.find(word)?;
        let begins = at == 0 || name.as_bytes()[at - 1] == b' ';
        sum += at + if begins { 0 } else { 100 };
    }
    Some(sum)
}

/// Shows the palette where it is open; the action that was taken.
pub(crate) fn show(app: &mut ViewerApp, ctx: &egui::Context) -> Option<Action> {
    if !app.palette.open {
        return None;
    }
    let typed = app.palette.text.clone();
    let mut found: Vec<(usize, Action, String, &str)> = keys::all()
        .into_iter()
        .filter(|(action, ..)| *action != Action::TogglePalette)
        .filter_map(|(action, name, key)| Some((distance(&name, &typed)?, action, name, key)))
        .collect();
    found.sort_by_key(|(distance, ..)| *distance);
    let last = found.len().saturating_sub(1);
    let palette = &mut app.palette;
    let (mut taken, mut moved) = (None, false);
    ctx.input_mut(|input| {
        for (key, by) in [(Key::ArrowDown, 1), (Key::ArrowUp, -1_isize)] {
            if input.consume_key(egui::Modifiers::NONE, key) {
                palette.chosen = palette.chosen.saturating_add_signed(by).min(last);
                moved = true;
            }
        }
        if input.consume_key(egui::Modifiers::NONE, Key::Escape) {
            palette.open = false;
        }
        if input.consume_key(egui::Modifiers::NONE, Key::Enter) {
            taken = found.get(palette.chosen).map(|(_, action, ..)| *action);
            palette.open = false;
        }
    });
    palette.chosen = palette.chosen.min(last);
    egui::Window::new("Find an action")
        .anchor(Align2::CENTER_TOP, [0.0, 90.0])
        .fixed_size([440.0, 320.0])
        .collapsible(false)
        .title_bar(false)
        .show(ctx, |ui| {
            let edit = TextEdit::singleline(&mut palette.text)
                .hint_text("What do you want to do?")
                .desired_width(f32::INFINITY);
            let response = ui.add(edit);
            response.widget_info(|| {
                egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Find an action")
            });
            response.request_focus();
            if response.changed() {
                palette.chosen = 0;
            }
            ui.separator();
            ScrollArea::vertical()
                .auto_shrink([false, false])
                .show(ui, |ui| {
                    for (row, (_, action, name, key)) in found.iter().enumerate() {
                        let button = egui::Button::selectable(row == palette.chosen, name)
                            .shortcut_text(RichText::new(*key))
                            .min_size(egui::vec2(ui.available_width(), 0.0));
                        let response = ui.add(button);
                        if moved && row == palette.chosen {
                            response.scroll_to_me(None);
                        }
                        if response.clicked() {
                            taken = Some(*action);
                            palette.open = false;
                        }
                    }
                    if found.is_empty() {
                        ui.weak("No action is called that.");
                    }
                });
        });
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_any_order_and_beginnings_count_most() {
        assert!(distance("Look from above", "above look").is_some());
        assert_eq!(distance("Look from above", "below"), None);
        let (starts, holds) = (
            distance("Split the tile", "split"),
            distance("Unsplit", "split"),
        );
        assert!(starts < holds);
        assert_eq!(distance("Undo", ""), Some(0));
    }

    #[test]
    fn every_action_has_a_name_of_its_own() {
        let mut names: Vec<String> = keys::all().into_iter().map(|(_, name, _)| name).collect();
        names.sort();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(names.iter().all(|name| !name.is_empty()));
    }
}
