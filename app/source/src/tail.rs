use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use bytes::Bytes;

use crate::stamp::Stamp;

/// Bytes read at one go. Large enough to share among threads, small enough that progress can be
/// shown between two of them.
const CHUNK: usize = 2 << 20;

/// Bytes at the start and before the offset that tell a grown file from a replaced one.
const FINGERPRINT: usize = 512;

/// A file that grows: where reading has got to, and what has been read but not understood yet.
///
/// No handle is kept between two reads, so a thousand logs need no thousand descriptors and a file
/// renamed over this one is found.
#[derive(Debug)]
pub(crate) struct Tail {
    path: PathBuf,
    /// Bytes taken from the file so far, the unfinished record included.
    offset: u64,
    /// The unfinished record; it always holds that these bytes end at `offset`.
    carry: Vec<u8>,
    seen: Option<Stamp>,
    /// The file's first bytes and the bytes before `offset`.
    start: Vec<u8>,
    end: Vec<u8>,
}

/// What a look at the file found.
#[derive(Debug)]
pub(crate) enum Look {
    /// Nothing since the last look.
    Idle,
    /// There are bytes to read.
    Grown,
    /// The file was truncated or replaced: everything read from it is void.
    Restarted,
    /// The file is gone for now.
    Gone,
    /// The file cannot be read.
    Failed(io::Error),
}

impl Tail {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            offset: 0,
            carry: Vec::new(),
            seen: None,
            start: Vec::new(),
            end: Vec::new(),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes understood so far.
    pub(crate) fn done(&self) -> u64 {
        self.offset - self.carry.len() as u64
    }

    /// Bytes of the record that is not finished yet.
    pub(crate) fn unfinished(&self) -> &[u8] {
        &self.carry
    }

    /// Bytes there are, as of the last look.
    pub(crate) fn len(&self) -> u64 {
        self.seen.map_or(0, |seen| seen.len)
    }

    pub(crate) fn caught_up(&self) -> bool {
        self.seen.is_some_and(|seen| seen.len <= self.offset)
    }

    /// Forgets everything, so that the next read begins at the first byte.
    pub(crate) fn restart(&mut self) {
        self.offset = 0;
        self.carry = Vec::new();
        self.start.clear();
        self.end.clear();
    }

    /// Looks at the file's state without reading what is new.
    pub(crate) fn look(&mut self) -> Look {
        let metadata = match fs::metadata(&self.path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Look::Gone,
            Err(error) => return Look::Failed(error),
        };
        if !metadata.is_file() {
            return Look::Failed(io::Error::other("it is no regular file"));
        }
        let now = Stamp::of(&metadata);
        let before = self.seen.replace(now);
        if before == Some(now) {
            return if self.caught_up() {
                Look::Idle
            } else {
                Look::Grown
            };
        }
        if self.offset > 0 {
            let same_file = before.is_none_or(|before| before.identity == now.identity);
            if !same_file || now.len < self.offset || !self.begins_as_before() {
                self.restart();
                return Look::Restarted;
            }
        }
        if self.caught_up() {
            Look::Idle
        } else {
            Look::Grown
        }
    }

    /// True where what was read is still what the file holds, judged by its first bytes and by those
    /// before the offset. A file that cannot be read counts as unchanged: reading on will say so.
    fn begins_as_before(&self) -> bool {
        let Ok(mut file) = File::open(&self.path) else {
            return true;
        };
        let mut bytes = [0; FINGERPRINT];
        let mut same = |from: u64, expected: &[u8]| {
            let bytes = &mut bytes[..expected.len()];
            file.seek(SeekFrom::Start(from))
                .and_then(|_| file.read_exact(bytes))
                .is_ok()
                && *bytes == *expected
        };
        same(0, &self.start) && same(self.offset - self.end.len() as u64, &self.end)
    }

    /// Reads the next chunk: what is unfinished, followed by new bytes. `None` where nothing is new.
    /// The offset of its first byte is [`Tail::done`].
    ///
    /// # Errors
    ///
    /// Those of opening and reading the file.
    pub(crate) fn read(&mut self) -> io::Result<Option<Bytes>> {
        let wanted = (self.len().saturating_sub(self.offset)).min(CHUNK as u64) as usize;
        if wanted == 0 {
            return Ok(None);
        }
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.offset))?;
        let kept = self.carry.len();
        let mut buffer = std::mem::take(&mut self.carry);
        buffer.reserve_exact(wanted);
        let got = match file.take(wanted as u64).read_to_end(&mut buffer) {
            Ok(got) => got,
            Err(error) => {
                buffer.truncate(kept);
                self.carry = buffer;
                return Err(error);
            }
        };
        if got == 0 {
            // Shrunk between the look and the read: the next look finds out.
            self.carry = buffer;
            return Ok(None);
        }
        let fresh = &buffer[kept..];
        if self.offset < FINGERPRINT as u64 {
            let missing = FINGERPRINT - self.start.len();
            self.start
                .extend_from_slice(&fresh[..fresh.len().min(missing)]);
        }
        if fresh.len() >= FINGERPRINT {
            self.end.clear();
        } else {
            let excess = (self.end.len() + fresh.len()).saturating_sub(FINGERPRINT);
            self.end.drain(..excess);
        }
        self.end
            .extend_from_slice(&fresh[fresh.len().saturating_sub(FINGERPRINT)..]);
        self.offset += got as u64;
        Ok(Some(Bytes::from(buffer)))
    }

    /// Gives back the chunk that [`Tail::read`] returned, of which `consumed` bytes were understood.
    pub(crate) fn give_back(&mut self, chunk: Bytes, consumed: usize) {
        let mut buffer = Vec::from(chunk);
        buffer.drain(..consumed);
        if self.caught_up() {
            buffer.shrink_to_fit();
        }
        self.carry = buffer;
    }
}
