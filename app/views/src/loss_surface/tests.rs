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
    let second = |settings: &mut ViewSettings| settings.controls.set(&SECOND, Value::from("width"));
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
    let wanted = "averages runs with the same peak learning rate, which differ only in their seed";
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
