//! Without a command: opens the window.

use std::path::PathBuf;

use anyhow::Context as _;
use trainscape_views::ViewKind;
use trainscape_window::ViewerOptions;

use super::{
    args::{Adapter, ReadArgs, XArgs, parse_view},
    common, demo, figure,
    outcome::Outcome,
    standard_input::StandardInput,
};

#[derive(Debug, clap::Args)]
pub(super) struct WindowArgs {
    /// Run folders, log files, URLs (gs://, s3://, az://, https://, ssh://, flightsql://) or a figure file (.toml), `-` for a log from standard input; without any, the built-in demo run.
    paths: Vec<PathBuf>,
    /// Initial view.
    #[arg(long, value_parser = parse_view)]
    view: Option<ViewKind>,
    #[command(flatten)]
    x: XArgs,
    #[command(flatten)]
    read: ReadArgs,
    /// Adapter for drawing.
    #[arg(long, value_enum, default_value = "auto")]
    adapter: Adapter,
}

impl WindowArgs {
    /// The engine that is asked, and for which paths.
    pub(super) fn engine_and_paths(&mut self) -> (Option<&str>, &mut [PathBuf]) {
        (self.read.engine.as_deref(), &mut self.paths)
    }
}

pub(super) fn run(args: &WindowArgs) -> anyhow::Result<Outcome> {
    let mut open = common::options(&args.read.with_x(&args.x));
    let mut paths = args.paths.clone();
    let mut shown = None;
    if let [path] = args.paths.as_slice()
        && figure::is_figure(path)
    {
        let figure = figure::read(path)?;
        open = common::options(&figure::read_args(&figure, path)?);
        paths.clone_from(&figure.inputs);
        shown = Some(figure);
    }
    let is_demo = paths.is_empty();
    let inputs = StandardInput::follow(&paths, |error| log::warn!("{error}"))?;
    let paths = match is_demo {
        true => vec![demo::unpack_kept().context("cannot unpack the demo run")?],
        false => inputs.paths.clone(),
    };
    let closed = trainscape_window::run(ViewerOptions {
        paths,
        name: is_demo.then(|| "demo".to_owned()),
        open,
        figure: shown,
        view: args.view,
        demo: Some(write_demo),
        adapter: args.adapter.into(),
    });
    demo::remove_kept();
    closed?;
    Ok(Outcome::Done)
}

fn write_demo() -> Result<PathBuf, String> {
    demo::unpack_kept().map_err(|error| format!("The demo run cannot be unpacked: {error:#}"))
}
