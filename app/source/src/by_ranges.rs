//! Files that lie elsewhere and are read by ranges. In the opened folder a placeholder has the place of such a file: it has
//! the length and the time of the file, and nothing is in it. What is read of it is answered by a source that whoever made the
//! placeholder has registered. Formats name files by their paths, so the sources are found by path, like those of a
//! file system that is mounted.

use std::{
    cell::Cell,
    collections::HashMap,
    fmt::Debug,
    fs::Metadata,
    io,
    ops::Range,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock, PoisonError, RwLock},
};

use crate::stamp::identity;

/// A file that lies elsewhere, in one version.
pub trait RangeSource: Send + Sync + Debug {
    /// Begins reading.
    ///
    /// # Errors
    /// When what was read before cannot be opened.
    fn open(self: Arc<Self>) -> io::Result<Box<dyn RangeReader>>;

    /// Why reading has failed since this was asked last.
    fn take_failure(&self) -> Option<String>;
}

/// A file that lies elsewhere, while it is read.
pub trait RangeReader: Send + Sync {
    /// Fills `out` with the bytes from `start`, which are inside of the file.
    ///
    /// # Errors
    /// When they cannot be read, or the file is no longer of its version.
    fn read_exact_at(&self, out: &mut [u8], start: u64) -> io::Result<()>;

    /// Brings bytes that will be read soon, while other threads bring others. A failure is that of the read.
    fn bring(&self, _wanted: Range<u64>) {}
}

/// That a file is a placeholder: until this is dropped, the source answers what is read of it, and errors do afterwards.
#[derive(Debug)]
pub struct Placeholder {
    path: PathBuf,
    identity: Identity,
}

/// Device and inode.
type Identity = Option<(u64, u64)>;

#[derive(Debug)]
struct Entry {
    identity: Identity,
    /// `None` once the placeholder was dropped: the zeros of a file that is left behind must not be taken for numbers.
    source: Option<Arc<dyn RangeSource>>,
}

thread_local! {
    static WAITS: Cell<bool> = const { Cell::new(true) };
}

/// From now on, what is read by ranges on this thread is what has come before: the thread that draws a window waits for
/// no server.
pub fn never_wait_on_this_thread() {
    WAITS.set(false);
}

/// Whether this thread may wait for what has to come.
#[must_use]
pub fn may_wait() -> bool {
    WAITS.get()
}

static ENTRIES: LazyLock<RwLock<HashMap<PathBuf, Entry>>> = LazyLock::new(RwLock::default);

impl Placeholder {
    /// Registers the file with these metadata, which is at the path or will be renamed to it, as a placeholder.
    #[must_use]
    pub fn register(path: &Path, metadata: &Metadata, source: Arc<dyn RangeSource>) -> Self {
        let identity = identity(metadata);
        let entry = Entry {
            identity,
            source: Some(source),
        };
        let mut entries = ENTRIES.write().unwrap_or_else(PoisonError::into_inner);
        entries.insert(path.to_owned(), entry);
        Self {
            path: path.to_owned(),
            identity,
        }
    }

    /// Forgets what was registered for a path: the placeholder is gone, and another file may take its place.
    pub fn forget_at(path: &Path) {
        let mut entries = ENTRIES.write().unwrap_or_else(PoisonError::into_inner);
        entries.remove(path);
    }
}

impl Drop for Placeholder {
    fn drop(&mut self) {
        let mut entries = ENTRIES.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries.get_mut(&self.path)
            && entry.identity == self.identity
        {
            entry.source = None;
        }
    }
}

/// True if a file is read by ranges: its own bytes are none of the file that it stands for.
pub(crate) fn is_placeholder(path: &Path) -> bool {
    let entries = ENTRIES.read().unwrap_or_else(PoisonError::into_inner);
    !entries.is_empty() && entries.contains_key(path)
}

/// The source of a file that is read by ranges; `None` for other files.
pub(crate) fn source_of(path: &Path) -> Option<io::Result<(Identity, Arc<dyn RangeSource>)>> {
    let entries = ENTRIES.read().unwrap_or_else(PoisonError::into_inner);
    if entries.is_empty() {
        return None;
    }
    let entry = entries.get(path)?;
    let closed = || io::Error::other("the place that it lies at is no longer open");
    let source = entry.source.clone().ok_or_else(closed);
    Some(source.map(|source| (entry.identity, source)))
}

/// Why reading a file by ranges has failed since this was asked last; `None` for other files.
pub(crate) fn take_failure(path: &Path) -> Option<String> {
    let (_, source) = source_of(path)?.ok()?;
    source.take_failure()
}
