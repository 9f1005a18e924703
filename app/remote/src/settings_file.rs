//! Reading files of settings and credentials.

use std::{
    io::{self, Read as _},
    path::Path,
};

use crate::limits;

/// A file of settings, of bounded length.
pub(crate) fn read(path: &Path) -> io::Result<String> {
    let file = trainscape_source::open_regular_file(path)?;
    let mut text = String::new();
    file.take(limits::SETTINGS).read_to_string(&mut text)?;
    Ok(text)
}
