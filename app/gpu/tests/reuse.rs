//! A scene on the same data as the one before it shares its results.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::sync::Arc;

use common::context;
use trainscape_compute::{GridSize, InterpolationMethod, Scatter};
use trainscape_gpu::{Background, GpuScene, Renderer, Targets};
use trainscape_scene::{
    Scene,
    axis::{Axis, Scale},
    colour::ColourMap,
    figure::{Figure, FigureSpec},
    scene::{
        CellCloud, Cloud, CloudColour, CloudSize, CloudWork, Height, Panel, Surface, SurfaceWork,
    },
};

fn scene() -> Scene {
    let axis = |title: &str| Axis {
        title: title.to_owned(),
        scale: Scale::Linear,
        low: 0.0,
        high: 1.0,
    };
    let samples = (0..60).map(|index| {
        let share = |step: f64| (f64::from(index) * step).fract() as f32;
        [share(0.618), share(0.755), share(0.57)]
    });
    let surface = Surface {
        work: SurfaceWork::Scatter(Scatter {
            samples: samples.collect(),
            method: InterpolationMethod::Linear,
            size: GridSize {
                width: 40,
                height: 30,
            },
            support_radius: None,
        }),
        map: ColourMap::Viridis,
        colour_range: [0.0, 1.0],
        shading: 0.5,
        contours: None,
        wireframe: false,
        floor_projection: false,
        opacity: 1.0,
        records: None,
    };
    let cells = CellCloud {
        weights: (0..400).map(|index| (index % 7) as f32 / 7.0).collect(),
        rows: 20,
        columns: 20,
        panels: [Panel {
            origin_unit: [0.1, 0.1],
            step_unit: [0.04, 0.04],
        }]
        .into(),
        threshold: 0.5,
        height: Height {
            scale: 1.0,
            offset: 0.0,
            log: false,
        },
    };
    Scene {
        surfaces: vec![surface],
        clouds: vec![Cloud {
            steps: Arc::new([]),
            name: "cells".to_owned(),
            work: CloudWork::Cells(cells),
            colour: CloudColour::Map(ColourMap::Turbo),
            size: CloudSize::Constant(3.0),
            floor_projection: false,
            opacity: 1.0,
            records: None,
        }],
        ..Scene::new([axis("x"), axis("y"), axis("z")])
    }
}

/// Uploads, and returns the number of compute passes that ran.
fn upload(renderer: &Renderer, scene: &Scene, previous: Option<&GpuScene>) -> (GpuScene, u64) {
    let before = renderer.context().dispatches();
    let on_gpu = renderer.upload_reusing(scene, previous).unwrap();
    (on_gpu, renderer.context().dispatches() - before)
}

#[test]
fn only_what_changed_is_computed_again() {
    let context = context();
    let renderer = Renderer::new(&context);
    let first = scene();
    let (on_gpu, passes) = upload(&renderer, &first, None);
    assert!(passes >= 4, "{passes}");

    // Other colours and an opacity, the same data.
    let mut recoloured = first.clone();
    recoloured.surfaces[0].map = ColourMap::Plasma;
    recoloured.surfaces[0].opacity = 0.5;
    recoloured.clouds[0].size = CloudSize::Constant(5.0);
    let (again, passes) = upload(&renderer, &recoloured, Some(&on_gpu));
    assert_eq!(passes, 0);
    let picture = |on_gpu: &GpuScene| {
        let size = [160, 120];
        let figure = Figure::lay_out(&recoloured, &FigureSpec::new([160.0, 120.0]));
        let targets = Targets::new(&context, size).unwrap();
        renderer
            .draw_whole(on_gpu, &figure, &targets, Background::Theme)
            .unwrap();
        targets.read_back(&context).unwrap()
    };
    let rebuilt = renderer.upload(&recoloured).unwrap();
    assert!(picture(&again) == picture(&rebuilt));
    assert!(picture(&again) != picture(&on_gpu));

    // Other settings, or equal data that are not the same.
    let mut finer = first.clone();
    if let SurfaceWork::Scatter(work) = &mut finer.surfaces[0].work {
        work.size.width = 50;
    }
    assert!(upload(&renderer, &finer, Some(&on_gpu)).1 > 0);
    let mut higher = first.clone();
    if let CloudWork::Cells(cells) = &mut higher.clouds[0].work {
        cells.threshold = 0.6;
    }
    assert!(upload(&renderer, &higher, Some(&on_gpu)).1 > 0);
    let mut copied = first.clone();
    if let SurfaceWork::Scatter(work) = &mut copied.surfaces[0].work {
        work.samples = work.samples.to_vec().into();
        assert_eq!(Arc::strong_count(&work.samples), 1);
    }
    assert!(upload(&renderer, &copied, Some(&on_gpu)).1 > 0);
}
