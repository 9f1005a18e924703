//! Searching folders for logs, arrays and the files that belong to them.

mod catalog;
mod names;
mod unread_files;

pub(crate) use catalog::{Catalog, FoundArray, FoundLog};
pub(crate) use names::{is_of_mlflow_run, is_settings_name, is_skipped_folder};
