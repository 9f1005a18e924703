//! The settings of the focused tile: one widget for each control of its view, made from the control's row.

use egui::{Align, DragValue, Layout, ScrollArea, Ui, WidgetInfo};
use lucide_icons::Icon;
use trainscape_scene::{
    axis::{Axis, Scale},
    camera::Projection,
    scene::Scene,
};
use trainscape_views::{Control, Kind, Section, Value, ViewSettings, common};

use super::{
    array_axes, bookmarks,
    control::{Change, Row},
    control_row, icon, projection,
};
use crate::{
    command::{Command, Direction},
    pane::Pane,
    state::State,
};

/// The sections in their order, with their headings; the first has the view's title.
const SECTIONS: [(Section, &str); 3] = [
    (Section::View, ""),
    (Section::Axes, "Axes"),
    (Section::Appearance, "Appearance"),
];

/// Room that the scroll bar takes while the pointer is near.
const SCROLL_BAR_PT: f32 = 6.0;
/// Width of the panel.
const WIDTH_PT: f32 = 262.0;

pub(crate) fn show(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let panel = egui::Panel::right("settings")
        .resizable(false)
        .exact_size(WIDTH_PT);
    panel.show(ui, |ui| {
        ScrollArea::vertical()
            .auto_shrink([false, false])
            .show(ui, |ui| {
                // Rows fill the width that there is; none may widen it for the rows below.
                ui.set_max_width(ui.available_width() - SCROLL_BAR_PT);
                ui.add_space(4.0);
                view_ui(state, ui, commands);
                ui.heading("Camera");
                camera_ui(state, ui, commands);
                bookmarks::show(state, ui, commands);
            });
    });
}

/// The controls of the view.
fn view_ui(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let pane = state.panes.focused();
    let settings = pane.view_settings();
    for (section, heading) in SECTIONS {
        let controls: Vec<&'static Control> = pane
            .view
            .controls()
            .iter()
            .copied()
            .filter(|control| control.section == section && pane.shows_control(control))
            .collect();
        if controls.is_empty() {
            continue;
        }
        if section == Section::View {
            ui.horizontal(|ui| {
                ui.heading(pane.view.title());
                let to_the_right = Layout::right_to_left(Align::Center);
                ui.with_layout(to_the_right, |ui| {
                    let reset = Command::ResetSettings;
                    icon::button(ui, Icon::RotateCcw, reset, commands);
                });
            });
            array_axes::show(pane, ui, commands);
        } else {
            ui.heading(heading);
        }
        for control in controls {
            let before = ui.cursor().top();
            control_ui(pane, &settings, control, ui, commands);
            let now_secs = ui.input(|input| input.time);
            let framed = state.panels.framed_control;
            if framed.is_some_and(|(name, until)| name == control.name && now_secs < until) {
                let rect = row_rect(ui, before).expand2(egui::vec2(3.0, 0.0));
                let line = ui.visuals().selection.bg_fill;
                let line = egui::Stroke::new(2.0, line);
                ui.painter()
                    .rect_stroke(rect, 4.0, line, egui::StrokeKind::Outside);
            }
            if state.panels.shown_control == Some(control.name) {
                scroll_to(ui, before);
                commands.push(Command::ControlShown);
            }
        }
        if section == Section::View {
            projection::show(state, ui, commands);
        }
        ui.separator();
    }
}

/// Scrolls to the control that begins at `top`.
fn scroll_to(ui: &Ui, top: f32) {
    ui.scroll_to_rect(row_rect(ui, top), Some(Align::Center));
}

/// The rows since `top`.
fn row_rect(ui: &Ui, top: f32) -> egui::Rect {
    let bottom = ui.cursor().top() - ui.spacing().item_spacing.y;
    egui::Rect::from_x_y_ranges(ui.max_rect().x_range(), top..=bottom.max(top))
}

fn control_ui(
    pane: &Pane,
    settings: &ViewSettings,
    control: &'static Control,
    ui: &mut Ui,
    commands: &mut Vec<Command>,
) {
    let value = pane.settings.get(pane.view, control);
    let change = if control.kind == Kind::Ranges {
        let scene = pane.scene();
        scene.and_then(|scene| ranges_ui(ui, control, settings.ranges(), &scene.axes))
    } else {
        let row = Row {
            control,
            value,
            chosen: pane
                .scene()
                .and_then(|scene| chosen_by(pane, settings, control, scene)),
            names: pane.choices.names_for(control),
            limit: pane.choices.limits.get(control.name).copied(),
        };
        row.show(ui)
    };
    let set = |value| Command::SetControl(pane.id, control.name, value);
    match change {
        Some(Change::Set(value)) => commands.push(set(Some(value))),
        Some(Change::Reset) => commands.push(set(None)),
        Some(Change::Confirm) => commands.push(Command::MoveCameraToFound),
        None => {}
    }
}

/// What the view chose for a control that was not set, as its scene shows.
fn chosen_by(
    pane: &Pane,
    settings: &ViewSettings,
    control: &Control,
    scene: &Scene,
) -> Option<Value> {
    if let Some(chosen) = scene.chosen.get(control.name) {
        return Some(Value::from(chosen));
    }
    match control.kind {
        Kind::Colours => {
            let bar = scene.colour_bar.as_ref().map(|bar| bar.map);
            let map = bar.unwrap_or_else(|| pane.view.default_colours(settings));
            Some(Value::from(map.name()))
        }
        Kind::Scales(_) => {
            let scales = [0, 1, 2].map(|axis: usize| Some(scene.axes[axis].scale.is_logarithmic()));
            Some(Value::Scales(scales))
        }
        Kind::Key { .. } if control.section == Section::Axes => {
            let labels = common::AXIS_LABELS;
            let axis = labels.iter().position(|label| *label == control.label);
            let bar = || scene.colour_bar.as_ref().map(|bar| &bar.axis);
            let shown = match axis {
                Some(axis) => Some(&scene.axes[axis]),
                None if control.label == common::COLOUR_BY_LABEL => bar(),
                None => None,
            }?;
            (!shown.title.is_empty()).then(|| Value::from(shown.title.as_str()))
        }
        // A view of arrays or media draws one of them.
        Kind::Key { .. } if control.section == Section::View && scene.keys.len() == 1 => {
            let mut keys = scene.keys.values();
            keys.next().map(|key| Value::from(key.as_str()))
        }
        _ if control.name == common::FLOOR.name => {
            let surfaces = scene
                .surfaces
                .iter()
                .map(|surface| surface.floor_projection);
            let clouds = scene.clouds.iter().map(|cloud| cloud.floor_projection);
            let shown = surfaces.chain(clouds).any(|shown| shown);
            Some(Value::Switch(shown))
        }
        _ if control.name == common::OPACITY.name => {
            let surfaces = scene.surfaces.iter().map(|surface| surface.opacity);
            let clouds = scene.clouds.iter().map(|cloud| cloud.opacity);
            let meshes = scene.meshes.iter().map(|mesh| mesh.opacity);
            let opacity = surfaces.chain(clouds).chain(meshes).next()?;
            Some(Value::Number(f64::from(opacity)))
        }
        _ => None,
    }
}

/// Fixed ends of the axes.
fn ranges_ui(
    ui: &mut Ui,
    control: &Control,
    mut ranges: [Option<[f64; 2]>; 3],
    axes: &[Axis; 3],
) -> Option<Change> {
    let mut changed = false;
    ui.collapsing(control.label, |ui| {
        for (index, axis) in axes.iter().enumerate() {
            if !matches!(axis.scale, Scale::Category(_)) {
                changed |= range_ui(ui, index, axis, &mut ranges[index]);
            }
        }
    });
    changed.then_some(Change::Set(Value::Ranges(ranges)))
}

fn range_ui(ui: &mut Ui, index: usize, axis: &Axis, range: &mut Option<[f64; 2]>) -> bool {
    let letter = ["x", "y", "z"][index];
    let mut fixed = range.is_some();
    let [low, high] = range.unwrap_or([axis.low, axis.high]);
    let mut ends = [low.max(axis.low.min(low)), high];
    for (end, shown) in ends.iter_mut().zip([axis.low, axis.high]) {
        if !end.is_finite() {
            *end = shown;
        }
    }
    ui.horizontal(|ui| {
        let tick = ui.checkbox(&mut fixed, letter).on_hover_text(&axis.title);
        tick.widget_info(|| {
            let name = format!("Fixed range of {letter}");
            WidgetInfo::selected(egui::Role::CheckBox, true, fixed, name)
        });
        let speed = (ends[1] - ends[0]).abs() / 200.0;
        let mut changed = tick.changed();
        for (end, name) in ends.iter_mut().zip(["Low", "High"]) {
            let value = ui.add_enabled(fixed, DragValue::new(end).speed(speed));
            value.widget_info(|| {
                let name = format!("{name} end of {letter}");
                WidgetInfo::labeled(egui::Role::SpinButton, fixed, name)
            });
            changed |= value.changed();
        }
        if changed {
            *range = fixed.then_some(ends);
        }
        changed
    })
    .inner
}

fn camera_ui(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    ui.horizontal_wrapped(|ui| {
        for (label, command) in [
            ("Reset", Command::ResetCamera),
            ("Front", Command::LookFrom(Direction::Front)),
            ("Side", Command::LookFrom(Direction::Side)),
            ("Top", Command::LookFrom(Direction::Top)),
        ] {
            if ui.button(label).on_hover_text(command.tooltip()).clicked() {
                commands.push(command);
            }
        }
    });
    let (shared, preferences) = (&state.shared, &state.preferences);
    let is_orthographic = shared.projection == Projection::Orthographic;
    for (label, is_on, command) in [
        ("Orthographic", is_orthographic, Command::ToggleProjection),
        ("Free orbit", shared.free_orbit, Command::ToggleFreeOrbit),
        ("Inertia", preferences.inertia, Command::ToggleInertia),
        (
            "Camera motion",
            preferences.animate,
            Command::ToggleCameraAnimation,
        ),
    ] {
        if control_row::switch(ui, label, &command.tooltip(), is_on, |_| ()).is_some() {
            commands.push(command);
        }
    }
}
