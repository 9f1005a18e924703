//! Which of the listed files can lie below one folder: a listing may name anything, and anything twice.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use crate::{entry::Entry, error::RemoteError, key, limits};

/// Listed files with their paths.
#[derive(Debug, Default)]
pub(crate) struct Placed {
    pub(crate) files: Vec<(PathBuf, Entry)>,
    /// Those that cannot be there, and why.
    pub(crate) refused: Vec<(Entry, RemoteError)>,
}

/// The paths of files below a folder. Each path is that of one file, and no file is in the place of a folder.
pub(crate) fn placed(files: Vec<Entry>) -> Placed {
    let mut placed = Placed::default();
    let mut known: HashSet<PathBuf> = HashSet::new();
    for file in files {
        match path_of(&file) {
            Ok(path) if known.insert(path.clone()) => placed.files.push((path, file)),
            Ok(_) => {
                let error = refused(&file, "it is listed twice, and the first one is taken");
                placed.refused.push((file, error));
            }
            Err(error) => placed.refused.push((file, error)),
        }
    }
    let folders: HashSet<PathBuf> = placed
        .files
        .iter()
        .flat_map(|(path, _)| path.ancestors().skip(1))
        .map(Path::to_owned)
        .collect();
    let is_folder = |(path, _): &mut (PathBuf, Entry)| folders.contains(path);
    let in_the_way: Vec<_> = placed.files.extract_if(.., is_folder).collect();
    let in_the_way = in_the_way.into_iter().map(|(_, file)| {
        let error = refused(&file, "a folder with files has its name");
        (file, error)
    });
    placed.refused.extend(in_the_way);
    placed
}

/// All bytes of files, whose sizes are what a server claims.
pub(crate) fn bytes_of<'a>(files: impl IntoIterator<Item = &'a Entry>) -> u64 {
    let sizes = files.into_iter().map(|file| file.version.bytes);
    sizes.fold(0, u64::saturating_add)
}

fn path_of(file: &Entry) -> Result<PathBuf, RemoteError> {
    if file.version.bytes > limits::FILE {
        let why = format!(
            "its {} bytes are more than a file may have",
            file.version.bytes
        );
        return Err(refused(file, &why));
    }
    key::path_of(&file.key)
}

fn refused(file: &Entry, why: &str) -> RemoteError {
    RemoteError::Refused {
        key: file.key.chars().take(200).collect(),
        why: why.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Version;

    fn file(key: &str, bytes: u64) -> Entry {
        Entry {
            key: key.to_owned(),
            address: key.to_owned(),
            version: Version {
                bytes,
                ..Version::default()
            },
            checksum: None,
        }
    }

    #[test]
    fn each_path_is_that_of_one_file() {
        let files = vec![
            file("a", 1),
            file("m.jsonl", 1),
            file("a/m.jsonl", 1),
            file("m.jsonl", 2),
            file("../m.jsonl", 1),
            file("w.npy", u64::MAX),
        ];
        let placed = placed(files);
        let keys = |files: &[(PathBuf, Entry)]| -> Vec<String> {
            files.iter().map(|(_, file)| file.key.clone()).collect()
        };
        assert_eq!(keys(&placed.files), ["m.jsonl", "a/m.jsonl"]);
        assert_eq!(placed.files[0].1.version.bytes, 1);
        let refused: Vec<String> = placed.refused.iter().map(|(_, e)| e.to_string()).collect();
        for (text, word) in
            refused
                .iter()
                .zip(["twice", "leave the folder", "more than a file", "a folder"])
        {
            assert!(text.contains(word), "{text}");
        }
        assert_eq!(refused.len(), 4);
    }

    #[test]
    fn claimed_sizes_have_a_sum() {
        let files = [file("a", u64::MAX), file("b", u64::MAX)];
        assert_eq!(bytes_of(&files), u64::MAX);
    }
}
