//! A series over steps with a brush that sets the step range, and the scrubber below that sets the current step.

use std::{collections::BTreeSet, ops::RangeInclusive};

use egui::{DragValue, Rect, Response, Sense, Ui, Vec2};
use lucide_icons::Icon;
use trainscape_scene::ticks::group_thousands;

use super::{
    icon,
    timeline_plot::{self, TimelinePlot},
    timeline_values,
};
use crate::{command::Command, playback::SPEEDS, state::State};

/// A narrower window goes without the choice of the speed.
const SPEED_FROM_PT: f32 = 190.0;
/// Height of the scrubber.
const SCRUBBER_PT: f32 = 18.0;
/// Room at the right for half of the last label.
const RIGHT_PT: f32 = 20.0;

/// The curves, the brush over them, and the scrubber below.
pub(super) fn show(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let (Some(steps), Some(values)) = (&state.timeline.steps, &state.timeline.values) else {
        ui.weak(empty_text(state));
        return;
    };
    let (all, _) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
    let plot_rect = Rect::from_min_max(
        all.min + Vec2::new(48.0, 4.0),
        all.max - Vec2::new(RIGHT_PT, SCRUBBER_PT),
    );
    let scrubber_end = all.max - Vec2::new(RIGHT_PT, 0.0);
    let scrubber_rect = Rect::from_min_max(plot_rect.left_bottom(), scrubber_end);
    let brush = ui.interact(
        plot_rect,
        ui.scope_id().with("brush"),
        Sense::click_and_drag(),
    );
    brush.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Slider, true, "Step range brush"));
    let scrubber = ui.interact(
        scrubber_rect,
        ui.scope_id().with("time"),
        Sense::click_and_drag(),
    );
    let now = state.current_step();
    scrubber.widget_info(|| egui::WidgetInfo::slider(true, now.unwrap_or(*steps.end()), "Time"));
    let is_logarithmic = state.timeline_is_logarithmic();
    let heights = match state.timeline.least_positive.filter(|_| is_logarithmic) {
        Some(least) => [least, values.end().max(least)].map(f64::log10),
        None => [*values.start(), *values.end()],
    };
    let margin = match heights[1] - heights[0] {
        0.0 => (heights[1].abs() * 0.1).max(1e-9),
        height => height * 0.06,
    };
    let plot = TimelinePlot {
        rect: plot_rect,
        steps: if steps.start() < steps.end() {
            [*steps.start(), *steps.end()]
        } else {
            // A single step, in the middle.
            [steps.start() - 1.0, steps.end() + 1.0]
        },
        // A margin above and below, so that no curve touches the frame.
        heights: [heights[0] - margin, heights[1] + margin],
        is_logarithmic: is_logarithmic && state.timeline.least_positive.is_some(),
    };
    let range = brush_ui(state, &brush, &plot, commands);
    if let Some(at) = scrubber.interact_pointer_pos() {
        commands.push(Command::SetCurrentStep(
            state.timeline.rounded(plot.step(at.x)),
        ));
    }
    let is_hot = scrubber.hovered() || scrubber.dragged();
    timeline_plot::paint(state, ui, &plot, range, is_hot);
    if let Some(at) = brush.hover_pos().filter(|_| !brush.dragged()) {
        timeline_values::show(state, ui, &plot, at);
    }
}

/// Why there is no curve.
fn empty_text(state: &State) -> &'static str {
    if state.shared.runs.as_ref().is_some_and(BTreeSet::is_empty) {
        "No runs selected"
    } else if state.snapshot.runs.is_empty() {
        "Series appear here once a run is read."
    } else {
        "The selected runs have not logged any numbers."
    }
}

/// Selects steps by dragging; returns the selected range.
fn brush_ui(
    state: &State,
    response: &Response,
    plot: &TimelinePlot,
    commands: &mut Vec<Command>,
) -> Option<(f64, f64)> {
    let ctx = &response.ctx;
    let pointer = response.interact_pointer_pos();
    if response.drag_started() {
        // The stroke began where the button went down, not where the drag was noticed.
        let from = ctx.input(|input| input.pointer.press_origin()).or(pointer);
        let from = from.map(|at| plot.step(at.x));
        ctx.data_mut(|data| data.insert_temp(response.id, from));
    }
    let from = ctx.data(|data| data.get_temp::<Option<f64>>(response.id).flatten());
    let mut range = state.shared.steps;
    if let (Some(from), Some(at)) = (from, pointer) {
        let to = plot.step(at.x);
        let rounded = |step: f64| state.timeline.rounded(step);
        let (first, last) = (rounded(from.min(to)), rounded(from.max(to)));
        if last > first {
            range = Some((first, last));
        }
    }
    if response.drag_stopped() {
        ctx.data_mut(|data| data.insert_temp(response.id, None::<f64>));
    }
    if response.double_clicked() {
        range = None;
    }
    if range != state.shared.steps {
        commands.push(match range {
            Some((first, last)) => Command::SelectSteps(first, last),
            None => Command::AllSteps,
        });
    }
    range
}

/// Play, step, speed and the current step.
pub(super) fn playback_ui(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let Some(range) = state.time_range() else {
        return;
    };
    let is_playing = state.playback.is_playing();
    let (play, name) = match is_playing {
        true => (Icon::Pause, "Pause"),
        false => (Icon::Play, "Play"),
    };
    ui.spacing_mut().item_spacing.x = 3.0;
    icon::button(ui, Icon::SkipBack, Command::FirstStep, commands);
    icon::button(ui, Icon::StepBack, Command::StepBack(1), commands);
    icon::named_button(ui, play, name, Command::TogglePlayback, commands);
    icon::button(ui, Icon::StepForward, Command::StepForward(1), commands);
    icon::button(ui, Icon::SkipForward, Command::LastStep, commands);
    if ui.available_width() >= SPEED_FROM_PT {
        speed_ui(state.playback.speed, ui, commands);
    }
    if let Some(mut now) = state.current_step() {
        let pace = ((range.end() - range.start()) / 300.0).max(0.01);
        ui.label("at step");
        if step_ui(state, ui, &mut now, range, pace, "Current step") {
            commands.push(Command::SetCurrentStep(state.timeline.rounded(now)));
        }
    }
}

fn speed_ui(speed: f32, ui: &mut Ui, commands: &mut Vec<Command>) {
    let combo = egui::ComboBox::from_id_salt("speed")
        .width(54.0)
        .selected_text(format!("{speed}x"))
        .show_ui(ui, |ui| {
            for choice in SPEEDS {
                let is_shown = choice == speed;
                if ui
                    .selectable_label(is_shown, format!("{choice}x"))
                    .clicked()
                {
                    commands.push(Command::SetSpeed(choice));
                }
            }
        });
    combo.response.widget_info(|| {
        let mut info = egui::WidgetInfo::labeled(egui::Role::ComboBox, true, "Speed");
        info.current_text_value = Some(format!("{speed}x"));
        info
    });
}

/// Logarithmic heights and means.
pub(super) fn choices_ui(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let choices = &state.shared.timeline;
    let smooth = Command::ToggleTimelineSmoothing;
    let is_on = (choices.is_smoothed, &*smooth.tooltip());
    if icon::toggle(ui, Icon::ChartSpline, "Smooth the timeline", is_on).clicked() {
        commands.push(smooth);
    }
    let log = Command::ToggleTimelineLog;
    let button = ui.selectable_label(state.timeline_is_logarithmic(), "log");
    let button = button.on_hover_text(log.tooltip());
    button.widget_info(|| {
        let is_on = state.timeline_is_logarithmic();
        egui::WidgetInfo::selected(egui::Role::Button, true, is_on, "Logarithmic timeline")
    });
    if button.clicked() {
        commands.push(log);
    }
    // Last, at the left: what comes and goes moves nothing.
    if state.timeline.decimated {
        ui.weak("Downsampled")
            .on_hover_text("Each column of the curves shows its minimum and maximum");
    }
    let left_out = state.timeline.left_out;
    if left_out > 0 {
        let left_out = group_thousands(&left_out.to_string());
        ui.weak(format!("{left_out} runs without curves"))
            .on_hover_text(
                "Their points are not read for this: show fewer runs to see their curves",
            );
    }
}

/// The step range in numbers.
pub(super) fn steps_ui(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let Some(all) = &state.timeline.steps else {
        return;
    };
    let (low, high) = (*all.start(), *all.end());
    let is_cut = state.shared.steps.is_some();
    let reset = ui.add_enabled(is_cut, egui::Button::new("All steps").small());
    if reset.on_hover_text(Command::AllSteps.tooltip()).clicked() {
        commands.push(Command::AllSteps);
    }
    let (mut first, mut last) = state.shared.steps.unwrap_or((low, high));
    let pace = ((high - low) / 300.0).max(0.01);
    let changed_last = step_ui(state, ui, &mut last, first..=high, pace, "Last step drawn");
    ui.label("to");
    let changed_first = step_ui(state, ui, &mut first, low..=last, pace, "First step drawn");
    ui.label("steps");
    if changed_first || changed_last {
        let rounded = |step: f64| state.timeline.rounded(step);
        commands.push(Command::SelectSteps(rounded(first), rounded(last)));
    }
}

fn step_ui(
    state: &State,
    ui: &mut Ui,
    step: &mut f64,
    range: RangeInclusive<f64>,
    speed: f64,
    name: &str,
) -> bool {
    let response = ui.add(
        DragValue::new(step)
            .speed(speed)
            .range(range)
            .max_decimals(state.timeline.step_decimals()),
    );
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SpinButton, true, name));
    response.on_hover_text(name).changed()
}
