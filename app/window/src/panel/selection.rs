//! The selected records as a table, and as CSV.

use egui::{Align, Label, Layout, RichText};
use egui_extras::{Column, TableBuilder};

use super::button::button;
use crate::{command::Command, selection::Selected, state::State};

const ROW_PT: f32 = 20.0;

pub(crate) fn show(state: &State, ui: &mut egui::Ui, commands: &mut Vec<Command>) {
    let Some(selected) = &state.selected else {
        ui.weak("Drag a box (B) or a lasso (Shift+B) around records to list them here.");
        return;
    };
    ui.horizontal(|ui| {
        for (label, command) in [
            ("Save as CSV…", Command::SaveSelection),
            ("Copy", Command::CopySelection),
            ("Clear selection", Command::ClearSelection),
        ] {
            button(ui, label, command, commands);
        }
        let (listed, total) = (selected.records.len(), selected.total);
        ui.weak(if listed < total {
            format!(
                "the first {listed} of {total} records in {}",
                selected.view.title()
            )
        } else {
            format!("{total} records in {}", selected.view.title())
        });
    });
    table_ui(selected, ui);
}

fn table_ui(selected: &Selected, ui: &mut egui::Ui) {
    let mut builder = TableBuilder::new(ui)
        .id_salt("selected records")
        .striped(true)
        .min_scrolled_height(0.0)
        .cell_layout(Layout::left_to_right(Align::Center));
    for _ in &selected.columns {
        builder = builder.column(
            Column::initial(120.0)
                .at_least(50.0)
                .clip(true)
                .resizable(true),
        );
    }
    builder
        .header(ROW_PT, |mut header| {
            for column in &selected.columns {
                header.col(|ui| {
                    ui.add(Label::new(RichText::new(column).strong()).truncate());
                });
            }
        })
        .body(|body| {
            body.rows(ROW_PT, selected.records.len(), |mut row| {
                let index = row.index();
                for column in &selected.columns {
                    row.col(|ui| {
                        ui.add(Label::new(selected.cell(index, column)).truncate());
                    });
                }
            });
        });
}
