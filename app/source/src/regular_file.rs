//! Opening files that are files. A named pipe waits for a writer when it is opened, a device may never end, and a file of
//! the kernel may wait when it is read: these are refused without opening them.

use std::{
    fs::{self, File, Metadata},
    io::{self, Read},
    path::Path,
};

use crate::by_ranges::is_placeholder;

/// Folders whose files the kernel makes up when they are read.
const OF_THE_KERNEL: &[&str] = &["/proc", "/sys"];

/// Opens a regular file for reading.
///
/// # Errors
/// When it cannot be opened, or is a folder, a named pipe, a device, a socket, a file of the kernel or one that is read by
/// ranges.
pub fn open(path: &Path) -> io::Result<File> {
    if is_placeholder(path) {
        let what = "it lies elsewhere and is read by ranges, and this reads it as a whole";
        return Err(io::Error::new(io::ErrorKind::Unsupported, what));
    }
    let metadata = fs::metadata(path)?;
    match not_regular(path, &metadata) {
        Some(what) => Err(io::Error::new(io::ErrorKind::InvalidInput, what)),
        None => File::open(path),
    }
}

/// True for a file or a folder that can be read; what came into its place, such as a named pipe, cannot.
#[must_use]
pub fn is_readable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| not_readable(path, &metadata).is_none())
}

/// The bytes of a regular file.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The text of a regular file.
pub(crate) fn read_to_string(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    open(path)?.read_to_string(&mut text)?;
    Ok(text)
}

/// What a path is that cannot be read as a file; `None` if it can, or is a folder with files.
pub(crate) fn not_readable(path: &Path, metadata: &Metadata) -> Option<&'static str> {
    match metadata.is_dir() {
        true => what_kernel_folder(path),
        false => not_regular(path, metadata),
    }
}

/// What a folder is whose files the kernel makes up: those of other processes and of devices.
pub(crate) fn what_kernel_folder(path: &Path) -> Option<&'static str> {
    is_of_kernel(path).then_some("it is a folder of the kernel, not of files")
}

fn not_regular(path: &Path, metadata: &Metadata) -> Option<&'static str> {
    if !metadata.is_file() {
        return Some(kind(metadata));
    }
    // Such files have no length before they are read.
    let is_of_kernel = metadata.len() == 0 && is_of_kernel(path);
    is_of_kernel.then_some("it is a file of the kernel, not of a disk")
}

fn is_of_kernel(path: &Path) -> bool {
    let path = fs::canonicalize(path).unwrap_or_default();
    cfg!(target_os = "linux") && OF_THE_KERNEL.iter().any(|folder| path.starts_with(folder))
}

fn kind(metadata: &Metadata) -> &'static str {
    if metadata.is_dir() {
        return "it is a folder, not a file";
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let kind = metadata.file_type();
        if kind.is_fifo() {
            return "it is a named pipe, not a file: give `-` to read standard input";
        }
        if kind.is_socket() {
            return "it is a socket, not a file";
        }
        if kind.is_char_device() || kind.is_block_device() {
            return "it is a device, not a file";
        }
    }
    "it is not a regular file"
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_file_is_refused_and_named() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        for (path, word) in [
            (socket.as_path(), "a socket"),
            (&pipe, "a named pipe"),
            (Path::new("/dev/zero"), "a device"),
            (Path::new("/proc/self/status"), "of the kernel"),
            (folder.path(), "a folder"),
        ] {
            assert_eq!(is_readable(path), word == "a folder", "{word}");
            let error = open(path).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
        let file = folder.path().join("empty");
        fs::write(&file, "").unwrap();
        assert!(read(&file).unwrap().is_empty());
    }
}
