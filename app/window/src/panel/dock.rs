//! The bottom panel: the timeline, the table of runs, the spikes, the selected records.

use egui::{Align, Button, Layout};

use super::{run_table, selection, spikes, timeline};
use crate::{command::Command, open_panels::Dock, state::State};

const HEIGHT: f32 = 176.0;

pub(crate) fn show(state: &State, ui: &mut egui::Ui, commands: &mut Vec<Command>) {
    let most = (ui.available_height() * 0.7).max(160.0);
    let panel = egui::Panel::bottom("dock")
        .default_size(HEIGHT)
        .size_range(120.0..=most);
    panel.show(ui, |ui| {
        // The panel would shrink to its contents before the first run arrives.
        ui.set_min_height(ui.available_height());
        ui.horizontal(|ui| {
            tabs_ui(state, ui, commands);
            ui.separator();
            timeline::playback_ui(state, ui, commands);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                timeline::steps_ui(state, ui, commands);
            });
        });
        match state.panels.dock {
            Dock::Timeline => timeline::show(state, ui, commands),
            Dock::Runs => run_table::show(state, ui, commands),
            Dock::Spikes => spikes::show(state, ui, commands),
            Dock::Selection => selection::show(state, ui, commands),
        }
    });
}

fn tabs_ui(state: &State, ui: &mut egui::Ui, commands: &mut Vec<Command>) {
    let selected = state.selected.as_ref().map_or(0, |selected| selected.total);
    let selection = match selected {
        0 => "Selection".to_owned(),
        count => format!("Selection ({count})"),
    };
    for (dock, title) in [
        (Dock::Timeline, "Timeline".to_owned()),
        (Dock::Runs, "Table of runs".to_owned()),
        (Dock::Spikes, "Spikes".to_owned()),
        (Dock::Selection, selection),
    ] {
        let tab = Button::selectable(state.panels.dock == dock, title);
        if ui.add(tab).clicked() {
            commands.push(Command::ShowDock(dock));
        }
    }
}
