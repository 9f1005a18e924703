//! The reports that runs wrote in Markdown: their menu in the toolbar, and a window with one of them.

use egui::{Align, Label, RichText, ScrollArea, Ui};
use trainscape_run::Report;

use crate::{command::Command, state::State};

/// Size of the window in points.
const SIZE: [f32; 2] = [620.0, 520.0];

/// The menu of the reports of all runs, if there are any.
pub(super) fn menu(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let count: usize = state
        .snapshot
        .runs
        .iter()
        .map(|run| run.reports.len())
        .sum();
    if count == 0 {
        return;
    }
    ui.menu_button("Reports", |ui| {
        for run in state
            .snapshot
            .runs
            .iter()
            .filter(|run| !run.reports.is_empty())
        {
            ui.label(RichText::new(&*run.name).weak());
            for report in &run.reports {
                if ui.button(&report.title).clicked() {
                    let report = (run.id.clone(), report.path.clone(), report.title.clone());
                    commands.push(Command::ShowReport(Some(report)));
                    ui.close();
                }
            }
        }
    });
}

/// The open report.
pub(crate) fn show(state: &State, ctx: &egui::Context, commands: &mut Vec<Command>) {
    let Some((run, path, title)) = &state.panels.report else {
        return;
    };
    let run = state.snapshot.runs.iter().find(|found| found.id == *run);
    let is_wanted = |report: &&Report| report.path == *path && report.title == *title;
    let report = run.and_then(|run| run.reports.iter().find(is_wanted));
    let mut open = true;
    egui::Window::new(title)
        .id(egui::Id::unique("report"))
        .open(&mut open)
        .default_size(SIZE)
        .show(ctx, |ui| match report {
            Some(report) => {
                ui.label(RichText::new(report.path.display().to_string()).weak());
                ui.separator();
                ScrollArea::both()
                    .auto_shrink([false, false])
                    .show(ui, |ui| text(&report.text, ui));
            }
            None => {
                ui.label("The report was removed.");
            }
        });
    if !open {
        commands.push(Command::ShowReport(None));
    }
}

/// Markdown line by line: headings are larger, tables and code have letters of one width.
fn text(markdown: &str, ui: &mut Ui) {
    let mut is_code = false;
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
            continue;
        }
        let heading = line.trim_start_matches('#');
        let level = line.len() - heading.len();
        let text = match () {
            () if is_code || line.starts_with('|') => RichText::new(line).monospace(),
            () if level > 0 && heading.starts_with(' ') => RichText::new(heading.trim())
                .strong()
                .size(20.0 - 2.0 * level.min(3) as f32),
            () => RichText::new(line),
        };
        ui.add(
            Label::new(text)
                .selectable(true)
                .extend()
                .halign(Align::LEFT),
        );
    }
}
