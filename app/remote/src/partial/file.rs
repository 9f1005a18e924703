//! One version of a file, of which blocks come when they are read.

use std::{
    collections::HashSet,
    fmt, fs, io,
    ops::Range,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use sha2::{Digest as _, Sha256};
use trainscape_source::{RangeReader, RangeSource, may_wait};

use super::{
    blocks::{BLOCK, Blocks, allocated},
    room::{Holder, Room},
};
use crate::{
    access::Access,
    download::{self, Control},
    entry::Entry,
    error::RemoteError,
    limits,
};

/// One version of a file at a place.
pub(crate) struct PartialFile {
    entry: Entry,
    /// Its URL.
    url: String,
    access: Arc<Access>,
    room: Arc<Room>,
    /// Where its blocks are.
    path: PathBuf,
    /// Ends what is under way.
    stop: Arc<AtomicBool>,
    state: Mutex<State>,
    /// Bytes of its blocks.
    held: AtomicU64,
    last_read: AtomicU64,
    failure: Mutex<Option<String>>,
    has_failed: AtomicBool,
}

#[derive(Default)]
struct State {
    /// Blocks that have come, or were compared with their checksums.
    known: HashSet<u64>,
    /// The block after those that came last, and how many of them came at once: who reads on in order gets more at once.
    next: u64,
    run: u64,
}

impl State {
    fn has(&mut self, blocks: &Blocks, at: u64) -> io::Result<bool> {
        let has = self.known.contains(&at) || blocks.holds(at)?;
        if has {
            self.known.insert(at);
        }
        Ok(has)
    }
}

impl fmt::Debug for PartialFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PartialFile").field(&self.entry.key).finish()
    }
}

impl PartialFile {
    /// A file whose blocks are in a folder of the cache.
    pub(crate) fn new(
        (entry, url): (&Entry, String),
        folder: &Path,
        access: &Arc<Access>,
        room: &Arc<Room>,
        stop: &Arc<AtomicBool>,
    ) -> Arc<Self> {
        let path = folder.join(name_of(entry));
        let held = fs::metadata(&path).map_or(0, |found| allocated(&found));
        let file = Arc::new(Self {
            entry: entry.clone(),
            url,
            access: Arc::clone(access),
            room: Arc::clone(room),
            path,
            stop: Arc::clone(stop),
            state: Mutex::default(),
            held: AtomicU64::new(held),
            last_read: AtomicU64::new(0),
            failure: Mutex::default(),
            has_failed: AtomicBool::new(false),
        });
        let holder: Weak<PartialFile> = Arc::downgrade(&file);
        room.add(holder, held);
        file
    }

    pub(crate) fn entry(&self) -> &Entry {
        &self.entry
    }

    /// The name of the file with its blocks.
    pub(crate) fn name(&self) -> String {
        name_of(&self.entry)
    }

    /// Whether reading has failed: what was read of it may be incomplete.
    pub(crate) fn has_failed(&self) -> bool {
        self.has_failed.load(Ordering::Relaxed)
    }

    /// It is read again.
    pub(crate) fn forget_failure(&self) {
        self.has_failed.store(false, Ordering::Relaxed);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn clear(&self, state: &mut State) -> Result<(), RemoteError> {
        *state = State::default();
        match Blocks::clear(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(RemoteError::disk(&self.path)(error));
            }
            _ => {}
        }
        self.room.give_back(self.held.swap(0, Ordering::Relaxed));
        Ok(())
    }

    /// The state, without waiting for another reader where this thread must not wait.
    fn state_in_time(&self) -> io::Result<MutexGuard<'_, State>> {
        if may_wait() {
            return Ok(self.state());
        }
        self.state.try_lock().map_err(|_| not_here())
    }

    /// Brings what lacks of the blocks.
    fn bring(
        &self,
        state: &mut State,
        blocks: &Blocks,
        wanted: Range<u64>,
    ) -> Result<(), RemoteError> {
        let disk = || RemoteError::disk(&self.path);
        let has = |state: &mut State, at| state.has(blocks, at).map_err(disk());
        let most = limits::PIECE / BLOCK;
        let last = self.entry.version.bytes.div_ceil(BLOCK);
        let mut at = wanted.start;
        let mut has_room = false;
        while at < wanted.end {
            if has(state, at)? {
                at += 1;
                continue;
            }
            if !has_room {
                // At once for all, so that no block of them goes again.
                let bytes = (wanted.end - wanted.start + most) * BLOCK;
                if !self.room.make(bytes)? {
                    self.clear(state)?;
                }
                (at, has_room) = (wanted.start, true);
                continue;
            }
            state.run = match state.next == at {
                true => (state.run * 2).clamp(1, most),
                false => 1,
            };
            let end = wanted.end.max(at + state.run).min(at + most).min(last);
            let mut until = at + 1;
            while until < end && !has(state, until)? {
                until += 1;
            }
            let bytes = self.fetch(at * BLOCK..(until * BLOCK).min(self.entry.version.bytes))?;
            blocks.write(at, &bytes).map_err(disk())?;
            self.held.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            self.room.take(bytes.len() as u64);
            state.known.extend(at..until);
            state.run = until - at;
            state.next = until;
            at = until;
        }
        Ok(())
    }

    /// Brings what lacks of the blocks, while others are brought and read. Where there is no room, they come when they are read.
    fn bring_ahead(&self, blocks: &Blocks, wanted: Range<u64>) -> Result<(), RemoteError> {
        let disk = || RemoteError::disk(&self.path);
        let mut missing: Vec<Range<u64>> = Vec::new();
        let most = limits::PIECE / BLOCK;
        let mut state = self.state();
        for at in wanted {
            if state.has(blocks, at).map_err(disk())? {
                continue;
            }
            match missing.last_mut() {
                Some(last) if last.end == at && last.end - last.start < most => last.end = at + 1,
                _ => missing.push(at..at + 1),
            }
        }
        drop(state);
        let lacks: u64 = missing.iter().map(|run| run.end - run.start).sum();
        if !self.room.make(lacks * BLOCK)? {
            return Ok(());
        }
        for run in missing {
            let end = (run.end * BLOCK).min(self.entry.version.bytes);
            let bytes = self.fetch(run.start * BLOCK..end)?;
            let mut state = self.state();
            let is_new = |at: &u64| !state.known.contains(at);
            let new = run.clone().filter(is_new).count() as u64 * BLOCK;
            blocks.write(run.start, &bytes).map_err(disk())?;
            self.held.fetch_add(new, Ordering::Relaxed);
            self.room.take(new);
            state.known.extend(run);
        }
        Ok(())
    }

    /// Bytes of this version from the place.
    fn fetch(&self, range: Range<u64>) -> Result<Vec<u8>, RemoteError> {
        let store = self.access.store()?;
        let control = Control {
            stop: &self.stop,
            progress: &|_| {},
        };
        let mut bytes = Vec::new();
        let mut take = |piece: &[u8]| {
            bytes.extend_from_slice(piece);
            Ok(())
        };
        let read = download::read(&*store, &self.entry, range, &control, &mut take);
        let is_same = read.and_then(|()| store.is_same(&self.entry));
        match is_same {
            Ok(true) => Ok(bytes),
            Ok(false) | Err(RemoteError::NotFound { .. } | RemoteError::Replaced { .. }) => {
                let place = self.url.clone();
                Err(RemoteError::Changed { place })
            }
            Err(error) => Err(error),
        }
    }

    fn failed(&self, error: &RemoteError) {
        if !error.is_of_one_file() {
            self.access.renew();
        }
        self.has_failed.store(true, Ordering::Relaxed);
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        *failure = Some(error.to_string());
    }
}

impl Holder for PartialFile {
    fn last_read(&self) -> u64 {
        self.last_read.load(Ordering::Relaxed)
    }

    fn try_clear(&self) -> Result<(), RemoteError> {
        match self.state.try_lock() {
            Ok(mut state) => self.clear(&mut state),
            Err(_) => Ok(()),
        }
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        self.room.give_back(self.held.load(Ordering::Relaxed));
    }
}

impl RangeSource for PartialFile {
    fn open(self: Arc<Self>) -> io::Result<Box<dyn RangeReader>> {
        let blocks = Blocks::open(&self.path, self.entry.version.bytes)?;
        Ok(Box::new(OpenPartial { file: self, blocks }))
    }

    fn take_failure(&self) -> Option<String> {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.take()
    }
}

struct OpenPartial {
    file: Arc<PartialFile>,
    blocks: Blocks,
}

impl RangeReader for OpenPartial {
    fn read_exact_at(&self, out: &mut [u8], start: u64) -> io::Result<()> {
        if out.is_empty() {
            return Ok(());
        }
        let file = &*self.file;
        // Also while bytes are under way: what two readers want comes once.
        let mut state = file.state_in_time()?;
        file.last_read
            .store(file.room.next_read(), Ordering::Relaxed);
        let end = start + out.len() as u64;
        let wanted = start / BLOCK..end.div_ceil(BLOCK);
        if !may_wait() {
            for at in wanted {
                if !state.has(&self.blocks, at)? {
                    return Err(not_here());
                }
            }
            return self.blocks.read(out, start);
        }
        let brought = file.bring(&mut state, &self.blocks, wanted);
        brought.map_err(|error| {
            file.failed(&error);
            io::Error::other(error)
        })?;
        self.blocks.read(out, start)
    }

    fn bring(&self, wanted: Range<u64>) {
        let file = &*self.file;
        file.last_read
            .store(file.room.next_read(), Ordering::Relaxed);
        let blocks = wanted.start / BLOCK..wanted.end.div_ceil(BLOCK);
        if may_wait()
            && let Err(error) = file.bring_ahead(&self.blocks, blocks)
        {
            log::info!("{error}");
        }
    }
}

fn not_here() -> io::Error {
    io::Error::new(io::ErrorKind::WouldBlock, "it is still on its way")
}

/// A name that no other file and no other version has.
fn name_of(entry: &Entry) -> String {
    let version = serde_json::to_vec(&entry.version).expect("a version is JSON");
    let digest = Sha256::new()
        .chain_update(&entry.key)
        .chain_update([0])
        .chain_update(version)
        .finalize();
    digest
        .iter()
        .take(12)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::{
        entry::{Listing, Version},
        store::{Enter, Sink, Store},
    };

    /// Files whose bytes follow from where they are.
    #[derive(Default)]
    struct Numbers {
        bytes: AtomicU64,
        requests: AtomicUsize,
        is_replaced: AtomicBool,
    }

    fn number(key: &str, at: u64) -> u8 {
        (at / 251 + at % 251 + key.len() as u64) as u8
    }

    impl Store for Numbers {
        fn list(&self, _: &str, _: Enter<'_>) -> Result<Listing, RemoteError> {
            Ok(Listing::default())
        }

        fn folders(&self, _: &str) -> Result<Vec<String>, RemoteError> {
            Ok(Vec::new())
        }

        fn read(
            &self,
            file: &Entry,
            range: Range<u64>,
            sink: &mut Sink<'_>,
        ) -> Result<(), RemoteError> {
            self.requests.fetch_add(1, Ordering::Relaxed);
            let len = range.end - range.start;
            self.bytes.fetch_add(len, Ordering::Relaxed);
            let bytes: Vec<u8> = range.map(|at| number(&file.key, at)).collect();
            sink(&bytes)
        }

        fn is_same(&self, _: &Entry) -> Result<bool, RemoteError> {
            Ok(!self.is_replaced.load(Ordering::Relaxed))
        }
    }

    struct Place {
        folder: tempfile::TempDir,
        store: Arc<Numbers>,
        access: Arc<Access>,
        room: Arc<Room>,
    }

    impl Place {
        fn new(most: u64) -> Self {
            let store = Arc::<Numbers>::default();
            Self {
                folder: tempfile::tempdir().unwrap(),
                access: Arc::new(Access::to(Arc::clone(&store) as _)),
                store,
                room: Arc::new(Room::new(most)),
            }
        }

        fn file(&self, key: &str, bytes: u64) -> Arc<PartialFile> {
            let entry = Entry {
                key: key.to_owned(),
                address: key.to_owned(),
                version: Version {
                    bytes,
                    ..Version::default()
                },
                checksum: None,
            };
            let url = format!("ssh://host/runs/{key}");
            let stop = Arc::default();
            let folder = self.folder.path();
            PartialFile::new((&entry, url), folder, &self.access, &self.room, &stop)
        }

        fn moved(&self) -> u64 {
            self.store.bytes.swap(0, Ordering::Relaxed)
        }
    }

    fn read(file: &Arc<PartialFile>, start: u64, len: usize) -> io::Result<()> {
        let mut out = vec![0; len];
        let reader = Arc::clone(file).open()?;
        reader.read_exact_at(&mut out, start)?;
        let key = &file.entry().key;
        for (at, byte) in out.iter().enumerate() {
            assert_eq!(*byte, number(key, start + at as u64), "{key} {at}");
        }
        Ok(())
    }

    #[test]
    fn what_is_read_comes_once_and_more_of_it_in_order() {
        let place = Place::new(u64::MAX);
        let len = 200 * BLOCK + 10;
        let file = place.file("a", len);
        read(&file, 5, 10).unwrap();
        assert_eq!(place.moved(), BLOCK);
        read(&file, len - 20, 20).unwrap();
        assert_eq!(place.moved(), BLOCK + 10);
        read(&file, 0, BLOCK as usize).unwrap();
        assert_eq!(place.moved(), 0);
        place.store.requests.store(0, Ordering::Relaxed);
        for block in 0..200 {
            read(&file, block * BLOCK, BLOCK as usize).unwrap();
        }
        assert_eq!(place.moved(), 198 * BLOCK);
        assert!(place.store.requests.load(Ordering::Relaxed) < 10);
        // Another program finds it.
        let again = place.file("a", len);
        read(&again, 3 * BLOCK + 7, 20).unwrap();
        assert_eq!(place.moved(), 0);
    }

    #[test]
    fn blocks_stay_within_their_bound_and_are_never_taken_for_zeros() {
        let most = 300 * BLOCK;
        let place = Place::new(most);
        let files = ["a", "bb", "ccc"].map(|key| place.file(key, 150 * BLOCK));
        for _ in 0..2 {
            for file in &files {
                for part in 0..3 {
                    read(file, part * 50 * BLOCK, 50 * BLOCK as usize).unwrap();
                }
            }
            let held: u64 = files
                .iter()
                .map(|file| file.held.load(Ordering::Relaxed))
                .sum();
            assert!(held <= most, "{held}");
        }
        assert!(place.moved() > 450 * BLOCK);
        // A file that is larger than the bound.
        let large = place.file("large", 700 * BLOCK);
        for part in 0..7 {
            read(&large, part * 100 * BLOCK, 100 * BLOCK as usize).unwrap();
        }
        assert!(large.held.load(Ordering::Relaxed) <= most);
        read(&large, 0, 10).unwrap();
    }

    #[test]
    fn a_file_that_was_replaced_is_told_with_its_url() {
        let place = Place::new(u64::MAX);
        let file = place.file("w.npy", 10 * BLOCK);
        read(&file, 0, 10).unwrap();
        place.store.is_replaced.store(true, Ordering::Relaxed);
        let error = read(&file, 5 * BLOCK, 10).unwrap_err().to_string();
        assert!(
            error.starts_with("ssh://host/runs/w.npy was replaced"),
            "{error}"
        );
        assert!(file.has_failed());
        assert_eq!(file.take_failure(), Some(error));
        // What had come is of the version that was listed.
        read(&file, 0, 10).unwrap();
    }

    #[test]
    fn a_thread_that_must_not_wait_gets_what_has_come() {
        let place = Place::new(u64::MAX);
        let file = place.file("w.npy", 10 * BLOCK);
        read(&file, 0, 10).unwrap();
        std::thread::scope(|scope| {
            let drawing = || {
                trainscape_source::never_wait_on_this_thread();
                read(&file, 0, 10).unwrap();
                read(&file, 5 * BLOCK, 10).unwrap_err().kind()
            };
            let kind = scope.spawn(drawing).join().unwrap();
            assert_eq!(kind, io::ErrorKind::WouldBlock);
        });
        assert!(!file.has_failed());
        assert_eq!(place.moved(), BLOCK);
    }
}
