//! Removing the files that the list of a catalog no longer has.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

use trainscape_source::catalog::{Manifest, Part, STAGING};

use crate::{error::BuildError, staging::entries};

/// The folders with the files of parts.
const FOLDERS: [&str; 4] = ["runs", "series", "history", "histograms"];

/// What shards have staged, while it is being removed.
const REMOVED: &str = "_removed";

/// Removes what shards have staged, and the files of earlier parts.
pub(crate) fn remove(folder: &Path, manifest: &Manifest) -> Result<(), BuildError> {
    // Renamed first: what is left of it after an interruption is not taken for a build.
    let removed = folder.join(REMOVED);
    remove_folder(&removed)?;
    let staging = folder.join(STAGING);
    if staging.exists() {
        fs::rename(&staging, &removed).map_err(BuildError::change(&staging))?;
    }
    remove_folder(&removed)?;
    let listed = manifest.parts.iter().flat_map(Part::files);
    let listed: HashSet<PathBuf> = listed.map(|file| folder.join(file)).collect();
    for name in FOLDERS {
        remove_in(&folder.join(name), &listed)?;
    }
    Ok(())
}

fn remove_folder(path: &Path) -> Result<(), BuildError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(BuildError::change(path)(error))
        }
        _ => Ok(()),
    }
}

fn remove_in(folder: &Path, listed: &HashSet<PathBuf>) -> Result<(), BuildError> {
    for path in entries(folder)? {
        let is_folder = fs::symlink_metadata(&path).is_ok_and(|found| found.is_dir());
        if is_folder {
            remove_in(&path, listed)?;
            // Fails unless it is empty.
            let _not_empty = fs::remove_dir(&path);
        } else if !listed.contains(&path) && is_ours(&path) {
            fs::remove_file(&path).map_err(BuildError::change(&path))?;
        }
    }
    Ok(())
}

/// True for a name that a part's file has: what others put beside them stays.
fn is_ours(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let stem = name.and_then(|name| name.strip_suffix(".parquet"));
    stem.is_some_and(|stem| {
        let id = stem.split('-').next().unwrap_or_default();
        id.len() == 16
            && stem
                .bytes()
                .all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
    })
}
