//! A tile without a figure: what is missing, and the action that would bring it.

use egui::{Align2, ComboBox, Pos2, Rect, Vec2};
use trainscape_run::Role;
use trainscape_views::Remedy;

use crate::{app::ViewerApp, keys::Action};

/// What stands there when there is nothing to draw: why, and what would help.
pub(crate) fn show(app: &mut ViewerApp, ui: &mut egui::Ui, rect: Rect) {
    let mut remedy = None;
    let text = if let Some(problem) = &app.pane.problem {
        remedy = problem.remedy;
        let (title, text) = (app.pane.view.title(), &problem.text);
        if text.starts_with("needs ") {
            format!("{title} {text}.")
        } else {
            format!("{title} cannot be drawn: {text}.")
        }
    } else if app.session.is_none() {
        remedy = Some(Remedy::OpenFolder);
        "Open a run folder (Ctrl+O) or drop one here.".to_owned()
    } else if app.snapshot.runs.is_empty() && app.snapshot.progress.caught_up {
        "Nothing is logged here yet. The window keeps watching.".to_owned()
    } else {
        "Reading…".to_owned()
    };
    let font = egui::TextStyle::Body.resolve(ui.style());
    let width = (rect.width() - 40.0).clamp(100.0, 460.0);
    let galley = ui
        .painter()
        .layout(text, font, ui.visuals().text_color(), width);
    // A label, not only paint: screen readers say it.
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
        remedy_ui(app, &mut inner, remedy);
    }
}

/// The action that would bring a figure.
fn remedy_ui(app: &mut ViewerApp, ui: &mut egui::Ui, remedy: Remedy) {
    let ctx = ui.ctx().clone();
    match remedy {
        Remedy::OpenFolder => {
            if ui.button("Open a folder…").clicked() {
                app.act(Action::OpenFolder, &ctx);
            }
        }
        Remedy::DrawAll => {
            if ui.button("Draw all runs and steps").clicked() {
                app.act(Action::AllRuns, &ctx);
                app.act(Action::AllSteps, &ctx);
            }
        }
        Remedy::NameAxes => {
            if ui.button("Name the axes of an array").clicked() {
                app.settings_panel_open = true;
            }
        }
        Remedy::SetRole(role) => role_ui(app, ui, role, &ctx),
        Remedy::ChooseSecond => {
            let keys = super::settings::second_keys(app);
            let chosen = choose_key(ui, "Choose what stands along y", &keys);
            if chosen.is_some() {
                app.pane.settings.second = chosen;
            }
        }
    }
}

fn role_ui(app: &mut ViewerApp, ui: &mut egui::Ui, role: Role, ctx: &egui::Context) {
    let keys: Vec<String> = app
        .series
        .rows
        .iter()
        .map(|row| row.key.to_string())
        .collect();
    let title = format!("Which series is the {}?", role.name().replace('_', " "));
    if let Some(key) = choose_key(ui, &title, &keys) {
        app.set_role(&key, Some(role), ctx);
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
