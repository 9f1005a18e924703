//! Some rows of a catalog's table, wherever they come from.

use std::path::Path;

use parquet::data_type::ByteArray;

use super::error::CatalogError;

/// Some rows of a table: of a file, or of an engine's answer.
pub(super) trait Table {
    /// What the table is called in messages.
    fn place(&self) -> &Path;

    /// The number of rows.
    fn rows(&self) -> usize;

    /// The cells of a column of texts.
    fn texts(&self, name: &'static str) -> Result<Vec<Option<ByteArray>>, CatalogError>;

    /// The cells of a column of whole numbers.
    fn whole_numbers(&self, name: &'static str) -> Result<Vec<Option<i64>>, CatalogError>;

    /// The cells of a column of numbers.
    fn numbers(&self, name: &'static str) -> Result<Vec<Option<f64>>, CatalogError>;

    /// The cells of a column of lists of numbers.
    fn lists(&self, name: &'static str) -> Result<Vec<Box<[f64]>>, CatalogError>;

    /// The error of a column that is not there, or of another type.
    fn missing(&self, column: &'static str) -> CatalogError {
        CatalogError::Column {
            path: self.place().to_owned(),
            column,
        }
    }
}
