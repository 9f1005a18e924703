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
    collections::HashMap,
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
    colour::{Colour, ColourMap},
    figure::{Figure, FigureSpec, overlay::Shape},
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

/// A position with the colour there.
type Coloured = ([f32; 3], [u8; 4]);

/// Positions of a file, to be found by their place.
struct Places(HashMap<[i32; 3], Vec<Coloured>>);

impl Places {
    const CELL: f32 = 0.03;

    fn of(all: impl Iterator<Item = Coloured>) -> Self {
        let mut cells: HashMap<_, Vec<_>> = HashMap::new();
        for (at, colour) in all {
            cells.entry(Self::cell(at)).or_default().push((at, colour));
        }
        Self(cells)
    }

    fn cell(at: [f32; 3]) -> [i32; 3] {
        at.map(|along| (along / Self::CELL).floor() as i32)
    }

    /// The colours of the positions within a distance, which is less than a cell.
    fn near(&self, at: [f32; 3], distance: f32) -> Vec<[u8; 4]> {
        let [x, y, z] = Self::cell(at);
        let around = (0..27).map(|i| [x + i % 3 - 1, y + i / 3 % 3 - 1, z + i / 9 - 1]);
        around
            .filter_map(|cell| self.0.get(&cell))
            .flatten()
            .filter(|(found, _)| {
                let apart = [0, 1, 2].map(|i| (found[i] - at[i]).powi(2));
                apart.iter().sum::<f32>() <= distance * distance
            })
            .map(|(_, colour)| *colour)
            .collect()
    }
}

/// Farther than the corners of a tube are from its line.
const REACH: f32 = 0.025;

/// The vertices of all primitives of a name.
fn vertices_of(file: &GlbFile, name: &str) -> Places {
    let primitives = file.primitives(name).into_iter();
    Places::of(primitives.flat_map(|p| file.positions(p).into_iter().zip(file.colours(p))))
}

/// The centres of the balls of a name, or its points.
fn centres_of(file: &GlbFile, name: &str) -> Places {
    let primitives = file.primitives(name).into_iter();
    Places::of(primitives.flat_map(|primitive| {
        let positions = file.positions(primitive);
        let corners = match primitive["mode"].as_u64() {
            Some(0) => 1,
            // An octahedron has 24 indices, an icosahedron 60, a divided one 240.
            _ => match 100 * file.indices(primitive).len() / positions.len() {
                400 => 6,
                500 => 12,
                571 => 42,
                // Another thing of that name.
                _ => return Vec::new(),
            },
        };
        let mean = |ball: &[[f32; 3]]| {
            [0, 1, 2].map(|axis| ball.iter().map(|at| at[axis]).sum::<f32>() / ball.len() as f32)
        };
        let centres: Vec<_> = positions.chunks(corners).map(mean).collect();
        centres.into_iter().zip(file.colours(primitive)).collect()
    }))
}

fn differ(a: [u8; 4], b: [u8; 3]) -> u8 {
    (0..3).map(|i| a[i].abs_diff(b[i])).max().unwrap()
}

/// Levels of sRGB by which the colours of a map's 128 materials differ from its 256 colours at most.
const ROUNDED: u8 = 8;

/// Compares a file with the scene it was exported from.
fn compare(scene: &Scene, file: &GlbFile) {
    let edges = file.box_edges();
    let world = |unit: &[f32; 3]| world_from_unit(*unit, edges).to_array();
    for path in &scene.paths {
        let strips = path.strips.iter().filter(|strip| strip.len() > 1);
        let positions =
            strips.flat_map(|strip| &path.positions_unit[strip.start as usize..strip.end as usize]);
        // Many lines along a colour map have a node together.
        let own = !file.primitives(&path.name).is_empty();
        let found = vertices_of(file, if own { &path.name } else { "lines" });
        for position in positions {
            let around = found.near(world(position), REACH);
            assert!(
                around.len() >= 3,
                "{} has no tube at {position:?}",
                path.name
            );
        }
    }
    for markers in &scene.markers {
        let found = centres_of(file, &markers.name);
        for position in markers.positions_unit.iter() {
            let there = found.near(world(position), 1e-4);
            let same = |colour: &[u8; 4]| differ(*colour, markers.colour.rgb) == 0;
            assert!(there.iter().any(same), "{}: {there:?}", markers.name);
        }
    }
    for cloud in &scene.clouds {
        let found = centres_of(file, &cloud.name);
        cloud.for_each(|_, point| {
            let there = found.near(world(&point.position_unit), 1e-4);
            let wanted = cloud.colour.of(&point).rgb;
            let same = |colour: &[u8; 4]| differ(*colour, wanted) <= ROUNDED;
            assert!(
                there.iter().any(same),
                "{}: {there:?} {wanted:?}",
                cloud.name
            );
        });
    }
    for mesh in scene
        .meshes
        .iter()
        .filter(|mesh| !mesh.triangles.is_empty())
    {
        compare_mesh(mesh, file, &world);
    }
    let fields = geometry::fields(renderer(), scene).unwrap();
    let surfaces = file.primitives("surface");
    assert_eq!(surfaces.len(), fields.len());
    for ((surface, field), primitive) in scene.surfaces.iter().zip(&fields).zip(surfaces) {
        compare_surface(edges, surface, field, file, primitive);
    }
    assert!(!file.primitives("axis box").is_empty());
    assert_eq!(file.primitives("labels").len(), 1);
    // Every program draws triangles.
    let meshes = file.document["meshes"].as_array().unwrap();
    let primitives = meshes
        .iter()
        .flat_map(|mesh| mesh["primitives"].as_array().unwrap());
    assert!(
        primitives
            .into_iter()
            .all(|primitive| primitive["mode"] == 4)
    );
}

fn compare_mesh(mesh: &Mesh, file: &GlbFile, world: &impl Fn(&[f32; 3]) -> [f32; 3]) {
    let primitives = file.primitives(&mesh.name);
    let triangles = primitives.iter().map(|p| file.indices(p).len() / 3);
    assert!(
        triangles.sum::<usize>() >= mesh.triangles.len(),
        "{}",
        mesh.name
    );
    let found = vertices_of(file, &mesh.name);
    for corner in mesh.triangles.iter().flatten() {
        let unit = mesh.positions_unit[*corner as usize];
        let wanted = mesh.colour.at_vertex(*corner as usize, unit[2]).rgb;
        let there = found.near(world(&unit), 1e-6);
        let same = |colour: &[u8; 4]| differ(*colour, wanted) <= ROUNDED;
        assert!(
            there.iter().any(same),
            "{}: {there:?} {wanted:?}",
            mesh.name
        );
    }
}

fn compare_surface(
    edges: [f32; 3],
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
            let wanted = world_from_unit(unit, edges).to_array().map(f32::to_bits);
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
        let height = position[2] / edges[2] + 0.5;
        let unit = (height - low) / (high - low);
        assert!(
            is_colour_of(colour, surface.map, unit, surface.opacity),
            "{colour:?} at {unit}"
        );
    }
    let indices = file.indices(primitive);
    assert!(
        indices.len().is_multiple_of(3) && indices.iter().all(|i| (*i as usize) < positions.len())
    );
    assert!(file.is_lit(primitive));
    let normals = file.normals(primitive);
    assert_eq!(normals.len(), positions.len());
    for normal in normals {
        let length = normal.iter().map(|along| along * along).sum::<f32>().sqrt();
        assert!((length - 1.0).abs() < 1e-4 && normal[2] > 0.0, "{normal:?}");
    }
}

/// Whether a colour is the map's; either neighbour if `unit` is between two entries.
fn is_colour_of(colour: [u8; 4], map: ColourMap, unit: f32, opacity: f32) -> bool {
    let as_opaque = (f32::from(colour[3]) / 255.0 - opacity).abs() <= 0.5 / 255.0 + 1e-6;
    let nudged = [-1e-4, 0.0, 1e-4].map(|nudge| map.colour(unit + nudge));
    as_opaque && nudged.iter().any(|wanted| differ(colour, wanted.rgb) == 0)
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

fn figure_of(scene: &Scene) -> Figure {
    Figure::lay_out(scene, &FigureSpec::new([300.0, 200.0]))
}

fn encode(scene: &Scene) -> Vec<u8> {
    glb::encode(
        scene,
        &figure_of(scene),
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
    let positions = glb.positions(surface);
    let indices = glb.indices(surface);
    assert_eq!(vertices, positions.len() + 2 * edges);
    assert_eq!(3 * faces, indices.len());
    assert_eq!(edges, figure_of(&scene).frame.len());
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
fn a_surface_is_lit_and_coloured_by_a_texture() {
    let file = GlbFile::parse(&encode(&small_scene(false)));
    let primitive = file.primitives("surface")[0];
    let lowest = file
        .positions(primitive)
        .iter()
        .position(|p| p[2] == -0.35)
        .unwrap();
    // Viridis begins with #440154.
    assert_eq!(file.colours(primitive)[lowest], [0x44, 0x01, 0x54, 255]);
    assert!(file.is_lit(primitive));
    let material = &file.document["materials"][primitive["material"].as_u64().unwrap() as usize];
    assert_eq!(
        material["emissiveTexture"],
        material["pbrMetallicRoughness"]["baseColorTexture"]
    );
    // What is emitted and what is lit together are about the colour.
    let emitted = material["emissiveFactor"][0].as_f64().unwrap();
    let lit = material["pbrMetallicRoughness"]["baseColorFactor"][0]
        .as_f64()
        .unwrap();
    assert!(
        lit > 0.3 && (0.9..1.1).contains(&(emitted + lit)),
        "{emitted} {lit}"
    );
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

/// How often each edge of the triangles of a name is used in each direction; vertices at one place are the same.
fn open_edges(file: &GlbFile, name: &str) -> usize {
    let mut open = 0;
    for primitive in file.primitives(name) {
        let mut uses: HashMap<[u32; 2], i32> = HashMap::new();
        for triangle in file.indices(primitive).chunks(3) {
            let [a, b, c] = [triangle[0], triangle[1], triangle[2]];
            for [from, to] in [[a, b], [b, c], [c, a]] {
                let way = if from < to { 1 } else { -1 };
                *uses.entry([from.min(to), from.max(to)]).or_insert(0) += way;
            }
        }
        open += uses.values().filter(|balance| **balance != 0).count();
    }
    open
}

#[test]
fn lines_are_closed_tubes_as_wide_as_in_the_figure() {
    let mut scene = scene_beyond_the_box();
    scene.paths[0].colour = PathColour::Solid(Colour::hex(0x3366cc));
    scene.paths[0].width_pt = 3.0;
    let figure = figure_of(&scene);
    let file = GlbFile::parse(&encode(&scene));
    for name in ["path", "axis box", "axes", "cloud", "markers"] {
        assert_eq!(open_edges(&file, name), 0, "{name}");
    }
    assert!(open_edges(&file, "surface") > 0, "the edges of a surface");
    let tube = file.primitives("path")[0];
    assert_eq!(file.colours(tube)[0], [0x33, 0x66, 0xcc, 255]);
    assert!(!file.is_lit(tube));
    // Half of three points, at the scale of the camera's target.
    let radius = 1.5 / (figure.camera.scale * figure.plot_rect.height / 2.0);
    let end = world_from_unit([0.0, 0.5, 0.5], file.box_edges());
    let positions = file.positions(tube);
    let ring = positions
        .iter()
        .take(6)
        .map(|at| end.distance((*at).into()));
    for distance in ring {
        assert!(
            (distance / radius - 1.0).abs() < 0.02,
            "{distance} {radius}"
        );
    }
}

/// The texts are in a texture, each on a quad for either side, where the figure has them.
#[test]
fn labels_stand_where_the_figure_has_them() {
    let scene = scene_beyond_the_box();
    let figure = figure_of(&scene);
    let file = GlbFile::parse(&encode(&scene));
    let labels = file.primitives("labels")[0];
    assert!(file.blends(labels));
    let positions = file.positions(labels);
    let coordinates = file.texture_coordinates(labels);
    let texts: Vec<_> = figure
        .overlay
        .shapes
        .iter()
        .enumerate()
        .filter(|(index, _)| !figure.page_shapes.contains(index))
        .filter_map(|(_, shape)| match shape {
            Shape::Text(text) => Some(text),
            _ => None,
        })
        .collect();
    assert!(texts.len() > 8);
    assert_eq!(positions.len(), 8 * texts.len());
    let ([width, height], pixels) =
        file.texture(file.document["textures"].as_array().unwrap().len() - 1);
    for (text, (quad, part)) in texts
        .iter()
        .zip(positions.chunks(8).zip(coordinates.chunks(8)))
    {
        // The lower left corner is below the start of the baseline.
        let (corner, _) = figure.point_from_world(quad[3].into()).unwrap();
        let [x, y] = text.baseline_start;
        let apart = (corner.x - x).hypot(corner.y - y);
        assert!(apart < text.size, "{}: {corner}", text.text);
        // Its part of the texture has the colour of the text.
        let [left, top] = part[0];
        let [right, bottom] = part[2];
        let columns = (left * width as f32) as usize..(right * width as f32) as usize;
        let mut rows = (top * height as f32) as usize..(bottom * height as f32) as usize;
        let inked = rows.any(|y| {
            columns.clone().any(|x| {
                let pixel = &pixels[4 * (y * width as usize + x)..][..4];
                pixel[3] == 255 && differ(pixel.try_into().unwrap(), text.colour.rgb) < 8
            })
        });
        assert!(inked, "{}", text.text);
    }
}

#[test]
fn very_many_points_are_points_and_the_file_stays_small() {
    let cloud = |count: usize| {
        let mut scene = scene_beyond_the_box();
        let at = |index: usize| index as f32 / count as f32;
        let points = (0..count).map(|index| CloudPoint {
            position_unit: [at(index), at(index * 7 % count), at(index * 31 % count)],
            value: at(index),
        });
        scene.clouds[0].work = CloudWork::Points(points.collect());
        scene.clouds[0].colour = CloudColour::Map(ColourMap::Viridis);
        encode(&scene)
    };
    for (count, mode, most_bytes) in [(50_000, 4, 8_000_000), (70_000, 0, 1_500_000)] {
        let bytes = cloud(count);
        assert!(bytes.len() < most_bytes, "{count}: {}", bytes.len());
        let file = GlbFile::parse(&bytes);
        let primitives = file.primitives("cloud");
        assert!(primitives.len() > 100 && primitives.len() <= 128);
        assert!(primitives.iter().all(|primitive| primitive["mode"] == mode));
        let centres: usize = centres_of(&file, "cloud").0.values().map(Vec::len).sum();
        assert_eq!(centres, count);
    }
}
