//! Drawing a scene again and again keeps no memory.
//!
//! Mesa's software driver compiles a shader again at every draw call, and keeps the code, if a uniform decides a branch
//! in it: such a shader costs half a megabyte a frame.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::sync::Arc;

use common::context;
use trainscape_gpu::{Background, Renderer, Targets};
use trainscape_scene::{
    Scene,
    axis::{Axis, Scale},
    colour::{Colour, ColourMap},
    figure::{Figure, FigureCamera, FigureSpec},
    scene::{
        Cloud, CloudColour, CloudPoint, CloudSize, CloudWork, Mesh, MeshColour, Path, PathColour,
    },
};

/// Frames in which the driver's caches fill, and frames after which they are full.
const WARM_UP: usize = 10;
const FRAMES: usize = 50;
/// Growth over all frames that is not yet a fault.
const TOLERATED_MB: f64 = 6.0;

/// Memory that the process occupies.
fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kilobytes: f64 = line
        .unwrap()
        .split_whitespace()
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    kilobytes / 1024.0
}

fn position(index: usize) -> [f32; 3] {
    let share = |every: usize| (index % every) as f32 / every as f32;
    [index as f32 / 500.0, share(37), share(11)]
}

fn cloud(colour: CloudColour, opacity: f32) -> Cloud {
    let point = |index| CloudPoint {
        position_unit: position(index),
        value: index as f32 / 500.0,
    };
    Cloud {
        name: "cloud".to_owned(),
        work: CloudWork::Points((0..500).map(point).collect()),
        colour,
        size: CloudSize::Constant(3.0),
        floor_projection: true,
        opacity,
        records: None,
        steps: Arc::from([]),
    }
}

fn path(colour: PathColour) -> Path {
    Path {
        name: "path".to_owned(),
        positions_unit: (0..500).map(position).collect(),
        strips: Path::unbroken(500),
        colour,
        width_pt: 1.0,
        series_key: "".into(),
        records: Arc::from([]),
        details: Vec::new(),
        describe: None,
    }
}

fn mesh(colour: MeshColour, opacity: f32) -> Mesh {
    Mesh {
        name: "mesh".to_owned(),
        positions_unit: Arc::from([[0.1, 0.1, 0.1], [0.9, 0.1, 0.4], [0.4, 0.9, 0.5]]),
        triangles: Arc::from([[0, 1, 2]]),
        colour,
        shading: 0.5,
        opacity,
        records: None,
        steps: Arc::from([]),
    }
}

/// A scene with everything that is drawn.
fn scene(opacity: f32) -> Scene {
    let axis = || Axis {
        title: "x".to_owned(),
        scale: Scale::Linear,
        low: 0.0,
        high: 1.0,
    };
    let values: Arc<[f32]> = (0..500).map(|index| index as f32 / 500.0).collect();
    let mut scene = Scene::new([axis(), axis(), axis()]);
    scene.clouds = vec![
        cloud(CloudColour::Map(ColourMap::Viridis), opacity),
        cloud(CloudColour::Rgb, opacity),
    ];
    scene.paths = vec![
        path(PathColour::Theme),
        path(PathColour::Values(values, ColourMap::Plasma)),
    ];
    scene.meshes = vec![
        mesh(MeshColour::Solid(Colour::hex(0x336699)), opacity),
        mesh(MeshColour::Height(ColourMap::Viridis, [0.0, 1.0]), opacity),
        mesh(
            MeshColour::Values(Arc::from([0.0, 0.5, 1.0]), ColourMap::Plasma),
            opacity,
        ),
    ];
    scene
}

#[test]
fn frames_keep_no_memory() {
    let context = context();
    let renderer = Renderer::new(&context);
    for opacity in [1.0, 0.5] {
        let scene = scene(opacity);
        let on_gpu = renderer.upload(&scene).unwrap();
        let targets = Targets::new(&context, [320, 240]).unwrap();
        let mut before_mb = 0.0;
        for frame in 0..WARM_UP + FRAMES {
            if frame == WARM_UP {
                before_mb = resident_mb();
            }
            let view = FigureCamera::Fit {
                azimuth: Some(0.05 * frame as f32),
                elevation: None,
                roll: 0.0,
                zoom: 1.0,
                projection: trainscape_scene::camera::Projection::default(),
            };
            let spec = FigureSpec {
                view,
                ..FigureSpec::new([320.0, 240.0])
            };
            let figure = Figure::lay_out(&scene, &spec);
            renderer
                .draw_whole(&on_gpu, &figure, &targets, Background::Theme)
                .unwrap();
            context.wait().unwrap();
        }
        let grown_mb = resident_mb() - before_mb;
        assert!(
            grown_mb < TOLERATED_MB,
            "{grown_mb:.1} MB in {FRAMES} frames"
        );
    }
}
