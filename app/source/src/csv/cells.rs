//! Splitting the lines of a table into cells.

use std::cell::RefCell;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use crate::columns::step_rank;

thread_local! {
    /// Readers of lines with quotation marks, by delimiter. To make one takes longer than to read a line with it, and a clone
    /// of one does not read the same.
    static READERS: RefCell<Vec<(u8, Reader)>> = const { RefCell::new(Vec::new()) };
}

/// The delimiter of a header: the first of tab, semicolon and comma that it contains; a space where it has none of these and its
/// names stand in columns of a fixed width, or behind the name of a counter.
pub(crate) fn delimiter_of(header: &[u8]) -> u8 {
    let holds = |byte| memchr::memchr(byte, header).is_some();
    match () {
        () if holds(b'\t') => b'\t',
        () if holds(b';') && !holds(b',') => b';',
        () if !holds(b',') && is_of_words(header.trim_ascii()) => b' ',
        () => b',',
    }
}

/// Whether a line is names with spaces between them, rather than one name of several words.
fn is_of_words(line: &[u8]) -> bool {
    let mut words = line.split(u8::is_ascii_whitespace);
    let is_counter = |word: &[u8]| std::str::from_utf8(word).is_ok_and(|word| step_rank(word) > 0);
    let are_names = |line: &[u8]| {
        let mut words = line
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty());
        words.all(|word| {
            word[0].is_ascii_alphabetic() && !word.contains(&b':') && !word.contains(&b'=')
        })
    };
    let is_wide = memchr::memmem::find(line, b"  ").is_some();
    memchr::memchr(b' ', line).is_some()
        && (is_wide || words.next().is_some_and(is_counter))
        && are_names(line)
}

/// True for the texts that table writers use for a missing value.
pub(super) fn is_missing(cell: &[u8]) -> bool {
    matches!(
        cell,
        b"null" | b"None" | b"NA" | b"N/A" | b"<NA>" | b"-" | b"none" | b"NULL"
    )
}

/// The cells of a line, trimmed and without quotation marks.
pub(crate) fn split_cells(line: &[u8], delimiter: u8) -> Vec<String> {
    let mut names = Vec::new();
    each_cell(line, delimiter, &mut names);
    names
}

/// Calls `visitor` with each cell of a line, without the quotation marks around it. The cells before
/// the first quotation mark are visited again once it is found.
pub(super) fn each_cell(line: &[u8], delimiter: u8, visitor: &mut impl CellVisitor) {
    if delimiter == b' ' {
        let words = line.split(u8::is_ascii_whitespace);
        return words
            .filter(|word| !word.is_empty())
            .for_each(|word| visitor.cell(word));
    }
    let mut start = 0;
    for end in memchr::memchr2_iter(delimiter, b'"', line) {
        if line[end] == b'"' {
            visitor.start_over();
            return each_quoted_cell(line, delimiter, visitor);
        }
        visitor.cell(&line[start..end]);
        start = end + 1;
    }
    visitor.cell(&line[start..]);
}

/// Takes the cells of a line.
pub(super) trait CellVisitor {
    fn cell(&mut self, cell: &[u8]);
    /// Discards the cells so far: all cells of the line follow again.
    fn start_over(&mut self);
}

impl CellVisitor for Vec<String> {
    fn cell(&mut self, cell: &[u8]) {
        self.push(String::from_utf8_lossy(cell.trim_ascii()).into_owned());
    }

    fn start_over(&mut self) {
        self.clear();
    }
}

fn each_quoted_cell(line: &[u8], delimiter: u8, visitor: &mut impl CellVisitor) {
    let (cells, ends) = READERS.with_borrow_mut(|readers| {
        let known = readers.iter().position(|(known, _)| *known == delimiter);
        let at = known.unwrap_or_else(|| {
            let reader = ReaderBuilder::new().delimiter(delimiter).build();
            readers.push((delimiter, reader));
            readers.len() - 1
        });
        read_quoted(line, &mut readers[at].1)
    });
    let mut start = 0;
    for end in ends {
        visitor.cell(&cells[start..end]);
        start = end;
    }
}

/// The content of all cells of a line, and where each ends.
fn read_quoted(line: &[u8], reader: &mut Reader) -> (Vec<u8>, Vec<usize>) {
    reader.reset();
    let mut cells = vec![0; line.len() + 1];
    let mut ends = vec![0; line.len() + 2];
    let (mut input, mut written, mut ended) = (line, 0, 0);
    loop {
        let (result, read, wrote, closed) =
            reader.read_record(input, &mut cells[written..], &mut ends[ended..]);
        input = &input[read..];
        written += wrote;
        ended += closed;
        // After the whole input, an empty one ends the record.
        if result != ReadRecordResult::InputEmpty {
            break;
        }
    }
    ends.truncate(ended);
    (cells, ends)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    /// A reader that is made for each line takes twelve microseconds a line, five seconds for these.
    #[test]
    fn lines_with_quotation_marks_are_split_in_little_time() {
        let begun = Instant::now();
        for _ in 0..400_000 {
            let mut cells = Vec::new();
            each_cell(b"1,\"\"\"\"\"", b',', &mut cells);
            assert_eq!(cells, ["1", "\"\""]);
        }
        let taken = begun.elapsed();
        assert!(taken < Duration::from_millis(2500), "{taken:?}");
    }

    #[test]
    fn every_delimiter_separates_cells_in_quotation_marks() {
        for delimiter in ['\t', ';', ',', '|'] {
            let line = format!("\"a{delimiter}b\"{delimiter}\"c\"\"d\"");
            let cells = split_cells(line.as_bytes(), delimiter as u8);
            assert_eq!(cells, [format!("a{delimiter}b"), "c\"d".to_owned()]);
        }
    }
}
