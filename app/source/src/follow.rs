use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher, event::ModifyKind};
use trainscape_run::Snapshot;

use crate::{
    error::SourceError,
    loader::{Loader, PollScope},
    open_options::OpenOptions,
};

/// Shortest time between two published snapshots: one frame.
const FRAME: Duration = Duration::from_millis(16);

/// Shortest time between two reads, so that many small writes are read together.
const DEBOUNCE: Duration = Duration::from_millis(4);

/// Longest time of reading before a snapshot may be published.
const READ_BUDGET: Duration = Duration::from_millis(12);

/// Time between two checks of all files, for file systems that do not report changes.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// The time between two checks of all files is at least this multiple of their duration.
const CHECK_COST_FACTOR: u32 = 500;

/// A named thread that loads runs, then follows them, and publishes snapshots at most once per frame.
/// Dropping it stops the thread.
#[derive(Debug)]
pub struct Follower {
    latest: Arc<Mutex<Arc<Snapshot>>>,
    events: Sender<FollowEvent>,
    thread: Option<JoinHandle<()>>,
}

enum FollowEvent {
    /// These files changed.
    Files(Vec<PathBuf>),
    /// Files or folders were created or removed, or the change is unknown.
    Unknown,
    Stop,
}

impl Follower {
    /// Starts to load `paths` and to follow them. `on_change` is called on the follower's thread
    /// with each published snapshot. Folders without logs may be followed, too.
    ///
    /// # Errors
    ///
    /// [`SourceError`] if a path does not exist or cannot be read, or no thread can be started.
    pub fn spawn(
        paths: Vec<PathBuf>,
        options: OpenOptions,
        on_change: impl Fn(Arc<Snapshot>) + Send + 'static,
    ) -> Result<Self, SourceError> {
        let mut loader = Loader::open_without_searching(&paths, options)?;
        let latest = Arc::new(Mutex::new(loader.snapshot()));
        let (events, receiver) = channel();
        let published = Arc::clone(&latest);
        let publish = move |snapshot: Arc<Snapshot>| {
            *published.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&snapshot);
            on_change(snapshot);
        };
        let from_watcher = events.clone();
        let watch = move || FolderWatcher::new(from_watcher, &paths);
        let thread = std::thread::Builder::new()
            .name("trainscape-follow".to_owned())
            .spawn(move || follow(loader, &receiver, watch(), &publish))
            .map_err(|error| SourceError::Threads {
                reason: error.to_string(),
            })?;
        Ok(Self {
            latest,
            events,
            thread: Some(thread),
        })
    }

    /// The snapshot published last.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.latest.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        // Fails only if the thread has already ended.
        let _ = self.events.send(FollowEvent::Stop);
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
        {
            let _ = thread.join();
        }
    }
}

/// Changes that have not been read yet.
#[derive(Default)]
struct PendingChanges {
    files: HashSet<PathBuf>,
    unknown: bool,
    stop: bool,
}

impl PendingChanges {
    fn add(&mut self, event: FollowEvent) {
        match event {
            FollowEvent::Files(paths) => self.files.extend(paths),
            FollowEvent::Unknown => self.unknown = true,
            FollowEvent::Stop => self.stop = true,
        }
    }

    /// Waits for an event until `deadline`, then takes all available events.
    fn wait(&mut self, events: &Receiver<FollowEvent>, deadline: Instant) {
        let timeout = deadline.saturating_duration_since(Instant::now());
        match events.recv_timeout(timeout) {
            Ok(event) => self.add(event),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => self.stop = true,
        }
        while let Ok(event) = events.try_recv() {
            self.add(event);
        }
    }

    /// Collects events until `deadline`, unless one of them is to stop.
    fn collect(&mut self, events: &Receiver<FollowEvent>, deadline: Instant) {
        while !self.stop && Instant::now() < deadline {
            self.wait(events, deadline);
        }
    }

    fn is_empty(&self) -> bool {
        self.files.is_empty() && !self.unknown && !self.stop
    }
}

fn follow(
    mut loader: Loader,
    events: &Receiver<FollowEvent>,
    mut watcher: FolderWatcher,
    publish: &impl Fn(Arc<Snapshot>),
) {
    let mut changes = PendingChanges {
        unknown: true,
        ..PendingChanges::default()
    };
    let mut check_at = Instant::now();
    let mut published_at: Option<Instant> = None;
    let mut unpublished = false;
    loop {
        let now = Instant::now();
        let check_all = changes.unknown
            || now >= check_at
            || changes.files.iter().any(|path| !loader.knows(path));
        let scope = if check_all {
            PollScope::All
        } else {
            PollScope::Files(&changes.files)
        };
        unpublished |= loader.poll_scope(&scope, Some(READ_BUDGET));
        if check_all {
            // Files that were created in a new folder before it was watched are found by a second check.
            if watcher.update(loader.folders()) {
                unpublished |= loader.poll_scope(&PollScope::All, Some(READ_BUDGET));
            }
            let cost = if loader.has_more() {
                Duration::ZERO
            } else {
                now.elapsed()
            };
            check_at = Instant::now() + CHECK_INTERVAL.max(cost * CHECK_COST_FACTOR);
        }
        changes = PendingChanges::default();
        let due = published_at.map_or(now, |at| at + FRAME);
        if unpublished && (Instant::now() >= due || !loader.has_more() && published_at.is_none()) {
            publish(loader.snapshot());
            published_at = Some(Instant::now());
            unpublished = false;
        }
        let read_at = Instant::now();
        if loader.has_more() {
            changes.wait(events, read_at);
        } else if unpublished {
            changes.wait(events, due);
        } else {
            let until = loader.compares_at().map_or(check_at, |at| at.min(check_at));
            while changes.is_empty() && Instant::now() < until {
                changes.wait(events, until);
            }
        }
        if !changes.is_empty() && !loader.has_more() {
            changes.collect(events, read_at + DEBOUNCE);
        }
        if changes.stop {
            loader.cancel();
            return;
        }
    }
}

/// Watches folders. Without it, changes are found by the periodic checks.
struct FolderWatcher {
    watcher: Option<RecommendedWatcher>,
    /// With the device and the inode of each: a watch stays with a folder that is moved away.
    watched: HashMap<PathBuf, Option<(u64, u64)>>,
}

impl FolderWatcher {
    fn new(events: Sender<FollowEvent>, paths: &[PathBuf]) -> Self {
        let handler = move |event: notify::Result<notify::Event>| {
            let change = match event {
                Ok(event) if event.need_rescan() => FollowEvent::Unknown,
                Ok(event) => match event.kind {
                    // Caused by reading the files.
                    EventKind::Access(_) => return,
                    EventKind::Modify(ModifyKind::Name(_)) => FollowEvent::Unknown,
                    EventKind::Modify(_) => FollowEvent::Files(event.paths),
                    _ => FollowEvent::Unknown,
                },
                Err(_) => FollowEvent::Unknown,
            };
            // Fails only after the follower has ended.
            let _ = events.send(change);
        };
        let watcher = match notify::recommended_watcher(handler) {
            Ok(watcher) => Some(watcher),
            Err(error) => {
                log::warn!(
                    "folders cannot be watched, so changes are checked for once per second: {error}"
                );
                None
            }
        };
        let mut folder_watcher = Self {
            watcher,
            watched: HashMap::new(),
        };
        // A single file is watched through its folder, so that a rename over it is noticed.
        let folders = paths.iter().filter(|path| path.is_file()).map(|path| {
            path.parent()
                .filter(|parent| !parent.as_os_str().is_empty())
                .unwrap_or(Path::new("."))
        });
        let folders = folders.map(|folder| (folder, None));
        folder_watcher.update(folders);
        folder_watcher
    }

    /// Watches `folders`, too; true if one of them is new, or another one than before.
    fn update<'a>(
        &mut self,
        folders: impl Iterator<Item = (&'a Path, Option<(u64, u64)>)>,
    ) -> bool {
        let Some(watcher) = &mut self.watcher else {
            return false;
        };
        let mut added = false;
        let folders: Vec<_> = folders.collect();
        if self.watched.len() > folders.len() {
            // A folder that is gone may come back with the same inode, and without a watch.
            let present: HashSet<&Path> = folders.iter().map(|(folder, _)| *folder).collect();
            self.watched
                .retain(|folder, identity| identity.is_none() || present.contains(&**folder));
        }
        for (folder, identity) in folders {
            let before = self.watched.get(folder);
            if before == Some(&identity) {
                continue;
            }
            if before.is_some() {
                // Fails if the system ended the watch when the folder was deleted.
                let _ended = watcher.unwatch(folder);
            }
            self.watched.insert(folder.to_owned(), identity);
            match watcher.watch(folder, RecursiveMode::NonRecursive) {
                Ok(()) => added = true,
                Err(error) => log::warn!("{} is not watched: {error}", folder.display()),
            }
        }
        added
    }
}
