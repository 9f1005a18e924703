//! Opened folders that become catalogs after they were opened: copies of catalogs that are on their way, and folders that a
//! catalog is being built in.

use super::Loader;
use crate::catalog::{CatalogError, OpenCatalog};

impl Loader {
    /// Opens the folders that have become catalogs. Returns true if anything changed.
    pub(super) fn open_late_catalogs(&mut self) -> bool {
        if !self.logs.is_empty() || self.arrays.len() > 0 {
            return false;
        }
        let mut changed = false;
        for path in self.catalog.late_catalogs() {
            match OpenCatalog::open(&path, self.options.engine) {
                Ok(catalog) => {
                    self.catalog.leave(&path);
                    self.catalogs.push(catalog);
                    changed = true;
                }
                // The list of its files comes last.
                Err(CatalogError::Unfinished { .. } | CatalogError::NoList { .. }) => {}
                Err(error) => self.catalog.warn(error.to_string()),
            }
        }
        changed
    }
}
