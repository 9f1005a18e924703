//! A tile without a figure: what is missing, and what the user can do about it.

use std::{collections::BTreeSet, sync::Arc};

use egui::{Align2, ComboBox, Pos2, Rect, Vec2};
use trainscape_run::{Role, Run};
use trainscape_views::Remedy;

use crate::{command::Command, pane::Pane, state::State};

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
            Vec2::new(300.0, 60.0),
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
        let (title, text) = (pane.view.title(), &problem.text);
        let text = if text.starts_with("needs ") {
            format!("{title} {text}.")
        } else {
            format!("{title} cannot be drawn: {text}.")
        };
        (text, problem.remedy)
    } else if state.open.is_none() {
        let text = "Open a run folder (Ctrl+O) or drop one here.".to_owned();
        (text, Some(Remedy::OpenFolder))
    } else if state.snapshot.runs.is_empty() && state.snapshot.progress.caught_up {
        let text = "No records yet. The folder is watched for new ones.".to_owned();
        (text, None)
    } else {
        ("Reading…".to_owned(), None)
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
        }
        Remedy::DrawAll => {
            if ui.button("Draw all runs and steps").clicked() {
                commands.extend([Command::AllRuns, Command::AllSteps]);
            }
        }
        Remedy::NameAxes => {
            if ui.button("Name the axes of an array").clicked() {
                commands.push(Command::OpenSettingsPanel);
            }
        }
        Remedy::SetRole(role) => role_ui(state, ui, role, commands),
        Remedy::ChooseSecond => {
            let keys = second_keys(state);
            let chosen = choose_key(ui, "Choose a key for the y axis", &keys);
            if chosen.is_some() {
                let mut settings = Box::new(pane.settings.clone());
                settings.second = chosen;
                commands.push(Command::SetSettings(pane.id, settings));
            }
        }
    }
}

fn role_ui(state: &State, ui: &mut egui::Ui, role: Role, commands: &mut Vec<Command>) {
    let rows = state.series.rows.iter();
    let keys: Vec<String> = rows.map(|row| row.key.to_string()).collect();
    let title = format!("Which series is the {}?", role.name().replace('_', " "));
    if let Some(key) = choose_key(ui, &title, &keys) {
        commands.push(Command::SetRole(key, Some(role)));
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

/// Keys for the y axis of the loss surface, other than the learning rate.
pub(super) fn second_keys(state: &State) -> Vec<String> {
    // Configuration values that differ between runs, and what runs log in addition to the loss.
    let mut keys: BTreeSet<String> = BTreeSet::new();
    if let Some(first) = state.snapshot.runs.first() {
        for (key, value) in first
            .config
            .iter()
            .filter(|(_, value)| value.as_f64().is_some())
        {
            let differs = |run: &Arc<Run>| run.config.get(key) != Some(value);
            if state.snapshot.runs.iter().any(differs) {
                keys.insert(key.clone());
            }
        }
        let role = |key| first.roles.get(key).copied();
        let logged = first
            .series
            .keys()
            .filter(|key| !matches!(role(*key), Some(Role::Loss | Role::LayerGradientNorm)));
        keys.extend(logged.map(ToString::to_string));
    }
    keys.into_iter().collect()
}
