use std::time::Instant;

use anyhow::Context as _;
use serde_json::json;
use trainscape_export::{glb, write_atomically};
use trainscape_gpu::{BlockingProjector, GpuContext, Projections, Renderer};
use trainscape_scene::figure::Figure;

use super::{Outcome, UsageError, args::ExportArgs, common, progress::StepBar};

pub(super) fn run(args: &ExportArgs) -> anyhow::Result<Outcome> {
    if args
        .output
        .extension()
        .is_none_or(|extension| extension != "glb")
    {
        return Err(UsageError(format!("{}: end the name in .glb", args.output.display())).into());
    }
    let start = Instant::now();
    let (snapshot, _demo) = common::read_or_demo(&args.what.paths, &args.what.read)?;
    let settings = common::settings(&args.what, &snapshot.runs)?;
    let view = args.what.view;
    let context =
        GpuContext::new(args.what.adapter.into()).context("cannot compute the surface")?;
    let projections = Projections::fastest(Some(&context));
    let bar = StepBar::new(args.what.read.quiet);
    let watch = |progress| bar.update(progress);
    let scene = view
        .build(
            &snapshot.runs,
            &settings,
            &BlockingProjector::new(projections, &watch),
        )
        .with_context(|| format!("the view {view} cannot be drawn"))?;
    let renderer = Renderer::new(&context);
    let fields = glb::fields(&renderer, &scene)?;
    // Only the axis box is taken from the layout; its page size does not matter.
    let figure = Figure::lay_out(&scene, &common::figure_spec(&args.what, [576.0, 432.0]));
    let bytes = glb::encode(&scene, &figure, &fields)?;
    write_atomically(&args.output, &bytes)?;
    if args.what.json {
        let facts = json!({
            "view": view.name(),
            "adapter": context.adapter_name(),
            "points": scene.points(),
            "bytes": bytes.len(),
            "ms": { "total": (start.elapsed().as_secs_f64() * 1e6).round() / 1e3 },
            "keys": scene.keys,
            "out": [args.output],
        });
        println!("{facts}");
    }
    Ok(common::report(&snapshot, args.what.read.quiet))
}
