//! Runs with their colours and check boxes; series with their roles; a filter for both.

use std::collections::BTreeSet;

use egui::{
    Align, ComboBox, Label, Layout, RichText, ScrollArea, Sense, TextEdit, TextWrapMode, Ui,
};
use trainscape_run::{Role, Run};
use trainscape_scene::colour::run_colour;

use crate::{command::Command, series_list::SeriesRow, state::State, style::color32};

pub(crate) fn show(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let panel = egui::Panel::left("runs")
        .default_size(250.0)
        .size_range(170.0..=420.0);
    panel.show(ui, |ui| {
        ui.add_space(4.0);
        filter_ui(state, ui, commands);
        runs_ui(state, ui, commands);
        ui.separator();
        series_ui(state, ui, commands);
    });
}

fn filter_ui(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let mut text = state.panels.filter.clone();
    let filter = TextEdit::singleline(&mut text)
        .hint_text("Filter runs and series  /")
        .desired_width(f32::INFINITY);
    let response = ui.add(filter);
    let name = "Filter runs and series";
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, name));
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
            let none = ui.small_button("None").on_hover_text("Hide all runs");
            if none.clicked() {
                commands.push(Command::SelectRuns(BTreeSet::new()));
            }
            let all = ui.small_button("All").on_hover_text("Show all runs");
            if all.clicked() {
                commands.push(Command::AllRuns);
            }
        });
    });
    let row_height = ui.spacing().interact_size.y;
    let height = (listed.len() as f32 * (row_height + ui.spacing().item_spacing.y) + 4.0)
        .min(ui.available_height() * 0.5);
    ScrollArea::vertical()
        .id_salt("run list")
        .max_height(height)
        .auto_shrink([false, true])
        .show_rows(ui, row_height, listed.len(), |ui, rows| {
            for index in &listed[rows] {
                run_ui(state, ui, *index, &runs[*index], commands);
            }
        });
}

fn run_ui(state: &State, ui: &mut Ui, index: usize, run: &Run, commands: &mut Vec<Command>) {
    let (id, name) = (&run.id, &run.name);
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(egui::vec2(10.0, 10.0), Sense::hover());
        ui.painter()
            .circle_filled(rect.center(), 4.5, color32(run_colour(index)));
        let mut drawn = state.draws(id);
        ui.style_mut().wrap_mode = Some(TextWrapMode::Truncate);
        let text = if id.ends_with(name.as_ref()) {
            id.to_string()
        } else {
            format!("{id}  ({name})")
        };
        let response = ui.checkbox(&mut drawn, text).on_hover_ui(|ui| {
            ui.label("Click shows or hides the run, a double-click shows it alone.");
        });
        if response.double_clicked() {
            commands.push(Command::SelectRuns(BTreeSet::from([id.to_string()])));
        } else if response.changed() {
            commands.push(Command::DrawRun(id.to_string(), drawn));
        }
    });
}

fn series_ui(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let needle = state.panels.filter.to_lowercase();
    let series = &state.series.rows;
    let matches = |row: &SeriesRow| row.key.to_lowercase().contains(&needle);
    let lists_all = needle.is_empty() || !series.iter().any(matches);
    let listed: Vec<&SeriesRow> = series
        .iter()
        .filter(|row| lists_all || matches(row))
        .collect();
    ui.horizontal(|ui| {
        ui.heading("Series");
        ui.label(RichText::new(series.len().to_string()).weak());
    });
    let row_height = ui.spacing().interact_size.y;
    ScrollArea::vertical()
        .id_salt("series list")
        .auto_shrink([false, false])
        .show_rows(ui, row_height, listed.len(), |ui, rows| {
            for row in &listed[rows] {
                series_row_ui(state, ui, row, commands);
            }
        });
}

/// Keys that share a long beginning differ in their end, so a narrow row shows the end.
fn shortened(key: &str, width_pt: f32) -> String {
    // Average width of a character of the body font.
    let room = (width_pt / 6.6) as usize;
    let count = key.chars().count();
    if count <= room.max(4) {
        return key.to_owned();
    }
    let tail: String = key.chars().skip(count + 1 - room.max(4)).collect();
    format!("…{tail}")
}

fn series_row_ui(state: &State, ui: &mut Ui, series: &SeriesRow, commands: &mut Vec<Command>) {
    let row = egui::vec2(ui.available_width(), ui.spacing().interact_size.y);
    ui.allocate_ui_with_layout(row, Layout::right_to_left(Align::Center), |ui| {
        role_ui(state, ui, series, commands);
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let key = &series.key;
            let text = shortened(key, ui.available_width());
            ui.add(Label::new(text).truncate())
                .on_hover_text(format!("{key}: {} points", series.points));
        });
    });
}

fn role_ui(state: &State, ui: &mut Ui, series: &SeriesRow, commands: &mut Vec<Command>) {
    let key = series.key.as_ref();
    let name = |role: Option<Role>| role.map_or("-", Role::name).replace('_', " ");
    let is_override = state.preferences.roles.contains_key(key);
    let text = RichText::new(name(series.role));
    let text = if is_override {
        text.strong()
    } else {
        text.weak()
    };
    let combo = ComboBox::from_id_salt(("role", key))
        .width(92.0)
        .selected_text(text)
        .show_ui(ui, |ui| {
            if is_override
                && ui
                    .selectable_label(false, "inferred from the key")
                    .clicked()
            {
                commands.push(Command::SetRole(key.to_owned(), None));
            }
            for choice in Role::ALL {
                let is_shown = series.role == Some(choice);
                if ui.selectable_label(is_shown, name(Some(choice))).clicked() {
                    commands.push(Command::SetRole(key.to_owned(), Some(choice)));
                }
            }
        });
    combo.response.widget_info(|| {
        let label = format!("Role of {key}");
        let mut info = egui::WidgetInfo::labeled(egui::Role::ComboBox, true, label);
        info.current_text_value = Some(name(series.role));
        info
    });
}
