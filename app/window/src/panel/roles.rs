//! The series that the views use as loss, learning rate, gradient norm and reward: why, and another choice.

use egui::{ComboBox, RichText, Ui, WidgetInfo};
use trainscape_run::{Role, role_of_key};

use super::shortened::shortened;
use crate::{
    command::Command,
    role_choices::{OFFERED, RoleChoice},
    state::State,
};

/// Keys that a list shows; the others are in the tree of series.
const MOST_LISTED: usize = 200;
const LABEL_PT: f32 = 92.0;

/// One selector for each role.
pub(super) fn show(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    for (role, name) in OFFERED {
        ui.horizontal(|ui| {
            let label = ui.label(name);
            let missing = LABEL_PT - label.rect.width();
            ui.add_space(missing.max(0.0));
            selector_ui(state, ui, role, name, commands);
        });
    }
}

fn selector_ui(state: &State, ui: &mut Ui, role: Role, name: &str, commands: &mut Vec<Command>) {
    let choice = state.shared.roles.get(role);
    let used = state.series.of_roles.get(&role);
    let shown = match (used, choice) {
        (Some(used), _) => &*used.key,
        (None, Some(_)) => "None",
        (None, None) if state.series.rows.is_empty() => "No series logged",
        (None, None) => "Not found",
    };
    // The arrow takes a part of the width.
    let text = RichText::new(shortened(shown, ui.available_width() - 30.0));
    let text = match (choice, used) {
        (Some(_), _) => text.strong(),
        (None, Some(_)) => text,
        (None, None) => text.weak(),
    };
    let combo = ComboBox::from_id_salt(("role", name))
        .width(ui.available_width())
        .truncate()
        .selected_text(text)
        .show_ui(ui, |ui| {
            if let Some(choice) = entries_ui(state, ui, role) {
                commands.push(Command::SetRole(role, choice));
            }
        });
    combo.response.widget_info(|| {
        let mut info = WidgetInfo::labeled(egui::Role::ComboBox, true, name);
        info.current_text_value = Some(shown.to_owned());
        info
    });
    combo.response.on_hover_text(reason(state, role, name));
}

/// The entries of a list; returns the choice that was clicked.
fn entries_ui(state: &State, ui: &mut Ui, role: Role) -> Option<Option<RoleChoice>> {
    let choice = state.shared.roles.get(role);
    let mut clicked = None;
    if ui.selectable_label(choice.is_none(), "Auto").clicked() {
        clicked = Some(None);
    }
    let is_none = choice == Some(&RoleChoice::Nothing);
    if ui.selectable_label(is_none, "None").clicked() {
        clicked = Some(Some(RoleChoice::Nothing));
    }
    ui.separator();
    // Those that have the role come first.
    let rows = &state.series.rows;
    let of_role = rows.iter().filter(|row| row.role == Some(role));
    let others = rows.iter().filter(|row| row.role != Some(role));
    for row in of_role.chain(others).take(MOST_LISTED) {
        let this = RoleChoice::Key(row.key.to_string());
        let is_chosen = choice == Some(&this);
        if ui.selectable_label(is_chosen, row.key.as_ref()).clicked() {
            clicked = Some(Some(this));
        }
    }
    if rows.len() > MOST_LISTED {
        let more = rows.len() - MOST_LISTED;
        ui.weak(format!("{more} more in the list of series below"));
    }
    clicked
}

/// Why the views use a series for a role, in sentences.
fn reason(state: &State, role: Role, name: &str) -> String {
    let choice = state.shared.roles.get(role);
    let Some(used) = state.series.of_roles.get(&role) else {
        return match choice {
            Some(RoleChoice::Nothing) => format!("{name}: none, as chosen here."),
            _ if state.series.rows.is_empty() => format!("{name}: no series is logged."),
            _ => format!("{name}: no series has a name that suggests it. Choose one here."),
        };
    };
    let key = used.key.as_ref();
    let chosen = Some(&RoleChoice::Key(key.to_owned()));
    let on_command_line = state.options.open.roles.get(key) == Some(&role);
    let why = if choice == chosen {
        "chosen here"
    } else if on_command_line {
        "given on the command line"
    } else if role_of_key(key) == Some(role) {
        "its name suggests it"
    } else {
        "declared by the log"
    };
    let mut text = format!("{name}: {key} ({why}).");
    if used.runs_with_others > 0 {
        let (runs, others) = (used.runs, used.runs_with_others);
        text += &format!(" {runs} runs use it, {others} another series.");
    }
    text
}
