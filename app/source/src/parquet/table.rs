//! Reading a table row group by row group.

use std::path::Path;

use parquet::{
    basic::Compression,
    file::{
        metadata::RowGroupMetaData, reader::FileReader, serialized_reader::SerializedFileReader,
    },
};

use super::{
    columns::Columns,
    error::ReadError,
    input::{Input, is_inside},
    layout::Layout,
    runs::Runs,
    window::Window,
};
use crate::{regular_file, sample::is_log_name, statistics::ReadStatistics, store::Store};

/// Rows whose positions are held at a time.
const WINDOW: usize = 1 << 20;

/// Largest number of points per byte of the file: more are those of a file that was made to fill the memory.
const MAX_POINTS_PER_BYTE: u64 = 4;
/// Cells per byte, empty ones included, of which a sparse table has many.
const MAX_CELLS_PER_BYTE: u64 = 1000;
/// Number of points that any file may hold.
const ALLOWED_POINTS: u64 = 1 << 24;

/// The reader and the layout of a log.
pub(super) struct Table {
    reader: SerializedFileReader<Input>,
    layout: Layout,
    len: u64,
}

impl Table {
    /// Opens a file. `None` if it is not a log.
    pub(super) fn open(path: &Path) -> Result<Option<Self>, ReadError> {
        let file = regular_file::open(path).map_err(ReadError::Open)?;
        let len = file.metadata().map_err(ReadError::Open)?.len();
        let reader = SerializedFileReader::new(Input::new(file, len)).map_err(ReadError::Footer)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let schema = reader.metadata().file_metadata().schema_descr();
        let layout = Layout::of(schema, is_log_name(&name.to_lowercase()));
        Ok(layout.map(|layout| Self {
            reader,
            layout,
            len,
        }))
    }

    pub(super) fn keys(&self) -> Vec<String> {
        self.layout.keys()
    }

    /// Reads all rows. Returns the number of rows that have no step, no key or no run.
    pub(super) fn read(
        &self,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> Result<u64, ReadError> {
        let most = |per_byte| self.len.saturating_mul(per_byte) + ALLOWED_POINTS;
        let has_runs = self.layout.run.is_some();
        let runs = Runs::new(store, statistics, has_runs, most(MAX_POINTS_PER_BYTE));
        let mut window = Window::new(&self.layout, runs);
        let metadata = self.reader.metadata();
        let schema = metadata.file_metadata().schema_descr();
        let total_rows: u64 = metadata
            .row_groups()
            .iter()
            .map(|group| u64::try_from(group.num_rows()).unwrap_or(0))
            .fold(0, u64::saturating_add);
        let columns = self.layout.values.columns().count() as u64;
        if total_rows.saturating_mul(columns) > most(MAX_CELLS_PER_BYTE) {
            return Err(ReadError::Size(total_rows, self.len));
        }
        for index in 0..self.reader.num_row_groups() {
            let group = self.reader.get_row_group(index).map_err(ReadError::Rows)?;
            if !group
                .metadata()
                .columns()
                .iter()
                .all(|column| is_inside(column, self.len))
            {
                return Err(ReadError::Damaged);
            }
            if let Some(name) = unread_compression(group.metadata()) {
                return Err(ReadError::Compression(name));
            }
            let mut columns = Columns::open(&*group, schema, &self.layout)?;
            let mut rows = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
            while rows > 0 {
                let count = rows.min(WINDOW);
                window.read(&mut columns, count).map_err(ReadError::Rows)?;
                if window.has_too_many_points() {
                    return Err(ReadError::Size(total_rows, self.len));
                }
                rows -= count;
            }
        }
        Ok(window.left_out())
    }
}

/// The compression of a column that is not read, if there is one: its pages are sound, and cannot be decompressed here.
fn unread_compression(group: &RowGroupMetaData) -> Option<&'static str> {
    let mut columns = group.columns().iter();
    columns.find_map(|column| match column.compression() {
        Compression::BROTLI(_) => Some("Brotli"),
        Compression::LZO => Some("LZO"),
        _ => None,
    })
}
