//! Paints the timeline: ticks, curves, the step range and the current step.

use egui::{Align2, Color32, FontId, Painter, Pos2, Rect, Shape, Stroke, Ui, Vec2};
use trainscape_scene::ticks::{self, Tick};

use crate::{spike_list::SpikeRow, state::State, style::color32};

/// Points of all curves together that are drawn; with many runs each gets fewer.
const MOST_POINTS: usize = 36_000;
/// Spikes that are ticked, the largest first.
const MOST_SPIKES: usize = 200;

/// From steps and values to the screen.
pub(super) struct TimelinePlot {
    pub(super) rect: Rect,
    pub(super) steps: [f64; 2],
    /// Lowest and highest value; their decimal logarithms where heights are logarithmic.
    pub(super) heights: [f64; 2],
    pub(super) is_logarithmic: bool,
}

impl TimelinePlot {
    pub(super) fn x(&self, step: f64) -> f32 {
        let share = (step - self.steps[0]) / (self.steps[1] - self.steps[0]);
        self.rect.left() + share as f32 * self.rect.width()
    }

    /// Where a value is; NaN where a logarithmic axis has no place for it.
    pub(super) fn y(&self, value: f64) -> f32 {
        let height = match (self.is_logarithmic, value > 0.0) {
            (false, _) => value,
            (true, true) => value.log10(),
            (true, false) => f64::NAN,
        };
        let share = (height - self.heights[0]) / (self.heights[1] - self.heights[0]);
        self.rect.bottom() - share as f32 * self.rect.height()
    }

    fn value_ticks(&self) -> Vec<Tick> {
        let [low, high] = self.heights;
        if self.is_logarithmic {
            let ticks = ticks::log10(10_f64.powf(low), 10_f64.powf(high), 4);
            ticks.into_iter().filter(|tick| !tick.is_minor()).collect()
        } else {
            ticks::linear(low, high, 3)
        }
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
    scrubber_is_hot: bool,
) {
    let painter = ui.painter();
    let visuals = ui.visuals();
    painter.rect_filled(plot.rect, 2.0, visuals.extreme_bg_color);
    ticks_ui(ui, plot);
    let clipped = painter.with_clip_rect(plot.rect);
    curves(state, &clipped, plot);
    spike_ticks(state, &clipped, plot);
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
        current_step(painter, plot, now, colour);
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
    let tiny = FontId::new(small.size * 0.8, small.family.clone());
    for tick in plot.value_ticks() {
        let y = plot.y(tick.value);
        let ends = [plot.rect.left(), plot.rect.right()].map(|x| Pos2::new(x, y));
        painter.line_segment(ends, visuals.widgets.noninteractive.bg_stroke);
        let mut at = Pos2::new(plot.rect.left() - 4.0, y);
        if !tick.superscript.is_empty() {
            let above = at - Vec2::new(0.0, small.size * 0.35);
            let drawn = painter.text(
                above,
                Align2::RIGHT_CENTER,
                tick.superscript,
                tiny.clone(),
                weak,
            );
            at.x = drawn.left();
        }
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
    let key = &state.timeline.key;
    let choices = &state.shared.timeline;
    let series = match choices.is_smoothed {
        true => format!("{key}, with means over 2 % of each run"),
        false => key.clone(),
    };
    title(top, Align2::LEFT_TOP, &series);
    let bottom = plot.rect.right_bottom() - Vec2::new(6.0, 4.0);
    title(bottom, Align2::RIGHT_BOTTOM, "step");
}

fn curves(state: &State, painter: &Painter, plot: &TimelinePlot) {
    let all = &state.timeline.curves;
    let count = all.iter().filter(|curve| state.draws(&curve.id)).count();
    let most_columns = (MOST_POINTS / 2 / count.max(1)).max(8);
    let pointed_at = state.hovered_run.as_ref();
    let (mut drawn, above): (Vec<_>, Vec<_>) = all
        .iter()
        .filter(|curve| state.draws(&curve.id))
        .partition(|curve| pointed_at != Some(&curve.id));
    // The run under the pointer lies above the others.
    drawn.extend(above);
    for curve in drawn {
        let is_lit = pointed_at.is_none_or(|id| *id == curve.id);
        let colour = color32(state.run_colours.of(curve.run)).gamma_multiply(if is_lit {
            1.0
        } else {
            0.25
        });
        let width = if pointed_at.is_some() && is_lit {
            2.2
        } else {
            1.2
        };
        let has_means = !curve.means.is_empty();
        let logged = Stroke::new(
            width,
            colour.gamma_multiply(if has_means { 0.35 } else { 1.0 }),
        );
        line(painter, plot, curve.points(most_columns), logged);
        if has_means {
            let means = curve.means.iter().copied();
            line(painter, plot, means, Stroke::new(width + 0.4, colour));
        }
    }
}

/// A line through points, broken where the plot has no place for one; a single point is a dot.
fn line(
    painter: &Painter,
    plot: &TimelinePlot,
    points: impl Iterator<Item = [f64; 2]>,
    stroke: Stroke,
) {
    let places = points.map(|[step, value]| Pos2::new(plot.x(step), plot.y(value)));
    let mut part: Vec<Pos2> = Vec::new();
    let finish = |part: &mut Vec<Pos2>| {
        let is_dot = part.iter().all(|at| Some(at) == part.first());
        if let (true, Some(at)) = (is_dot, part.first()) {
            painter.circle_filled(*at, 3.0, stroke.color);
        }
        painter.add(Shape::line(std::mem::take(part), stroke));
    };
    for at in places {
        if at.y.is_finite() {
            part.push(at);
        } else if !part.is_empty() {
            finish(&mut part);
        }
    }
    finish(&mut part);
}

/// Triangles at the top, at the steps of the spikes of the series on the timeline.
fn spike_ticks(state: &State, painter: &Painter, plot: &TimelinePlot) {
    let of_series = |row: &&SpikeRow| *row.key == *state.timeline.key && state.draws(&row.id);
    for row in state.spikes.rows.iter().filter(of_series).take(MOST_SPIKES) {
        let top = Pos2::new(plot.x(row.spike.step), plot.rect.top() + 1.0);
        let corners = [
            Vec2::new(-3.5, 0.0),
            Vec2::new(3.5, 0.0),
            Vec2::new(0.0, 6.0),
        ];
        let corners = corners.map(|by| top + by).to_vec();
        let colour = color32(state.run_colours.of(row.run));
        painter.add(Shape::convex_polygon(corners, colour, Stroke::NONE));
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

/// A line, with a handle at its lower end that leaves the tick labels below free.
fn current_step(painter: &Painter, plot: &TimelinePlot, step: f64, colour: Color32) {
    let x = plot.x(step).clamp(plot.rect.left(), plot.rect.right());
    painter.vline(x, plot.rect.y_range(), Stroke::new(1.5, colour));
    let bottom = Pos2::new(x, plot.rect.bottom());
    let handle = [
        Vec2::new(0.0, -9.0),
        Vec2::new(6.0, 0.0),
        Vec2::new(-6.0, 0.0),
    ];
    let handle = handle.map(|by| bottom + by).to_vec();
    painter.add(Shape::convex_polygon(handle, colour, Stroke::NONE));
}
