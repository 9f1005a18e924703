//! Where an output goes: links, files that must stay, and what the process has open (`/dev/stdout`, `/dev/fd/3`).

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

/// More links than this, one after the other, are a loop.
const MAX_LINKS: usize = 40;

/// The file would be replaced, which needs no right to write to it: whoever took that away wants it to stay.
pub(crate) fn check_writable(path: &Path, there: &fs::Metadata) -> io::Result<()> {
    let is_protected = there.permissions().readonly();
    match OpenOptions::new().write(true).open(path) {
        Ok(_) if !is_protected => Ok(()),
        Err(error) if error.kind() != io::ErrorKind::PermissionDenied => Err(error),
        Ok(_) | Err(_) => Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "the file is there and write-protected: choose another name, or allow writing to it",
        )),
    }
}

/// The path itself, or what it links to in the end, whether that exists or not.
pub(crate) fn link_target(path: &Path) -> io::Result<PathBuf> {
    let mut target = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&target) {
            Ok(linked) => target = folder_of(&target).join(linked),
            Err(_) => return Ok(target),
        }
    }
    Err(io::Error::other("a loop of symbolic links"))
}

pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// The open file that a path leads to, for writing; `None` if it is another path. A file beside it could not be given
/// its name, and a file that the shell appends to must not be replaced.
pub(crate) fn open_stream(path: &Path) -> io::Result<Option<File>> {
    let Some((open, number)) = descriptor(path) else {
        return Ok(None);
    };
    let of_process = match number {
        1 => duplicate(&io::stdout())?,
        2 => duplicate(&io::stderr())?,
        _ => None,
    };
    match of_process {
        Some(file) => Ok(Some(file)),
        // A file that is opened again would be written from its start.
        None => OpenOptions::new().append(true).open(open).map(Some),
    }
}

#[cfg(unix)]
fn duplicate(stream: &impl std::os::fd::AsFd) -> io::Result<Option<File>> {
    let handle = stream.as_fd().try_clone_to_owned()?;
    Ok(Some(File::from(handle)))
}

#[cfg(not(unix))]
fn duplicate<T>(_: &T) -> io::Result<Option<File>> {
    Ok(None)
}

/// The link to an open file that a path leads to, and the number of that file.
fn descriptor(path: &Path) -> Option<(PathBuf, u32)> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let open_files = fs::canonicalize("/proc/self/fd").ok()?;
    let mut at = path.to_owned();
    for _ in 0..MAX_LINKS {
        let folder = folder_of(&at);
        if fs::canonicalize(folder).is_ok_and(|folder| folder == open_files) {
            let number = at.file_name()?.to_str()?.parse().ok()?;
            return Some((at, number));
        }
        at = folder.join(fs::read_link(&at).ok()?);
    }
    None
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_write_protected_file_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.csv");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        let there = fs::metadata(&path).unwrap();
        let error = check_writable(&path, &there).unwrap_err().to_string();
        assert!(error.contains("write-protected"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"old");
    }
}
