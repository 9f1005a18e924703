//! What is in the cache, and which version of it.

use std::{collections::BTreeMap, fs, path::Path};

use serde::{Deserialize, Serialize};

use crate::{entry::Version, error::RemoteError};

/// What is in the cache of a place.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Index {
    pub(super) url: String,
    /// The place is a file.
    pub(super) is_file: bool,
    /// By key.
    pub(super) files: BTreeMap<String, Kept>,
}

/// A file in the cache.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    /// `None` where only the beginning of a version has come.
    pub(super) version: Option<Version>,
    pub(super) bytes: u64,
    /// The version that is read by ranges, of which there is a placeholder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) by_ranges: Option<Version>,
}

impl Index {
    /// Reads an index; a damaged one, or that of another place, is as good as none.
    pub(super) fn read(path: &Path, url: &str) -> Self {
        let text = fs::read(path).unwrap_or_default();
        let index: Option<Self> = serde_json::from_slice(&text).ok();
        index
            .filter(|index| index.url == url)
            .unwrap_or_else(|| Self {
                url: url.to_owned(),
                ..Self::default()
            })
    }

    pub(super) fn write(&self, path: &Path) -> Result<(), RemoteError> {
        let text = serde_json::to_vec(self).expect("an index is JSON");
        let new = path.with_extension("new");
        fs::write(&new, text)
            .and_then(|()| fs::rename(&new, path))
            .map_err(RemoteError::disk(path))
    }
}
