//! Plain-text training logs: what a training script prints.

mod bars;
mod boxes;
mod clean;
mod clock;
mod coco;
mod containers;
mod copypaste;
mod counts;
mod durations;
mod episodes;
mod evaluation;
mod fields;
mod first_dictionary;
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
mod phases;
mod places;
mod prefix;
mod repeated_keys;
mod rows;
mod rows_of_bars;
mod running_means;
mod scores;
mod search;
mod second_record;
mod several_data;
mod sink;
mod source_code;
#[cfg(test)]
mod trainers;
mod unplaced;
mod values;
mod words;
mod wrappers;

pub(crate) use format::TEXT;
pub(crate) use words::is_training_key;
