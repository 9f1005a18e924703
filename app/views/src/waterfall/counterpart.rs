//! What the runs in a plane log of other data: the validation losses beside training losses, the metric of the training data
//! beside that of held-out data.

use std::sync::Arc;

use trainscape_run::{Role, Run, names_held_out_data};
use trainscape_scene::{
    colour::{Colour, run_colour},
    scene::{LegendEntry, LegendMark, Markers, Path, PathColour, RecordRef, Scene, SeriesRecords},
    ticks::format_value,
};

use super::layers::Layer;
use crate::{
    ViewSettings,
    decimation::{Decimation, MOST_ON_LINES},
    noise,
    run_rows::{RunRow, RunSeries},
    samples::{self, SamplePoint, Samples, counted, key_with_role},
    side::Side,
    x_lookup,
};

/// Of one run.
struct CounterpartRow {
    /// The place of the run, and its index among the members.
    place: usize,
    run_index: u32,
    member: RunSeries,
    samples: Samples,
    /// The value of each sample, averaged over `window` points.
    smooth: Vec<f64>,
    window: usize,
    colour: Colour,
}

/// Series of other data that can be compared with those that are drawn; empty without any.
pub(super) struct Counterpart {
    key: Arc<str>,
    /// The extreme that is told.
    side: Side,
    rows: Vec<CounterpartRow>,
    /// How many runs the figure has.
    runs: usize,
}

/// How far, in spans of the losses, a validation loss may be from them: it is a different quantity beyond.
const FARTHEST_SPANS: f64 = 1.0;
/// Longer ones are averaged if they are noisy, and have no dots.
const MOST_DOTS: usize = 200;
/// The window is at most the number of points divided by this.
const POINTS_PER_SMOOTHED: usize = 20;
/// The validation losses of more runs would be a tangle.
const MOST_RUNS: usize = 6;
/// Of several runs, thin lines would be held-out losses beside the losses, and what was trained on beside the metric.
const MOST_RUNS_OF_METRIC: usize = 1;
/// A metric of training and that of held-out data differ at most so many times in their points, ...
const MOST_TIMES_POINTS: usize = 2;
/// ... and are logged over this part of the same steps, at least.
const LEAST_COMMON: f64 = 0.5;
/// How much darker the line of a run's held-out data is than that of its training data.
const DARKER: f32 = 0.45;
/// The colour of the legend's entry for several runs.
const OF_SEVERAL: Colour = Colour::hex(0x707070);

/// Whether two series of a run are drawn by the same: not one by batch and one by epoch.
fn are_by_the_same(run: &Arc<Run>, keys: [&Arc<str>; 2], settings: &ViewSettings) -> bool {
    let run = std::slice::from_ref(run);
    let [own, other] = keys.map(|key| x_lookup::x_title(run, key, settings).0);
    own.eq_ignore_ascii_case(&other)
}

impl Counterpart {
    pub(super) fn none() -> Self {
        Self {
            key: Arc::default(),
            side: Side::Lowest,
            rows: Vec::new(),
            runs: 0,
        }
    }

    /// That of the runs whose series of `role` are drawn in `colours`; the only run has another colour for its own.
    pub(super) fn of(
        members: &[RunSeries],
        rows: &[RunRow],
        role: Option<Role>,
        colours: &[Colour],
        settings: &ViewSettings,
    ) -> Self {
        let runs = || rows.iter().map(|row| &members[row.member].run);
        let key = match role {
            Some(Role::Loss) if rows.len() <= MOST_RUNS => {
                key_with_role(runs(), Role::ValidationLoss)
            }
            Some(Role::Accuracy) if rows.len() <= MOST_RUNS_OF_METRIC => {
                training_metric(members[0].series.key(), runs())
            }
            _ => None,
        };
        let Some(key) = key else {
            return Self::none();
        };
        let of_place = |(place, row): (usize, &RunRow)| {
            let member = &members[row.member];
            let series = member.run.series.get(&key)?;
            let samples = samples::samples(&member.run, series, settings);
            let is_same_quantity = are_same_quantity(member.series.key(), series.key());
            let is_other = series.key() != member.series.key()
                && are_by_the_same(&member.run, [member.series.key(), series.key()], settings)
                && (role != Some(Role::Accuracy) || are_measured_together(&row.samples, &samples));
            (is_other && is_same_quantity && !samples.points.is_empty()).then(|| CounterpartRow {
                window: window_of(&samples, settings),
                smooth: smoothed(&samples, settings),
                place,
                run_index: row.member as u32,
                colour: match rows.len() {
                    1 => run_colour(member.ordinal + 1),
                    // Seen on the line of the same run.
                    _ => colours[place].mix(Colour::hex(0x000000), DARKER),
                },
                member: RunSeries {
                    series: series.clone(),
                    ..member.clone()
                },
                samples,
            })
        };
        let found: Vec<CounterpartRow> = rows.iter().enumerate().filter_map(of_place).collect();
        let losses = rows.iter().flat_map(|row| row.samples.values());
        let losses: Vec<f64> = losses.collect();
        let of_validation = found.iter().flat_map(|row| row.samples.values());
        if are_comparable(&losses, of_validation.collect()) {
            Self {
                key,
                side: match role {
                    Some(Role::Accuracy) => Side::Highest,
                    _ => Side::Lowest,
                },
                rows: found,
                runs: rows.len(),
            }
        } else {
            Self::none()
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
        self.rows.iter().map(|row| row.smooth.clone())
    }

    /// Adds a thin line with a dot at each of few values.
    pub(super) fn add(&self, scene: &mut Scene) {
        let at = |row: usize, at: usize| {
            let row = &self.rows[row];
            let y = Layer::Counterpart.place(row.place, self.runs);
            [row.samples.points[at].x, y, row.smooth[at]]
        };
        let lens = self.rows.iter().map(|row| row.smooth.len());
        let decimation = Decimation::of(&scene.axes, &lens.collect::<Vec<_>>(), MOST_ON_LINES, at);
        for (index, row) in self.rows.iter().enumerate() {
            let points = &row.samples.points;
            let strips = row.samples.strips();
            let line = decimation.placed(index, &scene.axes, &strips, |point| at(index, point));
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
            if points.len() > MOST_DOTS {
                continue;
            }
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
            let name = match self.side {
                Side::Lowest => "validation_loss",
                Side::Highest => "training_metric",
            };
            scene.keys.insert(name.to_owned(), self.key.to_string());
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
            mark: LegendMark::of_dots(self.has_dots()),
        })
    }

    fn has_dots(&self) -> bool {
        let dots = |row: &CounterpartRow| row.samples.points.len() <= MOST_DOTS;
        self.rows.iter().any(dots)
    }

    /// The caption's sentence; empty without any. `x` names the axis of the steps.
    pub(super) fn text(&self, x: &str) -> String {
        let all = || self.rows.iter();
        let points: usize = all().map(|row| row.samples.points.len()).sum();
        let points_of_rows =
            all().flat_map(|row| row.samples.points.iter().map(move |point| (row, point)));
        let order =
            |(_, a): &(_, &SamplePoint), (_, b): &(_, &SamplePoint)| a.value.total_cmp(&b.value);
        let extreme = match self.side {
            Side::Lowest => points_of_rows.min_by(order),
            Side::Highest => points_of_rows.max_by(order),
        };
        extreme.map_or_else(String::new, |(row, point)| {
            let of = match self.runs {
                1 => String::new(),
                _ => format!(" of {}", row.member.run.name),
            };
            let lines = match self.has_dots() {
                true => "thin lines with dots",
                false => "thin lines",
            };
            let windows = all().map(|row| row.window);
            let means = match windows.max() {
                Some(window) if window > 1 => format!(", means over up to {window} points"),
                _ => String::new(),
            };
            format!(
                "{} ({}): {lines}{means}, {} {} at {x} {}{of}",
                self.key,
                counted(points, "point"),
                self.side.name().to_lowercase(),
                format_value(point.value),
                format_value(point.x),
            )
        })
    }
}

/// The points in the moving average of a validation loss: many that are noisy would hide the losses.
fn window_of(samples: &Samples, settings: &ViewSettings) -> usize {
    let values = samples.values();
    match settings.smoothing() {
        Some(chosen) if chosen <= 1 => 1,
        _ if values.len() <= MOST_DOTS => 1,
        _ => noise::window(
            &values,
            &samples.segments(),
            values.len() / POINTS_PER_SMOOTHED,
        ),
    }
}

fn smoothed(samples: &Samples, settings: &ViewSettings) -> Vec<f64> {
    let segments = samples.segments();
    let adapts = settings.smoothing().is_none();
    samples::smoothed(samples, &segments, window_of(samples, settings), adapts).values
}

/// Whether two keys differ only in words for the data, or one of them has only such words: `train/loss` and `val_loss` do,
/// `train/total_loss` and `val/box_loss` do not.
fn are_same_quantity(training: &str, validation: &str) -> bool {
    let [training, validation] = [telling_words(training), telling_words(validation)];
    training.is_empty() || validation.is_empty() || training == validation
}

/// The words of a key without those for the data.
fn telling_words(key: &str) -> Vec<String> {
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
    let lower = key.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric());
    let telling = words.filter(|word| !word.is_empty() && !OF_DATA.contains(word));
    telling.map(str::to_owned).collect()
}

/// The key of a metric of the training data that differs from `held_out` in the words for the data alone.
fn training_metric<'a>(
    held_out: &str,
    runs: impl Iterator<Item = &'a Arc<Run>>,
) -> Option<Arc<str>> {
    if !names_held_out_data(held_out) {
        return None;
    }
    let telling = telling_words(held_out);
    let mut keys: Vec<&Arc<str>> = runs
        .flat_map(|run| run.roles.iter())
        .filter(|(key, role)| **role == Role::Accuracy && !names_held_out_data(key))
        .map(|(key, _)| key)
        .filter(|key| telling_words(key) == telling)
        .collect();
    keys.sort();
    keys.first().map(|key| Arc::clone(key))
}

/// Whether two metrics were computed at about the same steps: one that is logged at each batch, or over another counter, cannot
/// be compared with one of each epoch.
fn are_measured_together(a: &Samples, b: &Samples) -> bool {
    let (of_a, of_b) = (a.points.len(), b.points.len());
    let span = |samples: &Samples| Some((samples.points.first()?.x, samples.points.last()?.x));
    let (Some((first_a, last_a)), Some((first_b, last_b))) = (span(a), span(b)) else {
        return false;
    };
    let common = last_a.min(last_b) - first_a.max(first_b);
    of_a.max(of_b) <= MOST_TIMES_POINTS * of_a.min(of_b)
        && common >= LEAST_COMMON * (last_a - first_a).max(last_b - first_b)
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
    fn the_metric_of_the_training_data_differs_in_words_for_the_data_alone() {
        let found = |held_out: &str, keys: &[&str]| {
            let mut run = Run::new("a", "a", "a".into());
            let roles = keys.iter().map(|key| ((*key).into(), Role::Accuracy));
            run.roles.extend(roles);
            training_metric(held_out, [Arc::new(run)].iter()).map(|key| key.to_string())
        };
        for (held_out, training) in [
            ("val_acc", "train_acc"),
            ("test accuracy", "train accuracy"),
            ("val_accuracy", "accuracy"),
            ("eval/acc1", "train/acc1"),
        ] {
            assert_eq!(
                found(held_out, &[held_out, training]).as_deref(),
                Some(training)
            );
        }
        assert_eq!(found("val_acc1", &["val_acc1", "train_acc5"]), None);
        assert_eq!(found("val_acc", &["val_acc", "test_acc"]), None);
        assert_eq!(found("mAP", &["mAP", "acc"]), None);
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
