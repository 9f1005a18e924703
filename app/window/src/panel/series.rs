//! The series that the views use, and below them the tree of all series.

use egui::{
    Align, Label, Layout, Rect, RichText, ScrollArea, Sense, Shape, Stroke, Ui, WidgetInfo,
    containers::menu::MenuButton,
};
use lucide_icons::Icon;
use trainscape_run::Role;

use super::{icon, roles, shortened::shortened};
use crate::{
    command::Command,
    key_tree::{TreeContent, TreeRow},
    role_choices::{OFFERED, RoleChoice},
    state::State,
};

const INDENT_PT: f32 = 12.0;

pub(super) fn show(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    ui.horizontal(|ui| {
        ui.heading("Series");
        ui.label(RichText::new(state.series.rows.len().to_string()).weak());
    });
    roles::show(state, ui, commands);
    ui.separator();
    let rows = &state.series.visible;
    let row_height = ui.spacing().interact_size.y;
    ScrollArea::vertical()
        .id_salt("series list")
        .auto_shrink([false, false])
        .show_rows(ui, row_height, rows.len(), |ui, shown| {
            for row in &rows[shown] {
                row_ui(state, ui, row, commands);
            }
        });
}

fn row_ui(state: &State, ui: &mut Ui, row: &TreeRow, commands: &mut Vec<Command>) {
    let size = egui::vec2(ui.available_width(), ui.spacing().interact_size.y);
    ui.allocate_ui_with_layout(
        size,
        Layout::right_to_left(Align::Center),
        |ui| match &row.content {
            TreeContent::Group {
                path,
                keys,
                is_open,
            } => {
                ui.weak(keys.to_string());
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    ui.add_space(row.depth as f32 * INDENT_PT);
                    group_ui(ui, &row.label, path, *is_open, commands);
                });
            }
            TreeContent::Series { key, points } => {
                let dots = icon::text(Icon::EllipsisVertical, 13.0).weak();
                let dots = egui::Button::new(dots).frame_when_inactive(false);
                let (response, _) =
                    MenuButton::from_button(dots).ui(ui, |ui| use_as_ui(ui, key, commands));
                let name = format!("Use {key} as");
                response.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, &name));
                response.on_hover_text("Use this series as …");
                if let Some(role) = role_of(state, key) {
                    ui.weak(role);
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    ui.add_space(row.depth as f32 * INDENT_PT + INDENT_PT);
                    let text = shortened(&row.label, ui.available_width());
                    let label = ui.add(Label::new(text).truncate().sense(Sense::click()));
                    label.context_menu(|ui| use_as_ui(ui, key, commands));
                    label.on_hover_text(format!("{key}: {points} points"));
                });
            }
        },
    );
}

fn group_ui(ui: &mut Ui, label: &str, path: &str, is_open: bool, commands: &mut Vec<Command>) {
    let text = shortened(label, ui.available_width() - INDENT_PT);
    let (arrow, _) = ui.allocate_exact_size(egui::vec2(INDENT_PT, INDENT_PT), Sense::hover());
    paint_arrow(ui, arrow, is_open);
    let button = ui.add(egui::Button::new(text).frame(false));
    button.widget_info(|| {
        let name = format!("Series in {path}");
        WidgetInfo::selected(egui::Role::Button, true, is_open, name)
    });
    if button.on_hover_text(path).clicked() {
        commands.push(Command::ToggleSeriesGroup(path.to_owned()));
    }
}

/// A triangle that points down where the group is open, and to the right where it is closed.
fn paint_arrow(ui: &Ui, rect: Rect, is_open: bool) {
    let rect = Rect::from_center_size(rect.center(), egui::vec2(7.0, 7.0));
    let corners = if is_open {
        vec![rect.left_top(), rect.right_top(), rect.center_bottom()]
    } else {
        vec![rect.left_top(), rect.right_center(), rect.left_bottom()]
    };
    let colour = ui.visuals().weak_text_color();
    ui.painter()
        .add(Shape::convex_polygon(corners, colour, Stroke::NONE));
}

/// The entries that give a series a role.
fn use_as_ui(ui: &mut Ui, key: &str, commands: &mut Vec<Command>) {
    if ui.button("Show on the timeline").clicked() {
        commands.push(Command::ShowOnTimeline(Some(key.to_owned())));
        ui.close();
    }
    ui.separator();
    for (role, name) in OFFERED {
        if ui
            .button(format!("Use as {}", name.to_lowercase()))
            .clicked()
        {
            let choice = RoleChoice::Key(key.to_owned());
            commands.push(Command::SetRole(role, Some(choice)));
            ui.close();
        }
    }
}

/// The role that the views use a series for.
fn role_of(state: &State, key: &str) -> Option<&'static str> {
    let uses = |role: Role| state.series.of_roles.get(&role);
    let mut offered = OFFERED.into_iter();
    let (_, name) = offered.find(|(role, _)| uses(*role).is_some_and(|used| *used.key == *key))?;
    Some(name)
}
