//! A thread that keeps the copy of a place up to date.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use super::copy::{Mirror, Transfer};
use crate::{error::RemoteError, left_out::LeftOut, location::Location, store::Watch};

/// Time between two listings: the shortest one after a change, the longest one when nothing changes.
const SHORTEST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(15);

/// The time between two listings is at least this multiple of their duration.
const COST_FACTOR: u32 = 4;

/// Time between two looks at files that grow, where looking costs next to nothing.
const LOOK: Duration = Duration::from_millis(100);

/// The longest time between two attempts after failures.
const LONGEST_AFTER_FAILURE: Duration = Duration::from_secs(30);

/// How the copy of a place is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Everything that was at the place when it was last listed has come.
    pub is_current: bool,
    /// How far bringing files is.
    pub transfer: Transfer,
    /// Why the place cannot be read at present.
    pub failure: Option<String>,
    /// What was not brought.
    pub left_out: Vec<LeftOut>,
}

/// Keeps the copy of a place up to date until it is dropped.
pub struct Following {
    location: Location,
    path: PathBuf,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    status: Mutex<Status>,
    stop: AtomicBool,
    wake: Condvar,
}

impl Shared {
    fn status(&self) -> MutexGuard<'_, Status> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits, unless it is told to stop; true if it goes on.
    fn wait(&self, time: Duration) -> bool {
        let until = Instant::now() + time;
        let mut status = self.status();
        while !self.stop.load(Ordering::Relaxed) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            let waited = self.wake.wait_timeout(status, left);
            status = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        false
    }
}

impl Following {
    /// Follows a place with a copy that was opened before. `on_change` is called on the thread when the status changes.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(
        mirror: Mirror,
        on_change: impl Fn(&Status) + Send + Sync + 'static,
    ) -> Result<Self, RemoteError> {
        let shared = Arc::<Shared>::default();
        let (location, path) = (mirror.location().clone(), mirror.path());
        let place = location.to_string();
        let of_thread = Arc::clone(&shared);
        thread::Builder::new()
            .name("trainscape-remote".to_owned())
            .spawn(move || follow(mirror, &of_thread, &on_change))
            .map_err(|error| RemoteError::Other {
                place,
                reason: error.to_string(),
            })?;
        Ok(Self {
            location,
            path,
            shared,
        })
    }

    /// The place.
    #[must_use]
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// What is opened in the place of the URL.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How the copy is.
    #[must_use]
    pub fn status(&self) -> Status {
        self.shared.status().clone()
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        // The thread ends by itself: it may be waiting for a server.
        self.shared.stop.store(true, Ordering::Relaxed);
        self.shared.wake.notify_all();
    }
}

fn follow(mut mirror: Mirror, shared: &Shared, on_change: &(dyn Fn(&Status) + Sync)) {
    let mut pause = SHORTEST;
    let mut failures = 0_u32;
    // It is started once: where it is not installed, it ends at once.
    let mut watch: Option<Box<dyn Watch>> = None;
    let mut has_watched = false;
    let told: Mutex<Option<Status>> = Mutex::default();
    // A window that is woken draws: it is told of changes alone.
    let tell = || {
        let status = shared.status().clone();
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.as_ref() != Some(&status) {
            on_change(&status);
            *told = Some(status);
        }
    };
    while !shared.stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        let report = |transfer: Transfer| {
            shared.status().transfer = transfer;
            tell();
        };
        let result = mirror.update(&shared.stop, &report);
        {
            let mut status = shared.status();
            status.is_current = result.is_ok();
            status.failure = result.as_ref().err().map(ToString::to_string);
            status.left_out = mirror.left_out().to_vec();
        }
        tell();
        match result {
            Ok(true) => (pause, failures) = (SHORTEST, 0),
            Ok(false) => (pause, failures) = ((pause * 3 / 2).min(LONGEST), 0),
            Err(_) => {
                failures += 1;
                let longer = SHORTEST * (1 << failures.min(5));
                pause = longer.min(LONGEST_AFTER_FAILURE);
            }
        }
        if failures > 0 {
            watch = None;
        } else if !has_watched {
            (watch, has_watched) = (mirror.watch(), true);
        }
        let earliest = begun + SHORTEST;
        let until = Instant::now() + pause.max(begun.elapsed() * COST_FACTOR);
        let mut lists_early = false;
        while Instant::now() < until && !(lists_early && Instant::now() >= earliest) {
            let left = until.saturating_duration_since(Instant::now());
            match look(&mut mirror, watch.as_deref(), failures, shared) {
                Look::Never => drop(shared.wait(left)),
                Look::Again => drop(shared.wait(LOOK.min(left))),
                Look::List => {
                    lists_early = true;
                    shared.wait(LOOK.min(left));
                }
            }
            if shared.stop.load(Ordering::Relaxed) {
                return;
            }
        }
    }
}

/// What follows a look at the files that grow.
enum Look {
    /// Looking costs too much: they are looked at with the next listing.
    Never,
    /// They are looked at again soon.
    Again,
    /// The place is listed.
    List,
}

/// Looks at the files that grow: always, or where something at the place tells of changes, when it does.
fn look(mirror: &mut Mirror, watch: Option<&dyn Watch>, failures: u32, shared: &Shared) -> Look {
    if failures > 0 {
        return Look::Never;
    }
    let told = watch.map(Watch::has_told);
    if watch.is_some_and(Watch::is_telling) && told == Some(false) {
        return Look::Again;
    }
    match mirror.update_watched(&shared.stop) {
        None => Look::Never,
        Some(Ok(false)) if told == Some(true) => Look::List,
        Some(Ok(_)) => Look::Again,
        // The listing finds out what has happened.
        Some(Err(_)) => Look::List,
    }
}
