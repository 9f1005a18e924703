//! The runs that are open: a follower's snapshots, and the window's wake-up.

use std::{path::PathBuf, sync::Arc};

use trainscape_run::Snapshot;
use trainscape_source::{Follower, OpenOptions, SourceError};

/// Paths that are open and followed.
pub(crate) struct Session {
    /// What is open.
    pub(crate) paths: Vec<PathBuf>,
    /// What to call it.
    pub(crate) name: String,
    follower: Follower,
}

impl Session {
    /// Starts to read and to follow; each change asks `ctx` for a frame.
    pub(crate) fn open(
        paths: Vec<PathBuf>,
        name: Option<String>,
        options: OpenOptions,
        ctx: &egui::Context,
    ) -> Result<Self, SourceError> {
        let ctx = ctx.clone();
        let follower = Follower::spawn(paths.clone(), options, move |_| ctx.request_repaint())?;
        let name = name.unwrap_or_else(|| {
            let first = paths.first().cloned().unwrap_or_default();
            let first = first.canonicalize().unwrap_or(first);
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
        });
        Ok(Self {
            paths,
            name,
            follower,
        })
    }

    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.follower.snapshot()
    }
}
