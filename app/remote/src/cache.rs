//! The folder of the cache: a slot for each place, within a bound of bytes.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use sha2::{Digest as _, Sha256};

use crate::{error::RemoteError, limits, location::Location, partial::allocated};

/// Names in a slot.
const LOCK: &str = "lock";
const FILES: &str = "files";
const PARTS: &str = "parts";
const BLOCKS: &str = "blocks";

/// A folder that this program alone writes to.
#[derive(Debug)]
pub(crate) struct Slot {
    folder: PathBuf,
    /// Held until the slot is dropped.
    _lock: fs::File,
}

/// Programs that follow one place at the same time.
const MOST_AT_ONCE: usize = 64;

impl Slot {
    /// A slot of a place: the first one that no other program has. Slots that were used longest ago are removed where
    /// the cache is larger than its bound.
    ///
    /// What is read and what is built of one place have slots of their own, by `purpose`.
    pub(crate) fn open(location: &Location, purpose: &str) -> Result<Self, RemoteError> {
        let cache = cache_folder();
        let digest = Sha256::digest(format!("{purpose}{location}").as_bytes());
        let name: String = digest
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        private_folder(&cache).map_err(RemoteError::disk(&cache))?;
        evict(&cache, &name);
        let mut slots = (0..MOST_AT_ONCE).map(|number| cache.join(format!("{name}.{number}")));
        let slot = slots.find_map(|folder| Self::try_open(folder).transpose());
        let slot = slot.unwrap_or_else(|| {
            Err(RemoteError::Other {
                place: location.to_string(),
                reason: format!("{MOST_AT_ONCE} programs read it at the same time"),
            })
        })?;
        // What an earlier program has left half brought may be of another version.
        let _there_may_be_none = fs::remove_dir_all(slot.parts());
        for folder in [slot.files(), slot.parts(), slot.blocks()] {
            fs::create_dir_all(&folder).map_err(RemoteError::disk(&folder))?;
        }
        Ok(slot)
    }

    /// `None` where another program has it.
    fn try_open(folder: PathBuf) -> Result<Option<Self>, RemoteError> {
        private_folder(&folder).map_err(RemoteError::disk(&folder))?;
        let path = folder.join(LOCK);
        let lock = fs::File::create(&path).map_err(RemoteError::disk(&path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Self {
                folder,
                _lock: lock,
            })),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(RemoteError::disk(&path)(error)),
        }
    }

    /// What is opened is in here.
    pub(crate) fn files(&self) -> PathBuf {
        self.folder.join(FILES)
    }

    /// What is being brought.
    pub(crate) fn parts(&self) -> PathBuf {
        self.folder.join(PARTS)
    }

    /// What has come of the files that are read by ranges.
    pub(crate) fn blocks(&self) -> PathBuf {
        self.folder.join(BLOCKS)
    }

    /// What is known of a build that was not written to the place yet.
    pub(crate) fn built(&self) -> PathBuf {
        self.folder.join("built.json")
    }

    pub(crate) fn index(&self) -> PathBuf {
        self.folder.join("index.json")
    }
}

/// The user's folder for what can be brought again, or one that TRAINSCAPE_CACHE names.
fn cache_folder() -> PathBuf {
    if let Some(folder) = env::var_os("TRAINSCAPE_CACHE").filter(|folder| !folder.is_empty()) {
        return PathBuf::from(folder).join("remote");
    }
    let project = directories::ProjectDirs::from("", "", "trainscape");
    let folder = project.map(|project| project.cache_dir().to_owned());
    folder
        .unwrap_or_else(|| env::temp_dir().join("trainscape-cache"))
        .join("remote")
}

/// Creates a folder that only the user can read: runs may be confidential.
fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder)
}

/// Removes slots that nobody uses, those used longest ago first, until the cache is within its bound.
fn evict(cache: &Path, own: &str) {
    let mut slots: Vec<(SystemTime, PathBuf, u64)> = Vec::new();
    for entry in fs::read_dir(cache).into_iter().flatten().flatten() {
        let folder = entry.path();
        let used = fs::metadata(folder.join(LOCK)).and_then(|lock| lock.modified());
        let used = used.unwrap_or(SystemTime::UNIX_EPOCH);
        slots.push((used, folder.clone(), bytes_in(&folder, 0)));
    }
    slots.sort();
    let mut bytes: u64 = slots.iter().map(|(_, _, bytes)| bytes).sum();
    for (_, folder, of_slot) in slots {
        if bytes <= limits::CACHE {
            return;
        }
        let lock = fs::File::open(folder.join(LOCK));
        let is_free = lock.is_ok_and(|lock| lock.try_lock().is_ok());
        let is_own = folder
            .file_stem()
            .is_some_and(|name| name.to_str() == Some(own));
        if is_free && !is_own && fs::remove_dir_all(&folder).is_ok() {
            bytes -= of_slot;
        }
    }
}

fn bytes_in(folder: &Path, depth: usize) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let found = entry.metadata().ok()?;
            Some(match found.is_dir() {
                true if depth < limits::DEPTH + 4 => bytes_in(&entry.path(), depth + 1),
                true => 0,
                false => allocated(&found),
            })
        })
        .sum()
}
