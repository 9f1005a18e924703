//! A bucket or a web server as a place that files are read from.

use std::{ops::Range, sync::Arc};

use futures_util::StreamExt as _;
use object_store::{GetOptions, GetRange, ObjectStore, path::Path};

use super::{
    azure, client,
    failure::Failure,
    google,
    lister::{Lister, with_slash},
    s3, web,
};
use crate::{
    entry::{Entry, Listing},
    error::RemoteError,
    location::Location,
    scheme::Scheme,
    store::{Enter, Sink, Store},
};

/// What a kind of server provides.
pub(super) struct Server {
    pub(super) objects: Arc<dyn ObjectStore>,
    pub(super) lister: Box<dyn Lister>,
    /// The key of the place.
    pub(super) prefix: String,
    /// There are no credentials.
    pub(super) anonymous: bool,
}

/// A bucket or a web server.
pub(crate) struct Bucket {
    location: Location,
    server: Server,
}

impl Bucket {
    pub(crate) fn connect(location: &Location) -> Result<Self, RemoteError> {
        let server = match location.scheme {
            Scheme::GoogleCloud => google::server(location),
            Scheme::S3 => s3::server(location),
            Scheme::Azure => azure::server(location),
            Scheme::Https | Scheme::Http | Scheme::Ssh => web::server(location),
        }?;
        Ok(Self {
            location: location.clone(),
            server,
        })
    }

    fn key(&self, below: &str) -> String {
        match (self.server.prefix.is_empty(), below.is_empty()) {
            (true, _) => below.to_owned(),
            (false, true) => self.server.prefix.clone(),
            (false, false) => format!("{}/{below}", self.server.prefix),
        }
    }

    fn failed(&self, failure: Failure, key: Option<&str>) -> RemoteError {
        failure.at(&self.location, key, self.server.anonymous)
    }

    /// Reads a range, or the whole file where the server gives no ranges.
    async fn stream(
        &self,
        file: &Entry,
        path: &Path,
        range: Range<u64>,
        sink: &mut Sink<'_>,
    ) -> Result<Option<RemoteError>, Failure> {
        let is_whole = range == (0..file.version.bytes);
        let ask = |range: Option<Range<u64>>| {
            let options = GetOptions {
                range: range.map(GetRange::Bounded),
                ..GetOptions::default()
            };
            let options = self.server.lister.only_this_version(file, options);
            client::in_time(self.server.objects.get_opts(path, options))
        };
        let mut to_skip = 0;
        let found = match ask((!is_whole).then(|| range.clone())).await? {
            Err(object_store::Error::NotSupported { .. }) if !is_whole => {
                to_skip = range.start;
                ask(None).await?
            }
            found => found,
        };
        let mut stream = found.map_err(Failure::Store)?.into_stream();
        let mut left = range.end - range.start;
        while left > 0 {
            let Some(piece) = client::in_time(stream.next()).await? else {
                break;
            };
            let piece = piece.map_err(Failure::Store)?;
            let skipped = to_skip.min(piece.len() as u64);
            to_skip -= skipped;
            let piece = &piece[skipped as usize..];
            let piece = &piece[..piece.len().min(usize::try_from(left).unwrap_or(usize::MAX))];
            left -= piece.len() as u64;
            if let Err(error) = sink(piece) {
                return Ok(Some(error));
            }
        }
        let expected = range.end - range.start;
        Ok((left > 0).then(|| RemoteError::CutOff {
            key: file.key.clone(),
            got: expected - left,
            expected,
        }))
    }
}

impl Store for Bucket {
    fn list(&self, below: &str, _enter: Enter<'_>) -> Result<Listing, RemoteError> {
        let prefix = self.key(below);
        let place = self.location.below(below);
        let files = client::wait(self.server.lister.files(&prefix));
        let files = files.map_err(|failure| failure.at(&place, None, self.server.anonymous))?;
        let folder = with_slash(&prefix);
        let mut listing = Listing::default();
        for mut file in files {
            if file.key == prefix && !prefix.is_empty() {
                // Some tools put an empty object in the place of a folder.
                if file.version.bytes > 0 {
                    place.name().clone_into(&mut file.key);
                    listing.is_file = true;
                    listing.files = vec![file];
                    return Ok(listing);
                }
            } else if let Some(key) = file.key.strip_prefix(&folder)
                && !key.ends_with('/')
                && !key.is_empty()
            {
                file.key = key.to_owned();
                listing.files.push(file);
            }
        }
        if listing.files.is_empty() {
            let place = place.to_string();
            return Err(RemoteError::NotFound { place });
        }
        Ok(listing)
    }

    fn folders(&self, below: &str) -> Result<Vec<String>, RemoteError> {
        let prefix = self.key(below);
        let folders = client::wait(self.server.lister.folders(&prefix));
        folders.map_err(|failure| self.failed(failure, None))
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
        let path = Path::parse(&file.address).map_err(|error| RemoteError::Refused {
            key: file.key.clone(),
            why: error.to_string(),
        })?;
        let ended = client::wait(self.stream(file, &path, range, sink));
        match ended.map_err(|failure| self.failed(failure, Some(&file.key)))? {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}
