//! The validation losses of the runs whose losses are drawn in a plane.

use std::sync::Arc;

use trainscape_run::Role;
use trainscape_scene::{
    colour::{Colour, run_colour},
    scene::{LegendEntry, Markers, Path, PathColour, RecordRef, Scene, SeriesRecords},
    ticks::format_value,
};

use super::layers::Layer;
use crate::{
    ViewSettings, axes,
    run_rows::{RunRow, RunSeries},
    samples::{self, Samples, counted, key_with_role},
};

/// Of one run.
struct ValidationRow {
    /// The place of the run, and its index among the members.
    place: usize,
    run_index: u32,
    member: RunSeries,
    samples: Samples,
    colour: Colour,
}

/// Validation losses that can be compared with the losses; empty without any.
#[derive(Default)]
pub(super) struct Validation {
    key: Arc<str>,
    rows: Vec<ValidationRow>,
    /// How many runs the figure has.
    runs: usize,
}

/// How far, in spans of the losses, a validation loss may be from them: it is a different quantity beyond.
const FARTHEST_SPANS: f64 = 1.0;
/// The colour of the legend's entry for several runs.
const OF_SEVERAL: Colour = Colour::hex(0x707070);

impl Validation {
    /// The validation losses of the runs that are drawn in `colours`; the only run has another colour for its own.
    pub(super) fn of(
        members: &[RunSeries],
        rows: &[RunRow],
        colours: &[Colour],
        settings: &ViewSettings,
    ) -> Self {
        let runs = rows.iter().map(|row| &members[row.member].run);
        let Some(key) = key_with_role(runs, Role::ValidationLoss) else {
            return Self::default();
        };
        let of_place = |(place, row): (usize, &RunRow)| {
            let member = &members[row.member];
            let series = member.run.series.get(&key)?;
            let samples = samples::samples(&member.run, series, settings);
            let is_same_quantity = are_same_quantity(member.series.key(), series.key());
            let is_other = series.key() != member.series.key();
            (is_other && is_same_quantity && !samples.points.is_empty()).then(|| ValidationRow {
                place,
                run_index: row.member as u32,
                colour: match rows.len() {
                    1 => run_colour(member.ordinal + 1),
                    _ => colours[place],
                },
                member: RunSeries {
                    series: series.clone(),
                    ..member.clone()
                },
                samples,
            })
        };
        let found: Vec<ValidationRow> = rows.iter().enumerate().filter_map(of_place).collect();
        let losses = rows.iter().flat_map(|row| row.samples.values());
        let losses: Vec<f64> = losses.collect();
        let of_validation = found.iter().flat_map(|row| row.samples.values());
        if are_comparable(&losses, of_validation.collect()) {
            Self {
                key,
                rows: found,
                runs: rows.len(),
            }
        } else {
            Self::default()
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// x of each point.
    pub(super) fn all_x(&self) -> impl Iterator<Item = f64> {
        self.rows.iter().flat_map(|row| row.samples.all_x())
    }

    /// The values of each run.
    pub(super) fn values(&self) -> impl Iterator<Item = Vec<f64>> {
        self.rows.iter().map(|row| row.samples.values())
    }

    /// Adds a thin line with a dot at each value.
    pub(super) fn add(&self, scene: &mut Scene) {
        for row in &self.rows {
            let y = Layer::Validation.place(row.place, self.runs);
            let points = &row.samples.points;
            let line = axes::placed(&scene.axes, &row.samples.strips(), |at| points[at].at(y));
            let mut records = SeriesRecords::default();
            let indices = line.kept.iter().map(|at| points[*at].index).collect();
            records.add(&row.member.run, &self.key, indices, Vec::new());
            let record = |at: &usize| RecordRef {
                run: row.run_index,
                index: points[*at].index,
            };
            scene.paths.push(Path {
                name: format!("{}, {}", row.member.run.name, self.key),
                positions_unit: line.positions_unit.as_slice().into(),
                strips: line.strips.clone(),
                colour: PathColour::Solid(row.colour),
                width_pt: 0.8,
                series_key: self.key.clone(),
                records: line.kept.iter().map(record).collect(),
                details: Vec::new(),
                describe: None,
            });
            scene.markers.push(Markers {
                records: Some(Arc::new(records)),
                steps: line.kept.iter().map(|at| points[*at].step).collect(),
                name: self.key.to_string(),
                diameter_pt: (160.0 / points.len() as f32).clamp(1.2, 4.0),
                positions_unit: line.positions_unit.into(),
                colour: row.colour,
                outline: None,
            });
        }
        if !self.is_empty() {
            let key = self.key.to_string();
            scene.keys.insert("validation_loss".to_owned(), key);
        }
    }

    pub(super) fn legend(&self) -> Option<LegendEntry> {
        self.rows.first().map(|row| LegendEntry {
            label: self.key.to_string(),
            colour: Some(if self.runs == 1 {
                row.colour
            } else {
                OF_SEVERAL
            }),
            dot: true,
        })
    }

    /// The caption's sentence; empty without any.
    pub(super) fn text(&self) -> String {
        let all = || self.rows.iter();
        let points: usize = all().map(|row| row.samples.points.len()).sum();
        let lowest = all()
            .flat_map(|row| row.samples.points.iter().map(move |point| (row, point)))
            .min_by(|(_, a), (_, b)| a.value.total_cmp(&b.value));
        lowest.map_or_else(String::new, |(row, point)| {
            let of = match self.runs {
                1 => String::new(),
                _ => format!(" of {}", row.member.run.name),
            };
            format!(
                "{} ({}): thin lines with dots, lowest {} at step {}{of}",
                self.key,
                counted(points, "point"),
                format_value(point.value),
                format_value(point.step),
            )
        })
    }
}

/// Whether two keys differ only in words for the data, or one of them has only such words: `train/loss` and `val_loss` do,
/// `train/total_loss` and `val/box_loss` do not.
fn are_same_quantity(training: &str, validation: &str) -> bool {
    const OF_DATA: [&str; 16] = [
        "train",
        "training",
        "val",
        "valid",
        "validation",
        "eval",
        "evaluation",
        "test",
        "dev",
        "loss",
        "losses",
        "epoch",
        "step",
        "mean",
        "avg",
        "average",
    ];
    let words = |key: &str| -> Vec<String> {
        let lower = key.to_lowercase();
        let words = lower.split(|c: char| !c.is_alphanumeric());
        let telling = words.filter(|word| !word.is_empty() && !OF_DATA.contains(word));
        telling.map(str::to_owned).collect()
    };
    let [training, validation] = [words(training), words(validation)];
    training.is_empty() || validation.is_empty() || training == validation
}

/// Whether the median validation loss is in the range of the losses or near it.
fn are_comparable(losses: &[f64], mut validation: Vec<f64>) -> bool {
    let ends = |(low, high): (f64, f64), value: &f64| (low.min(*value), high.max(*value));
    let (low, high) = losses.iter().fold((f64::MAX, f64::MIN), ends);
    if validation.is_empty() || low > high {
        return false;
    }
    validation.sort_by(f64::total_cmp);
    let median = validation[validation.len() / 2];
    let reach = FARTHEST_SPANS * (high - low).max(high.abs());
    (low - reach..=high + reach).contains(&median)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_validation_loss_belongs_to_the_loss_of_the_same_name() {
        for validation in ["val_loss", "eval/loss", "validation total_loss"] {
            assert!(
                are_same_quantity("train/total_loss", validation),
                "{validation}"
            );
        }
        assert!(!are_same_quantity("train/total_loss", "val/box_loss"));
        assert!(are_same_quantity("loss", "val/box_loss"));
    }

    #[test]
    fn a_validation_loss_of_another_size_is_another_quantity() {
        let losses = [5.0, 3.0, 2.0];
        assert!(are_comparable(&losses, vec![6.0, 4.0, 3.0]));
        assert!(are_comparable(&losses, vec![2.0; 3]));
        assert!(!are_comparable(&losses, vec![40.0, 30.0, 20.0]));
        assert!(!are_comparable(&losses, Vec::new()));
        assert!(!are_comparable(&[], vec![1.0]));
    }
}
