//! A file at a place.

use serde::{Deserialize, Serialize};

use crate::left_out::LeftOut;

/// What distinguishes one state of a file from the next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Version {
    pub(crate) bytes: u64,
    /// The validator of a server; no other file and no other state has the same.
    pub(crate) tag: Option<String>,
    /// Milliseconds since 1970.
    pub(crate) modified_ms: Option<i64>,
}

/// A checksum that a store keeps with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checksum {
    Md5([u8; 16]),
    /// The tag of an object of S3: its MD5, unless it was written in parts or is encrypted with a key of its owner.
    Tag([u8; 16]),
    Crc32c(u32),
}

impl Checksum {
    /// Whether a file that is whole may have another one.
    pub(crate) fn may_differ(self) -> bool {
        matches!(self, Self::Tag(_))
    }
}

/// A file at a place.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Its path below the place, as the store names it: it may be hostile.
    pub(crate) key: String,
    /// How the store itself names it.
    pub(crate) address: String,
    pub(crate) version: Version,
    pub(crate) checksum: Option<Checksum>,
}

/// What is at a place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listing {
    pub(crate) files: Vec<Entry>,
    /// The place is a file and not a folder; its key is its name.
    pub(crate) is_file: bool,
    /// What was found and is not among the files.
    pub(crate) left_out: Vec<LeftOut>,
}

/// Milliseconds since 1970 of a time as `2026-01-02T03:04:05.678Z`.
pub(crate) fn milliseconds_of(text: &str) -> Option<i64> {
    let format = time::format_description::well_known::Rfc3339;
    let at = time::OffsetDateTime::parse(text, &format).ok()?;
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok()
}
