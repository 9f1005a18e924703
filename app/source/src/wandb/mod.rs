//! W&B's transaction logs.

mod datastore;
mod format;
mod history;
mod parser;
mod proto;

pub(crate) use format::WANDB;
