//! PyTorch's checkpoints: a pickle that describes tensors, and their elements. No code of a pickle is run.

mod archive;
mod bytes;
mod format;
mod legacy;
mod names;
mod node;
mod opcodes;
mod pickle;
mod rebuild;
mod select;
mod tensors;

pub(super) use format::PYTORCH;
