//! The table of runs: sorted by a click on a heading, filtered by an expression, selecting what is drawn.

use std::collections::BTreeSet;

use egui::{Align, Button, Label, Layout, RichText, Sense, TextEdit, Ui};
use egui_extras::{Column, TableBuilder, TableRow};

use crate::{command::Command, run_table::TableCell, state::State, style::color32};

const ROW_PT: f32 = 20.0;

pub(crate) fn show(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    filter_ui(state, ui, commands);
    let mut builder = TableBuilder::new(ui)
        .id_salt("table of runs")
        .striped(true)
        .min_scrolled_height(0.0)
        .cell_layout(Layout::left_to_right(Align::Center))
        .sense(Sense::click())
        .column(Column::exact(44.0))
        .column(column(180.0, 80.0));
    for _ in &state.table.columns {
        builder = builder.column(column(92.0, 50.0));
    }
    let table = builder.header(ROW_PT, |mut header| header_ui(state, &mut header, commands));
    table.body(|body| {
        let rows = &state.table.rows;
        body.rows(ROW_PT, rows.len(), |mut row| {
            let index = rows[row.index()];
            row_ui(state, &mut row, index, commands);
        });
    });
}

fn column(width: f32, least: f32) -> Column {
    Column::initial(width)
        .at_least(least)
        .clip(true)
        .resizable(true)
}

fn header_ui(state: &State, header: &mut TableRow<'_, '_>, commands: &mut Vec<Command>) {
    let heading = |column: usize, title: &str| match state.table.sorted {
        Some((at, descending)) if at == column => {
            format!("{title} {}", if descending { "↓" } else { "↑" })
        }
        _ => title.to_owned(),
    };
    header.col(|ui| {
        ui.label(RichText::new("visible").weak());
    });
    let columns = state.table.columns.iter();
    let titles = std::iter::once("run").chain(columns.map(|column| column.title.as_str()));
    for (column, title) in titles.enumerate() {
        header.col(|ui| {
            let text = RichText::new(heading(column, title)).strong();
            let button = ui.add(Button::new(text).frame(false).truncate());
            let name = format!("Sort by {title}");
            button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
            if button.on_hover_text(&name).clicked() {
                commands.push(Command::SortRuns(column));
            }
        });
    }
}

fn row_ui(state: &State, row: &mut TableRow<'_, '_>, index: usize, commands: &mut Vec<Command>) {
    let Some(run) = state.snapshot.runs.get(index) else {
        return;
    };
    row.col(|ui| drawn_ui(state, ui, index, &run.id, commands));
    row.col(|ui| {
        ui.add(Label::new(&*run.id).truncate())
            .on_hover_text(&*run.name);
    });
    for column in &state.table.columns {
        row.col(|ui| {
            let Some(cell) = column.cells.get(index) else {
                return;
            };
            let label = Label::new(cell.to_string()).truncate();
            match cell {
                TableCell::Number(_) => {
                    let to_the_right = Layout::right_to_left(Align::Center);
                    ui.with_layout(to_the_right, |ui| ui.add(label));
                }
                TableCell::Missing | TableCell::Text(_) => {
                    ui.add(label);
                }
            }
        });
    }
}

fn filter_ui(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    ui.horizontal(|ui| {
        let mut text = state.shared.run_filter.clone();
        let edit = TextEdit::singleline(&mut text)
            .hint_text("lr > 1e-3 && loss < 2")
            .desired_width(280.0);
        let response = ui.add(edit);
        let name = "Filter the table by an expression";
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, name));
        if response.changed() {
            commands.push(Command::SetRunFilter(text));
        }
        // A correction goes on where it was typed.
        if response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter)) {
            response.request_focus();
        }
        let (listed, all) = (state.table.rows.len(), state.snapshot.runs.len());
        let only = ui.add_enabled(listed > 0, Button::new("Show filtered"));
        let only = only.on_hover_text("Shows the listed runs and no others");
        if only.clicked() {
            commands.push(if listed < all {
                Command::SelectRuns(listed_runs(state))
            } else {
                Command::AllRuns
            });
        }
        let draw_all = ui.button("Show all").on_hover_text("Shows all runs");
        draw_all
            .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, "Show all runs"));
        if draw_all.clicked() {
            commands.push(Command::AllRuns);
        }
        let drawn = state.shared.runs.as_ref().map_or(all, BTreeSet::len);
        match &state.table.error {
            Some(error) => {
                ui.colored_label(ui.visuals().error_fg_color, error);
            }
            None => {
                ui.weak(format!("{listed} of {all} listed, {drawn} visible"));
            }
        }
    });
}

fn listed_runs(state: &State) -> BTreeSet<String> {
    let rows = state.table.rows.iter();
    let runs = rows.filter_map(|row| state.snapshot.runs.get(*row));
    runs.map(|run| run.id.to_string()).collect()
}

fn drawn_ui(state: &State, ui: &mut Ui, index: usize, id: &str, commands: &mut Vec<Command>) {
    let (rect, _) = ui.allocate_exact_size(egui::vec2(10.0, 10.0), Sense::hover());
    ui.painter()
        .circle_filled(rect.center(), 4.5, color32(state.run_colours.of(index)));
    let mut drawn = state.draws(id);
    let response = ui.checkbox(&mut drawn, "");
    response.widget_info(|| {
        egui::WidgetInfo::selected(egui::Role::CheckBox, true, drawn, format!("Show {id}"))
    });
    if response.changed() {
        commands.push(Command::DrawRun(id.to_owned(), drawn));
    }
}
