//! How the columns of a table write decimals: `0.5` or `0,5`.

use super::cells::{CellVisitor, each_cell, is_missing};
use crate::text_number::{DecimalMark, Writing, text_number, writing};

/// Cells of one column, by how their decimals may be written.
#[derive(Clone, Copy, Debug, Default)]
struct Cells {
    /// `1.25`, which has a decimal point.
    with_point: usize,
    /// `0,5`, which has a decimal comma.
    with_comma: usize,
    /// `1.250`: a decimal point, or one that separates thousands.
    dotted: usize,
    /// `1,250`: a decimal comma, or one that separates thousands.
    commaed: usize,
    /// Texts that are no numbers: of a column of remarks, a number in one says nothing.
    texts: usize,
}

impl Cells {
    fn add(&mut self, cell: &[u8]) {
        match writing(cell) {
            Writing::Plain => {
                let cell = cell.trim_ascii();
                let is_number = || text_number(cell, DecimalMark::Point).is_some();
                let is_text = !cell.is_empty() && !is_missing(cell) && !is_number();
                self.texts += usize::from(is_text);
            }
            Writing::Point => self.with_point += 1,
            Writing::Comma => self.with_comma += 1,
            Writing::PointOrThousands => self.dotted += 1,
            Writing::CommaOrThousands => self.commaed += 1,
        }
    }

    /// What the column itself shows. Of a column with both, few cells are typing errors.
    fn own_mark(&self) -> Option<DecimalMark> {
        match (self.with_point, self.with_comma) {
            _ if self.texts > self.with_point + self.with_comma => None,
            (0, 0) => None,
            (_, 0) => Some(DecimalMark::Point),
            (0, comma) if comma + self.commaed >= self.dotted => Some(DecimalMark::Comma),
            (0, _) => Some(DecimalMark::Point),
            (point, comma) if comma > point => Some(DecimalMark::Comma),
            _ => Some(DecimalMark::Point),
        }
    }
}

/// The marks of the columns of a table, by its first rows. What a column does not show is as in the others, where they
/// agree.
pub(super) fn decimal_marks(rows: &[u8], delimiter: u8, columns: usize) -> Vec<DecimalMark> {
    let mut marks = vec![DecimalMark::Point; columns];
    if !may_hold_decimal_commas(rows, delimiter) {
        return marks;
    }
    let mut table = TableCells {
        columns: vec![Cells::default(); columns],
        at: 0,
    };
    let lines = rows.split(|&byte| byte == b'\n' || byte == b'\r');
    for line in lines.filter(|line| !line.is_empty()) {
        table.at = 0;
        each_cell(line, delimiter, &mut table);
    }
    let own: Vec<_> = table.columns.iter().map(Cells::own_mark).collect();
    let has_points = own.contains(&Some(DecimalMark::Point));
    let has_commas = own.contains(&Some(DecimalMark::Comma));
    let other = match (has_points, has_commas) {
        // In a table that is separated by commas, `"1,250"` has separated thousands unless others show that it has not.
        (false, true) => DecimalMark::Comma,
        _ => DecimalMark::Point,
    };
    let are_separated_by_others = !has_points && delimiter == b';';
    for ((mark, own), cells) in marks.iter_mut().zip(own).zip(&table.columns) {
        // Beside a column with points, commas are decimal commas where nothing else says what they are.
        let commas_alone =
            cells.commaed > 0 && cells.dotted == 0 && (has_commas || are_separated_by_others);
        *mark = own.unwrap_or(if commas_alone {
            DecimalMark::Comma
        } else {
            other
        });
    }
    marks
}

/// Whether a comma stands between digits where no cell ends.
fn may_hold_decimal_commas(rows: &[u8], delimiter: u8) -> bool {
    if delimiter == b',' && memchr::memchr(b'"', rows).is_none() {
        return false;
    }
    let is_digit = |at: usize| rows.get(at).is_some_and(u8::is_ascii_digit);
    memchr::memchr_iter(b',', rows).any(|at| at > 0 && is_digit(at - 1) && is_digit(at + 1))
}

struct TableCells {
    columns: Vec<Cells>,
    at: usize,
}

impl CellVisitor for TableCells {
    fn cell(&mut self, cell: &[u8]) {
        if let Some(column) = self.columns.get_mut(self.at) {
            column.add(cell);
        }
        self.at += 1;
    }

    fn start_over(&mut self) {
        self.at = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `p` and `c`, a letter a column.
    fn marks(rows: &str, delimiter: u8, columns: usize) -> String {
        let letter = |mark: &DecimalMark| match mark {
            DecimalMark::Point => 'p',
            DecimalMark::Comma => 'c',
        };
        let marks = decimal_marks(rows.as_bytes(), delimiter, columns);
        marks.iter().map(letter).collect()
    }

    #[test]
    fn columns_show_how_they_are_written() {
        for (rows, expected) in [
            // All ambiguous: what separates cells tells.
            ("1;1,125;2,250\n", "pcc"),
            ("1;1.125;2.250\n", "ppp"),
            ("1;1.234,56;987,5\n2;2.000;5\n", "ccc"),
            // Points in one column, commas in another.
            ("1;1.5;0,9\n2;1.25;0,8\n3;1.125;0,75\n", "ppc"),
            ("1;1.5;1,125\n2;1.25;1,250\n3;1.5;0,5\n", "ppc"),
            // A remark.
            ("1;2.345;3,5\n2;2.123;x\n3;1.999;y\n", "ppp"),
            // Missing values are no remarks.
            ("1;NA;0,5\n2;None;NA\n3;;NA\n", "ccc"),
            // One typing error.
            ("1;1.500;7\n2;1,5;7\n3;1.400;7\n4;1.300;7\n", "ppp"),
        ] {
            assert_eq!(marks(rows, b';', 3), expected, "{rows}");
        }
    }

    #[test]
    fn commas_in_quotation_marks_are_decimal_where_one_shows_it() {
        assert_eq!(marks("1,\"2,345\",\"0,5\"\n", b',', 3), "ccc");
        assert_eq!(marks("1,\"2,345\",\"1,500\"\n", b',', 3), "ppp");
        assert_eq!(marks("1,\"2,345\",0.5\n", b',', 3), "ppp");
        assert_eq!(marks("1\t0,5\t2,345\n", b'\t', 3), "ccc");
    }
}
