//! One JSON object per line.

mod format;
mod parser;

pub(crate) use format::JSONL;
