//! The toolbar: what is open, history, tools, layout, search, what is going on, export, theme, help.

use std::time::SystemTime;

use egui::{Align, Button, Frame, Layout, Margin, RichText, Role, Ui, WidgetInfo};
use lucide_icons::Icon;
use trainscape_scene::theme::ThemeName;

use super::{
    button::{checkbox, menu_entry},
    icon, notes, report, shortened,
};
use crate::{
    command::Command,
    live::LiveStatus,
    selection::Tool,
    state::{OpenPaths, State},
    workspace::Arrangement,
};

/// The search field is not wider.
const SEARCH_PT: f32 = 360.0;
/// A narrower search field shows its icon alone.
const SEARCH_TEXT_FROM_PT: f32 = 250.0;
/// Room that the icon takes.
const SEARCH_ICON_PT: f32 = 40.0;
/// The name of what is open is cut at this width.
const NAME_PT: f32 = 190.0;

pub(crate) fn show(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let margin = Margin::symmetric(8, 5);
    let frame = Frame::side_top_panel(ui.style()).inner_margin(margin);
    egui::Panel::top("top").frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            let runs = Command::ToggleRunsPanel;
            let is_shown = state.panels.shows_runs();
            panel_ui(ui, Icon::PanelLeft, is_shown, runs, commands);
            open_ui(state, ui, commands);
            ui.separator();
            history_ui(state, ui, commands);
            ui.separator();
            tools_ui(state, ui, commands);
            ui.separator();
            layout_ui(state, ui, commands);
            // The right end first, so that the search takes what is left between the two.
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let settings = Command::ToggleSettingsPanel;
                let is_shown = state.panels.shows_settings();
                panel_ui(ui, Icon::PanelRight, is_shown, settings, commands);
                icon::named_button(
                    ui,
                    Icon::Keyboard,
                    "Shortcuts",
                    Command::ToggleHelp,
                    commands,
                );
                theme_ui(state, ui, commands);
                export_ui(state, ui, commands);
                if let Some(open) = &state.open {
                    status_ui(state, open, ui, commands);
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    search_ui(ui, commands);
                });
            });
        });
    });
}

/// A button that shows or hides a panel.
fn panel_ui(
    ui: &mut Ui,
    symbol: Icon,
    is_shown: bool,
    command: Command,
    commands: &mut Vec<Command>,
) {
    let (name, tooltip) = (command.label(), command.tooltip());
    let response = icon::toggle(ui, symbol, &name, (false, &tooltip));
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_shown, &*name));
    if response.clicked() {
        commands.push(command);
    }
}

/// The name of what is open, with a menu to open something else.
fn open_ui(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let name = state.open.as_ref().map_or("Open", |open| &*open.name);
    let short = shortened::in_the_middle(name, NAME_PT);
    let button = Button::new((
        icon::text(Icon::FolderOpen, 15.0),
        RichText::new(short).strong(),
        icon::text(Icon::ChevronDown, 13.0),
    ))
    .frame_when_inactive(false);
    let (response, _) = egui::containers::menu::MenuButton::from_button(button).ui(ui, |ui| {
        ui.set_min_width(220.0);
        menu_entry(ui, Command::OpenFolder, commands);
        if state.options.demo.is_some() {
            menu_entry(ui, Command::OpenDemo, commands);
        }
        let recent = &state.preferences.recent;
        if recent.is_empty() {
            return;
        }
        ui.separator();
        ui.label(RichText::new("Recent").weak());
        for path in recent {
            let path_text = path.display().to_string();
            let entry = ui.button(shortened::in_the_middle(&path_text, 420.0));
            entry.widget_info(|| WidgetInfo::labeled(Role::Button, true, &path_text));
            if entry.on_hover_text(&path_text).clicked() {
                commands.push(Command::OpenPaths(vec![path.clone()]));
                ui.close();
            }
        }
    });
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Open and recent"));
    let what = state.open.as_ref().map(|open| {
        let paths = open.paths.iter().map(|path| path.display().to_string());
        paths.collect::<Vec<_>>().join("\n")
    });
    response.on_hover_text(what.unwrap_or_else(|| Command::OpenFolder.tooltip()));
}

fn history_ui(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    for (symbol, command, possible) in [
        (Icon::Undo2, Command::Undo, state.can_undo),
        (Icon::Redo2, Command::Redo, state.can_redo),
    ] {
        ui.add_enabled_ui(possible, |ui| {
            icon::button(ui, symbol, command, commands);
        });
    }
}

fn tools_ui(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    for (tool, symbol, name) in [
        (Tool::Orbit, Icon::Rotate3d, "Orbit"),
        (Tool::Box, Icon::SquareDashed, "Box"),
        (Tool::Lasso, Icon::Lasso, "Lasso"),
    ] {
        let command = Command::SelectTool(tool);
        let is_active = state.tool == tool;
        let response = icon::toggle(ui, symbol, name, (is_active, &command.tooltip()));
        if response.clicked() && !is_active {
            commands.push(command);
        }
    }
}

fn layout_ui(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    icon::menu(ui, Icon::LayoutGrid, "Layout", |ui| {
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

/// What looks like a text field opens the search, which has the field.
fn search_ui(ui: &mut Ui, commands: &mut Vec<Command>) {
    let room = ui.available_width();
    // Its key opens the search as well.
    if room < SEARCH_ICON_PT {
        return;
    }
    let margin = ((room - SEARCH_PT) / 2.0).clamp(0.0, 60.0);
    ui.add_space(margin);
    let width = (room - margin).clamp(0.0, SEARCH_PT);
    let command = Command::TogglePalette;
    let symbol = icon::text(Icon::Search, 14.0).weak();
    let button = if width >= SEARCH_TEXT_FROM_PT {
        let hint = RichText::new("Search actions, runs, series").weak();
        Button::new((symbol, hint)).shortcut_text(RichText::new(command.shortcut_text()).weak())
    } else {
        Button::new(symbol)
    };
    let fill = ui.visuals().extreme_bg_color;
    let edge = ui.visuals().widgets.noninteractive.bg_stroke;
    let button = button.fill(fill).stroke(edge);
    let button = match width >= SEARCH_TEXT_FROM_PT {
        true => button.min_size(egui::vec2(width, 0.0)),
        false => button,
    };
    let response = ui.add(button);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Search"));
    if response.on_hover_text(command.tooltip()).clicked() {
        commands.push(command);
    }
}

fn export_ui(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    ui.add_enabled_ui(state.panes.focused().scene().is_some(), |ui| {
        icon::menu(ui, Icon::Download, "Export", |ui| {
            for command in [
                Command::ExportFigure,
                Command::ExportAnimation,
                Command::ExportGeometry,
                Command::SaveFigure,
                Command::CopyCommandLine,
            ] {
                menu_entry(ui, command, commands);
            }
        });
    });
}

fn theme_ui(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let (symbol, other) = match state.theme {
        ThemeName::Dark => (Icon::Sun, "Light"),
        ThemeName::Light | ThemeName::Paper => (Icon::Moon, "Dark"),
    };
    icon::named_button(ui, symbol, other, Command::ToggleTheme, commands);
}

/// Loading, live, warnings and reports, from the right.
fn status_ui(state: &State, open: &OpenPaths, ui: &mut Ui, commands: &mut Vec<Command>) {
    let progress = state.snapshot.progress;
    if !progress.caught_up {
        let share = progress.bytes_done as f32 / progress.bytes_total.max(1) as f32;
        let bar = egui::ProgressBar::new(share)
            .desired_width(110.0)
            .text("Loading");
        ui.add(bar);
        return;
    }
    report::menu(state, ui, commands);
    notes::menu(state, ui);
    live_ui(state, open, ui, commands);
}

/// What the runs are doing; a click pauses and resumes.
fn live_ui(state: &State, open: &OpenPaths, ui: &mut Ui, commands: &mut Vec<Command>) {
    let status = state.live.status(SystemTime::now());
    let visuals = ui.visuals();
    let colour = match status {
        LiveStatus::Live(_) => crate::style::live(visuals.dark_mode),
        LiveStatus::Stalled(_) | LiveStatus::Paused => visuals.warn_fg_color,
        LiveStatus::Missing => visuals.error_fg_color,
        LiveStatus::AtRest(_) | LiveStatus::Waiting => visuals.weak_text_color(),
    };
    let help = match status {
        LiveStatus::Paused => "Click to show new records again".to_owned(),
        LiveStatus::Missing => "File deleted; showing the last data".to_owned(),
        _ => format!("{} is watched for new records; click to pause", open.name),
    };
    let text = status.text();
    let dot = RichText::new("●").color(colour).size(9.0);
    let pill = Button::new((dot, RichText::new(&text))).corner_radius(10);
    let response = ui.add(pill);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &text));
    if response.on_hover_text(help).clicked() {
        commands.push(Command::TogglePause);
    }
}
