//! The framing of event files: length, checksum of the length, data, checksum of the data.

use std::ops::Range;

use crate::limits;

/// Bytes before and after a record's data.
const HEADER: usize = 12;
const FOOTER: usize = 4;

/// Longest record, in bytes. A graph may take tens of megabytes.
const MAX_RECORD: u64 = limits::EVENT.bytes;

/// The record at one offset of an event file.
#[derive(Debug, PartialEq)]
pub(crate) enum RecordFrame {
    /// A valid record: the range of its data and its size in bytes. Some writers leave the data's checksum at
    /// zero: these data are unchecked.
    Valid {
        data: Range<usize>,
        size: usize,
        unchecked: bool,
    },
    /// A record whose data fail their checksum; its length is valid.
    Damaged { size: usize },
    /// A record that is too long to be read.
    TooLong { size: u64 },
    /// The record is incomplete.
    Incomplete,
    /// The length fails its checksum: the next record cannot be found.
    Unreadable,
}

/// The record that begins at `at`.
pub(crate) fn record_at(bytes: &[u8], at: usize) -> RecordFrame {
    let rest = &bytes[at..];
    let Some((length, checksum)) = header(rest) else {
        return RecordFrame::Incomplete;
    };
    if masked_crc(&rest[..8]) != checksum {
        return RecordFrame::Unreadable;
    }
    if length > MAX_RECORD {
        return RecordFrame::TooLong {
            size: length.saturating_add((HEADER + FOOTER) as u64),
        };
    }
    let size = usize::try_from(length)
        .ok()
        .and_then(|length| length.checked_add(HEADER + FOOTER));
    let Some(size) = size.filter(|&size| size <= rest.len()) else {
        return RecordFrame::Incomplete;
    };
    let data = &rest[HEADER..size - FOOTER];
    let checksum = &rest[size - FOOTER..size];
    let unchecked = checksum == [0; FOOTER];
    if unchecked || checksum == masked_crc(data).to_le_bytes() {
        RecordFrame::Valid {
            data: at + HEADER..at + size - FOOTER,
            size,
            unchecked,
        }
    } else {
        RecordFrame::Damaged { size }
    }
}

/// Splits the whole records at the start of `bytes` into ranges of about `size` bytes. What follows them is
/// incomplete or cannot be found.
pub(crate) fn split_at_records(bytes: &[u8], size: usize) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let (mut start, mut at) = (0, 0);
    while let Some((length, checksum)) = header(&bytes[at..]) {
        let end = usize::try_from(length)
            .ok()
            .and_then(|length| length.checked_add(HEADER + FOOTER + at))
            .filter(|&end| end <= bytes.len());
        let Some(end) = end.filter(|_| masked_crc(&bytes[at..at + 8]) == checksum) else {
            break;
        };
        at = end;
        if at - start >= size {
            pieces.push(start..at);
            start = at;
        }
    }
    if start < at {
        pieces.push(start..at);
    }
    pieces
}

fn header(bytes: &[u8]) -> Option<(u64, u32)> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (checksum, _) = rest.split_first_chunk()?;
    Some((u64::from_le_bytes(*length), u32::from_le_bytes(*checksum)))
}

/// TensorFlow rotates and offsets CRC-32C, so that data which contain checksums do not weaken it.
fn masked_crc(data: &[u8]) -> u32 {
    crc32c::crc32c(data)
        .rotate_right(15)
        .wrapping_add(0xa282_ead8)
}

/// What the first record of an event file names: the version of its format.
const VERSION: &[u8] = b"brain.Event:";

/// True if `head`, a file's first bytes, begins with the first record of an event file. Other files of
/// records (training data) have the same framing.
pub(crate) fn starts_with_event(head: &[u8]) -> bool {
    header(head).is_some_and(|(length, checksum)| {
        let data = &head[HEADER..];
        let length = usize::try_from(length)
            .unwrap_or(usize::MAX)
            .min(data.len());
        masked_crc(&head[..8]) == checksum
            && memchr::memmem::find(&data[..length], VERSION).is_some()
    })
}
