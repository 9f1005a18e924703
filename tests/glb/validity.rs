//! Files of every view are valid and match their scene.

use std::{
    fs,
    path::{Path, PathBuf},
};

use trainscape_export::glb;
use trainscape_scene::{
    Scene,
    camera::world_from_unit,
    colour::ColourMap,
    figure::{Figure, FigureSpec},
    scene::PathColour,
};
use trainscape_source::{Loader, OpenOptions};
use trainscape_views::{
    ViewKind, ViewSettings,
    common::{GROUP_SEEDS, OPACITY},
};

use crate::{
    compare::{REACH, centres_of, compare, differ, vertices_of},
    every_view,
    figures::{demo, empty_scene, project_blocking},
    glb_file::GlbFile,
    scenes::{encode, scene_beyond_the_box, small_scene},
    support::run,
    trajectories,
    validator::validate,
};

/// The exported views: view, runs of the demo, and a name.
const EXPORTS: [(&str, &str, &str); 8] = [
    ("loss-surface", "sweep/*", "terrain"),
    ("loss-surface", "pretrain", "ribbon"),
    ("gradient-flow", "pretrain", "flow"),
    ("attention", "pretrain", "attention"),
    ("embedding", "pretrain", "embedding"),
    ("weights", "pretrain", "weights"),
    ("activations", "pretrain", "activations"),
    ("training-dynamics", "pretrain", "dynamics"),
];

/// Exports the demo run with the command line.
fn export(folder: &Path) -> Vec<PathBuf> {
    EXPORTS
        .iter()
        .map(|(view, runs, name)| {
            let path = folder.join(format!("{name}.glb"));
            let arguments = [
                "export",
                "--view",
                view,
                "--runs",
                runs,
                "--adapter",
                "cpu",
                "-o",
            ];
            run(arguments.into_iter().chain([path.to_str().unwrap()])).code(0);
            path
        })
        .collect()
}

fn scene_of(view: ViewKind, runs: &str) -> Scene {
    let snapshot = demo();
    let wanted = |id: &str| {
        runs.strip_suffix('*')
            .map_or(id == runs, |start| id.starts_with(start))
    };
    let ids = snapshot
        .runs
        .iter()
        .map(|run| run.id.to_string())
        .filter(|id| wanted(id));
    let settings = ViewSettings {
        runs: Some(ids.collect()),
        ..ViewSettings::default()
    };
    view.build(&snapshot.runs, &settings, &project_blocking())
        .unwrap()
}

#[test]
fn the_khronos_validator_finds_no_issues_and_positions_match_the_scene() {
    let folder = tempfile::tempdir().unwrap();
    let files = export(folder.path());
    for (report, path) in validate(&files).iter().zip(&files) {
        let found = (&report["errors"], &report["warnings"]);
        assert_eq!(
            found,
            (&0.into(), &0.into()),
            "{}: {report:#}",
            path.display()
        );
    }
    for ((view, runs, _), path) in EXPORTS.iter().zip(&files) {
        compare(&scene_of(ViewKind::named(view), runs), &GlbFile::read(path));
    }
}

#[test]
fn a_scene_without_surfaces_is_valid() {
    let scene = small_scene(false);
    let mut bare = scene_of(ViewKind::named("loss-surface"), "pretrain");
    bare.surfaces.clear();
    bare.paths.truncate(1);
    bare.paths[0].colour = PathColour::Muted;
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<PathBuf> = [encode(&scene), encode(&bare)]
        .iter()
        .enumerate()
        .map(|(index, bytes)| {
            let path = folder.path().join(format!("{index}.glb"));
            fs::write(&path, bytes).unwrap();
            path
        })
        .collect();
    for report in validate(&files) {
        assert_eq!(
            (&report["errors"], &report["warnings"]),
            (&0.into(), &0.into()),
            "{report:#}"
        );
    }
    glb::encode(
        &empty_scene(),
        &Figure::lay_out(&scene, &FigureSpec::new([300.0, 200.0])),
        &[],
    )
    .unwrap_err();
}

#[test]
fn trajectories_with_arrows_and_bands_are_valid_and_match_the_scene() {
    let runs = trajectories::seeds();
    let settings = |group_seeds: bool| {
        let settings = ViewSettings {
            runs: (!group_seeds).then(|| [runs[0].id.to_string()].into()),
            ..ViewSettings::default()
        };
        settings.with(&GROUP_SEEDS, group_seeds).with(&OPACITY, 1.0)
    };
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for view in [
        ViewKind::named("reward-landscape"),
        ViewKind::named("training-dynamics"),
    ] {
        for group_seeds in [false, true] {
            let mut settings = settings(group_seeds);
            // The loss of a policy gradient is a coordinate only on request.
            view.set(&mut settings, "y", "train/loss").unwrap();
            let scene = view.build(&runs, &settings, &project_blocking()).unwrap();
            assert!(!scene.meshes.is_empty(), "arrows, and bands of groups");
            let path = folder.path().join(format!("{view}-{group_seeds}.glb"));
            fs::write(&path, encode(&scene)).unwrap();
            compare(&scene, &GlbFile::read(&path));
            files.push(path);
        }
    }
    for report in validate(&files) {
        assert_eq!(
            (&report["errors"], &report["warnings"]),
            (&0.into(), &0.into()),
            "{report:#}"
        );
    }
}

/// Landscapes, importance, media and custom views, exported with the command line.
#[test]
fn views_not_in_the_demo_are_valid_and_match_the_scene() {
    let data = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    let mut geometry = [0_usize; 4];
    for drawable in every_view::every_view(data.path()) {
        let Some(folder) = &drawable.folder else {
            continue;
        };
        let path = data.path().join(format!(
            "{}-{}.glb",
            drawable.view,
            drawable.name.unwrap_or("")
        ));
        let mut arguments = vec!["export".to_owned()];
        arguments.extend(drawable.arguments());
        arguments.extend(["--adapter", "cpu", "-o"].map(str::to_owned));
        arguments.push(path.display().to_string());
        run(arguments).code(0);
        let mut loader =
            Loader::open(std::slice::from_ref(folder), OpenOptions::default()).unwrap();
        loader.read_to_end();
        let mut settings = ViewSettings::default();
        if let Some(name) = drawable.name {
            drawable.view.set(&mut settings, "name", name).unwrap();
        }
        let scene = drawable
            .view
            .build(&loader.snapshot().runs, &settings, &project_blocking())
            .unwrap();
        compare(&scene, &GlbFile::read(&path));
        for (count, more) in geometry.iter_mut().zip([
            scene.surfaces.len(),
            scene.meshes.len(),
            scene.paths.len(),
            scene.clouds.len(),
        ]) {
            *count += more;
        }
        files.push(path);
    }
    assert_eq!(files.len(), 9);
    assert!(geometry.iter().all(|count| *count > 0), "{geometry:?}");
    for (report, path) in validate(&files).iter().zip(&files) {
        assert_eq!(
            (&report["errors"], &report["warnings"]),
            (&0.into(), &0.into()),
            "{}: {report:#}",
            path.display()
        );
    }
}

#[test]
fn the_validator_finds_a_corrupt_index() {
    let good = encode(&small_scene(false));
    let file = GlbFile::parse(&good);
    let at = file.offset_of_first_index(file.primitives("surface")[0]);
    let mut bad = good;
    bad[at..at + 4].copy_from_slice(&9999_u32.to_le_bytes());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.glb");
    fs::write(&path, bad).unwrap();
    let report = &validate(&[path])[0];
    assert!(report["errors"].as_u64().unwrap() > 0, "{report:#}");
}

#[test]
fn translucent_and_clipped_geometry_is_valid_and_correct() {
    let scene = scene_beyond_the_box();
    let bytes = encode(&scene);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("translucent.glb");
    fs::write(&path, &bytes).unwrap();
    let report = &validate(&[path])[0];
    assert_eq!(
        (&report["errors"], &report["warnings"]),
        (&0.into(), &0.into()),
        "{report:#}"
    );
    let file = GlbFile::parse(&bytes);
    let unit = |world: [f32; 3]| -> [f32; 3] {
        std::array::from_fn(|axis| world[axis] / scene.box_aspect[axis] + 0.5)
    };
    for (name, opacity) in [
        ("surface", 0.25_f32),
        ("mesh", 0.5),
        ("cloud", 0.4),
        ("path", 1.0),
        ("markers", 1.0),
    ] {
        let primitives = file.primitives(name);
        assert!(!primitives.is_empty(), "{name}");
        for primitive in primitives {
            let positions = file.positions(primitive);
            // Tubes and balls are wider than the lines and points in the box.
            let within = |at: &[f32; 3]| unit(*at).iter().all(|u| (-0.02..=1.02).contains(u));
            assert!(
                !positions.is_empty() && positions.iter().all(within),
                "{name}"
            );
            let wanted = (opacity * 255.0).round() as u8;
            let mut alphas = file.colours(primitive).into_iter().map(|c| c[3]);
            assert!(alphas.all(|alpha| alpha == wanted), "{name}");
            assert_eq!(file.blends(primitive), opacity < 1.0, "{name}");
        }
    }
    assert_eq!(centres_of(&file, "cloud").0.len(), 1);
    // The path starts half-way between its first two positions, and ends in the last colour.
    let path = vertices_of(&file, "path");
    let world = |unit: [f32; 3]| world_from_unit(unit, scene.box_aspect).to_array();
    assert!(path.near(world([0.0, 0.5, 0.5]), REACH).len() >= 6);
    assert!(path.near(world([-0.3, 0.5, 0.5]), REACH).is_empty());
    let last = ColourMap::Plasma.colour(1.0).rgb;
    let end = path.near(world([0.7, 0.6, 0.5]), REACH);
    assert!(
        end.iter().any(|colour| differ(*colour, last) < 90),
        "{end:?} {last:?}"
    );
}
