//! Tables as comma-separated values.

use crate::error::ExportError;

/// A table with a header line; cells are quoted where they must be.
///
/// # Errors
/// When a row has another number of cells than there are columns.
pub fn table<'a, Row>(
    columns: &'a [String],
    rows: impl IntoIterator<Item = Row>,
) -> Result<String, ExportError>
where
    Row: IntoIterator<Item = &'a str>,
{
    let failed = |error: &dyn std::fmt::Display| ExportError::Encode {
        reason: error.to_string(),
    };
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    writer
        .write_record(columns)
        .map_err(|error| failed(&error))?;
    for row in rows {
        writer.write_record(row).map_err(|error| failed(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(&error))?;
    String::from_utf8(bytes).map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let columns = ["run".to_owned(), "a, b".to_owned()];
        let text = table(&columns, [["x", "1\"2"], ["y", ""]]).unwrap();
        assert_eq!(text, "run,\"a, b\"\nx,\"1\"\"2\"\ny,\n");
        assert!(table(&columns, [["too few"]]).is_err());
    }
}
