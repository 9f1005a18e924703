//! `render`: writes a figure as PNG, SVG or PDF, or as an animation, without opening a window.

use std::path::{Path, PathBuf};

use serde_json::json;
use trainscape_export::{Content, ExportJob, FigureJob};
use trainscape_scene::{
    axis::{Axis, Scale},
    figure::Figure,
    scene::Facet,
};
use trainscape_views::figure_file::Page;

use super::{
    animate::{self, AnimationArgs},
    args::ViewArgs,
    common, console, figure,
    outcome::{Outcome, UsageError},
    output::{self, BuiltView, Stopwatch},
    page::{OUTPUT, PageArgs, picture_options},
};

#[derive(Clone, Debug, clap::Args)]
pub(super) struct RenderArgs {
    #[command(flatten)]
    view: ViewArgs,
    /// Output file: .png, .svg or .pdf, or as an animation .gif, .apng, .mp4, .webm or %04d.png; can be repeated.
    #[arg(help_heading = OUTPUT, short, long, value_name = "F.png|F.svg|F.pdf|F.gif", required_unless_present = "save")]
    output: Vec<PathBuf>,
    /// Also write a figure file, which `render` and the window read in place of paths.
    #[arg(help_heading = OUTPUT, long, value_name = "F.toml")]
    save: Option<PathBuf>,
    /// Draw the figure that a PNG of this program or a figure file describes; flags change it.
    #[arg(help_heading = OUTPUT, long, value_name = "F.png|F.toml")]
    from: Option<PathBuf>,
    #[command(flatten)]
    page: PageArgs,
    #[command(flatten)]
    animation: AnimationArgs,
}

impl RenderArgs {
    /// The engine that is asked, and for which paths.
    pub(super) fn engine_and_paths(&mut self) -> (Option<&str>, &mut [PathBuf]) {
        self.view.engine_and_paths()
    }
}

/// The figure file or the picture that is read in the place of paths.
fn figure_file(args: &RenderArgs) -> Result<Option<&Path>, UsageError> {
    match (&args.from, args.view.paths.as_slice()) {
        (Some(from), []) => Ok(Some(from)),
        (Some(_), _) => {
            let text = "--from takes the place of the paths; leave them out";
            Err(UsageError(text.to_owned()))
        }
        (None, [path]) if figure::is_figure(path) => Ok(Some(path)),
        (None, _) => Ok(None),
    }
}

/// The arguments in which a figure file, if one was given, has been read.
fn with_figure_file(args: &RenderArgs, file: Option<&Path>) -> anyhow::Result<(ViewArgs, Page)> {
    let Some(file) = file else {
        return Ok((args.view.clone(), args.page.page(None)));
    };
    let (view, page) = figure::with_figure_file(&args.view, file)?;
    Ok((view, args.page.page(Some(&page))))
}

pub(super) fn run(args: &RenderArgs) -> anyhow::Result<Outcome> {
    let (animations, pictures) = animate::split(&args.output);
    let outputs = output::outputs(&pictures, Content::Picture)?;
    args.animation.check(&animations)?;
    if let Some(path) = &args.save {
        figure::check_ending(path)?;
    }
    let mut stopwatch = Stopwatch::start();
    let figure_file = figure_file(args)?;
    let (view_args, mut page) = with_figure_file(args, figure_file)?;
    if pictures.is_empty() && !animations.is_empty() && figure_file.is_none() {
        page = animate::usual_page(page, &args.page);
    }
    let mut files = pictures.clone();
    files.extend(args.animation.files(&animations));
    files.extend(args.save.clone());
    let built = BuiltView::new(&view_args, figure_file, &files, &mut stopwatch)?;
    let (renderer, scene) = (&built.renderer, &built.scene);
    let described = figure::describe(&view_args, built.view, &built.settings, page);
    let size_in_pixel = page.size_in_pixel;
    let figure = Figure::lay_out(scene, &described.spec());
    let view_ms = stopwatch.lap_ms();

    let job = FigureJob::new(renderer, scene, &figure, picture_options(&page), None);
    let job = job.with_texts(figure::texts(&described));
    let triangles = renderer.triangles(job.gpu_scene()?);
    let compute_ms = stopwatch.lap_ms();

    let written = output::write(&ExportJob::of_figure(job), &outputs)?;
    args.animation
        .write(&built, &described, &animations, args.view.read.quiet)?;
    if let Some(path) = &args.save {
        figure::save(&described, path)?;
    }
    if args.view.json {
        let metadata = json!({
            "view": built.view.name(),
            "adapter": renderer.context().adapter_name(),
            "points": scene.points(),
            "triangles": triangles,
            "size": size_in_pixel,
            "caption": scene.caption,
            "axes": scene.axes.each_ref().map(axis_as_json),
            "facets": scene.facets.iter().map(facet_as_json).collect::<Vec<_>>(),
            "runs": scene.runs.iter().map(|run| &*run.id).collect::<Vec<_>>(),
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

/// What a panel shows.
fn facet_as_json(facet: &Facet) -> serde_json::Value {
    json!({"title": facet.title, "axes": facet.axes.each_ref().map(axis_as_json)})
}

/// What an axis shows, from where to where.
fn axis_as_json(axis: &Axis) -> serde_json::Value {
    let scale = match axis.scale {
        Scale::Linear | Scale::Whole => "linear",
        Scale::Log10 => "log",
        Scale::LogFromZero(_) => "symlog",
        Scale::Date => "date",
        Scale::Category(_) => "category",
    };
    json!({"title": axis.title, "scale": scale, "low": axis.low, "high": axis.high})
}
