use anyhow::Context as _;
use trainscape_window::ViewerOptions;

use super::{Outcome, args::WindowArgs, common, demo};

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
