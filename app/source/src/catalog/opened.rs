//! A catalog that is open, in a folder or through an engine.

use std::path::Path;

use trainscape_run::Unread;

use super::{
    catalog_run::CatalogRun,
    engine::{EngineCatalog, is_engine},
    error::CatalogError,
    folder::CatalogFolder,
};
use crate::open_options::EngineOpener;

/// A catalog that is open.
#[derive(Debug)]
pub(crate) enum OpenCatalog {
    Folder(CatalogFolder),
    Engine(EngineCatalog),
}

impl OpenCatalog {
    /// True for the path of a catalog: its folder, or the URL of an engine.
    pub(crate) fn is_catalog(path: &Path) -> bool {
        is_engine(path) || CatalogFolder::is_catalog(path)
    }

    pub(crate) fn open(path: &Path, engine: Option<EngineOpener>) -> Result<Self, CatalogError> {
        if !is_engine(path) {
            return Ok(Self::Folder(CatalogFolder::open(path)?));
        }
        let opener = engine.ok_or_else(|| {
            CatalogError::Engine(format!(
                "{} cannot be asked: this program was built without the feature `engine`; build it with `--features engine`, or install the Python package",
                path.display()
            ))
        })?;
        let engine = opener(path).map_err(CatalogError::Engine)?;
        Ok(Self::Engine(EngineCatalog::open(engine)))
    }

    pub(crate) fn poll(&mut self) -> bool {
        match self {
            Self::Folder(catalog) => catalog.poll(),
            Self::Engine(catalog) => catalog.poll(),
        }
    }

    /// True while its tables are read for the first time.
    pub(crate) fn is_loading(&self) -> bool {
        match self {
            Self::Folder(_) => false,
            Self::Engine(catalog) => catalog.is_loading(),
        }
    }

    /// Why no run is known.
    pub(crate) fn failure(&self) -> Option<&str> {
        match self {
            Self::Folder(_) => None,
            Self::Engine(catalog) => catalog.failure(),
        }
    }

    /// Bytes of tables that have come from an engine.
    pub(crate) fn received_bytes(&self) -> u64 {
        match self {
            Self::Folder(_) => 0,
            Self::Engine(catalog) => catalog.received_bytes(),
        }
    }

    /// Ends what nobody waits for any longer.
    pub(crate) fn cancel(&self) {
        if let Self::Engine(catalog) = self {
            catalog.cancel();
        }
    }

    pub(crate) fn runs(&self) -> &[CatalogRun] {
        match self {
            Self::Folder(catalog) => catalog.runs(),
            Self::Engine(catalog) => catalog.runs(),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Folder(catalog) => catalog.path(),
            Self::Engine(catalog) => catalog.path(),
        }
    }

    /// The folder to watch.
    pub(crate) fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(catalog) => Some(catalog.path()),
            Self::Engine(_) => None,
        }
    }

    /// What was not read when the catalog was built.
    pub(crate) fn unread(&self) -> Vec<Unread> {
        match self {
            Self::Folder(catalog) => catalog.unread().collect(),
            Self::Engine(_) => Vec::new(),
        }
    }

    /// What was left out, and what cannot be read, a sentence each.
    pub(crate) fn warnings(&self) -> Vec<String> {
        match self {
            Self::Folder(catalog) => {
                let when_built = catalog.manifest().warnings.iter();
                when_built.chain(catalog.problems()).cloned().collect()
            }
            Self::Engine(catalog) => catalog.problems().cloned().collect(),
        }
    }
}
