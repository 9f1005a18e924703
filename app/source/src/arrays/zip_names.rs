//! Names that occur twice in a zip archive, which its reader does not tell: it keeps the last member of each name.

use std::{
    collections::{BTreeSet, HashSet},
    io::{self, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use crate::open_file::OpenFile;

/// How an entry of the central directory begins, its length, and where the lengths of its name, extra field and comment
/// are.
const SIGNATURE: &[u8] = b"PK\x01\x02";
const ENTRY: usize = 46;
const LENGTHS_AT: usize = 28;

/// The names that occur more than once among the first `most` entries of the central directory, which begins at `start`.
pub(super) fn repeated_names(path: &Path, start: u64, most: usize) -> io::Result<BTreeSet<String>> {
    let mut directory = BufReader::new(OpenFile::open(path)?);
    directory.seek(SeekFrom::Start(start))?;
    let (mut seen, mut repeated) = (HashSet::new(), BTreeSet::new());
    for _ in 0..most {
        let mut entry = [0; ENTRY];
        // The directory ends with another record, or was cut: its reader tells that.
        if directory.read_exact(&mut entry).is_err() || !entry.starts_with(SIGNATURE) {
            break;
        }
        let length = |at: usize| {
            let at = LENGTHS_AT + 2 * at;
            usize::from(u16::from_le_bytes([entry[at], entry[at + 1]]))
        };
        let mut name = vec![0; length(0)];
        directory.read_exact(&mut name)?;
        directory.seek_relative((length(1) + length(2)) as i64)?;
        let name = String::from_utf8_lossy(&name).into_owned();
        if seen.contains(&name) {
            repeated.insert(name);
        } else {
            seen.insert(name);
        }
    }
    Ok(repeated)
}
