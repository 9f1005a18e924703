use std::{path::Path, time::Instant};

use anyhow::Context as _;
use serde_json::json;
use trainscape_export::{png, raster, svg, write_atomically};
use trainscape_gpu::{
    AdapterChoice, Background, BlockingProjector, GpuContext, Projections, Renderer,
};
use trainscape_scene::figure::{Figure, FigureSpec, POINTS_PER_INCH};

use super::{Outcome, UsageError, args::RenderArgs, common, progress::StepBar};

/// Pixels an inch of `--size`: type then is as large as on a printed page of that resolution.
const SCREEN_DPI: f32 = 200.0;
const PRINT_DPI: f32 = 300.0;

#[derive(Clone, Copy, PartialEq)]
enum Format {
    Png,
    Svg,
}

pub(super) fn run(args: &RenderArgs) -> anyhow::Result<Outcome> {
    let formats = args
        .output
        .iter()
        .map(|path| format_of(path))
        .collect::<Result<Vec<_>, UsageError>>()?;
    let start = Instant::now();
    let mut lap = start;
    // Starting the GPU and reading the files wait for different things.
    let choice = AdapterChoice::from(args.what.adapter);
    let (context, snapshot) = std::thread::scope(|scope| {
        let context =
            scope.spawn(move || GpuContext::new(choice).map(|context| Renderer::new(&context)));
        let snapshot = common::read_or_demo(&args.what.paths, &args.what.read);
        (
            context
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            snapshot,
        )
    });
    let (snapshot, _demo) = snapshot?;
    let renderer = context.context("cannot draw")?;
    let open_ms = common::lap_ms(&mut lap);

    let settings = common::settings(&args.what, &snapshot.runs)?;
    let view = args.what.view;
    let projections = Projections::fastest(Some(renderer.context()));
    let bar = StepBar::new(args.what.read.quiet);
    let watch = |progress| bar.update(progress);
    let scene = view
        .build(
            &snapshot.runs,
            &settings,
            &BlockingProjector::new(projections, &watch),
        )
        .with_context(|| format!("the view {view} cannot be drawn"))?;
    let (size_in_pixel, dots_per_inch) = size(args);
    let size_pt = size_in_pixel.map(|pixels| pixels as f32 / dots_per_inch * POINTS_PER_INCH);
    let spec = FigureSpec {
        caption: !args.no_caption,
        grid: !args.no_grid,
        ..common::figure_spec(&args.what, size_pt)
    };
    let figure = Figure::lay_out(&scene, &spec);
    let view_ms = common::lap_ms(&mut lap);

    let gpu_scene = renderer.upload(&scene)?;
    let compute_ms = common::lap_ms(&mut lap);

    let background = if args.transparent {
        Background::Transparent
    } else {
        Background::Theme
    };
    let texts = [
        ("Title", scene.title.as_str()),
        ("Description", scene.caption.as_str()),
        (
            "Software",
            concat!("Trainscape ", env!("CARGO_PKG_VERSION")),
        ),
    ];
    let (mut draw_ms, mut encode_ms) = (0.0, 0.0);
    for (path, format) in args.output.iter().zip(&formats) {
        let bytes = match format {
            Format::Png => {
                let picture = raster::figure(
                    &renderer,
                    &gpu_scene,
                    &scene,
                    &figure,
                    size_in_pixel,
                    background,
                )?;
                draw_ms += common::lap_ms(&mut lap);
                png::encode(&picture, dots_per_inch, &texts)?
            }
            Format::Svg => {
                let layer =
                    raster::layer(&renderer, &gpu_scene, &figure, size_in_pixel, background)?;
                draw_ms += common::lap_ms(&mut lap);
                let layer = png::encode(&layer, dots_per_inch, &[])?;
                svg::document(&figure, &scene.title, &scene.caption, Some(&layer)).into_bytes()
            }
        };
        write_atomically(path, &bytes)?;
        encode_ms += common::lap_ms(&mut lap);
    }
    if args.what.json {
        let facts = json!({
            "view": view.name(),
            "adapter": renderer.context().adapter_name(),
            "points": scene.points(),
            "triangles": renderer.triangles(&gpu_scene),
            "size": size_in_pixel,
            "caption": scene.caption,
            "ms": {
                "open": open_ms,
                "view": view_ms,
                "compute": compute_ms,
                "draw": draw_ms,
                "encode": encode_ms,
                "total": (start.elapsed().as_secs_f64() * 1e6).round() / 1e3,
            },
            "keys": scene.keys,
            "out": args.output,
        });
        println!("{facts}");
    }
    Ok(common::report(&snapshot, args.what.read.quiet))
}

fn format_of(path: &Path) -> Result<Format, UsageError> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("png") => Ok(Format::Png),
        Some("svg") => Ok(Format::Svg),
        _ => Err(UsageError(format!(
            "{}: end the name in .png or .svg",
            path.display()
        ))),
    }
}

fn size(args: &RenderArgs) -> ([u32; 2], f32) {
    if let Some(width_pt) = args.width {
        let dots_per_inch = args.dpi.map_or(PRINT_DPI, |dpi| dpi as f32);
        let height_pt = args.height.unwrap_or(width_pt * 0.75);
        let pixels =
            |points: f32| (points / POINTS_PER_INCH * dots_per_inch).round().max(1.0) as u32;
        return ([pixels(width_pt), pixels(height_pt)], dots_per_inch);
    }
    let dots_per_inch = args.dpi.map_or(SCREEN_DPI, |dpi| dpi as f32);
    (args.size.unwrap_or([1600, 1200]), dots_per_inch)
}
