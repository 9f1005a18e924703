//! Tables in Parquet files: W&B's history, Neptune's exports and any table with a step column.

mod cells;
mod columns;
mod error;
mod format;
mod input;
mod layout;
mod runs;
mod table;
mod window;

pub(crate) use format::PARQUET;
pub(crate) use input::{Input, guarded, is_inside};
