//! The built-in demo run.

use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use trainscape_temporary::TemporaryFolder;
use zip::result::ZipError;

/// ZIP archive of the demo run's files.
const DEMO: &[u8] = include_bytes!("../../assets/demo.zip");

/// Extracts the demo run to a temporary folder, which is deleted when the value is dropped.
pub(super) fn unpack() -> anyhow::Result<TemporaryFolder> {
    let folder = TemporaryFolder::create("demo")?;
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(DEMO))?;
    archive.extract(folder.path()).map_err(|error| {
        let is_of_the_folder = matches!(error, ZipError::Io(_));
        anyhow::Error::new(error).context(if is_of_the_folder {
            "it cannot be written to the temporary folder"
        } else {
            "the embedded demo run is damaged"
        })
    })?;
    Ok(folder)
}

/// The folder of [`unpack_kept`].
static KEPT: Mutex<Option<TemporaryFolder>> = Mutex::new(None);

/// Extracts the demo run, once, to a temporary folder that stays until [`remove_kept`].
pub(super) fn unpack_kept() -> anyhow::Result<PathBuf> {
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = match kept.take() {
        Some(folder) => folder,
        None => unpack()?,
    };
    let path = folder.path().to_owned();
    *kept = Some(folder);
    Ok(path)
}

/// Deletes the folder of [`unpack_kept`].
pub(super) fn remove_kept() {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner).take();
}
