//! The view's settings.

use std::collections::BTreeSet;

use egui::{ComboBox, DragValue, RichText, ScrollArea, Slider};
use trainscape_compute::Method;
use trainscape_run::Role;
use trainscape_scene::{axis::Scale, camera::Projection, colour::ColourMap};
use trainscape_views::{ActivationsShow, ViewKind, ViewSettings, XAxis};

use super::{button::checkbox, draft::SettingsDraft};
use super::{remedy, tensors, views};
use crate::{
    command::{Command, Direction},
    state::State,
};

pub(crate) fn show(state: &State, ui: &mut egui::Ui, commands: &mut Vec<Command>) {
    let mut draft = SettingsDraft::new(state, commands);
    let app = &mut draft;
    let panel = egui::Panel::right("settings")
        .default_size(230.0)
        .size_range(190.0..=360.0);
    panel.show(ui, |ui| {
        ScrollArea::vertical()
            .auto_shrink([false, false])
            .show(ui, |ui| {
                ui.add_space(4.0);
                views::show(app, ui);
                tensors::show(app, ui);
                ui.heading("Camera");
                camera_ui(app, ui);
                ui.separator();
                if !log_axes(app).is_empty() {
                    ui.heading("Axes");
                    axes_ui(app, ui);
                    ui.separator();
                }
                ui.heading("Appearance");
                look_ui(app, ui);
                if app.pane.view == ViewKind::GradientFlow {
                    ui.separator();
                    ui.heading("Gradient flow");
                    gradient_ui(app, ui);
                }
                ui.separator();
                if ui
                    .button("Defaults")
                    .on_hover_text("All settings of the view as they were")
                    .clicked()
                {
                    app.settings = ViewSettings::default();
                }
            });
    });
    draft.finish();
}

fn camera_ui(app: &mut SettingsDraft<'_>, ui: &mut egui::Ui) {
    ui.horizontal_wrapped(|ui| {
        for (label, hint, action) in [
            ("Reset", "Frame everything (R)", Command::ResetCamera),
            (
                "Front",
                "Look from the front (1)",
                Command::LookFrom(Direction::Front),
            ),
            (
                "Side",
                "Look from the side (3)",
                Command::LookFrom(Direction::Side),
            ),
            (
                "Top",
                "Look from above (7)",
                Command::LookFrom(Direction::Top),
            ),
        ] {
            if ui.button(label).on_hover_text(hint).clicked() {
                app.commands.push(action);
            }
        }
    });
    let mut orthographic = app.state.shared.projection == Projection::Orthographic;
    if ui
        .checkbox(&mut orthographic, "Orthographic")
        .on_hover_text("Sizes are kept (5)")
        .changed()
    {
        app.commands.push(Command::ToggleProjection);
    }
    let mut free = app.state.shared.free_orbit;
    if ui
        .checkbox(&mut free, "Free orbit")
        .on_hover_text("Turns past the poles; otherwise height stays upright (T)")
        .changed()
    {
        app.commands.push(Command::ToggleFreeOrbit);
    }
    ui.collapsing("Movement", |ui| {
        let preferences = &app.state.preferences;
        for (on, command) in [
            (preferences.inertia, Command::ToggleInertia),
            (preferences.animate, Command::ToggleCameraAnimation),
        ] {
            checkbox(ui, on, command, app.commands);
        }
    });
}

/// The axes that can be logarithmic in the view at hand.
fn log_axes(app: &SettingsDraft<'_>) -> &'static [usize] {
    match app.pane.view {
        ViewKind::LossSurface
        | ViewKind::LossLandscape
        | ViewKind::RewardLandscape
        | ViewKind::TrainingDynamics
        | ViewKind::Media
        | ViewKind::Custom => &[0, 1, 2],
        ViewKind::GradientFlow => &[0, 2],
        ViewKind::Attention | ViewKind::Weights => &[2],
        ViewKind::Activations if app.settings.activations.show == ActivationsShow::Distribution => {
            &[2]
        }
        ViewKind::Embedding | ViewKind::Activations | ViewKind::Importance => &[],
    }
}

fn axes_ui(app: &mut SettingsDraft<'_>, ui: &mut egui::Ui) {
    if matches!(
        app.pane.view,
        ViewKind::LossSurface | ViewKind::GradientFlow
    ) {
        x_ui(app, ui);
    }
    if app.pane.view == ViewKind::LossSurface {
        second_ui(app, ui);
    }
    let scales: [bool; 3] = match &app.pane.built {
        Some(built) => [0, 1, 2].map(|axis| built.scene.axes[axis].scale == Scale::Log10),
        None => [false; 3],
    };
    ui.horizontal(|ui| {
        ui.label("Logarithmic");
        for &axis in log_axes(app) {
            let label = ["x", "y", "z"][axis];
            let mut log = app.settings.log[axis].unwrap_or(scales[axis]);
            let response = ui.checkbox(&mut log, label);
            response.widget_info(|| {
                let name = format!("Logarithmic {label}");
                egui::WidgetInfo::selected(egui::Role::CheckBox, true, log, name)
            });
            if response.changed() {
                app.settings.log[axis] = Some(log);
            }
        }
    });
    ui.collapsing("Ranges", |ui| ranges_ui(app, ui));
}

/// Fixed ends of the axes.
fn ranges_ui(app: &mut SettingsDraft<'_>, ui: &mut egui::Ui) {
    let Some(axes) = app.pane.scene().map(|scene| scene.axes.clone()) else {
        return;
    };
    for (index, axis) in axes.iter().enumerate() {
        if matches!(axis.scale, Scale::Category(_)) {
            continue;
        }
        let letter = ["x", "y", "z"][index];
        let range = &mut app.settings.ranges[index];
        let mut fixed = range.is_some();
        let mut ends = range.unwrap_or([axis.low, axis.high]);
        ui.horizontal(|ui| {
            let tick = ui.checkbox(&mut fixed, letter).on_hover_text(&axis.title);
            tick.widget_info(|| {
                let name = format!("Fixed range of {letter}");
                egui::WidgetInfo::selected(egui::Role::CheckBox, true, fixed, name)
            });
            let pace = (ends[1] - ends[0]).abs() / 200.0;
            let mut changed = tick.changed();
            for (end, name) in ends.iter_mut().zip(["Low", "High"]) {
                let value = ui.add_enabled(fixed, DragValue::new(end).speed(pace));
                value.widget_info(|| {
                    let name = format!("{name} end of {letter}");
                    egui::WidgetInfo::labeled(egui::Role::SpinButton, fixed, name)
                });
                changed |= value.changed();
            }
            if changed {
                *range = fixed.then_some(ends);
            }
        });
    }
}

/// What stands along the x axis of the views of series.
fn x_ui(app: &mut SettingsDraft<'_>, ui: &mut egui::Ui) {
    let keys: BTreeSet<String> = app
        .state
        .snapshot
        .runs
        .iter()
        .flat_map(|run| {
            let steps = run.roles.iter().filter(|(_, role)| **role == Role::Step);
            steps.map(|(key, _)| key.to_string())
        })
        .collect();
    let name = |x: &XAxis| match x {
        XAxis::Step => "step".to_owned(),
        XAxis::WallTime => "time".to_owned(),
        XAxis::Series(key) => key.clone(),
    };
    let choices = [XAxis::Step, XAxis::WallTime]
        .into_iter()
        .chain(keys.into_iter().map(XAxis::Series));
    ComboBox::new("x axis", "along x")
        .width(96.0)
        .selected_text(name(&app.settings.x))
        .show_ui(ui, |ui| {
            for choice in choices {
                let text = name(&choice);
                ui.selectable_value(&mut app.settings.x, choice, text);
            }
        });
}

fn second_ui(app: &mut SettingsDraft<'_>, ui: &mut egui::Ui) {
    let keys = remedy::second_keys(app.state);
    let shown = app
        .settings
        .second
        .clone()
        .unwrap_or_else(|| "learning rate".to_owned());
    ComboBox::new("second", "along y")
        .width(96.0)
        .selected_text(shown)
        .show_ui(ui, |ui| {
            ui.selectable_value(&mut app.settings.second, None, "learning rate");
            for key in keys {
                let text = key.clone();
                ui.selectable_value(&mut app.settings.second, Some(key), text);
            }
        });
}

fn look_ui(app: &mut SettingsDraft<'_>, ui: &mut egui::Ui) {
    let settings = &mut app.settings;
    let default = match app.pane.view {
        ViewKind::GradientFlow
        | ViewKind::RewardLandscape
        | ViewKind::TrainingDynamics
        | ViewKind::Embedding
        | ViewKind::Weights => ColourMap::Plasma,
        ViewKind::Activations if settings.activations.show == ActivationsShow::Values => {
            ColourMap::Coolwarm
        }
        _ => ColourMap::Viridis,
    };
    let shown = settings.map.unwrap_or(default);
    ComboBox::new("colours", "colours")
        .width(96.0)
        .selected_text(shown.name())
        .show_ui(ui, |ui| {
            for map in ColourMap::ALL {
                ui.selectable_value(&mut settings.map, Some(map), map.name());
            }
        });
    let interpolates = matches!(
        app.pane.view,
        ViewKind::LossSurface | ViewKind::RewardLandscape | ViewKind::TrainingDynamics
    );
    if interpolates {
        let name = |method: Option<Method>| match method {
            None => "by the data",
            Some(Method::Linear) => "linear",
            Some(Method::Nearest) => "nearest",
            Some(Method::Rbf { .. }) => "thin-plate",
        };
        let rbf = Method::Rbf {
            neighbours: 48,
            smoothing: 1e-6,
        };
        let shown = name(settings.method);
        ComboBox::new("method", "interpolation")
            .width(96.0)
            .selected_text(shown)
            .show_ui(ui, |ui| {
                for method in [None, Some(Method::Linear), Some(Method::Nearest), Some(rbf)] {
                    ui.selectable_value(&mut settings.method, method, name(method));
                }
            });
    }
    let averages = interpolates || app.pane.view == ViewKind::GradientFlow;
    if averages {
        smoothing_ui(settings, ui);
    }
    let has_surfaces = averages
        || app
            .pane
            .built
            .as_ref()
            .is_some_and(|built| !built.scene.surfaces.is_empty());
    if has_surfaces {
        ui.add(Slider::new(&mut settings.shading, 0.0..=1.0).text("shading"));
        ui.checkbox(&mut settings.contours, "Contours");
        ui.checkbox(&mut settings.wireframe, "Mesh lines");
    }
    if averages {
        ui.checkbox(&mut settings.samples, "Samples");
    }
    let shown = app.pane.built.as_ref().is_some_and(|built| {
        let scene = &built.scene;
        let of_surfaces = scene
            .surfaces
            .iter()
            .map(|surface| surface.floor_projection);
        let of_clouds = scene.clouds.iter().map(|cloud| cloud.floor_projection);
        of_surfaces.chain(of_clouds).any(|on_floor| on_floor)
    });
    let mut floor = settings.floor_projection.unwrap_or(shown);
    if ui.checkbox(&mut floor, "Projection on the floor").changed() {
        settings.floor_projection = Some(floor);
    }
    if interpolates {
        ui.checkbox(&mut settings.group_seeds, "Mean and deviation over seeds")
            .on_hover_text("Runs that differ in nothing but their seed are drawn as one");
    }
    views::opacity_ui(app, ui);
}

fn smoothing_ui(settings: &mut ViewSettings, ui: &mut egui::Ui) {
    let mut own = settings.smoothing.is_some();
    let mut window = settings.smoothing.unwrap_or(9);
    if ui
        .checkbox(&mut own, "Own smoothing")
        .on_hover_text("Otherwise the view's choice")
        .changed()
    {
        settings.smoothing = own.then_some(window);
    }
    if own {
        let slider = Slider::new(&mut window, 1..=501)
            .logarithmic(true)
            .text("points");
        if ui.add(slider).changed() {
            settings.smoothing = Some(window);
        }
    }
}

fn gradient_ui(app: &mut SettingsDraft<'_>, ui: &mut egui::Ui) {
    let settings = &mut app.settings;
    ui.checkbox(&mut settings.per_parameter, "A row for each parameter");
    ui.label(RichText::new("Flagged cells").weak());
    let exponent = |ui: &mut egui::Ui, value: &mut f64, text: &str| {
        let mut exponent = value.log10();
        let slider = Slider::new(&mut exponent, -12.0..=6.0)
            .text(text)
            .custom_formatter(|exponent, _| format!("1e{exponent:.0}"))
            .step_by(1.0);
        if ui.add(slider).changed() {
            *value = 10_f64.powf(exponent.round());
        }
    };
    exponent(ui, &mut settings.vanishing_below, "vanishing");
    exponent(ui, &mut settings.exploding_above, "exploding");
}
