//! Bringing run folders to a folder of the user's: whole files only, compared with what the store has.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    thread,
};

use sha2::{Digest as _, Sha256};

pub use crate::run_folder::RunFolder;
use crate::{
    connect::connect,
    download::{self, Control, Verified},
    entry::{Entry, Listing},
    error::RemoteError,
    folder::Folder,
    key,
    left_out::LeftOut,
    location::Location,
    mirror::Transfer,
    placing::{self, Placed, placed},
    store::Store,
};

/// The folder of what is being brought, in the user's folder. It is removed at the end, and kept where that was not
/// reached, so that the next attempt goes on.
const PARTIAL: &str = ".trainscape-partial";

/// The folder of a bucket in which runs are kept.
const USUAL_FOLDER: &str = "runs";

/// Names that a message lists.
const MOST_NAMED: usize = 12;

/// The run folders of a place.
pub struct Runs {
    place: String,
    store: Arc<dyn Store>,
    /// The folder of the runs, below the place.
    below: String,
    /// The runs, the oldest first; those without a time in their names before all others.
    pub runs: Vec<RunFolder>,
}

/// The size of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunSize {
    /// Number of its files.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
}

/// What fetching has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Files that were brought.
    pub brought: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Files that were there before.
    pub present: usize,
    /// Files that have the checksum of the store; the others have its size.
    pub by_checksum: usize,
    /// Why files were not brought, a sentence each.
    pub failures: Vec<String>,
}

impl Runs {
    /// Lists the run folders of a URL or of a folder.
    ///
    /// # Errors
    /// When it cannot be read, or has no folders.
    pub fn list(place: &Path) -> Result<Self, RemoteError> {
        let text = place.to_string_lossy();
        let (name, parent, store): (String, Option<String>, Arc<dyn Store>) =
            if Location::is_url(place) {
                let location = Location::parse(&text)?;
                let parent = location
                    .path
                    .rsplit_once('/')
                    .map(|(parent, _)| parent.to_owned());
                let name = location.name().to_owned();
                let is_run = RunFolder::new(name.clone()).time.is_some();
                // A run folder is one of those beside it.
                let opened = match (&parent, is_run) {
                    (Some(parent), true) => Location {
                        path: parent.clone(),
                        ..location.clone()
                    },
                    _ => location,
                };
                (name, parent.filter(|_| is_run), connect(&opened)?)
            } else {
                (String::new(), None, Arc::new(Folder(place.to_owned())))
            };
        let mut runs = Self {
            place: text.into_owned(),
            store,
            below: String::new(),
            runs: Vec::new(),
        };
        let mut folders = runs.store.folders("")?;
        if parent.is_some() {
            folders.retain(|folder| *folder == name);
        }
        let has_runs = |folders: &[String]| {
            let mut names = folders.iter();
            names.any(|name| RunFolder::new(name.clone()).time.is_some())
        };
        if !has_runs(&folders) && folders.iter().any(|name| name == USUAL_FOLDER) {
            USUAL_FOLDER.clone_into(&mut runs.below);
            folders = runs.store.folders(USUAL_FOLDER)?;
        }
        folders.sort();
        folders.dedup();
        runs.runs = folders.into_iter().map(RunFolder::new).collect();
        runs.runs
            .sort_by(|a, b| (&a.time, &a.name).cmp(&(&b.time, &b.name)));
        match runs.runs.is_empty() {
            true => Err(RemoteError::NoRuns {
                place: runs.place,
                help: "give the folder that contains run folders, like gs://BUCKET/runs".to_owned(),
            }),
            false => Ok(runs),
        }
    }

    /// The newest run, by the times in the names.
    ///
    /// # Errors
    /// When no name has a time.
    pub fn latest(&self) -> Result<&RunFolder, RemoteError> {
        let newest = self.runs.iter().rfind(|run| run.time.is_some());
        newest.ok_or_else(|| RemoteError::NoRuns {
            place: self.place.clone(),
            help: "no folder there is called NAME-YYYYMMDD-HHMMSS: give the name of one".to_owned(),
        })
    }

    /// The run of a name, or the newest one whose name without the time is `name`.
    ///
    /// # Errors
    /// When there is none.
    pub fn named(&self, name: &str) -> Result<&RunFolder, RemoteError> {
        let name = name.trim_matches('/');
        let exact = self.runs.iter().find(|run| run.name == name);
        let titled = || self.runs.iter().rfind(|run| run.title() == name);
        exact.or_else(titled).ok_or_else(|| {
            let mut names: Vec<&str> = self.runs.iter().map(|run| &*run.name).collect();
            let more = names.len().saturating_sub(MOST_NAMED);
            names.drain(..more);
            let others = match more {
                0 => names.join(", "),
                _ => format!("{} and {more} older ones", names.join(", ")),
            };
            RemoteError::NoSuchRun {
                place: self.place.clone(),
                name: name.to_owned(),
                others,
            }
        })
    }

    /// The size of a run.
    ///
    /// # Errors
    /// When it cannot be listed.
    pub fn size(&self, run: &RunFolder) -> Result<RunSize, RemoteError> {
        let files = self.listing(run)?.files;
        Ok(RunSize {
            files: files.len(),
            bytes: placing::bytes_of(&files),
        })
    }

    fn listing(&self, run: &RunFolder) -> Result<Listing, RemoteError> {
        let below = match self.below.is_empty() {
            true => run.name.clone(),
            false => format!("{}/{}", self.below, run.name),
        };
        match self.store.list(&below, &|_| true) {
            // A folder that holds nothing.
            Err(RemoteError::NotFound { .. }) => Ok(Listing::default()),
            result => result,
        }
    }

    /// Brings runs into folders of their names below `output`.
    ///
    /// # Errors
    /// When the place cannot be read any further, `output` cannot be written, or `stop` was set: whole files stay.
    pub fn fetch(
        &self,
        runs: &[&RunFolder],
        output: &Path,
        stop: &AtomicBool,
        report: &(dyn Fn(Transfer) + Sync),
    ) -> Result<Report, RemoteError> {
        let mut result = Report::default();
        let mut wanted = Vec::new();
        for run in runs {
            let folder = match key::folder_of(&run.name) {
                Ok(folder) => folder,
                Err(error) => {
                    result.failures.push(error.to_string());
                    continue;
                }
            };
            let listing = self.listing(run)?;
            for LeftOut { key, why, .. } in listing.left_out {
                result.failures.push(format!("{}/{key}: {why}", run.name));
            }
            let Placed { files, refused } = placed(listing.files);
            let refused = refused.into_iter().map(|(_, error)| error.to_string());
            result.failures.extend(refused);
            let files = files.into_iter();
            wanted.extend(files.map(|(path, file)| (folder.join(path), file)));
        }
        let partial = output.join(PARTIAL);
        fs::create_dir_all(&partial).map_err(RemoteError::disk(&partial))?;
        let bringing = Bringing {
            place: self.place.clone(),
            store: &*self.store,
            output,
            partial: &partial,
            wanted: &wanted,
            stop,
            report,
            done: AtomicU64::new(0),
            total: placing::bytes_of(wanted.iter().map(|(_, file)| file)),
        };
        bringing.run(&mut result)?;
        // Not where something is left to go on with.
        let _it_may_not_be_empty = fs::remove_dir(&partial);
        Ok(result)
    }
}

/// Bringing files, several at a time.
struct Bringing<'a> {
    place: String,
    store: &'a dyn Store,
    output: &'a Path,
    partial: &'a Path,
    wanted: &'a [(PathBuf, Entry)],
    stop: &'a AtomicBool,
    report: &'a (dyn Fn(Transfer) + Sync),
    done: AtomicU64,
    total: u64,
}

/// How bringing one file has ended.
enum Brought {
    New(Verified),
    Present(Verified),
}

impl Bringing<'_> {
    fn run(&self, result: &mut Report) -> Result<(), RemoteError> {
        let next = AtomicUsize::new(0);
        let fatal: Mutex<Option<RemoteError>> = Mutex::default();
        let outcomes: Mutex<Vec<(usize, Result<Brought, RemoteError>)>> = Mutex::default();
        let work = || {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let has_failed = fatal
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .is_some();
                let Some((path, file)) = self.wanted.get(index).filter(|_| !has_failed) else {
                    return;
                };
                match self.bring(path, file) {
                    Err(error) if !error.is_of_one_file() => {
                        let mut fatal = fatal.lock().unwrap_or_else(PoisonError::into_inner);
                        fatal.get_or_insert(error);
                    }
                    outcome => {
                        let mut outcomes = outcomes.lock().unwrap_or_else(PoisonError::into_inner);
                        outcomes.push((index, outcome));
                    }
                }
            }
        };
        thread::scope(|scope| {
            let helpers = self
                .store
                .parallel()
                .min(self.wanted.len())
                .saturating_sub(1);
            for number in 0..helpers {
                let builder = thread::Builder::new().name(format!("trainscape-fetch-{number}"));
                // Without more threads it takes longer.
                let _helper = builder.spawn_scoped(scope, work);
            }
            work();
        });
        let mut outcomes = outcomes
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        outcomes.sort_by_key(|(index, _)| *index);
        for (index, outcome) in outcomes {
            let (verified, is_new) = match outcome {
                Ok(Brought::New(verified)) => (verified, true),
                Ok(Brought::Present(verified)) => (verified, false),
                Err(error) => {
                    result.failures.push(error.to_string());
                    continue;
                }
            };
            result.by_checksum += usize::from(verified == Verified::ByChecksum);
            result.present += usize::from(!is_new);
            if is_new {
                result.brought += 1;
                result.bytes += self.wanted[index].1.version.bytes;
            }
        }
        match fatal.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    fn progress(&self, bytes: u64) {
        let bytes_done = self.done.fetch_add(bytes, Ordering::Relaxed) + bytes;
        (self.report)(Transfer {
            bytes_done,
            bytes_total: self.total,
        });
    }

    fn bring(&self, path: &Path, file: &Entry) -> Result<Brought, RemoteError> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(RemoteError::Stopped);
        }
        let target = self.output.join(path);
        key::make_folders(self.output, path)?;
        if let Some(verified) = present(&target, file) {
            self.progress(file.version.bytes);
            return Ok(Brought::Present(verified));
        }
        let part = self.partial.join(self.part_name(file));
        let progress = |bytes| self.progress(bytes);
        let control = Control {
            stop: self.stop,
            progress: &progress,
        };
        let verified = download::bring(self.store, file, &part, &control)?;
        download::set_time(&part, file);
        fs::rename(&part, &target).map_err(RemoteError::disk(&target))?;
        Ok(Brought::New(verified))
    }

    /// A name for what is being brought: another version has another one.
    fn part_name(&self, file: &Entry) -> String {
        let of = format!("{}\n{}\n{:?}", self.place, file.address, file.version);
        let digest = Sha256::digest(of.as_bytes());
        digest
            .iter()
            .take(12)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// Whether this version of a file is there; how that is known.
fn present(target: &Path, file: &Entry) -> Option<Verified> {
    let found = fs::symlink_metadata(target).ok()?;
    if !found.is_file() || found.len() != file.version.bytes {
        return None;
    }
    if let Some(expected) = file.checksum
        && download::checksum(target, expected).is_ok_and(|found| found == expected)
    {
        return Some(Verified::ByChecksum);
    }
    let is_certain = !matches!(file.checksum, Some(checksum) if !checksum.may_differ());
    (is_certain && download::has_time(target, file)).then_some(Verified::BySize)
}
