//! Step x learning rate x loss. One run: its trajectory on the ribbon that its samples support. A sweep:
//! the terrain through all runs, step x peak learning rate x loss, each run's path on it.

mod ribbon;
mod terrain;

use std::sync::Arc;

use trainscape_run::{Config, Role, Run, Series, natural_cmp};
use trainscape_scene::scene::Scene;

use self::terrain::PerRun;
use crate::samples::step_keys;
use crate::{
    Choices, Control, NotAvailable, Remedy, Time, View, ViewSettings,
    clip::range_of,
    common::{
        COLOURS, CONTOURS, FLOOR, GROUP_SEEDS, LOG_XYZ, METHOD, OPACITY, RANGE, SAMPLES, SECOND,
        SHADING, SMOOTHING, WIREFRAME, X,
    },
    groups,
    palette::LEARNING_RATE_KEYS,
    samples::{counted, key_with_role, series_with_role},
};
use std::collections::BTreeSet;
use trainscape_compute::projection::Projector;
use trainscape_scene::colour::ColourMap;

/// Runs with different values of the second coordinate from which on a terrain is drawn.
const RUNS_OF_A_TERRAIN: usize = 3;

/// A run that takes part, with its loss.
#[derive(Clone)]
struct Member {
    /// Its place among all runs, drawn or not.
    place: usize,
    run: Arc<Run>,
    loss: Arc<Series>,
}

/// Where the second coordinate comes from.
enum Second {
    /// One value a run.
    PerRun(PerRun),
    /// A series of each run.
    PerPoint {
        key: String,
        series: Vec<Arc<Series>>,
    },
}

/// Step x learning rate x loss.
pub(crate) struct LossSurface;

impl View for LossSurface {
    fn name(&self) -> &'static str {
        "loss-surface"
    }

    fn title(&self) -> &'static str {
        "Loss surface"
    }

    fn controls(&self) -> &'static [&'static Control] {
        &[
            &SMOOTHING,
            &METHOD,
            &GROUP_SEEDS,
            &X,
            &SECOND,
            &LOG_XYZ,
            &RANGE,
            &COLOURS,
            &SHADING,
            &OPACITY,
            &CONTOURS,
            &WIREFRAME,
            &SAMPLES,
            &FLOOR,
        ]
    }

    fn default_colours(&self, _: &ViewSettings) -> ColourMap {
        ColourMap::Viridis
    }

    fn time(&self) -> Time {
        Time::Clips
    }

    fn available(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Result<(), NotAvailable> {
        plan(runs, settings).map(|_| ())
    }

    fn build(
        &self,
        runs: &[Arc<Run>],
        settings: &ViewSettings,
        _: &dyn Projector,
    ) -> Result<Scene, NotAvailable> {
        build(runs, settings)
    }

    fn time_range(&self, runs: &[Arc<Run>], settings: &ViewSettings) -> Option<(f64, f64)> {
        let (members, _) = members(runs, settings).ok()?;
        range_of(members.iter().map(|member| &*member.loss), settings)
    }

    fn choices(&self, runs: &[Arc<Run>], _: &ViewSettings) -> Choices {
        let names = [(&X, step_keys(runs)), (&SECOND, second_keys(runs))];
        Choices {
            names: names.map(|(control, keys)| (control.name, keys)).into(),
            ..Choices::default()
        }
    }
}

/// Keys that can be the second coordinate: what differs between runs, and what is logged in addition to the loss.
fn second_keys(runs: &[Arc<Run>]) -> Vec<String> {
    let Some(first) = runs.first() else {
        return Vec::new();
    };
    let mut keys: BTreeSet<String> = BTreeSet::new();
    let numbers = first
        .config
        .iter()
        .filter(|(_, value)| value.as_f64().is_some());
    for (key, value) in numbers {
        if runs.iter().any(|run| run.config.get(key) != Some(value)) {
            keys.insert(key.clone());
        }
    }
    let role = |key| first.roles.get(key).copied();
    let others = first
        .series
        .keys()
        .filter(|key| !matches!(role(*key), Some(Role::Loss | Role::LayerGradientNorm)));
    keys.extend(others.map(ToString::to_string));
    keys.into_iter().collect()
}

fn build(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<Scene, NotAvailable> {
    let Plan {
        members,
        second,
        notes,
    } = plan(runs, settings)?;
    match second {
        Second::PerRun(second) => terrain::build(&members, &second, &notes, settings),
        Second::PerPoint { key, series } => {
            ribbon::build(runs, &members, &key, &series, &notes, settings)
        }
    }
}

struct Plan {
    members: Vec<Member>,
    second: Second,
    notes: Vec<String>,
}

fn plan(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<Plan, NotAvailable> {
    let (members, mut notes) = members(runs, settings)?;
    if let Some(key) = settings.second() {
        let members_with = |has: &dyn Fn(&Run) -> bool| -> Vec<Member> {
            members
                .iter()
                .filter(|member| has(&member.run))
                .cloned()
                .collect()
        };
        let with_value = members_with(&|run| run.config.contains_key(key));
        if !with_value.is_empty() {
            let missing = members.len() - with_value.len();
            if missing > 0 {
                notes.push(format!(
                    "{} without `{key}` in its configuration left out",
                    counted(missing, "run")
                ));
            }
            let second = Second::PerRun(per_run(key, &with_value));
            return Ok(Plan {
                members: with_value,
                second,
                notes,
            });
        }
        let with_series = members_with(&|run| run.series.contains_key(key));
        let series: Vec<_> = with_series
            .iter()
            .filter_map(|member| member.run.series.get(key).cloned())
            .collect();
        if series.is_empty() {
            return Err(NotAvailable::new(format!(
                "no run has a configuration value or a series called `{key}`"
            )));
        }
        let second = Second::PerPoint {
            key: key.to_owned(),
            series,
        };
        return Ok(Plan {
            members: with_series,
            second,
            notes,
        });
    }
    if let Some((source, values)) = peak_learning_rates(&members) {
        let second = Second::PerRun(PerRun {
            title: "peak learning rate".to_owned(),
            source,
            values,
            names: None,
        });
        return Ok(Plan {
            members,
            second,
            notes,
        });
    }
    let (with_lr, without): (Vec<Member>, Vec<Member>) = members
        .into_iter()
        .partition(|member| series_with_role(&member.run, Role::LearningRate).is_some());
    if with_lr.is_empty() {
        return Err(NotAvailable::new(
            "needs a learning rate beside the loss: a series (`--role learning_rate=KEY`), a second \
             coordinate of your choice (`--second KEY`), or a sweep of at least three runs whose \
             configuration differs in it",
        )
        .remedied_by(Remedy::SetControl(SECOND.name)));
    }
    if !without.is_empty() {
        notes.push(format!(
            "{} without a learning rate left out",
            counted(without.len(), "run")
        ));
    }
    let series: Vec<Arc<Series>> = with_lr
        .iter()
        .filter_map(|member| series_with_role(&member.run, Role::LearningRate).cloned())
        .collect();
    let key = series
        .first()
        .map_or_else(String::new, |series| series.key().to_string());
    Ok(Plan {
        members: with_lr,
        second: Second::PerPoint { key, series },
        notes,
    })
}

/// The chosen runs that log the loss under the key that most of them use: losses under other keys are
/// other quantities.
fn members(
    runs: &[Arc<Run>],
    settings: &ViewSettings,
) -> Result<(Vec<Member>, Vec<String>), NotAvailable> {
    let chosen: Vec<(usize, &Arc<Run>)> = runs
        .iter()
        .enumerate()
        .filter(|(_, run)| settings.draws_run(&run.id))
        .collect();
    if chosen.is_empty() {
        return Err(NotAvailable::new("no run is switched on").remedied_by(Remedy::DrawAll));
    }
    let key = key_with_role(chosen.iter().map(|(_, run)| *run), Role::Loss).ok_or_else(|| {
        NotAvailable::new("needs a loss: no series looks like one; name it with `--role loss=KEY`")
            .remedied_by(Remedy::SetRole(Role::Loss))
    })?;
    let members: Vec<Member> = chosen
        .iter()
        .filter_map(|(place, run)| {
            let loss = run
                .series
                .get(&key)
                .filter(|loss| loss.value_range().is_some())?;
            Some(Member {
                place: *place,
                run: (*run).clone(),
                loss: loss.clone(),
            })
        })
        .collect();
    if members.is_empty() {
        return Err(NotAvailable::new(format!("`{key}` has no finite value")));
    }
    let mut notes = Vec::new();
    if members.len() < chosen.len() {
        let missing = chosen.len() - members.len();
        notes.push(format!(
            "{} without `{key}` left out",
            counted(missing, "run")
        ));
    }
    Ok((members, notes))
}

/// A configuration value that all members have; names where one of them is no number.
fn per_run(key: &str, members: &[Member]) -> PerRun {
    let configs = || members.iter().map(|member| &*member.run.config);
    let (values, names) = match groups::numbers(key, configs()) {
        Some(values) => (values, None),
        None => {
            let name = |config: &Config| config.get(key).map(ToString::to_string);
            let mut names: Vec<String> = configs().filter_map(name).collect();
            names.sort_by(|a, b| natural_cmp(a, b));
            names.dedup();
            let place = |config: &Config| {
                let own = name(config);
                names.iter().position(|name| Some(name) == own.as_ref())
            };
            let values = configs().map(|config| place(config).unwrap_or(0) as f64);
            (values.collect(), Some(names))
        }
    };
    PerRun {
        title: key.to_owned(),
        source: format!("config `{key}`"),
        values,
        names,
    }
}

/// Each run's peak learning rate: from its configuration, otherwise the largest it logged.
fn peak_learning_rates(members: &[Member]) -> Option<(String, Vec<f64>)> {
    for key in LEARNING_RATE_KEYS {
        let values: Vec<f64> = members
            .iter()
            .filter_map(|member| member.run.config.get(key)?.as_f64())
            .filter(|value| value.is_finite() && *value > 0.0)
            .collect();
        if values.len() == members.len() && distinct(&values, 1e-6) >= RUNS_OF_A_TERRAIN {
            return Some((format!("config `{key}`"), values));
        }
    }
    let values: Option<Vec<f64>> = members
        .iter()
        .map(|member| {
            let (_, peak) = series_with_role(&member.run, Role::LearningRate)?.value_range()?;
            (peak > 0.0).then_some(peak)
        })
        .collect();
    // The largest rate that was logged misses the peak by a little, so near ones count as one.
    values
        .filter(|values| distinct(values, 0.1) >= RUNS_OF_A_TERRAIN)
        .map(|values| ("the largest learning rate logged".to_owned(), values))
}

/// How many values differ by more than a share of themselves.
fn distinct(values: &[f64], share: f64) -> usize {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.dedup_by(|a, b| (*a - *b).abs() <= b.abs() * share);
    sorted.len()
}

#[cfg(test)]
mod tests {
    use trainscape_run::{ConfigValue, Point};

    use super::*;
    use crate::Value;
    use trainscape_scene::{axis::Scale, colour::run_colour, scene::PathColour};

    fn run(id: &str, config: &[(&str, ConfigValue)], height: f64) -> Arc<Run> {
        let mut run = Run::new(id, id, id.into());
        for (role, key, slope) in [
            (Role::Loss, "loss", -0.01),
            (Role::LearningRate, "lr", -1e-5),
        ] {
            let mut series = Series::new(key);
            for step in 0..50_i64 {
                series.push(Point {
                    step: step.into(),
                    wall_time_secs: None,
                    value: height * (1.0 + slope * step as f64),
                });
            }
            run.roles.insert(key.into(), role);
            run.series.insert(key.into(), Arc::new(series));
        }
        let config = config
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.clone()));
        run.config = Arc::new(config.collect());
        Arc::new(run)
    }

    fn built(runs: &[Arc<Run>], change: impl FnOnce(&mut ViewSettings)) -> Scene {
        let mut settings = ViewSettings::default().with(&SMOOTHING, 1_usize);
        change(&mut settings);
        build(runs, &settings).unwrap()
    }

    #[test]
    fn names_have_no_surface_between_them() {
        let of = |id: &str, name: &str, height: f64| {
            let name = ConfigValue::Text(name.to_owned());
            run(id, &[("optimizer", name)], height)
        };
        let runs = [
            of("a", "sgd", 3.0),
            of("b", "adam", 1.0),
            of("c", "adam", 5.0),
        ];
        let scene = built(&runs, |settings| {
            settings.controls.set(&SECOND, Value::from("optimizer"));
        });
        assert!(scene.surfaces.is_empty());
        let names = ["adam", "sgd"].map(str::to_owned).to_vec();
        assert_eq!(scene.axes[1].scale, Scale::Category(names));
        assert_eq!(scene.paths.len(), 3);
        // The lowest point is that of one run, not of a mean: 1 - 0.49 at the last step.
        assert_eq!(scene.labels[0].text, "0.510 at adam");
    }

    #[test]
    fn a_logarithmic_second_coordinate_leaves_out_what_has_no_logarithm() {
        let runs: Vec<Arc<Run>> = [-1, 0, 10, 1000]
            .into_iter()
            .map(|width| {
                let id = format!("w{width}");
                run(&id, &[("width", ConfigValue::Int(width))], 2.0)
            })
            .collect();
        let second =
            |settings: &mut ViewSettings| settings.controls.set(&SECOND, Value::from("width"));
        let linear = built(&runs, second);
        assert_eq!((linear.axes[1].low, linear.axes[1].high), (-1.0, 1000.0));
        assert_eq!(linear.paths.len(), 4);
        let logarithmic = built(&runs, |settings| {
            second(settings);
            settings
                .controls
                .set(&LOG_XYZ, Value::Scales([None, Some(true), None]));
        });
        assert_eq!(logarithmic.axes[1].scale, Scale::Log10);
        assert_eq!(logarithmic.paths.len(), 2);
        assert!(
            logarithmic
                .caption
                .contains("2 runs with a width of zero or less")
        );
        let nodes = logarithmic.surfaces[0].records.as_ref().unwrap();
        assert_eq!(nodes.steps.len(), 50);
        assert_eq!(nodes.steps[7], 7.0);
    }

    #[test]
    fn ribbons_keep_their_colours_and_seeds_become_one() {
        let of = |id: &str, seed: i64, height: f64| {
            run(
                id,
                &[
                    ("seed", ConfigValue::Int(seed)),
                    ("depth", ConfigValue::Int(2)),
                ],
                height,
            )
        };
        let runs = [of("a", 0, 1.0), of("b", 1, 2.0), of("c", 2, 3.0)];
        let scene = built(&runs, |settings| {
            settings.runs = Some(["b".to_owned(), "c".to_owned()].into());
            settings.controls.set(&SECOND, Value::from("lr"));
        });
        let colours: Vec<bool> = [1, 2]
            .into_iter()
            .zip(&scene.paths)
            .map(|(place, path)| matches!(path.colour, PathColour::Solid(own) if own == run_colour(place)))
            .collect();
        assert_eq!(colours, [true, true]);
        let grouped = built(&runs, |settings| {
            settings.controls.set(&SECOND, Value::from("lr"));
            settings.controls.set(&GROUP_SEEDS, Value::from(true));
        });
        assert_eq!((grouped.paths.len(), grouped.meshes.len()), (1, 1));
        let lines = grouped.paths[0].describe.as_ref().unwrap().lines(0);
        assert!(
            lines.contains(&("mean loss".to_owned(), "2".to_owned())),
            "{lines:?}"
        );
        assert!(
            lines.contains(&("deviation of loss".to_owned(), "1".to_owned())),
            "{lines:?}"
        );
    }
}
