use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use trainscape_run::{PlotFile, Source, SourceState, Tensor};

use crate::key_mapping::KeyMapping;

use super::{array_file::ArrayFile, labels::LabelTable};

/// Longest note: one that quotes a malicious name must not fill the screen.
const MAX_NOTE: usize = 400;

/// The user's names of axes, by key.
pub(crate) type AxesOverrides = BTreeMap<String, Vec<String>>;

/// The files of arrays, figures and labels of one run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RunFiles<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) arrays: &'a [PathBuf],
    pub(crate) labels: &'a [PathBuf],
    /// Number of the run's sources that come before these files.
    pub(crate) sources_before: usize,
}

/// Those files, opened.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenedFiles<'a> {
    pub(super) folder: &'a Path,
    /// Number of the run's sources that come before these files.
    pub(super) sources_before: usize,
    pub(super) files: &'a [&'a ArrayFile],
    pub(super) labels: &'a [(&'a Path, &'a Result<LabelTable, String>)],
    pub(super) overrides: &'a AxesOverrides,
    /// What the user's mapping says of arrays.
    pub(super) mapping: &'a KeyMapping,
}

impl OpenedFiles<'_> {
    /// The file's path in the run's folder; its name if the run is that file.
    pub(super) fn relative<'f>(&self, file: &'f ArrayFile) -> &'f Path {
        match file.path.strip_prefix(self.folder) {
            Ok(relative) if relative != Path::new("") => relative,
            _ => Path::new(file.path.file_name().unwrap_or_default()),
        }
    }
}

/// The content of a run in addition to its logs.
#[derive(Debug, Default)]
pub(crate) struct Assembled {
    pub(crate) tensors: BTreeMap<Arc<str>, Arc<Tensor>>,
    pub(crate) plots: Vec<PlotFile>,
    pub(crate) sources: Vec<Source>,
    pub(crate) warnings: BTreeSet<String>,
}

pub(super) fn add_note(source: &mut Source, note: &str) {
    if source.state == SourceState::Ok {
        source.state = SourceState::Partial;
    }
    // Thousands of keys may fail for the same reason.
    if source.note.len() < MAX_NOTE {
        if !source.note.is_empty() {
            source.note.push_str("; ");
        }
        source.note.push_str(note);
    }
}

pub(super) fn shorten(note: &mut String) {
    if note.len() > MAX_NOTE {
        let end = (0..=MAX_NOTE)
            .rev()
            .find(|&at| note.is_char_boundary(at))
            .unwrap_or(0);
        note.truncate(end);
        note.push('…');
    }
}
