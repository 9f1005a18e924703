//! Files that are copies of each other.

use std::{
    io::{self, Read as _, Seek as _, SeekFrom},
    path::Path,
};

use trainscape_run::Unread;

use crate::regular_file;

/// Bytes that are compared at once.
const BLOCK: u64 = 64 << 10;

/// True if two files have the same bytes. Empty files are no copies.
#[must_use]
pub fn is_copy(a: &Path, b: &Path) -> bool {
    let len = |path: &Path| path.metadata().map(|metadata| metadata.len()).ok();
    let size = len(a);
    size.is_some_and(|size| size > 0) && size == len(b) && have_same_bytes(a, b).unwrap_or(false)
}

/// True if a file is the beginning of another and shorter: a copy that was made while the other was written.
pub(crate) fn is_beginning(short: &Path, long: &Path) -> bool {
    let len = |path: &Path| path.metadata().map(|metadata| metadata.len()).ok();
    let (Some(short_len), Some(long_len)) = (len(short), len(long)) else {
        return false;
    };
    let begins = || -> io::Result<bool> {
        let short = regular_file::open(short)?.take(short_len);
        have_equal_bytes(short, regular_file::open(long)?.take(short_len))
    };
    short_len > 0 && short_len < long_len && begins().unwrap_or(false)
}

/// A checksum of the first and the last block of a file: what most files of one size already differ in.
pub(crate) fn checksum_of_ends(path: &Path) -> Option<u32> {
    let read = || -> io::Result<u32> {
        let mut file = regular_file::open(path)?;
        let first = crc32c::crc32c(&block(&mut file)?);
        let last = file.metadata()?.len().saturating_sub(BLOCK);
        file.seek(SeekFrom::Start(last))?;
        Ok(crc32c::crc32c_append(first, &block(&mut file)?))
    };
    read().ok()
}

/// A checksum of all bytes of a file.
pub(crate) fn checksum(path: &Path) -> Option<u32> {
    let read = || -> io::Result<u32> {
        let mut file = regular_file::open(path)?;
        let mut sum = 0;
        loop {
            let bytes = block(&mut file)?;
            if bytes.is_empty() {
                return Ok(sum);
            }
            sum = crc32c::crc32c_append(sum, &bytes);
        }
    };
    read().ok()
}

/// How a copy of a file that is read is listed.
pub(crate) fn unread_copy(copy: &Path, original: &Path) -> Unread {
    Unread {
        path: copy.to_owned(),
        kind: Unread::COPY,
        why: format!("it is a copy of {}, which is read", original.display()),
    }
}

/// How the beginning of a file that is read is listed.
pub(crate) fn unread_beginning(beginning: &Path, whole: &Path) -> Unread {
    Unread {
        path: beginning.to_owned(),
        kind: Unread::COPY,
        why: format!(
            "it is the beginning of {}, which is read: a copy from an earlier time",
            whole.display()
        ),
    }
}

/// Seeds of one experiment begin alike and have logs of one size, so every byte is compared, up to the first that differs.
fn have_same_bytes(a: &Path, b: &Path) -> io::Result<bool> {
    have_equal_bytes(regular_file::open(a)?, regular_file::open(b)?)
}

fn have_equal_bytes(mut a: impl io::Read, mut b: impl io::Read) -> io::Result<bool> {
    loop {
        let bytes = block(&mut a)?;
        if bytes != block(&mut b)? {
            return Ok(false);
        }
        if bytes.is_empty() {
            return Ok(true);
        }
    }
}

/// The next bytes of a file; none at its end.
fn block(file: &mut impl io::Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(BLOCK).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_differ_in_their_last_byte_are_no_copies() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let text = vec![b'x'; 3 * BLOCK as usize];
        let mut other = text.clone();
        *other.last_mut().unwrap() = b'y';
        for (name, bytes) in [("a", &text), ("b", &text), ("c", &other)] {
            std::fs::write(path(name), bytes).unwrap();
        }
        assert!(is_copy(&path("a"), &path("b")));
        assert!(!is_copy(&path("a"), &path("c")));
        std::fs::write(path("d"), &other[..2 * BLOCK as usize]).unwrap();
        assert!(is_beginning(&path("d"), &path("a")));
        assert!(!is_beginning(&path("a"), &path("d")));
        assert!(!is_beginning(&path("a"), &path("b")));
        std::fs::write(path("e"), "xy").unwrap();
        assert!(!is_beginning(&path("e"), &path("a")));
    }
}
