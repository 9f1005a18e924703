//! Runs with their colours and check boxes; series; a filter for both.

use std::{collections::BTreeSet, sync::Arc};

use egui::{Align, Layout, RichText, ScrollArea, Sense, TextEdit, TextWrapMode, Ui, WidgetInfo};
use trainscape_run::Run;
use trainscape_scene::colour::run_colour;

use super::series;
use crate::{command::Command, state::State, style::color32};

pub(crate) fn show(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let panel = egui::Panel::left("runs")
        .default_size(250.0)
        .size_range(170.0..=420.0);
    panel.show(ui, |ui| {
        ui.add_space(4.0);
        filter_ui(state, ui, commands);
        runs_ui(state, ui, commands);
        ui.separator();
        series::show(state, ui, commands);
    });
}

fn filter_ui(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let mut text = state.panels.filter.clone();
    let filter = TextEdit::singleline(&mut text)
        .hint_text("Filter runs and series  /")
        .desired_width(f32::INFINITY);
    let response = ui.add(filter);
    let name = "Filter runs and series";
    response.widget_info(|| WidgetInfo::labeled(egui::Role::TextInput, true, name));
    if state.panels.focus_filter {
        response.request_focus();
        commands.push(Command::FilterFocused);
    }
    if response.changed() {
        commands.push(Command::SetFilter(text));
    }
}

fn runs_ui(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let runs = &state.snapshot.runs;
    let needle = state.panels.filter.to_lowercase();
    let mut listed: Vec<usize> = (0..runs.len())
        .filter(|index| needle.is_empty() || runs[*index].id.to_lowercase().contains(&needle))
        .collect();
    // A filter that matches only series leaves the runs listed.
    if listed.is_empty() {
        listed = (0..runs.len()).collect();
    }
    ui.horizontal(|ui| {
        ui.heading("Runs");
        ui.label(RichText::new(runs.len().to_string()).weak());
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.small_button("Hide all").clicked() {
                commands.push(Command::SelectRuns(BTreeSet::new()));
            }
            if ui.small_button("Show all").clicked() {
                commands.push(Command::AllRuns);
            }
        });
    });
    let shared = shared_folder(runs);
    let row_height = ui.spacing().interact_size.y;
    let height = (listed.len() as f32 * (row_height + ui.spacing().item_spacing.y) + 4.0)
        .min(ui.available_height() * 0.5);
    ScrollArea::vertical()
        .id_salt("run list")
        .max_height(height)
        .auto_shrink([false, true])
        .show_rows(ui, row_height, listed.len(), |ui, rows| {
            for index in &listed[rows] {
                run_ui(state, ui, (*index, &runs[*index]), shared, commands);
            }
        });
}

/// Length of the folder that all ids begin with, which tells runs apart no further.
fn shared_folder(runs: &[Arc<Run>]) -> usize {
    let [first, others @ ..] = runs else { return 0 };
    let mut shared = if others.is_empty() { "" } else { &*first.id };
    while let Some(at) = shared.trim_end_matches('/').rfind('/') {
        shared = &shared[..=at];
        if others.iter().all(|run| run.id.starts_with(shared)) {
            return shared.len();
        }
    }
    0
}

/// A run; its name is shown without the first `shared` bytes.
fn run_ui(
    state: &State,
    ui: &mut Ui,
    (index, run): (usize, &Run),
    shared: usize,
    commands: &mut Vec<Command>,
) {
    let (id, name) = (&run.id, &run.name);
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(egui::vec2(10.0, 10.0), Sense::hover());
        ui.painter()
            .circle_filled(rect.center(), 4.5, color32(run_colour(index)));
        let mut drawn = state.draws(id);
        ui.style_mut().wrap_mode = Some(TextWrapMode::Truncate);
        let text = if id.ends_with(name.as_ref()) {
            id[shared..].to_owned()
        } else {
            format!("{}  ({name})", &id[shared..])
        };
        let response = ui.checkbox(&mut drawn, text).on_hover_ui(|ui| {
            ui.label(id.as_ref());
            ui.weak("Click: show or hide. Double-click or menu: show only this run.");
        });
        response
            .widget_info(|| WidgetInfo::selected(egui::Role::CheckBox, true, drawn, id.as_ref()));
        response.context_menu(|ui| {
            if ui.button("Show only this run").clicked() {
                commands.push(Command::SelectRuns(BTreeSet::from([id.to_string()])));
                ui.close();
            }
        });
        if response.double_clicked() {
            commands.push(Command::SelectRuns(BTreeSet::from([id.to_string()])));
        } else if response.changed() {
            commands.push(Command::DrawRun(id.to_string(), drawn));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_that_all_runs_share_is_left_out() {
        let shared = |ids: &[&str]| {
            let run = |id: &&str| Arc::new(Run::new(*id, *id, (*id).into()));
            shared_folder(&ids.iter().map(run).collect::<Vec<_>>())
        };
        assert_eq!(shared(&["a/b/one", "a/b/two"]), "a/b/".len());
        assert_eq!(shared(&["a/b/one", "a/c/two"]), "a/".len());
        assert_eq!(shared(&["a/b", "a/b/two"]), "a/".len());
        assert_eq!(shared(&["one", "two"]), 0);
        assert_eq!(shared(&["a/one"]), 0);
    }
}
