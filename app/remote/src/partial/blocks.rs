//! The blocks of a file that have come: in a file of the length of the whole, which has holes, and a list of their checksums
//! beside it. A block is there if it has its checksum, so that neither a crash nor a full disk leaves wrong numbers.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    ops::Range,
    path::{Path, PathBuf},
};

/// Bytes of a block.
pub(super) const BLOCK: u64 = 64 << 10;

/// Bytes of an entry of the list: the checksum, and that there is one.
const LISTED: u64 = 8;
const IS_THERE: u64 = 1 << 32;

/// The blocks, opened.
pub(super) struct Blocks {
    data: File,
    list: File,
    /// Bytes of the whole file.
    len: u64,
}

impl Blocks {
    pub(super) fn open(path: &Path, len: u64) -> io::Result<Self> {
        let open = |path: &Path| {
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false);
            options.open(path)
        };
        let (data, list) = (open(path)?, open(&list_of(path))?);
        if data.metadata()?.len() != len {
            list.set_len(0)?;
            data.set_len(len)?;
        }
        Ok(Self { data, list, len })
    }

    /// Removes all blocks. What was opened before stays valid.
    pub(super) fn clear(path: &Path) -> io::Result<()> {
        let open = |path: &Path| OpenOptions::new().write(true).open(path);
        open(&list_of(path))?.set_len(0)?;
        let data = open(path)?;
        let len = data.metadata()?.len();
        data.set_len(0)?;
        data.set_len(len)
    }

    fn bytes_of(&self, block: u64) -> Range<u64> {
        block * BLOCK..((block + 1) * BLOCK).min(self.len)
    }

    /// Whether a block has come and is undamaged.
    pub(super) fn holds(&self, block: u64) -> io::Result<bool> {
        let mut listed = [0; LISTED as usize];
        match read_exact_at(&self.list, &mut listed, block * LISTED) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            read => read?,
        }
        let listed = u64::from_le_bytes(listed);
        if listed & IS_THERE == 0 {
            return Ok(false);
        }
        let range = self.bytes_of(block);
        let mut bytes = vec![0; (range.end - range.start) as usize];
        read_exact_at(&self.data, &mut bytes, range.start)?;
        Ok(listed == entry_of(&bytes))
    }

    /// Keeps whole blocks from the block `first`; the last one of the file may be shorter.
    pub(super) fn write(&self, first: u64, bytes: &[u8]) -> io::Result<()> {
        write_all_at(&self.data, bytes, first * BLOCK)?;
        let entries: Vec<u8> = bytes
            .chunks(BLOCK as usize)
            .flat_map(|block| entry_of(block).to_le_bytes())
            .collect();
        write_all_at(&self.list, &entries, first * LISTED)
    }

    /// Fills `out`; the blocks must have come.
    pub(super) fn read(&self, out: &mut [u8], start: u64) -> io::Result<()> {
        read_exact_at(&self.data, out, start)
    }
}

fn entry_of(block: &[u8]) -> u64 {
    IS_THERE | u64::from(crc32c::crc32c(block))
}

fn list_of(path: &Path) -> PathBuf {
    path.with_extension("list")
}

/// Removes all blocks in a folder but those of files with these names.
pub(crate) fn remove(folder: &Path, keeps: impl Fn(&str) -> bool) {
    for found in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = found.path();
        let name = path.file_stem().and_then(|name| name.to_str());
        if !name.is_some_and(&keeps) {
            let _it_is_tried_again = fs::remove_file(&path);
        }
    }
}

/// Bytes that a file takes on the disk: holes take none.
pub(crate) fn allocated(metadata: &Metadata) -> u64 {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        metadata.blocks().saturating_mul(512)
    }
    #[cfg(not(unix))]
    {
        metadata.len()
    }
}

fn read_exact_at(mut file: &File, out: &mut [u8], start: u64) -> io::Result<()> {
    file.seek(SeekFrom::Start(start))?;
    file.read_exact(out)
}

fn write_all_at(mut file: &File, bytes: &[u8], start: u64) -> io::Result<()> {
    file.seek(SeekFrom::Start(start))?;
    file.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_there_once_they_have_come_and_while_they_are_undamaged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let len = 2 * BLOCK + 100;
        let blocks = Blocks::open(&path, len).unwrap();
        let bytes: Vec<u8> = (0..BLOCK + 100).map(|at| (at % 251) as u8).collect();
        blocks.write(1, &bytes).unwrap();
        let holds = |blocks: &Blocks| [0, 1, 2].map(|block| blocks.holds(block).unwrap());
        assert_eq!(holds(&blocks), [false, true, true]);
        let again = Blocks::open(&path, len).unwrap();
        assert_eq!(holds(&again), [false, true, true]);
        let mut out = vec![0; 200];
        again.read(&mut out, 2 * BLOCK - 100).unwrap();
        assert_eq!(out, bytes[BLOCK as usize - 100..]);
        write_all_at(&blocks.data, b"damaged", BLOCK).unwrap();
        assert_eq!(holds(&again), [false, false, true]);
        Blocks::clear(&path).unwrap();
        assert_eq!(holds(&again), [false; 3]);
        assert_eq!(fs::metadata(&path).unwrap().len(), len);
        blocks.write(0, &bytes[..BLOCK as usize]).unwrap();
        // Of another length, it is another file.
        let other = Blocks::open(&path, len + 1).unwrap();
        assert_eq!(holds(&other), [false; 3]);
    }
}
