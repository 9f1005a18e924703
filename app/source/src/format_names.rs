//! The names of all formats.

use crate::{arrays::ARRAY_FORMATS, formats::LOG_FORMATS, media::MEDIA_FORMATS};

/// The names of all log, array and figure formats.
#[must_use]
pub fn format_names() -> Vec<&'static str> {
    let logs = LOG_FORMATS.iter().map(|format| format.name());
    let arrays = ARRAY_FORMATS.iter().map(|format| format.name());
    let figures = MEDIA_FORMATS.iter().map(|format| format.name());
    logs.chain(arrays).chain(figures).collect()
}
