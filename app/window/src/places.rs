//! The URLs that are open: their copies in the cache, which threads keep up to date.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use trainscape_remote::{Following, LeftOut, Location, Mirror, RemoteError};
use trainscape_source::catalog::is_engine;

/// The places that are followed.
#[derive(Clone, Default)]
pub(crate) struct Places {
    following: Vec<Arc<Following>>,
}

/// How the places are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PlacesStatus {
    /// What is going on, while not everything has come.
    pub(crate) activity: Option<String>,
    /// Why a place cannot be read at present.
    pub(crate) failure: Option<String>,
    /// What was not brought.
    pub(crate) left_out: Vec<LeftOut>,
    /// When the last of them was brought for the first time.
    pub(crate) brought: Option<Instant>,
}

/// What has just been brought is read within this time.
const READ_WITHIN: Duration = Duration::from_secs(2);

impl PlacesStatus {
    /// Whether what was there before may still be coming.
    pub(crate) fn is_brought(&self) -> bool {
        let has_just_come = self.brought.is_some_and(|at| at.elapsed() < READ_WITHIN);
        self.activity.is_some() || has_just_come
    }
}

impl Places {
    /// Follows the URLs among the paths, those that `earlier` follows by its threads; the paths to read.
    pub(crate) fn open(
        paths: &[PathBuf],
        earlier: &Self,
        ctx: &egui::Context,
    ) -> Result<(Self, Vec<PathBuf>), RemoteError> {
        let mut places = Self::default();
        let mut read = Vec::new();
        for path in paths {
            // An engine is asked, not copied.
            if !Location::is_url(path) || is_engine(path) {
                read.push(path.clone());
                continue;
            }
            let location = Location::parse(&path.to_string_lossy())?;
            let mut known = earlier.following.iter();
            let following = match known.find(|known| *known.location() == location) {
                Some(known) => Arc::clone(known),
                None => {
                    let ctx = ctx.clone();
                    let mirror = Mirror::open(&location)?;
                    Arc::new(Following::start(mirror, move |_| ctx.request_repaint())?)
                }
            };
            read.push(following.path().to_owned());
            places.following.push(following);
        }
        Ok((places, read))
    }

    pub(crate) fn status(&self) -> PlacesStatus {
        let mut all = PlacesStatus::default();
        for following in &self.following {
            let status = following.status();
            let place = following.location();
            if !status.is_current && status.failure.is_none() {
                let transfer = status.transfer;
                let megabytes = |bytes: u64| bytes as f64 / 1e6;
                all.activity = Some(match transfer.bytes_total {
                    0 => format!("Listing {place}."),
                    total => format!(
                        "Bringing {place}: {:.1} of {:.1} MB.",
                        megabytes(transfer.bytes_done),
                        megabytes(total)
                    ),
                });
            }
            all.failure = all.failure.or(status.failure);
            all.left_out.extend(status.left_out);
        }
        all
    }
}
