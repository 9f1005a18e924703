//! Paints the timeline: ticks, curves, the step range and the current step.

use egui::{Align2, Color32, FontId, Painter, Pos2, Rect, Shape, Stroke, Ui, Vec2};
use trainscape_scene::{colour::run_colour, ticks};

use crate::{state::State, style::color32};

/// Points of all curves together that are drawn; with many runs each gets fewer.
const MOST_POINTS: usize = 36_000;

/// From steps and values to the screen.
pub(super) struct TimelinePlot {
    pub(super) rect: Rect,
    pub(super) steps: [f64; 2],
    pub(super) values: [f64; 2],
}

impl TimelinePlot {
    fn x(&self, step: f64) -> f32 {
        let share = (step - self.steps[0]) / (self.steps[1] - self.steps[0]);
        self.rect.left() + share as f32 * self.rect.width()
    }

    fn y(&self, value: f64) -> f32 {
        let share = (value - self.values[0]) / (self.values[1] - self.values[0]);
        self.rect.bottom() - share as f32 * self.rect.height()
    }

    pub(super) fn step(&self, x: f32) -> f64 {
        let share = ((x - self.rect.left()) / self.rect.width()).clamp(0.0, 1.0);
        self.steps[0] + f64::from(share) * (self.steps[1] - self.steps[0])
    }
}

/// Paints everything; `range` is the selected step range.
pub(super) fn paint(
    state: &State,
    ui: &Ui,
    plot: &TimelinePlot,
    range: Option<(f64, f64)>,
    scrubber: Rect,
    scrubber_is_hot: bool,
) {
    let painter = ui.painter();
    let visuals = ui.visuals();
    painter.rect_filled(plot.rect, 2.0, visuals.extreme_bg_color);
    ticks_ui(ui, plot);
    let clipped = painter.with_clip_rect(plot.rect);
    curves(state, &clipped, plot);
    titles_ui(state, ui, plot);
    if let Some(range) = range {
        step_range(ui, &clipped, plot, range);
    }
    if let Some((_, mark)) = &state.pointed_at
        && let Some(step) = mark.step
    {
        let line = Stroke::new(1.0, visuals.strong_text_color().gamma_multiply(0.6));
        clipped.vline(plot.x(step), plot.rect.y_range(), line);
    }
    if let Some(step) = state.marked.as_ref().and_then(|marked| marked.mark.step) {
        let line = Stroke::new(1.5, visuals.selection.bg_fill);
        clipped.vline(plot.x(step), plot.rect.y_range(), line);
    }
    if let Some(now) = state.current_step() {
        let colour = if scrubber_is_hot {
            visuals.strong_text_color()
        } else {
            visuals.text_color()
        };
        current_step(painter, plot, now, scrubber, colour);
    }
    painter.rect_stroke(
        plot.rect,
        2.0,
        Stroke::new(1.0, visuals.widgets.noninteractive.bg_stroke.color),
        egui::StrokeKind::Inside,
    );
}

fn ticks_ui(ui: &Ui, plot: &TimelinePlot) {
    let (painter, visuals) = (ui.painter(), ui.visuals());
    let small = egui::TextStyle::Small.resolve(ui.style());
    let weak = visuals.weak_text_color();
    let text = |at: Pos2, anchor: Align2, text: String, font: &FontId| {
        painter.text(at, anchor, text, font.clone(), weak);
    };
    for tick in ticks::linear(plot.values[0], plot.values[1], 3) {
        let y = plot.y(tick.value);
        let ends = [plot.rect.left(), plot.rect.right()].map(|x| Pos2::new(x, y));
        painter.line_segment(ends, visuals.widgets.noninteractive.bg_stroke);
        let at = Pos2::new(plot.rect.left() - 4.0, y);
        text(at, Align2::RIGHT_CENTER, tick.label, &small);
    }
    for tick in ticks::linear(plot.steps[0], plot.steps[1], 8) {
        let at = Pos2::new(plot.x(tick.value), plot.rect.bottom() + 2.0);
        text(at, Align2::CENTER_TOP, tick.label, &small);
    }
}

/// The series that is shown, and what is along the horizontal axis.
fn titles_ui(state: &State, ui: &Ui, plot: &TimelinePlot) {
    let small = egui::TextStyle::Small.resolve(ui.style());
    let colour = ui.visuals().text_color();
    let painter = ui.painter();
    let title = |at: Pos2, anchor: Align2, text: &str| {
        let galley = painter.layout_no_wrap(text.to_owned(), small.clone(), colour);
        let rect = anchor.anchor_size(at, galley.size());
        let ground = ui.visuals().extreme_bg_color.gamma_multiply(0.8);
        painter.rect_filled(rect.expand(2.0), 2.0, ground);
        painter.galley(rect.min, galley, colour);
    };
    let top = plot.rect.left_top() + Vec2::new(6.0, 4.0);
    title(top, Align2::LEFT_TOP, &state.timeline.key);
    let bottom = plot.rect.right_bottom() - Vec2::new(6.0, 4.0);
    title(bottom, Align2::RIGHT_BOTTOM, "step");
}

fn curves(state: &State, painter: &Painter, plot: &TimelinePlot) {
    let all = &state.timeline.curves;
    let count = all.iter().filter(|curve| state.draws(&curve.id)).count();
    let most_columns = (MOST_POINTS / 2 / count.max(1)).max(8);
    for curve in all.iter().filter(|curve| state.draws(&curve.id)) {
        let stroke = Stroke::new(1.2, color32(run_colour(curve.run)));
        let points: Vec<Pos2> = curve
            .points(most_columns)
            .map(|[step, value]| Pos2::new(plot.x(step), plot.y(value)))
            .collect();
        // A line needs two points.
        if curve.columns.len() == 1
            && let Some(at) = points.first()
        {
            painter.circle_filled(*at, 3.0, stroke.color);
        }
        painter.add(Shape::line(points, stroke));
    }
}

/// Dims the steps outside of the range and marks its ends.
fn step_range(ui: &Ui, painter: &Painter, plot: &TimelinePlot, (first, last): (f64, f64)) {
    let visuals = ui.visuals();
    let dim = visuals.panel_fill.gamma_multiply(0.72);
    let (left, right) = (plot.x(first), plot.x(last));
    let edge = Stroke::new(1.5, visuals.selection.bg_fill);
    for (from, to) in [(plot.rect.left(), left), (right, plot.rect.right())] {
        let outside = Rect::from_x_y_ranges(from..=to.max(from), plot.rect.y_range());
        painter.rect_filled(outside, 0.0, dim);
    }
    for x in [left, right] {
        let ends = [plot.rect.top(), plot.rect.bottom()].map(|y| Pos2::new(x, y));
        painter.line_segment(ends, edge);
    }
}

/// A line, with a handle in the scrubber.
fn current_step(
    painter: &Painter,
    plot: &TimelinePlot,
    step: f64,
    scrubber: Rect,
    colour: Color32,
) {
    let x = plot.x(step).clamp(plot.rect.left(), plot.rect.right());
    painter.vline(x, plot.rect.y_range(), Stroke::new(1.5, colour));
    let top = Pos2::new(x, scrubber.top());
    let handle = [top, top + Vec2::new(-5.0, 8.0), top + Vec2::new(5.0, 8.0)];
    painter.add(Shape::convex_polygon(handle.to_vec(), colour, Stroke::NONE));
}
