//! The points of a part's series, read by position: of a row group only the pages that hold them, also where they lie elsewhere.

use std::{
    collections::HashMap,
    ops::Range,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, Weak, atomic::Ordering},
};

use trainscape_run::{HistogramPoint, PointStore, Series, StoredRows};

use super::{
    columns::Rows,
    drawn::{FindPieces, Piece, joined},
    error::CatalogError,
    file::{CatalogFile, guard},
    layout::Part,
    loaded_bytes::{BYTES_OF_HISTOGRAM, BYTES_OF_POINT},
    parts_state::PartsState,
    point_rows::{self, Restarts},
};
use crate::by_ranges::{is_placeholder, may_wait, take_failure};

/// Files that are kept open. Each holds its index in memory.
const KEPT_OPEN: usize = 64;

/// The files with the points of one part.
pub(super) struct PartStore {
    folder: PathBuf,
    /// Paths below the folder: those of points, then those of histograms.
    files: Vec<String>,
    open: Mutex<HashMap<u32, Arc<CatalogFile>>>,
    state: Arc<PartsState>,
    this: Weak<Self>,
    /// True if its files lie elsewhere.
    is_elsewhere: bool,
}

impl std::fmt::Debug for PartStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PartStore")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

impl PartStore {
    pub(super) fn new(folder: &Path, part: &Part, state: Arc<PartsState>) -> Arc<Self> {
        let files: Vec<String> = part
            .history
            .iter()
            .chain(&part.histograms)
            .cloned()
            .collect();
        let mut paths = files.iter().map(|file| folder.join(file));
        let is_elsewhere = paths.any(|path| is_placeholder(&path));
        drop(paths);
        Arc::new_cyclic(|this| Self {
            folder: folder.to_owned(),
            files,
            open: Mutex::default(),
            state,
            this: Weak::clone(this),
            is_elsewhere,
        })
    }

    /// The number of each file.
    pub(super) fn numbers(&self) -> HashMap<&str, u32> {
        let files = self.files.iter().enumerate();
        files.map(|(at, file)| (file.as_str(), at as u32)).collect()
    }

    fn path(&self, table: u32) -> PathBuf {
        let name = self.files.get(table as usize).map_or("", String::as_str);
        self.folder.join(name)
    }

    /// The folder of a table's key, which it has in all parts.
    fn key_folder(&self, table: u32) -> Option<&str> {
        Some(self.files.get(table as usize)?.rsplit_once('/')?.0)
    }

    fn file(&self, table: u32) -> Result<Arc<CatalogFile>, CatalogError> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = open.get(&table) {
            return Ok(Arc::clone(file));
        }
        drop(open);
        let file = Arc::new(CatalogFile::open(&self.path(table))?);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= KEPT_OPEN {
            open.clear();
        }
        open.insert(table, Arc::clone(&file));
        Ok(file)
    }

    /// The row groups that rows are in, and which of theirs they are.
    fn groups_of(file: &CatalogFile, stored: StoredRows) -> Vec<(usize, Range<u64>)> {
        let end = stored.first_row.saturating_add(stored.rows);
        let mut before = 0_u64;
        let mut groups = Vec::new();
        for (group, rows) in file.row_groups() {
            let after = before.saturating_add(rows);
            let (from, to) = (stored.first_row.max(before), end.min(after));
            if from < to {
                groups.push((group, from - before..to - before));
            }
            before = after;
        }
        groups
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
        for (group, rows) in Self::groups_of(&file, stored) {
            read(&Rows {
                file: &file,
                group,
                rows,
            })?;
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
        let bytes = stored.rows.saturating_mul(bytes_of_row);
        self.state.loaded.give_back(bytes);
    }

    /// The error of a file that lies elsewhere: what its place said. It is opened again, as it may have been replaced.
    fn failed(&self, table: u32, path: &Path, error: CatalogError) -> CatalogError {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.remove(&table);
        drop(open);
        self.state.has_failed.store(true, Ordering::Relaxed);
        take_failure(path).map_or(error, CatalogError::Elsewhere)
    }

    fn read_bounded<T>(
        &self,
        stored: StoredRows,
        bytes_of_row: u64,
        read: impl FnOnce() -> Result<T, CatalogError>,
    ) -> Result<T, String> {
        let bytes = stored.rows.saturating_mul(bytes_of_row);
        let load = || {
            self.state.loaded.take(bytes)?;
            let path = self.path(stored.table);
            let read = guard(&path, read).inspect_err(|_| self.state.loaded.give_back(bytes));
            read.map_err(|error| match self.is_elsewhere {
                true => self.failed(stored.table, &path, error),
                false => error,
            })
        };
        load().map_err(|error| error.to_string())
    }
}

impl FindPieces for PartStore {
    fn pieces(&self, rows: &[StoredRows]) -> Vec<Piece> {
        let Some(Ok(file)) = rows.first().map(|rows| self.file(rows.table)) else {
            return Vec::new();
        };
        let mut pages = Vec::new();
        for rows in rows.iter().filter(|_| file.is_elsewhere()) {
            for (group, rows) in Self::groups_of(&file, *rows) {
                let columns = point_rows::COLUMNS.iter();
                let of_columns = columns.map(|column| file.pages(group, column.name(), &rows));
                pages.extend(of_columns.flatten());
            }
        }
        let joined = joined(pages).into_iter();
        let piece = |bytes| Piece {
            file: Arc::clone(&file),
            bytes,
        };
        joined.map(piece).collect()
    }
}

impl PointStore<Series> for PartStore {
    fn load(&self, rows: StoredRows) -> Result<Series, String> {
        if self.is_elsewhere
            && may_wait()
            && let Some(key) = self.key_folder(rows.table)
        {
            self.state.drawn.bring(key);
        }
        self.read_bounded(rows, BYTES_OF_POINT, || self.read_series(rows))
    }

    fn release(&self, rows: StoredRows) {
        self.give_back(rows, BYTES_OF_POINT);
    }

    fn is_asked_for_many(&self) -> bool {
        self.is_elsewhere
    }

    fn announce(&self, drawn: &mut [StoredRows]) {
        let mut of_keys: HashMap<String, Vec<StoredRows>> = HashMap::new();
        for rows in drawn.iter() {
            if let Some(key) = self.key_folder(rows.table) {
                of_keys.entry(key.to_owned()).or_default().push(*rows);
            }
        }
        let this: Weak<dyn FindPieces> = Weak::clone(&self.this) as _;
        self.state.drawn.replace(&this, of_keys);
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
