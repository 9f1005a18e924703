//! Tables as comma-separated values.

use std::borrow::Cow;

use crate::error::ExportError;

/// A table with a header line; cells are quoted where they must be, and none starts a formula in a spreadsheet.
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
        .write_record(
            columns
                .iter()
                .map(|cell| without_formula(cell).into_owned()),
        )
        .map_err(|error| failed(&error))?;
    for row in rows {
        let cells = row.into_iter().map(without_formula);
        writer
            .write_record(cells.map(Cow::into_owned))
            .map_err(|error| failed(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(&error))?;
    String::from_utf8(bytes).map_err(|error| failed(&error))
}

/// A text that a spreadsheet would take for a formula gets an apostrophe, as recommended by OWASP's "CSV Injection".
fn without_formula(cell: &str) -> Cow<'_, str> {
    let starts_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if starts_formula && cell.parse::<f64>().is_err() {
        return Cow::Owned(format!("'{cell}"));
    }
    Cow::Borrowed(cell)
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

    #[test]
    fn no_cell_starts_a_formula() {
        let columns = ["=HYPERLINK(1)".to_owned(), "-lr".to_owned()];
        let text = table(&columns, [["@sum", "-1.5e-3"], ["+cmd|'/c'!A1", "-inf"]]).unwrap();
        assert_eq!(
            text,
            "'=HYPERLINK(1),'-lr\n'@sum,-1.5e-3\n'+cmd|'/c'!A1,-inf\n"
        );
    }
}
