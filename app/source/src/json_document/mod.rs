//! Logs that are one JSON document: rows in an array, lists by key, one object an epoch.

mod format;
mod parser;
mod prefix;
mod rows;
mod runs;
mod trainer_state;

pub(crate) use format::JSON_DOCUMENT;
pub(crate) use trainer_state::TRAINER_STATE;
