//! Elements that must be decoded: once, when they are first needed.

use std::{
    path::PathBuf,
    sync::{Mutex, OnceLock, PoisonError},
};

use trainscape_run::TensorError;

use crate::stamp::Stamp;

/// The decoded elements of an array in a file, cached once they are needed.
#[derive(Debug)]
pub(super) struct LazyElements {
    pub(super) path: PathBuf,
    /// The file as it was when the array was found.
    pub(super) stamp: Stamp,
    elements: OnceLock<Box<[u8]>>,
    /// Held while decoding, so that other threads wait for the result.
    decoding: Mutex<()>,
}

impl LazyElements {
    pub(super) fn new(path: PathBuf, stamp: Stamp) -> Self {
        Self {
            path,
            stamp,
            elements: OnceLock::new(),
            decoding: Mutex::default(),
        }
    }

    /// The elements, from `decode` if they were not needed before. `key` names the array in errors; it is empty if
    /// the file is the array.
    ///
    /// # Errors
    /// When the file was replaced since the array was found, or cannot be decoded.
    pub(super) fn get(
        &self,
        key: &str,
        decode: impl FnOnce() -> Result<Vec<u8>, String>,
    ) -> Result<&[u8], TensorError> {
        if let Some(elements) = self.elements.get() {
            return Ok(elements);
        }
        let _guard = self.decoding.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(elements) = self.elements.get() {
            return Ok(elements);
        }
        let elements = self.check().and_then(|()| decode()).map_err(|reason| {
            let path = self.path.display();
            TensorError(if key.is_empty() {
                format!("{path}: {reason}")
            } else {
                format!("{path}: `{key}` {reason}")
            })
        })?;
        Ok(self.elements.get_or_init(|| elements.into_boxed_slice()))
    }

    fn check(&self) -> Result<(), String> {
        let now = Stamp::at(&self.path).map_err(|error| format!("cannot be read: {error}"))?;
        if now == self.stamp {
            Ok(())
        } else {
            Err("was replaced since it was opened: try again in a moment".to_owned())
        }
    }
}
