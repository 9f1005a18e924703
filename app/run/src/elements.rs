//! Where the elements of a tensor come from.

use std::sync::Arc;

/// A tensor's elements could not be read. The message is one sentence for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorError(pub String);

impl std::fmt::Display for TensorError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TensorError {}

/// The source of a tensor's elements: a range of a file, or bytes in memory ([`ElementBytes`]).
pub trait ElementSource: Send + Sync + std::fmt::Debug {
    /// Begins one read.
    ///
    /// # Errors
    /// When the elements no longer exist (the file was truncated) or cannot be decompressed.
    fn open(&self) -> Result<Box<dyn ElementReader + '_>, TensorError>;
}

/// One read of elements.
pub trait ElementReader {
    /// Number of bytes of all elements.
    fn len(&self) -> usize;

    /// True if there are no elements.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All bytes, if they are in memory.
    fn held(&self) -> Option<&[u8]> {
        None
    }

    /// Fills `out` with the bytes from `start`.
    ///
    /// # Errors
    /// When they do not exist or cannot be read.
    fn read_at(&self, start: usize, out: &mut [u8]) -> Result<(), TensorError>;

    /// Ends the read.
    ///
    /// # Errors
    /// When the elements changed since the read began, so that what was read may be of both states.
    fn finish(&self) -> Result<(), TensorError> {
        Ok(())
    }
}

/// Elements that are in memory: an archive member is decompressed when it is first read.
pub trait ElementBytes: Send + Sync + std::fmt::Debug {
    /// All bytes of the elements.
    ///
    /// # Errors
    /// When they no longer exist (the file was truncated) or cannot be decompressed.
    fn bytes(&self) -> Result<&[u8], TensorError>;
}

impl<T: ElementBytes> ElementSource for T {
    fn open(&self) -> Result<Box<dyn ElementReader + '_>, TensorError> {
        self.bytes()
            .map(|bytes| Box::new(bytes) as Box<dyn ElementReader + '_>)
    }
}

impl ElementReader for &[u8] {
    fn len(&self) -> usize {
        <[u8]>::len(self)
    }

    fn held(&self) -> Option<&[u8]> {
        Some(self)
    }

    fn read_at(&self, start: usize, out: &mut [u8]) -> Result<(), TensorError> {
        let end = start.checked_add(out.len());
        let bytes = end.and_then(|end| self.get(start..end));
        let bytes =
            bytes.ok_or_else(|| TensorError("the slice is outside of the elements".to_owned()))?;
        out.copy_from_slice(bytes);
        Ok(())
    }
}

/// The memory layout of a tensor's elements in their [`ElementSource`].
#[derive(Clone, Debug)]
pub struct Storage {
    /// The elements, without padding.
    pub bytes: Arc<dyn ElementSource>,
    /// The first axis varies fastest (Fortran order) instead of the last.
    pub fortran_order: bool,
    /// Elements start with their most significant byte.
    pub big_endian: bool,
}
