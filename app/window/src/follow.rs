//! The runs that are open: the follower's snapshots, which wake the window up.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use trainscape_run::Snapshot;
use trainscape_source::{Follower, OpenOptions, SourceError};

/// Paths that are read and followed.
pub(crate) struct Session {
    follower: Follower,
}

impl Session {
    /// Starts to read and to follow; each change asks `ctx` for a frame.
    pub(crate) fn open(
        paths: Vec<PathBuf>,
        options: OpenOptions,
        ctx: &egui::Context,
    ) -> Result<Self, SourceError> {
        let ctx = ctx.clone();
        let follower = Follower::spawn(paths, options, move |_| ctx.request_repaint())?;
        Ok(Self { follower })
    }

    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.follower.snapshot()
    }
}

/// What the title bar calls paths.
pub(crate) fn name_of(paths: &[PathBuf]) -> String {
    let first = paths.first().map_or(Path::new(""), PathBuf::as_path);
    let first = first.canonicalize().unwrap_or_else(|_| first.to_owned());
    let name = first
        .file_name()
        .unwrap_or(first.as_os_str())
        .to_string_lossy()
        .into_owned();
    if paths.len() > 1 {
        format!("{name} and {} more", paths.len() - 1)
    } else {
        name
    }
}
