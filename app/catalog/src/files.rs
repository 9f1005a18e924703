//! Writing the files of a catalog.

use std::{fs, path::Path};

use serde::Serialize;

use crate::error::BuildError;

/// Writes a whole file: it appears under its name when it is complete. The error is one sentence.
pub type WriteFile<'a> = &'a dyn Fn(&Path, &[u8]) -> Result<(), String>;

/// Writes a file and creates the folders above it.
pub(crate) fn write(write: WriteFile<'_>, path: &Path, bytes: &[u8]) -> Result<(), BuildError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(BuildError::change(folder))?;
    }
    write(path, bytes).map_err(BuildError::Write)
}

/// Writes a value as JSON.
pub(crate) fn write_json(
    file: WriteFile<'_>,
    path: &Path,
    value: &impl Serialize,
) -> Result<(), BuildError> {
    let text = serde_json::to_vec_pretty(value);
    let text = text.map_err(|error| BuildError::Write(error.to_string()))?;
    write(file, path, &text)
}
