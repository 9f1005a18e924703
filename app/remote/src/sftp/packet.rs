//! Packets of the file transfer protocol, version 3. Every length is compared with what has come before it is used.

/// The most bytes of a packet: OpenSSH sends no longer ones.
pub(super) const LONGEST: usize = 1 << 18;

pub(super) const INIT: u8 = 1;
pub(super) const VERSION: u8 = 2;
pub(super) const OPEN: u8 = 3;
pub(super) const CLOSE: u8 = 4;
pub(super) const READ: u8 = 5;
pub(super) const OPENDIR: u8 = 11;
pub(super) const READDIR: u8 = 12;
pub(super) const REALPATH: u8 = 16;
pub(super) const STAT: u8 = 17;
pub(super) const HANDLE: u8 = 102;
pub(super) const DATA: u8 = 103;
pub(super) const NAME: u8 = 104;
pub(super) const ATTRS: u8 = 105;

/// Codes of a status.
pub(super) const END: u32 = 1;
pub(super) const NO_SUCH_FILE: u32 = 2;
pub(super) const NO_PERMISSION: u32 = 3;

/// What is told of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Attributes {
    pub(super) bytes: Option<u64>,
    pub(super) mode: Option<u32>,
    pub(super) modified_secs: Option<u32>,
}

/// The kind of a file, in its mode.
const KIND: u32 = 0o170_000;

impl Attributes {
    pub(super) fn is_folder(&self) -> bool {
        self.mode.is_some_and(|mode| mode & KIND == 0o040_000)
    }

    pub(super) fn is_file(&self) -> bool {
        self.mode.is_none_or(|mode| mode & KIND == 0o100_000)
    }

    pub(super) fn is_link(&self) -> bool {
        self.mode.is_some_and(|mode| mode & KIND == 0o120_000)
    }
}

/// A packet that is written.
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn new(kind: u8) -> Self {
        Self(vec![0, 0, 0, 0, kind])
    }

    pub(super) fn u32(mut self, value: u32) -> Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    pub(super) fn u64(mut self, value: u64) -> Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    pub(super) fn bytes(self, bytes: &[u8]) -> Self {
        let len = u32::try_from(bytes.len()).expect("paths and handles are short");
        let mut packet = self.u32(len);
        packet.0.extend_from_slice(bytes);
        packet
    }

    /// The packet with its length.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let len = u32::try_from(self.0.len() - 4).expect("packets are short");
        self.0[..4].copy_from_slice(&len.to_be_bytes());
        self.0
    }
}

/// A packet that is read; every method gives `None` at its end.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        let bytes = self.take(4)?;
        Some(u32::from_be_bytes(bytes.try_into().ok()?))
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        let bytes = self.take(8)?;
        Some(u64::from_be_bytes(bytes.try_into().ok()?))
    }

    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let len = self.u32()?;
        self.take(usize::try_from(len).ok()?)
    }

    pub(super) fn attributes(&mut self) -> Option<Attributes> {
        let flags = self.u32()?;
        let mut attributes = Attributes::default();
        if flags & 1 != 0 {
            attributes.bytes = Some(self.u64()?);
        }
        if flags & 2 != 0 {
            self.take(8)?;
        }
        if flags & 4 != 0 {
            attributes.mode = Some(self.u32()?);
        }
        if flags & 8 != 0 {
            self.u32()?;
            attributes.modified_secs = Some(self.u32()?);
        }
        if flags & (1 << 31) != 0 {
            for _ in 0..self.u32()? {
                self.bytes()?;
                self.bytes()?;
            }
        }
        Some(attributes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_is_read_as_it_was_written_and_no_further() {
        let packet = Writer::new(READ)
            .u32(7)
            .bytes(b"handle")
            .u64(1 << 40)
            .finish();
        assert_eq!(packet[..5], [0, 0, 0, 23, READ]);
        let mut reader = Reader(&packet[5..]);
        assert_eq!(reader.u32(), Some(7));
        assert_eq!(reader.bytes(), Some(&b"handle"[..]));
        assert_eq!(reader.u64(), Some(1 << 40));
        assert_eq!(reader.u32(), None);
        let mut lying = Reader(&[0xff, 0xff, 0xff, 0xff, 1, 2]);
        assert_eq!(lying.bytes(), None);
        // As many pairs as fit into the number, and none of them there.
        let mut lying = Reader(&[0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
        assert_eq!(lying.attributes(), None);
    }
}
