//! Without a command: opens the window.

use std::path::PathBuf;

use anyhow::Context as _;
use trainscape_views::ViewKind;
use trainscape_window::ViewerOptions;

use super::{
    args::{Adapter, ReadArgs, parse_view},
    common, demo, figure,
    outcome::Outcome,
    standard_input::StandardInput,
};

#[derive(Debug, clap::Args)]
pub(super) struct WindowArgs {
    /// Run folders, log files, URLs (gs://, s3://, az://, https://, ssh://) or a figure file (.toml), `-` for a log from standard input; without any, the built-in demo run.
    paths: Vec<PathBuf>,
    /// Initial view.
    #[arg(long, value_parser = parse_view)]
    view: Option<ViewKind>,
    #[command(flatten)]
    read: ReadArgs,
    /// Adapter for drawing.
    #[arg(long, value_enum, default_value = "auto")]
    adapter: Adapter,
}

pub(super) fn run(args: &WindowArgs) -> anyhow::Result<Outcome> {
    let mut open = common::options(&args.read);
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
    let demo = if paths.is_empty() {
        Some(demo::unpack().context("cannot unpack the demo run")?)
    } else {
        None
    };
    let inputs = StandardInput::follow(&paths, |error| log::warn!("{error}"))?;
    let paths = match &demo {
        Some(demo) => vec![demo.path().to_owned()],
        None => inputs.paths.clone(),
    };
    trainscape_window::run(ViewerOptions {
        paths,
        name: demo.is_some().then(|| "demo".to_owned()),
        open,
        figure: shown,
        view: args.view,
        adapter: args.adapter.into(),
    })?;
    Ok(Outcome::Done)
}
