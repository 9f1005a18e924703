//! Which files are checkpoints of PyTorch by their names.

use std::{io::Read, path::Path};

use crate::open_file::OpenFile;

/// Endings of checkpoints.
pub(super) const ENDINGS: &[&str] = &["pt", "pth", "ckpt", "bin"];

/// Bytes that show what a file is.
const HEAD: usize = 512;

/// Beginnings of the names of files that trainers save next to the model.
const WITHOUT_MODEL: &[&str] = &[
    "optimizer",
    "optimiser",
    "optim.",
    "optim_",
    "optim-",
    "scheduler",
    "lr_scheduler",
    "scaler",
    "rng_state",
    "random_states",
    "training_args",
    "trainer_state",
];

/// First bytes of a ZIP archive, and of a file of PyTorch before 1.6.
pub(super) const ZIP: &[u8] = b"PK\x03\x04";
pub(super) const LEGACY: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";

/// True if a file of this name is a checkpoint of a model if it has the content of one.
pub(super) fn may_be_checkpoint(name: &str, ending: &str) -> bool {
    ENDINGS.contains(&ending) && !is_without_model(name)
}

/// True if the file is a checkpoint of a model. Other programs use most of the endings, too: those files are told by
/// their first bytes.
pub(super) fn is_checkpoint(path: &Path, name: &str, ending: &str) -> bool {
    if !may_be_checkpoint(name, ending) {
        return false;
    }
    if ending == "pt" {
        return true;
    }
    let head = head(path);
    head.starts_with(LEGACY)
        || (head.starts_with(ZIP) && memchr::memmem::find(&head, b"data.pkl").is_some())
}

fn is_without_model(name: &str) -> bool {
    WITHOUT_MODEL.iter().any(|start| name.starts_with(start)) || name.contains("optim_states")
}

fn head(path: &Path) -> Vec<u8> {
    let mut head = Vec::new();
    let file = OpenFile::open(path);
    // A file that cannot be read is none that this program can tell.
    if let Ok(file) = file {
        let _ = file.take(HEAD as u64).read_to_end(&mut head);
    }
    head
}
