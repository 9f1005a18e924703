//! The bottom panel: the timeline, the table of runs, the spikes, the selected records.

use egui::{Align, Button, Layout};

use super::{run_table, selection, spikes, timeline};
use crate::{command::Command, open_panels::Dock, state::State};

const HEIGHT_PT: f32 = 176.0;
/// Height in a low window.
const LOW_HEIGHT_PT: f32 = 136.0;
/// Room that the range of steps and the choices of the timeline take; a narrower window goes without.
const STEPS_PT: f32 = 330.0;
/// What is left below the toolbar of a low window.
const LOW_PT: f32 = 720.0;

pub(crate) fn show(state: &State, ui: &mut egui::Ui, commands: &mut Vec<Command>) {
    if state.panels.is_dock_folded {
        egui::Panel::bottom("folded dock").show(ui, |ui| header_ui(state, ui, commands));
        return;
    }
    let height = ui.available_height();
    let most = (height * 0.7).max(160.0);
    // The height that the user gave it is kept for low windows and others apart.
    let (id, default) = match height < LOW_PT {
        true => ("low dock", LOW_HEIGHT_PT),
        false => ("dock", HEIGHT_PT),
    };
    let panel = egui::Panel::bottom(id)
        .default_size(default)
        .size_range(110.0..=most);
    panel.show(ui, |ui| {
        // The panel would shrink to its contents before the first run arrives.
        ui.set_min_height(ui.available_height());
        header_ui(state, ui, commands);
        match state.panels.dock {
            Dock::Timeline => timeline::show(state, ui, commands),
            Dock::Runs => run_table::show(state, ui, commands),
            Dock::Spikes => spikes::show(state, ui, commands),
            Dock::Selection => selection::show(state, ui, commands),
        }
    });
}

/// The tabs, playback, and the range of steps.
fn header_ui(state: &State, ui: &mut egui::Ui, commands: &mut Vec<Command>) {
    ui.horizontal(|ui| {
        tabs_ui(state, ui, commands);
        ui.separator();
        timeline::playback_ui(state, ui, commands);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.available_width() < STEPS_PT {
                return;
            }
            timeline::steps_ui(state, ui, commands);
            if state.panels.dock == Dock::Timeline {
                ui.separator();
                timeline::choices_ui(state, ui, commands);
            }
        });
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
        let is_shown = state.panels.dock == dock && !state.panels.is_dock_folded;
        let tab = ui.add(Button::selectable(is_shown, title));
        let tab = match is_shown {
            true => tab.on_hover_text("Fold"),
            false => tab,
        };
        if tab.clicked() {
            commands.push(Command::ShowDock(dock));
        }
    }
}
