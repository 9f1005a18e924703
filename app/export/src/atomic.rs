use std::{io::Write as _, path::Path};

use crate::error::ExportError;

/// Writes a whole file: to a temporary name in the same folder, then renamed, so that a reader never sees
/// half of it and an earlier file survives a failure.
///
/// # Errors
/// When the folder does not exist or cannot be written to.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), ExportError> {
    let write = || -> std::io::Result<()> {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix(".trainscape-").suffix(".tmp");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            // The user's umask reduces this as for any other program.
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        let mut file = builder.tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|source| ExportError::Write {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_leaves_the_earlier_file_and_no_litter() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("figure.png");
        write_atomically(&path, b"first").unwrap();
        let missing = folder.path().join("no-such-folder/figure.png");
        let error = write_atomically(&missing, b"second")
            .unwrap_err()
            .to_string();
        assert!(error.contains("no-such-folder"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
        write_atomically(&path, b"second").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"second");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
