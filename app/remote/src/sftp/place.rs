//! A folder or a file of another machine as a place that files are read from.

use std::{
    collections::HashSet,
    ops::Range,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use trainscape_source::{Expected, expected_content};

use super::{connection::Connection, far_follow::FarFollow, packet::Attributes};
use crate::{
    entry::{Entry, Listing, Version},
    error::RemoteError,
    left_out::LeftOut,
    limits,
    location::Location,
    store::{Enter, Sink, Store, Watch},
};

/// A folder or a file of another machine.
pub(crate) struct Sftp {
    location: Location,
    /// `None` after it has failed: it is opened again.
    connection: Mutex<Option<Connection>>,
}

impl Sftp {
    pub(crate) fn connect(location: &Location) -> Result<Self, RemoteError> {
        Ok(Self {
            location: location.clone(),
            connection: Mutex::new(Some(Connection::open(location)?)),
        })
    }

    /// Does something with the connection, which is given up when that fails in a way that leaves answers under way.
    fn with<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, RemoteError>,
    ) -> Result<T, RemoteError> {
        let mut guard: MutexGuard<'_, Option<Connection>> = self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let connection = match &mut *guard {
            Some(connection) => connection,
            none => none.insert(Connection::open(&self.location)?),
        };
        let result = work(connection);
        let is_clean = matches!(
            result,
            Ok(_) | Err(RemoteError::NotFound { .. } | RemoteError::Denied { .. })
        );
        if !is_clean {
            *guard = None;
        }
        result
    }

    /// The path as the far end takes it: absolute, or below the home folder.
    fn path(&self, below: &str) -> String {
        let path = self.location.below(below).path;
        match path.strip_prefix('~') {
            Some("") => ".".to_owned(),
            Some(rest) if rest.starts_with('/') => rest[1..].to_owned(),
            _ => format!("/{path}"),
        }
    }

    /// Adds what is in a folder; folders in it wait in `search`.
    fn add_folder(
        &self,
        folder: &Folder,
        search: &mut Search,
        found: &mut Listing,
        enter: Enter<'_>,
    ) -> Result<(), RemoteError> {
        let entries = self.with(|connection| connection.read_folder(folder.path.as_bytes()))?;
        for (name, mut attributes) in entries {
            let name = match String::from_utf8(name) {
                Ok(name) => name,
                Err(error) => {
                    let name = String::from_utf8_lossy(error.as_bytes()).into_owned();
                    let key = folder.inner(&name).key;
                    let why = "its name is not UTF-8: give it another name";
                    if expected_content(Path::new(&name)) != Expected::Nothing {
                        found.left_out.push(LeftOut::new("file", key, why));
                    }
                    continue;
                }
            };
            if name == "." || name == ".." {
                continue;
            }
            let inner = folder.inner(&name);
            let is_link = attributes.is_link();
            if is_link {
                match self.with(|connection| connection.stat(inner.path.as_bytes())) {
                    Ok(target) => attributes = target,
                    // A link that leads nowhere is told where its name promises something.
                    Err(RemoteError::NotFound { .. } | RemoteError::Denied { .. }) => {
                        if matches!(
                            expected_content(Path::new(&name)),
                            Expected::Log | Expected::Array
                        ) {
                            let why = "it is a link that leads to no file";
                            found.left_out.push(LeftOut::new("link", inner.key, why));
                        }
                        continue;
                    }
                    Err(error) => return Err(error),
                }
            }
            if attributes.is_folder() {
                let is_deep = inner.depth > limits::DEPTH;
                match (enter(&name), is_link) {
                    (false, _) => {}
                    (true, _) if is_deep => {
                        let why = "it is too many folders deep: open a folder above it";
                        found.left_out.push(LeftOut::new("folder", inner.key, why));
                    }
                    (true, false) => search.folders.push(inner),
                    (true, true) => search.links.push(inner),
                }
            } else if attributes.is_file() {
                found.files.push(entry(inner.key, inner.path, &attributes));
            }
        }
        Ok(())
    }

    /// The next folder that is searched. Linked ones come last, so that a folder is listed under its own path where it has
    /// one, and each folder is listed once.
    fn next_folder(
        &self,
        search: &mut Search,
        found: &mut Listing,
    ) -> Result<Option<Folder>, RemoteError> {
        if let Some(folder) = search.folders.pop() {
            search.known.insert(folder.real.clone());
            return Ok(Some(folder));
        }
        while let Some(mut link) = search.links.pop() {
            let real = self.with(|connection| connection.real_path(link.path.as_bytes()));
            let real = match real {
                Ok(real) => String::from_utf8_lossy(&real).into_owned(),
                Err(RemoteError::NotFound { .. } | RemoteError::Denied { .. }) => continue,
                Err(error) => return Err(error),
            };
            // Its own path is that of the link in the folder that it is in.
            if is_within(&link.real, &real) {
                let why = "it is a link to a folder that contains it, and was not followed";
                found.left_out.push(LeftOut::new("link", link.key, why));
            } else if is_within(&search.root, &real) {
                let why =
                    "it is a link to a folder that contains the opened one, and was not followed";
                found.left_out.push(LeftOut::new("link", link.key, why));
            } else if search.known.insert(real.clone()) {
                link.real = real;
                return Ok(Some(link));
            }
        }
        Ok(None)
    }
}

/// A folder that is searched.
struct Folder {
    /// As the far end takes it.
    path: String,
    /// Below the place.
    key: String,
    /// Its path without links; of a link, that of the link itself.
    real: String,
    depth: usize,
}

impl Folder {
    fn inner(&self, name: &str) -> Self {
        let below = |folder: &str| format!("{}/{name}", folder.trim_end_matches('/'));
        Self {
            path: below(&self.path),
            key: match self.key.is_empty() {
                true => name.to_owned(),
                false => below(&self.key),
            },
            real: below(&self.real),
            depth: self.depth + 1,
        }
    }
}

/// What is still to be searched.
struct Search {
    /// The opened folder without links.
    root: String,
    folders: Vec<Folder>,
    links: Vec<Folder>,
    /// The folders that have been searched, without links.
    known: HashSet<String>,
}

/// Whether a path is that of a folder, or of something in it.
fn is_within(path: &str, folder: &str) -> bool {
    let rest = path.strip_prefix(folder.trim_end_matches('/'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn entry(key: String, address: String, attributes: &Attributes) -> Entry {
    Entry {
        key,
        address,
        checksum: None,
        version: Version {
            bytes: attributes.bytes.unwrap_or_default(),
            tag: None,
            modified_ms: attributes.modified_secs.map(|secs| i64::from(secs) * 1000),
        },
    }
}

impl Store for Sftp {
    fn list(&self, below: &str, enter: Enter<'_>) -> Result<Listing, RemoteError> {
        let root = self.path(below);
        let attributes = self.with(|connection| connection.stat(root.as_bytes()))?;
        let mut listing = Listing::default();
        if !attributes.is_folder() {
            let name = self.location.below(below).name().to_owned();
            listing.is_file = true;
            listing.files.push(entry(name, root, &attributes));
            return Ok(listing);
        }
        let real = self.with(|connection| connection.real_path(root.as_bytes()))?;
        let real = String::from_utf8_lossy(&real).into_owned();
        let mut search = Search {
            root: real.clone(),
            folders: vec![Folder {
                path: root,
                key: String::new(),
                real,
                depth: 0,
            }],
            links: Vec::new(),
            known: HashSet::new(),
        };
        let mut folders = 0;
        while let Some(folder) = self.next_folder(&mut search, &mut listing)? {
            folders += 1;
            match self.add_folder(&folder, &mut search, &mut listing, enter) {
                // A folder that was removed meanwhile.
                Err(RemoteError::NotFound { .. }) if folder.depth > 0 => {}
                Err(RemoteError::Denied { .. }) if folder.depth > 0 => {
                    let why = "it may not be read: check its owner and its mode";
                    listing
                        .left_out
                        .push(LeftOut::new("folder", folder.key, why));
                }
                result => result?,
            }
            if listing.files.len() > limits::FILES || folders > limits::FOLDERS {
                return Err(RemoteError::TooMany {
                    place: self.location.below(below).to_string(),
                    most: limits::FILES,
                });
            }
        }
        Ok(listing)
    }

    fn folders(&self, below: &str) -> Result<Vec<String>, RemoteError> {
        let path = self.path(below);
        let entries = self.with(|connection| connection.read_folder(path.as_bytes()))?;
        Ok(entries
            .into_iter()
            .filter(|(_, attributes)| attributes.is_folder())
            .filter_map(|(name, _)| String::from_utf8(name).ok())
            .filter(|name| name != "." && name != "..")
            .collect())
    }

    fn read(
        &self,
        file: &Entry,
        range: Range<u64>,
        sink: &mut Sink<'_>,
    ) -> Result<(), RemoteError> {
        if range.is_empty() {
            return Ok(());
        }
        self.with(|connection| connection.read(file.address.as_bytes(), range, sink))
    }

    fn look(&self, file: &Entry) -> Option<Result<Entry, RemoteError>> {
        let found = self.with(|connection| connection.stat(file.address.as_bytes()));
        Some(found.map(|found| entry(file.key.clone(), file.address.clone(), &found)))
    }

    fn watch(&self) -> Option<Box<dyn Watch>> {
        let follow = FarFollow::start(&self.location, &self.path(""))?;
        Some(Box::new(follow))
    }

    fn parallel(&self) -> usize {
        1
    }
}

#[cfg(test)]
mod tests {
    use super::is_within;

    #[test]
    fn a_folder_contains_itself_and_what_is_in_it() {
        assert!(is_within("/a/b", "/a/b") && is_within("/a/b/c", "/a/b"));
        assert!(is_within("/a", "/"));
        assert!(!is_within("/a/bc", "/a/b") && !is_within("/a", "/a/b"));
    }
}
