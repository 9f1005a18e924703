//! The file of the preferences: read value by value, and merged with what other windows have saved since.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde_json::{Map, Value as Json};

use crate::lenient_json;

/// The content of the file.
pub(crate) type Document = Map<String, Json>;

/// Lists of pairs of a folder and a value; all other lists are taken as a whole.
const BY_FOLDER: &str = "workspaces";
/// Folders, the last opened first.
const RECENT: &str = "recent";
/// Most recent folders listed.
const MAX_RECENT: usize = 12;
/// Most folders whose workspace is saved.
const MAX_WORKSPACES: usize = 40;
/// Another window writes for milliseconds; after this time it is taken to hang.
const MAX_WAIT: Duration = Duration::from_millis(500);
/// Largest size of the file: forty workspaces take a hundredth of it.
const MAX_BYTES: u64 = 64 << 20;
/// Most copies of files that could not be read.
const MAX_COPIES: usize = 8;

/// Where the preferences are kept.
#[derive(Clone, Debug)]
pub(crate) struct PreferencesFile {
    path: PathBuf,
    /// The content when it was last read or written: the base of the next merge.
    base: Document,
    /// The file holds what would be lost by writing it, and there is no copy of it yet.
    must_be_copied: bool,
}

impl PreferencesFile {
    /// The file and its content; `None` where something else has its name, so that nothing can be kept there.
    pub(crate) fn read(path: PathBuf) -> Option<Self> {
        match read_document(&path) {
            Ok((base, is_whole)) => {
                let mut file = Self {
                    path,
                    base,
                    must_be_copied: false,
                };
                if !is_whole {
                    file.keep_copy();
                }
                Some(file)
            }
            Err(ReadError::Damaged) => {
                log::warn!(
                    "the preferences are no JSON object and are reset; a copy of them is kept"
                );
                let mut file = Self {
                    path,
                    base: Document::new(),
                    must_be_copied: false,
                };
                file.keep_copy();
                Some(file)
            }
            Err(ReadError::NoFile(error)) => {
                log::warn!(
                    "the preferences cannot be read, and changes will not be saved: {}: {error}",
                    path.display()
                );
                None
            }
        }
    }

    pub(crate) fn content(&self) -> &Document {
        &self.base
    }

    /// Keeps the file as it is before values that this version does not know are lost. Where that fails, nothing is
    /// written before a copy can be kept.
    pub(crate) fn keep_copy(&mut self) {
        let kept = keep_copy(&self.path);
        self.must_be_copied = kept.is_err();
        if let Err(error) = kept {
            let path = self.path.display();
            log::warn!(
                "{path} cannot be copied, and changes will not be saved until it can: {error}"
            );
        }
    }

    /// Writes what this window has changed, and returns the content with what others have changed.
    pub(crate) fn write(&mut self, ours: &Document) -> io::Result<&Document> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let _lock = lock(&self.path.with_extension("lock"));
        if self.must_be_copied {
            keep_copy(&self.path)?;
            self.must_be_copied = false;
        }
        let theirs = match read_document(&self.path) {
            Ok((theirs, _)) => theirs,
            Err(_) => self.base.clone(),
        };
        let merged = merge(&self.base, ours, &theirs);
        if merged != theirs {
            let text = text_of(&merged, MAX_BYTES)?;
            trainscape_export::write_output(&self.path, &text).map_err(io::Error::other)?;
        }
        self.base = merged;
        Ok(&self.base)
    }
}

#[derive(Debug)]
enum ReadError {
    /// The file is no JSON object.
    Damaged,
    /// There is no file that can be read.
    NoFile(io::Error),
}

/// The content of the file, and whether all of its values could be read.
fn read_document(path: &Path) -> Result<(Document, bool), ReadError> {
    // A FIFO would be waited for.
    match fs::metadata(path) {
        Ok(there) if there.is_file() && there.len() > MAX_BYTES => {
            return Err(ReadError::NoFile(io::Error::other(format!(
                "it has {} bytes, and preferences at most {MAX_BYTES}",
                there.len()
            ))));
        }
        Ok(there) if there.is_file() => {}
        Ok(_) => return Err(ReadError::NoFile(io::Error::other("it is no regular file"))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok((Document::new(), true));
        }
        Err(error) => return Err(ReadError::NoFile(error)),
    }
    let bytes = fs::read(path).map_err(ReadError::NoFile)?;
    // Editors write a byte-order mark.
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    let (mut document, is_whole) = lenient_json::read_object(text).ok_or(ReadError::Damaged)?;
    // The name in version 0.1.0.
    if let Some(workspaces) = document.remove("memories") {
        document.entry(BY_FOLDER).or_insert(workspaces);
    }
    Ok((document, is_whole))
}

/// The text of a document, indented if that is not longer than what is read again.
///
/// # Errors
/// When it is longer without indentation, too: no start could read it.
fn text_of(document: &Document, most: u64) -> io::Result<Vec<u8>> {
    let text = serde_json::to_vec_pretty(document).map_err(io::Error::other)?;
    if text.len() as u64 <= most {
        return Ok(text);
    }
    let text = serde_json::to_vec(document).map_err(io::Error::other)?;
    match text.len() as u64 <= most {
        true => Ok(text),
        false => Err(io::Error::other(format!(
            "the preferences would have {} bytes, and at most {most} are read",
            text.len()
        ))),
    }
}

/// Copies a file so that the copy is whole or not there, under a name that no other copy has. If all names are taken, the
/// oldest copy is replaced.
fn keep_copy(path: &Path) -> io::Result<()> {
    let bytes = fs::read(path)?;
    let copies: Vec<PathBuf> = (1..=MAX_COPIES)
        .map(|number| match number {
            1 => path.with_extension("old.json"),
            number => path.with_extension(format!("old-{number}.json")),
        })
        .collect();
    let is_kept = |copy: &PathBuf| {
        let size = fs::metadata(copy).map(|there| there.len()).ok();
        size == Some(bytes.len() as u64) && fs::read(copy).is_ok_and(|there| there == bytes)
    };
    if copies.iter().any(is_kept) {
        return Ok(());
    }
    let written = |copy: &&PathBuf| {
        let there = fs::metadata(copy);
        there.and_then(|there| there.modified()).ok()
    };
    let free = copies.iter().find(|copy| !copy.exists());
    match free.or_else(|| copies.iter().min_by_key(written)) {
        Some(copy) => trainscape_export::write_output(copy, &bytes).map_err(io::Error::other),
        None => Ok(()),
    }
}

/// Holds the lock until it is dropped; without it, two windows that save at the same moment may lose one change.
fn lock(path: &Path) -> Option<File> {
    // A FIFO in its place would be waited for.
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return None;
    }
    // A link in its place may lead to a file with content.
    let mut options = File::options();
    let file = options.create(true).append(true).open(path).ok()?;
    let start = Instant::now();
    while file.try_lock().is_err() {
        if start.elapsed() > MAX_WAIT {
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Some(file)
}

/// `theirs` with every change from `base` to `ours`.
fn merge(base: &Document, ours: &Document, theirs: &Document) -> Document {
    let mut merged = theirs.clone();
    for (name, our) in ours {
        let base = base.get(name);
        if base == Some(our) {
            continue;
        }
        let merged_value = match (our, theirs.get(name)) {
            (Json::Object(our), Some(Json::Object(their))) => {
                let empty = Map::new();
                let base = base.and_then(Json::as_object).unwrap_or(&empty);
                Json::Object(merge_entries(base, our, their))
            }
            (Json::Array(our), Some(Json::Array(their))) if name == BY_FOLDER => {
                let base = base.and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
                Json::Array(merge_by_folder(base, our, their))
            }
            (Json::Array(our), Some(Json::Array(their))) if name == RECENT => {
                let base = base.and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
                Json::Array(merge_recent(base, our, their))
            }
            _ => our.clone(),
        };
        merged.insert(name.clone(), merged_value);
    }
    merged
}

fn merge_entries(base: &Document, ours: &Document, theirs: &Document) -> Document {
    let mut merged = theirs.clone();
    for name in base.keys().filter(|name| !ours.contains_key(*name)) {
        merged.remove(name);
    }
    for (name, our) in ours
        .iter()
        .filter(|(name, our)| base.get(*name) != Some(our))
    {
        merged.insert(name.clone(), our.clone());
    }
    merged
}

/// The folders that this window has opened since come first, then those of the others in their order.
fn merge_recent(base: &[Json], ours: &[Json], theirs: &[Json]) -> Vec<Json> {
    // Opening a folder moves it to the front: what follows has the order of the base.
    let has_order_of_base = |rest: &[Json]| {
        let mut base = base.iter();
        rest.iter().all(|folder| base.any(|known| known == folder))
    };
    let opened = (0..=ours.len())
        .find(|&at| has_order_of_base(&ours[at..]))
        .unwrap_or(ours.len());
    let (opened, _) = ours.split_at(opened);
    let others = theirs.iter().filter(|folder| !opened.contains(folder));
    opened
        .iter()
        .chain(others)
        .take(MAX_RECENT)
        .cloned()
        .collect()
}

/// What this window has changed comes first, then what others have.
fn merge_by_folder(base: &[Json], ours: &[Json], theirs: &[Json]) -> Vec<Json> {
    let changed: Vec<&Json> = ours.iter().filter(|our| !base.contains(our)).collect();
    let is_changed = |entry: &Json| changed.iter().any(|changed| changed[0] == entry[0]);
    let unchanged = theirs.iter().filter(|their| !is_changed(their));
    let all = changed.iter().copied().chain(unchanged);
    all.take(MAX_WORKSPACES).cloned().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(json: Json) -> Document {
        serde_json::from_value(json).expect("an object")
    }

    #[test]
    fn changes_of_two_windows_are_merged() {
        let base = document(json!({
            "theme": "dark", "animate": true, "roles": {"a": "loss", "b": "reward"}, "recent": ["/x"],
            "workspaces": [["/x", 1], ["/y", 2]], "of a later version": [1],
        }));
        let mut ours = base.clone();
        ours.insert("theme".into(), json!("light"));
        ours.insert("roles".into(), json!({"a": "loss", "c": "accuracy"}));
        ours.insert("recent".into(), json!(["/ours", "/x"]));
        ours.insert("workspaces".into(), json!([["/y", 3], ["/x", 1]]));
        let mut theirs = base.clone();
        theirs.insert("animate".into(), json!(false));
        theirs.insert("roles".into(), json!({"a": "reward", "b": "reward"}));
        theirs.insert("recent".into(), json!(["/theirs", "/x"]));
        theirs.insert(
            "workspaces".into(),
            json!([["/x", 9], ["/y", 2], ["/z", 4]]),
        );
        let merged = merge(&base, &ours, &theirs);
        let expected = document(json!({
            "theme": "light", "animate": false, "roles": {"a": "reward", "c": "accuracy"},
            "recent": ["/ours", "/theirs", "/x"],
            "workspaces": [["/y", 3], ["/x", 9], ["/z", 4]], "of a later version": [1],
        }));
        assert_eq!(merged, expected);
    }

    #[test]
    fn what_another_window_opened_later_is_not_the_first_to_be_cut() {
        let folders = |names: &[&str]| names.iter().map(|name| json!(name)).collect::<Vec<_>>();
        let base = folders(&["c", "b", "a"]);
        let theirs = folders(&["e", "c", "b", "a"]);
        let opened = merge_recent(&base, &folders(&["d", "c", "b", "a"]), &theirs);
        assert_eq!(opened, folders(&["d", "e", "c", "b", "a"]));
        let opened_again = merge_recent(&base, &folders(&["a", "c", "b"]), &theirs);
        assert_eq!(opened_again, folders(&["a", "e", "c", "b"]));
        let many: Vec<Json> = (0..MAX_RECENT).map(|n| json!(n)).collect();
        let cut = merge_recent(&base, &folders(&["d", "c", "b", "a"]), &many);
        assert_eq!(cut[..2], [json!("d"), json!(0)]);
        assert_eq!(cut.len(), MAX_RECENT);
    }

    #[test]
    fn a_damaged_file_is_kept_as_a_copy() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("preferences.json");
        fs::write(&path, "{\"theme\":").expect("written");
        let mut file = PreferencesFile::read(path.clone()).expect("can be written");
        file.write(&document(json!({"theme": "light"})))
            .expect("written");
        let copy = fs::read_to_string(folder.path().join("preferences.old.json"));
        assert_eq!(copy.expect("a copy"), "{\"theme\":");
        let (written, _) = read_document(&path).expect("readable");
        assert_eq!(written, document(json!({"theme": "light"})));
    }

    #[test]
    fn each_damaged_file_is_kept_and_their_number_is_bounded() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("preferences.json");
        let copies = || {
            let entries = fs::read_dir(folder.path()).expect("a folder").flatten();
            let copies = entries.filter(|entry| entry.path() != path);
            let copies = copies.map(|entry| fs::read_to_string(entry.path()).expect("a copy"));
            copies.collect::<Vec<String>>()
        };
        for damage in ["{\"first\":", "{\"second\":", "{\"first\":"] {
            fs::write(&path, damage).expect("written");
            PreferencesFile::read(path.clone()).expect("can be written");
        }
        let mut kept = copies();
        kept.sort();
        assert_eq!(kept, ["{\"first\":", "{\"second\":"]);
        for damage in 0..2 * MAX_COPIES {
            fs::write(&path, format!("{{\"{damage}\":")).expect("written");
            PreferencesFile::read(path.clone()).expect("can be written");
        }
        let kept = copies();
        assert_eq!(kept.len(), MAX_COPIES);
        let last = format!("{{\"{}\":", 2 * MAX_COPIES - 1);
        assert!(kept.contains(&last), "{kept:?}");
    }

    #[test]
    fn nothing_is_written_that_would_not_be_read() {
        let lists: Vec<Json> = (0..100).map(|n| json!([n, [n]])).collect();
        let document = document(json!({ "workspaces": lists }));
        let indented = text_of(&document, u64::MAX).expect("a text").len() as u64;
        let compact = text_of(&document, indented - 1).expect("a text").len() as u64;
        assert!(compact < indented / 2);
        let error = text_of(&document, compact - 1)
            .expect_err("too long")
            .to_string();
        assert!(error.contains(&compact.to_string()), "{error}");
    }

    #[test]
    fn nothing_is_written_before_a_copy_is_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("preferences.json");
        fs::write(&path, "{\"theme\":").expect("written");
        let mut file = PreferencesFile::read(path.clone()).expect("can be written");
        // As if the disk had been full.
        fs::remove_file(folder.path().join("preferences.old.json")).expect("a copy");
        file.must_be_copied = true;
        file.write(&document(json!({"theme": "light"})))
            .expect("written");
        let copy = fs::read_to_string(folder.path().join("preferences.old.json"));
        assert_eq!(copy.expect("a copy"), "{\"theme\":");
        // A link that leads nowhere is no copy, and none can be written there.
        #[cfg(unix)]
        {
            let copy = folder.path().join("preferences.old.json");
            fs::remove_file(&copy).expect("removed");
            std::os::unix::fs::symlink("no-such-folder/copy", &copy).expect("a link");
            fs::write(&path, "{\"theme\":").expect("written");
            let mut file = PreferencesFile::read(path.clone()).expect("can be written");
            let ours = document(json!({"theme": "light"}));
            assert!(file.write(&ours).is_err());
            assert_eq!(fs::read_to_string(&path).expect("a file"), "{\"theme\":");
        }
    }

    #[test]
    fn a_folder_in_its_place_is_no_file() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(PreferencesFile::read(folder.path().to_owned()).is_none());
    }

    #[test]
    #[cfg(unix)]
    fn a_link_in_the_place_of_the_lock_costs_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let notes = folder.path().join("notes.txt");
        fs::write(&notes, "kept").expect("a file");
        let link = folder.path().join("preferences.lock");
        std::os::unix::fs::symlink(&notes, &link).expect("a link");
        assert!(lock(&link).is_some());
        assert_eq!(fs::read_to_string(&notes).expect("a file"), "kept");
    }
}
