//! Joining what shards have built: new files first, then the list of files, which is replaced at once.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use trainscape_source::catalog::{
    CatalogError, CatalogRun, MANIFEST, Manifest, Part, STAGING, SettingKind, open_part,
    read_manifest,
};

use crate::{
    error::BuildError,
    files::{WriteFile, write_json},
    part::{
        PART_POINTS, WrittenPart, check_ids, runs_file_name, size, write_part, write_runs_file,
    },
    settings,
    staging::{self, StagedPart, StagedShard, lock},
    unlisted,
};

/// Parts with fewer points than this are joined, as soon as there are more of them than that.
const SMALL_POINTS: u64 = PART_POINTS / 4;
const MOST_SMALL: usize = 8;

/// What the catalog is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitReport {
    /// Number of runs.
    pub runs: u64,
    /// Number of points.
    pub points: u64,
    /// Bytes of all files.
    pub bytes: u64,
    /// Number of files.
    pub files: usize,
    /// Runs that were not found this time and are kept.
    pub kept: u64,
    /// Runs that were not found this time and were removed.
    pub removed: u64,
    /// False if nothing was new.
    pub changed: bool,
}

/// Joins what all shards have built. With `prune`, runs that no shard has found leave the catalog.
///
/// # Errors
///
/// [`BuildError`] if a shard is missing, two runs have one id, or files cannot be read or written. The catalog is then as
/// it was.
pub fn commit(
    folder: &Path,
    prune: bool,
    write: WriteFile<'_>,
) -> Result<CommitReport, BuildError> {
    let before = match read_manifest(folder) {
        Ok(manifest) => manifest,
        Err(CatalogError::Unfinished { .. }) => Manifest::empty(),
        Err(error) => return Err(error.into()),
    };
    let staging = folder.join(STAGING);
    if !staging.is_dir() {
        let path = folder.to_owned();
        return Err(BuildError::NothingStaged { path });
    }
    let locked = lock(folder, &folder.join(".lock"))?;
    let shards = finished_shards(folder)?;
    let staged = staged_parts(&shards)?;
    let mut joining = Joining {
        folder,
        write,
        parts: Vec::new(),
        carried: Vec::new(),
        partitions: before.partitions.clone(),
        runs: HashMap::new(),
    };
    let found: HashSet<&str> = shards
        .iter()
        .flat_map(|(_, shard)| shard.origins.iter().map(String::as_str))
        .collect();
    let fate = Fate {
        replaced: staged
            .iter()
            .flat_map(|(_, staged)| staged.origins.iter().map(|origin| origin.id.as_str()))
            .collect(),
        found: &found,
        prune,
    };
    let (kept, removed) = joining.take_old(&before, &fate)?;
    joining.take_staged(staged)?;
    check_ids(joining.all_runs())?;
    joining.join_small()?;
    let manifest = joining.finish(&before, &shards)?;
    let changed = Manifest {
        generation: before.generation,
        ..manifest.clone()
    } != before;
    if changed {
        write_json(write, &folder.join(MANIFEST), &manifest)?;
    }
    unlisted::remove(folder, &manifest)?;
    drop(locked);
    Ok(CommitReport {
        runs: manifest.runs,
        points: manifest.points,
        bytes: sum(manifest.parts.iter().map(|part| part.bytes)),
        files: manifest.parts.iter().map(|part| part.files().count()).sum(),
        kept,
        removed,
        changed,
    })
}

/// All shards of a build, if each is finished.
fn finished_shards(folder: &Path) -> Result<Vec<(PathBuf, StagedShard)>, BuildError> {
    let path = folder.to_owned();
    let shards = staging::shards(folder)?;
    let Some(count) = shards.iter().find_map(|(path, _)| count_of(path)) else {
        return Err(BuildError::NothingStaged { path });
    };
    let mut others = shards.iter().filter_map(|(path, _)| count_of(path));
    if let Some(other) = others.find(|other| *other != count) {
        let one = count;
        return Err(BuildError::MixedShards { path, one, other });
    }
    let finished = shards.into_iter();
    let finished: Vec<(PathBuf, StagedShard)> = finished
        .filter_map(|(path, shard)| Some((path, shard?)))
        .collect();
    let present: BTreeSet<u32> = finished.iter().map(|(_, shard)| shard.index).collect();
    let missing = (1..=count).filter(|index| !present.contains(index));
    let missing: Vec<String> = missing.map(|index| format!("{index}/{count}")).collect();
    if missing.is_empty() {
        return Ok(finished);
    }
    Err(BuildError::MissingShards {
        path,
        count,
        missing: missing.join(", "),
    })
}

/// The number of shards in the name of a shard's folder.
fn count_of(path: &Path) -> Option<u32> {
    let name = path.file_name()?.to_str()?;
    name.split_once("-of-")?.1.parse().ok()
}

/// The sum of numbers that a file claims.
fn sum(numbers: impl Iterator<Item = u64>) -> u64 {
    numbers.fold(0, u64::saturating_add)
}

fn staged_parts(
    shards: &[(PathBuf, StagedShard)],
) -> Result<Vec<(PathBuf, StagedPart)>, BuildError> {
    let mut staged = Vec::new();
    for (path, _) in shards {
        let parts = staging::parts(path)?;
        staged.extend(parts.into_iter().map(|part| (path.clone(), part)));
    }
    Ok(staged)
}

/// What becomes of the runs that the catalog has.
struct Fate<'a> {
    /// Origins that were read again.
    replaced: HashSet<&'a str>,
    /// Origins that were found.
    found: &'a HashSet<&'a str>,
    prune: bool,
}

/// A catalog that is being put together.
struct Joining<'a> {
    folder: &'a Path,
    write: WriteFile<'a>,
    /// The parts that stay as they are, with the folders of their files.
    parts: Vec<(PathBuf, Part)>,
    /// Runs of parts that do not stay.
    carried: Vec<CatalogRun>,
    partitions: BTreeMap<String, String>,
    /// The runs of parts that stay.
    runs: HashMap<String, Arc<[CatalogRun]>>,
}

impl Joining<'_> {
    fn all_runs(&self) -> impl Iterator<Item = &CatalogRun> {
        self.runs
            .values()
            .flat_map(|runs| runs.iter())
            .chain(&self.carried)
    }

    /// Takes the parts of the catalog as it was. Returns the numbers of runs that were not found: kept and removed.
    fn take_old(&mut self, before: &Manifest, fate: &Fate<'_>) -> Result<(u64, u64), BuildError> {
        let (mut kept, mut removed) = (0, 0);
        for part in &before.parts {
            let runs = open_part(self.folder, part)?;
            let stays = |entry: &&CatalogRun| {
                let is_found = fate.found.contains(&*entry.origin);
                !fate.replaced.contains(&*entry.origin) && (is_found || !fate.prune)
            };
            let not_found = |entry: &&CatalogRun| !fate.found.contains(&*entry.origin);
            let missing = runs.iter().filter(not_found).count() as u64;
            match fate.prune {
                true => removed += missing,
                false => kept += missing,
            }
            if runs.iter().all(|entry| stays(&entry)) {
                self.runs.insert(part.id.clone(), runs);
                self.parts.push((self.folder.to_owned(), part.clone()));
            } else {
                self.carried.extend(runs.iter().filter(stays).cloned());
            }
        }
        Ok((kept, removed))
    }

    fn take_staged(&mut self, staged: Vec<(PathBuf, StagedPart)>) -> Result<(), BuildError> {
        for (path, staged) in staged {
            self.partitions.extend(staged.partitions);
            let mut root = path;
            // The table of runs is moved first: a commit that was stopped has begun to move the others.
            if !root.join(&staged.part.runs_file).exists() {
                self.move_files(&root, &staged.part)?;
                root = self.folder.to_owned();
            }
            let runs = open_part(&root, &staged.part)?;
            self.runs.insert(staged.part.id.clone(), runs);
            self.parts.push((root, staged.part));
        }
        Ok(())
    }

    /// Writes the runs of parts that do not stay to new ones, and those of small parts if there are many of these.
    fn join_small(&mut self) -> Result<(), BuildError> {
        let is_small = |part: &Part| part.points < SMALL_POINTS;
        let small = self.parts.iter().filter(|(_, part)| is_small(part)).count();
        if small > MOST_SMALL {
            let parts = std::mem::take(&mut self.parts);
            let (small, others): (Vec<_>, Vec<_>) =
                parts.into_iter().partition(|(_, part)| is_small(part));
            self.parts = others;
            for (_, part) in small {
                let runs = self.runs.remove(&part.id);
                self.carried
                    .extend(runs.iter().flat_map(|runs| runs.iter().cloned()));
            }
        }
        let mut pending = Vec::new();
        let mut pending_size = 0;
        for entry in std::mem::take(&mut self.carried) {
            let size = size(&entry.run);
            if pending_size > 0 && pending_size + size > PART_POINTS {
                self.write_part(std::mem::take(&mut pending))?;
                pending_size = 0;
            }
            pending_size += size;
            pending.push(entry);
        }
        self.write_part(pending)
    }

    fn write_part(&mut self, runs: Vec<CatalogRun>) -> Result<(), BuildError> {
        if runs.is_empty() {
            return Ok(());
        }
        let WrittenPart { part, partitions } = write_part(self.folder, runs, self.write)?;
        self.partitions.extend(partitions);
        let runs = open_part(self.folder, &part)?;
        self.runs.insert(part.id.clone(), runs);
        self.parts.push((self.folder.to_owned(), part));
        Ok(())
    }

    /// Moves the files to their places, and gives all tables of runs the same columns.
    fn finish(
        mut self,
        before: &Manifest,
        shards: &[(PathBuf, StagedShard)],
    ) -> Result<Manifest, BuildError> {
        let kinds = settings::merge(self.parts.iter().map(|(_, part)| &part.settings));
        let mut parts = Vec::new();
        for (path, mut part) in std::mem::take(&mut self.parts) {
            if path != self.folder {
                self.move_files(&path, &part)?;
            }
            if part.runs_file != runs_file_name(&part.id, &kinds) {
                self.write_runs_file(&mut part, &kinds)?;
            }
            parts.push(part);
        }
        parts.sort_by(|a, b| a.id.cmp(&b.id));
        let files = parts
            .iter()
            .flat_map(|part| part.history.iter().chain(&part.histograms));
        let used: HashSet<&str> = files.filter_map(|file| file.split('/').nth(1)).collect();
        self.partitions
            .retain(|partition, _| used.contains(partition.as_str()));
        let not_read = shards
            .iter()
            .flat_map(|(_, shard)| shard.not_read.iter().cloned());
        let not_read: BTreeSet<_> = not_read.collect();
        let warnings = shards
            .iter()
            .flat_map(|(_, shard)| shard.warnings.iter().cloned());
        let warnings: BTreeSet<String> = warnings.collect();
        Ok(Manifest {
            // It is what a file says, and any other number is a change.
            generation: before.generation.wrapping_add(1),
            runs: sum(parts.iter().map(|part| part.runs)),
            points: sum(parts.iter().map(|part| part.points)),
            parts,
            partitions: self.partitions,
            not_read: not_read.into_iter().collect(),
            warnings: warnings.into_iter().collect(),
            ..Manifest::empty()
        })
    }

    fn move_files(&self, from: &Path, part: &Part) -> Result<(), BuildError> {
        for file in part.files() {
            let (from, to) = (from.join(file), self.folder.join(file));
            if let Some(folder) = to.parent() {
                fs::create_dir_all(folder).map_err(BuildError::change(folder))?;
            }
            // A commit that was stopped has moved it.
            if from.exists() || !to.exists() {
                fs::rename(&from, &to).map_err(BuildError::change(&from))?;
            }
        }
        Ok(())
    }

    fn write_runs_file(
        &self,
        part: &mut Part,
        kinds: &BTreeMap<String, SettingKind>,
    ) -> Result<(), BuildError> {
        let Some(runs) = self.runs.get(&part.id) else {
            return Ok(());
        };
        let mut runs = runs.to_vec();
        runs.sort_by(|a, b| a.run.id.cmp(&b.run.id));
        write_runs_file(self.folder, part, &runs, kinds, self.write)
    }
}
