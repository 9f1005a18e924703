//! Where a catalog is built: in a folder, or in a bucket on a copy of what it has there.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use anyhow::anyhow;
use trainscape_remote::{Building, Location, Publication};
use trainscape_source::catalog::is_engine;

use super::{outcome::UsageError, progress::StepBar};

/// Where a catalog is built.
pub(super) enum CatalogPlace {
    Folder(PathBuf),
    Bucket(Box<Publication>),
}

impl CatalogPlace {
    /// A folder, or what a URL names.
    pub(super) fn open(output: &Path, building: Building, quiet: bool) -> anyhow::Result<Self> {
        if !Location::is_url(output) {
            return Ok(Self::Folder(output.to_owned()));
        }
        let url = output.to_string_lossy();
        if is_engine(output) {
            let text = format!(
                "{url} is an engine, which reads catalogs: build it where the engine reads it"
            );
            return Err(UsageError(text).into());
        }
        let location = Location::parse(&url).map_err(|error| UsageError(error.to_string()))?;
        let bar = StepBar::of_bytes("bringing", quiet);
        let never = AtomicBool::new(false);
        let publication = Publication::open(&location, building, &never, &|transfer| {
            bar.show(transfer.bytes_done, transfer.bytes_total);
        })?;
        Ok(Self::Bucket(Box::new(publication)))
    }

    /// The folder to build in.
    pub(super) fn folder(&self) -> PathBuf {
        match self {
            Self::Folder(folder) => folder.clone(),
            Self::Bucket(publication) => publication.folder(),
        }
    }

    /// An error as it is of the place.
    pub(super) fn failed(&self, error: impl Into<anyhow::Error>) -> anyhow::Error {
        let error = error.into();
        match self {
            Self::Folder(_) => error,
            Self::Bucket(publication) => {
                anyhow!("{}", publication.at_the_place(&error.to_string()))
            }
        }
    }

    /// Writes what was built to where it is read. Returns the bytes that were sent.
    pub(super) fn publish(&self, quiet: bool) -> anyhow::Result<Option<u64>> {
        let Self::Bucket(publication) = self else {
            return Ok(None);
        };
        let bar = StepBar::of_bytes("writing", quiet);
        let bytes = publication.publish(&|transfer| {
            bar.show(transfer.bytes_done, transfer.bytes_total);
        })?;
        Ok(Some(bytes))
    }
}

/// The folder from the root, whichever folder it is built from; a URL as it is.
pub(super) fn absolute(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}
