use std::path::Path;

use super::{format::MediaFormat, object3d::OBJECT3D, plotly::PLOTLY};

/// All formats of figures.
pub(crate) static MEDIA_FORMATS: &[&dyn MediaFormat] = &[&PLOTLY, &OBJECT3D];

/// The format of a figure by its name.
pub(crate) fn media_format_of(path: &Path) -> Option<&'static dyn MediaFormat> {
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    let mut formats = MEDIA_FORMATS.iter().copied();
    formats.find(|format| name.ends_with(format.ending()))
}
