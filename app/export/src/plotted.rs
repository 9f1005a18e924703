//! What a figure plots, as a table: each drawn record with its exact values, and the nodes of interpolated surfaces.

use std::collections::HashMap;

use trainscape_compute::Field;
use trainscape_scene::{
    Scene,
    scene::{RecordKind, SurfaceWork},
};

use crate::{error::ExportError, geometry, job::FigureJob};

/// More rows would take gigabytes as text.
const MOST_ROWS: usize = 2_000_000;

/// A table of texts; an empty cell has no value.
#[derive(Debug, Default)]
pub(crate) struct Plotted {
    /// The first is what the row is: `point`, `marker`, `node` (measured) or `grid` (interpolated).
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
    place_of: HashMap<String, usize>,
    /// Rows that were more than the limit.
    left_out: usize,
}

/// `0.5 ± 0.1` as two cells.
fn with_deviation((name, text): (String, String)) -> Vec<(String, String)> {
    let number = |text: &str| {
        let plain = plain_number(text).unwrap_or_else(|| text.to_owned());
        plain.parse::<f64>().is_ok().then_some(plain)
    };
    let parts = text.split_once(" ± ");
    match parts.and_then(|(mean, deviation)| Some((number(mean)?, number(deviation)?))) {
        Some((mean, deviation)) => vec![(name.clone(), mean), (format!("{name} ±"), deviation)],
        None => vec![(name, text)],
    }
}

/// A number as programs read it, where it is written as people do: `−1,234.5` is `-1234.5`. `None` for any other text.
fn plain_number(text: &str) -> Option<String> {
    let is_written = text.contains(['\u{2212}', ',']);
    let plain = text.replace('\u{2212}', "-");
    let (whole, rest) = plain.split_at(plain.find(['.', 'e']).unwrap_or(plain.len()));
    let mut groups = whole.trim_start_matches('-').split(',');
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let are_groups = groups.next().is_some_and(is_number)
        && groups.all(|group| group.len() == 3 && is_number(group));
    let plain = format!("{}{rest}", whole.replace(',', ""));
    (is_written && are_groups && plain.parse::<f64>().is_ok()).then_some(plain)
}

impl Plotted {
    /// A table of these rows.
    #[cfg(test)]
    pub(crate) fn of_rows(columns: Vec<String>, rows: Vec<Vec<String>>) -> Self {
        Self {
            columns,
            rows,
            ..Self::default()
        }
    }

    /// Everything that a figure draws.
    ///
    /// # Errors
    /// As [`Self::of`], or when a pass fails.
    pub(crate) fn of_figure(job: &FigureJob<'_>) -> Result<Self, ExportError> {
        let fields = geometry::fields(job.renderer, job.scene)?;
        Self::of(job.scene, &fields)
    }

    /// Everything that is drawn; `fields` are the heights of the scene's surfaces.
    ///
    /// # Errors
    /// When nothing is drawn, or more than a table may have.
    fn of(scene: &Scene, fields: &[Field]) -> Result<Self, ExportError> {
        let mut table = Self::default();
        scene.for_each_picked(|record| {
            let kind = match record.kind {
                RecordKind::Marker => "marker",
                RecordKind::Point => "point",
                RecordKind::Node => "node",
            };
            table.add(kind, record.picked.lines);
        });
        for (surface, field) in scene.surfaces.iter().zip(fields) {
            // The nodes of others are records, which are in the table already.
            if !matches!(surface.work, SurfaceWork::Nodes(_)) || surface.records.is_none() {
                table.add_grid(scene, field);
            }
        }
        if table.left_out > 0 {
            let reason = format!(
                "the figure has {} records and nodes, and a table at most {MOST_ROWS}: choose fewer steps or runs",
                table.rows.len() + table.left_out
            );
            return Err(ExportError::Encode { reason });
        }
        if table.rows.is_empty() {
            return Err(ExportError::Empty {
                why: "nothing is within the chosen steps".to_owned(),
            });
        }
        let width = table.columns.len();
        for row in &mut table.rows {
            row.resize(width, String::new());
        }
        Ok(table)
    }

    fn add(&mut self, kind: &str, cells: impl IntoIterator<Item = (String, String)>) {
        if self.rows.len() == MOST_ROWS {
            self.left_out += 1;
            return;
        }
        let mut row = vec![String::new(); self.columns.len()];
        let cells = std::iter::once(("kind".to_owned(), kind.to_owned())).chain(cells);
        for (name, text) in cells.flat_map(with_deviation) {
            let place = match self.place_of.get(&name) {
                Some(place) => *place,
                None => {
                    self.place_of.insert(name.clone(), self.columns.len());
                    self.columns.push(name);
                    self.columns.len() - 1
                }
            };
            if row.len() <= place {
                row.resize(place + 1, String::new());
            }
            row[place] = plain_number(&text).unwrap_or(text);
        }
        self.rows.push(row);
    }

    fn add_grid(&mut self, scene: &Scene, field: &Field) {
        let value = |axis: usize, unit: f32| {
            let axis = &scene.axes[axis];
            // The positions have single precision; more digits would be noise.
            let value = axis.value_from_unit(f64::from(unit)) as f32;
            (axis.title.clone(), value.to_string())
        };
        for (row, y) in field.y_unit.iter().enumerate() {
            for (column, x) in field.x_unit.iter().enumerate() {
                let node = row * field.x_unit.len() + column;
                if field.support[node] >= 0.0 {
                    let cells = [value(0, *x), value(1, *y), value(2, field.values[node])];
                    self.add("grid", cells);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{plain_number, with_deviation};

    #[test]
    fn a_mean_with_its_deviation_is_two_numbers() {
        let cells = |text: &str| with_deviation(("importance".to_owned(), text.to_owned()));
        let expected = [("importance", "-0.5"), ("importance ±", "0.1")];
        let expected = expected.map(|(name, text)| (name.to_owned(), text.to_owned()));
        assert_eq!(cells("\u{2212}0.5 ± 0.1"), expected);
        assert_eq!(cells("a ± b").len(), 1);
    }

    #[test]
    fn numbers_for_people_become_numbers_for_programs() {
        for (text, expected) in [
            ("\u{2212}1.26276", Some("-1.26276")),
            ("20,140", Some("20140")),
            ("\u{2212}1,234,567.5", Some("-1234567.5")),
            ("1.2e\u{2212}5", Some("1.2e-5")),
            ("0.5", None),
            ("a,b", None),
            ("1,2", None),
            ("\u{2212}", None),
            ("lr 1,000", None),
        ] {
            assert_eq!(plain_number(text).as_deref(), expected, "{text}");
        }
    }
}
