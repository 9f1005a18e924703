//! Reading the runs of one shard that are new or changed.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use trainscape_run::Progress;
use trainscape_source::{
    OpenOptions, RunOrigin, RunReader,
    catalog::{CatalogError, CatalogRun, KnownOrigin, NotRead, origins_of_part, read_manifest},
};

use crate::{
    commit::{CommitReport, commit},
    error::BuildError,
    files::WriteFile,
    part::{PART_POINTS, size, write_part},
    shard::Shard,
    staging::{self, ShardFolder, StagedOrigin, StagedPart, StagedShard},
};

/// Bytes and number of logs that are read together.
const BATCH_BYTES: u64 = 64 << 20;
const BATCH_ORIGINS: usize = 256;

/// Folders that are searched: a catalog is for more than the window opens.
const MAX_FOLDERS: usize = 10_000_000;

/// What to build.
#[derive(Clone, Copy)]
pub struct BuildOptions<'a> {
    /// Folders with logs, and logs.
    pub paths: &'a [PathBuf],
    /// The catalog.
    pub folder: &'a Path,
    /// The part of the runs to read.
    pub shard: Shard,
    /// True if runs that are no longer found leave the catalog.
    pub prune: bool,
    /// How logs are read.
    pub open: &'a OpenOptions,
    /// Writes files.
    pub write: WriteFile<'a>,
    /// Is told how much was read.
    pub progress: &'a dyn Fn(Progress),
}

impl std::fmt::Debug for BuildOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BuildOptions")
            .field("paths", &self.paths)
            .field("folder", &self.folder)
            .field("shard", &self.shard)
            .finish_non_exhaustive()
    }
}

/// What was built.
#[derive(Clone, Debug)]
pub struct BuildReport {
    /// Runs that were read.
    pub read: u64,
    /// Points of these runs.
    pub points: u64,
    /// Logs that an interrupted build had read before.
    pub resumed: u64,
    /// Logs that have not changed since the catalog was built.
    pub unchanged: u64,
    /// Arrays and figures, which stay in their files.
    pub left_out: usize,
    /// Files that look like logs and were not read.
    pub not_read: Vec<NotRead>,
    /// What was left out while searching, and what could not be read of logs, a sentence each.
    pub warnings: Vec<String>,
    /// What was joined, if there was one shard only.
    pub commit: Option<CommitReport>,
}

/// Reads the runs of one shard that are new or changed. If there is one shard only, also commits it.
///
/// # Errors
///
/// [`BuildError`] if the logs or the catalog cannot be read, or files cannot be written. What was built until then is
/// used when it is called again.
pub fn build(options: &BuildOptions<'_>) -> Result<BuildReport, BuildError> {
    let known = known_origins(options.folder)?;
    let mut open = options.open.clone();
    open.max_folders = open.max_folders.max(MAX_FOLDERS);
    let mut reader = RunReader::open(options.paths, open)?;
    let shard_folder = ShardFolder::open(options.folder, options.shard)?;
    shard_folder.begin()?;
    let mine: Vec<usize> = (0..reader.origins().len())
        .filter(|&at| options.shard.has(&reader.origins()[at].id))
        .collect();
    let staged = usable_parts(&shard_folder, reader.origins())?;
    let mut report = report(&reader, options.shard);
    let mut wanted = Vec::new();
    for &at in &mine {
        let origin = &reader.origins()[at];
        report.left_out += origin.arrays;
        if known
            .get(&origin.id)
            .is_some_and(|known| is_same(known, origin))
        {
            report.unchanged += 1;
        } else if staged.contains(&origin.id) {
            report.resumed += 1;
        } else {
            check_path(known.get(&origin.id), origin)?;
            wanted.push(at);
        }
    }
    reader.keep(&wanted);
    drop((known, staged));
    let mut building = Building {
        options,
        folder: &shard_folder,
        pending: Vec::new(),
        size: 0,
        report: &mut report,
    };
    building.read(&mut reader, &wanted)?;
    let ids = mine.iter().map(|&at| reader.origins()[at].id.clone());
    let shard = StagedShard {
        index: options.shard.index,
        count: options.shard.count,
        origins: ids.collect(),
        not_read: report.not_read.clone(),
        warnings: reader.warnings().to_vec(),
    };
    shard_folder.finish(&shard, options.write)?;
    if options.shard == Shard::ONLY {
        drop(shard_folder);
        report.commit = Some(commit(options.folder, options.prune, options.write)?);
    }
    Ok(report)
}

fn report(reader: &RunReader, shard: Shard) -> BuildReport {
    // What belongs to no run is told by the first shard.
    let is_first = shard.index == 1;
    let not_read = reader.unread().iter().filter(|_| is_first);
    let not_read = not_read.map(|unread| NotRead {
        path: unread.path.display().to_string(),
        why: unread.why.clone(),
    });
    BuildReport {
        read: 0,
        points: 0,
        resumed: 0,
        unchanged: 0,
        left_out: 0,
        not_read: not_read.collect(),
        warnings: reader.warnings().to_vec(),
        commit: None,
    }
}

/// What the catalog that is there was read from; nothing if there is none yet.
fn known_origins(folder: &Path) -> Result<HashMap<String, KnownOrigin>, BuildError> {
    let manifest = match read_manifest(folder) {
        Ok(manifest) => manifest,
        Err(CatalogError::Unfinished { .. }) => {
            check_is_new(folder)?;
            return Ok(HashMap::new());
        }
        Err(error) => return Err(error.into()),
    };
    let mut known = HashMap::new();
    for part in &manifest.parts {
        let origins = origins_of_part(folder, part)?.into_iter();
        known.extend(origins.map(|origin| (origin.id.clone(), origin)));
    }
    Ok(known)
}

/// Refuses a folder with something else in it.
fn check_is_new(folder: &Path) -> Result<(), BuildError> {
    if folder.join(trainscape_source::catalog::STAGING).is_dir() {
        return Ok(());
    }
    match staging::entries(folder)?.is_empty() {
        true => Ok(()),
        false => Err(BuildError::NotEmpty {
            path: folder.to_owned(),
        }),
    }
}

/// Whether a path that was saved as text is that of a run.
fn are_same(a: &Path, b: &Path) -> bool {
    a.to_string_lossy() == b.to_string_lossy()
}

fn is_same(known: &KnownOrigin, origin: &RunOrigin) -> bool {
    known.fingerprint == origin.fingerprint
}

/// Refuses a run that would take the place of another one, which is still there.
fn check_path(known: Option<&KnownOrigin>, origin: &RunOrigin) -> Result<(), BuildError> {
    match known {
        Some(known) if !are_same(&known.path, &origin.path) && known.path.exists() => {
            Err(BuildError::SameId {
                id: origin.id.clone(),
                first: known.path.clone(),
                second: origin.path.clone(),
            })
        }
        _ => Ok(()),
    }
}

/// The ids of what an interrupted build has read and what has not changed since.
fn usable_parts(
    folder: &ShardFolder,
    origins: &[RunOrigin],
) -> Result<HashSet<String>, BuildError> {
    let current: HashMap<&str, &RunOrigin> = origins
        .iter()
        .map(|origin| (origin.id.as_str(), origin))
        .collect();
    let is_current = |staged: &StagedOrigin| {
        let origin = current.get(staged.id.as_str());
        origin.is_some_and(|origin| {
            origin.fingerprint == staged.fingerprint && are_same(&origin.path, &staged.path)
        })
    };
    let mut usable = HashSet::new();
    for staged in staging::parts(&folder.path)? {
        if staged.origins.iter().all(is_current) {
            usable.extend(staged.origins.into_iter().map(|origin| origin.id));
        } else {
            folder.drop_part(&staged.part.id)?;
        }
    }
    Ok(usable)
}

/// A shard that is being built.
struct Building<'a> {
    options: &'a BuildOptions<'a>,
    folder: &'a ShardFolder,
    /// Runs that were read and not written yet.
    pending: Vec<CatalogRun>,
    /// Points of these.
    size: u64,
    report: &'a mut BuildReport,
}

impl Building<'_> {
    fn read(&mut self, reader: &mut RunReader, wanted: &[usize]) -> Result<(), BuildError> {
        let bytes = |at: &usize, reader: &RunReader| reader.origins()[*at].bytes;
        let bytes_total = wanted.iter().map(|at| bytes(at, reader)).sum();
        let mut progress = Progress {
            bytes_total,
            ..Progress::default()
        };
        let mut rest = wanted;
        while !rest.is_empty() {
            let (mut count, mut read) = (0, 0);
            while count < rest.len().min(BATCH_ORIGINS) && (count == 0 || read < BATCH_BYTES) {
                read += bytes(&rest[count], reader);
                count += 1;
            }
            for (at, runs) in reader.read(&rest[..count]) {
                self.add(&reader.origins()[at], runs)?;
            }
            rest = &rest[count..];
            progress.bytes_done += read;
            (self.options.progress)(progress);
        }
        self.write()
    }

    fn add(
        &mut self,
        origin: &RunOrigin,
        runs: Vec<Arc<trainscape_run::Run>>,
    ) -> Result<(), BuildError> {
        let size: u64 = runs.iter().map(|run| size(run)).sum();
        if self.size > 0 && self.size + size > PART_POINTS {
            self.write()?;
        }
        self.size += size;
        let id: Arc<str> = origin.id.as_str().into();
        let fingerprint: Arc<str> = origin.fingerprint.as_str().into();
        for (position, run) in runs.into_iter().enumerate() {
            self.report.read += 1;
            self.report.points += run.points() as u64;
            self.note_problems(&run);
            self.pending.push(CatalogRun {
                run,
                origin: Arc::clone(&id),
                position: position as i64,
                fingerprint: Arc::clone(&fingerprint),
            });
        }
        Ok(())
    }

    fn note_problems(&mut self, run: &trainscape_run::Run) {
        for source in run.sources.iter().filter(|source| !source.note.is_empty()) {
            let sentence = format!("{}: {}", source.path.display(), source.note);
            // Several runs may be in one file.
            if self.report.warnings.last() != Some(&sentence) {
                self.report.warnings.push(sentence);
            }
        }
    }

    fn write(&mut self) -> Result<(), BuildError> {
        self.size = 0;
        let runs = std::mem::take(&mut self.pending);
        if runs.is_empty() {
            return Ok(());
        }
        let origins: BTreeMap<String, StagedOrigin> = runs
            .iter()
            .map(|entry| {
                let origin = StagedOrigin {
                    id: entry.origin.to_string(),
                    path: entry.run.path.clone(),
                    fingerprint: entry.fingerprint.to_string(),
                };
                (origin.id.clone(), origin)
            })
            .collect();
        let written = write_part(&self.folder.path, runs, self.options.write)?;
        let staged = StagedPart {
            part: written.part,
            partitions: written.partitions,
            origins: origins.into_values().collect(),
        };
        self.folder.finish_part(&staged, self.options.write)
    }
}
