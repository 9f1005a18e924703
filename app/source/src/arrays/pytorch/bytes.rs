use std::borrow::Cow;

/// Why a pickle is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum PickleError {
    #[error("it ends too early")]
    Truncated,
    #[error("byte {at} is not a supported instruction ({code:#04x})")]
    Opcode { code: u8, at: usize },
    #[error("byte {at} refers to a value that does not exist")]
    Missing { at: usize },
    #[error("byte {at} has a damaged operand")]
    Operand { at: usize },
    #[error("it contains more than {limit} values")]
    TooMany { limit: usize },
}

/// The bytes of a pickle, and the place up to which they were read.
#[derive(Debug)]
pub(super) struct PickleBytes<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> PickleBytes<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    pub(super) fn take(&mut self, len: usize) -> Result<&'a [u8], PickleError> {
        let end = self.at.checked_add(len).ok_or(PickleError::Truncated)?;
        let taken = self.bytes.get(self.at..end).ok_or(PickleError::Truncated)?;
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], PickleError> {
        let taken = self.take(N)?;
        taken.try_into().map_err(|_| PickleError::Truncated)
    }

    pub(super) fn u8(&mut self) -> Result<u8, PickleError> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Result<u16, PickleError> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, PickleError> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn i32(&mut self) -> Result<i32, PickleError> {
        self.array().map(i32::from_le_bytes)
    }

    /// Bytes that follow their own number, which is stored in 8 bytes.
    pub(super) fn counted_by_u64(&mut self) -> Result<&'a [u8], PickleError> {
        let len = self.array().map(u64::from_le_bytes)?;
        self.take(usize::try_from(len).map_err(|_| PickleError::Truncated)?)
    }

    pub(super) fn counted_by_u32(&mut self) -> Result<&'a [u8], PickleError> {
        let len = self.u32()?;
        self.take(len as usize)
    }

    pub(super) fn counted_by_u8(&mut self) -> Result<&'a [u8], PickleError> {
        let len = self.u8()?;
        self.take(usize::from(len))
    }

    /// A line without its end.
    pub(super) fn line(&mut self) -> Result<&'a [u8], PickleError> {
        let rest = self.bytes.get(self.at..).ok_or(PickleError::Truncated)?;
        let len = memchr::memchr(b'\n', rest).ok_or(PickleError::Truncated)?;
        self.at += len + 1;
        Ok(rest[..len].strip_suffix(b"\r").unwrap_or(&rest[..len]))
    }

    pub(super) fn number_line<T: std::str::FromStr>(&mut self) -> Result<T, PickleError> {
        let at = self.at;
        let line = self.line()?;
        std::str::from_utf8(line)
            .ok()
            .and_then(|text| text.trim().parse().ok())
            .ok_or(PickleError::Operand { at })
    }
}

pub(super) fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// A little-endian integer of any width; `None` if it does not fit.
pub(super) fn long(bytes: &[u8]) -> Option<i64> {
    if bytes.len() > 8 {
        return None;
    }
    let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
    let mut whole = [if negative { 0xff } else { 0 }; 8];
    whole[..bytes.len()].copy_from_slice(bytes);
    Some(i64::from_le_bytes(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_any_width() {
        assert_eq!(long(&[]), Some(0));
        assert_eq!(long(&[0xff]), Some(-1));
        assert_eq!(long(&[0xff, 0]), Some(255));
        assert_eq!(long(&[0; 9]), None);
        assert_eq!(long(&i64::MIN.to_le_bytes()), Some(i64::MIN));
    }

    #[test]
    fn a_declared_length_beyond_the_end_is_an_error() {
        let mut bytes = PickleBytes::new(&[0xff; 8], 0);
        assert_eq!(bytes.counted_by_u64(), Err(PickleError::Truncated));
        let mut bytes = PickleBytes::new(b"12", 0);
        assert_eq!(bytes.line(), Err(PickleError::Truncated));
    }
}
