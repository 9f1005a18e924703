//! One JSON object per line.

mod format;
mod parser;
mod run_rows;

pub(crate) use format::JSONL;
