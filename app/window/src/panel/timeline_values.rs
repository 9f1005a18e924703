//! The values of all runs at the step under the pointer.

use egui::{Area, Frame, Grid, Order, Pos2, RichText, Sense, Stroke, Ui, Vec2};
use trainscape_scene::ticks::format_value;

use super::{shortened, timeline_plot::TimelinePlot};
use crate::{number_format::six_digits, state::State, style::color32, timeline::Curve};

/// Runs that are listed: those whose values are nearest to the pointer.
const MOST_LISTED: usize = 8;
const NAME_PT: f32 = 180.0;

/// A run's logged point near the pointer.
struct NearPoint<'a> {
    curve: &'a Curve,
    step: f64,
    value: f64,
    distance_pt: f32,
}

/// A line at the pointer and a card with the nearest logged point of each run.
pub(super) fn show(state: &State, ui: &Ui, plot: &TimelinePlot, at: Pos2) {
    let visuals = ui.visuals();
    let line = Stroke::new(1.0, visuals.weak_text_color());
    ui.painter().vline(at.x, plot.rect.y_range(), line);
    let step = plot.step(at.x);
    let drawn = state
        .timeline
        .curves
        .iter()
        .filter(|curve| state.draws(&curve.id));
    let mut points: Vec<NearPoint<'_>> = drawn
        .filter_map(|curve| {
            let [step, value] = curve.nearest(step)?;
            Some(NearPoint {
                curve,
                step,
                value,
                distance_pt: (plot.y(value) - at.y).abs(),
            })
        })
        .collect();
    let total = points.len();
    points.sort_by(|a, b| a.distance_pt.total_cmp(&b.distance_pt));
    points.truncate(MOST_LISTED);
    points.sort_by(|a, b| b.value.total_cmp(&a.value));
    for point in &points {
        let place = Pos2::new(plot.x(point.step), plot.y(point.value));
        let colour = color32(state.run_colours.of(point.curve.run));
        ui.painter().circle_filled(place, 3.0, colour);
    }
    if points.is_empty() {
        return;
    }
    // On the side of the pointer that has more room.
    let is_left = at.x < plot.rect.center().x;
    let pivot = match is_left {
        true => egui::Align2::LEFT_BOTTOM,
        false => egui::Align2::RIGHT_BOTTOM,
    };
    let by = Vec2::new(if is_left { 14.0 } else { -14.0 }, -6.0);
    let place = Pos2::new(at.x, plot.rect.top().max(at.y - 40.0)) + by;
    Area::new(egui::Id::unique("timeline values"))
        .order(Order::Tooltip)
        .interactable(false)
        .pivot(pivot)
        .fixed_pos(place)
        .show(ui.ctx(), |ui| {
            Frame::popup(ui.style()).show(ui, |ui| card_ui(state, &points, total, ui));
        });
}

fn card_ui(state: &State, points: &[NearPoint<'_>], total: usize, ui: &mut Ui) {
    let first = points.first().map_or(f64::NAN, |point| point.step);
    let has_one_step = points.iter().all(|point| point.step == first);
    if has_one_step {
        ui.label(RichText::new(format!("step {}", format_value(first))).weak());
    }
    Grid::new("timeline values")
        .spacing([10.0, 2.0])
        .show(ui, |ui| {
            for point in points {
                ui.horizontal(|ui| {
                    let (rect, _) = ui.allocate_exact_size(Vec2::splat(8.0), Sense::hover());
                    let colour = color32(state.run_colours.of(point.curve.run));
                    ui.painter().circle_filled(rect.center(), 4.0, colour);
                    let name = state.run_name(point.curve.run);
                    ui.label(shortened::in_the_middle(name, NAME_PT));
                });
                if !has_one_step {
                    ui.label(RichText::new(format!("step {}", format_value(point.step))).weak());
                }
                ui.label(RichText::new(six_digits(point.value)).strong());
                ui.end_row();
            }
        });
    if total > points.len() {
        ui.label(RichText::new(format!("{} more runs", total - points.len())).weak());
    }
}
