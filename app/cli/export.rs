//! `export`: the geometry of a figure.

use std::path::PathBuf;

use serde_json::json;
use trainscape_export::{Content, ExportJob, FigureJob, PictureOptions};
use trainscape_gpu::Background;
use trainscape_scene::figure::Figure;

use super::{
    args::ViewArgs,
    common,
    outcome::Outcome,
    output::{self, BuiltView, Stopwatch},
};

#[derive(Debug, clap::Args)]
pub(super) struct ExportArgs {
    #[command(flatten)]
    what: ViewArgs,
    /// File to write: .glb.
    #[arg(short, long, value_name = "F.glb")]
    output: PathBuf,
}

/// Geometry takes only the axis box from the layout; the size of the page and of pictures does not matter.
const SIZE_PT: [f32; 2] = [576.0, 432.0];
const PICTURE: PictureOptions = PictureOptions {
    size_in_pixel: [576, 432],
    dots_per_inch: 72.0,
    background: Background::Theme,
    software: None,
};

pub(super) fn run(args: &ExportArgs) -> anyhow::Result<Outcome> {
    let outputs = output::outputs(std::slice::from_ref(&args.output), Content::Geometry)?;
    let mut stopwatch = Stopwatch::start();
    let built = BuiltView::new(&args.what, &mut stopwatch)?;
    let (renderer, scene) = (&built.renderer, &built.scene);
    let figure = Figure::lay_out(scene, &common::figure_spec(&args.what, SIZE_PT));
    let job = ExportJob::of_figure(FigureJob::new(renderer, scene, &figure, PICTURE, None));
    let written = output::write(&job, &outputs)?;
    if args.what.json {
        let facts = json!({
            "view": built.view.name(),
            "adapter": renderer.context().adapter_name(),
            "points": scene.points(),
            "bytes": written.bytes,
            "ms": { "total": stopwatch.total_ms() },
            "keys": scene.keys,
            "out": [args.output],
        });
        println!("{facts}");
    }
    Ok(common::report(&built.snapshot, args.what.read.quiet))
}
