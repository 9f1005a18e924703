//! Progress of an iterative projection, with pause, resume, stop and restart.

use egui::{ProgressBar, Ui};

use crate::{command::Command, state::State};

pub(crate) fn show(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let Some(status) = state.projection else {
        return;
    };
    let [done, all] = status.progress;
    if all <= 1 {
        return;
    }
    let text = if status.running && done == 0 {
        "finding neighbours".to_owned()
    } else {
        format!("{done} of {all}")
    };
    ui.add(ProgressBar::new(done as f32 / all as f32).text(text));
    ui.horizontal(|ui| {
        if status.running {
            let label = if status.paused {
                "Resume"
            } else {
                "Pause layout"
            };
            if ui.button(label).clicked() {
                commands.push(Command::PauseProjection(!status.paused));
            }
            let stop = ui
                .button("Stop")
                .on_hover_text("Keeps the current positions");
            if stop.clicked() {
                commands.push(Command::StopProjection);
            }
        }
        let restart = ui.button("Restart");
        if restart
            .on_hover_text("From the beginning, with the same seed")
            .clicked()
        {
            commands.push(Command::RestartProjection);
        }
    });
}
