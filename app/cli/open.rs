use anyhow::Context as _;
use trainscape_viewer::ViewerOptions;

use super::{Outcome, args::WindowArgs, common};

/// The demo run: files with their paths below the run folder.
const DEMO: &[u8] = include_bytes!("../../assets/demo.zip");

/// Writes the demo run's files to a temporary folder, which goes when the value does.
pub(super) fn unpack_demo() -> anyhow::Result<tempfile::TempDir> {
    let folder = tempfile::Builder::new()
        .prefix("trainscape-demo-")
        .tempdir()?;
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(DEMO))?;
    archive
        .extract(folder.path())
        .context("the embedded demo run is damaged")?;
    Ok(folder)
}

pub(super) fn run(args: &WindowArgs) -> anyhow::Result<Outcome> {
    let demo = if args.paths.is_empty() {
        Some(unpack_demo().context("cannot unpack the demo run")?)
    } else {
        None
    };
    let paths = match &demo {
        Some(demo) => vec![demo.path().join("sweep"), demo.path().join("pretrain")],
        None => args.paths.clone(),
    };
    trainscape_viewer::run(ViewerOptions {
        paths,
        name: demo.is_some().then(|| "demo".to_owned()),
        open: common::options(&args.read),
        view: args.view,
        adapter: args.adapter.into(),
    })?;
    Ok(Outcome::Done)
}
