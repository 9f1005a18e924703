//! The settings of the views of trajectories, landscapes, importance and files of views.

use egui::{ComboBox, RichText, Slider};
use trainscape_views::ViewKind;

use super::draft::SettingsDraft;
use crate::command::Command;

/// What the view at hand draws, where that can be chosen.
pub(crate) fn show(app: &mut SettingsDraft<'_>, ui: &mut egui::Ui) {
    match app.pane.view {
        ViewKind::RewardLandscape | ViewKind::TrainingDynamics => trajectory_ui(app, ui),
        ViewKind::LossLandscape => landscape_ui(app, ui),
        ViewKind::Importance => importance_ui(app, ui),
        ViewKind::Custom => custom_ui(app, ui),
        _ => return,
    }
    ui.separator();
}

/// A list of keys with the view's own choice on top; true where another one was chosen.
fn key_ui(ui: &mut egui::Ui, label: &str, chosen: &mut Option<String>, keys: &[String]) -> bool {
    let before = chosen.clone();
    let shown = chosen.as_deref().unwrap_or("by the view").to_owned();
    ComboBox::new(("key", label), label)
        .width(130.0)
        .truncate()
        .selected_text(shown)
        .show_ui(ui, |ui| {
            ui.selectable_value(chosen, None, "by the view");
            for key in keys {
                ui.selectable_value(chosen, Some(key.clone()), key);
            }
        });
    *chosen != before
}

fn trajectory_ui(app: &mut SettingsDraft<'_>, ui: &mut egui::Ui) {
    ui.heading(app.pane.view.title());
    let mut keys = vec!["step".to_owned(), "wall_time".to_owned()];
    keys.extend(app.pane.choices.series.iter().cloned());
    let settings = &mut app.settings;
    let trajectory = if app.pane.view == ViewKind::RewardLandscape {
        &mut settings.reward
    } else {
        &mut settings.dynamics
    };
    key_ui(ui, "along x", &mut trajectory.x, &keys);
    key_ui(ui, "along y", &mut trajectory.y, &keys);
    key_ui(ui, "as height", &mut trajectory.z, &keys);
    key_ui(ui, "as colour", &mut trajectory.colour, &keys);
    ui.checkbox(&mut trajectory.surface, "Surface through the points");
    ui.checkbox(&mut trajectory.arrows, "Arrows of time");
}

fn landscape_ui(app: &mut SettingsDraft<'_>, ui: &mut egui::Ui) {
    ui.heading(app.pane.view.title());
    let keys = app.pane.choices.keys.clone();
    if key_ui(ui, "grid", &mut app.settings.landscape.grid, &keys) {
        app.commands.push(Command::ClearNotesOfView);
    }
}

fn importance_ui(app: &mut SettingsDraft<'_>, ui: &mut egui::Ui) {
    ui.heading(app.pane.view.title());
    ui.label(RichText::new("Metrics that are explained").weak());
    let keys = app.pane.choices.keys.clone();
    let metrics = &mut app.settings.importance.metrics;
    if ui
        .selectable_label(metrics.is_empty(), "by the view")
        .clicked()
    {
        metrics.clear();
    }
    egui::ScrollArea::vertical()
        .id_salt("metrics")
        .max_height(160.0)
        .show(ui, |ui| {
            for key in keys {
                let mut chosen = metrics.contains(&key);
                if ui.checkbox(&mut chosen, &key).changed() {
                    metrics.retain(|metric| *metric != key);
                    if chosen {
                        metrics.push(key);
                    }
                }
            }
        });
}

fn custom_ui(app: &mut SettingsDraft<'_>, ui: &mut egui::Ui) {
    ui.heading(app.pane.view.title());
    let names = app.pane.choices.custom.clone();
    let chosen = &mut app.settings.custom.name;
    let shown = chosen.clone().or_else(|| names.first().cloned());
    ComboBox::new("custom view", "view")
        .width(150.0)
        .truncate()
        .selected_text(shown.clone().unwrap_or_default())
        .show_ui(ui, |ui| {
            for name in names {
                let is_shown = Some(&name) == shown.as_ref();
                if ui.selectable_label(is_shown, &name).clicked() {
                    *chosen = Some(name);
                }
            }
        });
    ui.label(RichText::new("Read from the [[view]] tables of trainscape.toml").weak());
}

/// The opacity of what is drawn with area.
pub(crate) fn opacity_ui(app: &mut SettingsDraft<'_>, ui: &mut egui::Ui) {
    let Some(scene) = app.pane.scene() else {
        return;
    };
    let shown = scene
        .surfaces
        .iter()
        .map(|surface| surface.opacity)
        .chain(scene.clouds.iter().map(|cloud| cloud.opacity))
        .chain(scene.meshes.iter().map(|mesh| mesh.opacity))
        .next();
    let Some(mut opacity) = app.settings.opacity.or(shown) else {
        return;
    };
    if ui
        .add(Slider::new(&mut opacity, 0.05..=1.0).text("opacity"))
        .changed()
    {
        app.settings.opacity = Some(opacity);
    }
}
