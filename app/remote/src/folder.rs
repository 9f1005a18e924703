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

impl Store for Folder {
    fn list(&self, below: &str, enter: Enter<'_>) -> Result<Listing, RemoteError> {
        let root = self.0.join(below);
        let mut listing = Listing::default();
        let mut pending = vec![(root, String::new(), 0)];
        while let Some((folder, key, depth)) = pending.pop() {
            for found in fs::read_dir(&folder).map_err(Self::failed(&folder))? {
                let found = found.map_err(Self::failed(&folder))?;
                let (Ok(name), Ok(metadata)) = (found.file_name().into_string(), found.metadata())
                else {
                    continue;
                };
                let below = match key.is_empty() {
                    true => name.clone(),
                    false => format!("{key}/{name}"),
                };
                if metadata.is_dir() && enter(&name) && depth < limits::DEPTH {
                    pending.push((found.path(), below, depth + 1));
                } else if metadata.is_file() {
                    listing.files.push(Entry {
                        key: below,
                        address: found.path().to_string_lossy().into_owned(),
                        version: version(&metadata),
                        checksum: None,
                    });
                }
                if listing.files.len() > limits::FILES {
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
