//! Encodings and compression of text logs: what the parsers see is UTF-8 without a byte-order mark.

use std::io;

use encoding_rs::{UTF_16BE, UTF_16LE};
use zstd::stream::raw::Operation as _;

/// Bytes that are decompressed at once: the largest expansion (1 : 1032) of these is bounded.
const PIECE: usize = 4 << 10;

/// The same for Zstandard, in which four bytes may expand to 128 KiB.
const ZSTD_PIECE: usize = 64;

const UTF8_MARK: &[u8] = b"\xEF\xBB\xBF";
const UTF16LE_MARK: &[u8] = b"\xFF\xFE";
const UTF16BE_MARK: &[u8] = b"\xFE\xFF";
const GZIP_MAGIC: &[u8] = b"\x1F\x8B\x08";
const ZSTD_MAGIC: &[u8] = b"\x28\xB5\x2F\xFD";

/// Bytes that show that a text without a mark is UTF-16: letters of English, each with a byte of zero.
const UNMARKED: usize = 8;

/// The encoding of a text that begins with `head` and without a mark, if each other byte is zero.
fn unmarked_utf16(head: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let head = &head[..head.len().min(UNMARKED)];
    let is_text = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    let (even, odd) = (|| head.iter().step_by(2), || head.iter().skip(1).step_by(2));
    let is_zero = |byte: &u8| *byte == 0;
    match () {
        () if head.len() < 2 => None,
        () if even().all(is_zero) && odd().all(is_text) => Some(UTF_16BE),
        () if even().all(is_text) && odd().all(is_zero) => Some(UTF_16LE),
        () => None,
    }
}

/// The rest of the magic of a frame that decoders skip, after a byte from 0x50 to 0x5F: metadata, say.
const ZSTD_SKIPPABLE: &[u8] = b"\x2A\x4D\x18";

/// Whether a file begins as Zstandard's do; of fewer than four bytes, whether it may.
fn is_zstd(head: &[u8]) -> bool {
    let head = &head[..head.len().min(ZSTD_MAGIC.len())];
    let is_skippable = || match head {
        [0x50..=0x5F, rest @ ..] => ZSTD_SKIPPABLE.starts_with(rest),
        _ => false,
    };
    !head.is_empty() && (ZSTD_MAGIC.starts_with(head) || is_skippable())
}

/// What a file is told to be that ends within its compressed stream.
pub(crate) const CUT_STREAM: &str = "the file ends within its compressed stream: it was cut or is still being written, and \
     what is there was read";

/// Endings of compressed files, with the dot.
const COMPRESSED: &[&str] = &[".gz", ".zst"];

/// The name of a file without the ending of its compression.
pub(crate) fn without_compression(name: &str) -> &str {
    COMPRESSED
        .iter()
        .find_map(|ending| name.strip_suffix(ending))
        .unwrap_or(name)
}

/// The bytes that have arrived of a stream that may continue.
#[derive(Debug, Default)]
pub(crate) struct Feed {
    bytes: Vec<u8>,
    /// How many of them have been read.
    read: usize,
}

impl Feed {
    fn is_empty(&self) -> bool {
        self.read == self.bytes.len()
    }

    fn add(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.read);
        self.read = 0;
        self.bytes.extend_from_slice(bytes);
    }
}

impl io::BufRead for Feed {
    /// More may follow, so that the end of what has arrived is no end of the stream.
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match &self.bytes[self.read..] {
            [] => Err(io::ErrorKind::WouldBlock.into()),
            rest => Ok(rest),
        }
    }

    fn consume(&mut self, count: usize) {
        self.read += count;
    }
}

impl io::Read for Feed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = io::BufRead::fill_buf(self)?.read(into)?;
        io::BufRead::consume(self, count);
        Ok(count)
    }
}

/// Reads until no more has arrived, or the member ends: then its checksum was compared, and true is returned.
fn read_all(decoder: &mut impl io::Read, out: &mut Vec<u8>) -> io::Result<bool> {
    let mut buffer = [0; 16 << 10];
    loop {
        match decoder.read(&mut buffer) {
            Ok(0) => return Ok(true),
            Ok(count) => out.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error),
        }
    }
}

/// Decodes the bytes of a growing file piece by piece.
pub(crate) enum Decoder {
    /// The first bytes have not been seen yet.
    Start,
    Plain,
    Utf16(Box<encoding_rs::Decoder>),
    Gzip(Box<GzipMembers>),
    /// The data are damaged: what was before the damage has been decoded.
    Damaged(String),
    Zstd(ZstdFrames),
}

/// The members of a gzip file. A decoder for all of them would not say whether the last one has ended.
#[derive(Debug, Default)]
pub(crate) struct GzipMembers {
    /// The member that has begun and not ended.
    open: Option<flate2::bufread::GzDecoder<Feed>>,
}

impl GzipMembers {
    fn decode(&mut self, piece: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        let mut feed = match &mut self.open {
            Some(member) => {
                member.get_mut().add(piece);
                None
            }
            None => {
                let mut feed = Feed::default();
                feed.add(piece);
                Some(feed)
            }
        };
        loop {
            let begin = || flate2::bufread::GzDecoder::new(feed.take().unwrap_or_default());
            if !read_all(self.open.get_or_insert_with(begin), out)? {
                return Ok(());
            }
            let rest = self.open.take().map(flate2::bufread::GzDecoder::into_inner);
            feed = rest.filter(|rest| !rest.is_empty());
            if feed.is_none() {
                return Ok(());
            }
        }
    }
}

/// The frames of a Zstandard file.
pub(crate) struct ZstdFrames {
    decoder: zstd::stream::raw::Decoder<'static>,
    /// True within a frame that has begun and not ended.
    is_open: bool,
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Start => "Start",
            Self::Plain => "Plain",
            Self::Utf16(_) => "Utf16",
            Self::Gzip(_) => "Gzip",
            Self::Damaged(_) => "Damaged",
            Self::Zstd(_) => "Zstd",
        })
    }
}

impl Decoder {
    /// True if bytes are passed on as they are.
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self, Self::Plain)
    }

    /// True if what was decoded was compressed.
    pub(crate) fn is_compressed(&self) -> bool {
        matches!(self, Self::Gzip(_) | Self::Zstd(_) | Self::Damaged(_))
    }

    /// True if what was decoded ends within a compressed stream: the file was cut, or more of it will follow.
    pub(crate) fn is_within_stream(&self) -> bool {
        match self {
            Self::Gzip(members) => members.open.is_some(),
            Self::Zstd(frames) => frames.is_open,
            _ => false,
        }
    }

    /// Chooses the decoder by the file's first bytes, and removes a byte-order mark from them.
    fn choose(&mut self, first: &mut &[u8]) -> io::Result<()> {
        *self = if first.starts_with(GZIP_MAGIC) {
            Self::Gzip(Box::default())
        } else if first.len() >= ZSTD_MAGIC.len() && is_zstd(first) {
            Self::Zstd(ZstdFrames {
                decoder: zstd::stream::raw::Decoder::new()?,
                is_open: false,
            })
        } else if first.starts_with(UTF16LE_MARK) {
            *first = &first[UTF16LE_MARK.len()..];
            Self::Utf16(Box::new(UTF_16LE.new_decoder_without_bom_handling()))
        } else if first.starts_with(UTF16BE_MARK) {
            *first = &first[UTF16BE_MARK.len()..];
            Self::Utf16(Box::new(UTF_16BE.new_decoder_without_bom_handling()))
        } else if let Some(encoding) = unmarked_utf16(first) {
            Self::Utf16(Box::new(encoding.new_decoder_without_bom_handling()))
        } else {
            *first = first.strip_prefix(UTF8_MARK).unwrap_or(first);
            Self::Plain
        };
        Ok(())
    }

    /// Decodes `bytes` into `out` until `out` has grown by about `limit` bytes. Returns how many of `bytes`
    /// were used.
    ///
    /// # Errors
    ///
    /// If compressed data are damaged and all before the damage was returned by an earlier call.
    pub(crate) fn decode(
        &mut self,
        bytes: &[u8],
        out: &mut Vec<u8>,
        limit: usize,
    ) -> io::Result<usize> {
        let mut rest = bytes;
        if matches!(self, Self::Start) {
            // The shortest mark has two bytes, the longest four.
            let may_be_mark = [
                UTF8_MARK,
                UTF16LE_MARK,
                UTF16BE_MARK,
                GZIP_MAGIC,
                ZSTD_MAGIC,
            ]
            .iter()
            .any(|mark| mark.len() > rest.len() && mark.starts_with(rest))
                || rest.len() < ZSTD_MAGIC.len() && is_zstd(rest)
                || rest.len() < UNMARKED && (rest.len() == 1 || unmarked_utf16(rest).is_some());
            if rest.is_empty() || may_be_mark {
                return Ok(0);
            }
            self.choose(&mut rest)?;
        }
        let before = out.len();
        while !rest.is_empty() && out.len() - before < limit {
            let (piece, after) = rest.split_at(rest.len().min(PIECE));
            match self {
                Self::Start | Self::Plain => out.extend_from_slice(piece),
                Self::Utf16(decoder) => decode_utf16(decoder, piece, out),
                Self::Damaged(reason) => return Err(io::Error::other(reason.clone())),
                Self::Gzip(members) => {
                    if let Err(error) = members.decode(piece, out) {
                        *self = Self::Damaged(error.to_string());
                        if out.len() > before {
                            break;
                        }
                        continue;
                    }
                }
                Self::Zstd(frames) => {
                    for piece in piece.chunks(ZSTD_PIECE) {
                        frames.decode(piece, out)?;
                    }
                }
            }
            rest = after;
        }
        Ok(bytes.len() - rest.len())
    }
}

fn decode_utf16(decoder: &mut encoding_rs::Decoder, piece: &[u8], out: &mut Vec<u8>) {
    let Some(needed) = decoder.max_utf8_buffer_length(piece.len()) else {
        return;
    };
    let before = out.len();
    out.resize(before + needed, 0);
    let (_, _, written, _) = decoder.decode_to_utf8(piece, &mut out[before..], false);
    out.truncate(before + written);
}

impl ZstdFrames {
    /// Decompresses the whole piece: nothing stays in the decoder's own buffers.
    fn decode(&mut self, mut piece: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        let mut buffer = [0; 32 << 10];
        loop {
            let status = self.decoder.run_on_buffers(piece, &mut buffer)?;
            out.extend_from_slice(&buffer[..status.bytes_written]);
            piece = &piece[status.bytes_read..];
            // Nothing remains where a frame ends and all of it was returned.
            self.is_open = status.remaining > 0;
            if piece.is_empty() && (!self.is_open || status.bytes_written < buffer.len()) {
                return Ok(());
            }
        }
    }
}

/// True if the text of a file whose first bytes are `head` differs from its bytes, apart from a mark of UTF-8.
pub(crate) fn is_encoded(head: &[u8]) -> bool {
    let marks = [GZIP_MAGIC, UTF16LE_MARK, UTF16BE_MARK];
    marks.iter().any(|magic| head.starts_with(magic))
        || head.len() >= ZSTD_MAGIC.len() && is_zstd(head)
        || head.len() >= UNMARKED && unmarked_utf16(head).is_some()
}

/// The decoded text of `file`, about `limit` bytes of it at most; damaged data end it.
pub(crate) fn decode_start(mut file: impl io::Read, limit: usize) -> Vec<u8> {
    let mut decoder = Decoder::Start;
    let mut bytes = [0; PIECE];
    let mut text = Vec::new();
    while let Ok(read) = file.read(&mut bytes)
        && read > 0
        && text.len() < limit
        && decoder.decode(&bytes[..read], &mut text, limit).is_ok()
    {}
    text.truncate(limit);
    text
}

/// What is wrong at the end of a compressed file of which `file` are the bytes: it is damaged, or ends too early. At most
/// about `limit` bytes of its text are looked at.
pub(crate) fn defect_of_stream(mut file: impl io::Read, limit: u64) -> Option<String> {
    let mut decoder = Decoder::Start;
    let mut bytes = [0; PIECE];
    let mut total = 0;
    loop {
        let read = file.read(&mut bytes).ok()?;
        if read == 0 {
            return decoder.is_within_stream().then(|| CUT_STREAM.to_owned());
        }
        let mut rest = &bytes[..read];
        while !rest.is_empty() {
            let mut text = Vec::new();
            match decoder.decode(rest, &mut text, PIECE << 10) {
                Ok(0) => break,
                Ok(used) => rest = &rest[used..],
                Err(error) => return Some(error.to_string()),
            }
            total += text.len() as u64;
            if decoder.is_plain() || total > limit {
                return None;
            }
        }
    }
}

/// The decoded beginning of a file whose first bytes are `head`; damaged compressed data end it.
pub(crate) fn decode_head(head: &[u8], limit: usize) -> Vec<u8> {
    let mut decoder = Decoder::Start;
    let mut out = Vec::new();
    let _ = decoder.decode(head, &mut out, limit);
    match decoder {
        Decoder::Start => head.to_vec(),
        _ => out,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// Decodes in pieces of `size` bytes, as a growing file is read.
    fn decoded(bytes: &[u8], size: usize) -> Vec<u8> {
        let mut decoder = Decoder::Start;
        let (mut out, mut carry) = (Vec::new(), Vec::new());
        for piece in bytes.chunks(size) {
            carry.extend_from_slice(piece);
            let used = decoder.decode(&carry, &mut out, usize::MAX).unwrap();
            carry.drain(..used);
        }
        out
    }

    #[test]
    fn every_encoding_is_decoded_in_pieces_of_any_size() {
        let text = "step,löss\n1,0.5\n2,0.25\n".repeat(500);
        let utf16 = |to: fn(u16) -> [u8; 2], mark: &[u8]| {
            let units = text.encode_utf16().flat_map(to);
            mark.iter().copied().chain(units).collect::<Vec<u8>>()
        };
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(text.as_bytes()).unwrap();
        let skipped = [
            b"\x50\x2A\x4D\x18\x03\0\0\0abc".to_vec(),
            zstd::encode_all(text.as_bytes(), 0).unwrap(),
        ];
        let encoded = [
            skipped.concat(),
            text.clone().into_bytes(),
            [UTF8_MARK, text.as_bytes()].concat(),
            utf16(u16::to_le_bytes, UTF16LE_MARK),
            utf16(u16::to_be_bytes, UTF16BE_MARK),
            utf16(u16::to_le_bytes, b""),
            utf16(u16::to_be_bytes, b""),
            gzip.finish().unwrap(),
            zstd::encode_all(text.as_bytes(), 0).unwrap(),
        ];
        for bytes in encoded {
            for size in [1, 2, 3, 7, 1000, 1 << 20] {
                assert!(decoded(&bytes, size) == text.as_bytes(), "pieces of {size}");
            }
        }
    }

    #[test]
    fn a_small_file_that_expands_a_lot_is_decoded_in_parts() {
        let zeros = vec![b' '; 64 << 20];
        let bomb = zstd::encode_all(&zeros[..], 19).unwrap();
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(&zeros).unwrap();
        for bytes in [bomb, gzip.finish().unwrap()] {
            let mut decoder = Decoder::Start;
            let (mut at, mut total) = (0, 0);
            while at < bytes.len() {
                let mut out = Vec::new();
                at += decoder.decode(&bytes[at..], &mut out, 1 << 20).unwrap();
                total += out.len();
            }
            assert_eq!(total, zeros.len());
        }
    }

    #[test]
    fn the_end_within_a_stream_is_known_and_goes_away_when_the_rest_arrives() {
        let text = "step,loss\n1,0.5\n2,0.25\n".repeat(3000);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(text.as_bytes()).unwrap();
        let gzip = gzip.finish().unwrap();
        let zstd = zstd::encode_all(text.as_bytes(), 0).unwrap();
        for whole in [
            gzip.clone(),
            zstd.clone(),
            [&gzip[..], &gzip].concat(),
            [&zstd[..], &zstd].concat(),
            zstd::encode_all(&vec![b' '; 128 << 10][..], 0).unwrap(),
        ] {
            assert_eq!(defect_of_stream(&whole[..], u64::MAX), None);
            for cut in [6, whole.len() / 3, whole.len() - 9, whole.len() - 1] {
                let mut decoder = Decoder::Start;
                let mut out = Vec::new();
                let used = decoder.decode(&whole[..cut], &mut out, usize::MAX);
                assert_eq!(used.unwrap(), cut);
                assert!(decoder.is_within_stream(), "{cut} of {}", whole.len());
                let defect = defect_of_stream(&whole[..cut], u64::MAX);
                assert_eq!(defect.as_deref(), Some(CUT_STREAM));
                decoder.decode(&whole[cut..], &mut out, usize::MAX).unwrap();
                assert!(!decoder.is_within_stream(), "{cut} of {}", whole.len());
            }
        }
    }

    #[test]
    fn a_wrong_checksum_is_damage_and_a_file_may_have_several_members() {
        let member = |text: &str| {
            let level = flate2::Compression::default();
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), level);
            gzip.write_all(text.as_bytes()).unwrap();
            gzip.finish().unwrap()
        };
        let both = [member("a\n"), member("b\n")].concat();
        for size in [1, 5, 1000] {
            assert_eq!(decoded(&both, size), b"a\nb\n", "pieces of {size}");
        }
        let mut wrong = member("a\n");
        let checksum = wrong.len() - 8;
        wrong[checksum] ^= 1;
        let mut decoder = Decoder::Start;
        let mut out = Vec::new();
        // What was before the damage is returned first.
        let _ = decoder.decode(&wrong, &mut out, usize::MAX);
        assert_eq!(out, b"a\n");
        let error = decoder.decode(b"x", &mut out, usize::MAX).unwrap_err();
        assert!(error.to_string().contains("checksum"), "{error}");
    }
}
