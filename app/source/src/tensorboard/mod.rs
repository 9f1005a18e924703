//! TensorBoard's event files.

mod events;
mod format;
mod proto;
mod record;

pub(crate) use format::TENSORBOARD;
