//! One frame at 1600 x 900: a million points, a surface of 1024 x 1024 nodes, in full and as coarse as
//! it is drawn while the camera turns, and translucent things, whose fragments are put in order; on a GPU also ten million
//! points at 3840 x 2160. `benches/compare.py` times a peer on the same scenes.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use criterion::{Criterion, criterion_group, criterion_main};
use trainscape_compute::{Field, GridSize};
use trainscape_gpu::{AdapterChoice, Background, GpuContext, Renderer, Targets};
use trainscape_scene::{
    Scene,
    axis::{Axis, Scale},
    colour::{ColourMap, run_colour},
    figure::{Figure, FigureSpec},
    scene::{Cloud, CloudColour, CloudPoint, CloudSize, CloudWork, Markers, Surface, SurfaceWork},
};

const SIZE_IN_PIXEL: [u32; 2] = [1600, 900];
const SIZE_4K_IN_PIXEL: [u32; 2] = [3840, 2160];

fn hill(x: f32, y: f32) -> f32 {
    0.5 + 0.3 * (9.0 * x).sin() * (7.0 * y).cos()
}

fn scene(surfaces: Vec<Surface>, markers: Vec<Markers>) -> Scene {
    let axis = |title: &str| Axis {
        title: title.to_owned(),
        scale: Scale::Linear,
        low: 0.0,
        high: 1.0,
    };
    Scene {
        picks_paths: true,
        title: String::new(),
        caption: String::new(),
        axes: [axis("x"), axis("y"), axis("z")],
        box_aspect: [1.4, 1.0, 0.7],
        default_view: [-0.9, 0.45],
        surfaces,
        meshes: Vec::new(),
        paths: Vec::new(),
        clouds: Vec::new(),
        markers,
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

fn surface(side: u32) -> Scene {
    let size = GridSize {
        width: side,
        height: side,
    };
    let (x_unit, y_unit) = (size.x_unit(), size.y_unit());
    let values = y_unit
        .iter()
        .flat_map(|y| x_unit.iter().map(|x| hill(*x, *y)))
        .collect();
    let field = Field {
        values,
        support: vec![1.0; size.nodes()],
        x_unit,
        y_unit,
    };
    let surface = Surface {
        work: SurfaceWork::Nodes(Arc::new(field)),
        map: ColourMap::Viridis,
        colour_range: [0.2, 0.8],
        shading: 0.7,
        contours: Some([0.05, 0.0]),
        wireframe: false,
        floor_projection: false,
        opacity: 1.0,
        records: None,
    };
    scene(vec![surface], Vec::new())
}

fn points(count: u32) -> Scene {
    // A sequence that fills the box evenly, without a generator of random numbers.
    let share = |index: u32, step: f64| (f64::from(index) * step).fract() as f32;
    let positions = (0..count).map(|index| {
        let (x, y) = (
            share(index, 0.618_033_988_749_895),
            share(index, 0.754_877_666_246_693),
        );
        let height = hill(x, y) + 0.2 * share(index, 0.569_840_290_998_053);
        [x, y, height]
    });
    let markers = Markers {
        records: None,
        steps: Arc::new([]),
        name: "points".to_owned(),
        positions_unit: positions.collect(),
        colour: run_colour(0),
        diameter_pt: 1.0,
        outline: None,
    };
    scene(Vec::new(), vec![markers])
}

fn translucent_surface() -> Scene {
    let mut scene = surface(1024);
    scene.surfaces[0].opacity = 0.6;
    scene
}

fn translucent_things() -> Scene {
    let mut scene = surface(512);
    let mut mirrored = scene.surfaces[0].clone();
    if let SurfaceWork::Nodes(field) = &mut mirrored.work {
        let mut turned = field.as_ref().clone();
        turned.values.reverse();
        *field = Arc::new(turned);
    }
    scene.surfaces.push(mirrored);
    for surface in &mut scene.surfaces {
        surface.opacity = 0.5;
    }
    let points = (0..100_000_u32).map(|index| {
        let share = |step: f64| (f64::from(index) * step).fract() as f32;
        CloudPoint {
            position_unit: [
                share(0.618_033_988_749_895),
                share(0.754_877_666_246_693),
                share(0.569_840_290_998_053),
            ],
            value: share(0.1),
        }
    });
    scene.clouds.push(Cloud {
        steps: Arc::new([]),
        name: "cloud".to_owned(),
        work: CloudWork::Points(points.collect()),
        colour: CloudColour::Map(ColourMap::Turbo),
        size: CloudSize::Constant(3.0),
        floor_projection: false,
        opacity: 0.4,
        records: None,
    });
    scene
}

fn bench(criterion: &mut Criterion) {
    let contexts = [AdapterChoice::Cpu, AdapterChoice::Gpu].map(GpuContext::new);
    for context in contexts.into_iter().filter_map(Result::ok) {
        let renderer = Renderer::new(&context);
        let targets = Targets::new(&context, SIZE_IN_PIXEL).expect("a picture of this size");
        let mut group = criterion.benchmark_group("frame");
        group
            .sample_size(10)
            .warm_up_time(Duration::from_millis(200));
        for (name, scene, stride) in [
            ("points 1M", points(1_000_000), 1),
            ("surface 1024", surface(1024), 1),
            ("surface 1024 turning", surface(1024), 4),
            ("translucent surface 1024", translucent_surface(), 1),
            (
                "two translucent surfaces and 100k points",
                translucent_things(),
                1,
            ),
        ] {
            let figure = Figure::lay_out(&scene, &FigureSpec::new([1152.0, 648.0]));
            let on_gpu = renderer.upload(&scene).expect("room for the scene");
            let kind = if context.is_cpu() { "software" } else { "gpu" };
            group.bench_function(format!("{name} {kind}"), |bencher| {
                bencher.iter(|| {
                    renderer.draw(&on_gpu, &figure, &targets, Background::Theme, stride);
                    context.wait().expect("the device works");
                });
            });
        }
        if !context.is_cpu() {
            let targets = Targets::new(&context, SIZE_4K_IN_PIXEL).expect("a picture of this size");
            let scene = points(10_000_000);
            let figure = Figure::lay_out(&scene, &FigureSpec::new([2764.8, 1555.2]));
            let on_gpu = renderer.upload(&scene).expect("room for the scene");
            group.bench_function("points 10M at 4K gpu", |bencher| {
                bencher.iter(|| {
                    renderer.draw(&on_gpu, &figure, &targets, Background::Theme, 1);
                    context.wait().expect("the device works");
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
