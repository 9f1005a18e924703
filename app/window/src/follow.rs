//! The runs that are open: the follower's snapshots, which wake the window up.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use trainscape_remote::{Location, RemoteError};
use trainscape_run::Snapshot;
use trainscape_source::{Follower, OpenOptions, SourceError};

use crate::places::{Places, PlacesStatus};

/// Why paths cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Remote(#[from] RemoteError),
}

/// Paths that are read and followed.
pub(crate) struct Session {
    follower: Follower,
    places: Places,
    /// The files and folders that are read: copies in the place of URLs.
    pub(crate) paths: Vec<PathBuf>,
}

impl Session {
    /// Starts to read and to follow; each change asks `ctx` for a frame. What `earlier` follows goes on.
    pub(crate) fn open(
        paths: &[PathBuf],
        options: OpenOptions,
        earlier: Option<&Self>,
        ctx: &egui::Context,
    ) -> Result<Self, OpenError> {
        let earlier = earlier.map(|session| session.places.clone());
        let (places, paths) = Places::open(paths, &earlier.unwrap_or_default(), ctx)?;
        let ctx = ctx.clone();
        let follower = Follower::spawn(paths.clone(), options, move |_| ctx.request_repaint())?;
        Ok(Self {
            follower,
            places,
            paths,
        })
    }

    /// How the URLs among the paths are.
    pub(crate) fn places(&self) -> PlacesStatus {
        self.places.status()
    }

    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.follower.snapshot()
    }
}

/// What the title bar calls paths.
pub(crate) fn name_of(paths: &[PathBuf]) -> String {
    let first = paths.first().map_or(Path::new(""), PathBuf::as_path);
    let of_url = first.to_str().filter(|_| Location::is_url(first));
    let first = match of_url.and_then(|url| Location::parse(url).ok()) {
        Some(location) => PathBuf::from(location.name()),
        None => first.to_owned(),
    };
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
