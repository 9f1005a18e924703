//! Catalogs: many runs and their history as Parquet files in one folder, of which only what is asked for is read.

mod columns;
mod error;
mod file;
mod folder;
mod histories;
mod layout;
mod loaded_bytes;
mod partition;
mod runs_table;
mod series_table;

pub use error::CatalogError;
pub use folder::{CatalogFolder, CatalogRun, open_part, origins_of_part, read_manifest};
pub use layout::{
    FORMAT, HISTOGRAM_COLUMNS, HISTORY_COLUMNS, HistogramColumn, HistoryColumn, MANIFEST, Manifest,
    NotRead, Part, RunColumn, STAGING, SeriesColumn, SeriesKind, SettingKind, VERSION,
    config_as_json, config_from_json,
};
pub use partition::{is_abbreviated, partition_of_key};
pub use runs_table::KnownOrigin;
