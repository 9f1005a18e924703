//! Why nothing is shown of what was opened, by what there is on disk.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use trainscape_run::Snapshot;

use crate::places::PlacesStatus;

/// Time between two looks.
const INTERVAL: Duration = Duration::from_secs(2);
/// The most file names that are listed.
const MOST_NAMED: usize = 3;

/// Why nothing is shown, in sentences.
#[derive(Default)]
pub(crate) struct OpenedContents {
    looked_at: Option<Instant>,
    pub(crate) text: String,
}

impl OpenedContents {
    /// Looks again, from time to time, while no run was found.
    pub(crate) fn update(&mut self, snapshot: &Snapshot, paths: &[PathBuf], places: &PlacesStatus) {
        let of_places = places.failure.as_ref().or(places.activity.as_ref());
        if let Some(text) = of_places.filter(|_| snapshot.runs.is_empty()) {
            self.text.clone_from(text);
            self.looked_at = None;
            return;
        }
        let is_due = self.looked_at.is_none_or(|at| at.elapsed() > INTERVAL);
        if snapshot.runs.is_empty() && snapshot.progress.caught_up && is_due {
            self.looked_at = Some(Instant::now());
            self.text = describe(snapshot, paths);
        }
    }
}

fn describe(snapshot: &Snapshot, paths: &[PathBuf]) -> String {
    let [path] = paths else {
        return "None of what was opened holds records yet. All of it is watched for new ones."
            .to_owned();
    };
    let shown = path.display();
    let unread = snapshot.unread.first().map(|unread| {
        let name = unread.path.file_name().unwrap_or_default();
        format!(
            " {}: {}.",
            name.to_string_lossy(),
            unread.why.trim_end_matches('.')
        )
    });
    let unread = unread.unwrap_or_default();
    if !path.exists() {
        return format!(
            "{shown} no longer exists. Open another folder, or restore it: it is watched."
        );
    }
    if path.is_file() {
        return match fs::metadata(path).map(|metadata| metadata.len()) {
            Ok(0) => format!("{shown} is empty. It is watched for records."),
            _ => format!(
                "{shown} is not a log that can be read.{unread} Open the folder of its run instead."
            ),
        };
    }
    let (count, names) = files_in(path);
    if count == 0 {
        return format!(
            "{shown} is empty. It is watched: a run appears here once it logs something."
        );
    }
    let listed = names.join(", ");
    let more = if count > names.len() { ", …" } else { "" };
    format!(
        "No records in {shown}: none of its files is a log that can be read ({listed}{more}).{unread} The folder is \
         watched for new ones."
    )
}

/// The number of entries of a folder, and some of their names.
fn files_in(folder: &Path) -> (usize, Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return (0, Vec::new());
    };
    let names = entries
        .filter_map(Result::ok)
        .map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.collect();
    let count = names.len();
    names.sort();
    names.truncate(MOST_NAMED);
    (count, names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_case_has_a_message_of_its_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("runs");
        let text = |path: &Path| describe(&Snapshot::default(), &[path.to_owned()]);
        assert!(text(&path).contains("no longer exists"));
        fs::create_dir(&path).expect("a folder");
        assert!(text(&path).contains("is empty"));
        fs::write(path.join("notes.odt"), "x").expect("a file");
        assert!(text(&path).contains("(notes.odt)"));
        assert!(text(&path.join("notes.odt")).contains("is not a log"));
    }
}
