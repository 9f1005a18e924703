//! `render`: writes a figure as PNG or SVG without opening a window.

use std::path::PathBuf;

use serde_json::json;
use trainscape_export::{Content, ExportJob, FigureJob, PictureOptions};
use trainscape_gpu::Background;
use trainscape_scene::figure::{Figure, FigureSpec, POINTS_PER_INCH};

use super::{
    args::{ViewArgs, parse_length_pt, parse_size},
    common, console,
    outcome::Outcome,
    output::{self, BuiltView, Stopwatch},
};

/// Help section of the flags for the written file.
const OUTPUT: &str = "Output";

#[derive(Debug, clap::Args)]
pub(super) struct RenderArgs {
    #[command(flatten)]
    view: ViewArgs,
    /// Output file: .png or .svg; can be repeated.
    #[arg(help_heading = OUTPUT, short, long, value_name = "F.png|F.svg", required = true)]
    output: Vec<PathBuf>,
    /// Size in pixels.
    #[arg(help_heading = OUTPUT, long, value_name = "WxH", value_parser = parse_size, conflicts_with = "width")]
    size: Option<[u32; 2]>,
    /// Printed width: 89mm, 3.5in or 252pt. The default height gives an aspect ratio of 4:3.
    #[arg(help_heading = OUTPUT, long, value_name = "LENGTH", value_parser = parse_length_pt)]
    width: Option<f32>,
    /// Printed height.
    #[arg(help_heading = OUTPUT, long, value_name = "LENGTH", value_parser = parse_length_pt, requires = "width")]
    height: Option<f32>,
    /// Resolution in pixels per inch.
    #[arg(help_heading = OUTPUT, long, value_parser = clap::value_parser!(u32).range(20..=2400))]
    dpi: Option<u32>,
    /// Transparent background.
    #[arg(help_heading = OUTPUT, long)]
    transparent: bool,
    /// Omit the caption below the figure.
    #[arg(help_heading = OUTPUT, long)]
    no_caption: bool,
    /// Omit the grid lines on the walls.
    #[arg(help_heading = OUTPUT, long)]
    no_grid: bool,
}

/// Default resolution of `--size`, which determines the size of text.
const SCREEN_DPI: f32 = 200.0;
const PRINT_DPI: f32 = 300.0;

pub(super) fn run(args: &RenderArgs) -> anyhow::Result<Outcome> {
    let outputs = output::outputs(&args.output, Content::Picture)?;
    let mut stopwatch = Stopwatch::start();
    let built = BuiltView::new(&args.view, &mut stopwatch)?;
    let (renderer, scene) = (&built.renderer, &built.scene);
    let (size_in_pixel, dots_per_inch) = size(args);
    let size_pt = size_in_pixel.map(|pixels| pixels as f32 / dots_per_inch * POINTS_PER_INCH);
    let spec = FigureSpec {
        caption: !args.no_caption,
        grid: !args.no_grid,
        ..common::figure_spec(&args.view, size_pt)
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
    if args.view.json {
        let metadata = json!({
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
            "out": output::names(&args.output),
        });
        console::print_json(&metadata)?;
    }
    Ok(common::report(&built.snapshot, args.view.read.quiet))
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
