//! A catalog in a bucket that is built here: on a copy of it, of which what is new is written back, the list last. A reader of
//! the bucket sees the catalog as it was or as it is.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    thread,
};

use serde::{Deserialize, Serialize};
use trainscape_source::{
    Placeholder,
    catalog::{MANIFEST, Manifest, Part, STAGING, StoredFile, read_manifest},
};

use super::{
    catalogs::Catalogs,
    copy::{Mirror, Transfer},
};
use crate::{
    access::Access,
    download::{self, Control, checksum},
    entry::{Entry, Version},
    error::RemoteError,
    key,
    location::Location,
    store::Store,
};

/// The description of a shard that is finished.
const SHARD: &str = "shard.json";

/// What is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Building {
    /// The catalog.
    Catalog,
    /// A shard of it, by the name of its folder.
    Shard(String),
    /// The catalog, from all shards that were built.
    Commit,
}

impl Building {
    fn purpose(&self) -> String {
        match self {
            Self::Catalog => "build ".to_owned(),
            Self::Shard(name) => format!("build {name} "),
            Self::Commit => "commit ".to_owned(),
        }
    }
}

/// A list that was built and is not at the place yet, and the version of the one that it replaces.
#[derive(Serialize, Deserialize)]
struct Built {
    replaces: Option<Version>,
    manifest: Manifest,
}

/// A catalog in a bucket that is built here.
pub struct Publication {
    mirror: Mirror,
    building: Building,
    /// What is at the place, by key.
    far: BTreeMap<String, Entry>,
    /// The catalog as it is there.
    before: Option<Manifest>,
}

impl Publication {
    /// Brings the tables of the catalog at the place, if there is one, to a folder that it can be built in.
    ///
    /// # Errors
    /// When the place cannot be read, is not written to, or holds something else.
    pub fn open(
        location: &Location,
        building: Building,
        stop: &AtomicBool,
        report: &(dyn Fn(Transfer) + Sync),
    ) -> Result<Self, RemoteError> {
        let place = || location.to_string();
        if !location.scheme.is_written() {
            return Err(RemoteError::NotWritable { place: place() });
        }
        let mut mirror = Mirror::open_for(location, &building.purpose())?;
        let files = files_at(&mirror.access)?;
        let catalogs = Catalogs::among(&files);
        let far: BTreeMap<String, Entry> = files
            .into_iter()
            .map(|file| (file.key.clone(), file))
            .collect();
        if !far.is_empty() && !far.keys().any(|key| is_of_catalog(key)) {
            return Err(RemoteError::NotACatalog { place: place() });
        }
        let root = mirror.root();
        forget(&mut mirror, MANIFEST);
        if catalogs.is_place() || far.contains_key(MANIFEST) {
            mirror.update(stop, report)?;
        }
        let staging = root.join(STAGING);
        fs::create_dir_all(&staging).map_err(RemoteError::disk(&staging))?;
        let before = match far.contains_key(MANIFEST) {
            true => {
                Some(read_manifest(&root).map_err(|error| unreadable(location, &root, &error))?)
            }
            false => None,
        };
        let mut publication = Self {
            mirror,
            building,
            far,
            before,
        };
        publication.go_on()?;
        match &publication.building {
            Building::Catalog => {}
            Building::Shard(name) => publication.forget_committed(name)?,
            Building::Commit => publication.bring_staged(stop)?,
        }
        Ok(publication)
    }

    /// The folder in which the catalog is built.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.mirror.root()
    }

    /// A sentence with the place where it names the folder.
    #[must_use]
    pub fn at_the_place(&self, sentence: &str) -> String {
        let folder = self.folder().display().to_string();
        sentence.replace(&folder, &self.mirror.location().to_string())
    }

    /// Goes on with what an earlier build has built and not written to the place, unless the catalog there has changed since.
    /// Files at the place that no list names are as good as none: they are built again under the same names.
    fn go_on(&mut self) -> Result<(), RemoteError> {
        let text = fs::read(self.mirror.slot.built()).unwrap_or_default();
        let built: Option<Built> = serde_json::from_slice(&text).ok();
        let root = self.folder();
        let built = built.filter(|built| {
            let is_there = |file: &str| self.far.contains_key(file) || root.join(file).is_file();
            let mut files = built.manifest.parts.iter().flat_map(Part::files);
            built.replaces == self.version() && files.all(is_there)
        });
        if let Some(built) = &built {
            let list = serde_json::to_vec_pretty(&built.manifest).expect("a list is JSON");
            let path = root.join(MANIFEST);
            fs::write(&path, list).map_err(RemoteError::disk(&path))?;
        }
        let lists = self
            .before
            .iter()
            .chain(built.as_ref().map(|built| &built.manifest));
        let listed = lists.flat_map(|list| &list.parts).flat_map(Part::files);
        let listed: BTreeSet<&str> = listed.collect();
        let is_history = |key: &str| StoredFile::at(Path::new(key)) == Some(StoredFile::History);
        let far = self.far.keys().filter(|key| !listed.contains(&***key));
        for key in far.filter(|key| is_history(key)) {
            forget(&mut self.mirror, key);
            Placeholder::forget_at(&root.join(key));
        }
        Ok(())
    }

    /// Forgets what was built of a shard and has been committed since.
    fn forget_committed(&self, name: &str) -> Result<(), RemoteError> {
        let folder = self.folder().join(STAGING).join(name);
        let is_finished = folder.join(SHARD).is_file();
        if is_finished && !self.far.contains_key(&format!("{STAGING}/{name}/{SHARD}")) {
            fs::remove_dir_all(&folder).map_err(RemoteError::disk(&folder))?;
        }
        Ok(())
    }

    /// Brings what all shards have built.
    fn bring_staged(&self, stop: &AtomicBool) -> Result<(), RemoteError> {
        let root = self.folder();
        let staging = root.join(STAGING);
        fs::remove_dir_all(&staging)
            .and_then(|()| fs::create_dir_all(&staging))
            .map_err(RemoteError::disk(&staging))?;
        let store = self.mirror.access.store()?;
        let staged: Vec<&Entry> = self.staged("").collect();
        in_parallel(&*store, &staged, |file| {
            let path = key::path_of(&file.key)?;
            key::make_folders(&root, &path)?;
            let control = Control {
                stop,
                progress: &|_| {},
            };
            let part = root.join(path);
            download::bring(&*store, file, &part, &control).map(|_| ())
        })
    }

    /// What a shard has built, or all of them.
    fn staged(&self, name: &str) -> impl Iterator<Item = &Entry> {
        let folder = match name {
            "" => format!("{STAGING}/"),
            name => format!("{STAGING}/{name}/"),
        };
        self.far
            .values()
            .filter(move |file| file.key.starts_with(&folder))
    }

    /// The version of the list at the place.
    fn version(&self) -> Option<Version> {
        self.far.get(MANIFEST).map(|file| file.version.clone())
    }

    /// Writes what was built to the place. Returns the bytes that were written.
    ///
    /// # Errors
    /// When the place cannot be written. What was written is not written again by the next build.
    pub fn publish(&self, report: &(dyn Fn(Transfer) + Sync)) -> Result<u64, RemoteError> {
        match &self.building {
            Building::Shard(name) => self.publish_shard(name, report),
            Building::Catalog | Building::Commit => self.publish_catalog(report),
        }
    }

    fn publish_shard(
        &self,
        name: &str,
        report: &(dyn Fn(Transfer) + Sync),
    ) -> Result<u64, RemoteError> {
        let folder = format!("{STAGING}/{name}");
        let last = format!("{folder}/{SHARD}");
        let keys = keys_below(&self.folder(), &folder)?;
        let others = keys
            .iter()
            .filter(|key| **key != last && !key.ends_with("/lock"));
        let others: Vec<&str> = others.map(String::as_str).collect();
        let store = self.mirror.access.store()?;
        // Without its description, a shard is none while its parts are replaced.
        store.delete(&last)?;
        let bytes = self.put(&*store, &others, report)?;
        let old = self.staged(name).map(|file| file.key.as_str());
        let old: Vec<&str> = old
            .filter(|key| !keys.iter().any(|new| new == key))
            .collect();
        in_parallel(&*store, &old, |key| store.delete(key))?;
        let path = self.folder().join(&last);
        store.put(&last, fs::read(&path).map_err(RemoteError::disk(&path))?)?;
        Ok(bytes)
    }

    fn publish_catalog(&self, report: &(dyn Fn(Transfer) + Sync)) -> Result<u64, RemoteError> {
        let (root, location) = (self.folder(), self.mirror.location());
        let manifest = read_manifest(&root).map_err(|error| unreadable(location, &root, &error))?;
        let store = self.mirror.access.store()?;
        let mut bytes = 0;
        if self.before.as_ref() != Some(&manifest) {
            let built = self.mirror.slot.built();
            let text = Built {
                replaces: self.version(),
                manifest: manifest.clone(),
            };
            let text = serde_json::to_vec(&text).expect("a list is JSON");
            fs::write(&built, text).map_err(RemoteError::disk(&built))?;
            let files: Vec<&str> = manifest.parts.iter().flat_map(Part::files).collect();
            bytes = self.put(&*store, &files, report)?;
            let now = files_at(&self.mirror.access)?;
            let now = now.into_iter().find(|file| file.key == MANIFEST);
            if now.map(|file| file.version) != self.version() {
                let place = location.to_string();
                return Err(RemoteError::BuiltMeanwhile { place });
            }
            let path = root.join(MANIFEST);
            store.put(MANIFEST, fs::read(&path).map_err(RemoteError::disk(&path))?)?;
            let _it_may_be_gone = fs::remove_file(&built);
        }
        self.remove_old(&*store, &manifest)?;
        Ok(bytes)
    }

    /// Removes the files of neither this list nor the one before, which readers may still have, and what shards have staged.
    fn remove_old(&self, store: &dyn Store, manifest: &Manifest) -> Result<(), RemoteError> {
        let before = self.before.iter().flat_map(|before| &before.parts);
        let listed = manifest.parts.iter().chain(before).flat_map(Part::files);
        let listed: BTreeSet<&str> = listed.collect();
        let is_old = |key: &&str| match StoredFile::at(Path::new(key)) {
            Some(StoredFile::Table | StoredFile::History) => !listed.contains(key),
            Some(StoredFile::List) => false,
            None => self.building == Building::Commit && is_of_catalog(key),
        };
        let old: Vec<&str> = self.far.keys().map(String::as_str).filter(is_old).collect();
        in_parallel(store, &old, |key| store.delete(key))
    }

    /// Writes the files that are not there yet. Returns their bytes.
    fn put(
        &self,
        store: &dyn Store,
        keys: &[&str],
        report: &(dyn Fn(Transfer) + Sync),
    ) -> Result<u64, RemoteError> {
        let root = self.folder();
        let mut new = Vec::new();
        let mut bytes_total = 0;
        for key in keys {
            let path = root.join(key);
            if !self.is_there(key, &path) {
                let found = fs::metadata(&path).map_err(RemoteError::disk(&path))?;
                bytes_total += found.len();
                new.push((*key, path));
            }
        }
        let done = AtomicU64::new(0);
        in_parallel(store, &new, |(key, path)| {
            let bytes = fs::read(path).map_err(RemoteError::disk(path))?;
            let len = bytes.len() as u64;
            store.put(key, bytes)?;
            report(Transfer {
                bytes_done: done.fetch_add(len, Ordering::Relaxed) + len,
                bytes_total,
            });
            Ok(())
        })?;
        Ok(bytes_total)
    }

    /// Whether the place has a file: names of files follow from what they hold, but not those of tables alone.
    fn is_there(&self, key: &str, path: &Path) -> bool {
        let Some(far) = self.far.get(key) else {
            return false;
        };
        let kept = self.mirror.index.files.get(key);
        if kept.is_some_and(|kept| kept.by_ranges.as_ref() == Some(&far.version)) {
            return true;
        }
        let is_long = fs::metadata(path).is_ok_and(|found| found.len() == far.version.bytes);
        // Where a checksum is that of something else, the file is written once more.
        let is_same = || {
            let expected = far.checksum;
            expected.is_none_or(|expected| {
                checksum(path, expected).is_ok_and(|found| found == expected)
            })
        };
        !path.exists() || (is_long && is_same())
    }
}

/// True for a key that a catalog's file has.
fn is_of_catalog(key: &str) -> bool {
    let staged = key.strip_prefix(STAGING);
    StoredFile::at(Path::new(key)).is_some() || staged.is_some_and(|rest| rest.starts_with('/'))
}

fn unreadable(location: &Location, root: &Path, error: &dyn std::error::Error) -> RemoteError {
    let place = location.to_string();
    let reason = error.to_string();
    let reason = reason.replace(&root.display().to_string(), &place);
    RemoteError::Other { place, reason }
}

/// Removes a file from the copy, so that it is brought again.
fn forget(mirror: &mut Mirror, key: &str) {
    mirror.index.files.remove(key);
    let _it_may_not_be_there = fs::remove_file(mirror.root().join(key));
}

/// All files at the place; none where there is nothing.
fn files_at(access: &Access) -> Result<Vec<Entry>, RemoteError> {
    match access.store()?.list("", &|_| true) {
        Ok(listing) if listing.is_file => Err(RemoteError::NotACatalog {
            place: access.location().to_string(),
        }),
        Ok(listing) => Ok(listing.files),
        Err(RemoteError::NotFound { .. }) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The keys of all files below a folder of `root`.
fn keys_below(root: &Path, folder: &str) -> Result<Vec<String>, RemoteError> {
    let mut keys = Vec::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(folder) = pending.pop() {
        let path = root.join(&folder);
        for found in fs::read_dir(&path)
            .map_err(RemoteError::disk(&path))?
            .flatten()
        {
            let Ok(name) = found.file_name().into_string() else {
                continue;
            };
            let below = format!("{folder}/{name}");
            match found.path().is_dir() {
                true => pending.push(below),
                false => keys.push(below),
            }
        }
    }
    Ok(keys)
}

/// Does the same with many items, several at a time, until one fails.
fn in_parallel<T: Sync>(
    store: &dyn Store,
    items: &[T],
    work: impl Fn(&T) -> Result<(), RemoteError> + Sync,
) -> Result<(), RemoteError> {
    let next = AtomicUsize::new(0);
    let failure: Mutex<Option<RemoteError>> = Mutex::default();
    let lock = || failure.lock().unwrap_or_else(PoisonError::into_inner);
    let work = || {
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            if lock().is_some() {
                return;
            }
            if let Err(error) = work(item) {
                *lock() = Some(error);
            }
        }
    };
    thread::scope(|scope| {
        for number in 1..store.parallel().min(items.len()) {
            let builder = thread::Builder::new().name(format!("trainscape-place-{number}"));
            // Without more threads it takes longer.
            let _helper = builder.spawn_scoped(scope, work);
        }
        work();
    });
    let failure = failure.into_inner();
    match failure.unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}
