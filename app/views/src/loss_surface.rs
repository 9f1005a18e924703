//! Loss by step and learning rate. One run: its trajectory on the ribbon that its samples support. A sweep: the
//! terrain through all runs by step and peak learning rate, with the path of each run. Several runs without a second
//! coordinate: a waterfall.

mod adversarial;
mod comparison;
mod metric_panel;
mod ribbon;
mod selection;
mod stand_in;
mod task_metric;
mod terrain;

use std::{collections::BTreeSet, sync::Arc};

use trainscape_compute::projection::Projector;
use trainscape_run::{Role, Run};
use trainscape_scene::{colour::ColourMap, scene::Scene};

use self::{
    metric_panel::METRIC_PANEL,
    selection::{LossSelection, Second},
    stand_in::StandIn,
};
use crate::{
    Choices, Control, NotAvailable, Time, View, ViewSettings,
    clip::range_of,
    common::{
        COLOURS, CONTOURS, FACETS, FLOOR, GROUP_SEEDS, LOG_XYZ, METHOD, OPACITY, RANGE, SAMPLES,
        SECOND, SHADING, SMOOTHING, WIREFRAME, X,
    },
    facets,
    held_out::SURFACE,
    ranges::ROBUST_RANGE,
    run_rows,
    symbol::Symbol,
    waterfall::{self, WATERFALL},
    x_lookup::step_keys,
};

/// The view of the loss by step and learning rate.
pub(crate) struct LossSurface;

impl View for LossSurface {
    fn name(&self) -> &'static str {
        "loss-surface"
    }

    fn title(&self) -> &'static str {
        "Loss surface"
    }

    fn symbol(&self) -> Symbol {
        Symbol::Surface
    }

    fn controls(&self) -> &'static [&'static Control] {
        &[
            &SURFACE,
            &WATERFALL,
            &METRIC_PANEL,
            &SMOOTHING,
            &METHOD,
            &GROUP_SEEDS,
            &FACETS,
            &X,
            &SECOND,
            &LOG_XYZ,
            &RANGE,
            &ROBUST_RANGE,
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
        if stand_in::is_needed(runs, settings) {
            return stand_in::select(runs, settings).map(|_| ());
        }
        selection::select(runs, settings).map(|_| ())
    }

    fn is_last_resort(&self, runs: &[Arc<Run>]) -> bool {
        stand_in::is_last_resort(runs)
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
        let members = if stand_in::is_needed(runs, settings) {
            stand_in::select(runs, settings).ok()?.members
        } else {
            run_rows::members(runs, settings, Role::Loss).ok()?.0
        };
        range_of(members.iter().map(|member| &*member.series), settings)
    }

    fn choices(&self, runs: &[Arc<Run>], _: &ViewSettings) -> Choices {
        let names = [
            (&X, step_keys(runs)),
            (&SECOND, second_keys(runs)),
            (&FACETS, facets::choices(runs)),
        ];
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

/// Whether some setting shows that the ribbon is wanted, which says no more of a single run than its curve: its learning rate
/// is set by the step.
fn asks_for_ribbon(settings: &ViewSettings) -> bool {
    let switches = [&SURFACE, &WATERFALL, &FLOOR];
    settings.second().is_some()
        || switches
            .iter()
            .any(|switch| settings.chosen_switch(switch).is_some())
        || settings.method().is_some()
        || settings.group_seeds()
}

fn build(runs: &[Arc<Run>], settings: &ViewSettings) -> Result<Scene, NotAvailable> {
    if let Some(StandIn {
        members,
        role,
        notes,
    }) = comparison::of_runs(runs, settings)
    {
        return waterfall::build(&members, role, &notes, settings);
    }
    let needs_panels = || {
        facets::are_chosen(settings) || !asks_for_ribbon(settings) && are_of_stages(runs, settings)
    };
    if !stand_in::is_needed(runs, settings) && needs_panels() {
        let (members, notes) = run_rows::members(runs, settings, Role::Loss)?;
        return waterfall::build(&members, Some(Role::Loss), &notes, settings);
    }
    if stand_in::is_needed(runs, settings) {
        let StandIn {
            members,
            role,
            notes,
        } = stand_in::select(runs, settings)?;
        return waterfall::build(&members, role, &notes, settings);
    }
    if !asks_for_ribbon(settings)
        && let Some(scene) = adversarial::build(runs, settings)
    {
        return scene;
    }
    let losses = selection::select(runs, settings)?;
    let scene = of_losses(runs, losses, settings)?;
    Ok(match asks_for_ribbon(settings) {
        true => scene,
        false => metric_panel::beside(scene, runs, settings),
    })
}

/// Whether the losses are those of several stages of a training.
fn are_of_stages(runs: &[Arc<Run>], settings: &ViewSettings) -> bool {
    let Ok((members, _)) = run_rows::members(runs, settings, Role::Loss) else {
        return false;
    };
    let last =
        |member: &run_rows::RunSeries| member.series.last().map_or(f64::NAN, |last| last.value);
    let rows = facets::Rows {
        last: members.iter().map(last).collect(),
        runs: members.into_iter().map(|member| member.run).collect(),
    };
    facets::are_of_several_stages(&rows, settings)
}

/// The losses alone.
fn of_losses(
    runs: &[Arc<Run>],
    losses: LossSelection,
    settings: &ViewSettings,
) -> Result<Scene, NotAvailable> {
    let LossSelection {
        members,
        second,
        notes,
    } = losses;
    match second {
        Second::PerRun(second) => terrain::build((runs, &members), &second, &notes, settings),
        Second::PerPoint(second)
            if settings.second().is_none() && !ribbon::meets(&members, &second) =>
        {
            let mut notes = notes;
            notes.push(format!(
                "No {} was logged at or before a step of {}, so it is no axis",
                second.key,
                members[0].series.key()
            ));
            waterfall::build(&members, Some(Role::Loss), &notes, settings)
        }
        Second::PerPoint(second) if members.len() == 1 && !asks_for_ribbon(settings) => {
            let mut notes = notes;
            notes.push(format!(
                "{} changes only with the step, so it is not drawn as an axis",
                second.key
            ));
            waterfall::build(&members, Some(Role::Loss), &notes, settings)
        }
        Second::PerPoint(second) => ribbon::build(runs, &members, &second, &notes, settings),
        Second::Run => waterfall::build(&members, Some(Role::Loss), &notes, settings),
    }
}

#[cfg(test)]
mod tests {
    use trainscape_run::{ConfigValue, Point, Series};

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
    fn no_surface_is_drawn_between_names() {
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
        assert_eq!(scene.labels[0].text, "0.51 at adam");
    }

    #[test]
    fn a_logarithmic_second_coordinate_leaves_out_values_at_or_below_zero() {
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
                .contains("2 runs are left out: the width is zero or less on a logarithmic axis.")
        );
        assert!(
            logarithmic
                .caption
                .contains("No surface: 2 runs are too few"),
            "{}",
            logarithmic.caption
        );
        let logarithmic = built(&runs, |settings| {
            second(settings);
            settings
                .controls
                .set(&LOG_XYZ, Value::Scales([None, Some(true), None]));
            settings.controls.set(&SURFACE, Value::from(true));
        });
        let nodes = logarithmic.surfaces[0].records.as_ref().unwrap();
        assert_eq!(nodes.steps.len(), 50);
        assert_eq!(nodes.steps[7], 7.0);
    }

    /// Losses of `runs` learning rates with gains; the surface of one gain is smooth.
    fn sweep(configs: &[(&str, f64)]) -> Vec<Arc<Run>> {
        let mut runs = Vec::new();
        for step in 0..6 {
            let lr = 1e-3 * 2_f64.powi(step);
            for &(key, value) in configs {
                let id = format!("{step}-{value}");
                let lr = ("lr", ConfigValue::Float(lr));
                let other = (key, ConfigValue::Float(value));
                let height = 1.0 + 0.2 * f64::from(step) + if key == "gain" { value } else { 0.0 };
                runs.push(run(&id, &[lr, other], height));
            }
        }
        runs
    }

    #[test]
    fn only_runs_that_differ_in_their_seed_are_averaged() {
        let repeats = built(&sweep(&[("seed", 0.0), ("seed", 1.0)]), |_| {});
        assert_eq!(repeats.surfaces.len(), 1);
        let wanted =
            "averages runs with the same peak learning rate, which differ only in their seed";
        assert!(repeats.caption.contains(wanted), "{}", repeats.caption);

        let gains = sweep(&[("gain", 0.0), ("gain", 3.0)]);
        let split = built(&gains, |_| {});
        assert!(split.surfaces.is_empty());
        let wanted = "No surface: runs at one place differ in gain";
        assert!(split.caption.contains(wanted), "{}", split.caption);
        let panels: Vec<&str> = split.facets.iter().map(|facet| &*facet.title).collect();
        assert_eq!(panels, ["gain 0", "gain 3"]);
        assert_eq!(split.colour_bar.as_ref().unwrap().axis.title, "lr");
        let sheets = built(&gains, |settings| {
            settings.controls.set(&SURFACE, Value::from(true));
        });
        assert_eq!(sheets.surfaces.len(), 2, "a sheet for each gain");
        assert_eq!(sheets.surfaces[0].records.as_ref().unwrap().rows.len(), 6);
        // The named minimum is a record: loss 1 * (1 - 0.49) of the first run without gain.
        let wanted = "Lowest logged values: gain 0: 0.51 at step 49 of 0-0";
        assert!(split.caption.contains(wanted), "{}", split.caption);
    }

    #[test]
    fn a_sweep_without_order_has_no_surface() {
        let smooth = built(&sweep(&[("width", 1.0)]), |_| {});
        assert_eq!(smooth.surfaces.len(), 1);
        let wanted = "Its interpolation explains 100 % of held-out points (R², each inner run";
        assert!(smooth.caption.contains(wanted), "{}", smooth.caption);
        let chaotic: Vec<Arc<Run>> = [9.0, 0.1, 8.0, 0.3, 7.0, 0.2]
            .iter()
            .enumerate()
            .map(|(at, height)| {
                let lr = ConfigValue::Float(1e-3 * 2_f64.powi(at as i32));
                run(&format!("r{at}"), &[("lr", lr)], *height)
            })
            .collect();
        let scene = built(&chaotic, |_| {});
        assert!(scene.surfaces.is_empty());
        let wanted = "No surface: interpolation explains 0 % of held-out points";
        assert!(scene.caption.contains(wanted), "{}", scene.caption);
    }

    #[test]
    fn values_that_are_not_finite_are_marked_at_their_steps() {
        let mut diverging = run("a", &[], 2.0).as_ref().clone();
        let mut series = Series::new("loss");
        for step in 0..30_i64 {
            series.push(Point {
                step: step.into(),
                wall_time_secs: None,
                value: if step < 20 {
                    3.0 - 0.1 * step as f64
                } else {
                    f64::NAN
                },
            });
        }
        diverging.series.insert("loss".into(), Arc::new(series));
        let waterfall = |settings: &mut ViewSettings| {
            settings.controls.set(&WATERFALL, Value::from(true));
        };
        let scene = built(&[Arc::new(diverging)], waterfall);
        assert_eq!(scene.axes[0].high, 29.0);
        let marks = scene
            .markers
            .iter()
            .find(|marks| marks.name == "NaN or infinity");
        assert_eq!(
            marks.unwrap().steps[..],
            [20.0, 21.0, 22.0, 23.0, 24.0, 25.0, 26.0, 27.0, 28.0, 29.0]
        );
        let wanted = "10 points are NaN or infinite and marked at the floor";
        assert!(scene.caption.contains(wanted), "{}", scene.caption);
        let finite = built(&[run("a", &[], 2.0)], waterfall);
        assert!(!finite.caption.contains("NaN"));
    }

    #[test]
    fn several_runs_are_a_waterfall_and_one_is_a_curve_or_a_ribbon() {
        let of = |id: &str, width: i64| run(id, &[("width", ConfigValue::Int(width))], 2.0);
        let runs = [of("c", 64), of("a", 256), of("b", 128), of("d", 512)];
        let few = built(&runs[..3], |_| {});
        assert!(few.flat && few.colour_bar.is_none());
        assert_eq!(few.legend[0].label, "width 256");
        let scene = built(&runs, |_| {});
        let names = ["64", "128", "256", "512"].map(str::to_owned).to_vec();
        assert_eq!(scene.axes[1].scale, Scale::Category(names));
        assert_eq!(scene.axes[1].title, "width");
        assert_eq!(scene.colour_bar.as_ref().unwrap().axis.title, "width");
        assert_eq!((scene.meshes.len(), scene.surfaces.len()), (4, 0));
        let heights: Vec<f32> = scene
            .paths
            .iter()
            .map(|path| path.positions_unit[0][1])
            .collect();
        assert!(heights.is_sorted(), "{heights:?}");
        let single = built(&runs[..1], |_| {});
        assert!(single.flat && single.surfaces.is_empty() && single.meshes.is_empty());
        let wanted = "lr changes only with the step, so it is not drawn as an axis";
        assert!(single.caption.contains(wanted), "{}", single.caption);
        let single = built(&runs[..1], |settings| {
            settings.controls.set(&SECOND, Value::from("lr"));
        });
        assert_eq!(single.surfaces.len(), 1);
        assert_eq!(single.axes[1].title, "learning rate");
        let asked = built(&runs[..1], |settings| {
            settings.controls.set(&WATERFALL, Value::from(true));
        });
        assert!(asked.surfaces.is_empty() && !asked.flat);
    }

    #[test]
    fn runs_of_one_value_at_one_step_are_dots_in_the_plane_and_others_are_not() {
        let of = |id: &str, steps: &[i64]| {
            let mut run = run(id, &[], 2.0).as_ref().clone();
            let mut series = Series::new("loss");
            for step in steps {
                series.push(Point {
                    step: (*step).into(),
                    wall_time_secs: None,
                    value: 3.0 - id.len() as f64,
                });
            }
            run.series.insert("loss".into(), Arc::new(series));
            Arc::new(run)
        };
        let results = built(&[of("a", &[7]), of("bb", &[7])], |_| {});
        assert!(results.flat && results.meshes.is_empty());
        assert_eq!(results.axes[0].title, "loss");
        assert_eq!(results.title, "Loss by run at step 7, 2 runs");
        let wanted = "Lowest logged value: 1 at step 7 of bb";
        assert!(results.caption.contains(wanted), "{}", results.caption);
        let values: Vec<f64> = results
            .markers
            .iter()
            .map(|marks| results.axes[0].value_from_unit(f64::from(marks.positions_unit[0][0])))
            .collect();
        assert!((values[0] - 2.0).abs() < 1e-6 && (values[1] - 1.0).abs() < 1e-6);
        // Others are in the plane of step and loss.
        for others in [
            [of("a", &[7]), of("bb", &[8])],
            [of("a", &[7]), of("bb", &[7, 8])],
        ] {
            assert_eq!(built(&others, |_| {}).axes[0].title, "step");
        }
    }

    #[test]
    fn a_curve_that_repeats_another_of_equal_settings_is_drawn_once() {
        let of = |id: &str, lr: f64| {
            let mut run = run(id, &[("rate", ConfigValue::Float(lr))], 2.0)
                .as_ref()
                .clone();
            let mut series = Series::new("loss");
            for step in 0..9_i64 {
                series.push(Point {
                    step: step.into(),
                    wall_time_secs: None,
                    value: 9.0 - step as f64,
                });
            }
            run.series.insert("loss".into(), Arc::new(series));
            Arc::new(run)
        };
        let scene = built(&[of("a", 0.1), of("b", 0.1)], |_| {});
        let wanted = "1 run is left out: exactly the values of another";
        assert!(scene.caption.contains(wanted), "{}", scene.caption);
        let scene = built(&[of("a", 0.1), of("b", 0.2)], |_| {});
        assert!(!scene.caption.contains("left out"), "{}", scene.caption);
    }

    #[test]
    fn a_run_whose_validation_was_not_computed_is_left_out() {
        let of = |id: &str, values: &[f64]| {
            let mut run = run(id, &[], 2.0).as_ref().clone();
            let mut series = Series::new("loss");
            for (step, value) in values.iter().enumerate() {
                series.push(Point {
                    step: (step as i64).into(),
                    wall_time_secs: None,
                    value: *value,
                });
            }
            run.series.insert("loss".into(), Arc::new(series));
            Arc::new(run)
        };
        let (losses, zeros) = ([3.0, 2.0, 1.0], [0.0, 0.0, 0.0]);
        let scene = built(
            &[of("a", &losses), of("b", &losses), of("c", &zeros)],
            |_| {},
        );
        assert_eq!(scene.title, "Loss by step, 2 runs");
        let wanted = "1 run is left out: its loss is 0 throughout";
        assert!(scene.caption.contains(wanted), "{}", scene.caption);
        let alone = built(&[of("c", &zeros)], |_| {});
        assert!(!alone.caption.contains("left out"), "{}", alone.caption);
    }

    #[test]
    fn points_at_one_step_are_drawn_in_the_order_of_the_log() {
        let run_of = |id: &str, steps: [i64; 3]| {
            let mut run = Run::new(id, id, id.into());
            let mut series = Series::new("loss");
            for (at, step) in steps.into_iter().enumerate() {
                series.push(Point {
                    step: step.into(),
                    wall_time_secs: None,
                    value: 3.0 - at as f64,
                });
            }
            run.roles.insert("loss".into(), Role::Loss);
            run.series.insert("loss".into(), Arc::new(series));
            Arc::new(run)
        };
        let of = |steps: [i64; 3]| built(&[run_of("a", steps)], |_| {});
        let scene = built(&[run_of("a", [0; 3]), run_of("b", [0; 3])], |_| {});
        assert_eq!(scene.axes[0].title, "point");
        let scene = built(&[run_of("a", [0; 3]), run_of("b", [0, 0, 1])], |_| {});
        assert_eq!(scene.axes[0].title, "step");
        let scene = of([1, 1, 1]);
        let axis = &scene.axes[0];
        assert_eq!(
            (axis.title.as_str(), axis.low, axis.high),
            ("point", 1.0, 3.03)
        );
        assert!(
            scene.caption.contains("logged at step 1"),
            "{}",
            scene.caption
        );
        assert_eq!(of([1, 1, 2]).axes[0].title, "step");
    }

    #[test]
    fn a_learning_rate_that_never_meets_the_loss_is_no_axis() {
        let mut late = run("a", &[], 2.0).as_ref().clone();
        let mut series = Series::new("lr");
        for step in 50..60_i64 {
            series.push(Point {
                step: step.into(),
                wall_time_secs: None,
                value: 1.0 / step as f64,
            });
        }
        late.series.insert("lr".into(), Arc::new(series));
        let scene = built(&[Arc::new(late)], |_| {});
        assert!(scene.surfaces.is_empty());
        let wanted = "No lr was logged at or before a step of loss, so it is no axis";
        assert!(scene.caption.contains(wanted), "{}", scene.caption);
        assert!(
            scene.caption.contains("50 logged points"),
            "{}",
            scene.caption
        );
    }

    #[test]
    fn points_before_the_first_learning_rate_are_counted() {
        let mut late = run("a", &[], 2.0).as_ref().clone();
        let mut series = Series::new("lr");
        for step in 8..50_i64 {
            series.push(Point {
                step: step.into(),
                wall_time_secs: None,
                value: 1.0 / step as f64,
            });
        }
        late.series.insert("lr".into(), Arc::new(series));
        let ribbon = |settings: &mut ViewSettings| {
            settings.controls.set(&SECOND, Value::from("lr"));
        };
        let caption = built(&[Arc::new(late)], ribbon).caption;
        assert!(caption.contains("for run a, 42 logged points"), "{caption}");
        let wanted = "8 points are left out: before the first lr";
        assert!(caption.contains(wanted), "{caption}");
        let whole = built(&[run("a", &[], 2.0)], ribbon).caption;
        assert!(!whole.contains("left out"), "{whole}");
    }

    #[test]
    fn ribbons_keep_their_colours_and_seeds_are_averaged() {
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
            .map(|(index, path)| matches!(path.colour, PathColour::Solid(colour) if colour == run_colour(index)))
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
            lines.contains(&("standard deviation of loss".to_owned(), "1".to_owned())),
            "{lines:?}"
        );
    }
}
