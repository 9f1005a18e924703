//! The toolbar, the tabs of the views, and what is going on.

use std::time::SystemTime;

use egui::{Button, RichText, Ui};
use trainscape_scene::theme::ThemeName;
use trainscape_views::VIEWS;

use super::{
    button::{button, checkbox, menu_entry},
    notes, report,
};
use crate::{
    command::Command,
    live::LiveStatus,
    selection::Tool,
    state::{OpenPaths, State},
    workspace::Arrangement,
};

pub(crate) fn show(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    egui::Panel::top("top").show(ui, |ui| {
        ui.add_space(2.0);
        ui.horizontal_wrapped(|ui| {
            open_ui(state, ui, commands);
            ui.separator();
            history_ui(state, ui, commands);
            ui.separator();
            tiles_ui(state, ui, commands);
            tools_ui(state, ui, commands);
            ui.separator();
            export_ui(state, ui, commands);
            button(ui, "Search…", Command::TogglePalette, commands);
            let is_dark = state.theme == ThemeName::Dark;
            let other = if is_dark { "Light" } else { "Dark" };
            button(ui, other, Command::ToggleTheme, commands);
            button(ui, "Shortcuts", Command::ToggleHelp, commands);
            if let Some(open) = &state.open {
                status_ui(state, open, ui, commands);
            }
        });
        ui.horizontal_wrapped(|ui| tabs_ui(state, ui, commands));
        message_ui(state, ui, commands);
        ui.add_space(2.0);
    });
}

fn open_ui(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    button(ui, "Open…", Command::OpenFolder, commands);
    let recent = &state.preferences.recent;
    ui.add_enabled_ui(!recent.is_empty(), |ui| {
        ui.menu_button("Recent", |ui| {
            for path in recent {
                if ui.button(path.display().to_string()).clicked() {
                    commands.push(Command::OpenPaths(vec![path.clone()]));
                    ui.close();
                }
            }
        });
    });
}

fn history_ui(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    for (command, possible) in [
        (Command::Undo, state.can_undo),
        (Command::Redo, state.can_redo),
    ] {
        ui.add_enabled_ui(possible, |ui| {
            let label = command.label();
            button(ui, &label, command, commands);
        });
    }
}

fn tiles_ui(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    ui.menu_button("Layout", |ui| {
        for arrangement in Arrangement::ALL {
            menu_entry(ui, Command::Arrange(arrangement), commands);
        }
        ui.separator();
        for command in [Command::SplitRight, Command::SplitBelow, Command::CloseTile] {
            menu_entry(ui, command, commands);
        }
        ui.separator();
        let shared = &state.shared;
        for (linked, command) in [
            (shared.link_cameras, Command::ToggleLinkedCameras),
            (shared.link_ranges, Command::ToggleLinkedRanges),
        ] {
            checkbox(ui, linked, command, commands);
        }
    });
}

fn tools_ui(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    for (tool, label) in [
        (Tool::Orbit, "Orbit"),
        (Tool::Box, "Box"),
        (Tool::Lasso, "Lasso"),
    ] {
        let command = Command::SelectTool(tool);
        let is_active = state.tool == tool;
        let response = ui.selectable_label(is_active, label);
        if response.on_hover_text(command.tooltip()).clicked() && !is_active {
            commands.push(command);
        }
    }
}

fn export_ui(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    ui.add_enabled_ui(state.panes.focused().scene().is_some(), |ui| {
        ui.menu_button("Export", |ui| {
            for command in [
                Command::ExportFigure,
                Command::ExportGeometry,
                Command::SaveFigure,
                Command::CopyCommandLine,
            ] {
                menu_entry(ui, command, commands);
            }
        });
    });
}

fn tabs_ui(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let shown = state.panes.focused().view;
    for view in VIEWS {
        let why = state.unavailable.get(&view);
        // A view without data opens too: it shows what is missing and what the user can do about it.
        let title = match why {
            Some(_) => RichText::new(view.title()).weak(),
            None => RichText::new(view.title()),
        };
        let mut response = ui.add(Button::selectable(shown == view, title));
        if let Some(why) = why {
            response = response.on_hover_text(why);
        }
        if response.clicked() {
            commands.push(Command::ShowView(view));
        }
    }
}

fn status_ui(state: &State, open: &OpenPaths, ui: &mut Ui, commands: &mut Vec<Command>) {
    let progress = state.snapshot.progress;
    ui.separator();
    if !progress.caught_up {
        let share = progress.bytes_done as f32 / progress.bytes_total.max(1) as f32;
        let bar = egui::ProgressBar::new(share)
            .desired_width(140.0)
            .text("Loading");
        ui.add(bar);
        return;
    }
    live_ui(state, open, ui, commands);
    if state.is_building {
        ui.label(RichText::new("drawing").weak());
    }
    notes::menu(state, ui);
    report::menu(state, ui, commands);
}

/// What the runs are doing; a click pauses and resumes.
fn live_ui(state: &State, open: &OpenPaths, ui: &mut Ui, commands: &mut Vec<Command>) {
    let status = state.live.status(SystemTime::now());
    let visuals = ui.visuals();
    let colour = match status {
        LiveStatus::Live(_) => visuals.hyperlink_color,
        LiveStatus::Stalled(_) | LiveStatus::Paused => visuals.warn_fg_color,
        LiveStatus::Missing => visuals.error_fg_color,
        LiveStatus::AtRest(_) | LiveStatus::Waiting => visuals.weak_text_color(),
    };
    let help = match status {
        LiveStatus::Paused => "Click to show new records again".to_owned(),
        LiveStatus::Missing => format!("{}: file deleted; showing the last data", open.name),
        _ => format!("{} is watched for new records; click to pause", open.name),
    };
    let text = RichText::new(status.text()).color(colour);
    if ui.button(text).on_hover_text(help).clicked() {
        commands.push(Command::TogglePause);
    }
}

fn message_ui(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let Some(message) = &state.message else {
        return;
    };
    ui.horizontal(|ui| {
        if message.is_error {
            ui.colored_label(ui.visuals().error_fg_color, &message.text);
        } else {
            ui.label(&message.text);
        }
        if ui.small_button("Dismiss").clicked() {
            commands.push(Command::DismissMessage);
        }
    });
}
