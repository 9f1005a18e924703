//! Every log format: bytes in, runs out.
//!
//! A [`Loader`] finds the logs of training runs in folders, whichever logger wrote them, and reads
//! them: W&B's `.wandb`, TensorBoard's event files, JSON lines and CSV tables. Opening a file is
//! following it until it has caught up; there is no second way of reading. A [`Follower`] does so on
//! a thread of its own and publishes snapshots.
//!
//! A record cut short means "not yet". A damaged record is counted and passed over where the format
//! allows to find the next one; a log that cannot be read any further stays listed with the reason.

mod arrays;
mod batch;
mod columns;
mod config;
mod csv;
mod discover;
mod error;
mod follow;
mod group;
mod json;
mod jsonl;
mod keys;
mod lines;
mod loader;
mod log_file;
mod media;
mod merge;
mod parse;
mod records;
mod row;
mod sniff;
mod stamp;
mod store;
mod tail;
mod tensorboard;
mod wandb;

pub use arrays::open_array;
pub use error::SourceError;
pub use follow::Follower;
pub use loader::{Loader, OpenOptions};
pub use records::{Record, records_between};
