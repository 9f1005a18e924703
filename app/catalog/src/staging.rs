//! What shards have built and `commit` has not joined yet. A part counts once its description is written, so that a
//! build that was stopped goes on where it was; a shard counts once its own description is.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize, Serializer, de::DeserializeOwned};
use trainscape_source::catalog::{NotRead, Part, STAGING};

use crate::{
    error::BuildError,
    files::{WriteFile, write_json},
    shard::Shard,
};

/// The description of a shard that is finished.
const SHARD: &str = "shard.json";

/// The descriptions of its parts.
const PARTS: &str = "parts";

/// A part that a shard has built.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StagedPart {
    pub(crate) part: Part,
    pub(crate) partitions: BTreeMap<String, String>,
    pub(crate) origins: Vec<StagedOrigin>,
}

/// What some runs were read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StagedOrigin {
    pub(crate) id: String,
    /// JSON has no bytes that are not text: each of them is U+FFFD.
    #[serde(serialize_with = "as_text")]
    pub(crate) path: PathBuf,
    pub(crate) fingerprint: String,
}

fn as_text<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

/// What a shard has found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StagedShard {
    pub(crate) index: u32,
    pub(crate) count: u32,
    /// The ids of all origins of the shard, the unchanged ones included.
    pub(crate) origins: Vec<String>,
    pub(crate) not_read: Vec<NotRead>,
    pub(crate) warnings: Vec<String>,
}

/// The folder of one shard, which no other process may use while this value exists.
#[derive(Debug)]
pub(crate) struct ShardFolder {
    pub(crate) path: PathBuf,
    _lock: File,
}

impl ShardFolder {
    /// Opens the folder of a shard for building.
    pub(crate) fn open(catalog: &Path, shard: Shard) -> Result<Self, BuildError> {
        let path = catalog.join(STAGING).join(shard.to_string());
        fs::create_dir_all(&path).map_err(BuildError::change(&path))?;
        let lock = lock(catalog, &path.join("lock"))?;
        Ok(Self { path, _lock: lock })
    }

    /// Notes that a part is whole.
    pub(crate) fn finish_part(
        &self,
        staged: &StagedPart,
        write: WriteFile<'_>,
    ) -> Result<(), BuildError> {
        let name = format!("{}.json", staged.part.id);
        write_json(write, &self.path.join(PARTS).join(name), staged)
    }

    /// Notes that the shard is whole.
    pub(crate) fn finish(
        &self,
        shard: &StagedShard,
        write: WriteFile<'_>,
    ) -> Result<(), BuildError> {
        write_json(write, &self.path.join(SHARD), shard)
    }

    /// Notes that the shard is being built.
    pub(crate) fn begin(&self) -> Result<(), BuildError> {
        let path = self.path.join(SHARD);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(BuildError::change(&path)(error))
            }
            _ => Ok(()),
        }
    }

    /// Forgets a part whose runs have changed since. Its files are overwritten or removed with the folder.
    pub(crate) fn drop_part(&self, id: &str) -> Result<(), BuildError> {
        let path = self.path.join(PARTS).join(format!("{id}.json"));
        fs::remove_file(&path).map_err(BuildError::change(&path))
    }
}

/// Takes a lock that ends with the process.
pub(crate) fn lock(catalog: &Path, path: &Path) -> Result<File, BuildError> {
    let file = File::create(path).map_err(BuildError::change(path))?;
    match file.try_lock() {
        Err(fs::TryLockError::WouldBlock) => {
            let path = catalog.to_owned();
            Err(BuildError::Busy { path })
        }
        // File systems without locks have none.
        Ok(()) | Err(fs::TryLockError::Error(_)) => Ok(file),
    }
}

/// The parts in the folder of a shard. A description that is damaged is none.
pub(crate) fn parts(shard: &Path) -> Result<Vec<StagedPart>, BuildError> {
    let paths = entries(&shard.join(PARTS))?;
    Ok(paths.iter().filter_map(|path| read(path)).collect())
}

/// The folders of all shards, with their descriptions if they are finished.
pub(crate) fn shards(catalog: &Path) -> Result<Vec<(PathBuf, Option<StagedShard>)>, BuildError> {
    let folders = entries(&catalog.join(STAGING))?;
    let folders = folders.into_iter().filter(|path| path.is_dir());
    Ok(folders
        .map(|path| {
            let shard = read(&path.join(SHARD));
            (path, shard)
        })
        .collect())
}

fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// The paths in a folder, by name; none if it does not exist.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, BuildError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(BuildError::change(folder)(error)),
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}
