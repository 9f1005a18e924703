//! Copies of what URLs name, and URLs in the place of the copies in what is told.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, atomic::AtomicBool},
};

use trainscape_remote::{Following, LeftOut, Location, Mirror, RemoteError};
use trainscape_run::{Run, Snapshot, Unread};
use trainscape_source::{SourceError, catalog::is_engine};

use super::{console, outcome::UsageError, progress::StepBar};

/// Files that were not brought and are named where nothing was found.
const MOST_TOLD: usize = 3;

/// Copies of places, while they are read or followed.
#[derive(Default)]
pub(super) struct Copies {
    mirrors: Vec<Mirror>,
    following: Vec<Following>,
}

impl Copies {
    /// Brings what the URLs among the paths name; the paths to open.
    pub(super) fn bring(paths: &[PathBuf], quiet: bool) -> anyhow::Result<(Self, Vec<PathBuf>)> {
        let mut copies = Self::default();
        let mut opened = Vec::new();
        for path in paths {
            // An engine is asked, not copied.
            if !Location::is_url(path) || is_engine(path) {
                opened.push(path.clone());
                continue;
            }
            let mut mirror = Mirror::open(&location(path)?)?;
            let bar = StepBar::of_bytes("bringing", quiet);
            let never = AtomicBool::new(false);
            mirror.update(&never, &|transfer| {
                bar.show(transfer.bytes_done, transfer.bytes_total);
            })?;
            opened.push(mirror.path());
            copies.mirrors.push(mirror);
        }
        Ok((copies, opened))
    }

    /// Keeps the copies up to date. A failure is told once, and that it has passed.
    pub(super) fn follow(mut self) -> anyhow::Result<Self> {
        for mirror in self.mirrors.drain(..) {
            let place = mirror.location().to_string();
            let told: Mutex<Option<String>> = Mutex::default();
            let following = Following::start(mirror, move |status| {
                let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
                match (&status.failure, &*told) {
                    (Some(failure), None) => {
                        console::note(format!("{failure}; it is tried again"));
                        told.clone_from(&status.failure);
                    }
                    (None, Some(_)) if status.is_current => {
                        console::note(format!("{place} is followed again"));
                        *told = None;
                    }
                    _ => {}
                }
            })?;
            self.following.push(following);
        }
        Ok(self)
    }

    /// Why nothing was found, with URLs in the place of the copies, and what was not brought.
    pub(super) fn error_at_the_places(&self, error: SourceError) -> SourceError {
        let SourceError::NothingFound {
            mut paths,
            mut advice,
            mut unread,
        } = error
        else {
            return error;
        };
        for mirror in &self.mirrors {
            let place = mirror.location().to_string();
            for copy in [mirror.path(), mirror.root()] {
                let copy = copy.display().to_string();
                paths = paths.replace(&copy, &place);
                advice = advice.replace(&copy, &place);
            }
            for of_copy in &mut unread {
                if let Some(url) = mirror.url_of(&of_copy.path) {
                    of_copy.path = url;
                }
            }
            let left_out = mirror.left_out();
            unread.extend(
                left_out
                    .iter()
                    .map(|left| unread_at(mirror.location(), left)),
            );
            for left in left_out.iter().take(MOST_TOLD) {
                advice = format!("{advice}; {} was not brought: {}", left.key, left.why);
            }
        }
        SourceError::NothingFound {
            paths,
            advice,
            unread,
        }
    }

    /// A snapshot that names URLs where it was read from copies, and what was not brought.
    pub(super) fn as_at_the_places(&self, snapshot: Arc<Snapshot>) -> Arc<Snapshot> {
        if self.mirrors.is_empty() {
            return snapshot;
        }
        let url = |path: &Path| {
            let url = self.mirrors.iter().find_map(|mirror| mirror.url_of(path));
            url.unwrap_or_else(|| path.to_owned())
        };
        let mut shown = (*snapshot).clone();
        shown.runs = shown
            .runs
            .iter()
            .map(|run| Arc::new(named(run, &url)))
            .collect();
        let mut unread = shown.unread.to_vec();
        for of_copy in &mut unread {
            of_copy.path = url(&of_copy.path);
        }
        for mirror in &self.mirrors {
            let place = mirror.location();
            unread.extend(mirror.left_out().iter().map(|left| unread_at(place, left)));
            let folder = mirror.root().display().to_string();
            for warning in &mut shown.warnings {
                *warning = warning.replace(&folder, &place.to_string());
            }
        }
        unread.sort_by(|a, b| a.path.cmp(&b.path));
        shown.unread = unread.into();
        Arc::new(shown)
    }
}

/// The place that a URL names.
fn location(path: &Path) -> Result<Location, UsageError> {
    Location::parse(&path.to_string_lossy())
        .map_err(|error: RemoteError| UsageError(error.to_string()))
}

fn unread_at(place: &Location, left: &LeftOut) -> Unread {
    Unread {
        path: PathBuf::from(place.below(&left.key).to_string()),
        kind: left.kind,
        why: left.why.clone(),
    }
}

/// A run with other paths.
fn named(run: &Run, url: &impl Fn(&Path) -> PathBuf) -> Run {
    let mut run = run.clone();
    run.path = url(&run.path);
    for source in &mut run.sources {
        source.path = url(&source.path);
    }
    for tensor in run.tensors.values_mut() {
        let tensor = Arc::make_mut(tensor);
        tensor.path = url(&tensor.path);
    }
    for plot in &mut run.plots {
        plot.path = url(&plot.path);
    }
    for report in &mut run.reports {
        report.path = url(&report.path);
    }
    run
}
