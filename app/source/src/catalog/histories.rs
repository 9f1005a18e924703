//! The points of a part's series, read by position: of a row group only the pages that hold them.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use trainscape_run::{HistogramPoint, PointStore, Series, StoredRows};

use super::{
    columns::Rows,
    error::CatalogError,
    file::{CatalogFile, guard},
    layout::Part,
    loaded_bytes::{BYTES_OF_HISTOGRAM, BYTES_OF_POINT, LoadedBytes},
    point_rows::{self, Restarts},
};

/// Files that are kept open. Each holds its index in memory.
const KEPT_OPEN: usize = 64;

/// The files with the points of one part.
pub(super) struct PartStore {
    folder: PathBuf,
    /// Paths below the folder: those of points, then those of histograms.
    files: Vec<String>,
    open: Mutex<HashMap<u32, Arc<CatalogFile>>>,
    loaded: Arc<LoadedBytes>,
}

impl std::fmt::Debug for PartStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PartStore")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

impl PartStore {
    pub(super) fn new(folder: &Path, part: &Part, loaded: Arc<LoadedBytes>) -> Self {
        Self {
            folder: folder.to_owned(),
            files: part
                .history
                .iter()
                .chain(&part.histograms)
                .cloned()
                .collect(),
            open: Mutex::default(),
            loaded,
        }
    }

    /// The number of each file.
    pub(super) fn numbers(&self) -> HashMap<&str, u32> {
        let files = self.files.iter().enumerate();
        files.map(|(at, file)| (file.as_str(), at as u32)).collect()
    }

    fn file(&self, table: u32) -> Result<Arc<CatalogFile>, CatalogError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = open.get(&table) {
            return Ok(Arc::clone(file));
        }
        let name = self.files.get(table as usize).map_or("", String::as_str);
        let file = Arc::new(CatalogFile::open(&self.folder.join(name))?);
        if open.len() >= KEPT_OPEN {
            open.clear();
        }
        open.insert(table, Arc::clone(&file));
        Ok(file)
    }

    /// Reads rows, which may be in several row groups.
    fn read(
        &self,
        stored: StoredRows,
        mut read: impl FnMut(&Rows<'_>) -> Result<(), CatalogError>,
    ) -> Result<(), CatalogError> {
        let file = self.file(stored.table)?;
        let end = stored.first_row.saturating_add(stored.rows);
        if end > file.rows() {
            let reason = "it holds fewer rows than the table of series says";
            return Err(CatalogError::damaged(file.path(), reason));
        }
        let mut before = 0;
        for (group, rows) in file.row_groups() {
            let from = stored.first_row.max(before);
            let to = end.min(before + rows);
            if from < to {
                read(&Rows {
                    file: &file,
                    group,
                    rows: from - before..to - before,
                })?;
            }
            before += rows;
        }
        Ok(())
    }

    fn read_series(&self, stored: StoredRows) -> Result<Series, CatalogError> {
        let mut points = Vec::new();
        let mut restarts = Restarts::default();
        self.read(stored, |rows| {
            for (point, count) in point_rows::points(rows)? {
                restarts.add(points.len(), count);
                points.push(point);
            }
            Ok(())
        })?;
        Ok(Series::restored("", points, restarts.begins))
    }

    fn read_histograms(&self, stored: StoredRows) -> Result<Vec<HistogramPoint>, CatalogError> {
        let mut points = Vec::new();
        self.read(stored, |rows| {
            points.extend(point_rows::histograms(rows)?);
            Ok(())
        })?;
        Ok(points)
    }

    fn give_back(&self, stored: StoredRows, bytes_of_row: u64) {
        self.loaded
            .give_back(stored.rows.saturating_mul(bytes_of_row));
    }

    fn read_bounded<T>(
        &self,
        stored: StoredRows,
        bytes_of_row: u64,
        read: impl FnOnce() -> Result<T, CatalogError>,
    ) -> Result<T, String> {
        let bytes = stored.rows.saturating_mul(bytes_of_row);
        let load = || {
            self.loaded.take(bytes)?;
            let name = self.files.get(stored.table as usize);
            let path = self.folder.join(name.map_or("", String::as_str));
            guard(&path, read).inspect_err(|_| self.loaded.give_back(bytes))
        };
        load().map_err(|error| error.to_string())
    }
}

impl PointStore<Series> for PartStore {
    fn load(&self, rows: StoredRows) -> Result<Series, String> {
        self.read_bounded(rows, BYTES_OF_POINT, || self.read_series(rows))
    }

    fn release(&self, rows: StoredRows) {
        self.give_back(rows, BYTES_OF_POINT);
    }
}

impl PointStore<Vec<HistogramPoint>> for PartStore {
    fn load(&self, rows: StoredRows) -> Result<Vec<HistogramPoint>, String> {
        self.read_bounded(rows, BYTES_OF_HISTOGRAM, || self.read_histograms(rows))
    }

    fn release(&self, rows: StoredRows) {
        self.give_back(rows, BYTES_OF_HISTOGRAM);
    }
}
