//! Web servers: a file, a folder whose page lists its files, or a WebDAV folder.

use std::{collections::BTreeSet, ops::Range, sync::Arc};

use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream};
use object_store::{
    ObjectStore, ObjectStoreExt as _, client::HttpClient, http::HttpBuilder, path::Path,
};
use percent_encoding::percent_decode_str;
use trainscape_source::{Expected, expected_content};

use super::{
    body::Body,
    client,
    failure::Failure,
    index_page,
    objects::{self, Objects},
    server::{Answered, Listed, Place, Server, object_gives_ranges, open_object, with_slash},
};
use crate::{entry::Entry, error::RemoteError, left_out::LeftOut, limits, location::Location};

/// Folders that are asked for below one place; pages may lead anywhere.
const MOST_FOLDERS: usize = 2000;

pub(super) fn place(location: &Location) -> Result<Place, RemoteError> {
    let base = format!("{}://{}", location.scheme.prefix(), location.authority);
    let options = client::options(Some(&base));
    let failed = |failure: Failure| failure.at(location, true);
    let objects = HttpBuilder::new()
        .with_url(&base)
        .with_client_options(options.clone())
        .with_retry(client::retry())
        .build()
        .map_err(|error| failed(Failure::Store(error)))?;
    let objects: Arc<dyn ObjectStore> = Arc::new(objects);
    let server = Web {
        base,
        client: client::plain(&options).map_err(failed)?,
        objects,
    };
    Ok(Place {
        server: Box::new(server),
        prefix: percent_decode_str(&location.path)
            .decode_utf8_lossy()
            .into_owned(),
        anonymous: true,
    })
}

struct Web {
    base: String,
    client: HttpClient,
    objects: Arc<dyn ObjectStore>,
}

/// Folders beyond the limits, of which one is named.
#[derive(Default)]
struct Beyond {
    first: Option<String>,
    more: usize,
}

impl Beyond {
    fn add(&mut self, key: &str) {
        match self.first {
            None => self.first = Some(key.to_owned()),
            Some(_) => self.more += 1,
        }
    }

    fn told(self) -> Option<LeftOut> {
        let others = match self.more {
            0 => String::new(),
            more => format!(", like {more} others"),
        };
        let why = format!(
            "it was not searched{others}: below one place at most {MOST_FOLDERS} folders are, and {} levels; open it separately",
            limits::DEPTH
        );
        self.first.map(|key| LeftOut::new("folder", key, why))
    }
}

/// What a page lists.
enum Page {
    /// Names of files and folders; those of folders end with a slash.
    Names(Vec<String>),
    /// The server shows no list.
    None(Failure),
}

impl Web {
    async fn page(&self, folder: &str) -> Result<Page, Failure> {
        let url = format!("{}/{}", self.base, index_page::encoded(&with_slash(folder)));
        let answer = client::send(&self.client, || client::get(&url)).await?;
        let is_page = answer.status == 200 && answer.content_type.starts_with("text/html");
        Ok(match is_page {
            true => Page::Names(index_page::names(&String::from_utf8_lossy(&answer.body))),
            false => Page::None(Failure::Status(answer.status, String::new())),
        })
    }

    /// Looks at all files, some at a time. One that cannot be read is told, unless that is true of all of them.
    async fn heads(&self, keys: &[String], found: &mut Listed) -> Result<(), Failure> {
        let heads: Vec<BoxFuture<'_, _>> = keys.iter().map(|key| self.head(key).boxed()).collect();
        let mut heads = stream::iter(heads).buffered(limits::PARALLEL);
        let mut first_failure = None;
        for key in keys {
            match heads.next().await {
                Some(Ok(file)) => found.files.extend(file),
                Some(Err(failure)) if failure.is_of_place() => return Err(failure),
                Some(Err(failure)) => {
                    if expected_content(std::path::Path::new(key)) != Expected::Nothing {
                        let why = failure.reason();
                        found.left_out.push(LeftOut::new("log", key, why));
                    }
                    first_failure.get_or_insert(failure);
                }
                None => {}
            }
        }
        match first_failure {
            Some(failure) if found.files.is_empty() => Err(failure),
            _ => Ok(()),
        }
    }

    async fn head(&self, key: &str) -> Result<Option<Entry>, Failure> {
        let path = Path::parse(key).map_err(|error| Failure::Store(error.into()))?;
        match client::in_time(self.objects.head(&path)).await? {
            Ok(mut found) => {
                found.location = path;
                Ok(Some(objects::entry(found)))
            }
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(Failure::Store(error)),
        }
    }

    /// The keys of the files below a folder, by the pages of its folders. Folders that cannot be listed are told.
    async fn keys(
        &self,
        prefix: &str,
        names: Vec<String>,
        left_out: &mut Vec<LeftOut>,
    ) -> Result<Vec<String>, Failure> {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut beyond = Beyond::default();
        let mut pending = vec![(prefix.to_owned(), names)];
        let mut keys = Vec::new();
        while let Some((folder, names)) = pending.pop() {
            for name in names {
                let key = format!("{}{}", with_slash(&folder), name.trim_end_matches('/'));
                if !name.ends_with('/') {
                    keys.push(key);
                    if keys.len() > limits::FILES {
                        return Err(Failure::TooMany);
                    }
                    continue;
                }
                if key.split('/').count() >= limits::DEPTH || seen.len() >= MOST_FOLDERS {
                    beyond.add(&key);
                } else if seen.insert(key.clone()) {
                    match self.page(&key).await? {
                        Page::Names(below) => pending.push((key, below)),
                        // What is linked to and is not there is no loss.
                        Page::None(Failure::Status(404 | 410, _)) => {}
                        Page::None(failure) => {
                            left_out.push(LeftOut::new("folder", key, failure.reason()));
                        }
                    }
                }
            }
        }
        left_out.extend(beyond.told());
        Ok(keys)
    }
}

impl Server for Web {
    fn files<'a>(&'a self, prefix: &'a str) -> Answered<'a, Listed> {
        Box::pin(async move {
            let last = prefix.rsplit('/').next().unwrap_or_default();
            if last.contains('.')
                && let Ok(Some(file)) = self.head(prefix).await
            {
                return Ok(vec![file].into());
            }
            let names = match self.page(prefix).await? {
                Page::Names(names) => names,
                Page::None(failure) => {
                    if let Ok(Some(file)) = self.head(prefix).await {
                        return Ok(vec![file].into());
                    }
                    // Servers of WebDAV show no pages.
                    let dav = Objects(Arc::clone(&self.objects));
                    return dav.files(prefix).await.map_err(|_| failure);
                }
            };
            let mut found = Listed::default();
            let keys = self.keys(prefix, names, &mut found.left_out).await?;
            self.heads(&keys, &mut found).await?;
            Ok(found)
        })
    }

    fn folders<'a>(&'a self, prefix: &'a str) -> Answered<'a, Vec<String>> {
        Box::pin(async move {
            match self.page(prefix).await? {
                Page::Names(names) => Ok(names
                    .iter()
                    .filter_map(|name| name.strip_suffix('/'))
                    .map(str::to_owned)
                    .collect()),
                Page::None(failure) => {
                    let dav = Objects(Arc::clone(&self.objects));
                    dav.folders(prefix).await.map_err(|_| failure)
                }
            }
        })
    }

    fn gives_ranges<'a>(&'a self, file: &'a Entry) -> Answered<'a, bool> {
        Box::pin(object_gives_ranges(&self.objects, file))
    }

    fn open<'a>(&'a self, file: &'a Entry, range: Range<u64>) -> Answered<'a, Body> {
        Box::pin(open_object(&self.objects, file, range))
    }
}
