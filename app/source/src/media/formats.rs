use std::{ffi::OsStr, path::Path};

use super::{
    format::MediaFormat, html_page::HTML_PAGE, model::MODEL, object3d::OBJECT3D, plotly::PLOTLY,
};

/// All formats of figures.
pub(crate) static MEDIA_FORMATS: &[&dyn MediaFormat] = &[&PLOTLY, &OBJECT3D, &HTML_PAGE, &MODEL];

/// The format of a figure by its name and its folder.
pub(crate) fn media_format_of(path: &Path) -> Option<&'static dyn MediaFormat> {
    named_format_of(path)
        .filter(|format| !format.is_only_in_its_folder() || is_below_its_folder(path, *format))
}

/// The format of a figure that the user names, by its name.
pub(crate) fn named_format_of(path: &Path) -> Option<&'static dyn MediaFormat> {
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    let mut formats = MEDIA_FORMATS.iter().copied();
    formats.find(|format| name.ends_with(format.ending()))
}

/// Whether a file is somewhere below `media/<folder of the format>`.
fn is_below_its_folder(path: &Path, format: &dyn MediaFormat) -> bool {
    let folders: Vec<&OsStr> = path.parent().into_iter().flatten().collect();
    let is = |name: &OsStr, wanted: &str| name.eq_ignore_ascii_case(wanted);
    folders
        .windows(2)
        .any(|pair| is(pair[0], "media") && is(pair[1], format.folder()))
}
