//! Bounds of what is listed, brought and kept.

use std::time::Duration;

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// Files that are listed below one place.
pub(crate) const FILES: usize = 200_000;

/// Folders that are listed below one place, on machines where each is listed by itself.
pub(crate) const FOLDERS: usize = 20_000;

/// Levels of folders.
pub(crate) const DEPTH: usize = 32;

/// Bytes of an answer that lists files.
pub(crate) const ANSWER: u64 = 64 * MIB;

/// Bytes of a file of credentials or settings.
pub(crate) const SETTINGS: u64 = MIB;

/// Bytes of one file of arrays that the cache takes as a whole.
pub(crate) const ARRAY: u64 = 2 * GIB;

/// Bytes of one log that the cache takes.
pub(crate) const LOG: u64 = 4 * GIB;

/// Bytes of a file that may be a log, by nothing but its content.
pub(crate) const UNKNOWN: u64 = 64 * MIB;

/// Bytes of a file of arrays up to which it comes as a whole, also where it could be read by ranges.
pub(crate) const SMALL_ARRAY: u64 = MIB;

/// Bytes of everything in the cache.
pub(crate) const CACHE: u64 = 16 * GIB;

/// Bytes of blocks of the files of one place that are read by ranges.
pub(crate) const BLOCKS: u64 = 4 * GIB;

/// Bytes of the files of one place that come as a whole.
pub(crate) const WHOLE: u64 = CACHE - BLOCKS;

/// Bytes that are read at once.
pub(crate) const PIECE: u64 = 8 * MIB;

/// Bytes of a file that a listing may claim: file systems hold no larger ones.
pub(crate) const FILE: u64 = 8 << 40;

/// Bytes a second below which an answer is given up as if nothing came.
pub(crate) const SLOWEST: u64 = 512;

/// Bytes of a file that make up for a failure before them: a server that gives fewer at a time is tried as often as one
/// that gives none.
pub(crate) const PROGRESS: u64 = 64 << 10;

/// Pages of a listing that name nothing.
pub(crate) const EMPTY_PAGES: usize = 1000;

/// Nesting of an answer that lists files.
pub(crate) const NESTING: usize = 16;

/// Time for all pages of a listing.
pub(crate) const LISTING: Duration = Duration::from_secs(1800);

/// Files that are brought at the same time.
pub(crate) const PARALLEL: usize = 8;

/// Time without a byte after which a server is given up.
pub(crate) const SILENCE: Duration = Duration::from_secs(30);

/// Time for connecting.
pub(crate) const CONNECT: Duration = Duration::from_secs(10);

/// Bytes a second that a connection takes at least: sending is given up where it takes longer.
pub(crate) const SLOWEST_SENT: u64 = 128 << 10;

/// Times that a request or a file is tried.
pub(crate) const TRIES: usize = 4;
