//! Runs with their colours and eyes; series with their roles; a filter for both.

use std::{collections::BTreeSet, sync::Arc};

use egui::{Align, ComboBox, Label, Layout, RichText, ScrollArea, Sense, TextEdit, TextWrapMode};
use trainscape_run::Role;
use trainscape_scene::colour::run_colour;

use crate::{app::ViewerApp, series_list::SeriesRow, style::color32};

pub(crate) fn show(app: &mut ViewerApp, ui: &mut egui::Ui) {
    let panel = egui::Panel::left("runs")
        .default_size(250.0)
        .size_range(170.0..=420.0);
    panel.show(ui, |ui| {
        ui.add_space(4.0);
        let filter = TextEdit::singleline(&mut app.filter)
            .hint_text("Filter runs and series  /")
            .desired_width(f32::INFINITY);
        let response = ui.add(filter);
        response.widget_info(|| {
            egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Filter runs and series")
        });
        if std::mem::take(&mut app.focus_filter) {
            response.request_focus();
        }
        runs_ui(app, ui);
        ui.separator();
        series_ui(app, ui);
    });
}

fn runs_ui(app: &mut ViewerApp, ui: &mut egui::Ui) {
    let runs = app.snapshot.runs.clone();
    let needle = app.filter.to_lowercase();
    let listed: Vec<usize> = (0..runs.len())
        .filter(|index| needle.is_empty() || runs[*index].id.to_lowercase().contains(&needle))
        .collect();
    // A filter that only finds series keeps the runs in sight.
    let listed = if listed.is_empty() {
        (0..runs.len()).collect()
    } else {
        listed
    };
    ui.horizontal(|ui| {
        ui.heading("Runs");
        ui.label(RichText::new(runs.len().to_string()).weak());
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui
                .small_button("None")
                .on_hover_text("Hide all runs")
                .clicked()
            {
                app.shared.runs = Some(BTreeSet::new());
            }
            if ui
                .small_button("All")
                .on_hover_text("Show all runs")
                .clicked()
            {
                app.shared.runs = None;
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
                let run = &runs[*index];
                run_ui(app, ui, *index, &run.id, &run.name);
            }
        });
}

fn run_ui(app: &mut ViewerApp, ui: &mut egui::Ui, index: usize, id: &Arc<str>, name: &Arc<str>) {
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(egui::vec2(10.0, 10.0), Sense::hover());
        ui.painter()
            .circle_filled(rect.center(), 4.5, color32(run_colour(index)));
        let mut shown = app.draws(id);
        ui.style_mut().wrap_mode = Some(TextWrapMode::Truncate);
        let text = if id.ends_with(name.as_ref()) {
            id.to_string()
        } else {
            format!("{id}  ({name})")
        };
        let response = ui.checkbox(&mut shown, text).on_hover_ui(|ui| {
            ui.label("Click shows or hides the run, a double-click shows it alone.");
        });
        if response.double_clicked() {
            app.shared.runs = Some(BTreeSet::from([id.to_string()]));
        } else if response.changed() {
            app.draw_run(id, shown);
        }
    });
}

fn series_ui(app: &mut ViewerApp, ui: &mut egui::Ui) {
    let drawn = app.shared.runs.clone();
    app.series.update(&app.snapshot, drawn.as_ref());
    let needle = app.filter.to_lowercase();
    let rows = &app.series.rows;
    let total = rows.len();
    let named = |row: &SeriesRow| row.key.to_lowercase().contains(&needle);
    let matching = needle.is_empty() || !rows.iter().any(named);
    let listed: Vec<usize> = (0..total)
        .filter(|row| matching || named(&rows[*row]))
        .collect();
    ui.horizontal(|ui| {
        ui.heading("Series");
        ui.label(RichText::new(total.to_string()).weak());
    });
    let ctx = ui.ctx().clone();
    let mut change = None;
    let row_height = ui.spacing().interact_size.y;
    ScrollArea::vertical()
        .id_salt("series list")
        .auto_shrink([false, false])
        .show_rows(ui, row_height, listed.len(), |ui, rows| {
            for row in &listed[rows] {
                let row = &app.series.rows[*row];
                if let Some(role) = series_row_ui(app, ui, &row.key, row.role, row.points) {
                    change = Some((row.key.clone(), role));
                }
            }
        });
    if let Some((key, role)) = change {
        app.set_role(&key, role, &ctx);
    }
}

/// Keys that share a long beginning differ in their end, so that is what a narrow row keeps.
fn shortened(key: &str, width_pt: f32) -> String {
    // What a character of the body's font takes on average.
    let room = (width_pt / 6.6) as usize;
    let count = key.chars().count();
    if count <= room.max(4) {
        return key.to_owned();
    }
    let tail: String = key.chars().skip(count + 1 - room.max(4)).collect();
    format!("…{tail}")
}

/// One series; returns the role that the user chose for it.
fn series_row_ui(
    app: &ViewerApp,
    ui: &mut egui::Ui,
    key: &str,
    role: Option<Role>,
    points: usize,
) -> Option<Option<Role>> {
    let mut chosen = None;
    let row = egui::vec2(ui.available_width(), ui.spacing().interact_size.y);
    ui.allocate_ui_with_layout(row, Layout::right_to_left(Align::Center), |ui| {
        let name = |role: Option<Role>| role.map_or("-", Role::name).replace('_', " ");
        let own = app.preferences.roles.contains_key(key);
        let text = if own {
            RichText::new(name(role)).strong()
        } else {
            RichText::new(name(role)).weak()
        };
        let combo = ComboBox::from_id_salt(("role", key))
            .width(92.0)
            .selected_text(text)
            .show_ui(ui, |ui| {
                if own && ui.selectable_label(false, "as the key says").clicked() {
                    chosen = Some(None);
                }
                for choice in Role::ALL {
                    if ui
                        .selectable_label(role == Some(choice), name(Some(choice)))
                        .clicked()
                    {
                        chosen = Some(Some(choice));
                    }
                }
            });
        let (label, current) = (format!("Role of {key}"), name(role));
        combo.response.widget_info(|| {
            let mut info = egui::WidgetInfo::labeled(egui::Role::ComboBox, true, &label);
            info.current_text_value = Some(current.clone());
            info
        });
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let text = shortened(key, ui.available_width());
            ui.add(Label::new(text).truncate())
                .on_hover_text(format!("{key}: {points} points"));
        });
    });
    chosen
}
