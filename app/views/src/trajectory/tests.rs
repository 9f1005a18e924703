use std::sync::Arc;

use trainscape_run::{ConfigValue, Point, Role, Run, Series};
use trainscape_scene::{
    colour::run_colour,
    scene::{Mark, PathColour, Scene},
};

use trainscape_compute::projection::{
    Projection, ProjectionError, ProjectionMethod, Projector, Rows,
};

use super::options::{COLOUR_BY, X, Y, Z};
use crate::{
    NotAvailable, Remedy, Value, ViewKind, ViewSettings, clip_at_step,
    common::{GROUP_SEEDS, LOG_XYZ, SMOOTHING},
    held_out::SURFACE,
    waterfall::WATERFALL,
};

fn series(key: &str, every: usize, value: impl Fn(f64) -> f64) -> Arc<Series> {
    let mut series = Series::new(key);
    for step in (0..100).step_by(every) {
        series.push(Point {
            step: (step as i64).into(),
            wall_time_secs: Some(1.7e9 + step as f64),
            value: value(step as f64),
        });
    }
    Arc::new(series)
}

/// A run with a loss at each step, a reward at every `every`th, and a gradient norm.
fn run(id: &str, seed: i64, every: usize, shift: f64) -> Run {
    let mut run = Run::new(id, id, id.into());
    for (role, series) in [
        (Role::Loss, series("loss", 1, |t| 3.0 - 0.02 * t + shift)),
        (Role::Reward, series("reward", every, |t| 0.01 * t + shift)),
        (
            Role::GradientNorm,
            series(
                "grad_norm",
                1,
                |t| if t == 40.0 { 9.0 } else { 1.0 + shift },
            ),
        ),
    ] {
        run.roles.insert(series.key().clone(), role);
        run.series.insert(series.key().clone(), series);
    }
    run.config = Arc::new(
        [
            ("seed".to_owned(), ConfigValue::Int(seed)),
            ("lr".to_owned(), ConfigValue::Float(0.1)),
        ]
        .into(),
    );
    run
}

/// These views project nothing.
struct NoProjector;

impl Projector for NoProjector {
    fn project(
        &self,
        _: &str,
        _: &Arc<dyn Rows>,
        _: usize,
        _: ProjectionMethod,
    ) -> Result<Arc<Projection>, ProjectionError> {
        unreachable!("a trajectory needs no projection")
    }
}

fn build(view: &str, runs: &[Arc<Run>], settings: &ViewSettings) -> Result<Scene, NotAvailable> {
    let view = ViewKind::from_name(view).unwrap();
    view.build(runs, settings, &NoProjector)
}

fn reward(
    runs: &[Arc<Run>],
    change: impl FnOnce(&mut ViewSettings),
) -> Result<Scene, NotAvailable> {
    let mut settings = ViewSettings::default();
    change(&mut settings);
    build("reward-landscape", runs, &settings)
}

/// The paths by step and loss, with or without a surface.
fn paths(runs: &[Arc<Run>], change: impl FnOnce(&mut ViewSettings)) -> Result<Scene, NotAvailable> {
    reward(runs, |settings| {
        settings.controls.set(&WATERFALL, Value::from(false));
        change(settings);
    })
}

fn solid(scene: &Scene, name: &str) -> trainscape_scene::colour::Colour {
    let path = scene.paths.iter().find(|path| path.name == name).unwrap();
    match path.colour {
        PathColour::Solid(colour) => colour,
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn every_point_is_drawn_and_a_sparse_reward_is_carried_forward() {
    let runs = [Arc::new(run("a", 0, 10, 0.0))];
    let scene = reward(&runs, |_| {}).unwrap();
    assert_eq!(scene.paths.len(), 1);
    let path = &scene.paths[0];
    assert_eq!((&*path.series_key, path.records.len()), ("loss", 100));
    assert!(
        scene
            .caption
            .contains("At 90 points a series was not logged"),
        "{}",
        scene.caption
    );
    // Step 57: loss 1.86, the reward of step 50.
    let [x, y, z] = path.positions_unit[57];
    let at = |axis: usize, unit: f32| scene.axes[axis].value_from_unit(f64::from(unit));
    assert!((at(0, x) - 57.0).abs() < 1e-4);
    assert!((at(1, y) - 1.86).abs() < 1e-6);
    assert!((at(2, z) - 0.5).abs() < 1e-6);
    assert_eq!(scene.keys["reward"], "reward");
    let detail = |name: &str| path.details.iter().find(|(detail, _)| detail == name);
    assert_eq!(detail("reward").unwrap().1[57], 0.5);
    assert_eq!(detail("reward logged at step").unwrap().1[57], 50.0);
    let bar = scene.colour_bar.as_ref().unwrap();
    assert_eq!((bar.axis.title.as_str(), bar.axis.high), ("step", 99.0));
    assert_eq!(scene.surfaces.len(), 1, "{}", scene.caption);
}

#[test]
fn a_run_keeps_its_colour_in_every_selection() {
    let runs: Vec<Arc<Run>> = ["a", "b", "c"]
        .iter()
        .map(|id| Arc::new(run(id, 0, 1, 0.0)))
        .collect();
    let all = paths(&runs, |_| {}).unwrap();
    let some = paths(&runs, |settings| {
        settings.runs = Some(["b".to_owned(), "c".to_owned()].into());
    })
    .unwrap();
    assert_eq!(solid(&all, "c"), run_colour(2));
    assert_eq!(solid(&some, "c"), run_colour(2));
    assert_eq!(solid(&some, "b"), run_colour(1));
    let labels: Vec<&str> = some
        .legend
        .iter()
        .map(|entry| entry.label.as_str())
        .collect();
    assert_eq!(labels, ["b", "c"]);
}

#[test]
fn axes_and_colours_can_show_other_series() {
    let runs = [Arc::new(run("a", 0, 1, 0.0))];
    let scene = reward(&runs, |settings| {
        settings.controls.set(&X, Value::from("wall_time"));
        settings.controls.set(&Z, Value::from("grad_norm"));
        settings.controls.set(&COLOUR_BY, Value::from("reward"));
        settings.controls.set(&SMOOTHING, Value::from(1_usize));
        settings.set_ranges([None, Some([0.0, 10.0]), None]);
    })
    .unwrap();
    assert_eq!(scene.axes[0].low, 1.7e9);
    assert_eq!(scene.axes[2].title, "grad_norm");
    assert_eq!((scene.axes[1].low, scene.axes[1].high), (0.0, 10.0));
    assert_eq!(scene.colour_bar.unwrap().axis.title, "reward");
    let why = reward(&runs, |settings| {
        settings.controls.set(&Y, Value::from("nothing"));
    });
    assert!(why.unwrap_err().reason.contains("`nothing`"));
    let why = reward(&runs, |settings| {
        settings.controls.set(&Y, Value::from("step"));
        settings.controls.set(&Z, Value::from("wall_time"));
    });
    assert!(why.unwrap_err().reason.contains("do not make a trajectory"));
}

#[test]
fn a_missing_role_has_a_remedy() {
    let mut bare = run("a", 0, 1, 0.0);
    bare.roles.remove("reward");
    let runs = [Arc::new(bare)];
    let error = reward(&runs, |_| {}).unwrap_err();
    assert_eq!(error.remedy, Some(Remedy::SetRole(Role::Reward)));
    assert!(error.to_string().contains("--role reward=KEY"), "{error}");
    assert!(!error.reason.contains("--"), "{error}");
    // Without a reward the dynamics are step x loss x gradient norm.
    let scene = build("training-dynamics", &runs, &ViewSettings::default()).unwrap();
    let titles: Vec<&str> = scene.axes.iter().map(|axis| axis.title.as_str()).collect();
    assert_eq!(titles, ["step", "loss", "grad_norm"]);
    assert!(scene.surfaces.is_empty());
}

#[test]
fn seeds_are_drawn_as_a_mean_with_a_band() {
    let runs: Vec<Arc<Run>> = [-0.5, 0.0, 1.0]
        .iter()
        .enumerate()
        .map(|(seed, shift)| Arc::new(run(&format!("s{seed}"), seed as i64, 1 + seed, *shift)))
        .collect();
    let scene = reward(&runs, |settings| {
        settings.controls.set(&GROUP_SEEDS, Value::from(true));
        settings.controls.set(&SMOOTHING, Value::from(1_usize));
    })
    .unwrap();
    assert_eq!(scene.paths.len(), 1);
    assert!(scene.caption.contains("(3 runs each)"), "{}", scene.caption);
    let path = &scene.paths[0];
    let lines = path.describe.as_ref().unwrap().lines(60);
    let line = |name: &str| -> f64 {
        let found = lines.iter().find(|(line, _)| line == name);
        found
            .unwrap_or_else(|| panic!("{name} in {lines:?}"))
            .1
            .parse()
            .unwrap()
    };
    // Rewards 0.1, 0.6 and 1.6 at step 60; NumPy: mean 0.766…, std(ddof=1) 0.763….
    assert!((line("mean reward") - 0.766_666_666_666_666_6).abs() < 1e-12);
    assert!((line("standard deviation of reward") - 0.763_762_615_825_973_3).abs() < 1e-12);
    let band = &scene.meshes[0];
    let unit = |value: f64| scene.axes[2].unit_from_value(value).unwrap() as f32;
    let [low, high] = [60 * 2, 60 * 2 + 1].map(|corner| band.positions_unit[corner][2]);
    assert!((low - unit(0.766_666_7 - 0.763_762_6)).abs() < 1e-5);
    assert!((high - unit(0.766_666_7 + 0.763_762_6)).abs() < 1e-5);
    // A point of any of its runs is selected on it.
    let mark = Mark {
        run: "s2".into(),
        step: Some(33.0),
        row: None,
    };
    let mut with_runs = scene.clone();
    with_runs.meshes.clear();
    assert_eq!(with_runs.find(&mark), [path.positions_unit[33]]);
}

#[test]
fn a_spike_and_a_divergence_are_marked() {
    let mut diverging = run("a", 0, 1, 0.0);
    let loss = series(
        "loss",
        1,
        |t| if t < 80.0 { 3.0 - 0.02 * t } else { f64::NAN },
    );
    diverging.series.insert("loss".into(), loss);
    let runs = [Arc::new(diverging)];
    let scene = build("training-dynamics", &runs, &ViewSettings::default()).unwrap();
    let names: Vec<(&str, usize)> = scene
        .markers
        .iter()
        .map(|marks| (marks.name.as_str(), marks.positions_unit.len()))
        .collect();
    let wanted = [("spike", 1), ("divergence", 1), ("NaN or infinity", 20)];
    assert_eq!(names, wanted);
    assert_eq!(scene.legend.len(), 3);
    // The loss, along x, is NaN: at the lower end of its axis.
    assert_eq!(scene.markers[2].positions_unit[0][0], 0.0);
    assert_eq!(
        scene.markers[1].positions_unit[0],
        scene.paths[0].positions_unit[79]
    );
    assert!(
        scene
            .caption
            .contains("20 points are NaN or infinite and marked at the floor"),
        "{}",
        scene.caption
    );
    let before = ViewSettings {
        at_step: Some(30.0),
        ..ViewSettings::default()
    };
    let scene = build("training-dynamics", &runs, &before).unwrap();
    let names: Vec<&str> = scene.markers.iter().map(|markers| &*markers.name).collect();
    assert_eq!(names, ["current step"], "neither has happened yet");
}

#[test]
fn the_current_step_ends_paths_and_changes_no_axis() {
    let runs = [Arc::new(run("a", 0, 1, 0.0)), Arc::new(run("b", 1, 7, 0.3))];
    let whole = paths(&runs, |_| {}).unwrap();
    let mut scene = paths(&runs, |settings| settings.at_step = Some(49.5)).unwrap();
    assert_eq!(scene.axes, whole.axes);
    for (cut, full) in scene.paths.iter().zip(&whole.paths) {
        assert_eq!(cut.positions_unit.len(), 50);
        assert_eq!(cut.positions_unit[..], full.positions_unit[..50]);
        assert_eq!(cut.records.len(), 50);
    }
    let now = scene
        .markers
        .iter()
        .find(|marks| marks.name == "current step")
        .unwrap();
    assert_eq!(now.positions_unit.len(), 2);
    let arrows =
        |scene: &Scene| -> usize { scene.meshes.iter().map(|mesh| mesh.triangles.len()).sum() };
    assert!(arrows(&scene) < arrows(&whole));
    clip_at_step(&mut scene, -1.0);
    assert!(scene.paths.is_empty());
}

#[test]
fn points_without_a_logarithm_are_counted() {
    let runs = [Arc::new(run("a", 0, 1, 0.0))];
    let scene = reward(&runs, |settings| {
        settings
            .controls
            .set(&LOG_XYZ, Value::Scales([None, None, Some(true)]));
        settings.controls.set(&SMOOTHING, Value::from(1_usize));
    })
    .unwrap();
    // The first reward is 0.
    assert_eq!(scene.paths[0].positions_unit.len(), 99);
    assert!(
        scene.caption.contains("Not shown: 1 point of zero or less"),
        "{}",
        scene.caption
    );
    assert_eq!(
        scene.paths[0].records[0].index, 1,
        "records follow their points"
    );
}

#[test]
fn many_runs_of_a_sweep_are_coloured_by_it() {
    let runs: Vec<Arc<Run>> = (0..20)
        .map(|index| {
            let mut run = run(&format!("r{index}"), 0, 1, 0.01 * f64::from(index));
            let lr = ConfigValue::Float(1e-4 * 1.5_f64.powi(index));
            run.config = Arc::new([("optim.lr".to_owned(), lr)].into());
            Arc::new(run)
        })
        .collect();
    let paths = |settings: &mut ViewSettings| {
        settings.controls.set(&Y, Value::from("loss"));
    };
    let scene = reward(&runs, paths).unwrap();
    let bar = scene.colour_bar.as_ref().unwrap();
    assert_eq!(bar.axis.title, "lr");
    assert!(scene.legend.is_empty());
    assert_ne!(solid(&scene, "r0"), solid(&scene, "r19"));
    let alike: Vec<Arc<Run>> = (0..20)
        .map(|index| Arc::new(run(&format!("r{index}"), 0, 1, 0.0)))
        .collect();
    let scene = reward(&alike, paths).unwrap();
    assert_eq!(scene.legend.len(), 1);
    assert_eq!(scene.legend[0].label, "20 lines");
}

#[test]
fn a_surface_is_drawn_where_it_predicts_held_out_points_and_on_request() {
    let smooth = [Arc::new(run("a", 0, 1, 0.0))];
    let scene = reward(&smooth, |_| {}).unwrap();
    assert_eq!(scene.surfaces.len(), 1);
    let share =
        "Its interpolation explains 100 % of held-out points (R², 8 inner blocks of the path)";
    assert!(scene.caption.contains(share), "{}", scene.caption);
    let hidden = reward(&smooth, |settings| {
        settings.controls.set(&SURFACE, Value::from(false));
    });
    assert!(hidden.unwrap().surfaces.is_empty());

    let mut noisy = run("a", 0, 1, 0.0);
    let noise = |t: f64| ((t * 12.9898).sin() * 43758.5453).fract();
    noisy
        .series
        .insert("reward".into(), series("reward", 1, noise));
    let noisy = [Arc::new(noisy)];
    let scene = reward(&noisy, |_| {}).unwrap();
    assert!(scene.surfaces.is_empty());
    // A path without a surface is a tangle: the reward is drawn by step.
    assert_eq!(scene.axes.map(|axis| axis.title), ["step", "", "reward"]);
    let path = paths(&noisy, |_| {}).unwrap();
    let why = "No surface: interpolation explains 0 % of held-out points";
    assert!(path.caption.contains(why), "{}", path.caption);
    let asked = reward(&noisy, |settings| {
        settings.controls.set(&SURFACE, Value::from(true));
    })
    .unwrap();
    assert_eq!(asked.surfaces.len(), 1);
    assert!(
        asked.caption.contains("The surface is unreliable"),
        "{}",
        asked.caption
    );
}

#[test]
fn no_surface_joins_independent_runs() {
    let runs: Vec<Arc<Run>> = (0..3)
        .map(|seed| Arc::new(run(&format!("r{seed}"), seed, 1, 0.1 * seed as f64)))
        .collect();
    let scene = reward(&runs, |_| {}).unwrap();
    assert!(scene.surfaces.is_empty());
    let scene = reward(&runs, |settings| {
        settings.controls.set(&SURFACE, Value::from(true));
    });
    let caption = scene.unwrap().caption;
    assert!(caption.contains("which are independent runs"), "{caption}");
}

#[test]
fn a_reward_without_a_loss_and_many_runs_are_a_waterfall() {
    let mut bare = run("a", 0, 10, 0.0);
    bare.roles.remove("loss");
    bare.series.remove("loss");
    let scene = reward(&[Arc::new(bare)], |_| {}).unwrap();
    assert_eq!(scene.title, "Reward by step, a");
    assert_eq!((scene.paths.len(), scene.meshes.len()), (1, 0));
    let wanted = "Highest logged value: 0.9 at step 90 (dot)";
    assert!(scene.caption.contains(wanted), "{}", scene.caption);
    let runs: Vec<Arc<Run>> = (0..6)
        .map(|seed| Arc::new(run(&format!("r{seed}"), seed, 1, 0.1 * seed as f64)))
        .collect();
    let titles = |runs: &[Arc<Run>]| reward(runs, |_| {}).unwrap().axes.map(|axis| axis.title);
    assert_eq!(titles(&runs), ["step", "", "reward"]);
    let paths = paths(&runs[..2], |_| {}).unwrap();
    assert_eq!(
        paths.axes.map(|axis| axis.title),
        ["step", "loss", "reward"]
    );
}
