//! `summary`: writes every view that the data allow, and a page that shows them.

mod args;
mod checkpoints;
mod gallery;
mod steps;
mod writer;

use anyhow::Context as _;
use trainscape_gpu::{AdapterChoice, GpuContext, Renderer};

use self::writer::Writer;
use super::{common, outcome::Outcome};

pub(super) use self::args::SummaryArgs;

pub(super) fn run(args: &SummaryArgs) -> anyhow::Result<Outcome> {
    let args = &SummaryArgs {
        read: args.read.with_x(&args.x),
        ..args.clone()
    };
    let context = GpuContext::new(AdapterChoice::from(args.adapter)).context("cannot draw")?;
    let renderer = Renderer::new(&context);
    let folder = match &args.prefix {
        Some(prefix) => args.output.join(prefix),
        None => args.output.clone(),
    };
    let writer = Writer {
        args,
        renderer: &renderer,
    };
    if let Some(every) = args.every {
        return checkpoints::follow(&writer, &folder, every);
    }
    let opened = common::read_or_demo(&args.paths, &args.read)?;
    let snapshot = &opened.snapshot;
    let outcome = writer.write(snapshot, &folder)?;
    let reported = common::report(snapshot, args.read.quiet);
    Ok(match outcome {
        Outcome::Done => reported,
        Outcome::InputSkipped => outcome,
    })
}
