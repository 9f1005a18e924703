//! Plain-text training logs: what a training script prints.

mod bars;
mod boxes;
mod clean;
mod clock;
mod format;
mod lines;
mod names;
mod number;
mod pairs;
mod parser;
mod pattern;
mod places;
mod prefix;
mod rows;
mod sink;
mod words;

pub(crate) use format::TEXT;
