use anyhow::Context as _;

/// The demo run: files with their paths below the run folder.
const DEMO: &[u8] = include_bytes!("../../assets/demo.zip");

/// Writes the demo run's files to a temporary folder, which goes when the value does.
pub(super) fn unpack() -> anyhow::Result<tempfile::TempDir> {
    let folder = tempfile::Builder::new()
        .prefix("trainscape-demo-")
        .tempdir()?;
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(DEMO))?;
    archive
        .extract(folder.path())
        .context("the embedded demo run is damaged")?;
    Ok(folder)
}
