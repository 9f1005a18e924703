//! A folder of this machine, or of one that is mounted, as a place that files are read from.

use std::{
    fs::{self, File},
    io::{Read as _, Seek as _, SeekFrom},
    ops::Range,
    path::{Path, PathBuf},
    time::SystemTime,
};

use crate::{
    entry::{Entry, Listing, Version},
    error::RemoteError,
    left_out::LeftOut,
    limits,
    store::{Enter, Sink, Store},
};

/// A folder.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> RemoteError {
        let place = path.display().to_string();
        move |error| match error.kind() {
            std::io::ErrorKind::NotFound => RemoteError::NotFound { place },
            _ => RemoteError::Other {
                place,
                reason: error.to_string(),
            },
        }
    }
}

fn version(found: &fs::Metadata) -> Version {
    let modified = found.modified().ok();
    let since_1970 = modified.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    Version {
        bytes: found.len(),
        tag: None,
        modified_ms: since_1970.and_then(|time| i64::try_from(time.as_millis()).ok()),
    }
}

/// What an entry of a folder is.
enum Found {
    File(fs::Metadata),
    Folder,
    /// It is gone, or not asked for.
    NotWanted,
    /// Its kind, and why it is left out.
    LeftOut(&'static str, &'static str),
}

fn found(entry: &fs::DirEntry, root: &Path, depth: usize, enter: Enter<'_>) -> Found {
    let Ok(metadata) = entry.metadata() else {
        return Found::NotWanted;
    };
    let is_folder = metadata.is_dir();
    let kind = if is_folder { "folder" } else { "file" };
    let name = entry.file_name();
    let Some(name) = name.to_str() else {
        return Found::LeftOut(kind, "its name is not UTF-8: give it another name");
    };
    match is_folder {
        true if !enter(name) => Found::NotWanted,
        true if depth < limits::DEPTH => Found::Folder,
        true => Found::LeftOut(kind, "it is too many folders deep: give a folder above it"),
        false if metadata.is_file() => Found::File(metadata),
        false if metadata.is_symlink() => match fs::canonicalize(entry.path()) {
            // What it leads to comes in its own place.
            Ok(target) if target.starts_with(root) => Found::NotWanted,
            _ => Found::LeftOut("link", "it is a link to elsewhere, and was not followed"),
        },
        false => Found::LeftOut(kind, "it is a pipe or a device, not a file"),
    }
}

impl Store for Folder {
    fn list(&self, below: &str, enter: Enter<'_>) -> Result<Listing, RemoteError> {
        let root = self.0.join(below);
        let real = fs::canonicalize(&root).map_err(Self::failed(&root))?;
        let mut listing = Listing::default();
        let mut pending = vec![(root, String::new(), 0)];
        while let Some((folder, key, depth)) = pending.pop() {
            for found in fs::read_dir(&folder).map_err(Self::failed(&folder))? {
                let found = found.map_err(Self::failed(&folder))?;
                let name = found.file_name();
                let below = match key.is_empty() {
                    true => name.to_string_lossy().into_owned(),
                    false => format!("{key}/{}", name.to_string_lossy()),
                };
                match self::found(&found, &real, depth, enter) {
                    Found::File(metadata) => listing.files.push(Entry {
                        key: below,
                        address: found.path().to_string_lossy().into_owned(),
                        version: version(&metadata),
                        checksum: None,
                    }),
                    Found::Folder => pending.push((found.path(), below, depth + 1)),
                    Found::NotWanted => {}
                    Found::LeftOut(kind, why) => {
                        listing.left_out.push(LeftOut::new(kind, below, why));
                    }
                }
                if listing.files.len() + listing.left_out.len() > limits::FILES {
                    return Err(RemoteError::TooMany {
                        place: self.0.display().to_string(),
                        most: limits::FILES,
                    });
                }
            }
        }
        Ok(listing)
    }

    fn folders(&self, below: &str) -> Result<Vec<String>, RemoteError> {
        let folder = self.0.join(below);
        let found = fs::read_dir(&folder).map_err(Self::failed(&folder))?;
        let name = |entry: fs::DirEntry| {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            is_folder.then(|| entry.file_name().into_string().ok())?
        };
        Ok(found.flatten().filter_map(name).collect())
    }

    fn read(
        &self,
        file: &Entry,
        range: Range<u64>,
        sink: &mut Sink<'_>,
    ) -> Result<(), RemoteError> {
        let path = Path::new(&file.address);
        let mut open = File::open(path).map_err(Self::failed(path))?;
        open.seek(SeekFrom::Start(range.start))
            .map_err(Self::failed(path))?;
        let mut limited = open.take(range.end - range.start);
        let mut buffer = vec![0; 256 << 10];
        let mut got = 0;
        loop {
            let len = limited.read(&mut buffer).map_err(Self::failed(path))?;
            if len == 0 {
                break;
            }
            sink(&buffer[..len])?;
            got += len as u64;
        }
        let expected = range.end - range.start;
        match got == expected {
            true => Ok(()),
            false => Err(RemoteError::CutOff {
                key: file.key.clone(),
                got,
                expected,
            }),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};

    use super::*;

    #[test]
    fn what_does_not_come_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let at = |name: &[u8]| folder.path().join(OsStr::from_bytes(name));
        fs::write(at(b"metrics.jsonl"), "{}").unwrap();
        fs::write(at(b"loss-\xff.jsonl"), "{}").unwrap();
        std::os::unix::fs::symlink(at(b"metrics.jsonl"), at(b"latest.jsonl")).unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), at(b"old")).unwrap();
        let deep = at(b"d").join(["d"; limits::DEPTH + 1].join("/"));
        fs::create_dir_all(deep).unwrap();
        let listing = Folder(folder.path().to_owned())
            .list("", &|_| true)
            .unwrap();
        let keys: Vec<&str> = listing.files.iter().map(|file| &*file.key).collect();
        assert_eq!(keys, ["metrics.jsonl"]);
        let mut told: Vec<(&str, &str)> = listing
            .left_out
            .iter()
            .map(|left| (left.kind, &*left.why))
            .collect();
        told.sort_unstable();
        let words = [("file", "UTF-8"), ("folder", "deep"), ("link", "elsewhere")];
        assert_eq!(told.len(), words.len());
        for ((kind, why), (expected, word)) in told.into_iter().zip(words) {
            assert!(kind == expected && why.contains(word), "{kind}: {why}");
        }
    }
}
