//! Elements that must be decoded before they can be looked at: once, by whoever looks first.

use std::{
    path::PathBuf,
    sync::{Mutex, OnceLock, PoisonError},
};

use trainscape_run::TensorError;

use crate::stamp::Stamp;

/// The decoded elements of an array in a file, kept once somebody has looked at them.
#[derive(Debug)]
pub(super) struct Once {
    pub(super) path: PathBuf,
    /// The file as it was when the array was found.
    pub(super) stamp: Stamp,
    elements: OnceLock<Box<[u8]>>,
    /// Held by the one that decodes, so that others wait for it.
    turn: Mutex<()>,
}

impl Once {
    pub(super) fn new(path: PathBuf, stamp: Stamp) -> Self {
        Self {
            path,
            stamp,
            elements: OnceLock::new(),
            turn: Mutex::default(),
        }
    }

    /// The elements, from `decode` where nobody has looked at them yet. `key` is what an error calls the array;
    /// empty where the file is the array.
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
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
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
            Err("was replaced since it was opened: look again in a moment".to_owned())
        }
    }
}
