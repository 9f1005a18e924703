//! Tables as Parquet files.

use std::{ops::Range, sync::Arc};

use parquet::{
    basic::{
        Compression, ConvertedType, Encoding, LogicalType, Repetition, Type as PhysicalType,
        ZstdLevel,
    },
    data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type},
    errors::ParquetError,
    file::{
        metadata::SortingColumn,
        properties::{EnabledStatistics, WriterProperties},
        writer::{SerializedColumnWriter, SerializedFileWriter},
    },
    schema::types::{ColumnPath, Type},
};

/// Rows of a row group: engines leave out whole groups by their statistics.
const GROUP_ROWS: usize = 1 << 17;

/// Rows of a page, which is the least that is decoded.
const PAGE_ROWS: usize = 1 << 12;

/// A column of a table.
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) cells: Cells,
}

impl Column {
    pub(crate) fn new(name: impl Into<String>, cells: Cells) -> Self {
        Self {
            name: name.into(),
            cells,
        }
    }
}

/// The cells of a column; `None` where there is no value.
pub(crate) enum Cells {
    Texts(Vec<Option<ByteArray>>),
    Whole(Vec<Option<i64>>),
    Numbers(Vec<Option<f64>>),
    Truths(Vec<Option<bool>>),
    Lists(Vec<Box<[f64]>>),
    /// Texts by their names.
    Maps(Vec<Vec<(ByteArray, ByteArray)>>),
}

impl Cells {
    fn len(&self) -> usize {
        match self {
            Self::Texts(cells) => cells.len(),
            Self::Whole(cells) => cells.len(),
            Self::Numbers(cells) => cells.len(),
            Self::Truths(cells) => cells.len(),
            Self::Lists(cells) => cells.len(),
            Self::Maps(cells) => cells.len(),
        }
    }

    /// The columns that the file has for it.
    fn leaves(&self) -> &'static [Leaf] {
        match self {
            Self::Maps(_) => &[Leaf::Names, Leaf::Values],
            _ => &[Leaf::Values],
        }
    }

    /// The cells of texts.
    pub(crate) fn texts<'a>(texts: impl Iterator<Item = Option<&'a str>>) -> Self {
        Self::Texts(texts.map(|text| text.map(ByteArray::from)).collect())
    }
}

/// A column of a file: a map has two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leaf {
    Names,
    Values,
}

/// The file of a table whose rows are sorted by the first columns in `sorted_by`.
pub(crate) fn encode(columns: &[Column], sorted_by: &[&str]) -> Result<Vec<u8>, ParquetError> {
    let fields = columns.iter().map(|column| field(column).map(Arc::new));
    let schema = Type::group_type_builder("schema")
        .with_fields(fields.collect::<Result<Vec<_>, _>>()?)
        .build()?;
    let properties = Arc::new(properties(columns, sorted_by)?);
    let mut writer = SerializedFileWriter::new(Vec::new(), Arc::new(schema), properties)?;
    let rows = columns.first().map_or(0, |column| column.cells.len());
    let mut start = 0;
    while start < rows {
        let end = rows.min(start + GROUP_ROWS);
        let mut group = writer.next_row_group()?;
        for column in columns {
            for leaf in column.cells.leaves() {
                if let Some(mut writer) = group.next_column()? {
                    write_cells(&mut writer, &column.cells, *leaf, start..end)?;
                    writer.close()?;
                }
            }
        }
        group.close()?;
        start = end;
    }
    writer.into_inner()
}

fn properties(columns: &[Column], sorted_by: &[&str]) -> Result<WriterProperties, ParquetError> {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_created_by(format!("trainscape {}", env!("CARGO_PKG_VERSION")))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_max_row_group_row_count(Some(GROUP_ROWS));
    for column in columns {
        let path = ColumnPath::new(vec![column.name.clone()]);
        match column.cells {
            // Values hardly repeat, and a dictionary compares numbers, so that it may lose the bits of a NaN.
            Cells::Numbers(_) => {
                properties = properties.set_column_dictionary_enabled(path, false);
            }
            Cells::Lists(_) => {
                let leaf = ["list", "element"].map(str::to_owned);
                let path = [column.name.clone()].into_iter().chain(leaf);
                let path = ColumnPath::new(path.collect());
                properties = properties.set_column_dictionary_enabled(path, false);
            }
            Cells::Whole(_) => {
                properties = properties
                    .set_column_dictionary_enabled(path.clone(), false)
                    .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
            }
            Cells::Texts(_) | Cells::Truths(_) | Cells::Maps(_) => {}
        }
    }
    let place = |name: &&str| columns.iter().position(|column| column.name == **name);
    let sorting = sorted_by.iter().filter_map(place);
    let sorting = sorting.map(|at| SortingColumn {
        column_idx: at as i32,
        descending: false,
        nulls_first: true,
    });
    let sorting: Vec<SortingColumn> = sorting.collect();
    let sorting = (!sorting.is_empty()).then_some(sorting);
    Ok(properties.set_sorting_columns(sorting).build())
}

fn field(column: &Column) -> Result<Type, ParquetError> {
    let optional = |physical| {
        Type::primitive_type_builder(&column.name, physical).with_repetition(Repetition::OPTIONAL)
    };
    match column.cells {
        Cells::Texts(_) => optional(PhysicalType::BYTE_ARRAY)
            .with_logical_type(Some(LogicalType::String))
            .with_converted_type(ConvertedType::UTF8)
            .build(),
        Cells::Whole(_) => optional(PhysicalType::INT64).build(),
        Cells::Numbers(_) => optional(PhysicalType::DOUBLE).build(),
        Cells::Truths(_) => optional(PhysicalType::BOOLEAN).build(),
        Cells::Maps(_) => {
            let leaf = |name: &str| {
                Type::primitive_type_builder(name, PhysicalType::BYTE_ARRAY)
                    .with_repetition(Repetition::REQUIRED)
                    .with_logical_type(Some(LogicalType::String))
                    .with_converted_type(ConvertedType::UTF8)
                    .build()
                    .map(Arc::new)
            };
            let entry = Type::group_type_builder("key_value")
                .with_repetition(Repetition::REPEATED)
                .with_fields(vec![leaf("key")?, leaf("value")?])
                .build()?;
            Type::group_type_builder(&column.name)
                .with_repetition(Repetition::REQUIRED)
                .with_logical_type(Some(LogicalType::Map))
                .with_converted_type(ConvertedType::MAP)
                .with_fields(vec![Arc::new(entry)])
                .build()
        }
        Cells::Lists(_) => {
            let element = Type::primitive_type_builder("element", PhysicalType::DOUBLE)
                .with_repetition(Repetition::REQUIRED)
                .build()?;
            let list = Type::group_type_builder("list")
                .with_repetition(Repetition::REPEATED)
                .with_fields(vec![Arc::new(element)])
                .build()?;
            Type::group_type_builder(&column.name)
                .with_repetition(Repetition::REQUIRED)
                .with_logical_type(Some(LogicalType::List))
                .with_converted_type(ConvertedType::LIST)
                .with_fields(vec![Arc::new(list)])
                .build()
        }
    }
}

fn write_cells(
    writer: &mut SerializedColumnWriter<'_>,
    cells: &Cells,
    leaf: Leaf,
    rows: Range<usize>,
) -> Result<(), ParquetError> {
    match cells {
        Cells::Texts(cells) => {
            let (levels, present) = split(&cells[rows]);
            writer
                .typed::<ByteArrayType>()
                .write_batch(&present, Some(&levels), None)?;
        }
        Cells::Whole(cells) => {
            let (levels, present) = split(&cells[rows]);
            writer
                .typed::<Int64Type>()
                .write_batch(&present, Some(&levels), None)?;
        }
        Cells::Numbers(cells) => {
            let (levels, present) = split(&cells[rows]);
            writer
                .typed::<DoubleType>()
                .write_batch(&present, Some(&levels), None)?;
        }
        Cells::Truths(cells) => {
            let (levels, present) = split(&cells[rows]);
            writer
                .typed::<BoolType>()
                .write_batch(&present, Some(&levels), None)?;
        }
        Cells::Lists(lists) => {
            let (full, repeated) = levels(lists[rows.clone()].iter().map(|list| list.len()));
            let values: Vec<f64> = lists[rows].iter().flatten().copied().collect();
            let writer = writer.typed::<DoubleType>();
            writer.write_batch(&values, Some(&full), Some(&repeated))?;
        }
        Cells::Maps(maps) => {
            let (full, repeated) = levels(maps[rows.clone()].iter().map(Vec::len));
            let entries = maps[rows].iter().flatten();
            let texts = entries.map(|(name, value)| match leaf {
                Leaf::Names => name.clone(),
                Leaf::Values => value.clone(),
            });
            let texts: Vec<ByteArray> = texts.collect();
            let writer = writer.typed::<ByteArrayType>();
            writer.write_batch(&texts, Some(&full), Some(&repeated))?;
        }
    }
    Ok(())
}

/// The levels of lists of some lengths: whether there is an element, and whether it continues a list.
fn levels(lengths: impl Iterator<Item = usize>) -> (Vec<i16>, Vec<i16>) {
    let (mut full, mut repeated) = (Vec::new(), Vec::new());
    for len in lengths {
        // An empty list takes a level of its own.
        for at in 0..len.max(1) {
            full.push(i16::from(len > 0));
            repeated.push(i16::from(at > 0));
        }
    }
    (full, repeated)
}

/// 1 for each cell with a value and 0 for each other one, and the values.
fn split<T: Clone>(cells: &[Option<T>]) -> (Vec<i16>, Vec<T>) {
    let levels = cells.iter().map(|cell| i16::from(cell.is_some()));
    (levels.collect(), cells.iter().flatten().cloned().collect())
}
