//! Builds catalogs: many runs and their history as Parquet, which any engine reads.
//!
//! [`build`] reads the runs that are new or changed and stages them as parts of some thousands of runs. [`commit`] joins
//! what all shards have staged: it moves the files to their places, then replaces the list of files.
//! `trainscape_source::catalog` has the layout and reads it.

#![forbid(unsafe_code)]

mod build;
mod commit;
mod encode;
mod error;
mod files;
mod history_table;
mod part;
mod runs_table;
mod series_table;
mod settings;
mod shard;
mod staging;
mod unlisted;

pub use build::{BuildOptions, BuildReport, build};
pub use commit::{CommitReport, commit};
pub use error::BuildError;
pub use files::WriteFile;
pub use shard::Shard;
