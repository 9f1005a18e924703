//! Without a command: the window.

use std::path::PathBuf;

use anyhow::Context as _;
use trainscape_views::ViewKind;
use trainscape_window::ViewerOptions;

use super::{
    args::{Adapter, ReadArgs, parse_view},
    common, demo,
    outcome::Outcome,
};

#[derive(Debug, clap::Args)]
pub(super) struct WindowArgs {
    /// Run folders or log files; none opens the built-in demo run.
    paths: Vec<PathBuf>,
    /// The view to start with.
    #[arg(long, value_parser = parse_view)]
    view: Option<ViewKind>,
    #[command(flatten)]
    read: ReadArgs,
    /// Which adapter draws.
    #[arg(long, value_enum, default_value = "auto")]
    adapter: Adapter,
}

pub(super) fn run(args: &WindowArgs) -> anyhow::Result<Outcome> {
    let unpacked = if args.paths.is_empty() {
        Some(demo::unpack().context("cannot unpack the demo run")?)
    } else {
        None
    };
    let paths = match &unpacked {
        Some(demo) => vec![demo.path().to_owned()],
        None => args.paths.clone(),
    };
    trainscape_window::run(ViewerOptions {
        paths,
        name: unpacked.is_some().then(|| "demo".to_owned()),
        open: common::options(&args.read),
        view: args.view,
        adapter: args.adapter.into(),
    })?;
    Ok(Outcome::Done)
}
