//! The lower edge: the timeline, the table of runs, the selected records.

use egui::{Align, Button, Layout};

use super::{run_table, selection, timeline};
use crate::{app::ViewerApp, keys::Action};

/// What the lower edge shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Dock {
    /// The loss over steps, with the brush and the scrubber.
    #[default]
    Timeline,
    /// The table of runs.
    Runs,
    /// The table of selected records.
    Selection,
}

const HEIGHT: f32 = 176.0;

pub(crate) fn show(app: &mut ViewerApp, ui: &mut egui::Ui) {
    let most = (ui.available_height() * 0.7).max(160.0);
    let panel = egui::Panel::bottom("dock")
        .default_size(HEIGHT)
        .size_range(120.0..=most);
    panel.show(ui, |ui| {
        // The panel would shrink to what is written in it before the first run arrives.
        ui.set_min_height(ui.available_height());
        ui.horizontal(|ui| {
            let selected = app.selected.as_ref().map_or(0, |selected| selected.total);
            let tabs = [
                (Dock::Timeline, "Timeline".to_owned()),
                (Dock::Runs, "Table of runs".to_owned()),
                (
                    Dock::Selection,
                    match selected {
                        0 => "Selection".to_owned(),
                        count => format!("Selection ({count})"),
                    },
                ),
            ];
            for (dock, title) in tabs {
                if ui
                    .add(Button::selectable(app.dock == dock, title))
                    .clicked()
                {
                    app.act(Action::ShowDock(dock), &ui.ctx().clone());
                }
            }
            ui.separator();
            timeline::transport_ui(app, ui);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                timeline::steps_ui(app, ui);
            });
        });
        match app.dock {
            Dock::Timeline => timeline::show(app, ui),
            Dock::Runs => run_table::show(app, ui),
            Dock::Selection => selection::show(app, ui),
        }
    });
}
