//! The header of a part of a rotated table that begins with a row: its writer went on below the header of an older part.

use std::path::Path;

use super::{
    cells::{delimiter_of, split_cells},
    layout::header_of,
};
use crate::{encoding::decode_start, limits, regular_file, rotation::older_parts};

/// The header of the nearest older part beside the table at `path`, if the first line of that is a row below it.
pub(super) fn older_header(path: &Path, first: &[u8]) -> Option<Vec<u8>> {
    let is_number = |cell: &String| fast_float2::parse::<f64, _>(cell.as_bytes()).is_ok();
    let is_row = |cells: &[String]| {
        cells.len() > 1
            && cells.iter().any(is_number)
            && cells.iter().all(|cell| cell.is_empty() || is_number(cell))
    };
    if !is_row(&split_cells(first.trim_ascii(), delimiter_of(first))) {
        return None;
    }
    let first_lines = |part: &Path| {
        let file = regular_file::open(part).ok()?;
        let text = decode_start(file, limits::LONG_TABLE_HEADER.bytes as usize);
        Some(header_of(&text)?.to_vec())
    };
    older_parts(path)
        .filter_map(|part| first_lines(&part))
        .find(|line| {
            let delimiter = delimiter_of(line);
            let cells = split_cells(line, delimiter);
            let is_below = || split_cells(first.trim_ascii(), delimiter).len() == cells.len();
            !cells.iter().any(is_number) && is_below()
        })
}
