//! Arrays on disk: NumPy's npy and npz, safetensors, HDF5, and tables of numbers. Headers are read when a file is found, elements
//! where they are looked at.

mod assemble;
mod axes;
mod checkpoints;
mod drafts;
mod hdf5;
mod labels;
mod mapped;
mod matrix;
mod meaning;
mod npy;
mod npz;
mod once;
mod safetensors;
mod store;

use std::{collections::BTreeMap, path::Path, sync::Arc};

use trainscape_run::{Dtype, PlotFile, SourceFormat, Storage, Tensor};

pub(crate) use assemble::Assembled;
pub(crate) use checkpoints::run_folder;
pub(crate) use hdf5::looks_like_hdf5;
pub(crate) use labels::{is_label_name, names_for as label_names};
pub(crate) use matrix::looks_like_matrix;
pub(crate) use store::ArrayStore;

use crate::{error::SourceError, media, stamp::Stamp};

/// One array as its file's header describes it.
#[derive(Debug)]
struct Entry {
    key: Arc<str>,
    shape: Arc<[usize]>,
    dtype: Dtype,
    storage: Storage,
}

/// What a file's headers say.
#[derive(Debug, Default)]
struct Contents {
    entries: Vec<Entry>,
    /// Lists of words by name: names of axes, tokens, labels.
    texts: BTreeMap<String, Vec<String>>,
    plot: Option<PlotFile>,
    /// What was left out, one sentence each.
    notes: Vec<String>,
}

impl Contents {
    /// Adds a metadata entry, where it is a list of words.
    fn add_text(&mut self, name: &str, text: &str) {
        if !is_metadata(name) {
            return;
        }
        let words = match serde_json::from_str::<Vec<String>>(text) {
            Ok(words) => words,
            Err(_) if axes::is_axes_name(name) => text.split(',').map(str::to_owned).collect(),
            Err(_) => return,
        };
        self.texts.insert(name.to_owned(), words);
    }

    /// Whether `other` describes the same arrays.
    fn describes_as(&self, other: &Self) -> bool {
        let facts = |contents: &Self| -> Vec<_> {
            let facts = contents.entries.iter();
            facts
                .map(|entry| {
                    (
                        Arc::clone(&entry.key),
                        Arc::clone(&entry.shape),
                        entry.dtype,
                    )
                })
                .collect()
        };
        facts(self) == facts(other) && self.texts == other.texts && self.notes == other.notes
    }
}

/// Text beside arrays that says something about them.
fn is_metadata(name: &str) -> bool {
    axes::is_axes_name(name) || labels::is_labels_key(name)
}

/// The format of an array or a figure, by its name's ending.
pub(crate) fn format_of(path: &Path) -> Option<SourceFormat> {
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    match name.rsplit_once('.')?.1 {
        "npy" => Some(SourceFormat::Npy),
        "npz" => Some(SourceFormat::Npz),
        "safetensors" => Some(SourceFormat::Safetensors),
        "h5" | "hdf5" | "he5" | "hdf" => Some(SourceFormat::Hdf5),
        _ if name.ends_with(".plotly.json") => Some(SourceFormat::Plotly),
        _ if name.ends_with(".pts.json") => Some(SourceFormat::Object3d),
        _ => None,
    }
}

/// Reads a file's headers.
fn open(path: &Path, format: SourceFormat, stamp: Stamp) -> Result<Contents, String> {
    if stamp.len == 0 {
        return Err("the file is empty".to_owned());
    }
    match format {
        SourceFormat::Npy => npy::open(path, &stem(path), stamp),
        SourceFormat::Npz => npz::open(path, stamp),
        SourceFormat::Safetensors => safetensors::open(path, stamp),
        SourceFormat::Hdf5 => hdf5::open(path, stamp),
        SourceFormat::Csv => matrix::open(path, &stem(path), stamp),
        _ => Ok(Contents {
            plot: media::open(path, format),
            ..Contents::default()
        }),
    }
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// All arrays of one npy, npz, safetensors or HDF5 file, with the names of their axes, steps and labels where
/// they are known.
///
/// # Errors
///
/// [`SourceError`] where the file does not exist, is of none of these formats, or holds no array that can
/// be read.
pub fn open_array(path: &Path) -> Result<Vec<Tensor>, SourceError> {
    let stamp = Stamp::at(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => SourceError::NotFound {
            path: path.to_owned(),
        },
        _ => SourceError::Unreadable {
            path: path.to_owned(),
            reason: error.to_string(),
        },
    })?;
    let failed = |reason: String| SourceError::Array {
        path: path.to_owned(),
        reason,
    };
    let format = format_of(path)
        .filter(|format| !matches!(format, SourceFormat::Plotly | SourceFormat::Object3d))
        .ok_or_else(|| failed("is no npy, npz, safetensors or HDF5 file".to_owned()))?;
    if path.is_dir() {
        return Err(failed("is a folder, and a file is wanted".to_owned()));
    }
    let contents = open(path, format, stamp).map_err(failed)?;
    let notes = contents.notes.join("; ");
    let tensors = assemble::alone(path, format, stamp, contents);
    if tensors.is_empty() {
        return Err(failed(if notes.is_empty() {
            "holds no array".to_owned()
        } else {
            notes
        }));
    }
    Ok(tensors)
}
