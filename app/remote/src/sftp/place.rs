//! A folder or a file of another machine as a place that files are read from.

use std::{
    ops::Range,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{connection::Connection, packet::Attributes};
use crate::{
    entry::{Entry, Listing, Version},
    error::RemoteError,
    limits,
    location::Location,
    store::{Enter, Sink, Store},
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

    fn add_folder(
        &self,
        path: &str,
        pending: &mut Vec<(String, String, usize)>,
        found: &mut Listing,
        (key, depth): (&str, usize),
        enter: Enter<'_>,
    ) -> Result<(), RemoteError> {
        let entries = self.with(|connection| connection.read_folder(path.as_bytes()))?;
        for (name, mut attributes) in entries {
            let Ok(name) = String::from_utf8(name) else {
                continue;
            };
            if name == "." || name == ".." {
                continue;
            }
            let address = format!("{}/{name}", path.trim_end_matches('/'));
            let key = match key.is_empty() {
                true => name.clone(),
                false => format!("{key}/{name}"),
            };
            if attributes.is_folder() {
                if enter(&name) && depth < limits::DEPTH {
                    pending.push((address, key, depth + 1));
                }
                continue;
            }
            if attributes.is_link() {
                // Links to folders are not followed: they may lead around.
                match self.with(|connection| connection.stat(address.as_bytes())) {
                    Ok(target) if !target.is_folder() => attributes = target,
                    _ => continue,
                }
            }
            if attributes.is_file() {
                found.files.push(entry(key, address, &attributes));
            }
        }
        Ok(())
    }
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
        let mut pending = vec![(root, String::new(), 0)];
        let mut folders = 0;
        while let Some((path, key, depth)) = pending.pop() {
            folders += 1;
            match self.add_folder(&path, &mut pending, &mut listing, (&key, depth), enter) {
                // A folder that was removed meanwhile, or belongs to somebody else.
                Err(RemoteError::NotFound { .. } | RemoteError::Denied { .. }) if depth > 0 => {}
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

    fn parallel(&self) -> usize {
        1
    }
}
