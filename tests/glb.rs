//! GLB files are valid according to the Khronos validator and match the scene.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/every_view.rs"]
mod every_view;
#[path = "support/figures.rs"]
mod figures;
#[path = "support/glb.rs"]
mod glb_file;
#[path = "support/mod.rs"]
mod support;
#[path = "support/trajectories.rs"]
mod trajectories;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    sync::OnceLock,
};

use figures::{demo, empty_scene, project_blocking, renderer};
use glb_file::GlbFile;
use serde_json::Value;
use support::{run, run_command};
use trainscape_compute::{Field, MISSING};
use trainscape_export::{geometry, glb, ply};
use trainscape_scene::{
    Scene,
    camera::world_from_unit,
    colour::{Colour, ColourMap, linear_from_srgb},
    figure::{Figure, FigureSpec},
    scene::{
        Cloud, CloudColour, CloudPoint, CloudSize, CloudWork, Markers, Mesh, MeshColour,
        PathColour, Surface, SurfaceWork,
    },
};
use trainscape_source::{Loader, OpenOptions};
use trainscape_views::{
    ViewKind, ViewSettings,
    common::{GROUP_SEEDS, OPACITY},
};

const VALIDATOR: &str = "gltf-validator@2.0.0-dev.3.10";

/// The folder with the validator, installed once below the target folder.
fn validator() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("gltf-validator");
        if !folder
            .join("node_modules/gltf-validator/package.json")
            .exists()
        {
            fs::create_dir_all(&folder).unwrap();
            let mut npm = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
            npm.args([
                "install",
                "--no-audit",
                "--no-fund",
                "--ignore-scripts",
                "--no-save",
            ]);
            let output = npm
                .arg("--prefix")
                .arg(&folder)
                .arg(VALIDATOR)
                .output()
                .expect("the Khronos validator needs Node.js: apt-get install nodejs npm");
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        folder
    })
}

/// The validator's report on each file.
fn validate(files: &[PathBuf]) -> Vec<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/validate_glb.js");
    let mut node = Command::new("node");
    let ended = run_command(node.arg(script).arg(validator()).args(files));
    assert_eq!(ended.code, 0, "{ended:?}");
    let reports: Vec<Value> = ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(reports.len(), files.len());
    reports
}

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

/// Compares surfaces, paths and markers of a file with the scene it was exported from.
fn compare(scene: &Scene, file: &GlbFile) {
    let world = |unit: &[f32; 3]| world_from_unit(*unit, scene.box_aspect).to_array();
    for path in &scene.paths {
        let strips: Vec<_> = path.strips.iter().filter(|strip| strip.len() > 1).collect();
        let primitives = file.primitives(&path.name);
        let lines: Vec<&Value> = primitives.into_iter().filter(|p| p["mode"] == 3).collect();
        assert!(lines.len() >= strips.len(), "{}", path.name);
        for strip in strips {
            let positions = &path.positions_unit[strip.start as usize..strip.end as usize];
            let positions: Vec<[f32; 3]> = positions.iter().map(world).collect();
            let same = |line: &&Value| file.positions(line) == positions;
            assert!(
                lines.iter().any(same),
                "{} lost a strip of {}",
                path.name,
                positions.len()
            );
        }
    }
    for markers in scene
        .markers
        .iter()
        .filter(|markers| !markers.positions_unit.is_empty())
    {
        let wanted: Vec<[f32; 3]> = markers.positions_unit.iter().map(world).collect();
        let found = file
            .primitives(&markers.name)
            .into_iter()
            .any(|p| file.positions(p) == wanted);
        assert!(found, "{}", markers.name);
    }
    for cloud in &scene.clouds {
        let (mut positions, mut colours) = (Vec::new(), Vec::new());
        cloud.for_each(|_, point| {
            positions.push(world(&point.position_unit));
            colours.push(cloud.colour.of(&point));
        });
        let primitive = file
            .primitives(&cloud.name)
            .into_iter()
            .find(|p| file.positions(p) == positions)
            .unwrap_or_else(|| panic!("{} is missing or differs from the scene", cloud.name));
        for (found, colour) in file.colours(primitive).into_iter().zip(colours) {
            let wanted = colour.to_linear();
            let apart = (0..3).map(|i| (found[i] - wanted[i]).abs());
            assert!(apart.fold(0.0, f32::max) <= 1.0 / 65535.0);
        }
    }
    for mesh in scene
        .meshes
        .iter()
        .filter(|mesh| !mesh.triangles.is_empty())
    {
        let wanted: Vec<[f32; 3]> = mesh.positions_unit.iter().map(world).collect();
        let corners: Vec<u32> = mesh.triangles.iter().flatten().copied().collect();
        let found = file
            .primitives(&mesh.name)
            .into_iter()
            .any(|p| file.positions(p) == wanted && file.indices(p) == corners);
        assert!(found, "{} is missing or differs from the scene", mesh.name);
    }
    let fields = geometry::fields(renderer(), scene).unwrap();
    let surfaces = file.primitives("surface");
    assert_eq!(surfaces.len(), fields.len());
    for ((surface, field), primitive) in scene.surfaces.iter().zip(&fields).zip(surfaces) {
        compare_surface(scene, surface, field, file, primitive);
    }
    assert_eq!(file.primitives("axis box").len(), 1);
}

fn compare_surface(
    scene: &Scene,
    surface: &Surface,
    field: &Field,
    file: &GlbFile,
    primitive: &Value,
) {
    let width = field.x_unit.len();
    let positions = file.positions(primitive);
    let colours = file.colours(primitive);
    assert_eq!(positions.len(), colours.len());
    let mut vertices: Vec<[u32; 3]> = positions.iter().map(|p| p.map(f32::to_bits)).collect();
    vertices.sort_unstable();
    let mut inside = 0;
    for (node, support) in field.support.iter().enumerate() {
        // An isolated node belongs to no triangle.
        let (row, column) = (node / width, node % width);
        let neighbours = [(0, 1), (1, 0), (1, 1)].into_iter().all(|(down, right)| {
            field
                .support
                .get((row + down) * width + column + right)
                .is_some_and(|s| *s >= 0.0)
                && column + right < width
        });
        if *support >= 0.0 && neighbours {
            let unit = [field.x_unit[column], field.y_unit[row], field.values[node]];
            let wanted = world_from_unit(unit, scene.box_aspect)
                .to_array()
                .map(f32::to_bits);
            assert!(
                vertices.binary_search(&wanted).is_ok(),
                "no vertex at node {column}, {row}"
            );
            inside += 1;
        }
    }
    assert!(inside > 50, "{inside} nodes");
    // Other vertices are cut points at the edge of the support.
    assert!(positions.len() >= inside);
    let [low, high] = surface.colour_range;
    for (position, colour) in positions.iter().zip(colours) {
        let height = position[2] / scene.box_aspect[2] + 0.5;
        let unit = (height - low) / (high - low);
        assert!(
            is_linear_colour_of(colour, surface.map, unit, surface.opacity),
            "{colour:?} at {unit}"
        );
    }
    let indices = file.indices(primitive);
    assert!(
        indices.len().is_multiple_of(3) && indices.iter().all(|i| (*i as usize) < positions.len())
    );
}

/// Whether a colour matches the map's in linear light; either neighbour if `unit` is between two entries.
fn is_linear_colour_of(colour: [f32; 4], map: ColourMap, unit: f32, opacity: f32) -> bool {
    [-1e-4, 0.0, 1e-4].into_iter().any(|nudge| {
        let wanted: Colour = map.colour(unit + nudge);
        let channels = colour.iter().zip(wanted.rgb);
        let near = channels.map(|(found, byte)| (found - linear_from_srgb(byte)).abs());
        let as_opaque = (colour[3] - opacity).abs() <= 1.0 / 65535.0;
        as_opaque && near.fold(0.0, f32::max) <= 1.0 / 65535.0
    })
}

/// A surface whose four nodes have known colours, with one missing corner.
fn small_scene(missing: bool) -> Scene {
    let nodes = Field {
        x_unit: vec![0.0, 0.5, 1.0],
        y_unit: vec![0.0, 0.5, 1.0],
        values: vec![0.0, 0.5, 1.0, 0.25, 0.5, 0.75, 1.0, 0.5, 0.0],
        support: (0..9)
            .map(|node| if missing && node == 8 { MISSING } else { 1.0 })
            .collect(),
    };
    let surface = Surface {
        work: SurfaceWork::Nodes(nodes.into()),
        map: ColourMap::Viridis,
        colour_range: [0.0, 1.0],
        shading: 1.0,
        contours: None,
        wireframe: false,
        floor_projection: false,
        opacity: 1.0,
        records: None,
    };
    Scene {
        surfaces: vec![surface],
        ..empty_scene()
    }
}

fn encode(scene: &Scene) -> Vec<u8> {
    let figure = Figure::lay_out(scene, &FigureSpec::new([300.0, 200.0]));
    glb::encode(
        scene,
        &figure,
        &geometry::fields(renderer(), scene).unwrap(),
    )
    .unwrap()
}

/// A PLY's header, and the rows of its elements.
fn parse_ply(bytes: &[u8]) -> (String, [usize; 3], &[u8]) {
    const END: &[u8] = b"end_header\n";
    let end = bytes.windows(END.len()).position(|part| part == END);
    let (header, body) = bytes.split_at(end.unwrap() + END.len());
    let header = std::str::from_utf8(header).unwrap().to_owned();
    let count = |element: &str| {
        let line = header.lines().find_map(|line| line.strip_prefix(element));
        line.unwrap().trim().parse().unwrap()
    };
    let counts = ["element vertex", "element face", "element edge"].map(count);
    (header, counts, body)
}

#[test]
fn a_ply_has_the_vertices_faces_and_lines_of_the_glb() {
    let scene = small_scene(true);
    let figure = Figure::lay_out(&scene, &FigureSpec::new([300.0, 200.0]));
    let fields = geometry::fields(renderer(), &scene).unwrap();
    let encoded = ply::encode(&scene, &figure, &fields).unwrap();
    let (header, [vertices, faces, edges], body) = parse_ply(&encoded);
    assert!(header.starts_with("ply\nformat binary_little_endian 1.0\n"));
    assert_eq!(body.len(), 16 * vertices + 13 * faces + 8 * edges);

    let glb = GlbFile::parse(&encode(&scene));
    let surface = glb.primitives("surface")[0];
    let frame = glb.primitives("axis box")[0];
    let positions = [glb.positions(surface), glb.positions(frame)].concat();
    let indices = glb.indices(surface);
    assert_eq!(vertices, positions.len());
    assert_eq!(3 * faces, indices.len());
    assert_eq!(2 * edges, glb.positions(frame).len());
    let number = |at: usize| f32::from_le_bytes(body[at..at + 4].try_into().unwrap());
    for (vertex, wanted) in positions.iter().enumerate() {
        let found = [0, 4, 8].map(|offset| number(16 * vertex + offset));
        assert_eq!(found, *wanted, "vertex {vertex}");
    }
    let index = |at: usize| u32::from_le_bytes(body[at..at + 4].try_into().unwrap());
    for (face, wanted) in indices.chunks(3).enumerate() {
        let at = 16 * vertices + 13 * face;
        assert_eq!(body[at], 3);
        assert_eq!([1, 5, 9].map(|offset| index(at + offset)), wanted);
    }
    // Viridis begins with #440154.
    let lowest = positions.iter().position(|p| p[2] == -0.35).unwrap();
    assert_eq!(body[16 * lowest + 12..][..4], [0x44, 0x01, 0x54, 255]);
}

#[test]
fn colours_are_linear_and_materials_unlit() {
    let file = GlbFile::parse(&encode(&small_scene(false)));
    let primitive = file.primitives("surface")[0];
    let lowest = file
        .positions(primitive)
        .iter()
        .position(|p| p[2] == -0.35)
        .unwrap();
    // Viridis begins with #440154.
    let wanted = [0x44, 0x01, 0x54].map(linear_from_srgb);
    let found = file.colours(primitive)[lowest];
    assert!(
        wanted
            .iter()
            .zip(found)
            .all(|(a, b)| (a - b).abs() < 1.0 / 65535.0),
        "{found:?}"
    );
    assert!(file.document["materials"][0]["extensions"]["KHR_materials_unlit"].is_object());
    assert_eq!(file.indices(primitive).len(), 8 * 3);
    let holed = GlbFile::parse(&encode(&small_scene(true)));
    let primitive = holed.primitives("surface")[0];
    assert!(
        holed.indices(primitive).len() < 8 * 3,
        "a missing node has no triangles"
    );
    assert_eq!(holed.positions(primitive).len(), 8);
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

/// A translucent surface and mesh, a cloud, a coloured path and markers, partly outside the axis box.
fn scene_beyond_the_box() -> Scene {
    let mut scene = small_scene(false);
    let beyond = |at: f32| 0.5 + (at - 0.5) * 1.6;
    if let SurfaceWork::Nodes(field) = &mut scene.surfaces[0].work {
        let mut wider = field.as_ref().clone();
        for at in wider.x_unit.iter_mut().chain(&mut wider.values) {
            *at = beyond(*at);
        }
        *field = wider.into();
    }
    scene.surfaces[0].opacity = 0.25;
    scene.meshes = vec![Mesh {
        steps: Arc::new([]),
        name: "mesh".to_owned(),
        positions_unit: [[0.2, 0.2, 0.2], [0.8, 0.2, 0.5], [0.5, 0.8, 1.4]].into(),
        triangles: [[0, 1, 2]].into(),
        colour: MeshColour::Values([0.0, 0.5, 1.0].into(), ColourMap::Turbo),
        shading: 0.0,
        opacity: 0.5,
        records: None,
    }];
    scene.paths = vec![trainscape_scene::scene::Path {
        name: "path".to_owned(),
        positions_unit: [[-0.5, 0.5, 0.5], [0.5, 0.5, 0.5], [0.7, 0.6, 0.5]].into(),
        strips: std::iter::once(0..3).collect(),
        colour: PathColour::Values([0.0, 0.5, 1.0].into(), ColourMap::Plasma),
        width_pt: 1.0,
        series_key: "".into(),
        records: [].into(),
        details: Vec::new(),
        describe: None,
    }];
    let points = [[0.5; 3], [1.5, 0.5, 0.5]];
    scene.clouds = vec![Cloud {
        steps: Arc::new([]),
        name: "cloud".to_owned(),
        work: CloudWork::Points(
            points
                .map(|at| CloudPoint::from_rgb(at, [255, 0, 128]))
                .into(),
        ),
        colour: CloudColour::Rgb,
        size: CloudSize::Constant(2.0),
        floor_projection: false,
        opacity: 0.4,
        records: None,
    }];
    scene.markers = vec![Markers {
        records: None,
        steps: Arc::new([]),
        name: "markers".to_owned(),
        positions_unit: points.into(),
        colour: Colour::hex(0x123456),
        diameter_pt: 2.0,
        outline: None,
    }];
    scene
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
    let materials = &file.document["materials"];
    for (name, opacity) in [
        ("surface", 0.25),
        ("mesh", 0.5),
        ("cloud", 0.4),
        ("path", 1.0),
        ("markers", 1.0),
    ] {
        let primitives = file.primitives(name);
        assert_eq!(primitives.len(), 1, "{name}");
        let positions = file.positions(primitives[0]);
        let within = |at: &[f32; 3]| unit(*at).iter().all(|u| (-3e-4..=1.0003).contains(u));
        assert!(
            !positions.is_empty() && positions.iter().all(within),
            "{name}"
        );
        let alphas = file.colours(primitives[0]).into_iter().map(|c| c[3]);
        assert!(
            alphas.clone().all(|alpha| (alpha - opacity).abs() < 1e-4),
            "{name}"
        );
        let material = &materials[primitives[0]["material"].as_u64().unwrap() as usize];
        let blends = material["alphaMode"] == "BLEND";
        assert_eq!(blends, opacity < 1.0, "{name}");
    }
    assert_eq!(file.positions(file.primitives("cloud")[0]).len(), 1);
    // The path starts half-way between its first two positions.
    let line = file.primitives("path")[0];
    let positions = file.positions(line);
    assert!((unit(positions[0])[0]).abs() < 1e-3 && positions.len() == 3);
    let last = ColourMap::Plasma.colour(1.0).to_linear();
    let found = file.colours(line)[2];
    assert!(
        (0..3).all(|i| (found[i] - last[i]).abs() < 1e-4),
        "{found:?}"
    );
    // Without translucency there is one material.
    let opaque = GlbFile::parse(&encode(&small_scene(false)));
    assert_eq!(opaque.document["materials"].as_array().unwrap().len(), 1);
}
