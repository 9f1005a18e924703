//! A run in the list of runs: whether it is drawn, its colour, name, course and last value.

use std::collections::BTreeSet;

use egui::{
    Align2, Color32, CornerRadius, FontId, Pos2, Rect, Role, Sense, Shape, Stroke, TextStyle, Ui,
    Vec2, WidgetInfo,
};
use lucide_icons::Icon;
use trainscape_run::Run;

use super::shortened;
use crate::{
    command::Command,
    number_format::six_digits,
    run_value::RunValue,
    state::State,
    style::{self, color32},
    timeline::Curve,
};

/// Where the name begins, after the dot of the colour.
const NAME_FROM_PT: f32 = 20.0;
/// Width of the course of the series on the timeline.
const COURSE_PT: f32 = 44.0;
/// Room of the last value.
const VALUE_PT: f32 = 58.0;
/// In a narrower list, the name takes the room of the course.
const COURSE_FROM_PT: f32 = 200.0;
/// Columns of a course.
const COURSE_COLUMNS: usize = 22;

/// A run with what the list shows of it.
pub(super) struct RunRow<'a> {
    state: &'a State,
    index: usize,
    run: &'a Run,
}

impl<'a> RunRow<'a> {
    /// The row of a run.
    pub(super) fn new(state: &'a State, index: usize, run: &'a Run) -> Self {
        Self { state, index, run }
    }

    /// Shows the row; true while the pointer is over it.
    pub(super) fn show(&self, ui: &mut Ui, commands: &mut Vec<Command>) -> bool {
        let id = &self.run.id;
        let size = Vec2::new(ui.available_width(), ui.spacing().interact_size.y);
        let (rect, response) = ui.allocate_exact_size(size, Sense::click());
        let is_drawn = self.state.draws(id);
        response.widget_info(|| {
            let mut info = WidgetInfo::selected(Role::CheckBox, true, is_drawn, id.as_ref());
            info.current_text_value = self.value_text();
            info
        });
        let is_hovered = response.hovered() || response.has_focus();
        self.paint(ui, rect, is_drawn, is_hovered);
        response.context_menu(|ui| {
            if ui.button("Show only this run").clicked() {
                commands.push(self.alone());
                ui.close();
            }
        });
        if response.double_clicked() {
            commands.push(self.alone());
        } else if response.clicked() {
            commands.push(Command::DrawRun(id.to_string(), !is_drawn));
        }
        let is_pointed_at = response.hovered();
        response.on_hover_ui(|ui| self.hover_ui(ui, is_drawn));
        is_pointed_at
    }

    fn alone(&self) -> Command {
        Command::SelectRuns(BTreeSet::from([self.run.id.to_string()]))
    }

    /// Why the focused tile does not draw the run although it is visible.
    fn left_out(&self, is_drawn: bool) -> Option<String> {
        let pane = self.state.panes.focused();
        let scene = pane.scene().filter(|_| is_drawn)?;
        // A scene without runs draws arrays or media, which the list does not name.
        if scene.runs.is_empty() || scene.runs.iter().any(|run| run.id == self.run.id) {
            return None;
        }
        let title = pane.view.title();
        Some(format!("{title} has nothing to draw of this run"))
    }

    fn hover_ui(&self, ui: &mut Ui, is_drawn: bool) {
        ui.label(self.run.id.as_ref());
        if let Some(value) = self.value() {
            if let Some(last) = value.last() {
                ui.label(format!("last {} {last}", value.key));
            }
            if let Some(best) = value.best_text(self.run) {
                ui.label(best);
            }
            if value.is_another {
                let key = &self.state.timeline.key;
                ui.weak(format!("It does not log {key}, which the timeline shows."));
            }
        }
        if let Some(reason) = self.left_out(is_drawn) {
            ui.label(reason);
        }
        ui.weak("Click: show or hide. Double-click or menu: show only this run.");
    }

    /// Last and best value.
    fn value_text(&self) -> Option<String> {
        let value = self.value()?;
        let last = format!("last {} {}", value.key, value.last()?);
        Some(match value.best_text(self.run) {
            Some(best) => format!("{last} · {best}"),
            None => last,
        })
    }

    fn value(&self) -> Option<RunValue<'_>> {
        let timeline = &self.state.timeline;
        RunValue::of(self.run, &timeline.key, timeline.role)
    }

    fn curve(&self) -> Option<&Curve> {
        let curves = &self.state.timeline.curves;
        curves.iter().find(|curve| curve.run == self.index)
    }

    fn paint(&self, ui: &Ui, rect: Rect, is_drawn: bool, is_hovered: bool) {
        let (painter, visuals) = (ui.painter(), ui.visuals());
        if is_hovered {
            let ground = visuals.widgets.hovered.weak_bg_fill;
            painter.rect_filled(
                rect.expand2(Vec2::new(4.0, 0.0)),
                CornerRadius::same(4),
                ground,
            );
        }
        let is_greyed = !is_drawn || self.left_out(is_drawn).is_some();
        let text = match is_greyed {
            true => visuals.weak_text_color(),
            false => visuals.text_color(),
        };
        self.paint_mark(ui, rect, is_drawn, is_hovered);
        let mut right = rect.right();
        if let Some(value) = self.value() {
            right -= VALUE_PT;
            if let Some(last) = value.last() {
                let small = TextStyle::Small.resolve(ui.style());
                let at = rect.right_center();
                let value = last_value_text(last);
                painter.text(
                    at,
                    Align2::RIGHT_CENTER,
                    value,
                    small,
                    visuals.weak_text_color(),
                );
            }
            if let Some(curve) = self.curve().filter(|_| rect.width() >= COURSE_FROM_PT) {
                right -= COURSE_PT;
                let course = Rect::from_min_size(
                    Pos2::new(right, rect.top() + 4.0),
                    Vec2::new(COURSE_PT - 6.0, rect.height() - 8.0),
                );
                self.paint_course(ui, curve, course);
            }
        }
        let left = rect.left() + NAME_FROM_PT;
        let body = TextStyle::Body.resolve(ui.style());
        let name = shortened::fitted(
            painter,
            self.state.run_name(self.index),
            &body,
            right - left - 6.0,
        );
        let at = Pos2::new(left, rect.center().y);
        let clip = Rect::from_x_y_ranges(left..=right - 4.0, rect.y_range());
        let clipped = painter.with_clip_rect(clip.intersect(ui.clip_rect()));
        clipped.text(at, Align2::LEFT_CENTER, name, body, text);
    }

    /// The colour: filled while the run is drawn; under the pointer an eye.
    fn paint_mark(&self, ui: &Ui, rect: Rect, is_drawn: bool, is_hovered: bool) {
        let colour = color32(self.state.run_colours.of(self.index));
        let centre = Pos2::new(rect.left() + 7.0, rect.center().y);
        let painter = ui.painter();
        if is_hovered {
            let icon = if is_drawn { Icon::Eye } else { Icon::EyeOff };
            let font = FontId::new(14.0, style::icons());
            painter.text(
                centre,
                Align2::CENTER_CENTER,
                char::from(icon),
                font,
                colour,
            );
        } else if is_drawn {
            painter.circle_filled(centre, 4.5, colour);
        } else {
            painter.circle_stroke(centre, 4.0, Stroke::new(1.3, colour.gamma_multiply(0.7)));
        }
    }

    /// The course of the series on the timeline, over the steps and values of this run alone.
    fn paint_course(&self, ui: &Ui, curve: &Curve, rect: Rect) {
        let points: Vec<[f64; 2]> = curve.points(COURSE_COLUMNS).collect();
        let range = |axis: usize| {
            let values = points.iter().map(|point| point[axis]);
            values.fold([f64::MAX, f64::MIN], |[low, high], value| {
                [low.min(value), high.max(value)]
            })
        };
        let share = |value: f64, [low, high]: [f64; 2]| match high > low {
            true => ((value - low) / (high - low)) as f32,
            false => 0.5,
        };
        let (steps, values) = (range(0), range(1));
        let places = points.iter().map(|[step, value]| {
            Pos2::new(
                rect.left() + share(*step, steps) * rect.width(),
                rect.bottom() - share(*value, values) * rect.height(),
            )
        });
        let colour: Color32 = color32(self.state.run_colours.of(self.index));
        let line = Shape::line(places.collect(), Stroke::new(1.0, colour));
        ui.painter().add(line);
    }
}

/// A value in the digits that a list has room for.
fn last_value_text(value: f64) -> String {
    let text = six_digits(value);
    if text.len() <= 8 {
        return text;
    }
    format!("{value:.3e}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_last_value_is_short() {
        assert_eq!(last_value_text(3.2345678), "3.23457");
        assert_eq!(last_value_text(-1797.9790471), "-1797.98");
        assert_eq!(last_value_text(-0.0123456789), "-1.235e-2");
        assert_eq!(last_value_text(4.0), "4");
    }
}
