//! Servers that the library lists and reads.

use std::{ops::Range, sync::Arc};

use bytes::Bytes;
use futures_util::StreamExt as _;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt as _, path::Path};

use super::{
    body::Body,
    client::in_time,
    failure::Failure,
    server::{Answered, Listed, Server, delete_object, open_object, put_object},
};
use crate::{
    entry::{Entry, Version},
    limits,
};

/// A server that the library lists and reads.
pub(super) struct Objects(pub(super) Arc<dyn ObjectStore>);

impl Server for Objects {
    fn files<'a>(&'a self, prefix: &'a str) -> Answered<'a, Listed> {
        Box::pin(async move {
            let path = Path::parse(prefix).map_err(|error| Failure::Store(error.into()))?;
            let mut stream = self.0.list(Some(&path));
            let mut files = Vec::new();
            while let Some(found) = in_time(stream.next()).await? {
                files.push(entry(found.map_err(Failure::Store)?));
                if files.len() > limits::FILES {
                    return Err(Failure::TooMany);
                }
            }
            if files.is_empty() && !prefix.is_empty() {
                match in_time(self.0.head(&path)).await? {
                    Ok(found) => files.push(entry(found)),
                    Err(object_store::Error::NotFound { .. }) => {}
                    Err(error) => return Err(Failure::Store(error)),
                }
            }
            Ok(files.into())
        })
    }

    fn folders<'a>(&'a self, prefix: &'a str) -> Answered<'a, Vec<String>> {
        Box::pin(async move {
            let path = Path::parse(prefix).map_err(|error| Failure::Store(error.into()))?;
            let listed = in_time(self.0.list_with_delimiter(Some(&path))).await?;
            let folders = listed.map_err(Failure::Store)?.common_prefixes;
            let name = |folder: &Path| folder.filename().map(str::to_owned);
            Ok(folders.iter().filter_map(name).collect())
        })
    }

    fn open<'a>(&'a self, file: &'a Entry, range: Range<u64>) -> Answered<'a, Body> {
        Box::pin(open_object(&self.0, file, range))
    }

    fn put<'a>(&'a self, key: &'a str, bytes: Bytes) -> Answered<'a, ()> {
        Box::pin(put_object(&self.0, key, bytes))
    }

    fn delete<'a>(&'a self, key: &'a str) -> Answered<'a, ()> {
        Box::pin(delete_object(&self.0, key))
    }
}

/// What the library tells of a file.
pub(super) fn entry(found: ObjectMeta) -> Entry {
    let modified_ms = found.last_modified.timestamp_millis();
    Entry {
        key: found.location.to_string(),
        address: found.location.to_string(),
        checksum: None,
        version: Version {
            bytes: found.size,
            tag: found.e_tag,
            modified_ms: (modified_ms != 0).then_some(modified_ms),
        },
    }
}
