//! `export`: writes the geometry of a figure as GLB or PLY, as an HTML page that turns it, or as a table.

use std::path::PathBuf;

use serde_json::json;
use trainscape_export::{Content, ExportJob, FigureJob, PictureOptions};
use trainscape_gpu::Background;
use trainscape_scene::figure::{DataLayer, Figure};
use trainscape_views::figure_file::Page;

use super::{
    args::ViewArgs,
    common, console, figure,
    outcome::Outcome,
    output::{self, BuiltView, Stopwatch},
};

#[derive(Debug, clap::Args)]
pub(super) struct ExportArgs {
    #[command(flatten)]
    view: ViewArgs,
    /// Output file: .glb, .html or .ply; or what is plotted as a table: .csv or .parquet; can be repeated.
    #[arg(
        short,
        long,
        value_name = "F.glb|F.html|F.ply|F.csv|F.parquet",
        required = true
    )]
    output: Vec<PathBuf>,
}

impl ExportArgs {
    /// The engine that is asked, and for which paths.
    pub(super) fn engine_and_paths(&mut self) -> (Option<&str>, &mut [PathBuf]) {
        self.view.engine_and_paths()
    }
}

/// The page where no figure file says another: the box of a model does not depend on it, an HTML page fits its window.
const PICTURE: PictureOptions = PictureOptions {
    size_in_pixel: [576, 432],
    dots_per_inch: 72.0,
    background: Background::Theme,
    data_layer: DataLayer::Picture,
    software: None,
};

pub(super) fn run(args: &ExportArgs) -> anyhow::Result<Outcome> {
    let outputs = output::outputs(&args.output, Content::Geometry)?;
    let mut stopwatch = Stopwatch::start();
    let usual = Page::new(PICTURE.size_in_pixel, PICTURE.dots_per_inch);
    let (view_args, figure_file, page) = match args.view.paths.as_slice() {
        [path] if figure::is_figure(path) => {
            let (view_args, page) = figure::with_figure_file(&args.view, path)?;
            (view_args, Some(path.as_path()), page)
        }
        _ => (args.view.clone(), None, usual),
    };
    let built = BuiltView::new(&view_args, figure_file, &args.output, &mut stopwatch)?;
    let (renderer, scene) = (&built.renderer, &built.scene);
    let described = figure::describe(&view_args, built.view, &built.settings, page);
    let figure = Figure::lay_out(scene, &described.spec());
    let picture = PictureOptions {
        size_in_pixel: page.size_in_pixel,
        dots_per_inch: page.dots_per_inch,
        ..PICTURE
    };
    let job = ExportJob::of_figure(FigureJob::new(renderer, scene, &figure, picture, None));
    let written = output::write(&job, &outputs)?;
    if args.view.json {
        let metadata = json!({
            "view": built.view.name(),
            "adapter": renderer.context().adapter_name(),
            "points": scene.points(),
            "bytes": written.bytes,
            "ms": { "total": stopwatch.total_ms() },
            "keys": scene.keys,
            "out": output::names(&args.output),
        });
        console::print_json(&metadata)?;
    }
    Ok(common::report(&built.snapshot, args.view.read.quiet))
}
