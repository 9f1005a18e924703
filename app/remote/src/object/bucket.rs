//! A bucket or a web server as a place that files are read from.

use std::ops::Range;

use futures_util::StreamExt as _;

use super::{
    azure, client,
    failure::Failure,
    google, s3,
    server::{Place, is_strong, with_slash},
    web,
};
use crate::{
    entry::{Entry, Listing},
    error::RemoteError,
    location::Location,
    scheme::Scheme,
    store::{Enter, Sink, Store},
};

/// A bucket or a web server.
pub(crate) struct Bucket {
    location: Location,
    place: Place,
}

impl Bucket {
    pub(crate) fn connect(location: &Location) -> Result<Self, RemoteError> {
        let place = match location.scheme {
            Scheme::GoogleCloud => google::place(location),
            Scheme::S3 => s3::place(location),
            Scheme::Azure => azure::place(location),
            Scheme::Https | Scheme::Http | Scheme::Ssh => web::place(location),
        }?;
        Ok(Self {
            location: location.clone(),
            place,
        })
    }

    fn key(&self, below: &str) -> String {
        let prefix = &self.place.prefix;
        match (prefix.is_empty(), below.is_empty()) {
            (true, _) => below.to_owned(),
            (false, true) => prefix.clone(),
            (false, false) => format!("{prefix}/{below}"),
        }
    }

    fn location_of(&self, file: &Entry) -> Location {
        Location {
            path: file.address.clone(),
            ..self.location.clone()
        }
    }

    fn failed(&self, failure: Failure, place: &Location) -> RemoteError {
        failure.at(place, self.place.anonymous)
    }

    fn unwritten(&self, key: &str, failure: Failure) -> RemoteError {
        let place = self.location.below(key);
        match self.failed(failure, &place) {
            RemoteError::Denied { place, code, .. } => RemoteError::Unwritten {
                place,
                reason: code,
            },
            RemoteError::Other { place, reason } => RemoteError::Unwritten { place, reason },
            error => error,
        }
    }

    /// Passes a range on; why it has ended before its end.
    async fn stream(
        &self,
        file: &Entry,
        range: Range<u64>,
        sink: &mut Sink<'_>,
    ) -> Result<Option<RemoteError>, Failure> {
        let mut body = self.place.server.open(file, range.clone()).await?;
        let mut to_skip = range.start - body.start.min(range.start);
        let expected = range.end - range.start;
        let mut left = expected;
        let mut pace = client::pace();
        while left > 0 {
            let Some(piece) = client::in_time(body.stream.next()).await? else {
                break;
            };
            let piece = piece?;
            client::keep(&mut pace, piece.len())?;
            let skipped =
                usize::try_from(to_skip).map_or(piece.len(), |skip| skip.min(piece.len()));
            to_skip -= skipped as u64;
            let piece = &piece[skipped..];
            let taken = usize::try_from(left).map_or(piece.len(), |left| left.min(piece.len()));
            left -= taken as u64;
            if let Err(error) = sink(&piece[..taken]) {
                return Ok(Some(error));
            }
        }
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
        let listed = client::wait_for_listing(self.place.server.files(&prefix));
        let listed = listed.map_err(|failure| self.failed(failure, &place))?;
        let folder = with_slash(&prefix);
        let mut listing = Listing {
            left_out: listed.left_out,
            ..Listing::default()
        };
        for left in &mut listing.left_out {
            if let Some(key) = left.key.strip_prefix(&folder) {
                left.key = key.to_owned();
            }
        }
        for mut file in listed.files {
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
        if listing.files.is_empty() && listing.left_out.is_empty() {
            let place = place.to_string();
            return Err(RemoteError::NotFound { place });
        }
        Ok(listing)
    }

    fn folders(&self, below: &str) -> Result<Vec<String>, RemoteError> {
        let prefix = self.key(below);
        let place = self.location.below(below);
        let folders = client::wait_for_listing(self.place.server.folders(&prefix));
        folders.map_err(|failure| self.failed(failure, &place))
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
        let place = self.location_of(file);
        let ended = client::wait(self.stream(file, range, sink));
        match ended.map_err(|failure| self.failed(failure, &place))? {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    fn is_same(&self, file: &Entry) -> Result<bool, RemoteError> {
        // Reads compare the validator, unless there is none.
        if file.version.tag.as_deref().is_some_and(is_strong) {
            return Ok(true);
        }
        let now = client::wait_for_listing(self.place.server.files(&file.address));
        let now = now.map_err(|failure| self.failed(failure, &self.location_of(file)))?;
        let mut now = now.files.iter().filter(|now| now.address == file.address);
        Ok(now.any(|now| now.version == file.version))
    }

    fn put(&self, key: &str, bytes: Vec<u8>) -> Result<(), RemoteError> {
        let written = client::wait(self.place.server.put(&self.key(key), bytes.into()));
        written.map_err(|failure| self.unwritten(key, failure))
    }

    fn delete(&self, key: &str) -> Result<(), RemoteError> {
        let removed = client::wait(self.place.server.delete(&self.key(key)));
        removed.map_err(|failure| self.unwritten(key, failure))
    }

    fn gives_ranges(&self, file: &Entry) -> Result<bool, RemoteError> {
        let gives = client::wait(self.place.server.gives_ranges(file));
        gives.map_err(|failure| self.failed(failure, &self.location_of(file)))
    }
}
