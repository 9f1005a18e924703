//! Open, the tabs of the views, export, and what is going on.

use egui::{Button, RichText};
use trainscape_run::SourceState;
use trainscape_scene::theme::ThemeName;
use trainscape_views::ViewKind;

use crate::{app::ViewerApp, desk::Arrangement, keys::Action, selection::Tool};

pub(crate) fn show(app: &mut ViewerApp, ui: &mut egui::Ui) {
    egui::Panel::top("top").show(ui, |ui| {
        ui.add_space(2.0);
        ui.horizontal_wrapped(|ui| {
            open_ui(app, ui);
            ui.separator();
            history_ui(app, ui);
            ui.separator();
            tiles_ui(app, ui);
            tools_ui(app, ui);
            ui.separator();
            export_ui(app, ui);
            button(
                app,
                ui,
                "Find…",
                "Find an action (Ctrl+K)",
                Action::TogglePalette,
            );
            theme_ui(app, ui);
            button(app, ui, "Keys", "Show the keys (F1)", Action::ToggleHelp);
            status_ui(app, ui);
        });
        ui.horizontal_wrapped(|ui| tabs_ui(app, ui));
        message_ui(app, ui);
        ui.add_space(2.0);
    });
}

fn button(app: &mut ViewerApp, ui: &mut egui::Ui, label: &str, hint: &str, action: Action) {
    if ui.button(label).on_hover_text(hint).clicked() {
        app.act(action, &ui.ctx().clone());
    }
}

fn history_ui(app: &mut ViewerApp, ui: &mut egui::Ui) {
    let ctx = ui.ctx().clone();
    for (label, hint, action, possible) in [
        ("Undo", "Undo (Ctrl+Z)", Action::Undo, app.history[0]),
        ("Redo", "Redo (Ctrl+Shift+Z)", Action::Redo, app.history[1]),
    ] {
        let button = ui.add_enabled(possible, Button::new(label));
        if button.on_hover_text(hint).clicked() {
            app.act(action, &ctx);
        }
    }
}

fn tiles_ui(app: &mut ViewerApp, ui: &mut egui::Ui) {
    let ctx = ui.ctx().clone();
    ui.menu_button("Tiles", |ui| {
        for arrangement in Arrangement::ALL {
            if ui.button(arrangement.name()).clicked() {
                app.act(Action::Arrange(arrangement), &ctx);
                ui.close();
            }
        }
        ui.separator();
        for (label, key, action) in [
            ("Split to the right", "Ctrl+\\", Action::SplitRight),
            ("Split below", "Ctrl+Shift+\\", Action::SplitBelow),
            ("Close the tile", "Ctrl+W", Action::CloseTile),
        ] {
            if ui.add(Button::new(label).shortcut_text(key)).clicked() {
                app.act(action, &ctx);
                ui.close();
            }
        }
        ui.separator();
        let mut linked = app.shared.link_cameras;
        if ui
            .checkbox(&mut linked, "Turn all tiles together")
            .changed()
        {
            app.act(Action::ToggleLinkedCameras, &ctx);
        }
        ui.checkbox(&mut app.shared.link_ranges, "The same ranges in all tiles");
    });
}

fn tools_ui(app: &mut ViewerApp, ui: &mut egui::Ui) {
    for (tool, label, hint) in [
        (Tool::Turn, "Turn", "A drag turns the camera"),
        (Tool::Box, "Box", "A drag selects records in a box (B)"),
        (
            Tool::Lasso,
            "Lasso",
            "A drag selects records in a lasso (Shift+B)",
        ),
    ] {
        ui.selectable_value(&mut app.tool, tool, label)
            .on_hover_text(hint);
    }
}

fn open_ui(app: &mut ViewerApp, ui: &mut egui::Ui) {
    let ctx = ui.ctx().clone();
    if ui
        .button("Open…")
        .on_hover_text("Open a run folder (Ctrl+O)")
        .clicked()
    {
        app.act(Action::OpenFolder, &ctx);
    }
    let mut chosen = None;
    ui.add_enabled_ui(!app.preferences.recent.is_empty(), |ui| {
        ui.menu_button("Recent", |ui| {
            for path in &app.preferences.recent {
                if ui.button(path.display().to_string()).clicked() {
                    chosen = Some(path.clone());
                    ui.close();
                }
            }
        });
    });
    if let Some(path) = chosen {
        app.open_chosen(vec![path], &ctx);
    }
}

fn tabs_ui(app: &mut ViewerApp, ui: &mut egui::Ui) {
    for view in ViewKind::ALL {
        let why = app.unavailable.get(&view);
        // A view without data opens too: it says what is missing and what would bring it.
        let title = match why {
            Some(_) => RichText::new(view.title()).weak(),
            None => RichText::new(view.title()),
        };
        let response = ui.add(Button::selectable(app.pane.view == view, title));
        let response = match why {
            Some(why) => response.on_hover_text(why),
            None => response,
        };
        if response.clicked() {
            app.pane.view = view;
        }
    }
}

fn export_ui(app: &mut ViewerApp, ui: &mut egui::Ui) {
    let ctx = ui.ctx().clone();
    ui.add_enabled_ui(app.pane.scene().is_some(), |ui| {
        ui.menu_button("Export", |ui| {
            if ui.button("Figure as PNG or SVG…").clicked() {
                app.act(Action::ExportPng, &ctx);
                ui.close();
            }
            if ui.button("Geometry as GLB…").clicked() {
                app.act(Action::ExportGlb, &ctx);
                ui.close();
            }
        });
    });
}

fn theme_ui(app: &mut ViewerApp, ui: &mut egui::Ui) {
    let dark = app.theme == ThemeName::Dark;
    let label = if dark { "Light" } else { "Dark" };
    if ui
        .button(label)
        .on_hover_text("Light or dark (Ctrl+T)")
        .clicked()
    {
        app.act(Action::ToggleTheme, &ui.ctx().clone());
    }
}

fn status_ui(app: &ViewerApp, ui: &mut egui::Ui) {
    let Some(session) = &app.session else { return };
    let progress = app.snapshot.progress;
    ui.separator();
    if !progress.caught_up {
        let share = progress.bytes_done as f32 / progress.bytes_total.max(1) as f32;
        let bar = egui::ProgressBar::new(share)
            .desired_width(140.0)
            .text("reading");
        ui.add(bar);
        return;
    }
    let problems = problems(app);
    ui.label(RichText::new("following").weak())
        .on_hover_text(format!("{} is watched for new records", session.name));
    if app.is_building() {
        ui.label(RichText::new("drawing").weak());
    }
    if !problems.is_empty() {
        let text = if problems.len() == 1 {
            "1 note".to_owned()
        } else {
            format!("{} notes", problems.len())
        };
        ui.menu_button(text, |ui| {
            ui.set_min_width(420.0);
            for problem in problems.iter().take(40) {
                ui.label(problem);
            }
            if problems.len() > 40 {
                ui.label(format!("and {} more", problems.len() - 40));
            }
        });
    }
}

/// What was left out while reading, one sentence each.
fn problems(app: &ViewerApp) -> Vec<String> {
    let of_sources = app
        .snapshot
        .runs
        .iter()
        .flat_map(|run| &run.sources)
        .filter(|source| source.state != SourceState::Ok || source.skipped > 0)
        .map(|source| format!("{}: {}", source.path.display(), source.note));
    app.snapshot
        .warnings
        .iter()
        .cloned()
        .chain(of_sources)
        .collect()
}

fn message_ui(app: &mut ViewerApp, ui: &mut egui::Ui) {
    let Some((text, failed)) = app.message.clone() else {
        return;
    };
    ui.horizontal(|ui| {
        if failed {
            ui.colored_label(ui.visuals().error_fg_color, text);
        } else {
            ui.label(text);
        }
        if ui.small_button("Dismiss").clicked() {
            app.message = None;
        }
    });
}
