//! `render`: one figure as PNG or SVG, without a window.

use std::path::PathBuf;

use serde_json::json;
use trainscape_export::{Content, ExportJob, FigureJob, PictureOptions};
use trainscape_gpu::Background;
use trainscape_scene::figure::{Figure, FigureSpec, POINTS_PER_INCH};

use super::{
    args::{ViewArgs, parse_length_pt, parse_size},
    common,
    outcome::Outcome,
    output::{self, BuiltView, Stopwatch},
};

#[derive(Debug, clap::Args)]
pub(super) struct RenderArgs {
    #[command(flatten)]
    what: ViewArgs,
    /// File to write: .png or .svg.
    #[arg(short, long, value_name = "F.png|F.svg", required = true)]
    output: Vec<PathBuf>,
    /// Size in pixels.
    #[arg(long, value_name = "WxH", value_parser = parse_size, conflicts_with = "width")]
    size: Option<[u32; 2]>,
    /// Width on paper: 89mm, 3.5in or 252pt. The height follows at 4:3.
    #[arg(long, value_name = "LENGTH", value_parser = parse_length_pt)]
    width: Option<f32>,
    /// Height on paper.
    #[arg(long, value_name = "LENGTH", value_parser = parse_length_pt, requires = "width")]
    height: Option<f32>,
    /// Pixels an inch.
    #[arg(long, value_parser = clap::value_parser!(u32).range(20..=2400))]
    dpi: Option<u32>,
    /// Nothing behind the figure.
    #[arg(long)]
    transparent: bool,
    /// No caption below the figure.
    #[arg(long)]
    no_caption: bool,
    /// No grid on the walls.
    #[arg(long)]
    no_grid: bool,
}

/// Resolution of `--size`: text is then as large as on a page printed at it.
const SCREEN_DPI: f32 = 200.0;
const PRINT_DPI: f32 = 300.0;

pub(super) fn run(args: &RenderArgs) -> anyhow::Result<Outcome> {
    let outputs = output::outputs(&args.output, Content::Picture)?;
    let mut stopwatch = Stopwatch::start();
    let built = BuiltView::new(&args.what, &mut stopwatch)?;
    let (renderer, scene) = (&built.renderer, &built.scene);
    let (size_in_pixel, dots_per_inch) = size(args);
    let size_pt = size_in_pixel.map(|pixels| pixels as f32 / dots_per_inch * POINTS_PER_INCH);
    let spec = FigureSpec {
        caption: !args.no_caption,
        grid: !args.no_grid,
        ..common::figure_spec(&args.what, size_pt)
    };
    let figure = Figure::lay_out(scene, &spec);
    let view_ms = stopwatch.lap_ms();

    let picture = PictureOptions {
        size_in_pixel,
        dots_per_inch,
        background: if args.transparent {
            Background::Transparent
        } else {
            Background::Theme
        },
        software: Some(concat!("Trainscape ", env!("CARGO_PKG_VERSION"))),
    };
    let job = FigureJob::new(renderer, scene, &figure, picture, None);
    let triangles = renderer.triangles(job.gpu_scene()?);
    let compute_ms = stopwatch.lap_ms();

    let written = output::write(&ExportJob::of_figure(job), &outputs)?;
    if args.what.json {
        let facts = json!({
            "view": built.view.name(),
            "adapter": renderer.context().adapter_name(),
            "points": scene.points(),
            "triangles": triangles,
            "size": size_in_pixel,
            "caption": scene.caption,
            "ms": {
                "open": built.open_ms,
                "view": view_ms,
                "compute": compute_ms,
                "draw": written.draw_ms,
                "encode": written.encode_ms,
                "total": stopwatch.total_ms(),
            },
            "keys": scene.keys,
            "out": args.output,
        });
        println!("{facts}");
    }
    Ok(common::report(&built.snapshot, args.what.read.quiet))
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
