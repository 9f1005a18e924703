//! The extreme that a caption names and a marker shows: a logged record, never a node of an interpolation.

use std::sync::Arc;

use trainscape_scene::{
    colour::Colour,
    scene::{Describe as _, Markers, PointLabel, Scene, SeriesRecords},
    ticks::{format_derived, format_value},
};

use super::{
    axes,
    caption::Caption,
    names::{with_word_before, without_shared_ends},
    run_rows::{RunRow, RunSeries},
    samples::{counted, labels_of_runs},
    settings_names::telling_names,
    side::Side,
};

/// Characters of a long name.
const LONG_NAME: usize = 24;

/// A record of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// The row's index.
    pub(super) row: usize,
    /// The sample's index in its row.
    pub(super) at: usize,
}

impl Side {
    /// The record with the most extreme value among those that have one; the first of equal ones.
    fn of(self, rows: &[&RunRow], value: impl Fn(&RunRow, usize) -> Option<f64>) -> Option<Record> {
        let sign = if self == Self::Lowest { 1.0 } else { -1.0 };
        let mut best: Option<(f64, Record)> = None;
        for (row_index, row) in rows.iter().enumerate() {
            for at in 0..row.samples.points.len() {
                let Some(value) = value(row, at).map(|value| sign * value) else {
                    continue;
                };
                if best.is_none_or(|(best, _)| value < best) {
                    best = Some((value, Record { row: row_index, at }));
                }
            }
        }
        best.map(|(_, record)| record)
    }

    /// The record with the most extreme logged value.
    pub(super) fn logged(self, rows: &[&RunRow]) -> Option<Record> {
        self.of(rows, |row, at| Some(row.samples.points[at].value))
    }

    /// The record at which the line is most extreme: the mean over a full window, or the logged value of a run without a moving
    /// average.
    pub(super) fn drawn(self, rows: &[&RunRow]) -> Option<Record> {
        self.of(rows, |row, at| {
            let is_drawn = row.window <= 1 || row.has_full_window(at);
            is_drawn.then(|| row.smooth[at])
        })
    }
}

/// So many runs that share an extreme are named.
const FEW_RUNS: usize = 2;

/// What surrounds the records.
pub(super) struct Extremes<'a> {
    pub(super) side: Side,
    pub(super) members: &'a [RunSeries],
    pub(super) rows: Vec<&'a RunRow>,
    /// Points in the moving average.
    pub(super) window: usize,
}

impl Extremes<'_> {
    /// The record that is marked: where the mean over a full window is most extreme, or the most extreme logged one
    /// without smoothing or without a full window. `None` where several records have that value: none of them is special.
    pub(super) fn marked(&self) -> Option<Record> {
        let drawn = (self.window > 1).then(|| self.side.drawn(&self.rows));
        let logged = || self.side.logged(&self.rows);
        let is_special = |record: &Record| self.is_averaged(*record) || self.equal_to(*record) == 1;
        drawn.flatten().or_else(logged).filter(is_special)
    }

    /// How many records have the logged value of one.
    fn equal_to(&self, record: Record) -> usize {
        let value = self.point(record).1.value;
        let rows = self.rows.iter();
        let points = rows.flat_map(|row| &row.samples.points);
        points.filter(|point| point.value == value).count()
    }

    /// The caption's sentence on a logged extreme that several records have.
    fn shared_text(&self) -> String {
        self.side
            .logged(&self.rows)
            .map_or_else(String::new, |record| {
                format!(
                    "{} logged value: {}, at {}{}",
                    self.side.name(),
                    format_value(self.point(record).1.value),
                    counted(self.equal_to(record), "point"),
                    self.runs_of(record)
                )
            })
    }

    /// The runs that have the value of a record, where these are few of several: ` of a and b`.
    fn runs_of(&self, record: Record) -> String {
        let value = self.point(record).1.value;
        let has_it = |row: &&&RunRow| row.samples.points.iter().any(|point| point.value == value);
        let members: Vec<usize> = self
            .rows
            .iter()
            .filter(has_it)
            .map(|row| row.member)
            .collect();
        if self.members.len() < 2 || members.len() > FEW_RUNS {
            return String::new();
        }
        let labels = self.labels();
        let names: Vec<&str> = members
            .iter()
            .map(|member| labels[*member].as_str())
            .collect();
        format!(" of {}", names.join(" and "))
    }

    /// Marks the record where its line passes, at `y_of` its row, with a label; returns the caption's sentences. `place`
    /// describes the place of a row after the name of its run.
    pub(super) fn add(
        &self,
        scene: &mut Scene,
        y_of: impl Fn(usize) -> f64,
        label: impl Fn(usize, String) -> String,
        place: impl Fn(usize) -> String,
    ) -> String {
        let Some(record) = self.marked() else {
            return self.shared_text();
        };
        let (row, point) = self.point(record);
        let unit = axes::place(
            &scene.axes,
            [point.x, y_of(record.row), self.drawn_value(record)],
        );
        let shown = unit.filter(|unit| axes::is_inside(*unit));
        if let Some(position_unit) = shown {
            let member = &self.members[row.member];
            let mut records = SeriesRecords::default();
            let indices = Arc::from([point.index]);
            records.add(&member.run, member.series.key(), indices, Vec::new());
            scene
                .markers
                .push(marker(self.side, position_unit, records));
            scene.labels.push(PointLabel {
                position_unit,
                text: label(record.row, self.value_text(record)),
            });
        }
        self.text(record, row, &scene.axes[0].title, shown.is_some(), place)
    }

    /// The caption's sentences on the record, which the scene marks; `x` names the axis of its step.
    pub(super) fn sentence(&self, x: &str) -> String {
        self.marked().map_or_else(
            || self.shared_text(),
            |record| {
                let (row, _) = self.point(record);
                self.text(record, row, x, false, |_| String::new())
            },
        )
    }

    /// The extreme logged value, its place and its run, without what it is called.
    pub(super) fn logged_text(&self, x: &str) -> Option<String> {
        let record = self.side.logged(&self.rows)?;
        let (_, point) = self.point(record);
        let value = format_value(point.value);
        let labels = self.labels();
        Some(match self.equal_to(record) {
            1 => format!("{value} {}", self.place_text(record, x, &labels)),
            several => format!("{value} at {}", counted(several, "point")),
        })
    }

    /// What the runs are called in a sentence.
    fn labels(&self) -> Vec<String> {
        let runs: Vec<_> = self
            .members
            .iter()
            .map(|member| member.run.clone())
            .collect();
        let labels = without_shared_ends_if_long(labels_of_runs(&runs));
        let runs: Vec<_> = runs.iter().map(|run| &**run).collect();
        telling_names(labels, &runs)
    }

    /// Where a record is, and of which run: `at step 3 of a`. Single values without a step, as in a table, have no place.
    fn place_text(&self, record: Record, x: &str, labels: &[String]) -> String {
        let (row, point) = self.point(record);
        let at = format!("at {x} {}", format_value(point.x));
        let are_single = || self.rows.iter().all(|row| row.samples.points.len() == 1);
        match labels.len() {
            // The only run is named before.
            1 => at,
            _ if point.x == 0.0 && are_single() => format!("of {}", labels[row.member]),
            _ => format!("{at} of {}", labels[row.member]),
        }
    }

    /// The value at which the dot stands: the mean if there is one, otherwise the logged value.
    fn drawn_value(&self, record: Record) -> f64 {
        let (row, point) = self.point(record);
        match self.is_averaged(record) {
            true => row.smooth[record.at],
            false => point.value,
        }
    }

    /// What a label says: the value at which the dot stands.
    fn value_text(&self, record: Record) -> String {
        let value = format_derived(self.drawn_value(record));
        match self.is_averaged(record) {
            true => format!("mean {value}"),
            false => value,
        }
    }

    fn is_averaged(&self, record: Record) -> bool {
        self.rows[record.row].has_full_window(record.at)
    }

    fn point(&self, record: Record) -> (&RunRow, &super::samples::SamplePoint) {
        let row = self.rows[record.row];
        (row, &row.samples.points[record.at])
    }

    fn text(
        &self,
        record: Record,
        row: &RunRow,
        x: &str,
        is_shown: bool,
        place: impl Fn(usize) -> String,
    ) -> String {
        let side = self.side.name();
        let labels = self.labels();
        let at = |record: Record| {
            format!(
                "{}{}",
                self.place_text(record, x, &labels),
                place(record.row)
            )
        };
        let dot = if is_shown { " (dot)" } else { "" };
        let value = format_value(row.samples.points[record.at].value);
        let logged = self
            .side
            .logged(&self.rows)
            .filter(|logged| *logged != record);
        let of_logged = logged.map(|logged| match self.equal_to(logged) {
            1 => {
                let (_, point) = self.point(logged);
                let value = format_value(point.value);
                format!("{side} logged value: {value} {}", at(logged))
            }
            _ => self.shared_text(),
        });
        if !self.is_averaged(record) {
            // The points behind the means of other runs may go beyond the values of this one.
            let is_passed = logged.is_some_and(|logged| {
                let other = self.point(logged).1.value;
                other
                    .total_cmp(&row.samples.points[record.at].value)
                    .is_ne()
            });
            return match is_passed {
                true => Caption::new(format!(
                    "{side} value of a line: {value} {}{dot}",
                    at(record)
                ))
                .sentences(of_logged)
                .into_text(),
                false => format!("{side} logged value: {value} {}{dot}", at(record)),
            };
        }
        let mean = format_derived(row.smooth[record.at]);
        Caption::new(format!(
            "{side} mean of {} points: {mean} {}{dot}, where {value} was logged",
            row.window,
            at(record),
        ))
        .sentences(of_logged)
        .into_text()
    }
}

/// Names of a sentence: whole, or what tells them apart where one is long.
fn without_shared_ends_if_long(names: Vec<String>) -> Vec<String> {
    let is_long = |name: &String| name.chars().count() > LONG_NAME;
    if !names.iter().any(is_long) {
        return names;
    }
    let short = without_shared_ends(&names);
    let is_number = |name: &String| name.bytes().all(|byte| byte.is_ascii_digit());
    match short.iter().all(is_number) {
        true => with_word_before(&names, &short).unwrap_or(names),
        false => short,
    }
}

fn marker(side: Side, position_unit: [f32; 3], records: SeriesRecords) -> Markers {
    // Before its step there is nothing to mark yet.
    let step = records.mark(0).and_then(|mark| mark.step);
    Markers {
        records: Some(Arc::new(records)),
        steps: step.into_iter().collect(),
        name: match side {
            Side::Lowest => "minimum".to_owned(),
            Side::Highest => "maximum".to_owned(),
        },
        positions_unit: Arc::new([position_unit]),
        colour: Colour::hex(0xffffff),
        diameter_pt: 5.5,
        outline: Some(Colour::hex(0x111111)),
    }
}

#[cfg(test)]
mod tests {
    use trainscape_run::{Point, Run, Series};

    use trainscape_scene::axis::Axis;

    use super::*;
    use crate::{ViewSettings, common::SMOOTHING, run_rows};

    fn member(id: &str, ordinal: usize, values: &[f64]) -> RunSeries {
        let mut series = Series::new("loss");
        for (step, &value) in values.iter().enumerate() {
            series.push(Point {
                step: (step as i64 * 10).into(),
                wall_time_secs: None,
                value,
            });
        }
        RunSeries {
            ordinal,
            run: Arc::new(Run::new(id, id, id.into())),
            series: Arc::new(series),
        }
    }

    fn records(window: usize) -> [Option<Record>; 2] {
        // The last mean of `a` is of one point; the lowest full mean is that of `b` at index 3.
        let members = [
            member("a", 0, &[5.0, 4.0, 3.0, 4.0, 4.0, 1.0]),
            member("b", 1, &[5.0, 4.0, 2.5, 2.4, 2.6, 3.0]),
        ];
        let settings = ViewSettings::default().with(&SMOOTHING, window);
        let (rows, window) = run_rows::rows(&members, &settings).unwrap();
        let rows: Vec<&RunRow> = rows.iter().collect();
        let extremes = Extremes {
            side: Side::Lowest,
            members: &members,
            rows: rows.clone(),
            window,
        };
        [extremes.marked(), Side::Lowest.logged(&rows)]
    }

    #[test]
    fn a_marked_minimum_is_a_record_with_a_full_window() {
        let [marked, logged] = records(3);
        assert_eq!(marked, Some(Record { row: 1, at: 3 }));
        assert_eq!(logged, Some(Record { row: 0, at: 5 }));
        let [marked, logged] = records(1);
        assert_eq!(marked, logged);
    }

    const HIGHEST: f64 = 6.0;

    /// A scene with the marked minimum, and the caption's sentences.
    fn marked(members: &[RunSeries], smoothing: usize) -> (Scene, String) {
        let settings = ViewSettings::default().with(&SMOOTHING, smoothing);
        let (rows, window) = run_rows::rows(members, &settings).unwrap();
        let axes = [50.0, 1.0, HIGHEST].map(|high| Axis {
            title: "step".to_owned(),
            scale: trainscape_scene::axis::Scale::Linear,
            low: 0.0,
            high,
        });
        let extremes = Extremes {
            side: Side::Lowest,
            members,
            rows: rows.iter().collect(),
            window,
        };
        let mut scene = Scene::new(axes);
        let caption = extremes.add(
            &mut scene,
            |row| row as f64,
            |_, text| text,
            |_| String::new(),
        );
        (scene, caption)
    }

    #[test]
    fn a_run_whose_name_another_has_is_named_by_its_id() {
        let mut members = [member("one", 0, &[2.0, 1.0]), member("two", 1, &[3.0, 4.0])];
        for member in &mut members {
            let mut run = member.run.as_ref().clone();
            run.name = "same".into();
            member.run = Arc::new(run);
        }
        let (_, text) = marked(&members, 1);
        assert_eq!(text, "Lowest logged value: 1 at step 10 of one (dot)");
    }

    #[test]
    fn the_label_says_the_value_at_which_its_dot_stands() {
        let members = [member("a", 0, &[5.0, 4.0, 1.23456, 1.4, 6.0])];
        let (scene, caption) = marked(&members, 3);
        assert_eq!(scene.labels[0].text, "mean 2.212");
        let height = f64::from(scene.labels[0].position_unit[2]) * HIGHEST;
        assert!((height - 2.21152).abs() < 1e-5, "{height}");
        assert!(
            caption.contains("mean of 3 points: 2.212 at step 20 (dot), where 1.23456 was logged"),
            "{caption}"
        );
    }

    #[test]
    fn without_a_full_window_the_logged_extreme_is_marked() {
        let [marked, logged] = records(99);
        assert_eq!(marked, logged);
    }

    #[test]
    fn the_highest_of_a_reward_is_marked() {
        let members = [member("a", 0, &[1.0, 7.0, 2.0])];
        let settings = ViewSettings::default().with(&SMOOTHING, 1_usize);
        let (rows, _) = run_rows::rows(&members, &settings).unwrap();
        let rows: Vec<&RunRow> = rows.iter().collect();
        assert_eq!(Side::Highest.logged(&rows), Some(Record { row: 0, at: 1 }));
    }
}
