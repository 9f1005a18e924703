use std::sync::Arc;

use parquet::{
    basic::{Compression, ConvertedType, Repetition, Type as PhysicalType},
    data_type::{ByteArray, ByteArrayType, DoubleType},
    errors::ParquetError,
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::types::Type,
};

use crate::{
    error::ExportError,
    exporter::{Content, Exporter},
    job::ExportJob,
    plotted::Plotted,
};

/// What a figure plots, as a Parquet table: numbers where all cells of a column are, else text.
#[derive(Debug)]
pub(super) struct PlottedParquet;

impl Exporter for PlottedParquet {
    fn name(&self) -> &'static str {
        "Parquet table of what is plotted"
    }

    fn endings(&self) -> &'static [&'static str] {
        &["parquet"]
    }

    fn content(&self) -> Content {
        Content::Geometry
    }

    fn has_page(&self) -> bool {
        false
    }

    fn encode(&self, job: &ExportJob<'_>) -> Result<Vec<u8>, ExportError> {
        let table = Plotted::of_figure(job.figure(self.name())?)?;
        encode(&table).map_err(|error| ExportError::Encode {
            reason: error.to_string(),
        })
    }
}

/// The cells of a column; `None` where there is no value.
enum Column {
    Numbers(Vec<Option<f64>>),
    Texts(Vec<Option<ByteArray>>),
}

fn column(table: &Plotted, at: usize) -> Column {
    let cells = || table.rows.iter().map(move |row| row[at].as_str());
    let has_value = |text: &&str| !text.is_empty();
    let numbers: Option<Vec<Option<f64>>> = cells()
        .map(|text| match text {
            "" => Some(None),
            text => text.parse().ok().map(Some),
        })
        .collect();
    match numbers {
        Some(numbers) => Column::Numbers(numbers),
        None => Column::Texts(
            cells()
                .map(|text| Some(text).filter(has_value).map(ByteArray::from))
                .collect(),
        ),
    }
}

fn encode(table: &Plotted) -> Result<Vec<u8>, ParquetError> {
    let columns: Vec<Column> = (0..table.columns.len())
        .map(|at| column(table, at))
        .collect();
    let fields = table.columns.iter().zip(&columns).map(|(name, column)| {
        let (physical, converted) = match column {
            Column::Numbers(_) => (PhysicalType::DOUBLE, ConvertedType::NONE),
            Column::Texts(_) => (PhysicalType::BYTE_ARRAY, ConvertedType::UTF8),
        };
        let field = Type::primitive_type_builder(name, physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_converted_type(converted)
            .build();
        field.map(Arc::new)
    });
    let schema = Type::group_type_builder("plotted")
        .with_fields(fields.collect::<Result<Vec<_>, _>>()?)
        .build()?;
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY);
    let properties = Arc::new(properties.build());
    let mut writer = SerializedFileWriter::new(Vec::new(), Arc::new(schema), properties)?;
    let mut group = writer.next_row_group()?;
    for column in columns {
        let Some(mut writer) = group.next_column()? else {
            break;
        };
        match column {
            Column::Numbers(cells) => {
                let present: Vec<f64> = cells.iter().copied().flatten().collect();
                let levels = levels(&cells);
                writer
                    .typed::<DoubleType>()
                    .write_batch(&present, Some(&levels), None)?;
            }
            Column::Texts(cells) => {
                let levels = levels(&cells);
                let present: Vec<ByteArray> = cells.into_iter().flatten().collect();
                writer
                    .typed::<ByteArrayType>()
                    .write_batch(&present, Some(&levels), None)?;
            }
        }
        writer.close()?;
    }
    group.close()?;
    writer.into_inner()
}

/// 1 for each cell with a value, 0 for each other one.
fn levels<T>(cells: &[Option<T>]) -> Vec<i16> {
    cells.iter().map(|cell| i16::from(cell.is_some())).collect()
}

#[cfg(test)]
mod tests {
    use parquet::file::reader::{FileReader as _, SerializedFileReader};

    use super::*;

    #[test]
    fn columns_of_numbers_are_numbers_and_gaps_stay_gaps() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows = [["a", "1", "0.5"], ["b", "", "NaN"], ["", "3", "1e-300"]];
        let table = Plotted::of_rows(row(["run", "step", "loss"]), rows.map(row).to_vec());
        let bytes = encode(&table).unwrap();
        let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
        let rows: Vec<String> = reader
            .get_row_iter(None)
            .unwrap()
            .map(|row| row.unwrap().to_string())
            .collect();
        assert_eq!(
            rows,
            [
                r#"{run: "a", step: 1.0, loss: 0.5}"#,
                r#"{run: "b", step: null, loss: NaN}"#,
                r#"{run: null, step: 3.0, loss: 1E-300}"#,
            ]
        );
    }
}
