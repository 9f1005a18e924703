//! The copy of a place in the cache.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, SystemTime},
};

use trainscape_source::catalog::STAGING;

use super::{
    catalogs::{Catalogs, OfCatalog},
    choice::{self, Choice},
    index::{Index, Kept},
    partial::PartialFiles,
};
use crate::{
    access::Access,
    append::{self, Appended},
    cache::Slot,
    download::{self, Control},
    entry::{Entry, Listing},
    error::RemoteError,
    key,
    left_out::LeftOut,
    location::Location,
    placing,
    store::{Store, Watch},
};

/// Files that are looked at one by one, where that costs next to nothing.
const MOST_WATCHED: usize = 32;

/// A file that was modified within this time is expected to grow.
const ACTIVE: Duration = Duration::from_secs(600);

/// How far bringing files is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Transfer {
    /// Bytes that have come.
    pub bytes_done: u64,
    /// Bytes of all files that are brought.
    pub bytes_total: u64,
}

/// The copy of a place in the cache.
pub struct Mirror {
    location: Location,
    pub(super) slot: Slot,
    pub(super) index: Index,
    pub(super) access: Arc<Access>,
    partial: PartialFiles,
    left_out: Vec<LeftOut>,
    /// Files that are expected to grow.
    watched: Vec<(PathBuf, Entry)>,
}

impl Mirror {
    /// Opens the copy of a place, without reaching the place.
    ///
    /// # Errors
    /// When the cache cannot be written.
    pub fn open(location: &Location) -> Result<Self, RemoteError> {
        Self::open_for(location, "")
    }

    /// Opens a copy that is used for something else than reading.
    pub(super) fn open_for(location: &Location, purpose: &str) -> Result<Self, RemoteError> {
        let slot = Slot::open(location, purpose)?;
        let url = location.to_string();
        let access = Arc::new(Access::new(location.clone()));
        let mirror = Self {
            index: Index::read(&slot.index(), &url),
            location: location.clone(),
            slot,
            partial: PartialFiles::new(&access),
            access,
            left_out: Vec::new(),
            watched: Vec::new(),
        };
        let root = mirror.root();
        fs::create_dir_all(&root).map_err(RemoteError::disk(&root))?;
        Ok(mirror)
    }

    /// The place.
    #[must_use]
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// The folder that stands for the place.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        let name = self.location.name();
        let is_plain = key::path_of(name).is_ok();
        self.slot
            .files()
            .join(if is_plain { name } else { "place" })
    }

    /// What is opened in the place of the URL: the folder, or the only file if the place is one.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        let only = self
            .index
            .files
            .keys()
            .next()
            .filter(|_| self.index.is_file);
        match only {
            Some(name) => self.root().join(name),
            None => self.root(),
        }
    }

    /// The URL of a file in the copy; `None` for other files.
    #[must_use]
    pub fn url_of(&self, path: &Path) -> Option<PathBuf> {
        let below = path.strip_prefix(self.root()).ok()?;
        let url = PathBuf::from(self.location.to_string());
        let is_place = self.index.is_file || below.as_os_str().is_empty();
        Some(if is_place { url } else { url.join(below) })
    }

    /// What was not brought.
    #[must_use]
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// Brings the copy up to date; true if anything has changed.
    ///
    /// # Errors
    /// When the place cannot be read. What was brought stays.
    pub fn update(
        &mut self,
        stop: &AtomicBool,
        report: &(dyn Fn(Transfer) + Sync),
    ) -> Result<bool, RemoteError> {
        let result = self.try_update(stop, report);
        if result.is_err() {
            // A connection that has failed is opened again.
            self.access.renew();
        }
        result
    }

    fn try_update(
        &mut self,
        stop: &AtomicBool,
        report: &(dyn Fn(Transfer) + Sync),
    ) -> Result<bool, RemoteError> {
        let store = self.access.store()?;
        let Listing {
            files,
            is_file,
            left_out,
        } = store.list("", &trainscape_source::is_entered)?;
        let catalogs = match is_file {
            true => Catalogs::default(),
            false => Catalogs::among(&files),
        };
        let mut by_ranges = files.iter();
        let by_ranges = by_ranges.find(|file| choice::is_by_ranges(file, catalogs.role(&file.key)));
        // Reading that file tells why it cannot be read.
        let gives_ranges =
            by_ranges.is_none_or(|file| self.access.gives_ranges(file).unwrap_or(true));
        let mut choice = match is_file {
            true => Choice::named(files, &self.location, gives_ranges)?,
            false => Choice::of(files, &catalogs, gives_ranges),
        };
        self.index.is_file = is_file;
        // What an earlier version of the program has brought as a whole stays.
        let (whole, by_ranges): (Vec<_>, Vec<_>) = choice
            .by_ranges
            .into_iter()
            .partition(|(path, file)| self.has(path, file));
        choice.wanted.extend(whole);
        let root = self.root();
        if catalogs.is_place() {
            begin_catalog(&root)?;
        }
        // A reader has the files of the catalog as it was until it has the list of those of the catalog as it is.
        let list = choice.list.take();
        let new_list = list.filter(|(path, file)| !self.has(path, file));
        let stays = |key: &str| {
            let role = catalogs.role(key);
            let is_list = role == Some(OfCatalog::List);
            is_list || (new_list.is_some() && role.is_some())
        };
        let slot = (&self.slot, root.as_path());
        let (placed, not_placed) = self
            .partial
            .update(slot, &by_ranges, &mut self.index, &stays);
        let removed = self.remove_others(&choice.wanted, &stays);
        self.watched = match catalogs.is_place() {
            // The list alone would name files that are not there yet.
            true => Vec::new(),
            false => active(&choice.wanted),
        };
        choice.wanted.retain(|(path, file)| !self.has(path, file));
        let changed = placed || removed || new_list.is_some() || !choice.wanted.is_empty();
        let mut failures = self.bring(&*store, &choice.wanted, stop, report);
        failures.extend(not_placed);
        if let Some(list) = new_list
            && (failures.is_empty() || !root.join(&list.0).exists())
        {
            failures.extend(self.bring(&*store, &[list], stop, report));
        }
        self.index.write(&self.slot.index())?;
        self.left_out = choice.left_out;
        self.left_out.extend(left_out);
        for (key, error) in failures {
            if !error.is_of_one_file() {
                return Err(error);
            }
            self.left_out
                .push(LeftOut::new("log", key, error.to_string()));
        }
        Ok(changed)
    }

    /// Something at the place that tells when files change.
    pub(super) fn watch(&self) -> Option<Box<dyn Watch>> {
        self.access.connected()?.watch()
    }

    /// Brings what was added to the files that grow, where looking at them costs next to nothing; `None` where it does not.
    pub(super) fn update_watched(
        &mut self,
        stop: &AtomicBool,
    ) -> Option<Result<bool, RemoteError>> {
        let store = self
            .access
            .connected()
            .filter(|_| !self.watched.is_empty())?;
        let mut changed = Vec::new();
        for (path, file) in self.watched.clone() {
            match store.look(&file)? {
                Ok(now) if !self.has(&path, &now) => changed.push((path, now)),
                Ok(_) | Err(RemoteError::NotFound { .. }) => {}
                Err(error) => {
                    self.access.renew();
                    return Some(Err(error));
                }
            }
        }
        if changed.is_empty() {
            return Some(Ok(false));
        }
        let failures = self.bring(&*store, &changed, stop, &|_| {});
        let mut failures = failures.into_iter().map(|(_, error)| error);
        match failures.find(|error| !error.is_of_one_file()) {
            Some(error) => {
                self.access.renew();
                Some(Err(error))
            }
            None => Some(self.index.write(&self.slot.index()).map(|()| true)),
        }
    }

    /// Whether the copy has this version of a file.
    fn has(&self, path: &Path, file: &Entry) -> bool {
        let kept = self.index.files.get(&file.key);
        kept.is_some_and(|kept| kept.version.as_ref() == Some(&file.version))
            && fs::metadata(self.root().join(path))
                .is_ok_and(|found| found.len() == file.version.bytes)
    }

    /// Removes the files that are no longer at the place: trainers delete their old checkpoints.
    fn remove_others(&mut self, wanted: &[(PathBuf, Entry)], stays: &dyn Fn(&str) -> bool) -> bool {
        let wanted: BTreeSet<&str> = wanted.iter().map(|(_, file)| &*file.key).collect();
        let root = self.root();
        let before = self.index.files.len();
        self.index.files.retain(|key, kept| {
            let stays = kept.by_ranges.is_some() || wanted.contains(&**key) || stays(key);
            if !stays && let Ok(path) = key::path_of(key) {
                let _it_may_be_gone = fs::remove_file(root.join(path));
            }
            stays
        });
        self.index.files.len() != before
    }

    /// Brings files, several at a time. What fails is returned; where the place itself fails, the others are left.
    fn bring(
        &mut self,
        store: &dyn Store,
        files: &[(PathBuf, Entry)],
        stop: &AtomicBool,
        report: &(dyn Fn(Transfer) + Sync),
    ) -> Vec<(String, RemoteError)> {
        let all = placing::bytes_of(files.iter().map(|(_, file)| file));
        let kept = files.iter().map(|(_, file)| self.kept_bytes(file));
        let bytes_total = all.saturating_sub(kept.sum());
        let done = AtomicU64::new(0);
        let progress = |bytes: u64| {
            let bytes_done = done.fetch_add(bytes, Ordering::Relaxed) + bytes;
            report(Transfer {
                bytes_done,
                bytes_total,
            });
        };
        let control = Control {
            stop,
            progress: &progress,
        };
        let next = AtomicUsize::new(0);
        let given_up = AtomicBool::new(false);
        let outcomes: Mutex<Vec<(String, Kept, Option<RemoteError>)>> = Mutex::default();
        let this = &*self;
        let work = || {
            while let Some((path, file)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                if given_up.load(Ordering::Relaxed) {
                    return;
                }
                let (kept, failure) = this.bring_one(store, path, file, &control);
                if failure
                    .as_ref()
                    .is_some_and(|error| !error.is_of_one_file())
                {
                    given_up.store(true, Ordering::Relaxed);
                }
                let mut outcomes = outcomes.lock().unwrap_or_else(PoisonError::into_inner);
                outcomes.push((file.key.clone(), kept, failure));
            }
        };
        thread::scope(|scope| {
            let helpers = store.parallel().min(files.len()).saturating_sub(1);
            for number in 0..helpers {
                let builder = thread::Builder::new().name(format!("trainscape-bring-{number}"));
                // Without more threads it takes longer.
                let _helper = builder.spawn_scoped(scope, work);
            }
            work();
        });
        let outcomes = outcomes
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let mut failures = Vec::new();
        for (key, kept, failure) in outcomes {
            if let Some(error) = failure {
                failures.push((key.clone(), error));
            }
            self.index.files.insert(key, kept);
        }
        failures
    }

    /// Bytes of a file that need not come again.
    fn kept_bytes(&self, file: &Entry) -> u64 {
        let kept = self.index.files.get(&file.key);
        let bytes = kept.map_or(0, |kept| kept.bytes);
        match append::grows(&file.key) && bytes <= file.version.bytes {
            true => bytes,
            false => 0,
        }
    }

    /// Brings one file; what is kept of it afterwards.
    fn bring_one(
        &self,
        store: &dyn Store,
        path: &Path,
        file: &Entry,
        control: &Control<'_>,
    ) -> (Kept, Option<RemoteError>) {
        let root = self.root();
        let target = root.join(path);
        let whole = Kept {
            version: Some(file.version.clone()),
            bytes: file.version.bytes,
            by_ranges: None,
        };
        let result = self.try_bring(store, (&root, path), file, control);
        match result {
            Ok(()) => {
                download::set_time(&target, file);
                (whole, None)
            }
            Err(error) => {
                let bytes = fs::metadata(&target).map_or(0, |found| found.len());
                let kept = Kept {
                    version: None,
                    bytes,
                    by_ranges: None,
                };
                (kept, Some(error))
            }
        }
    }

    fn try_bring(
        &self,
        store: &dyn Store,
        (root, path): (&Path, &Path),
        file: &Entry,
        control: &Control<'_>,
    ) -> Result<(), RemoteError> {
        let target = root.join(path);
        let have = self.kept_bytes(file);
        let is_there = fs::metadata(&target).is_ok_and(|found| found.len() == have);
        if have > 0
            && is_there
            && append::append(store, file, &target, have, control)? == Appended::Whole
        {
            return Ok(());
        }
        key::make_folders(root, path)?;
        let part = self.slot.parts().join(part_name(&file.key));
        let _an_old_version = fs::remove_file(&part);
        download::bring(store, file, &part, control)?;
        fs::rename(&part, &target).map_err(RemoteError::disk(&target))
    }
}

/// Marks the copy of a catalog as one while its files are on their way.
fn begin_catalog(root: &Path) -> Result<(), RemoteError> {
    let mark = root.join(STAGING);
    fs::create_dir_all(&mark).map_err(RemoteError::disk(&mark))
}

/// A name for what is being brought, which no other file has.
fn part_name(key: &str) -> String {
    use sha2::{Digest as _, Sha256};
    let digest = Sha256::digest(key.as_bytes());
    digest
        .iter()
        .take(12)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The files that were modified lately, the newest first.
fn active(files: &[(PathBuf, Entry)]) -> Vec<(PathBuf, Entry)> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now_ms = now.map_or(0, |now| i64::try_from(now.as_millis()).unwrap_or(i64::MAX));
    let oldest = now_ms.saturating_sub(i64::try_from(ACTIVE.as_millis()).unwrap_or(i64::MAX));
    let is_active = |file: &Entry| file.version.modified_ms.is_some_and(|at| at >= oldest);
    let mut active: Vec<_> = files
        .iter()
        .filter(|(_, file)| is_active(file))
        .cloned()
        .collect();
    active.sort_by_key(|(_, file)| std::cmp::Reverse(file.version.modified_ms));
    active.truncate(MOST_WATCHED);
    active
}
