//! Assembling the arrays of one run: sets of files become tensors with keys, axes, steps and labels.

use std::path::Path;

use trainscape_run::{Source, SourceState};

use super::{
    array_file::ArrayFile,
    checkpoints,
    drafts::{add_drafts, make_keys_unique},
    interpretation::interpret,
    layers::stack_layers,
    run_files::{Assembled, OpenedFiles, shorten},
};

pub(super) fn assemble(run: &OpenedFiles<'_>) -> Assembled {
    let mut out = Assembled {
        sources: run.files.iter().map(|file| source(file)).collect(),
        ..Assembled::default()
    };
    let paths: Vec<&Path> = run.files.iter().map(|file| run.relative(file)).collect();
    let sets = checkpoints::sets(run.folder, &paths);
    let mut drafts = Vec::new();
    for (index, set) in sets.iter().enumerate() {
        add_drafts(run, index, set, &mut drafts, &mut out.sources);
    }
    stack_layers(run, &mut drafts);
    make_keys_unique(&mut drafts, &sets);
    interpret(run, &drafts, &sets, &mut out);
    for file in run.files {
        out.plots
            .extend(file.contents().and_then(|contents| contents.plot.clone()));
    }
    out.plots.sort_by(|a, b| {
        (&a.key, a.format, a.step, &a.path).cmp(&(&b.key, b.format, b.step, &b.path))
    });
    for source in &mut out.sources {
        shorten(&mut source.note);
    }
    out
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
            let sentences = [&contents.notes[..], &contents.remarks[..]].concat();
            (state, records as u64, sentences.join("; "))
        }
    };
    Source {
        path: file.path.clone(),
        format: file.format.source_format(),
        bytes: file.len(),
        state,
        records,
        skipped: 0,
        note,
        steps_count: None,
        has_open_row: false,
    }
}
