//! Splitting the lines of a table into cells.

/// The delimiter of a header: the first of tab, semicolon and comma that it contains.
pub(crate) fn delimiter_of(header: &[u8]) -> u8 {
    let holds = |byte| memchr::memchr(byte, header).is_some();
    match () {
        () if holds(b'\t') => b'\t',
        () if holds(b';') && !holds(b',') => b';',
        () => b',',
    }
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
    let mut reader = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
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
        if result != csv_core::ReadRecordResult::InputEmpty {
            break;
        }
    }
    let mut start = 0;
    for &end in &ends[..ended] {
        visitor.cell(&cells[start..end]);
        start = end;
    }
}
