//! Picks a known point in each view of tensors and compares the record with the value that NumPy reads from the same
//! file.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/figures.rs"]
mod figures;

use figures::{demo, project_blocking, scene_of_pretrain as scene};
use trainscape_scene::{
    Scene,
    figure::{Figure, FigureSpec},
    scene::Picked,
};
use trainscape_source::{Loader, OpenOptions};
use trainscape_views::{ViewKind, ViewSettings};

/// Picks with the cursor at the projection of `position_unit`.
fn pick_at(scene: &Scene, position_unit: [f32; 3]) -> Picked {
    let figure = Figure::lay_out(scene, &FigureSpec::new([600.0, 450.0]));
    let (cursor, _) = figure.point_from_unit(position_unit).unwrap();
    let picked = scene.pick(0.5, |position| {
        let (point, depth) = figure.point_from_unit(position)?;
        Some((point.distance(cursor), (0.4 - depth) * 8.0))
    });
    picked.expect("a record is under the cursor")
}

fn line<'a>(picked: &'a Picked, name: &str) -> &'a str {
    let found = picked.lines.iter().find(|(line, _)| line == name);
    found.map_or_else(
        || panic!("no line `{name}` in {picked:?}"),
        |(_, value)| value,
    )
}

/// The position of the point whose record has this line.
fn position_with(scene: &Scene, name: &str, value: &str) -> [f32; 3] {
    let cloud = &scene.clouds[0];
    let records = cloud.records.as_ref().unwrap();
    let mut found = None;
    cloud.for_each(|index, point| {
        let lines = records.lines(index);
        if lines.iter().any(|line| line.0 == name && line.1 == value) {
            found.get_or_insert(point.position_unit);
        }
    });
    found.unwrap_or_else(|| panic!("no point has {name} {value}"))
}

#[test]
fn an_attention_weight() {
    let scene = scene(ViewKind::named("attention"), |settings| {
        ViewKind::named("attention")
            .set(settings, "heads", "one")
            .unwrap();
        ViewKind::named("attention")
            .set(settings, "layer", 7_usize)
            .unwrap();
        ViewKind::named("attention")
            .set(settings, "head", 2_usize)
            .unwrap();
    });
    // attention[20, 7, 2, 51, 37] of the file, a half-precision number.
    let x = (51.0 + 0.5) / 64.0;
    let y = (37.0 + 0.5) / 64.0;
    let z = scene.axes[2].unit_from_value(0.997_558_593_75).unwrap();
    let picked = pick_at(&scene, [x, y, z as f32]);
    assert_eq!(line(&picked, "weight"), "0.99755859375");
    assert_eq!(
        line(&picked, "attention"),
        "query 51 'E' -> key 37 ''': 0.997559"
    );
    assert_eq!(line(&picked, "layer"), "7");
    assert_eq!(line(&picked, "head"), "2");
    assert_eq!(line(&picked, "step"), "1999");
    assert_eq!(line(&picked, "file"), "attention.safetensors");
}

#[test]
fn an_attention_weight_among_all_heads_at_an_earlier_snapshot() {
    let scene = scene(ViewKind::named("attention"), |settings| {
        ViewKind::named("attention")
            .set(settings, "heads", "all")
            .unwrap();
        settings.at_step = Some(1400.0);
    });
    let at = position_with(&scene, "layer", "3");
    let picked = pick_at(&scene, at);
    assert_eq!(line(&picked, "step"), "1000");
    assert_eq!(line(&picked, "layer"), "3");
}

#[test]
fn a_token_of_an_embedding() {
    let scene = scene(ViewKind::named("embedding"), |_| {});
    let cloud = &scene.clouds[0];
    let mut position = None;
    cloud.for_each(|index, point| {
        if index == 5 {
            position = Some(point.position_unit);
        }
    });
    let picked = pick_at(&scene, position.unwrap());
    assert_eq!(picked.row, Some(5));
    assert_eq!(line(&picked, "label"), "$");
    assert_eq!(line(&picked, "step"), "1999");
    assert_eq!(line(&picked, "norm"), "1.671506");
}

#[test]
fn a_point_in_focus_and_its_neighbours_are_labelled_once() {
    let scene = scene(ViewKind::named("embedding"), |settings| {
        ViewKind::named("embedding")
            .set(settings, "focus", 59_usize)
            .unwrap();
    });
    assert_eq!(scene.labels.len(), 96);
    // The trajectories of the focus and of its ten neighbours, and a line to each of them.
    assert_eq!(scene.paths.len(), 11 + 10);
    // The labels of the focus and of its neighbours come first, so that they have priority in the layout.
    assert_eq!(scene.labels[0].text, "Z");
}

#[test]
fn a_snapshot_of_the_weights() {
    let scene = scene(ViewKind::named("weights"), |_| {});
    let at = position_with(&scene, "step", "500");
    let picked = pick_at(&scene, at);
    assert_eq!(line(&picked, "step"), "500");
    assert_eq!(line(&picked, "file"), "weights.safetensors");
    let loss: f64 = line(&picked, "train/loss (mean)").parse().unwrap();
    assert!((1.0..4.0).contains(&loss), "{loss}");
}

#[test]
fn an_activation() {
    let scene = scene(ViewKind::named("activations"), |_| {});
    let (mut position, mut records) = (None, None);
    let cloud = &scene.clouds[0];
    cloud.for_each(|index, point| {
        // Layer 3, position 10, channel 50 of 8 x 64 x 96 values.
        if index == (3 * 64 + 10) * 96 + 50 {
            position = Some(point.position_unit);
            records = cloud.records.as_ref().map(|records| records.lines(index));
        }
    });
    let picked = pick_at(&scene, position.unwrap());
    assert_eq!(Some(&picked.lines), records.as_ref());
    assert_eq!(line(&picked, "activation"), "3.33984375");
    assert_eq!(line(&picked, "layer"), "3");
    assert_eq!(line(&picked, "channel"), "50");
}

#[test]
fn a_bin_of_a_distribution() {
    let scene = scene(ViewKind::named("activations"), |settings| {
        ViewKind::named("activations")
            .set(settings, "distribution", true)
            .unwrap();
    });
    assert_eq!(scene.surfaces.len(), 8);
    let nodes = scene.surfaces[0].records.as_ref().unwrap();
    let highest = (0..nodes.values.len())
        .max_by(|a, b| nodes.values[*a].total_cmp(&nodes.values[*b]))
        .unwrap();
    let picked = pick_at(&scene, nodes.positions_unit[highest]);
    assert_eq!(line(&picked, "density"), nodes.values[highest].to_string());
    assert_eq!(line(&picked, "run"), "pretrain");
}

#[test]
fn a_point_and_a_node_of_a_logged_figure() {
    let folder = tempfile::tempdir().unwrap();
    let figure = r#"{"data": [
        {"type": "surface", "x": [1, 2, 3], "y": [10, 20], "z": [[0.5, 0.25, 0.75], [1.5, 1.25, 1.0]]},
        {"type": "scatter3d", "mode": "markers", "x": [1.5, 2.5], "y": [12, 18], "z": [2, 2.125],
         "text": ["first", "second"], "marker": {"color": [0, 1]}}],
        "layout": {"scene": {"zaxis": {"title": "Loss"}}}}"#;
    let file = "landscape_0_0123456789.plotly.json";
    std::fs::write(folder.path().join(file), figure).unwrap();
    let mut loader = Loader::open(&[folder.path().to_owned()], OpenOptions::default()).unwrap();
    loader.read_to_end();
    let runs = &loader.snapshot().runs;
    let scene = ViewKind::named("media")
        .build(runs, &ViewSettings::default(), &project_blocking())
        .unwrap();
    let mut second = None;
    scene.clouds[0].for_each(|_, point| second = Some(point.position_unit));
    let picked = pick_at(&scene, second.unwrap());
    assert_eq!(line(&picked, "text"), "second");
    assert_eq!(line(&picked, "Loss"), "2.125");
    assert_eq!(line(&picked, "file"), file);
    let nodes = scene.surfaces[0].records.as_ref().unwrap();
    // The second row's first node: x 1, y 20.
    let picked = pick_at(&scene, nodes.positions_unit[3]);
    assert_eq!(line(&picked, "Loss"), "1.5");
    assert_eq!((line(&picked, "x"), line(&picked, "y")), ("1", "20"));
}

#[test]
fn a_row_of_an_embedding_and_a_step_of_the_weights_are_found_by_their_mark() {
    let embedding = scene(ViewKind::named("embedding"), |_| {});
    let records = embedding.clouds[0].records.as_ref().unwrap();
    let mark = records.mark(40).unwrap();
    assert_eq!(
        (&*mark.run, mark.step, mark.row),
        ("pretrain", Some(1999.0), Some(40))
    );
    // On the cloud of the last snapshot, and at the end of the row's trajectory.
    let place = embedding.clouds[0].place(40).unwrap();
    assert_eq!(embedding.find(&mark), [place, place]);
    let way = embedding.paths[40].describe.as_ref().unwrap();
    let earlier = way.mark(3).unwrap();
    assert_eq!(
        embedding.find(&earlier),
        [embedding.paths[40].positions_unit[3]]
    );

    let weights = scene(ViewKind::named("weights"), |_| {});
    let records = weights.clouds[0].records.as_ref().unwrap();
    let mark = records.mark(1).unwrap();
    assert_eq!(weights.find(&mark), [weights.clouds[0].place(1).unwrap()]);
    // The same step on the trajectory of the loss.
    let dynamics = scene(ViewKind::named("training-dynamics"), |_| {});
    let found = dynamics.find(&mark);
    assert_eq!(found.len(), 1);
    let step = dynamics.axes[0].value_from_unit(f64::from(found[0][0]));
    assert!((step - mark.step.unwrap()).abs() < 1.0, "{step}, {mark:?}");
    let elsewhere = trainscape_scene::scene::Mark {
        run: "sweep/lr-0.0001".into(),
        ..mark
    };
    assert!(weights.find(&elsewhere).is_empty() && dynamics.find(&elsewhere).is_empty());
}

#[test]
fn views_report_their_time_range_and_available_series() {
    let snapshot = demo();
    let settings = ViewSettings {
        runs: Some(["pretrain".to_owned()].into()),
        ..ViewSettings::default()
    };
    let window = |view: ViewKind| view.time_range(&snapshot.runs, &settings);
    for view in [
        ViewKind::named("loss-surface"),
        ViewKind::named("gradient-flow"),
        ViewKind::named("training-dynamics"),
    ] {
        assert_eq!(window(view), Some((0.0, 1999.0)), "{view}");
    }
    for view in [
        ViewKind::named("attention"),
        ViewKind::named("embedding"),
        ViewKind::named("weights"),
    ] {
        assert_eq!(window(view), Some((0.0, 1999.0)), "{view}");
    }
    // Without a reward the view cannot be drawn, so it has no time range.
    assert_eq!(window(ViewKind::named("reward-landscape")), None);
    assert_eq!(window(ViewKind::named("importance")), None);
    let series = ViewKind::named("reward-landscape")
        .choices(&snapshot.runs, &settings)
        .names["y"]
        .clone();
    let place = |key: &str| series.iter().position(|other| other == key).unwrap();
    assert!(place("grad_norm/layers.2.mlp.up") < place("train/loss"));
}

#[test]
fn a_view_reports_what_it_lacks() {
    let snapshot = demo();
    let settings = ViewSettings {
        runs: Some(["sweep/lr-0.0001".to_owned()].into()),
        ..ViewSettings::default()
    };
    for view in [
        ViewKind::named("attention"),
        ViewKind::named("embedding"),
        ViewKind::named("weights"),
        ViewKind::named("activations"),
        ViewKind::named("media"),
    ] {
        let why = view
            .build(&snapshot.runs, &settings, &project_blocking())
            .unwrap_err()
            .to_string();
        assert!(why.starts_with("needs "), "{view}: {why}");
        assert_eq!(
            view.available(&snapshot.runs, &settings)
                .unwrap_err()
                .reason,
            why
        );
    }
}
