//! Catalogs: many runs and their history as Parquet files in one folder, of which only what is asked for is read.

mod catalog_run;
mod columns;
mod drawn;
mod engine;
mod error;
mod file;
mod folder;
mod histories;
mod layout;
mod loaded_bytes;
mod opened;
mod partition;
mod parts_state;
mod point_rows;
mod runs_table;
mod series_table;
mod sorted;
mod stored_file;
mod table;

pub use catalog_run::CatalogRun;
pub use engine::{
    Answer, CatalogEngine, Cells, DECIMATED_POINTS, EngineCatalog, Question, is_engine,
};
pub use error::CatalogError;
pub use folder::{CatalogFolder, open_part, origins_of_part, read_manifest};
pub use layout::{
    FORMAT, HistogramColumn, HistoryColumn, MANIFEST, Manifest, NotRead, OTHER_SETTINGS, Part,
    RunColumn, STAGING, STATUS, SeriesColumn, SeriesKind, SettingKind, VERSION, config_as_json,
    config_from_json,
};
pub(crate) use opened::OpenCatalog;
pub use partition::{is_abbreviated, key_of_partition, partition_of_key};
pub use runs_table::KnownOrigin;
pub use stored_file::StoredFile;
