//! The built-in demo run.

use trainscape_temporary::TemporaryFolder;
use zip::result::ZipError;

/// ZIP archive of the demo run's files.
const DEMO: &[u8] = include_bytes!("../../assets/demo.zip");

/// Extracts the demo run to a temporary folder, which is deleted when the value is dropped.
pub(super) fn unpack() -> anyhow::Result<TemporaryFolder> {
    let folder = TemporaryFolder::create("demo")?;
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(DEMO))?;
    archive.extract(folder.path()).map_err(|error| {
        let is_of_the_folder = matches!(error, ZipError::Io(_));
        anyhow::Error::new(error).context(if is_of_the_folder {
            "it cannot be written to the temporary folder"
        } else {
            "the embedded demo run is damaged"
        })
    })?;
    Ok(folder)
}
