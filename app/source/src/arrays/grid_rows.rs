//! A landscape as a table of x, y and values: one row for each point of a grid, with or without a header.

use std::{path::Path, sync::Arc};

use trainscape_run::{Dtype, ElementBytes, Storage, TensorError};

use super::{
    contents::{ArrayEntry, Contents, stem},
    format::ArrayFormat,
    number_table::{lines, numbers},
};
use crate::{csv::delimiter_of, limits, regular_file, sample::Sample, stamp::Stamp};

/// Largest table: its grid is held in memory.
const MAX_BYTES: u64 = limits::GRID_ROWS.bytes;

/// Columns at most: coordinates and several values.
const MAX_COLUMNS: usize = 16;

/// Points along each axis of a grid at least: fewer may be coincidence where no header names the columns.
const MIN_POINTS: usize = 3;

/// Share of the range below which two coordinates are the same.
const SAME: f64 = 1e-9;

const X_NAMES: &[&str] = &[
    "x",
    "alpha",
    "a",
    "u",
    "w1",
    "d1",
    "dx",
    "theta0",
    "theta_0",
    "direction_x",
    "xcoord",
    "x_coord",
    "xcoordinate",
    "xcoordinates",
    "x_coordinate",
    "dir1",
    "dir_1",
    "direction1",
    "direction_1",
];
const Y_NAMES: &[&str] = &[
    "y",
    "beta",
    "b",
    "v",
    "w2",
    "d2",
    "dy",
    "theta1",
    "theta_1",
    "direction_y",
    "ycoord",
    "y_coord",
    "ycoordinate",
    "ycoordinates",
    "y_coordinate",
    "dir2",
    "dir_2",
    "direction2",
    "direction_2",
];

/// Words in the names of values of a landscape.
const VALUE_WORDS: &[&str] = &["loss", "landscape", "error", "acc", "nll", "perplexity"];

/// A landscape as rows of x, y and values.
pub(crate) static GRID_ROWS: GridRows = GridRows;

#[derive(Debug)]
pub(crate) struct GridRows;

impl ArrayFormat for GridRows {
    fn name(&self) -> &'static str {
        "grid-rows"
    }

    fn title(&self) -> &'static str {
        "rows of x, y, loss"
    }

    fn endings(&self) -> &'static [&'static str] {
        &[]
    }

    fn matches(&self, sample: &Sample<'_>) -> bool {
        let is_table = matches!(sample.extension(), "csv" | "tsv" | "txt");
        is_table && is_landscape(sample.text(), sample.is_whole())
    }

    fn open(&self, path: &Path, stamp: Stamp) -> Result<Contents, String> {
        open(path, stamp)
    }
}

/// Names of the columns, and their values.
struct Table {
    /// `None` without a header.
    names: Option<Vec<String>>,
    columns: Vec<Vec<f64>>,
}

/// Where x and y are, and the columns of values.
struct Columns {
    x: usize,
    y: usize,
    values: Vec<usize>,
}

impl Table {
    /// `None` if the text is not a table of few columns.
    fn parse(text: &[u8], is_whole: bool) -> Option<Self> {
        let whole = match is_whole {
            true => text,
            false => &text[..memchr::memrchr(b'\n', text)?],
        };
        let mut names = None;
        let mut columns: Vec<Vec<f64>> = Vec::new();
        let mut delimiter = b',';
        for (index, (_, line)) in lines(whole).enumerate() {
            if index == 0 {
                delimiter = delimiter_of(line);
                let cells = line.split(|&byte| byte == delimiter).count();
                if !(3..=MAX_COLUMNS).contains(&cells) {
                    return None;
                }
            }
            let Some(row) = numbers(line, delimiter) else {
                if index > 0 {
                    return None;
                }
                let cells = String::from_utf8_lossy(line).to_lowercase();
                let cells = cells.split(char::from(delimiter));
                names = Some(
                    cells
                        .map(|name| name.trim_matches(['"', ' ']).to_owned())
                        .collect(),
                );
                continue;
            };
            if columns.is_empty() {
                columns = vec![Vec::new(); row.len()];
            }
            if row.len() != columns.len() {
                return None;
            }
            for (column, value) in columns.iter_mut().zip(row) {
                column.push(value);
            }
        }
        let fits = |names: &Vec<String>| names.len() == columns.len();
        (names.as_ref().is_none_or(fits) && !columns.is_empty()).then_some(Self { names, columns })
    }

    /// The coordinates by their names; without a header, the first two of three columns.
    fn columns(&self) -> Option<Columns> {
        let Some(names) = &self.names else {
            return (self.columns.len() == 3).then_some(Columns {
                x: 0,
                y: 1,
                values: vec![2],
            });
        };
        let find = |known: &[&str]| names.iter().position(|name| known.contains(&name.as_str()));
        let (x, y) = (find(X_NAMES)?, find(Y_NAMES)?);
        let values = (0..names.len()).filter(|column| ![x, y].contains(column));
        Some(Columns {
            x,
            y,
            values: values.collect(),
        })
    }

    /// True if the header names x, y and a value of a landscape.
    fn names_a_landscape(&self) -> bool {
        let names = || self.names.iter().flatten();
        let is_coordinate =
            |name: &String| matches!(name.as_str(), "x" | "alpha") || name.contains("coord");
        let is_value = |name: &String| VALUE_WORDS.iter().any(|word| name.contains(word));
        names().any(is_coordinate) && names().any(is_value)
    }
}

/// True if a file that begins with `head` is a landscape.
fn is_landscape(head: &[u8], is_whole: bool) -> bool {
    let Some(table) = Table::parse(head, is_whole) else {
        return false;
    };
    let Some(columns) = table.columns() else {
        return false;
    };
    if table.names_a_landscape() {
        return true;
    }
    let (x, y) = (&table.columns[columns.x], &table.columns[columns.y]);
    if is_whole {
        return Grid::find(x, y).is_some_and(|grid| grid.is_certain());
    }
    // Of a grid's first rows, one coordinate has few values and the other at most a row's.
    match (distinct(x), distinct(y)) {
        (Some(xs), Some(ys)) => {
            let (across, down) = (xs.len(), ys.len());
            across.max(down) >= MIN_POINTS
                && across * down >= x.len()
                && 2 * (across + down) <= x.len()
        }
        _ => false,
    }
}

/// The grid that points are on.
#[derive(Debug)]
struct Grid {
    x: Vec<f64>,
    y: Vec<f64>,
    /// The row of the table for each cell, x fastest.
    rows: Vec<usize>,
}

impl Grid {
    /// `None` unless there is one point for each pair of coordinates.
    fn find(x: &[f64], y: &[f64]) -> Option<Self> {
        let (xs, ys) = (distinct(x)?, distinct(y)?);
        if xs.len() < 2 || ys.len() < 2 || xs.len().checked_mul(ys.len()) != Some(x.len()) {
            return None;
        }
        let mut rows = vec![usize::MAX; x.len()];
        for (row, (x, y)) in x.iter().zip(y).enumerate() {
            let cell = &mut rows[nearest(&ys, *y) * xs.len() + nearest(&xs, *x)];
            if *cell != usize::MAX {
                return None;
            }
            *cell = row;
        }
        Some(Self { x: xs, y: ys, rows })
    }

    fn is_certain(&self) -> bool {
        self.x.len() >= MIN_POINTS && self.y.len() >= MIN_POINTS
    }
}

/// The different coordinates in ascending order; `None` if one is missing.
fn distinct(coordinates: &[f64]) -> Option<Vec<f64>> {
    let mut sorted = coordinates.to_vec();
    if sorted.iter().any(|value| !value.is_finite()) {
        return None;
    }
    sorted.sort_by(f64::total_cmp);
    let same = (sorted.last()? - sorted.first()?) * SAME;
    sorted.dedup_by(|next, kept| *next - *kept <= same);
    Some(sorted)
}

fn nearest(sorted: &[f64], value: f64) -> usize {
    let after = sorted.partition_point(|&known| known < value);
    let is_closer = |index: usize| {
        index < sorted.len()
            && (index == 0 || (sorted[index] - value).abs() < (sorted[index - 1] - value).abs())
    };
    if is_closer(after) { after } else { after - 1 }
}

fn open(path: &Path, stamp: Stamp) -> Result<Contents, String> {
    if stamp.len > MAX_BYTES {
        return Err(format!(
            "is a table of {} bytes: save the landscape as an array (npy)",
            stamp.len
        ));
    }
    let content = regular_file::read(path).map_err(|error| format!("cannot be read: {error}"))?;
    let table = Table::parse(&content, true).ok_or("is not a table of x, y and values")?;
    let columns = table.columns().ok_or("is not a table of x, y and values")?;
    let (x, y) = (&table.columns[columns.x], &table.columns[columns.y]);
    let grid = Grid::find(x, y).ok_or_else(|| {
        format!(
            "contains {} rows of x, y and values that are not a complete grid (each x with each y once): \
             write the missing rows, or save the values as a matrix",
            x.len()
        )
    })?;
    let mut contents = Contents::default();
    for &column in &columns.values {
        let name = match &table.names {
            Some(names) => names[column].clone(),
            None => stem(path),
        };
        let values = &table.columns[column];
        let in_order: Vec<f64> = grid.rows.iter().map(|&row| values[row]).collect();
        let shape = [grid.y.len(), grid.x.len()];
        contents.entries.push(entry(name, &shape, &in_order));
    }
    let is_alpha = table
        .names
        .as_ref()
        .is_some_and(|names| names[columns.x] == "alpha");
    let [x_key, y_key] = if is_alpha {
        ["alpha", "beta"]
    } else {
        ["x", "y"]
    };
    for (key, coordinates) in [(x_key, &grid.x), (y_key, &grid.y)] {
        let shape = [coordinates.len()];
        contents
            .entries
            .push(entry(key.to_owned(), &shape, coordinates));
    }
    Ok(contents)
}

fn entry(key: String, shape: &[usize], values: &[f64]) -> ArrayEntry {
    let bytes = values.iter().flat_map(|value| value.to_le_bytes());
    ArrayEntry {
        key: key.into(),
        shape: shape.into(),
        dtype: Dtype::F64,
        storage: Storage {
            bytes: Arc::new(Held(bytes.collect())),
            fortran_order: false,
            big_endian: false,
        },
    }
}

/// Elements in memory.
#[derive(Debug)]
struct Held(Box<[u8]>);

impl ElementBytes for Held {
    fn bytes(&self) -> Result<&[u8], TensorError> {
        Ok(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn rows(across: usize, down: usize) -> String {
        let mut text = String::new();
        for row in 0..down {
            for column in 0..across {
                let (x, y) = (column as f64 * 0.1 - 0.3, row as f64 * 0.2);
                let _ = writeln!(text, "{x},{y},{}", row * 10 + column);
            }
        }
        text
    }

    #[test]
    fn complete_grids_are_landscapes_and_other_points_are_not() {
        assert!(is_landscape(rows(4, 3).as_bytes(), true));
        assert!(!is_landscape(rows(4, 2).as_bytes(), true));
        let incomplete = rows(4, 3).lines().skip(1).collect::<Vec<_>>().join("\n");
        assert!(!is_landscape(incomplete.as_bytes(), true));
        assert!(!is_landscape(b"1,2,3\n4,5,6\n7,8,9\n", true));
        // The first rows of a longer file.
        let long = rows(40, 30);
        assert!(is_landscape(&long.as_bytes()[..long.len() / 2], false));
        assert!(!is_landscape(b"1,2,3\n4,5,6\n7,8,9\n1,", false));
        assert!(is_landscape(b"x,y,train_loss\n0,0,1\n", true));
        assert!(!is_landscape(b"step,y,loss\n0,0,1\n", true));
        assert!(!is_landscape(b"x,y,z\n0,0,1\n", true));
        assert!(!is_landscape(b"a,b,loss\n0,0,1\n", true));
        let named = format!("a,b,loss\n{}", rows(3, 3));
        assert!(is_landscape(named.as_bytes(), true));
    }

    #[test]
    fn rows_in_any_order_fill_the_grid() {
        let grid = Grid::find(&[1.0, 0.0, 1.0, 0.0], &[5.0, 5.0, 4.0, 4.0]).unwrap();
        assert_eq!((grid.x, grid.y), (vec![0.0, 1.0], vec![4.0, 5.0]));
        assert_eq!(grid.rows, [3, 2, 1, 0]);
        assert!(Grid::find(&[1.0, 0.0, 1.0, 1.0], &[5.0, 5.0, 4.0, 4.0]).is_none());
        assert!(Grid::find(&[1.0, f64::NAN], &[5.0, 5.0]).is_none());
        // Rounding of coordinates.
        let third = 1.0 / 3.0;
        let rounded = third + 1e-16 * 2.0;
        assert!(Grid::find(&[0.0, third, 0.0, rounded], &[0.0, 0.0, 1.0, 1.0]).is_some());
    }
}
