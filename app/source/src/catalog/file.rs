//! One Parquet file of a catalog, whose index may be wrong.

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use parquet::{
    basic::Type,
    column::reader::ColumnReader,
    file::{
        metadata::{ParquetMetaData, RowGroupMetaData},
        reader::FileReader as _,
        serialized_reader::{ReadOptionsBuilder, SerializedFileReader},
    },
};

use super::error::CatalogError;
use crate::{
    limits,
    open_file::OpenFile,
    parquet::{Input, guarded, is_inside},
};

/// An open file.
pub(super) struct CatalogFile {
    path: PathBuf,
    reader: SerializedFileReader<Input>,
    input: Input,
    len: u64,
}

impl CatalogFile {
    pub(super) fn open(path: &Path) -> Result<Self, CatalogError> {
        let file = OpenFile::open(path).map_err(|reason| CatalogError::io(path, reason))?;
        let metadata = file.metadata();
        let len = metadata
            .map_err(|reason| CatalogError::io(path, reason))?
            .len();
        let options = ReadOptionsBuilder::new().with_page_index().build();
        let input = Input::new(file, len);
        let reader = guard(path, || {
            SerializedFileReader::new_with_options(input.clone(), options)
                .map_err(|error| CatalogError::parquet(path, &error))
        })?;
        let of_file = len.saturating_mul(limits::MOST_DECOMPRESSED);
        if texts_of(reader.metadata()) > of_file.saturating_add(limits::CATALOG_TEXTS.bytes) {
            let reason = "its texts become implausibly long";
            return Err(CatalogError::damaged(path, reason));
        }
        Ok(Self {
            path: path.to_owned(),
            reader,
            input,
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

    /// True if it lies elsewhere: what is read of it has to come.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.input.file().is_elsewhere()
    }

    /// Brings bytes that will be read soon.
    pub(super) fn bring(&self, wanted: Range<u64>) {
        self.input.file().bring(wanted);
    }

    /// The bytes of the pages that hold some rows of a column, if the file tells where its pages are.
    pub(super) fn pages(&self, group: usize, name: &str, rows: &Range<u64>) -> Option<Range<u64>> {
        let index = self.reader.metadata().offset_index()?;
        let pages = index.get(group)?.get(self.find(name)?)?.page_locations();
        let first_row = |at: usize| u64::try_from(pages[at].first_row_index).unwrap_or(0);
        let from = (0..pages.len()).rfind(|&at| first_row(at) <= rows.start)?;
        let last = (from..pages.len()).rfind(|&at| first_row(at) < rows.end)?;
        let start = u64::try_from(pages[from].offset).ok()?;
        let bytes = u64::try_from(pages[last].compressed_page_size).ok()?;
        let end = u64::try_from(pages[last].offset).ok()?.checked_add(bytes)?;
        (start < end && end <= self.len).then_some(start..end)
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

/// Bytes that the texts of a file become.
fn texts_of(metadata: &ParquetMetaData) -> u64 {
    let groups = metadata.row_groups().iter();
    let columns = groups.flat_map(RowGroupMetaData::columns);
    let texts = columns.filter(|column| column.column_type() == Type::BYTE_ARRAY);
    texts
        .map(|column| u64::try_from(column.uncompressed_size()).unwrap_or(u64::MAX))
        .fold(0, u64::saturating_add)
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

#[cfg(test)]
mod tests {
    use std::{fs::File, sync::Arc};

    use parquet::{
        basic::{Compression, ZstdLevel},
        data_type::{ByteArray, ByteArrayType},
        file::{properties::WriterProperties, writer::SerializedFileWriter},
        schema::parser::parse_message_type,
    };

    use super::*;

    #[test]
    fn a_small_file_becomes_no_long_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("runs.parquet");
        let write = |bytes: u64| {
            let schema = parse_message_type("message runs { required binary config (UTF8); }");
            let properties = WriterProperties::builder()
                .set_compression(Compression::ZSTD(ZstdLevel::default()))
                .set_dictionary_enabled(false)
                .build();
            let file = File::create(&path).unwrap();
            let schema = Arc::new(schema.unwrap());
            let mut writer = SerializedFileWriter::new(file, schema, properties.into()).unwrap();
            let mut group = writer.next_row_group().unwrap();
            let mut column = group.next_column().unwrap().unwrap();
            let text = ByteArray::from(vec![b'x'; usize::try_from(bytes).unwrap()]);
            let typed = column.typed::<ByteArrayType>();
            typed.write_batch(&[text], None, None).unwrap();
            column.close().unwrap();
            group.close().unwrap();
            writer.close().unwrap();
        };
        write(1 << 20);
        assert!(CatalogFile::open(&path).is_ok());
        write(limits::CATALOG_TEXTS.bytes + (64 << 20));
        let error = CatalogFile::open(&path).err().unwrap().to_string();
        assert!(error.contains("implausibly long"), "{error}");
    }
}
