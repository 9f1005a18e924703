//! Runs that have one value each, all at one step: a dot for each run, in the plane of the value and the run.

use std::sync::Arc;

use trainscape_scene::{
    axis::{Axis, Scale},
    colour::{Colour, ColourMap},
    scene::{LegendEntry, LegendMark, Markers, Path, PathColour, PointLabel, Scene, SeriesRecords},
    ticks::{format_derived, format_value},
};

use super::{
    MOST_CURTAINS, MOST_IN_PLANE, MOST_LABELLED, Waterfall,
    condition_means::Means,
    conditions::{Conditions, Results},
    in_order,
    many::{LinesOf, ManyLines},
};
use crate::{
    axes, groups,
    ranges::{BEYOND_THE_AXIS, COLOUR as OF_BEYOND},
    run_rows::RunRow,
    samples::{counted, quantity_title, verb},
    side::Side,
};

/// The names of more runs would not be readable.
const MOST_NAMED: usize = 50;

/// Heights above the plane, so that dots are over their lines.
const LINE_HEIGHT: f32 = 0.4;
const DOT_HEIGHT: f32 = 0.8;
/// The line that leads from a run's name to its dot and on.
const LEADER: Colour = Colour::hex(0xb0b0b0);

/// The part of the width that is for the best result of each row.
const FOR_NAMES: f64 = 0.1;
/// How far below its row the point of a label is, which stands above it, in parts of the height of all rows.
const BELOW: f64 = 0.033;

/// The opacity of the dots of runs behind their means.
const OF_RUNS: f32 = 0.35;

/// Room beyond the first and the last run, in parts of all.
const ROOM: f64 = 0.01;

impl Waterfall<'_> {
    /// Puts results that nothing orders in the order of their values, many of them in the colours of their classes.
    pub(super) fn sort_results(&mut self) {
        if self.order.bar.is_some() {
            return;
        }
        let value = |row: &RunRow| row.samples.points[0].value;
        let values: Vec<f64> = self.rows.iter().map(value).collect();
        let config = |row: &RunRow| &*self.members[row.member].run.config;
        let configs: Vec<_> = self.rows.iter().map(config).collect();
        let path = |row: &RunRow| self.members[row.member].run.id.to_string();
        self.conditions = Conditions::of(&Results {
            configs,
            paths: self.rows.iter().map(path).collect(),
            values: values.clone(),
            side: self.side,
            repeats: self.repeated_settings(),
        });
        if let Some(conditions) = &self.conditions {
            self.order.colours.clone_from(&conditions.colours);
            self.order.title.clone_from(&conditions.title);
            self.order.names.clone_from(&conditions.names);
            return;
        }
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        order.sort_by(|a, b| value(&self.rows[*a]).total_cmp(&value(&self.rows[*b])));
        if self.side == Side::Lowest {
            // The best one is at the top.
            order.reverse();
        }
        self.order.names = order
            .iter()
            .map(|at| self.order.names[*at].clone())
            .collect();
        self.rows = in_order(std::mem::take(&mut self.rows), &order);
        "in the order of their values".clone_into(&mut self.order.note);
        if self.rows.len() <= MOST_IN_PLANE {
            let colours = &self.order.colours;
            self.order.colours = order.iter().map(|at| colours[*at]).collect();
            return;
        }
        let rows: Vec<&RunRow> = self.rows.iter().collect();
        let classes = ManyLines::of_lines(
            self.members,
            &rows,
            LinesOf::Runs,
            (self.side, self.settings.colours(ColourMap::default())),
        );
        self.order.colours = classes
            .colours
            .iter()
            .map(|colour| colour.with_opacity(1.0))
            .collect();
        self.order.bar.clone_from(&classes.bar);
        self.many = Some(classes);
        if self.rows.len() > MOST_NAMED {
            self.order.names.clear();
            "run, by value".clone_into(&mut self.order.title);
        }
    }

    /// The group of each row, where most rows are repeats of another.
    fn repeated_settings(&self) -> Option<Vec<String>> {
        let run = |row: &RunRow| self.members[row.member].run.clone();
        let runs: Vec<_> = self.rows.iter().map(run).collect();
        let groups = groups::groups(&runs, groups::known_repeats(&runs));
        let repeated = groups.iter().filter(|group| group.members.len() > 1);
        if 2 * repeated.count() <= groups.len() {
            return None;
        }
        let mut of_row = vec![String::new(); runs.len()];
        for group in groups {
            // The caption counts the results of a row.
            let name = without_count(&group.label, group.members.len());
            for row in group.members {
                name.clone_into(&mut of_row[row]);
            }
        }
        Some(of_row)
    }

    /// The means of the results of each condition, where they have some.
    pub(super) fn means_of_results(&self) -> Means {
        let values: Vec<f64> = self
            .rows
            .iter()
            .map(|row| row.samples.points[0].value)
            .collect();
        let config = |row: &RunRow| &*self.members[row.member].run.config;
        let configs: Vec<_> = self.rows.iter().map(config).collect();
        let conditions = self.conditions.as_ref();
        conditions.map_or_else(Means::default, |found| Means::of(found, &configs, &values))
    }

    /// The scene without its caption.
    pub(super) fn results_scene(&self) -> Scene {
        let mut scene = self.empty_scene();
        let [x, runs, value] = scene.axes;
        let what = quantity_title(&self.key, self.role);
        let by = match runs.title.split_once(", ") {
            // All in the order of their values, without names.
            Some((by, _)) => by,
            None => &runs.title,
        };
        let at = self.rows[0].samples.points[0].x;
        let are_at_one =
            (self.rows.iter()).all(|row| row.samples.points[0].x.total_cmp(&at).is_eq());
        // A single result is at no step.
        let at = match at != 0.0 && are_at_one {
            true => format!(" at {} {}", x.title, format_value(at)),
            false => String::new(),
        };
        scene.title = format!("{what} by {by}{at}, {} runs", self.rows.len());
        let plane = Axis {
            title: String::new(),
            scale: Scale::Category(Vec::new()),
            low: 0.0,
            high: 1.0,
        };
        // Dots at the ends are whole.
        let room = ROOM * self.rows.len() as f64;
        let (runs, places) = match &self.conditions {
            Some(conditions) => {
                let below = match conditions.named.is_empty() {
                    true => 0.0,
                    false => BELOW * conditions.names.len() as f64,
                };
                let runs = Axis {
                    low: -below.max(0.5),
                    high: conditions.names.len() as f64 - 0.5,
                    scale: Scale::Category(conditions.names.clone()),
                    ..runs
                };
                scene.legend.clone_from(&conditions.legend);
                (runs, conditions.names.len())
            }
            None => {
                let runs = Axis {
                    low: runs.low - room,
                    high: runs.high + room,
                    ..runs
                };
                (runs, self.rows.len())
            }
        };
        let value = match &self.conditions {
            Some(conditions) if !conditions.named.is_empty() => Axis {
                high: value.high + FOR_NAMES * (value.high - value.low),
                ..value
            },
            _ => value,
        };
        scene.axes = [value, runs, plane];
        scene.box_aspect = [1.4, (0.25 + 0.09 * places as f32).clamp(0.5, 1.2), 0.0];
        scene.lay_flat();
        if let Some(classes) = self.many.as_ref().filter(|many| !many.note.is_empty()) {
            scene.legend.clone_from(&classes.legend);
        }
        let marked = self.extremes().marked();
        let means = self.means_of_results();
        let mut beyond: Vec<[f32; 3]> = Vec::new();
        for (place, row) in self.rows.iter().enumerate() {
            let point = &row.samples.points[0];
            let of_condition = self
                .conditions
                .as_ref()
                .map(|found| found.places[place] + found.offsets[place]);
            let y = of_condition.unwrap_or(place as f64);
            let value = &scene.axes[0];
            if point.value < value.low || point.value > value.high {
                let wall = point.value.clamp(value.low, value.high);
                beyond.extend(axes::place(&scene.axes, [wall, y, f64::from(DOT_HEIGHT)]));
            }
            let at = |height: f64| axes::place(&scene.axes, [point.value, y, height]);
            let Some(position_unit) = at(f64::from(DOT_HEIGHT)).filter(|at| axes::is_inside(*at))
            else {
                continue;
            };
            let y_unit = position_unit[1];
            if self.rows.len() <= MOST_CURTAINS && self.conditions.is_none() {
                scene.paths.push(leader(y_unit));
            }
            let member = &self.members[row.member];
            let mut records = SeriesRecords::default();
            records.add(&member.run, &self.key, Arc::from([point.index]), Vec::new());
            let is_marked = marked.is_some_and(|record| record.row == place);
            scene.markers.push(Markers {
                records: Some(Arc::new(records)),
                steps: [point.step].into(),
                name: member.run.name.to_string(),
                positions_unit: [position_unit].into(),
                // Means stand before the dots of their runs.
                colour: match means.is_empty() {
                    true => self.order.colours[place],
                    false => self.order.colours[place].with_opacity(OF_RUNS),
                },
                diameter_pt: (160.0 / self.rows.len() as f32).clamp(2.6, 6.0),
                outline: is_marked.then_some(Colour::hex(0x111111)),
            });
            if self.rows.len() <= MOST_LABELLED {
                scene.labels.push(PointLabel {
                    position_unit,
                    text: format_derived(point.value),
                });
            }
        }
        means.add(&mut scene);
        self.name_the_best(&mut scene);
        mark_beyond(&mut scene, beyond);
        scene
    }

    /// Writes the best result of each row at its end.
    fn name_the_best(&self, scene: &mut Scene) {
        let Some(conditions) = &self.conditions else {
            return;
        };
        for at in &conditions.named {
            // A label stands above its point.
            let below = BELOW * conditions.names.len() as f64;
            let row = conditions.places[*at].round() - below;
            let axis = &scene.axes[0];
            let x = axis.high - 0.5 * FOR_NAMES * (axis.high - axis.low);
            let Some(position_unit) = axes::place(&scene.axes, [x, row, f64::from(DOT_HEIGHT)])
            else {
                continue;
            };
            scene.labels.push(PointLabel {
                position_unit,
                text: format_derived(self.rows[*at].samples.points[0].value),
            });
        }
    }

    /// The caption's sentence on results beyond the axis of values, which is the first of the scene.
    pub(super) fn beyond_text(&self, scene: &Scene) -> String {
        let axis = &scene.axes[0];
        let values = self.rows.iter().map(|row| row.samples.points[0].value);
        let beyond: Vec<f64> = values
            .filter(|value| *value < axis.low || *value > axis.high)
            .collect();
        let middle = f64::midpoint(axis.low, axis.high);
        let far = |value: &f64| (value - middle).abs();
        let farthest = beyond.iter().max_by(|a, b| far(a).total_cmp(&far(b)));
        farthest.map_or_else(String::new, |farthest| {
            format!(
                "{} beyond the range of {} {} marked at the wall (as far as {})",
                counted(beyond.len(), "result"),
                axis.title,
                verb(beyond.len()),
                format_value(*farthest),
            )
        })
    }
}

/// The label of a group without how many runs it has.
fn without_count(label: &str, runs: usize) -> &str {
    let counts = [
        format!(" and {} more", runs.saturating_sub(1)),
        format!(", n = {runs}"),
    ];
    let mut names = counts.iter().filter_map(|count| label.strip_suffix(count));
    names.next().unwrap_or(label)
}

/// Marks results at the wall that they are beyond.
fn mark_beyond(scene: &mut Scene, positions_unit: Vec<[f32; 3]>) {
    if positions_unit.is_empty() {
        return;
    }
    scene.legend.push(LegendEntry {
        label: BEYOND_THE_AXIS.to_owned(),
        colour: Some(OF_BEYOND),
        mark: LegendMark::Dot,
    });
    scene.markers.push(Markers {
        records: None,
        name: BEYOND_THE_AXIS.to_owned(),
        steps: [].into(),
        positions_unit: positions_unit.into(),
        colour: OF_BEYOND,
        diameter_pt: 2.6,
        outline: None,
    });
}

/// A line from a run's name through its dot, over the whole plane: a stem from the name would compare lengths from an axis that
/// seldom begins at zero.
fn leader(y_unit: f32) -> Path {
    Path {
        name: String::new(),
        positions_unit: [[0.0, y_unit, LINE_HEIGHT], [1.0, y_unit, LINE_HEIGHT]].into(),
        strips: Path::unbroken(2),
        colour: PathColour::Solid(LEADER),
        width_pt: 0.6,
        series_key: "".into(),
        records: Arc::new([]),
        details: Vec::new(),
        describe: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_repeats_is_named_without_their_number() {
        assert_eq!(without_count("relu and 3 more", 4), "relu");
        assert_eq!(without_count("relu, n = 4", 4), "relu");
        assert_eq!(without_count("relu, n = 4", 3), "relu, n = 4");
        assert_eq!(without_count("baseline", 1), "baseline");
    }
}
