use parquet::{file::reader::RowGroupReader, schema::types::SchemaDescriptor};

use super::{
    cells::Column,
    error::ReadError,
    layout::{Layout, LayoutColumn, Values},
};

/// The open columns of a row group.
pub(super) struct Columns {
    pub(super) step: Option<Column>,
    pub(super) time: Option<Column>,
    pub(super) run: Option<Column>,
    pub(super) key: Option<Column>,
    pub(super) values: Vec<Column>,
}

impl Columns {
    pub(super) fn open(
        group: &dyn RowGroupReader,
        schema: &SchemaDescriptor,
        layout: &Layout,
    ) -> Result<Self, ReadError> {
        let open = |column: &LayoutColumn| {
            let reader = group.get_column_reader(column.at);
            let reader = reader.map_err(ReadError::Rows)?;
            let descriptor = schema.column(column.at);
            Ok::<_, ReadError>(Column::new(reader, column.kind, &descriptor))
        };
        let open_any = |column: Option<&LayoutColumn>| column.map(open).transpose();
        let key = match &layout.values {
            Values::Long { key, .. } => Some(key),
            Values::Wide { phase, .. } => phase.as_ref(),
        };
        Ok(Self {
            step: open_any(layout.step.as_ref())?,
            time: open_any(layout.time.as_ref())?,
            run: open_any(layout.run.as_ref())?,
            key: open_any(key)?,
            values: layout
                .values
                .columns()
                .map(open)
                .collect::<Result<_, _>>()?,
        })
    }
}
