//! The table of runs: sorted by a click on a heading, filtered by an expression, selecting what is drawn.

use std::collections::BTreeSet;

use egui::{
    Align, Align2, Area, Button, Frame, Key, Label, Layout, Order, Response, RichText, Sense,
    TextEdit, TextStyle, Ui,
    text::{CCursor, CCursorRange},
    text_edit::TextEditState,
};
use egui_extras::{Column, TableBuilder, TableRow};

use super::shortened;
use crate::{
    command::Command,
    run_table::{RunTable, TableCell},
    state::State,
    style::color32,
};

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
        ui.label(RichText::new("Visible").weak());
    });
    let columns = state.table.columns.iter();
    let titles = std::iter::once("Run").chain(columns.map(|column| column.title.as_str()));
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
        let name = shortened::fitted(
            ui.painter(),
            state.run_name(index),
            &TextStyle::Body.resolve(ui.style()),
            ui.available_width(),
        );
        ui.add(Label::new(name).truncate()).on_hover_text(&*run.id);
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
        let offered = state.table.completions(&state.shared.run_filter);
        // The Tab key completes instead of leaving the field.
        let field = ui.next_auto_id();
        let is_typing = ui.memory(|memory| memory.has_focus(field));
        let completes = is_typing
            && !offered.is_empty()
            && ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, Key::Tab));
        let edit = TextEdit::singleline(&mut text)
            .id(field)
            .hint_text("lr > 1e-3 && last_loss < 2")
            .desired_width(280.0);
        let response = ui.add(edit);
        let name = "Filter the table by an expression";
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, name));
        if response.changed() {
            commands.push(Command::SetRunFilter(text));
        } else {
            let first = offered.first().copied().filter(|_| completes);
            if let Some(name) = first.or_else(|| completions_ui(ui, &response, &offered)) {
                commands.push(Command::SetRunFilter(RunTable::completed(&text, name)));
                place_cursor_at_end(ui, &response);
            }
        }
        // A correction goes on where it was typed.
        if response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
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

/// The names that can follow, above the field while it has the keyboard; returns the one that is clicked.
fn completions_ui<'a>(ui: &Ui, field: &Response, offered: &[&'a str]) -> Option<&'a str> {
    let id = field.id.with("completions");
    let pointer = ui.input(|input| input.pointer.latest_pos());
    let area = ui.memory(|memory| memory.area_rect(id));
    // A click takes the keyboard from the field before it is one.
    let is_over = area
        .zip(pointer)
        .is_some_and(|(area, at)| area.contains(at));
    if offered.is_empty() || !(field.has_focus() || is_over) {
        return None;
    }
    let mut clicked = None;
    Area::new(id)
        .order(Order::Foreground)
        .pivot(Align2::LEFT_BOTTOM)
        .fixed_pos(field.rect.left_top() - egui::vec2(0.0, 4.0))
        .show(ui.ctx(), |ui| {
            Frame::menu(ui.style()).show(ui, |ui| {
                ui.set_min_width(field.rect.width() - 14.0);
                for name in offered {
                    if ui.add(Button::new(*name).frame(false)).clicked() {
                        clicked = Some(*name);
                    }
                }
                ui.weak("Tab completes the first");
            });
        });
    clicked
}

/// Typing goes on after what was completed.
fn place_cursor_at_end(ui: &Ui, field: &Response) {
    field.request_focus();
    if let Some(mut edit) = TextEditState::load(ui.ctx(), field.id) {
        let end = CCursor::new(usize::MAX);
        edit.cursor.set_char_range(Some(CCursorRange::one(end)));
        edit.store(ui.ctx(), field.id);
    }
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
