//! Files that are copies of each other.

use std::{io::Read as _, path::Path};

use crate::regular_file;

/// Bytes that are compared.
const COMPARED: u64 = 64 << 10;

/// True if two files have the same size and begin with the same bytes. Empty files are no copies.
pub(crate) fn is_copy(a: &Path, b: &Path) -> bool {
    let len = |path: &Path| path.metadata().map(|metadata| metadata.len()).ok();
    let read = |path: &Path| {
        let mut bytes = Vec::new();
        let file = regular_file::open(path).ok()?;
        file.take(COMPARED).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    };
    let size = len(a);
    size.is_some_and(|size| size > 0) && size == len(b) && read(a).is_some() && read(a) == read(b)
}
