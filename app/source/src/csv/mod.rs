//! Tables of comma-, tab- or semicolon-separated values with a header.

mod cells;
mod counters;
mod decimal_marks;
mod first_column;
mod format;
mod layout;
mod older_header;
mod outer_counter;
mod parser;
mod quoted_lines;
mod results;
mod short_rows;
mod table;

pub(crate) use cells::{delimiter_of, split_cells};
pub(crate) use format::CSV;
