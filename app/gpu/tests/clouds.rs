//! Clouds: compaction against its CPU twin, and frames that upload nothing of what they draw.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::{collections::BTreeMap, sync::Arc};

use common::context;
use trainscape_gpu::{Background, ComputePasses, Renderer, Targets, shaders};
use trainscape_scene::{
    Scene,
    axis::{Axis, Scale},
    camera::{Camera, Projection},
    colour::ColourMap,
    figure::{Figure, FigureCamera, FigureSpec},
    scene::{CellCloud, Cloud, CloudColour, CloudPoint, CloudSize, CloudWork, Height, Panel},
};

/// A pseudo-random number in [0, 1), by its index.
fn noise(index: usize, step: f64) -> f32 {
    (index as f64 * step).fract() as f32
}

/// Attention-like weights: most of them tiny.
fn cells(rows: u32, columns: u32, matrices: usize, threshold: f32, log: bool) -> CellCloud {
    let count = rows as usize * columns as usize * matrices;
    let mut weights: Vec<f32> = (0..count)
        .map(|index| noise(index + 1, 0.618_033_988_749_895).powi(12))
        .collect();
    weights[count / 3] = f32::NAN;
    weights[count / 2] = f32::INFINITY;
    weights[count - 1] = 1.0;
    let panels = (0..matrices).map(|matrix| Panel {
        origin_unit: [0.01 + 0.1 * matrix as f32, 0.02],
        step_unit: [0.08 / rows as f32, 0.9 / columns as f32],
    });
    CellCloud {
        weights: weights.into(),
        rows,
        columns,
        panels: panels.collect(),
        threshold,
        height: Height {
            scale: if log { 0.1 } else { 0.9 },
            offset: if log { 1.0 } else { 0.05 },
            log,
        },
    }
}

fn twin(cloud: &CellCloud) -> Vec<CloudPoint> {
    cloud.above().map(|index| cloud.point(index)).collect()
}

/// The largest difference of any coordinate; infinite where the numbers of points differ.
fn difference(a: &[CloudPoint], b: &[CloudPoint]) -> f32 {
    if a.len() != b.len() {
        return f32::INFINITY;
    }
    let numbers = |points: &[CloudPoint]| -> Vec<f32> { bytemuck::cast_slice(points).to_vec() };
    numbers(a)
        .into_iter()
        .zip(numbers(b))
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max)
}

#[test]
fn the_pass_finds_the_cells_that_the_twin_finds() {
    let passes = ComputePasses::new(&context());
    // Sizes around a block of 1024 cells, several matrices, and more blocks than one workgroup row.
    for (rows, columns, matrices) in [
        (1, 1, 1),
        (31, 33, 1),
        (32, 32, 1),
        (64, 64, 5),
        (300, 700, 2),
    ] {
        for log in [false, true] {
            let cloud = cells(rows, columns, matrices, 0.01, log);
            let points = passes
                .read_points(&passes.compact(&cloud).unwrap())
                .unwrap();
            let wanted = twin(&cloud);
            assert!(!wanted.is_empty());
            // Logarithms of a shader may be off by three units in the last place.
            let tolerance = if log { 2e-6 } else { 3e-7 };
            let apart = difference(&points, &wanted);
            assert!(
                apart <= tolerance,
                "{rows} x {columns} x {matrices}: {apart}"
            );
        }
    }
}

#[test]
fn a_threshold_that_nothing_exceeds_gives_no_points() {
    let passes = ComputePasses::new(&context());
    let mut cloud = cells(40, 50, 1, 2.0, false);
    cloud.weights = cloud
        .weights
        .iter()
        .map(|weight| if weight.is_infinite() { 0.0 } else { *weight })
        .collect();
    assert!(passes.compact(&cloud).unwrap().is_empty());
}

#[test]
fn a_planted_fault_shows() {
    let passes = ComputePasses::with_source(&context(), |name| {
        let text = shaders::source(name);
        if name == "compact" {
            assert!(text.contains("starts[block.x] + counts_of_invocations[invocation] - own"));
            text.replace(
                "starts[block.x] + counts_of_invocations[invocation] - own",
                "starts[block.x] + counts_of_invocations[invocation] - min(own, 1u)",
            )
        } else {
            text
        }
    });
    let cloud = cells(64, 64, 5, 0.01, false);
    let points = passes
        .read_points(&passes.compact(&cloud).unwrap())
        .unwrap();
    assert!(difference(&points, &twin(&cloud)) > 1e-3);
}

fn scene(points: usize) -> Scene {
    let axis = |title: &str| Axis {
        title: title.to_owned(),
        scale: Scale::Linear,
        low: 0.0,
        high: 1.0,
    };
    let points: Arc<[CloudPoint]> = (0..points)
        .map(|index| CloudPoint {
            position_unit: [
                noise(index, 0.618_033_988_749_895),
                noise(index, 0.754_877_666_246_693),
                noise(index, 0.569_840_290_998_053),
            ],
            value: noise(index, 0.1),
        })
        .collect();
    Scene {
        picks_paths: true,
        title: String::new(),
        caption: String::new(),
        axes: [axis("x"), axis("y"), axis("z")],
        box_aspect: [1.0; 3],
        default_view: [-0.9, 0.45],
        surfaces: Vec::new(),
        meshes: Vec::new(),
        paths: Vec::new(),
        clouds: vec![Cloud {
            steps: Arc::new([]),
            name: "points".to_owned(),
            work: CloudWork::Points(points),
            colour: CloudColour::Map(ColourMap::Viridis),
            size: CloudSize::Constant(1.0),
            floor_projection: false,
            opacity: 1.0,
            records: None,
        }],
        markers: Vec::new(),
        labels: Vec::new(),
        colour_bar: None,
        legend: Vec::new(),
        keys: BTreeMap::new(),
        runs: Vec::new(),
        chosen: BTreeMap::new(),
        flat: false,
        fills_page: false,
        facets: Vec::new(),
    }
}

/// Bytes uploaded by each of three frames in which only the camera turns.
fn bytes_of_frames(points: usize) -> [u64; 3] {
    let context = context();
    let renderer = Renderer::new(&context);
    let scene = scene(points);
    let before = context.uploaded_bytes();
    let on_gpu = renderer.upload(&scene).unwrap();
    assert!(context.uploaded_bytes() - before >= 16 * points as u64);
    let targets = Targets::new(&context, [320, 240]).unwrap();
    [-50.0_f32, -40.0, -30.0].map(|azimuth| {
        let camera = Camera::looking_from(azimuth.to_radians(), 0.5, Projection::default());
        let spec = FigureSpec {
            view: FigureCamera::Fixed(camera.framing(scene.box_aspect, 4.0 / 3.0, 1.0)),
            ..FigureSpec::new([320.0, 240.0])
        };
        let figure = Figure::lay_out(&scene, &spec);
        let before = context.uploaded_bytes();
        renderer.draw(&on_gpu, &figure, &targets, Background::Theme, 1);
        context.wait().unwrap();
        context.uploaded_bytes() - before
    })
}

#[test]
fn a_million_points_turn_without_an_upload() {
    // Uniforms and the lines of the axis box: a few kilobytes, for any scene.
    let of_a_million = bytes_of_frames(1_000_000);
    let of_ten = bytes_of_frames(10);
    assert_eq!(of_a_million, of_ten);
    assert!(
        of_a_million.iter().all(|bytes| *bytes < 16 << 10),
        "{of_a_million:?}"
    );
}
