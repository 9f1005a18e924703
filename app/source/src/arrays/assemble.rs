//! The arrays of one run: sets of files become tensors with keys, axes, steps and labels.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use trainscape_run::{PlotFile, Source, SourceFormat, SourceState, Tensor};

use super::{
    Contents, checkpoints,
    drafts::{Draft, tell_apart},
    labels::{self, LabelTable},
    store::ArrayFile,
};
use crate::stamp::Stamp;

/// A note that quotes a hostile name must not fill the screen.
const MAX_NOTE: usize = 400;

/// What a run holds beside its logs.
#[derive(Debug, Default)]
pub(crate) struct Assembled {
    pub(crate) tensors: BTreeMap<Arc<str>, Arc<Tensor>>,
    pub(crate) plots: Vec<PlotFile>,
    pub(crate) sources: Vec<Source>,
    pub(crate) warnings: BTreeSet<String>,
}

/// The user's own names of axes, by key.
pub(crate) type AxesOverrides = BTreeMap<String, Vec<String>>;

pub(super) struct Assembler<'a> {
    pub(super) folder: &'a Path,
    /// Sources of the run that come before these files.
    pub(super) sources_before: usize,
    pub(super) files: &'a [&'a ArrayFile],
    pub(super) labels: &'a [(&'a Path, &'a Result<LabelTable, String>)],
    pub(super) overrides: &'a AxesOverrides,
}

impl Assembler<'_> {
    pub(super) fn assemble(&self) -> Assembled {
        let mut out = Assembled {
            sources: self.files.iter().map(|file| source(file)).collect(),
            ..Assembled::default()
        };
        let files = self.files.iter();
        let paths: Vec<_> = files
            .map(|file| (self.relative(file), file.format))
            .collect();
        let sets = checkpoints::sets(&paths);
        let mut drafts = Vec::new();
        for (index, set) in sets.iter().enumerate() {
            self.drafts_of(index, set, &mut drafts, &mut out.sources);
        }
        tell_apart(&mut drafts, &sets);
        self.finish(&drafts, &sets, &mut out);
        for file in self.files {
            out.plots
                .extend(file.contents().and_then(|contents| contents.plot.clone()));
        }
        out.plots.sort_by(|a, b| {
            (&a.key, a.kind, a.step, &a.path).cmp(&(&b.key, b.kind, b.step, &b.path))
        });
        for source in &mut out.sources {
            shorten(&mut source.note);
        }
        out
    }

    /// The file's path in the run's folder; its name, where the run is that file.
    fn relative<'f>(&self, file: &'f ArrayFile) -> &'f Path {
        match file.path.strip_prefix(self.folder) {
            Ok(relative) if relative != Path::new("") => relative,
            _ => Path::new(file.path.file_name().unwrap_or_default()),
        }
    }

    pub(super) fn tensor(&self, draft: &Draft) -> Tensor {
        Tensor {
            key: Arc::clone(&draft.key),
            shape: draft.shape.as_slice().into(),
            dtype: draft.dtype,
            axes: None,
            steps: None,
            labels: None,
            path: self.files[draft.file].path.clone(),
            source: self.sources_before + draft.file,
            parts: draft.parts.clone(),
        }
    }
}

fn source(file: &ArrayFile) -> Source {
    let (state, records, note) = match file.result() {
        Err(reason) => (SourceState::Failed, 0, reason.to_owned()),
        Ok(contents) => {
            let state = match contents.notes.is_empty() {
                true => SourceState::Ok,
                false => SourceState::Partial,
            };
            let records = contents.entries.len() + usize::from(contents.plot.is_some());
            (state, records as u64, contents.notes.join("; "))
        }
    };
    Source {
        path: file.path.clone(),
        format: file.format,
        bytes: file.len(),
        state,
        records,
        skipped: 0,
        note,
    }
}

pub(super) fn add_note(source: &mut Source, note: &str) {
    if source.state == SourceState::Ok {
        source.state = SourceState::Partial;
    }
    // Thousands of keys may fail alike.
    if source.note.len() < MAX_NOTE {
        if !source.note.is_empty() {
            source.note.push_str("; ");
        }
        source.note.push_str(note);
    }
}

fn shorten(note: &mut String) {
    if note.len() > MAX_NOTE {
        let end = (0..=MAX_NOTE)
            .rev()
            .find(|&at| note.is_char_boundary(at))
            .unwrap_or(0);
        note.truncate(end);
        note.push('…');
    }
}

/// The tensors of one file that no run holds, with the labels beside it.
pub(super) fn alone(
    path: &Path,
    format: SourceFormat,
    stamp: Stamp,
    contents: Contents,
) -> Vec<Tensor> {
    let file = ArrayFile::of(path, format, stamp, contents);
    let folder = path.parent().unwrap_or(Path::new(""));
    let stem = super::stem(path);
    let tables: Vec<_> = labels::names_for(&stem)
        .map(|name| folder.join(name))
        .filter(|path| path.is_file())
        .map(|path| {
            let table = labels::read(&path);
            (path, table)
        })
        .collect();
    let tables: Vec<_> = tables
        .iter()
        .map(|(path, table)| (path.as_path(), table))
        .collect();
    let assembled = Assembler {
        folder,
        sources_before: 0,
        files: &[&file],
        labels: &tables,
        overrides: &AxesOverrides::new(),
    }
    .assemble();
    let tensors = assembled.tensors.into_values();
    tensors.map(|tensor| (*tensor).clone()).collect()
}
