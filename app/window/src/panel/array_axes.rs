//! Names for the axes of arrays that the view could draw if it knew them.

use egui::{RichText, TextEdit, Ui, WidgetInfo};
use trainscape_views::{UnnamedArray, common};

use crate::{command::Command, pane::Pane};

/// Arrays listed at most.
const MOST_LISTED: usize = 6;

pub(crate) fn show(pane: &Pane, ui: &mut Ui, commands: &mut Vec<Command>) {
    let has_arrays = !pane.choices.names_for(&common::TENSOR).is_empty();
    if pane.choices.unnamed.is_empty() || has_arrays {
        return;
    }
    ui.label(RichText::new("Arrays without named axes").weak());
    for array in pane.choices.unnamed.iter().take(MOST_LISTED) {
        array_ui(array, ui, commands);
    }
}

fn array_ui(array: &UnnamedArray, ui: &mut Ui, commands: &mut Vec<Command>) {
    let shape: Vec<String> = array.shape.iter().map(ToString::to_string).collect();
    ui.label(format!("{}: {}", array.key, shape.join(" × ")));
    let id = ui.scope_id().with(("axes", &array.key));
    let edited: Option<String> = ui.data(|data| data.get_temp(id));
    let mut text = edited.unwrap_or_else(|| array.suggestion.clone());
    ui.horizontal(|ui| {
        let edit = ui.add(TextEdit::singleline(&mut text).desired_width(130.0));
        edit.widget_info(|| {
            let name = format!("Axes of {}", array.key);
            WidgetInfo::labeled(egui::Role::TextInput, true, name)
        });
        let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
        let fits = names.len() == shape.len() && names.iter().all(|name| !name.is_empty());
        let button = ui.add_enabled(fits, egui::Button::new("Name axes"));
        if button
            .on_disabled_hover_text(format!("{} names are needed", shape.len()))
            .clicked()
        {
            commands.push(Command::SetAxisNames(array.key.clone(), names));
        }
    });
    ui.data_mut(|data| data.insert_temp(id, text));
}
