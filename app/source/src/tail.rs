use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    time::Instant,
};

use bytes::Bytes;

use crate::{
    compared_blocks::ComparedBlocks,
    encoding::Decoder,
    limits::{DECOMPRESSED, MOST_DECOMPRESSED, MOST_POINT_BYTES, POINTS_OF_COMPRESSED},
    regular_file,
    stamp::Stamp,
};

/// Bytes read at once. Large enough to be divided among threads, small enough that progress can be
/// shown between two chunks.
const CHUNK: usize = 4 << 20;

/// Bytes that one thread reads at once.
const PIECE: usize = 1 << 20;

/// Bytes at the start and before the offset that distinguish a grown file from a replaced one.
const FINGERPRINT: usize = 512;

/// A growing file: the read position, and the bytes that were read but not consumed yet.
///
/// The file is closed between reads, so that thousands of logs do not exhaust the file descriptors and
/// a file renamed over this one is noticed.
#[derive(Debug)]
pub(crate) struct Tail {
    path: PathBuf,
    /// Bytes read from the file and decoded so far, including those of the incomplete record.
    offset: u64,
    decoder: Decoder,
    /// Number of decoded bytes, if they differ from the file's.
    decoded: u64,
    /// Decoded bytes that were consumed.
    position: u64,
    /// The incomplete record, decoded.
    carry: Vec<u8>,
    last_stamp: Option<Stamp>,
    /// The file's first bytes and the bytes before `offset`.
    start: Vec<u8>,
    end: Vec<u8>,
    /// All bytes that were read, for a file that is rewritten in place.
    blocks: ComparedBlocks,
    /// The file may have changed since the last check without another stamp.
    was_recent: bool,
    is_rewritten: bool,
}

/// The state of the file since the last check.
#[derive(Debug)]
pub(crate) enum FileState {
    /// Nothing changed.
    Unchanged,
    /// The file has unread bytes.
    Grown,
    /// The file was truncated or replaced: everything read from it is invalid.
    Restarted,
    /// The file does not exist.
    Removed,
    /// The file cannot be read.
    Failed(io::Error),
}

impl Tail {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            offset: 0,
            decoder: Decoder::Start,
            decoded: 0,
            position: 0,
            carry: Vec::new(),
            last_stamp: None,
            start: Vec::new(),
            end: Vec::new(),
            blocks: ComparedBlocks::default(),
            was_recent: false,
            is_rewritten: false,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes of the file that were consumed so far.
    pub(crate) fn done(&self) -> u64 {
        match self.decoder.is_plain() {
            true => self.offset - self.carry.len() as u64,
            false => self.offset,
        }
    }

    /// Offset of the next unconsumed byte in the decoded content.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// Bytes of the incomplete record.
    pub(crate) fn unfinished(&self) -> &[u8] {
        &self.carry
    }

    /// The state of the file at the last check.
    pub(crate) fn stamp(&self) -> Option<Stamp> {
        self.last_stamp
    }

    /// True if the file's bytes are read as they are, without decoding.
    pub(crate) fn is_plain(&self) -> bool {
        self.decoder.is_plain()
    }

    /// Bytes that the points of the file may take; `None` of a file that is not compressed.
    pub(crate) fn most_point_bytes(&self) -> Option<u64> {
        let of_size = self.len().saturating_mul(MOST_POINT_BYTES);
        let most = POINTS_OF_COMPRESSED.bytes.saturating_add(of_size);
        self.decoder.is_compressed().then_some(most)
    }

    /// True if the file ends within its compressed stream, as far as it is there.
    pub(crate) fn is_cut(&self) -> bool {
        self.decoder.is_within_stream() && self.caught_up()
    }

    /// Size of the file at the last check.
    pub(crate) fn len(&self) -> u64 {
        self.last_stamp.map_or(0, |stamp| stamp.len)
    }

    pub(crate) fn caught_up(&self) -> bool {
        self.last_stamp
            .is_some_and(|stamp| stamp.len <= self.offset)
    }

    /// Resets the position to the start of the file.
    pub(crate) fn restart(&mut self) {
        self.offset = 0;
        self.decoder = Decoder::Start;
        self.decoded = 0;
        self.position = 0;
        self.carry = Vec::new();
        self.start.clear();
        self.end.clear();
        self.blocks = ComparedBlocks::default();
        self.is_rewritten = false;
    }

    /// Counts the whole file as read: it is read elsewhere.
    pub(crate) fn skip_to_end(&mut self) {
        self.offset = self.len();
    }

    /// Checks the file's state without reading its new content.
    pub(crate) fn check(&mut self) -> FileState {
        let metadata = match fs::metadata(&self.path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return FileState::Removed,
            Err(error) => return FileState::Failed(error),
        };
        if !metadata.is_file() {
            return FileState::Failed(io::Error::other("it is not a regular file"));
        }
        let now = Stamp::of(&metadata);
        let before = self.last_stamp.replace(now);
        if self.is_rewritten {
            self.restart();
            return FileState::Restarted;
        }
        let may_have_changed = std::mem::replace(&mut self.was_recent, now.is_recent());
        if self.offset > 0 && (may_have_changed || before.is_some_and(|before| before != now)) {
            self.blocks.suspect_all();
        }
        if before == Some(now) {
            return if self.caught_up() {
                FileState::Unchanged
            } else {
                FileState::Grown
            };
        }
        if self.offset > 0 {
            let same_file = before.is_none_or(|before| before.identity == now.identity);
            if !same_file || now.len < self.offset || !self.begins_as_before() {
                self.restart();
                return FileState::Restarted;
            }
        }
        if self.caught_up() {
            FileState::Unchanged
        } else {
            FileState::Grown
        }
    }

    /// True if what was read is to be compared with the file, which changed since.
    pub(crate) fn is_suspect(&self) -> bool {
        self.blocks.is_suspect() && !self.is_rewritten
    }

    /// Compares what was read with the file, until `deadline`. Returns true if it differs: the next check restarts.
    pub(crate) fn find_rewritten(&mut self, deadline: Instant) -> bool {
        // A file that cannot be read, or is shorter now, is noticed by the next check.
        let compared = regular_file::open(&self.path)
            .and_then(|mut file| self.blocks.compare(&mut file, deadline));
        self.is_rewritten = matches!(compared, Ok(false));
        if compared.is_err() {
            self.blocks.forget_suspicion();
        }
        self.is_rewritten
    }

    /// True if the file still contains what was read, judged by its first bytes and by those before the
    /// offset. A file that cannot be read counts as unchanged: the next read reports the error.
    fn begins_as_before(&self) -> bool {
        let Ok(mut file) = regular_file::open(&self.path) else {
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

    /// Reads the next chunk: the incomplete record, followed by new decoded bytes. `None` if there are no new
    /// bytes. The offset of its first byte in the decoded content is [`Tail::position`].
    ///
    /// # Errors
    ///
    /// Those of opening and reading the file, and of damaged compressed data.
    pub(crate) fn read(&mut self) -> io::Result<Option<Bytes>> {
        let wanted = (self.len().saturating_sub(self.offset)).min(CHUNK as u64) as usize;
        if wanted == 0 {
            return Ok(None);
        }
        let mut file = regular_file::open(&self.path)?;
        file.seek(SeekFrom::Start(self.offset))?;
        let kept = self.carry.len();
        let mut buffer = std::mem::take(&mut self.carry);
        let read = match self.decoder.is_plain() {
            true => {
                let read = read_plain(file, self.offset, wanted, &mut buffer);
                if read.is_ok() {
                    self.remember(&buffer[kept..]);
                }
                read
            }
            false => self.read_encoded(file.take(wanted as u64), &mut buffer),
        };
        let got = match read {
            Ok(got) => got,
            Err(error) => {
                buffer.truncate(kept);
                self.carry = buffer;
                return Err(error);
            }
        };
        self.offset += got as u64;
        // What was before damage comes without the bytes that hold it.
        if got == 0 && buffer.len() == kept {
            // Truncated between the check and the read: the next check notices.
            self.carry = buffer;
            return Ok(None);
        }
        Ok(Some(Bytes::from(buffer)))
    }

    /// Reads and decodes new bytes; returns how many of the file's bytes were decoded.
    fn read_encoded(&mut self, mut file: impl Read, buffer: &mut Vec<u8>) -> io::Result<usize> {
        let mut raw = Vec::new();
        file.read_to_end(&mut raw)?;
        let before = buffer.len();
        let got = self.decoder.decode(&raw, buffer, CHUNK)?;
        self.decoded += (buffer.len() - before) as u64;
        let most = DECOMPRESSED
            .bytes
            .max(self.len().saturating_mul(MOST_DECOMPRESSED));
        if self.decoded > most {
            return Err(io::Error::other(format!(
                "its {} bytes become more than {most}, which is implausible for a log: decompress it",
                self.len()
            )));
        }
        self.remember(&raw[..got]);
        Ok(got)
    }

    /// Remembers the file's first and last bytes, of which `new` are the next ones.
    fn remember(&mut self, new: &[u8]) {
        self.blocks.add(new);
        if self.start.len() < FINGERPRINT {
            let missing = FINGERPRINT - self.start.len();
            self.start.extend_from_slice(&new[..new.len().min(missing)]);
        }
        if new.len() >= FINGERPRINT {
            self.end.clear();
        } else {
            let excess = (self.end.len() + new.len()).saturating_sub(FINGERPRINT);
            self.end.drain(..excess);
        }
        self.end
            .extend_from_slice(&new[new.len().saturating_sub(FINGERPRINT)..]);
    }

    /// Returns the chunk from [`Tail::read`], of which `consumed` bytes were consumed.
    pub(crate) fn give_back(&mut self, chunk: Bytes, consumed: usize) {
        let mut buffer = Vec::from(chunk);
        buffer.drain(..consumed);
        self.position += consumed as u64;
        if self.caught_up() {
            buffer.shrink_to_fit();
        }
        self.carry = buffer;
    }
}

/// Appends `wanted` bytes of `file` from `offset` on, at which it stands, or as many as there are. Returns their
/// number.
#[cfg(unix)]
fn read_plain(file: File, offset: u64, wanted: usize, buffer: &mut Vec<u8>) -> io::Result<usize> {
    use std::os::unix::fs::FileExt as _;

    use rayon::prelude::*;

    if wanted < 2 * PIECE {
        return read_in_order(file, wanted, buffer);
    }
    let kept = buffer.len();
    buffer.reserve_exact(wanted);
    buffer.resize(kept + wanted, 0);
    let read = buffer[kept..]
        .par_chunks_mut(PIECE)
        .enumerate()
        .try_for_each(|(index, piece)| file.read_exact_at(piece, offset + (index * PIECE) as u64));
    match read {
        Ok(()) => Ok(wanted),
        // Truncated meanwhile.
        Err(_) => {
            buffer.truncate(kept);
            read_in_order(file, wanted, buffer)
        }
    }
}

#[cfg(not(unix))]
fn read_plain(file: File, _offset: u64, wanted: usize, buffer: &mut Vec<u8>) -> io::Result<usize> {
    read_in_order(file, wanted, buffer)
}

fn read_in_order(file: File, wanted: usize, buffer: &mut Vec<u8>) -> io::Result<usize> {
    buffer.reserve_exact(wanted);
    file.take(wanted as u64).read_to_end(buffer)
}
