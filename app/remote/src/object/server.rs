//! The contract of a kind of server: each lists in its own way.

use std::{ops::Range, sync::Arc};

use bytes::Bytes;
use futures_util::{StreamExt as _, future::BoxFuture};
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt as _, path::Path};

use super::{body::Body, client, failure::Failure};
use crate::{entry::Entry, left_out::LeftOut};

/// What an answer of a server is waited for as.
pub(super) type Answered<'a, T> = BoxFuture<'a, Result<T, Failure>>;

/// What a server lists, with whole keys.
#[derive(Debug, Default)]
pub(super) struct Listed {
    pub(super) files: Vec<Entry>,
    pub(super) left_out: Vec<LeftOut>,
}

impl From<Vec<Entry>> for Listed {
    fn from(files: Vec<Entry>) -> Self {
        Self {
            files,
            left_out: Vec::new(),
        }
    }
}

/// A kind of server.
pub(super) trait Server: Send + Sync {
    /// The file that is at `prefix`, and those in the folder of that name, with their whole keys.
    fn files<'a>(&'a self, prefix: &'a str) -> Answered<'a, Listed>;

    /// The names of the folders right in the folder `prefix`.
    fn folders<'a>(&'a self, prefix: &'a str) -> Answered<'a, Vec<String>>;

    /// Whether a range of a file is read without what precedes it.
    fn gives_ranges<'a>(&'a self, _file: &'a Entry) -> Answered<'a, bool> {
        Box::pin(async { Ok(true) })
    }

    /// Reads a range of the version that was listed. A server that gives no ranges gives the whole file.
    fn open<'a>(&'a self, file: &'a Entry, range: Range<u64>) -> Answered<'a, Body>;

    /// Writes a file under its whole key.
    fn put<'a>(&'a self, _key: &'a str, _bytes: Bytes) -> Answered<'a, ()> {
        Box::pin(async { Err(not_written()) })
    }

    /// Removes a file by its whole key.
    fn delete<'a>(&'a self, _key: &'a str) -> Answered<'a, ()> {
        Box::pin(async { Err(not_written()) })
    }
}

fn not_written() -> Failure {
    Failure::Text("nothing is written to servers of this kind".to_owned())
}

/// Writes by the library.
pub(super) async fn put_object(
    objects: &Arc<dyn ObjectStore>,
    key: &str,
    bytes: Bytes,
) -> Result<(), Failure> {
    let path = Path::parse(key).map_err(|error| Failure::Store(error.into()))?;
    let time = client::time_for(bytes.len());
    let put = client::within(time, objects.put(&path, bytes.into()));
    put.await?.map(|_| ()).map_err(Failure::Store)
}

/// Removes by the library.
pub(super) async fn delete_object(
    objects: &Arc<dyn ObjectStore>,
    key: &str,
) -> Result<(), Failure> {
    let path = Path::parse(key).map_err(|error| Failure::Store(error.into()))?;
    match client::in_time(objects.delete(&path)).await? {
        Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(Failure::Store(error)),
    }
}

/// A place on a server.
pub(super) struct Place {
    pub(super) server: Box<dyn Server>,
    /// The key of the place.
    pub(super) prefix: String,
    /// There are no credentials.
    pub(super) anonymous: bool,
}

/// Reads by the library.
pub(super) async fn open_object(
    objects: &Arc<dyn ObjectStore>,
    file: &Entry,
    range: Range<u64>,
) -> Result<Body, Failure> {
    let path = Path::parse(&file.address).map_err(|error| Failure::Store(error.into()))?;
    let is_whole = range == (0..file.version.bytes);
    let ask = |range: Option<Range<u64>>| {
        let tag = file.version.tag.clone();
        let options = GetOptions {
            range: range.map(GetRange::Bounded),
            if_match: tag.filter(|tag| is_strong(tag)),
            ..GetOptions::default()
        };
        client::in_time(objects.get_opts(&path, options))
    };
    let mut start = range.start;
    let found = match ask((!is_whole).then(|| range.clone())).await? {
        Err(object_store::Error::NotSupported { .. }) if !is_whole => {
            start = 0;
            ask(None).await?
        }
        found => found,
    };
    let stream = found.map_err(Failure::Store)?.into_stream();
    Ok(Body {
        start,
        stream: stream.map(|piece| piece.map_err(Failure::Store)).boxed(),
    })
}

/// Whether a server that the library reads gives ranges: it is asked for a byte.
pub(super) async fn object_gives_ranges(
    objects: &Arc<dyn ObjectStore>,
    file: &Entry,
) -> Result<bool, Failure> {
    let path = Path::parse(&file.address).map_err(|error| Failure::Store(error.into()))?;
    let options = GetOptions {
        range: Some(GetRange::Bounded(0..1)),
        ..GetOptions::default()
    };
    match client::in_time(objects.get_opts(&path, options)).await? {
        Ok(_) => Ok(true),
        Err(object_store::Error::NotSupported { .. }) => Ok(false),
        Err(error) => Err(Failure::Store(error)),
    }
}

/// Whether a server compares a validator with that of the file: a weak one never matches.
pub(super) fn is_strong(tag: &str) -> bool {
    !tag.starts_with("W/")
}

/// A prefix with the separator that ends a folder's name.
pub(super) fn with_slash(prefix: &str) -> String {
    match prefix.is_empty() {
        true => String::new(),
        false => format!("{prefix}/"),
    }
}

/// Whether a key is at a prefix or in the folder of that name.
pub(super) fn is_at_or_below(key: &str, prefix: &str) -> bool {
    let rest = key.strip_prefix(prefix);
    rest.is_some_and(|rest| prefix.is_empty() || rest.is_empty() || rest.starts_with('/'))
}

/// The names of folders, from their keys.
pub(super) fn names_in(folder: &str, keys: &[String]) -> Vec<String> {
    let name = |key: &String| {
        let name = key.strip_prefix(folder)?.trim_end_matches('/');
        (!name.is_empty()).then(|| name.to_owned())
    };
    keys.iter().filter_map(name).collect()
}
