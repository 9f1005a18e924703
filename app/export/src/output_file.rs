//! Writing a whole file without losing what stood there before.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use trainscape_temporary::TemporaryFile;

use crate::{
    error::ExportError,
    output_target::{check_writable, folder_of, link_target, open_stream},
};

const TEMPORARY_PREFIX: &str = ".trainscape-";
const TEMPORARY_SUFFIX: &str = ".tmp";

/// Writes a whole file, as [`OutputFile`] does.
///
/// # Errors
/// When the folder does not exist or cannot be written to, or a folder has the file's name.
pub fn write_output(path: &Path, bytes: &[u8]) -> Result<(), ExportError> {
    let mut file = OutputFile::create(path)?;
    file.write_all(bytes)
        .map_err(|reason| write_error(path, reason))?;
    file.finish()
}

pub(crate) fn write_error(path: &Path, reason: io::Error) -> ExportError {
    ExportError::Write {
        path: path.to_owned(),
        reason,
    }
}

/// A file that is written under a temporary name in the same folder and renamed when it is finished, so that a reader
/// never sees half of it and an earlier file survives a failure.
///
/// A symbolic link stays: its target is written. A device, a pipe or what the process has open (`/dev/stdout`) is
/// written to, never replaced, and a file that is write-protected is refused. An earlier file's permissions, and its
/// owner where the system allows it, stay. What a killed process left in the folder is removed; a process that a signal ends
/// leaves nothing.
#[derive(Debug)]
pub(crate) struct OutputFile {
    path: PathBuf,
    destination: Destination,
}

#[derive(Debug)]
enum Destination {
    /// A file, which will have the name `target`.
    Temporary {
        file: TemporaryFile,
        target: PathBuf,
        earlier: Option<Box<fs::Metadata>>,
    },
    /// Something else than a file, or a file that the process has open.
    Stream(File),
}

impl OutputFile {
    /// Begins a file.
    ///
    /// # Errors
    /// When the folder does not exist or cannot be written to, or a folder has the file's name.
    pub(crate) fn create(path: &Path) -> Result<Self, ExportError> {
        let destination = || -> io::Result<Destination> {
            if let Some(open) = open_stream(path)? {
                return Ok(Destination::Stream(open));
            }
            let target = link_target(path)?;
            match fs::metadata(&target) {
                Ok(there) if there.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
                Ok(there) if there.is_file() => {
                    check_writable(&target, &there)?;
                    temporary(target, Some(Box::new(there)))
                }
                Ok(_) => {
                    let device = OpenOptions::new().write(true).open(&target)?;
                    Ok(Destination::Stream(device))
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => temporary(target, None),
                Err(error) => Err(error),
            }
        };
        let destination = destination().map_err(|reason| write_error(path, reason))?;
        Ok(Self {
            path: path.to_owned(),
            destination,
        })
    }

    /// Where the content is written, for a program that writes it; `None` if that is no file.
    pub(crate) fn temporary_path(&self) -> Option<&Path> {
        match &self.destination {
            Destination::Temporary { file, .. } => Some(file.path()),
            Destination::Stream(_) => None,
        }
    }

    /// Another handle of the same content.
    ///
    /// # Errors
    /// When the system has no more handles.
    pub(crate) fn second_handle(&self) -> Result<File, ExportError> {
        let handle = match &self.destination {
            Destination::Temporary { file, .. } => file.as_file().try_clone(),
            Destination::Stream(file) => file.try_clone(),
        };
        handle.map_err(|reason| write_error(&self.path, reason))
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// When the file cannot be renamed.
    pub(crate) fn finish(self) -> Result<(), ExportError> {
        let path = self.path;
        let finish = || -> io::Result<()> {
            let Destination::Temporary {
                file,
                target,
                earlier,
            } = self.destination
            else {
                return Ok(());
            };
            if let Some(earlier) = &earlier {
                keep_owner_and_mode(file.as_file(), earlier)?;
            }
            file.persist(target)
        };
        finish().map_err(|reason| write_error(&path, reason))
    }
}

impl io::Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.destination {
            Destination::Temporary { file, .. } => file.write(bytes),
            Destination::Stream(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.destination {
            Destination::Temporary { file, .. } => file.flush(),
            Destination::Stream(file) => file.flush(),
        }
    }
}

fn temporary(target: PathBuf, earlier: Option<Box<fs::Metadata>>) -> io::Result<Destination> {
    let folder = folder_of(&target);
    // The error of the temporary file would name that file.
    fs::metadata(folder)?;
    remove_abandoned(folder);
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY_PREFIX).suffix(TEMPORARY_SUFFIX);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // The user's umask reduces this as for any other program.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let file = TemporaryFile::create(|| builder.tempfile_in(folder))?;
    // Held until the file is renamed or its process ends, so that others see whether it is still being written.
    // Without support for locks, nothing is ever removed.
    let _unsupported = file.as_file().try_lock();
    Ok(Destination::Temporary {
        file,
        target,
        earlier,
    })
}

#[cfg(unix)]
fn keep_owner_and_mode(file: &File, earlier: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    // Only an administrator may give a file away; for others the new file stays theirs.
    let _not_permitted = fchown(file, Some(earlier.uid()), Some(earlier.gid()));
    file.set_permissions(earlier.permissions())
}

#[cfg(not(unix))]
fn keep_owner_and_mode(_: &File, _: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

/// Removes temporary files whose process was killed: those that no process has locked.
fn remove_abandoned(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let is_ours = name.to_str().is_some_and(|name| {
            name.starts_with(TEMPORARY_PREFIX) && name.ends_with(TEMPORARY_SUFFIX)
        });
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_ours
            && is_file
            && let Ok(file) = File::open(entry.path())
            && file.try_lock().is_ok()
        {
            // Another process may have been faster.
            let _gone = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_leaves_the_earlier_file_and_no_litter() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("figure.png");
        write_output(&path, b"first").unwrap();
        let missing = folder.path().join("no-such-folder/figure.png");
        let error = write_output(&missing, b"second").unwrap_err().to_string();
        assert!(error.contains("no-such-folder"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"first");
        write_output(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let error = write_output(folder.path(), b"third").unwrap_err();
        assert!(error.to_string().contains("directory"), "{error}");
    }

    #[test]
    fn what_a_killed_process_left_is_removed_and_what_is_being_written_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let abandoned = folder.path().join(".trainscape-a1b2c3.tmp");
        let written = folder.path().join(".trainscape-d4e5f6.tmp");
        fs::write(&abandoned, "half").unwrap();
        let writer = File::create(&written).unwrap();
        writer.lock().unwrap();
        write_output(&folder.path().join("figure.png"), b"whole").unwrap();
        assert!(!abandoned.exists());
        assert!(written.exists());
    }

    #[cfg(unix)]
    #[test]
    fn links_and_permissions_stay() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("private.csv"), "old").unwrap();
        fs::set_permissions(at("private.csv"), fs::Permissions::from_mode(0o600)).unwrap();
        symlink("private.csv", at("link.csv")).unwrap();
        write_output(&at("link.csv"), b"new").unwrap();
        assert!(at("link.csv").is_symlink());
        assert_eq!(fs::read(at("private.csv")).unwrap(), b"new");
        let mode = fs::metadata(at("private.csv"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);

        symlink("not-yet.csv", at("dangling.csv")).unwrap();
        write_output(&at("dangling.csv"), b"new").unwrap();
        assert_eq!(fs::read(at("not-yet.csv")).unwrap(), b"new");

        symlink("loop.csv", at("loop.csv")).unwrap();
        let error = write_output(&at("loop.csv"), b"new").unwrap_err();
        assert!(error.to_string().contains("loop"), "{error}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_device_is_written_to() {
        use std::os::unix::fs::FileTypeExt as _;
        write_output(Path::new("/dev/null"), b"new").unwrap();
        let kind = fs::metadata("/dev/null").unwrap().file_type();
        assert!(kind.is_char_device());
        let error = write_output(Path::new("/dev/full"), b"new").unwrap_err();
        assert!(error.to_string().contains("No space"), "{error}");
    }
}
