//! The loss over steps with a brush that cuts the step range.

use std::ops::RangeInclusive;

use egui::{Align, DragValue, Layout, Pos2, Rect, RichText, Sense, Shape, Stroke, Vec2};
use trainscape_scene::{colour::run_colour, ticks};

use crate::{app::ViewerApp, style::color32};

const HEIGHT: f32 = 150.0;

pub(crate) fn show(app: &mut ViewerApp, ui: &mut egui::Ui) {
    let panel = egui::Panel::bottom("timeline")
        .default_size(HEIGHT)
        .size_range(110.0..=320.0);
    panel.show(ui, |ui| {
        // The panel would shrink to what is written in it before the first run arrives.
        ui.set_min_height(ui.available_height());
        let (Some(steps), Some(values)) = (app.timeline.steps.clone(), app.timeline.values.clone())
        else {
            ui.weak("The loss over steps appears here once a run logs one.");
            return;
        };
        header_ui(app, ui, *steps.start(), *steps.end());
        let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::click_and_drag());
        response.widget_info(|| {
            egui::WidgetInfo::labeled(egui::Role::Slider, true, "Step range brush")
        });
        let air = ((values.end() - values.start()) * 0.06).max(1e-9);
        let plot = Plot {
            rect: Rect::from_min_max(
                rect.min + Vec2::new(44.0, 4.0),
                rect.max - Vec2::new(8.0, 16.0),
            ),
            steps: [*steps.start(), steps.end().max(steps.start() + 1e-9)],
            // Air above and below, so that no curve runs into the frame.
            values: [values.start() - air, values.end() + air],
        };
        brush(app, &response, &plot);
        paint(app, ui, &plot);
    });
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

fn header_ui(app: &mut ViewerApp, ui: &mut egui::Ui, low: f64, high: f64) {
    ui.horizontal(|ui| {
        ui.label(RichText::new(&app.timeline.key).strong());
        if app.timeline.thinned {
            ui.weak("smallest and largest value of each column");
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let cut = app.settings.steps.is_some();
            let reset = ui.add_enabled(cut, egui::Button::new("All steps").small());
            if reset.on_hover_text("Take the brush away").clicked() {
                app.settings.steps = None;
            }
            let (mut first, mut last) = app.settings.steps.unwrap_or((low, high));
            let speed = ((high - low) / 300.0).max(0.01);
            let changed_last = step_ui(ui, &mut last, first..=high, speed, "Last step");
            ui.label("to");
            let changed_first = step_ui(ui, &mut first, low..=last, speed, "First step");
            ui.label("Steps");
            if changed_first || changed_last {
                app.settings.steps = Some((first.round(), last.round()));
            }
        });
    });
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
            app.settings.steps = Some((first, last));
        }
    }
    if response.drag_stopped() {
        app.brush_from = None;
    }
    if response.double_clicked() {
        app.settings.steps = None;
    }
}

fn paint(app: &ViewerApp, ui: &egui::Ui, plot: &Plot) {
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
    for curve in &app.timeline.curves {
        if app
            .settings
            .runs
            .as_ref()
            .is_some_and(|runs| !runs.contains(curve.id.as_ref()))
        {
            continue;
        }
        let stroke = Stroke::new(1.2, color32(run_colour(curve.run)));
        let points: Vec<Pos2> = curve
            .columns
            .iter()
            .flat_map(|&[step, low, high]| {
                let x = plot.x(step);
                [Pos2::new(x, plot.y(low)), Pos2::new(x, plot.y(high))]
            })
            .collect();
        clipped.add(Shape::line(points, stroke));
    }
    if let Some((first, last)) = app.settings.steps {
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
    painter.rect_stroke(
        plot.rect,
        2.0,
        Stroke::new(1.0, visuals.widgets.noninteractive.bg_stroke.color),
        egui::StrokeKind::Inside,
    );
}
