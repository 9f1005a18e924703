//! Runs with their colours and check boxes; series; a filter for both.

use std::{collections::BTreeSet, sync::Arc};

use egui::{Align, Layout, RichText, ScrollArea, TextEdit, Ui, WidgetInfo};
use lucide_icons::Icon;

use super::{icon, run_row, series, shortened::shortened};
use crate::{command::Command, state::State};

pub(crate) fn show(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let panel = egui::Panel::left("runs")
        .default_size(264.0)
        .size_range(180.0..=460.0);
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
    if listed.is_empty() && !state.series.visible.is_empty() {
        listed = (0..runs.len()).collect();
    }
    heading_ui(state, ui, commands);
    let row_height = ui.spacing().interact_size.y;
    let height = (listed.len() as f32 * (row_height + ui.spacing().item_spacing.y) + 4.0)
        .min(ui.available_height() * 0.5);
    ScrollArea::vertical()
        .id_salt("run list")
        .max_height(height)
        .auto_shrink([false, true])
        .show_rows(ui, row_height, listed.len(), |ui, rows| {
            let mut pointed_at = None;
            for index in &listed[rows] {
                let run = run_row::RunRow::new(state, *index, &runs[*index]);
                if run.show(ui, commands) {
                    pointed_at = Some(Arc::clone(&runs[*index].id));
                }
            }
            if pointed_at != state.hovered_run {
                commands.push(Command::PointAtRun(pointed_at));
            }
        });
}

/// How many runs there are, all and none of them, and which value the list shows.
fn heading_ui(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    ui.horizontal(|ui| {
        ui.heading("Runs");
        ui.spacing_mut().item_spacing.x = 2.0;
        icon::named_button(ui, Icon::Eye, "Show all", Command::AllRuns, commands);
        let none = Command::SelectRuns(BTreeSet::new());
        icon::named_button(ui, Icon::EyeOff, "Hide all", none, commands);
        let (all, drawn) = (state.snapshot.runs.len(), state.shared.runs.as_ref());
        let count = match drawn {
            Some(drawn) => format!("{} of {all}", drawn.len()),
            None => all.to_string(),
        };
        ui.label(RichText::new(count).weak());
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let key = &state.timeline.key;
            if !key.is_empty() {
                let text = shortened(&format!("last {key}"), ui.available_width());
                ui.label(RichText::new(text).weak().small())
                    .on_hover_text(format!(
                        "The last logged value of {key}; of runs without it, that of their own series of this kind"
                    ));
            }
        });
    });
}
