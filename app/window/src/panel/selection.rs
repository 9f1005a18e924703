//! The selected records as a table, and as CSV.

use egui::{Align, Label, Layout, RichText};
use egui_extras::{Column, TableBuilder};

use crate::{app::ViewerApp, keys::Action};

const ROW_PT: f32 = 20.0;

pub(crate) fn show(app: &mut ViewerApp, ui: &mut egui::Ui) {
    let ctx = ui.ctx().clone();
    let Some(selected) = &app.selected else {
        ui.weak("Drag a box (B) or a lasso (Shift+B) around records to list them here.");
        return;
    };
    let mut action = None;
    ui.horizontal(|ui| {
        for (label, wanted) in [
            ("Save as CSV…", Action::SaveSelection),
            ("Copy", Action::CopySelection),
            ("Clear", Action::ClearSelection),
        ] {
            if ui.button(label).clicked() {
                action = Some(wanted);
            }
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
    let mut builder = TableBuilder::new(ui)
        .id_salt("selected records")
        .striped(true)
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
    if let Some(action) = action {
        app.act(action, &ctx);
    }
}
