//! One Parquet file of a catalog, whose index may be wrong.

use std::path::{Path, PathBuf};

use parquet::{
    column::reader::ColumnReader,
    file::{
        metadata::RowGroupMetaData,
        reader::FileReader as _,
        serialized_reader::{ReadOptionsBuilder, SerializedFileReader},
    },
};

use super::error::CatalogError;
use crate::{
    parquet::{Input, guarded, is_inside},
    regular_file,
};

/// An open file.
pub(super) struct CatalogFile {
    path: PathBuf,
    reader: SerializedFileReader<Input>,
    len: u64,
}

impl CatalogFile {
    pub(super) fn open(path: &Path) -> Result<Self, CatalogError> {
        let file = regular_file::open(path).map_err(|reason| CatalogError::io(path, reason))?;
        let metadata = file.metadata();
        let len = metadata
            .map_err(|reason| CatalogError::io(path, reason))?
            .len();
        let options = ReadOptionsBuilder::new().with_page_index().build();
        let reader = guard(path, || {
            SerializedFileReader::new_with_options(Input::new(file, len), options)
                .map_err(|error| CatalogError::parquet(path, &error))
        })?;
        Ok(Self {
            path: path.to_owned(),
            reader,
            len,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The row groups, and the number of rows that each claims to have.
    pub(super) fn row_groups(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        let groups = self.reader.metadata().row_groups().iter().enumerate();
        groups.map(|(at, group)| (at, rows_of(group)))
    }

    /// All rows that the file claims to have.
    pub(super) fn rows(&self) -> u64 {
        self.row_groups()
            .map(|(_, rows)| rows)
            .fold(0, u64::saturating_add)
    }

    /// The position of a column among the leaves of the schema.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        let schema = self.reader.metadata().file_metadata().schema_descr();
        let mut columns = schema.columns().iter();
        columns.position(|column| {
            column
                .path()
                .parts()
                .first()
                .is_some_and(|part| part == name)
        })
    }

    /// The reader of a column of a row group, and whether its cells may be empty or lists: its levels.
    pub(super) fn column(&self, group: usize, at: usize) -> Result<OpenColumn, CatalogError> {
        let groups = self.reader.get_row_group(group);
        let groups = groups.map_err(|error| CatalogError::parquet(&self.path, &error))?;
        let metadata = groups.metadata();
        if !metadata
            .columns()
            .get(at)
            .is_some_and(|column| is_inside(column, self.len))
        {
            return Err(CatalogError::damaged(
                &self.path,
                "a column is outside of the file",
            ));
        }
        let reader = groups.get_column_reader(at);
        let descriptor = self
            .reader
            .metadata()
            .file_metadata()
            .schema_descr()
            .column(at);
        Ok(OpenColumn {
            reader: reader.map_err(|error| CatalogError::parquet(&self.path, &error))?,
            full: descriptor.max_def_level(),
            is_list: descriptor.max_rep_level() > 0,
        })
    }
}

/// A column of a row group.
pub(super) struct OpenColumn {
    pub(super) reader: ColumnReader,
    /// The definition level of a cell that is not empty.
    pub(super) full: i16,
    pub(super) is_list: bool,
}

fn rows_of(group: &RowGroupMetaData) -> u64 {
    u64::try_from(group.num_rows()).unwrap_or(0)
}

/// Calls the library, which panics on some damaged files.
pub(super) fn guard<T>(
    path: &Path,
    read: impl FnOnce() -> Result<T, CatalogError>,
) -> Result<T, CatalogError> {
    guarded(read, || CatalogError::damaged(path, "its index is wrong"))
}
