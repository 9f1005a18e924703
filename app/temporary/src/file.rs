use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use tempfile::{NamedTempFile, TempPath};

use crate::registry::{self, Registration};

/// A temporary file beside the file that it becomes.
#[derive(Debug)]
pub struct TemporaryFile {
    file: File,
    path: TempPath,
    /// Dropped after the file was removed or renamed.
    registration: Registration,
}

impl TemporaryFile {
    /// Creates the file with `create`.
    ///
    /// # Errors
    /// Those of `create`.
    pub fn create(create: impl FnOnce() -> io::Result<NamedTempFile>) -> io::Result<Self> {
        let (file, registration) = registry::create(|| {
            let file = create()?;
            let path = file.path().to_owned();
            Ok((file, path))
        })?;
        let (file, path) = file.into_parts();
        Ok(Self {
            file,
            path,
            registration,
        })
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.registration.path()
    }

    /// The open file.
    #[must_use]
    pub fn as_file(&self) -> &File {
        &self.file
    }

    /// Gives the file its name, in the place of what has it.
    ///
    /// # Errors
    /// When the file cannot be renamed; it is removed.
    pub fn persist(self, target: PathBuf) -> io::Result<()> {
        self.path.persist(target).map_err(|error| error.error)
    }
}

impl io::Write for TemporaryFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
