//! Paths in JSON, which has no bytes that are not text: each of them becomes U+FFFD.

use std::path::Path;

use serde::Serializer;

pub(crate) fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}
