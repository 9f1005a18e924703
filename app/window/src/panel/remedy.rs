//! A tile without a figure: what is missing, and what the user can do about it.

use egui::{Align2, ComboBox, Pos2, Rect, Vec2};
use trainscape_run::Role;
use trainscape_views::{NO_RUNS, Remedy, Value};

use super::shortened;
use crate::{
    command::Command,
    pane::Pane,
    role_choices::{self, RoleChoice},
    state::State,
};

/// Recent folders that an empty window offers.
const MOST_RECENT: usize = 6;

pub(crate) fn show(
    state: &State,
    pane: &Pane,
    ui: &mut egui::Ui,
    rect: Rect,
    commands: &mut Vec<Command>,
) {
    let (text, remedy) = text_and_remedy(state, pane);
    let font = egui::TextStyle::Body.resolve(ui.style());
    let width = (rect.width() - 40.0).clamp(100.0, 460.0);
    let galley = ui
        .painter()
        .layout(text, font, ui.visuals().text_color(), width);
    // A label rather than only paint, so that screen readers find it.
    let at = Align2::CENTER_CENTER.anchor_size(rect.center(), galley.size());
    let below = at.bottom() + 12.0;
    ui.put(at, egui::Label::new(galley));
    if let Some(remedy) = remedy {
        let place = Rect::from_min_size(
            Pos2::new(rect.center().x - 150.0, below),
            Vec2::new(300.0, 240.0),
        );
        let mut inner = ui.new_child(
            egui::UiBuilder::new()
                .max_rect(place)
                .layout(egui::Layout::top_down(egui::Align::Center)),
        );
        remedy_ui(state, pane, &mut inner, remedy, commands);
    }
}

/// Why there is no figure, and what would help.
fn text_and_remedy(state: &State, pane: &Pane) -> (String, Option<Remedy>) {
    if let Some(problem) = &pane.problem {
        let title = pane.view.title();
        let text = &role_choices::reason(&problem.text, problem.remedy, &state.shared.roles);
        let text = if problem.remedy == Some(Remedy::DrawAll) && text == NO_RUNS {
            NO_RUNS.to_owned()
        } else if text.starts_with("needs ") {
            format!("{title} {text}.")
        } else {
            format!("{title} cannot be drawn: {text}.")
        };
        (text, problem.remedy)
    } else if state.open.is_none() {
        let text = "Open a run folder (Ctrl+O) or drop one here.".to_owned();
        (text, Some(Remedy::OpenFolder))
    } else if state.snapshot.runs.is_empty() && state.snapshot.progress.caught_up {
        (state.contents.text.clone(), Some(Remedy::OpenFolder))
    } else {
        ("Loading…".to_owned(), None)
    }
}

fn remedy_ui(
    state: &State,
    pane: &Pane,
    ui: &mut egui::Ui,
    remedy: Remedy,
    commands: &mut Vec<Command>,
) {
    match remedy {
        Remedy::OpenFolder => {
            if ui.button("Open a folder…").clicked() {
                commands.push(Command::OpenFolder);
            }
            if state.snapshot.runs.is_empty() {
                others_ui(state, ui, commands);
            }
        }
        Remedy::DrawAll => {
            if ui.button("Show all runs and steps").clicked() {
                commands.extend([Command::AllRuns, Command::AllSteps]);
            }
        }
        Remedy::NameAxes => {
            if ui.button("Name the axes of an array").clicked() {
                commands.push(Command::OpenSettingsPanel);
            }
        }
        Remedy::SetRole(role) => role_ui(state, ui, role, commands),
        Remedy::SetControl(name) => {
            let Some(control) = pane.view.control(name) else {
                return;
            };
            let title = format!("Choose: {}", control.label);
            if let Some(key) = choose_key(ui, &title, pane.choices.names_for(control)) {
                let value = Some(Value::Text(key));
                commands.push(Command::SetControl(pane.id, control.name, value));
            }
        }
    }
}

/// What else can be opened in an empty window: the demo, and what was open before.
fn others_ui(state: &State, ui: &mut egui::Ui, commands: &mut Vec<Command>) {
    if state.options.demo.is_some() && ui.button("Open the demo").clicked() {
        commands.push(Command::OpenDemo);
    }
    let recent = &state.preferences.recent;
    if recent.is_empty() {
        return;
    }
    ui.add_space(8.0);
    ui.weak("Recent");
    for path in recent.iter().take(MOST_RECENT) {
        let text = path.display().to_string();
        let link = ui.link(shortened::in_the_middle(&text, 290.0));
        link.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Link, true, &text));
        if link.on_hover_text(&text).clicked() {
            commands.push(Command::OpenPaths(vec![path.clone()]));
        }
    }
}

fn role_ui(state: &State, ui: &mut egui::Ui, role: Role, commands: &mut Vec<Command>) {
    let rows = state.series.rows.iter();
    let keys: Vec<String> = rows.map(|row| row.key.to_string()).collect();
    let title = format!("Which series is the {}?", role.name().replace('_', " "));
    if let Some(key) = choose_key(ui, &title, &keys) {
        let choice = Some(RoleChoice::Key(key));
        commands.push(Command::SetRole(role, choice));
    }
}

fn choose_key(ui: &mut egui::Ui, title: &str, keys: &[String]) -> Option<String> {
    let mut chosen = None;
    let combo = ComboBox::from_id_salt(title)
        .width(260.0)
        .selected_text(title)
        .show_ui(ui, |ui| {
            for key in keys {
                if ui.selectable_label(false, key).clicked() {
                    chosen = Some(key.clone());
                }
            }
        });
    combo
        .response
        .widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, title));
    chosen
}
