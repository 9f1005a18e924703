//! Log, array and media formats: bytes in, runs out.
//!
//! A [`Loader`] finds the logs of training runs in folders and reads them, whichever logger wrote them.
//! Opening a file is following it until the end is reached; the same code does both. A [`Follower`]
//! does this on a separate thread and publishes snapshots.
//!
//! The formats are listed in `formats.rs`, `arrays/formats.rs` and `media/formats.rs`; a new one takes
//! one file with its implementation and one line of its list.
//!
//! A truncated record means "not yet". A damaged record is counted and skipped if the format allows
//! resynchronising; a log that cannot be read any further stays listed with the reason.

#![forbid(unsafe_code)]

mod array_history;
mod arrays;
mod baselines;
mod batch;
mod budget;
mod by_ranges;
pub mod catalog;
mod catalog_runs;
mod catboost;
mod checkpoint_copies;
mod chosen_series;
mod columns;
mod columns_of_runs;
mod compared_blocks;
mod config;
mod copied_runs;
mod copies;
mod csv;
mod curve_names;
mod damaged_region;
mod data_splits;
mod detect;
mod discover;
mod dvclive;
mod encoding;
mod episode_lengths;
mod epochs;
mod error;
mod expected;
mod file_cache;
mod final_values;
mod first_cells;
mod first_rows;
mod follow;
mod format_names;
mod formats;
mod group;
mod grouping;
mod hydra;
mod json;
mod json_document;
mod json_runs;
mod jsonl;
mod kaldi;
mod key_mapping;
mod key_naming;
mod keys;
mod last_values;
mod left_out;
mod left_out_tables;
mod limits;
mod line_parser;
mod line_points;
mod lines;
mod lines_of_runs;
mod loader;
mod log_entry;
mod log_file;
mod log_files;
mod log_format;
mod long_lines;
mod long_rows;
mod mapped_gradients;
mod media;
mod merge;
mod mirrored_events;
mod mlflow;
mod model_card;
mod nanochat_report;
mod nested_logs;
mod number_list;
mod one_training;
mod open_file;
mod open_options;
mod parquet;
mod parse;
mod points;
mod positioned;
mod read_views;
mod reader;
mod record;
mod records;
mod records_of_starts;
mod regular_file;
mod return_curve;
mod rewrite_search;
mod rotation;
mod row;
mod row_decoder;
mod row_kinds;
mod row_layout;
mod rows_of_tables;
mod run_drafts;
mod run_names;
mod run_plan;
mod run_reader;
mod run_table;
mod runs_in_columns;
mod same_run;
mod same_values;
mod sample;
mod search;
mod sqlite;
mod stamp;
mod starts;
mod statistics;
mod steps;
mod store;
mod tail;
mod tensorboard;
mod text;
mod text_log;
mod text_number;
mod time_text;
mod trainer_folders;
mod unique_names;
mod unread;
mod user_choices;
mod wandb;
mod writers;
mod yaml;
mod yolo_results;

pub use arrays::open_array;
pub use by_ranges::{Placeholder, RangeReader, RangeSource, may_wait, never_wait_on_this_thread};
pub use copies::is_copy;
pub use error::SourceError;
pub use expected::{Expected, expected_content, is_entered};
pub use follow::Follower;
pub use format_names::format_names;
pub use key_mapping::{ArrayMapping, KeyMapping, KeyPattern};
pub use loader::Loader;
pub use open_options::{EngineOpener, OpenOptions};
pub use record::{Record, Revoked, WhyRevoked};
pub use records::NewRecords;
pub use regular_file::{is_readable, open as open_regular_file};
pub use run_reader::{RunOrigin, RunReader};
pub use user_choices::{XChoice, lacking_x};
