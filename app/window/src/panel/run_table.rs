//! The table of runs: sorted by a click on a heading, filtered by an expression, picking what is drawn.

use std::collections::BTreeSet;

use egui::{Align, Button, Label, Layout, RichText, Sense, TextEdit};
use egui_extras::{Column, TableBuilder};
use trainscape_scene::colour::run_colour;

use crate::{app::ViewerApp, style::color32};

const ROW_PT: f32 = 20.0;

pub(crate) fn show(app: &mut ViewerApp, ui: &mut egui::Ui) {
    let runs = app.snapshot.runs.clone();
    app.table.filter(&runs, &app.shared.run_filter);
    filter_ui(app, ui);
    let columns = app.table.columns.len();
    let mut sort = None;
    let mut builder = TableBuilder::new(ui)
        .id_salt("table of runs")
        .striped(true)
        .cell_layout(Layout::left_to_right(Align::Center))
        .sense(Sense::click())
        .column(Column::exact(44.0))
        .column(
            Column::initial(180.0)
                .at_least(80.0)
                .clip(true)
                .resizable(true),
        );
    for _ in 0..columns {
        builder = builder.column(
            Column::initial(92.0)
                .at_least(50.0)
                .clip(true)
                .resizable(true),
        );
    }
    let sorted = app.table.sorted;
    let heading = |column: usize, title: &str| match sorted {
        Some((at, descending)) if at == column => {
            format!("{title} {}", if descending { "↓" } else { "↑" })
        }
        _ => title.to_owned(),
    };
    let table = builder.header(ROW_PT, |mut header| {
        header.col(|ui| {
            ui.label(RichText::new("drawn").weak());
        });
        let titles = std::iter::once("run".to_owned())
            .chain(app.table.columns.iter().map(|column| column.title.clone()));
        for (column, title) in titles.enumerate() {
            header.col(|ui| {
                let text = RichText::new(heading(column, &title)).strong();
                let button = ui.add(Button::new(text).frame(false).truncate());
                button.widget_info(|| {
                    egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Sort by {title}"))
                });
                if button.on_hover_text(format!("Sort by {title}")).clicked() {
                    sort = Some(column);
                }
            });
        }
    });
    table.body(|body| {
        let rows = app.table.rows.clone();
        body.rows(ROW_PT, rows.len(), |mut row| {
            let index = rows[row.index()];
            let Some(run) = runs.get(index) else { return };
            row.col(|ui| {
                drawn_ui(app, ui, index, &run.id);
            });
            row.col(|ui| {
                ui.add(Label::new(&*run.id).truncate())
                    .on_hover_text(&*run.name);
            });
            for column in &app.table.columns {
                row.col(|ui| {
                    let text = column.cells.get(index).map(ToString::to_string);
                    ui.add(Label::new(text.unwrap_or_default()).truncate());
                });
            }
        });
    });
    if let Some(column) = sort {
        app.table.sort_by(column);
    }
}

fn filter_ui(app: &mut ViewerApp, ui: &mut egui::Ui) {
    ui.horizontal(|ui| {
        let edit = TextEdit::singleline(&mut app.shared.run_filter)
            .hint_text("lr > 1e-3 && loss < 2")
            .desired_width(280.0);
        let response = ui.add(edit);
        response.widget_info(|| {
            egui::WidgetInfo::labeled(
                egui::Role::TextInput,
                true,
                "Filter the table by an expression",
            )
        });
        let (listed, all) = (app.table.rows.len(), app.snapshot.runs.len());
        let only = ui.add_enabled(listed > 0, Button::new("Draw these only"));
        if only
            .on_hover_text("Draws the listed runs and no others")
            .clicked()
        {
            app.shared.runs = (listed < all).then(|| app.listed_runs());
        }
        if ui
            .button("Draw all")
            .on_hover_text("Draws all runs")
            .clicked()
        {
            app.shared.runs = None;
        }
        let drawn = app.shared.runs.as_ref().map_or(all, BTreeSet::len);
        match &app.table.mistake {
            Some(mistake) => {
                ui.colored_label(ui.visuals().error_fg_color, mistake);
            }
            None => {
                ui.weak(format!("{listed} of {all} listed, {drawn} drawn"));
            }
        }
    });
}

fn drawn_ui(app: &mut ViewerApp, ui: &mut egui::Ui, index: usize, id: &str) {
    let (rect, _) = ui.allocate_exact_size(egui::vec2(10.0, 10.0), Sense::hover());
    ui.painter()
        .circle_filled(rect.center(), 4.5, color32(run_colour(index)));
    let mut shown = app.draws(id);
    let response = ui.checkbox(&mut shown, "");
    response.widget_info(|| {
        egui::WidgetInfo::selected(egui::Role::CheckBox, true, shown, format!("Draw {id}"))
    });
    if response.changed() {
        app.draw_run(id, shown);
    }
}

impl ViewerApp {
    fn listed_runs(&self) -> BTreeSet<String> {
        let rows = self.table.rows.iter();
        let runs = rows.filter_map(|row| self.snapshot.runs.get(*row));
        runs.map(|run| run.id.to_string()).collect()
    }

    /// Whether a run is drawn.
    pub(crate) fn draws(&self, id: &str) -> bool {
        self.shared
            .runs
            .as_ref()
            .is_none_or(|runs| runs.contains(id))
    }

    /// Draws a run or leaves it out.
    pub(crate) fn draw_run(&mut self, id: &str, drawn: bool) {
        let all = self.snapshot.runs.iter().map(|run| run.id.to_string());
        let runs = self.shared.runs.get_or_insert_with(|| all.collect());
        if drawn {
            runs.insert(id.to_owned());
        } else {
            runs.remove(id);
        }
        if runs.len() == self.snapshot.runs.len() {
            self.shared.runs = None;
        }
    }
}
