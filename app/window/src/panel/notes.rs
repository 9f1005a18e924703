//! What was skipped while reading: the menu of warnings in the toolbar.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use egui::{Align, Label, RichText, ScrollArea, Ui};
use trainscape_remote::LeftOut;
use trainscape_run::{Snapshot, SourceState};

use crate::state::State;

/// Reasons and files of each that are listed.
const MOST_REASONS: usize = 20;
const MOST_FILES: usize = 8;

/// Width and largest height of the list in points.
const WIDTH: f32 = 520.0;
const MAX_HEIGHT: f32 = 460.0;

/// The files with one note: why they were not read, or what was skipped in them.
struct Note {
    text: String,
    files: Vec<String>,
}

pub(super) fn menu(state: &State, ui: &mut Ui) {
    let notes = notes(&state.snapshot, &state.read_paths, &state.places.left_out);
    if notes.is_empty() {
        return;
    }
    let count: usize = notes.iter().map(|note| note.files.len().max(1)).sum();
    let title = match count {
        1 => "1 warning".to_owned(),
        count => format!("{count} warnings"),
    };
    ui.menu_button(title, |ui| {
        ui.set_width(WIDTH);
        ScrollArea::vertical()
            .max_height(MAX_HEIGHT)
            .show(ui, |ui| list(&notes, ui));
    });
}

fn list(notes: &[Note], ui: &mut Ui) {
    let line = |ui: &mut Ui, text: RichText| {
        ui.add(Label::new(text).wrap().halign(Align::LEFT));
    };
    for note in notes.iter().take(MOST_REASONS) {
        line(ui, RichText::new(&note.text));
        for file in note.files.iter().take(MOST_FILES) {
            line(ui, RichText::new(file).weak());
        }
        if note.files.len() > MOST_FILES {
            let more = note.files.len() - MOST_FILES;
            line(ui, RichText::new(format!("and {more} more files")).weak());
        }
        ui.add_space(6.0);
    }
    if notes.len() > MOST_REASONS {
        let more = notes.len() - MOST_REASONS;
        line(
            ui,
            RichText::new(format!("and {more} more warnings")).weak(),
        );
    }
}

/// The notes, the files with the same one together.
fn notes(snapshot: &Snapshot, roots: &[PathBuf], left_out: &[LeftOut]) -> Vec<Note> {
    let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let sources = snapshot.runs.iter().flat_map(|run| &run.sources);
    for source in
        sources.filter(|source| source.state != SourceState::Ok || !source.note.is_empty())
    {
        let of_note = files.entry(first_upper(&source.note)).or_default();
        let name = below(&source.path, roots);
        // Several runs may be in one file.
        if of_note.last() != Some(&name) {
            of_note.push(name);
        }
    }
    for unread in snapshot.unread.iter() {
        let text = format!("Not read: {}", unread.why);
        files
            .entry(text)
            .or_default()
            .push(below(&unread.path, roots));
    }
    for left in left_out {
        let text = format!("Not brought: {}", left.why);
        files.entry(text).or_default().push(left.key.clone());
    }
    let warnings = snapshot.warnings.iter().map(|text| Note {
        text: text.clone(),
        files: Vec::new(),
    });
    let of_files = files.into_iter().map(|(text, files)| Note { text, files });
    warnings.chain(of_files).collect()
}

/// The path below the opened folder.
fn below(path: &Path, roots: &[PathBuf]) -> String {
    let below = roots.iter().find_map(|root| path.strip_prefix(root).ok());
    let name = below.filter(|below| !below.as_os_str().is_empty());
    name.unwrap_or(path).display().to_string()
}

fn first_upper(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(characters).collect()
}

#[cfg(test)]
mod tests {
    use trainscape_run::Unread;

    use super::*;

    #[test]
    fn files_with_the_same_note_are_listed_together() {
        let unread = |name: &str| Unread {
            path: PathBuf::from("/runs").join(name),
            kind: "log",
            why: "it is a pointer".to_owned(),
        };
        let snapshot = Snapshot {
            unread: [unread("a"), unread("b/c")].into(),
            ..Snapshot::default()
        };
        let notes = notes(&snapshot, &[PathBuf::from("/runs")], &[]);
        assert_eq!(notes.len(), 1);
        assert_eq!(notes[0].text, "Not read: it is a pointer");
        assert_eq!(notes[0].files, ["a", "b/c"]);
    }
}
