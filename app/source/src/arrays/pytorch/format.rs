use std::{io::Read, path::Path};

use super::{archive, legacy, names};
use crate::{
    arrays::{contents::Contents, format::ArrayFormat},
    open_file::OpenFile,
    stamp::Stamp,
};

/// A checkpoint of PyTorch.
pub(crate) static PYTORCH: PyTorch = PyTorch;

#[derive(Debug)]
pub(crate) struct PyTorch;

impl ArrayFormat for PyTorch {
    fn name(&self) -> &'static str {
        "pytorch"
    }

    fn title(&self) -> &'static str {
        "PyTorch"
    }

    fn endings(&self) -> &'static [&'static str] {
        names::ENDINGS
    }

    fn is_named(&self, path: &Path, name: &str, ending: &str) -> bool {
        names::is_checkpoint(path, name, ending)
    }

    fn may_be_named(&self, name: &str, ending: &str) -> bool {
        names::may_be_checkpoint(name, ending)
    }

    fn reads_ranges(&self) -> bool {
        true
    }

    fn open(&self, path: &Path, stamp: Stamp) -> Result<Contents, String> {
        open(path, stamp)
    }
}

fn open(path: &Path, stamp: Stamp) -> Result<Contents, String> {
    let mut head = Vec::new();
    OpenFile::open(path)
        .and_then(|file| file.take(names::LEGACY.len() as u64).read_to_end(&mut head))
        .map_err(|error| format!("the file cannot be read: {error}"))?;
    let contents = if head.starts_with(names::ZIP) {
        archive::open(path, stamp)?
    } else if head.starts_with(names::LEGACY) {
        legacy::open(path, stamp)?
    } else {
        return Err(format!(
            "is not a checkpoint of PyTorch, although its name suggests it: {}",
            remedy(path)
        ));
    };
    if contents.entries.is_empty() && contents.notes.is_empty() {
        return Err(format!(
            "contains no tensors that can be read without running its code: {}",
            remedy(path)
        ));
    }
    Ok(contents)
}

/// How a file that is not read becomes one that is.
fn remedy(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    format!(
        "if PyTorch loads it, save its tensors with `python -c \"import torch, safetensors.torch as s; \
         s.save_file(torch.load('{name}', weights_only=True), '{stem}.safetensors')\"`"
    )
}
