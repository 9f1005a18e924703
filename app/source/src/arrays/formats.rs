use std::path::Path;

use super::{
    format::{ArrayFormat, FileFormat},
    hdf5::HDF5,
    matrix::MATRIX,
    npy::NPY,
    npz::NPZ,
    safetensors::SAFETENSORS,
};
use crate::{media::media_format_of, sample::Sample};

/// All formats of array files.
pub(crate) static ARRAY_FORMATS: &[&dyn ArrayFormat] = &[&NPY, &NPZ, &SAFETENSORS, &HDF5, &MATRIX];

/// The format of an array or a figure by its name.
pub(crate) fn format_of_name(path: &Path) -> Option<FileFormat> {
    array_format_of_name(path)
        .map(FileFormat::Array)
        .or_else(|| media_format_of(path).map(FileFormat::Figure))
}

pub(super) fn array_format_of_name(path: &Path) -> Option<&'static dyn ArrayFormat> {
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    let (_, ending) = name.rsplit_once('.')?;
    let mut formats = ARRAY_FORMATS.iter().copied();
    formats.find(|format| format.endings().contains(&ending))
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
    fn samples_are_detected_by_the_format_that_reads_them() {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/arrays");
        let folder = tempfile::tempdir().unwrap();
        let table = folder.path().join("loss.csv");
        std::fs::write(&table, "1,2,3\n4,5,6\n7,8,9\n").unwrap();
        let samples = [
            ("npy", data.join("version-1.npy")),
            ("npz", data.join("stored.npz")),
            ("safetensors", data.join("dtypes.safetensors")),
            ("hdf5", data.join("layouts.h5")),
            ("csv", table),
        ];
        for format in ARRAY_FORMATS {
            assert!(samples.iter().any(|(name, _)| *name == format.name()));
        }
        for (expected, path) in samples {
            let stamp = Stamp::at(&path).unwrap();
            let name = path.file_name().unwrap().to_string_lossy();
            let sample = Sample::read(&path, &name, stamp.len);
            let found = array_format_of_name(&path).or_else(|| array_format_of_content(&sample));
            assert_eq!(found.unwrap().name(), expected);
            for format in ARRAY_FORMATS {
                let opened = format.open(&path, stamp);
                assert_eq!(opened.is_ok(), format.name() == expected, "{opened:?}");
            }
        }
    }
}
