//! Plain-text training logs: what a training script prints.

mod bars;
mod boxes;
mod clean;
mod clock;
mod coco;
mod copypaste;
mod evaluation;
mod fields;
mod format;
mod key_text;
mod known_lines;
mod leads;
mod line_kinds;
mod line_starts;
mod lines;
mod names;
mod number;
mod pairs;
mod parser;
mod pattern;
mod places;
mod prefix;
mod rows;
mod running_means;
mod sink;
mod source_code;
#[cfg(test)]
mod trainers;
mod unplaced;
mod values;
mod words;

pub(crate) use format::TEXT;
pub(crate) use words::is_training_key;
