use std::path::Path;

use super::{
    format::{ArrayFormat, FileFormat},
    grid_rows::GRID_ROWS,
    hdf5::HDF5,
    matrix::MATRIX,
    npy::NPY,
    npz::NPZ,
    projector::PROJECTOR,
    pytorch::PYTORCH,
    safetensors::SAFETENSORS,
    word_vectors::WORD_VECTORS,
};
use crate::{
    media::{media_format_of, named_format_of},
    sample::Sample,
    text::alternatives,
};

/// All formats of array files.
pub(crate) static ARRAY_FORMATS: &[&dyn ArrayFormat] = &[
    &NPY,
    &NPZ,
    &SAFETENSORS,
    &HDF5,
    &PYTORCH,
    &WORD_VECTORS,
    &PROJECTOR,
    &GRID_ROWS,
    &MATRIX,
];

/// The formats of array files that have endings, for a message: `npy, npz, safetensors or HDF5`.
pub(crate) fn array_titles() -> String {
    let titles: Vec<&str> = ARRAY_FORMATS
        .iter()
        .filter(|format| !format.endings().is_empty())
        .map(|format| format.title())
        .collect();
    alternatives(&titles)
}

/// The format of an array or a figure by its name.
pub(crate) fn format_of_name(path: &Path) -> Option<FileFormat> {
    array_format_of_name(path)
        .map(FileFormat::Array)
        .or_else(|| media_format_of(path).map(FileFormat::Figure))
}

/// The format of an array or a figure that the user names, by its name.
pub(crate) fn format_of_named_file(path: &Path) -> Option<FileFormat> {
    format_of_name(path).or_else(|| named_format_of(path).map(FileFormat::Figure))
}

/// Whether a file may be of a format that is read by ranges, as its content tells.
pub(crate) fn may_be_read_by_ranges(path: &Path) -> bool {
    let Some((name, ending)) = name_and_ending(path) else {
        return false;
    };
    let mut formats = ARRAY_FORMATS.iter();
    formats.any(|format| format.reads_ranges() && format.may_be_named(&name, &ending))
}

fn name_and_ending(path: &Path) -> Option<(String, String)> {
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    let ending = name.rsplit_once('.')?.1.to_owned();
    Some((name, ending))
}

pub(super) fn array_format_of_name(path: &Path) -> Option<&'static dyn ArrayFormat> {
    let (name, ending) = name_and_ending(path)?;
    let mut formats = ARRAY_FORMATS.iter().copied();
    formats.find(|format| format.is_named(path, &name, &ending))
}

/// The format of a file of arrays whose name does not show it.
pub(crate) fn array_format_of_content(sample: &Sample<'_>) -> Option<&'static dyn ArrayFormat> {
    let mut formats = ARRAY_FORMATS.iter().copied();
    formats.find(|format| format.matches(sample))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{formats::LOG_FORMATS, media::MEDIA_FORMATS, stamp::Stamp};

    #[test]
    fn names_and_endings_belong_to_one_format_each() {
        let mut sources: Vec<_> = ARRAY_FORMATS
            .iter()
            .map(|format| format.source_format())
            .chain(MEDIA_FORMATS.iter().map(|format| format.source_format()))
            .chain(LOG_FORMATS.iter().map(|format| format.source_format()))
            .collect();
        let count = sources.len();
        sources.sort();
        sources.dedup();
        assert_eq!(sources.len(), count);
        let mut endings: Vec<&str> = ARRAY_FORMATS
            .iter()
            .flat_map(|format| format.endings().iter().copied())
            .chain(MEDIA_FORMATS.iter().map(|format| format.ending()))
            .collect();
        let count = endings.len();
        endings.sort_unstable();
        endings.dedup();
        assert_eq!(endings.len(), count);
    }

    #[test]
    fn samples_are_detected_by_the_only_format_that_reads_them() {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/arrays");
        let mut detected = Vec::new();
        for entry in std::fs::read_dir(data).unwrap() {
            let path = entry.unwrap().path();
            let stamp = Stamp::at(&path).unwrap();
            let name = path.file_name().unwrap().to_string_lossy();
            let sample = Sample::read(&path, &name, stamp.len);
            let found = array_format_of_name(&path).or_else(|| array_format_of_content(&sample));
            let reading: Vec<&str> = ARRAY_FORMATS
                .iter()
                .filter(|format| format.open(&path, stamp).is_ok())
                .map(|format| format.name())
                .collect();
            let found: Vec<&str> = found.iter().map(|format| format.name()).collect();
            assert_eq!(found, reading, "{}", path.display());
            detected.extend(found);
        }
        for format in ARRAY_FORMATS {
            assert!(detected.contains(&format.name()), "{}", format.name());
        }
    }
}
