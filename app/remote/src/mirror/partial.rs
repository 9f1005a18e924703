//! The files of a place that are read by ranges: a placeholder for each in the folder of the copy.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use trainscape_source::{Placeholder, RangeSource};

use super::index::{Index, Kept};
use crate::{
    access::Access,
    cache::Slot,
    download,
    entry::Entry,
    error::RemoteError,
    key, limits,
    partial::{PartialFile, Room, remove_blocks},
};

/// The files of a place that are read by ranges.
pub(super) struct PartialFiles {
    access: Arc<Access>,
    room: Arc<Room>,
    stop: Arc<AtomicBool>,
    /// By key.
    placed: BTreeMap<String, Placed>,
}

struct Placed {
    file: Arc<PartialFile>,
    _placeholder: Placeholder,
}

/// A file that could not be placed, and why.
type Failed = (String, RemoteError);

impl PartialFiles {
    pub(super) fn new(access: &Arc<Access>) -> Self {
        Self {
            access: Arc::clone(access),
            room: Arc::new(Room::new(limits::BLOCKS)),
            stop: Arc::default(),
            placed: BTreeMap::new(),
        }
    }

    /// Makes the placeholders those of the wanted files, besides those that stay; true if anything has changed.
    pub(super) fn update(
        &mut self,
        (slot, root): (&Slot, &Path),
        wanted: &[(PathBuf, Entry)],
        index: &mut Index,
        stays: &dyn Fn(&str) -> bool,
    ) -> (bool, Vec<Failed>) {
        let mut changed = self.remove_others(root, wanted, index, stays);
        let mut failures = Vec::new();
        for (path, entry) in wanted {
            match self.place((slot, root), path, entry, index) {
                Ok(is_new) => changed |= is_new,
                Err(error) => failures.push((entry.key.clone(), error)),
            }
        }
        let names: BTreeSet<String> = self
            .placed
            .values()
            .map(|placed| placed.file.name())
            .collect();
        remove_blocks(&slot.blocks(), |name| names.contains(name));
        (changed, failures)
    }

    /// Removes the placeholders of files that are gone, or come as a whole now.
    fn remove_others(
        &mut self,
        root: &Path,
        wanted: &[(PathBuf, Entry)],
        index: &mut Index,
        stays: &dyn Fn(&str) -> bool,
    ) -> bool {
        let wanted: BTreeSet<&str> = wanted.iter().map(|(_, entry)| &*entry.key).collect();
        let before = index.files.len();
        index.files.retain(|key, kept| {
            let stays = kept.by_ranges.is_none() || wanted.contains(&**key) || stays(key);
            if !stays && let Ok(path) = key::path_of(key) {
                let path = root.join(path);
                let _it_may_be_gone = fs::remove_file(&path);
                Placeholder::forget_at(&path);
            }
            stays
        });
        self.placed
            .retain(|key, _| wanted.contains(&**key) || stays(key));
        index.files.len() != before
    }

    /// Places a file, again where reading it has failed; true if it is new or another version.
    fn place(
        &mut self,
        (slot, root): (&Slot, &Path),
        path: &Path,
        entry: &Entry,
        index: &mut Index,
    ) -> Result<bool, RemoteError> {
        let target = root.join(path);
        let bytes = entry.version.bytes;
        let there = fs::metadata(&target)
            .ok()
            .filter(|found| found.len() == bytes);
        let is_kept = index
            .files
            .get(&entry.key)
            .is_some_and(|kept| kept.by_ranges.as_ref() == Some(&entry.version));
        let placed = self.placed.get(&entry.key);
        let is_current = |placed: &Placed| placed.file.entry().version == entry.version;
        if is_kept
            && there.is_some()
            && placed.is_some_and(|it| is_current(it) && !it.file.has_failed())
        {
            return Ok(false);
        }
        let is_again = placed.is_some_and(is_current);
        let file = match placed.filter(|placed| is_current(placed)) {
            Some(placed) => Arc::clone(&placed.file),
            None => {
                let url = match index.is_file {
                    true => self.access.location().to_string(),
                    false => self.access.location().below(&entry.key).to_string(),
                };
                let folder = slot.blocks();
                PartialFile::new((entry, url), &folder, &self.access, &self.room, &self.stop)
            }
        };
        file.forget_failure();
        let source: Arc<dyn RangeSource> = Arc::clone(&file) as _;
        let (placeholder, is_new) = match there.filter(|_| is_kept && placed.is_none()) {
            // That of an earlier program.
            Some(found) => (Placeholder::register(&target, &found, source), false),
            None => {
                key::make_folders(root, path)?;
                let part = slot.parts().join(file.name());
                let made = File::create(&part)
                    .and_then(|part| part.set_len(bytes).map(|()| part))
                    .and_then(|file| {
                        download::set_time(&part, entry);
                        file.metadata()
                    })
                    .map_err(RemoteError::disk(&target))?;
                // Whoever opens the file in between finds a placeholder of another version, and tries again.
                let placeholder = Placeholder::register(&target, &made, source);
                fs::rename(&part, &target).map_err(RemoteError::disk(&target))?;
                (placeholder, !is_again)
            }
        };
        let kept = Kept {
            version: None,
            bytes: 0,
            by_ranges: Some(entry.version.clone()),
        };
        index.files.insert(entry.key.clone(), kept);
        let placed = Placed {
            file,
            _placeholder: placeholder,
        };
        self.placed.insert(entry.key.clone(), placed);
        Ok(is_new)
    }
}

impl Drop for PartialFiles {
    fn drop(&mut self) {
        // Nobody waits any longer for what is under way.
        self.stop.store(true, Ordering::Relaxed);
    }
}
