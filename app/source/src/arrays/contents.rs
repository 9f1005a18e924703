use std::{collections::BTreeMap, path::Path, sync::Arc};

use trainscape_run::{Dtype, PlotFile, Storage};

use crate::{budget::Budget, limits::WORDS};

use super::{
    axes,
    labels::{self, LabelTable},
};

/// One array as its file's header describes it.
#[derive(Debug)]
pub(crate) struct ArrayEntry {
    pub(crate) key: Arc<str>,
    pub(crate) shape: Arc<[usize]>,
    pub(crate) dtype: Dtype,
    pub(crate) storage: Storage,
}

/// The content of a file as its headers describe it.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub(crate) entries: Vec<ArrayEntry>,
    /// Lists of words by name: names of axes, tokens, labels.
    pub(crate) texts: BTreeMap<String, Vec<String>>,
    /// Names of the rows, if the file or its description contains them.
    pub(super) labels: Option<LabelTable>,
    pub(crate) plot: Option<PlotFile>,
    /// What was skipped, one sentence each.
    pub(crate) notes: Vec<String>,
    /// What is not read because nobody would look at it, one sentence each.
    pub(crate) remarks: Vec<String>,
}

impl Contents {
    /// Adds a metadata entry if it is a list of words.
    pub(super) fn add_text(&mut self, name: &str, text: &str) {
        if !is_metadata(name) {
            return;
        }
        let commas = memchr::memchr_iter(b',', text.as_bytes()).count();
        let mut budget = Budget::new(WORDS);
        let taken = budget
            .take_bytes(text.len() as u64)
            .and_then(|()| budget.take_items(commas));
        if let Err(reason) = taken {
            self.notes
                .push(format!("the list `{name}` is not read: {reason}"));
            return;
        }
        let words = match serde_json::from_str::<Vec<String>>(text) {
            Ok(words) => words,
            Err(_) if axes::is_axes_name(name) => text.split(',').map(str::to_owned).collect(),
            Err(_) => return,
        };
        self.texts.insert(name.to_owned(), words);
    }

    /// Names the axes of all arrays.
    pub(super) fn name_axes(&mut self, names: &[&str]) {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        self.texts.insert("axes".to_owned(), names);
    }

    /// True if `other` describes the same arrays.
    pub(super) fn describes_as(&self, other: &Self) -> bool {
        let headers = |contents: &Self| -> Vec<_> {
            let entries = contents.entries.iter();
            entries
                .map(|entry| {
                    (
                        Arc::clone(&entry.key),
                        Arc::clone(&entry.shape),
                        entry.dtype,
                    )
                })
                .collect()
        };
        headers(self) == headers(other)
            && self.texts == other.texts
            && self.labels == other.labels
            && self.notes == other.notes
            && self.remarks == other.remarks
    }
}

/// True if text of that name describes arrays.
pub(super) fn is_metadata(name: &str) -> bool {
    axes::is_axes_name(name) || labels::is_labels_key(name)
}

/// The file's name without its ending.
pub(super) fn stem(path: &Path) -> String {
    path.file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default()
}
