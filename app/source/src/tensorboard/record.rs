//! The framing of event files: length, checksum of the length, data, checksum of the data.

use std::ops::Range;

/// Bytes before and after a record's data.
const HEADER: usize = 12;
const FOOTER: usize = 4;

/// What stands at one place of an event file.
#[derive(Debug, PartialEq)]
pub(crate) enum Frame {
    /// A sound record: where its data lie and how many bytes it takes.
    Sound { data: Range<usize>, size: usize },
    /// A record whose data fail their checksum; its length is sound.
    Damaged { size: usize },
    /// The record is not finished.
    Unfinished,
    /// The length fails its checksum: nothing after it can be found.
    Lost,
}

/// Looks at the record that begins at `at`.
pub(crate) fn frame(bytes: &[u8], at: usize) -> Frame {
    let rest = &bytes[at..];
    let Some((length, checksum)) = header(rest) else {
        return Frame::Unfinished;
    };
    if masked_crc(&rest[..8]) != checksum {
        return Frame::Lost;
    }
    let size = usize::try_from(length)
        .ok()
        .and_then(|length| length.checked_add(HEADER + FOOTER));
    let Some(size) = size.filter(|&size| size <= rest.len()) else {
        return Frame::Unfinished;
    };
    let data = &rest[HEADER..size - FOOTER];
    if rest[size - FOOTER..size] == masked_crc(data).to_le_bytes() {
        Frame::Sound {
            data: at + HEADER..at + size - FOOTER,
            size,
        }
    } else {
        Frame::Damaged { size }
    }
}

fn header(bytes: &[u8]) -> Option<(u64, u32)> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (checksum, _) = rest.split_first_chunk()?;
    Some((u64::from_le_bytes(*length), u32::from_le_bytes(*checksum)))
}

/// TensorFlow stores CRC-32C rotated and offset, so that the checksum of a checksum is no fixed point.
fn masked_crc(data: &[u8]) -> u32 {
    crc32c::crc32c(data)
        .rotate_right(15)
        .wrapping_add(0xa282_ead8)
}

/// True where `head`, a file's first bytes, begins with a sound record length: any other data pass
/// this once in four thousand million times.
pub(crate) fn looks_like_events(head: &[u8]) -> bool {
    header(head).is_some_and(|(_, checksum)| masked_crc(&head[..8]) == checksum)
}
