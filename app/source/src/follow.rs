use std::{
    collections::HashSet,
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
    loader::{Loader, OpenOptions, Scope},
};

/// Shortest time between two published snapshots: one frame.
const FRAME: Duration = Duration::from_millis(16);

/// Shortest time between two looks, so that a writer of many small lines is read in portions.
const BREATH: Duration = Duration::from_millis(4);

/// Longest stretch of reading before a snapshot may be published.
const SLICE: Duration = Duration::from_millis(12);

/// Time between two looks at everything, for file systems that do not tell of changes.
const FALLBACK: Duration = Duration::from_secs(1);

/// A look at everything may take this share of one core: the time between two grows with its cost.
const FALLBACK_COST_FACTOR: u32 = 500;

/// A named thread that loads runs, then follows them, and publishes snapshots at most once a frame.
/// Dropping it stops the thread.
#[derive(Debug)]
pub struct Follower {
    latest: Arc<Mutex<Arc<Snapshot>>>,
    wake: Sender<Wake>,
    thread: Option<JoinHandle<()>>,
}

enum Wake {
    /// These files changed.
    Files(Vec<PathBuf>),
    /// Files or folders came or went, or it is not known what happened.
    Anything,
    Stop,
}

impl Follower {
    /// Starts to load `paths` and to follow them. `on_change` is called on the follower's thread
    /// with each published snapshot. Folders in which nothing is known yet may be followed too.
    ///
    /// # Errors
    ///
    /// [`SourceError`] where a path does not exist or cannot be read, or no thread can be started.
    pub fn spawn(
        paths: Vec<PathBuf>,
        options: OpenOptions,
        on_change: impl Fn(Arc<Snapshot>) + Send + 'static,
    ) -> Result<Self, SourceError> {
        let mut loader = Loader::open_for_now(&paths, options)?;
        let latest = Arc::new(Mutex::new(loader.snapshot()));
        let (wake, wakes) = channel();
        let published = Arc::clone(&latest);
        let publish = move |snapshot: Arc<Snapshot>| {
            *published.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&snapshot);
            on_change(snapshot);
        };
        let from_watch = wake.clone();
        let thread = std::thread::Builder::new()
            .name("trainscape-follow".to_owned())
            .spawn(move || follow(loader, &wakes, Watch::new(from_watch, &paths), &publish))
            .map_err(|error| SourceError::Threads {
                reason: error.to_string(),
            })?;
        Ok(Self {
            latest,
            wake,
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
        // Fails only where the thread has ended already.
        let _ = self.wake.send(Wake::Stop);
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
        {
            let _ = thread.join();
        }
    }
}

/// What has been told since the last look.
#[derive(Default)]
struct News {
    files: HashSet<PathBuf>,
    anything: bool,
    stop: bool,
}

impl News {
    fn add(&mut self, wake: Wake) {
        match wake {
            Wake::Files(paths) => self.files.extend(paths),
            Wake::Anything => self.anything = true,
            Wake::Stop => self.stop = true,
        }
    }

    /// Waits for news until `deadline`, then takes all there are.
    fn wait(&mut self, wakes: &Receiver<Wake>, deadline: Instant) {
        let timeout = deadline.saturating_duration_since(Instant::now());
        match wakes.recv_timeout(timeout) {
            Ok(wake) => self.add(wake),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => self.stop = true,
        }
        while let Ok(wake) = wakes.try_recv() {
            self.add(wake);
        }
    }

    /// Gathers news until `deadline`, unless told to stop.
    fn gather(&mut self, wakes: &Receiver<Wake>, deadline: Instant) {
        while !self.stop && Instant::now() < deadline {
            self.wait(wakes, deadline);
        }
    }

    fn is_empty(&self) -> bool {
        self.files.is_empty() && !self.anything && !self.stop
    }
}

fn follow(
    mut loader: Loader,
    wakes: &Receiver<Wake>,
    mut watch: Watch,
    publish: &impl Fn(Arc<Snapshot>),
) {
    let mut news = News {
        anything: true,
        ..News::default()
    };
    let mut fallback_at = Instant::now();
    let mut published_at: Option<Instant> = None;
    let mut unpublished = false;
    loop {
        let now = Instant::now();
        let everything = news.anything
            || now >= fallback_at
            || news.files.iter().any(|path| !loader.knows(path));
        let scope = if everything {
            Scope::All
        } else {
            Scope::Files(&news.files)
        };
        unpublished |= loader.poll_scope(&scope, Some(SLICE));
        if everything {
            // What came into a new folder before it was watched is found by looking once more.
            if watch.update(loader.folders()) {
                unpublished |= loader.poll_scope(&Scope::All, Some(SLICE));
            }
            let cost = if loader.has_more() {
                Duration::ZERO
            } else {
                now.elapsed()
            };
            fallback_at = Instant::now() + FALLBACK.max(cost * FALLBACK_COST_FACTOR);
        }
        news = News::default();
        let due = published_at.map_or(now, |at| at + FRAME);
        if unpublished && (Instant::now() >= due || !loader.has_more() && published_at.is_none()) {
            publish(loader.snapshot());
            published_at = Some(Instant::now());
            unpublished = false;
        }
        let looked_at = Instant::now();
        if loader.has_more() {
            news.wait(wakes, looked_at);
        } else if unpublished {
            news.wait(wakes, due);
        } else {
            while news.is_empty() && Instant::now() < fallback_at {
                news.wait(wakes, fallback_at);
            }
        }
        if !news.is_empty() && !loader.has_more() {
            news.gather(wakes, looked_at + BREATH);
        }
        if news.stop {
            return;
        }
    }
}

/// Watches folders; without it the fallback alone finds changes.
struct Watch {
    watcher: Option<RecommendedWatcher>,
    watched: HashSet<PathBuf>,
}

impl Watch {
    fn new(wake: Sender<Wake>, paths: &[PathBuf]) -> Self {
        let handler = move |event: notify::Result<notify::Event>| {
            let wake_up = match event {
                Ok(event) if event.need_rescan() => Wake::Anything,
                Ok(event) => match event.kind {
                    // Our own reading opens files, too.
                    EventKind::Access(_) => return,
                    EventKind::Modify(ModifyKind::Name(_)) => Wake::Anything,
                    EventKind::Modify(_) => Wake::Files(event.paths),
                    _ => Wake::Anything,
                },
                Err(_) => Wake::Anything,
            };
            // Fails only where nobody follows any more.
            let _ = wake.send(wake_up);
        };
        let watcher = match notify::recommended_watcher(handler) {
            Ok(watcher) => Some(watcher),
            Err(error) => {
                log::warn!("changes are found by looking once a second: {error}");
                None
            }
        };
        let mut watch = Self {
            watcher,
            watched: HashSet::new(),
        };
        // A file opened by itself is watched through its folder, so that a rename over it shows.
        let folders = paths.iter().filter(|path| path.is_file()).map(|path| {
            path.parent()
                .filter(|parent| !parent.as_os_str().is_empty())
                .unwrap_or(Path::new("."))
        });
        watch.update(folders);
        watch
    }

    /// Watches `folders`, too; true where one of them is new.
    fn update<'a>(&mut self, folders: impl Iterator<Item = &'a Path>) -> bool {
        let Some(watcher) = &mut self.watcher else {
            return false;
        };
        let mut added = false;
        for folder in folders {
            if !self.watched.contains(folder) {
                self.watched.insert(folder.to_owned());
                match watcher.watch(folder, RecursiveMode::NonRecursive) {
                    Ok(()) => added = true,
                    Err(error) => log::warn!("{} is not watched: {error}", folder.display()),
                }
            }
        }
        added
    }
}
