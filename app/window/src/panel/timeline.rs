//! The loss over steps with a brush that cuts the step range, and the strip in which time is moved.

use std::ops::RangeInclusive;

use egui::{DragValue, Pos2, Rect, Sense, Shape, Stroke, Vec2};
use trainscape_scene::{colour::run_colour, ticks};

use crate::{app::ViewerApp, keys::Action, style::color32, time::SPEEDS};

/// Height of the strip with the steps, in which time is moved.
const STRIP_PT: f32 = 18.0;
/// Points of all curves together that are drawn; with many runs each gets fewer.
const MOST_POINTS: usize = 36_000;

/// The curves, the brush over them, and the strip below in which time is moved.
pub(crate) fn show(app: &mut ViewerApp, ui: &mut egui::Ui) {
    let (Some(steps), Some(values)) = (app.timeline.steps.clone(), app.timeline.values.clone())
    else {
        ui.weak("The loss over steps appears here once a run logs one.");
        return;
    };
    let (all, _) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
    let plot_rect = Rect::from_min_max(
        all.min + Vec2::new(44.0, 4.0),
        all.max - Vec2::new(8.0, STRIP_PT),
    );
    let strip = Rect::from_min_max(plot_rect.left_bottom(), all.max - Vec2::new(8.0, 0.0));
    let brushing = ui.interact(
        plot_rect,
        ui.scope_id().with("brush"),
        Sense::click_and_drag(),
    );
    brushing
        .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Slider, true, "Step range brush"));
    let moving = ui.interact(strip, ui.scope_id().with("time"), Sense::click_and_drag());
    let now = app.now();
    moving.widget_info(|| egui::WidgetInfo::slider(true, now.unwrap_or(*steps.end()), "Time"));
    let air = ((values.end() - values.start()) * 0.06).max(1e-9);
    let plot = Plot {
        rect: plot_rect,
        steps: [*steps.start(), steps.end().max(steps.start() + 1e-9)],
        // Air above and below, so that no curve runs into the frame.
        values: [values.start() - air, values.end() + air],
    };
    brush(app, &brushing, &plot);
    if let Some(at) = moving.interact_pointer_pos() {
        let step = plot.step(at.x).round();
        app.stand_at(step);
    }
    paint(app, ui, &plot, strip, moving.hovered() || moving.dragged());
}

/// Play, step, speed and where time stands.
pub(crate) fn transport_ui(app: &mut ViewerApp, ui: &mut egui::Ui) {
    let Some(range) = app.time_range() else {
        return;
    };
    let ctx = ui.ctx().clone();
    let (label, hint) = if app.player.is_playing() {
        ("Pause", "Stand still (Space)")
    } else {
        ("Play", "Let time run (Space)")
    };
    for (label, hint, action) in [
        ("|<", "First step (Home)", Action::FirstStep),
        ("<", "Previous step (Left)", Action::StepBack(1)),
        (label, hint, Action::TogglePlay),
        (">", "Next step (Right)", Action::StepForward(1)),
        (">|", "Last step (End)", Action::LastStep),
    ] {
        let button = ui.add(egui::Button::new(label)).on_hover_text(hint);
        button.widget_info(|| {
            let name = hint.split(" (").next().unwrap_or(hint);
            let name = if label.len() > 2 { label } else { name };
            egui::WidgetInfo::labeled(egui::Role::Button, true, name)
        });
        if button.clicked() {
            app.act(action, &ctx);
        }
    }
    let speed = app.player.speed;
    let combo = egui::ComboBox::from_id_salt("speed")
        .width(54.0)
        .selected_text(format!("{speed}x"))
        .show_ui(ui, |ui| {
            for choice in SPEEDS {
                ui.selectable_value(&mut app.player.speed, choice, format!("{choice}x"));
            }
        });
    combo.response.widget_info(|| {
        let mut info = egui::WidgetInfo::labeled(egui::Role::ComboBox, true, "Speed");
        info.current_text_value = Some(format!("{speed}x"));
        info
    });
    if let Some(mut now) = app.now() {
        let pace = ((range.end() - range.start()) / 300.0).max(0.01);
        ui.label("at step");
        if step_ui(ui, &mut now, range, pace, "Time stands at step") {
            app.stand_at(now.round());
        }
    }
}

/// The brush in numbers.
pub(crate) fn steps_ui(app: &mut ViewerApp, ui: &mut egui::Ui) {
    let Some(all) = app.timeline.steps.clone() else {
        return;
    };
    let (low, high) = (*all.start(), *all.end());
    let cut = app.shared.steps.is_some();
    let reset = ui.add_enabled(cut, egui::Button::new("All steps").small());
    if reset.on_hover_text("Take the brush away").clicked() {
        app.shared.steps = None;
    }
    let (mut first, mut last) = app.shared.steps.unwrap_or((low, high));
    let pace = ((high - low) / 300.0).max(0.01);
    let changed_last = step_ui(ui, &mut last, first..=high, pace, "Last step drawn");
    ui.label("to");
    let changed_first = step_ui(ui, &mut first, low..=last, pace, "First step drawn");
    ui.label("steps");
    if changed_first || changed_last {
        app.shared.steps = Some((first.round(), last.round()));
    }
    if app.timeline.thinned {
        ui.weak("thinned")
            .on_hover_text("Each column of the curves shows its smallest and largest value");
    }
}

struct Plot {
    rect: Rect,
    steps: [f64; 2],
    values: [f64; 2],
}

impl Plot {
    fn x(&self, step: f64) -> f32 {
        let share = (step - self.steps[0]) / (self.steps[1] - self.steps[0]);
        self.rect.left() + share as f32 * self.rect.width()
    }

    fn y(&self, value: f64) -> f32 {
        let share = (value - self.values[0]) / (self.values[1] - self.values[0]);
        self.rect.bottom() - share as f32 * self.rect.height()
    }

    fn step(&self, x: f32) -> f64 {
        let share = ((x - self.rect.left()) / self.rect.width()).clamp(0.0, 1.0);
        self.steps[0] + f64::from(share) * (self.steps[1] - self.steps[0])
    }
}

fn step_ui(
    ui: &mut egui::Ui,
    step: &mut f64,
    range: RangeInclusive<f64>,
    speed: f64,
    name: &str,
) -> bool {
    let response = ui.add(
        DragValue::new(step)
            .speed(speed)
            .range(range)
            .max_decimals(0),
    );
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SpinButton, true, name));
    response.on_hover_text(name).changed()
}

fn brush(app: &mut ViewerApp, response: &egui::Response, plot: &Plot) {
    let pointer = response.interact_pointer_pos();
    if response.drag_started() {
        // The stroke began where the button went down, not where the drag was noticed.
        let from = response
            .ctx
            .input(|input| input.pointer.press_origin())
            .or(pointer);
        app.brush_from = from.map(|at| plot.step(at.x));
    }
    if let (Some(from), Some(at)) = (app.brush_from, pointer) {
        let to = plot.step(at.x);
        let (first, last) = (from.min(to).round(), from.max(to).round());
        if last > first {
            app.shared.steps = Some((first, last));
        }
    }
    if response.drag_stopped() {
        app.brush_from = None;
    }
    if response.double_clicked() {
        app.shared.steps = None;
    }
}

fn paint(app: &ViewerApp, ui: &egui::Ui, plot: &Plot, strip: Rect, strip_hot: bool) {
    let painter = ui.painter();
    let visuals = ui.visuals();
    painter.rect_filled(plot.rect, 2.0, visuals.extreme_bg_color);
    let small = egui::TextStyle::Small.resolve(ui.style());
    let weak = visuals.weak_text_color();
    for tick in ticks::linear(plot.values[0], plot.values[1], 3) {
        let y = plot.y(tick.value);
        let ends = [
            Pos2::new(plot.rect.left(), y),
            Pos2::new(plot.rect.right(), y),
        ];
        painter.line_segment(ends, visuals.widgets.noninteractive.bg_stroke);
        let at = Pos2::new(plot.rect.left() - 4.0, y);
        painter.text(
            at,
            egui::Align2::RIGHT_CENTER,
            tick.label,
            small.clone(),
            weak,
        );
    }
    for tick in ticks::linear(plot.steps[0], plot.steps[1], 8) {
        let at = Pos2::new(plot.x(tick.value), plot.rect.bottom() + 2.0);
        painter.text(
            at,
            egui::Align2::CENTER_TOP,
            tick.label,
            small.clone(),
            weak,
        );
    }
    let clipped = painter.with_clip_rect(plot.rect);
    let drawn = |id: &str| {
        app.shared
            .runs
            .as_ref()
            .is_none_or(|runs| runs.contains(id))
    };
    let count = app
        .timeline
        .curves
        .iter()
        .filter(|curve| drawn(&curve.id))
        .count();
    let most_columns = (MOST_POINTS / 2 / count.max(1)).max(8);
    for curve in &app.timeline.curves {
        if !drawn(&curve.id) {
            continue;
        }
        let stroke = Stroke::new(1.2, color32(run_colour(curve.run)));
        let points = curve
            .points(most_columns)
            .map(|[step, value]| Pos2::new(plot.x(step), plot.y(value)));
        let points: Vec<Pos2> = points.collect();
        clipped.add(Shape::line(points, stroke));
    }
    if let Some((first, last)) = app.shared.steps {
        let veil = visuals.panel_fill.gamma_multiply(0.72);
        let (left, right) = (plot.x(first), plot.x(last));
        let edge = Stroke::new(1.5, visuals.selection.bg_fill);
        for (from, to) in [(plot.rect.left(), left), (right, plot.rect.right())] {
            let cut = Rect::from_x_y_ranges(from..=to.max(from), plot.rect.y_range());
            clipped.rect_filled(cut, 0.0, veil);
        }
        for x in [left, right] {
            clipped.line_segment(
                [
                    Pos2::new(x, plot.rect.top()),
                    Pos2::new(x, plot.rect.bottom()),
                ],
                edge,
            );
        }
    }
    if let Some((_, mark)) = &app.pointed_at
        && let Some(step) = mark.step
    {
        let x = plot.x(step);
        let line = Stroke::new(1.0, visuals.strong_text_color().gamma_multiply(0.6));
        clipped.vline(x, plot.rect.y_range(), line);
    }
    if let Some(now) = app.now() {
        let x = plot.x(now).clamp(plot.rect.left(), plot.rect.right());
        let colour = if strip_hot {
            visuals.strong_text_color()
        } else {
            visuals.text_color()
        };
        painter.vline(x, plot.rect.y_range(), Stroke::new(1.5, colour));
        let top = Pos2::new(x, strip.top());
        let handle = [top, top + Vec2::new(-5.0, 8.0), top + Vec2::new(5.0, 8.0)];
        painter.add(Shape::convex_polygon(handle.to_vec(), colour, Stroke::NONE));
    }
    painter.rect_stroke(
        plot.rect,
        2.0,
        Stroke::new(1.0, visuals.widgets.noninteractive.bg_stroke.color),
        egui::StrokeKind::Inside,
    );
}
