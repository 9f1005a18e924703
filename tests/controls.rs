//! Every control of every view: changing its value changes the scene, unless the list below gives a reason.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/every_view.rs"]
mod every_view;
#[path = "support/figures.rs"]
mod figures;

use std::{collections::BTreeSet, path::Path};

use every_view::Drawable;
use figures::project_blocking;
use trainscape_run::Snapshot;
use trainscape_scene::{
    Scene,
    axis::{Axis, Scale},
};
use trainscape_source::{Loader, OpenOptions};
use trainscape_views::{Control, Kind, OnlyWith, Section, VIEWS, Value, ViewKind, ViewSettings};

/// View, control, and why another value changes nothing in these data.
const WITHOUT_EFFECT: [(&str, &str, &str); 15] = [
    (
        "importance",
        "colours",
        "the metrics of the sweep have colours of their own",
    ),
    ("importance", "shading", "bars alone are shaded"),
    ("loss-landscape", "grid", "the folder has one grid"),
    ("attention", "tensor", "the demo has one array of attention"),
    ("attention", "batch", "the demo's attention has no batch"),
    (
        "embedding",
        "tensor",
        "the demo has one array of embeddings",
    ),
    ("embedding", "focus-neighbours", "no row is focused"),
    ("weights", "tensor", "the demo has one array of weights"),
    (
        "activations",
        "tensor",
        "the demo has one array of activations",
    ),
    ("loss-surface", "robust-range", "the demo has no outliers"),
    (
        "reward-landscape",
        "robust-range",
        "the data have no outliers",
    ),
    (
        "training-dynamics",
        "robust-range",
        "the demo has no outliers",
    ),
    ("media", "tensor", "the folder has one figure"),
    ("media", "log", "the values of the figure include zero"),
    ("custom", "method", "no file has a surface through series"),
];

/// Values to try: one of them has to change the scene.
fn values(control: &Control, snapshot: &Snapshot, scene: &Scene, choices: &[String]) -> Vec<Value> {
    match control.kind {
        Kind::Switch(_) => vec![Value::Switch(true), Value::Switch(false)],
        Kind::Number(number) => {
            let [low, high] = number.range;
            let tried = [0.0, 1.0, 2.0, 5.0, 0.3, 0.5, 50.0, 1e-3];
            let inside = tried
                .into_iter()
                .filter(|value| (low..=high).contains(value));
            inside.map(Value::Number).collect()
        }
        Kind::Choice { options, .. } => {
            options.iter().map(|(name, _)| Value::from(*name)).collect()
        }
        Kind::Colours => vec![Value::from("cividis"), Value::from("coolwarm")],
        Kind::Key { fixed } => {
            let fixed = fixed.iter().map(|(name, _)| Value::from(*name));
            let of_data = choices.iter().map(|name| Value::from(name.as_str()));
            fixed.chain(of_data).collect()
        }
        Kind::Keys => choices
            .iter()
            .map(|name| Value::Keys(vec![name.clone()]))
            .collect(),
        Kind::Text => {
            let labels = snapshot.runs.iter().flat_map(|run| run.tensors.values());
            let labels = labels.filter_map(|tensor| tensor.labels.as_ref());
            let cell = labels.flat_map(|labels| labels.cells.iter().flat_map(|cells| cells.iter()));
            let keys = snapshot.runs.iter().flat_map(|run| run.tensors.keys());
            cell.chain(keys)
                .take(200)
                .map(|text| Value::from(&**text))
                .collect()
        }
        Kind::Scales(axes) => axes
            .iter()
            .flat_map(|&axis| {
                [true, false].map(|log| {
                    let mut scales = [None; 3];
                    scales[axis] = Some(log);
                    Value::Scales(scales)
                })
            })
            .collect(),
        Kind::Ranges => (0..3)
            .filter_map(|axis| range_value(&scene.axes[axis], axis))
            .collect(),
    }
}

/// A range that ends in the middle of an axis and is open on the other side.
fn range_value(axis: &Axis, index: usize) -> Option<Value> {
    if matches!(axis.scale, Scale::Category(_)) {
        return None;
    }
    let mut ranges = [None; 3];
    ranges[index] = Some([f64::NEG_INFINITY, axis.value_from_unit(0.5)]);
    Some(Value::Ranges(ranges))
}

fn open(drawable: &Drawable) -> std::sync::Arc<Snapshot> {
    match &drawable.folder {
        None => figures::demo(),
        Some(folder) => {
            let mut loader =
                Loader::open(std::slice::from_ref(folder), OpenOptions::default()).unwrap();
            loader.read_to_end();
            loader.snapshot()
        }
    }
}

/// A digest of everything that is drawn.
fn digest_of(scene: &Scene) -> u64 {
    struct Digest(std::hash::DefaultHasher);
    impl std::fmt::Write for Digest {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            std::hash::Hasher::write(&mut self.0, text.as_bytes());
            Ok(())
        }
    }
    let mut digest = Digest(std::hash::DefaultHasher::new());
    let mut add = |part: &dyn std::fmt::Debug| {
        std::fmt::Write::write_fmt(&mut digest, format_args!("{part:?}")).unwrap();
    };
    // Not the records, which refer to whole runs.
    add(&(&scene.title, &scene.caption, &scene.axes, scene.box_aspect));
    add(&(
        &scene.labels,
        &scene.legend,
        &scene.colour_bar,
        &scene.keys,
        &scene.markers,
    ));
    for surface in &scene.surfaces {
        add(&(
            &surface.work,
            surface.map,
            surface.colour_range,
            surface.shading,
        ));
        add(&(
            surface.contours,
            surface.wireframe,
            surface.floor_projection,
            surface.opacity,
        ));
    }
    for mesh in &scene.meshes {
        add(&(
            &mesh.positions_unit,
            &mesh.triangles,
            &mesh.colour,
            mesh.shading,
            mesh.opacity,
        ));
    }
    for path in &scene.paths {
        add(&(
            &path.positions_unit,
            &path.strips,
            &path.colour,
            path.width_pt,
        ));
    }
    for cloud in &scene.clouds {
        add(&(
            &cloud.work,
            &cloud.colour,
            &cloud.size,
            cloud.floor_projection,
            cloud.opacity,
        ));
    }
    std::hash::Hasher::finish(&digest.0)
}

fn settings_for(drawable: &Drawable) -> ViewSettings {
    let mut settings = ViewSettings::default();
    if drawable.folder.is_none() {
        settings.runs = Some(["pretrain".to_owned()].into());
    }
    if let Some(name) = drawable.name {
        drawable.view.set(&mut settings, "name", name).unwrap();
    }
    settings
}

/// The controls of a drawable that change the scene neither by default nor with a surface that is not drawn by default.
fn without_effect(drawable: &Drawable) -> BTreeSet<&'static str> {
    let by_default = settings_for(drawable);
    let silent = without_effect_on(drawable, &by_default);
    let Some(surface) = drawable.view.control("surface") else {
        return silent;
    };
    let with_surface = without_effect_on(drawable, &by_default.with(surface, true));
    silent.intersection(&with_surface).copied().collect()
}

fn without_effect_on(drawable: &Drawable, settings: &ViewSettings) -> BTreeSet<&'static str> {
    let snapshot = open(drawable);
    let (view, settings) = (drawable.view, settings.clone());
    let build = |settings: &ViewSettings| {
        view.build(&snapshot.runs, settings, &project_blocking())
            .ok()
    };
    let scene = build(&settings).unwrap();
    let choices = view.choices(&snapshot.runs, &settings);
    let mut without_effect = BTreeSet::new();
    for control in view.controls() {
        let mut settings = settings.clone();
        if let Some(only_with) = control.only_with.filter(|with| *with != OnlyWith::CHOSEN) {
            let value = match only_with.values[0] {
                switch @ ("on" | "off") => Value::Switch(switch == "on"),
                name => Value::from(name),
            };
            view.set(&mut settings, only_with.control, value).unwrap();
            // A few iterations are enough here.
            if let Some(iterations) = view.control("iterations") {
                settings.controls.set(iterations, Value::from(5_usize));
            }
        }
        let before = digest_of(&build(&settings).unwrap());
        let tried = values(control, &snapshot, &scene, choices.names_for(control));
        let changes = tried
            .into_iter()
            .filter(|value| control.takes(value))
            .any(|value| {
                let mut changed = settings.clone();
                changed.controls.set(control, value);
                build(&changed).is_some_and(|scene| digest_of(&scene) != before)
            });
        if !changes {
            without_effect.insert(control.name);
        }
    }
    without_effect
}

/// A run that logs an accuracy of held-out data beside its loss.
fn with_metric(folder: &Path) -> Drawable {
    let row =
        |step: i32| format!("{{\"step\": {step}, \"loss\": 1.{step}, \"val_acc\": 0.{step}}}\n");
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(
        folder.join("log.jsonl"),
        (1..9).map(row).collect::<String>(),
    )
    .unwrap();
    Drawable {
        view: ViewKind::named("loss-surface"),
        folder: Some(folder.to_owned()),
        name: None,
    }
}

#[test]
fn every_control_changes_the_scene() {
    let folder = tempfile::tempdir().unwrap();
    let mut drawables = every_view::every_view(folder.path());
    drawables.push(with_metric(&folder.path().join("metric")));
    let mut wrong = Vec::new();
    for view in VIEWS {
        // A control may affect only some kinds of figures of a view.
        let of_view = drawables.iter().filter(|drawable| drawable.view == view);
        let silent = of_view
            .map(without_effect)
            .reduce(|a, b| a.intersection(&b).copied().collect())
            .unwrap();
        let explained = |name: &str| {
            let mut listed = WITHOUT_EFFECT.iter();
            listed.any(|(of, control, _)| *of == view.name() && *control == name)
        };
        for control in view.controls() {
            let is_silent = silent.contains(control.name);
            if is_silent && !explained(control.name) {
                wrong.push(format!("{view}: --{} changes nothing", control.name));
            }
            if !is_silent && explained(control.name) {
                wrong.push(format!("{view}: --{} does change the scene", control.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn names_and_labels_are_unique_within_a_view() {
    for view in VIEWS {
        let controls = view.controls();
        let names: BTreeSet<&str> = controls.iter().map(|control| control.name).collect();
        let labels: BTreeSet<&str> = controls.iter().map(|control| control.label).collect();
        assert_eq!(names.len(), controls.len(), "{view}");
        assert_eq!(labels.len(), controls.len(), "{view}");
        assert!(controls.iter().all(|control| !control.help.is_empty()));
    }
}

#[test]
fn the_default_colour_map_is_drawn() {
    let folder = tempfile::tempdir().unwrap();
    for drawable in every_view::every_view(folder.path()) {
        let settings = settings_for(&drawable);
        let snapshot = open(&drawable);
        let scene = drawable
            .view
            .build(&snapshot.runs, &settings, &project_blocking())
            .unwrap();
        if let Some(bar) = &scene.colour_bar
            && drawable.view.control("colours").is_some()
        {
            let default = drawable.view.default_colours(&settings);
            // The default is that of the trajectory; the surface fitted to it is coloured by height.
            let is_fitted = drawable.view.control("surface").is_some();
            assert!(
                bar.map == default || is_fitted,
                "{}: {}",
                drawable.view,
                bar.map.name()
            );
        }
    }
}

#[test]
fn a_control_that_no_view_reads_is_found() {
    const UNREAD: Control = Control {
        name: "unread",
        label: "Unread",
        help: "No view reads it.",
        kind: Kind::Switch(Some(false)),
        section: Section::View,
        names_data: false,
        only_with: None,
    };
    let view = ViewKind::named("loss-surface");
    let settings = ViewSettings {
        runs: Some(["pretrain".to_owned()].into()),
        ..ViewSettings::default()
    };
    let settings = settings.with(view.control("surface").unwrap(), true);
    let runs = &figures::demo().runs;
    let digest = |settings: &ViewSettings| {
        digest_of(&view.build(runs, settings, &project_blocking()).unwrap())
    };
    let before = digest(&settings);
    assert_eq!(digest(&settings.clone().with(&UNREAD, true)), before);
    let contours = view.control("contours").unwrap();
    assert_ne!(digest(&settings.with(contours, false)), before);
}
