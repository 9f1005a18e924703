//! W&B's transaction logs.

mod chart_csv;
mod datastore;
mod format;
mod history;
mod parser;
mod proto;
mod summary;

pub(crate) use chart_csv::WANDB_CSV;
pub(crate) use format::WANDB;
