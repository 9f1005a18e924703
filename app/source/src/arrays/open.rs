use std::path::Path;

use trainscape_run::Tensor;

use super::{
    array_file::ArrayFile,
    assemble,
    contents::stem,
    format::FileFormat,
    formats::{array_format_of_name, array_titles},
    labels,
    run_files::{AxesOverrides, OpenedFiles},
};
use crate::{error::SourceError, key_mapping::KeyMapping, regular_file, stamp::Stamp};

/// All arrays of one file, with the names of their axes, steps and labels as far as they are known.
///
/// # Errors
///
/// [`SourceError`] if the file does not exist, its name has no ending of an array format, or it contains no
/// readable array.
pub fn open_array(path: &Path) -> Result<Vec<Tensor>, SourceError> {
    let metadata = std::fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => SourceError::NotFound {
            path: path.to_owned(),
        },
        _ => SourceError::Unreadable {
            path: path.to_owned(),
            reason: error.to_string(),
        },
    })?;
    if let Some(what) = regular_file::not_readable(path, &metadata) {
        let path = path.to_owned();
        return Err(SourceError::NotAFile { path, what });
    }
    let stamp = Stamp::of(&metadata);
    let failed = |reason: String| SourceError::Array {
        path: path.to_owned(),
        reason,
    };
    let format = array_format_of_name(path)
        .ok_or_else(|| failed(format!("is not an {} file", array_titles())))?;
    if path.is_dir() {
        return Err(failed("is a folder, not a file".to_owned()));
    }
    let format = FileFormat::Array(format);
    let contents = format.open(path, stamp).map_err(failed)?;
    let notes = contents.notes.join("; ");
    let tensors = tensors(&ArrayFile::of(path, format, stamp, contents));
    if tensors.is_empty() {
        return Err(failed(if notes.is_empty() {
            "contains no array".to_owned()
        } else {
            notes
        }));
    }
    Ok(tensors)
}

/// The tensors of one file outside a run, with the labels next to it.
fn tensors(file: &ArrayFile) -> Vec<Tensor> {
    let folder = file.path.parent().unwrap_or(Path::new(""));
    let tables: Vec<_> = labels::names_for(&stem(&file.path))
        .map(|name| folder.join(name))
        .filter(|path| path.is_file())
        .map(|path| {
            let table = labels::read(&path);
            (path, table)
        })
        .collect();
    let labels: Vec<_> = tables
        .iter()
        .map(|(path, table)| (path.as_path(), table))
        .collect();
    let assembled = assemble::assemble(&OpenedFiles {
        folder,
        sources_before: 0,
        files: &[file],
        labels: &labels,
        overrides: &AxesOverrides::new(),
        mapping: &KeyMapping::default(),
    });
    let tensors = assembled.tensors.into_values();
    tensors.map(|tensor| (*tensor).clone()).collect()
}
