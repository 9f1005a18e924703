//! TensorBoard's event files.

mod events;
mod format;
mod nesting;
mod proto;
mod record;
mod scalar_csv;
mod scalar_event;
mod tags;

pub(crate) use format::TENSORBOARD;
pub(crate) use scalar_csv::TENSORBOARD_CSV;
