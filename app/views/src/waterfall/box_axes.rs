//! The axes of a waterfall and of lines in a plane: what is drawn decides their ranges.

use trainscape_run::Role;
use trainscape_scene::axis::{Axis, Scale};

use super::{MOST_IN_PLANE, Waterfall, layers::Layer};
use crate::{axes, extremes::Record, ranges, run_rows::RunRow, side::Side, x_lookup};

/// The axis is extended to a named extreme that is no farther from what it shows than this many spans.
const NEAR_SPANS: f64 = 0.25;
/// Of so many results by their conditions, a few rule no range.
const MANY_RESULTS: usize = 100;
/// Of each of many runs, about so many values count for the range.
const MOST_IN_RANGE: usize = 256;

/// The axis with ticks at whole numbers where all places are whole: there is no half of a step.
fn with_whole_ticks(axis: Axis, all_x: &[f64]) -> Axis {
    let are_whole = || all_x.iter().all(|x| x.fract() == 0.0);
    match axis.scale == Scale::Linear && are_whole() {
        true => Axis {
            scale: Scale::Whole,
            ..axis
        },
        false => axis,
    }
}

impl Waterfall<'_> {
    /// The axis of the runs; that of a single one, or of runs in a plane, says nothing.
    fn runs_axis(&self) -> Axis {
        let (title, names) = if self.rows.len() == 1 || self.is_flat {
            (String::new(), Vec::new())
        } else {
            (self.order.title.clone(), self.order.names.clone())
        };
        let layers = if self.is_flat { Layer::COUNT } else { 1 };
        Axis {
            title,
            scale: Scale::Category(names),
            low: -0.5,
            high: (layers * self.rows.len()) as f64 - 0.5,
        }
    }

    pub(super) fn axes(&self) -> [Axis; 3] {
        let settings = self.settings;
        let (x_title, mut x_scale) = match self.only_step {
            Some(_) => ("point".to_owned(), Scale::Linear),
            None => x_lookup::x_title(&self.runs, &self.key, settings),
        };
        let rows = self.rows.iter();
        let all_x: Vec<f64> = rows
            .flat_map(|row| row.samples.all_x())
            .chain(self.starts.all_x())
            .chain(self.counterpart.all_x())
            .collect();
        if let Some(lengths) = self.lengths.as_ref().filter(|_| x_scale == Scale::Linear) {
            x_scale = lengths.scale(all_x.iter().copied());
        }
        // What a logarithmic axis cannot show does not rule the range of the height.
        let shown_scale = axes::scale(settings, 0, x_scale.clone());
        let is_shown = |x: f64| x > 0.0 || shown_scale != Scale::Log10;
        let marked = self.extremes().marked().filter(|_| self.role.is_some());
        let mut heights: Vec<Vec<f64>> = self
            .rows
            .iter()
            .enumerate()
            .map(|(index, row)| {
                let marked = marked.filter(|record| record.row == index);
                let marked = marked.map(|record| row.samples.points[record.at].value);
                // Of many runs, a long one rules the range no more than others.
                let stride = match self.rows.len() {
                    ..=MOST_IN_PLANE => 1,
                    _ => row.smooth.len().div_ceil(MOST_IN_RANGE),
                };
                let points = row.samples.points.iter().zip(&row.smooth);
                let drawn = points.step_by(stride.max(1));
                let shown = drawn.filter(|(point, _)| is_shown(point.x));
                shown.map(|(_, value)| *value).chain(marked).collect()
            })
            .collect();
        // A logarithmic axis would hide logged values of zero or less behind a positive average.
        let rows = || self.rows.iter().filter(|_| self.shows_raw());
        let points = || rows().flat_map(|row| &row.samples.points);
        let logged = || {
            let shown = points().filter(|point| is_shown(point.x));
            shown.map(|point| point.value)
        };
        let z_scale = match self.role {
            Some(Role::Reward | Role::Accuracy) => Scale::Linear,
            _ => ranges::scale_of(heights.iter().flatten().copied().chain(logged())),
        };
        if self.shows_raw() {
            let scale = axes::scale(settings, 2, z_scale.clone());
            let beside = ranges::beside(settings, &scale, &heights.concat(), logged().collect());
            heights.push(beside);
        }
        if !self.seeds.is_empty() {
            heights = self.seeds.values(&is_shown).collect();
            let thin = self.seeds.thin_rows().map(|row| {
                let row = &self.rows[row];
                let points = row.samples.points.iter().zip(&row.smooth);
                let shown = points.filter(|(point, _)| is_shown(point.x));
                shown.map(|(_, value)| *value).collect()
            });
            heights.extend(thin);
        }
        if self.conditions.is_some() && self.rows.len() >= MANY_RESULTS {
            heights = vec![ranges::near_the_centre(heights.concat())];
        }
        self.leave_out_starts(&mut heights, &z_scale);
        if self.seeds.is_empty() {
            heights.extend(self.named_extreme(&heights));
        }
        heights.extend(self.counterpart.values());
        heights.extend(self.starts.values());
        let x_axis = axes::axis(settings, 0, x_title, x_scale, all_x.iter().copied());
        [
            with_whole_ticks(self.with_room_at_end(x_axis, marked), &all_x),
            self.runs_axis(),
            self.with_room(
                ranges::height_axis(settings, &self.key, z_scale, &heights, self.can_explode()),
                &heights,
            ),
        ]
    }

    /// The steps with room for the mark of an extreme at the last of them.
    fn with_room_at_end(&self, axis: Axis, marked: Option<Record>) -> Axis {
        const ROOM: f64 = 0.015;
        if !self.is_flat || self.settings.range(0).is_some() || axis.scale != Scale::Linear {
            return axis;
        }
        let x = marked.map(|record| self.rows[record.row].samples.points[record.at].x);
        let unit = x.and_then(|x| axis.unit_from_value(x));
        match unit {
            Some(unit) if unit > 1.0 - ROOM => Axis {
                high: axis.value_from_unit(unit + ROOM),
                ..axis
            },
            _ => axis,
        }
    }

    /// The height with room beside what is drawn in a plane: a marked extreme has its label there.
    fn with_room(&self, axis: Axis, heights: &[Vec<f64>]) -> Axis {
        const ROOM: f64 = 0.05;
        if !self.is_flat || self.settings.range(2).is_some() {
            return axis;
        }
        let units = heights
            .iter()
            .flatten()
            .filter_map(|value| axis.unit_from_value(*value));
        let inside = units.filter(|unit| (0.0..=1.0).contains(unit));
        let (least, most) = inside.fold((1.0_f64, 0.0_f64), |(least, most), unit| {
            (least.min(unit), most.max(unit))
        });
        // What cannot be negative begins at zero.
        let at_zero = axis.low == 0.0;
        let low = if least < ROOM && !at_zero {
            least - ROOM
        } else {
            0.0
        };
        let high = if most > 1.0 - ROOM { most + ROOM } else { 1.0 };
        Axis {
            low: axis.value_from_unit(low),
            high: axis.value_from_unit(high),
            ..axis
        }
    }

    /// Whether a run by itself can be an outlier: losses explode, and one of many runs rules no range.
    fn can_explode(&self) -> bool {
        self.role == Some(Role::Loss) || self.many.is_some()
    }

    /// Leaves out the starts of curves in a plane where they would leave little of the height to what follows.
    fn leave_out_starts(&self, heights: &mut [Vec<f64>], z_scale: &Scale) {
        // The rise of a reward or an accuracy from its start is the figure.
        if !self.is_flat || self.side == Side::Highest {
            return;
        }
        let scale = axes::scale(self.settings, 2, z_scale.clone());
        let drawn = |row: &RunRow| match self.shows_raw() {
            true => row.samples.values(),
            false => row.smooth.clone(),
        };
        let rows: Vec<Vec<f64>> = self.rows.iter().map(drawn).collect();
        let Some([low, high]) = ranges::without_starts(self.settings, &scale, &rows) else {
            return;
        };
        for values in heights {
            values.retain(|value| (low..=high).contains(value));
            // The room is shown, too.
            if !values.is_empty() {
                values.extend([low, high]);
            }
        }
    }

    /// The logged extreme that the caption names, where it is near what the axis shows: an outlier is marked at the wall.
    fn named_extreme(&self, heights: &[Vec<f64>]) -> Option<Vec<f64>> {
        self.role?;
        let rows: Vec<&RunRow> = self.rows.iter().collect();
        let record = self.extremes().side.logged(&rows)?;
        let value = self.rows[record.row].samples.points[record.at].value;
        let ends = |(low, high): (f64, f64), value: &f64| (low.min(*value), high.max(*value));
        let (low, high) = heights.iter().flatten().fold((f64::MAX, f64::MIN), ends);
        let reach = NEAR_SPANS * (high - low);
        (low - reach..=high + reach)
            .contains(&value)
            .then(|| vec![value])
    }
}
