//! Checksums of the bytes that were read of a file, by which a row that is rewritten in place is noticed.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    time::Instant,
};

/// Bytes of a block: four bytes of memory are kept for each.
const BLOCK: usize = 64 << 10;

/// Checksums of a file's first bytes, block by block, and how many of the blocks are to be compared with the file. A
/// cyclic checksum differs whenever up to four bytes in a row do.
#[derive(Debug, Default)]
pub(crate) struct ComparedBlocks {
    whole: Vec<u32>,
    /// The checksum of the incomplete last block, and its length.
    last: crc32fast::Hasher,
    last_len: usize,
    next: usize,
    left: usize,
}

impl ComparedBlocks {
    /// Adds the bytes that were read next.
    pub(crate) fn add(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (now, rest) = bytes.split_at(bytes.len().min(BLOCK - self.last_len));
            self.last.update(now);
            self.last_len += now.len();
            if self.last_len == BLOCK {
                self.whole.push(std::mem::take(&mut self.last).finalize());
                self.last_len = 0;
            }
            bytes = rest;
        }
    }

    /// Has all blocks compared, those first whose turn it is: a file that changes all the time is still compared from
    /// its start to its end.
    pub(crate) fn suspect_all(&mut self) {
        self.left = self.len();
    }

    pub(crate) fn forget_suspicion(&mut self) {
        self.left = 0;
    }

    pub(crate) fn is_suspect(&self) -> bool {
        self.left > 0
    }

    fn len(&self) -> usize {
        self.whole.len() + usize::from(self.last_len > 0)
    }

    /// Compares blocks with the file until `deadline`, at least one. Returns false if one of them differs.
    ///
    /// # Errors
    ///
    /// Those of reading the file, which may be shorter than what was read.
    pub(crate) fn compare(&mut self, file: &mut File, deadline: Instant) -> io::Result<bool> {
        let mut bytes = vec![0; BLOCK];
        while self.left > 0 {
            if self.next >= self.len() {
                self.next = 0;
            }
            let (len, expected) = match self.whole.get(self.next) {
                Some(&checksum) => (BLOCK, checksum),
                None => (self.last_len, self.last.clone().finalize()),
            };
            file.seek(SeekFrom::Start((self.next * BLOCK) as u64))?;
            file.read_exact(&mut bytes[..len])?;
            if crc32fast::hash(&bytes[..len]) != expected {
                return Ok(false);
            }
            self.next += 1;
            self.left -= 1;
            if Instant::now() >= deadline {
                break;
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// Reads the file from its first to its last block, one a call.
    fn differs(blocks: &mut ComparedBlocks, file: &mut File) -> bool {
        blocks.suspect_all();
        while blocks.is_suspect() {
            if !blocks.compare(file, Instant::now()).unwrap() {
                return true;
            }
        }
        false
    }

    #[test]
    fn one_changed_byte_of_any_block_is_found() {
        let bytes: Vec<u8> = (0..3 * BLOCK + 100).map(|at| (at % 251) as u8).collect();
        let mut blocks = ComparedBlocks::default();
        assert!(!blocks.is_suspect());
        for part in bytes.chunks(10_007) {
            blocks.add(part);
        }
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        file.write_all(b"what was appended is not compared")
            .unwrap();
        assert!(!differs(&mut blocks, &mut file));
        for at in [0, BLOCK - 1, BLOCK, 2 * BLOCK + 7, bytes.len() - 1] {
            for (byte, is_changed) in [(bytes[at] ^ 1, true), (bytes[at], false)] {
                file.seek(SeekFrom::Start(at as u64)).unwrap();
                file.write_all(&[byte]).unwrap();
                assert_eq!(differs(&mut blocks, &mut file), is_changed, "{at}");
            }
        }
        file.set_len(100).unwrap();
        blocks.suspect_all();
        assert!(blocks.compare(&mut file, Instant::now()).is_err());
    }
}
