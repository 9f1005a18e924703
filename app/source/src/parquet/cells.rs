//! Reading one column, whatever type its numbers have.

use half::f16;
use parquet::{
    basic::{ConvertedType, LogicalType, TimeUnit, Type},
    column::reader::{ColumnReader, ColumnReaderImpl},
    data_type::DataType,
    errors::ParquetError,
    schema::types::ColumnDescriptor,
};

/// Rows that are decoded at a time.
const BATCH: usize = 8192;

/// What the cells of a column are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum CellKind {
    Number(NumberKind),
    /// A time, in this fraction of a second since 1970.
    Time(f64),
    Text,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum NumberKind {
    Signed,
    Unsigned,
    Float,
    Half,
    /// A whole number in units of a power of ten.
    Decimal(i32),
}

/// A number of a cell; whole numbers keep all their digits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Int(i64),
    Float(f64),
}

impl Number {
    pub(super) fn as_f64(self) -> f64 {
        match self {
            Self::Int(value) => value as f64,
            Self::Float(value) => value,
        }
    }
}

/// The kind of a column's cells; `None` if it holds neither numbers nor texts, or several in a row.
pub(super) fn kind(column: &ColumnDescriptor) -> Option<CellKind> {
    if column.max_rep_level() > 0 {
        return None;
    }
    if let Some(logical) = column.logical_type_ref() {
        let kind = match logical {
            LogicalType::Integer(kind) if kind.is_signed => NumberKind::Signed,
            LogicalType::Integer(_) => NumberKind::Unsigned,
            LogicalType::Decimal(kind) => NumberKind::Decimal(kind.scale),
            LogicalType::Float16 => NumberKind::Half,
            LogicalType::Timestamp(kind) => return Some(CellKind::Time(per_sec(&kind.unit))),
            LogicalType::String => return Some(CellKind::Text),
            _ => return None,
        };
        return Some(CellKind::Number(kind));
    }
    match column.converted_type() {
        ConvertedType::NONE => {}
        ConvertedType::UTF8 => return Some(CellKind::Text),
        ConvertedType::DECIMAL => {
            return Some(CellKind::Number(NumberKind::Decimal(column.type_scale())));
        }
        ConvertedType::TIMESTAMP_MILLIS => return Some(CellKind::Time(1e3)),
        ConvertedType::TIMESTAMP_MICROS => return Some(CellKind::Time(1e6)),
        ConvertedType::INT_8
        | ConvertedType::INT_16
        | ConvertedType::INT_32
        | ConvertedType::INT_64 => return Some(CellKind::Number(NumberKind::Signed)),
        ConvertedType::UINT_8
        | ConvertedType::UINT_16
        | ConvertedType::UINT_32
        | ConvertedType::UINT_64 => return Some(CellKind::Number(NumberKind::Unsigned)),
        _ => return None,
    }
    match column.physical_type() {
        Type::INT32 | Type::INT64 => Some(CellKind::Number(NumberKind::Signed)),
        Type::FLOAT | Type::DOUBLE => Some(CellKind::Number(NumberKind::Float)),
        Type::INT96 => Some(CellKind::Time(1e3)),
        _ => None,
    }
}

fn per_sec(unit: &TimeUnit) -> f64 {
    match unit {
        TimeUnit::MILLIS => 1e3,
        TimeUnit::MICROS => 1e6,
        TimeUnit::NANOS => 1e9,
    }
}

/// A cell that is not empty.
pub(super) enum Cell<'a> {
    Number(Number),
    Text(&'a [u8]),
}

/// The cells of one column of a row group, from the first row on.
pub(super) struct Column {
    reader: ColumnReader,
    kind: CellKind,
    /// The definition level of a cell that is not empty.
    full: i16,
}

impl Column {
    pub(super) fn new(reader: ColumnReader, kind: CellKind, column: &ColumnDescriptor) -> Self {
        Self {
            reader,
            kind,
            full: column.max_def_level(),
        }
    }

    /// Visits the next `rows` rows; those with an empty cell are left out. Returns the number of rows.
    pub(super) fn read(
        &mut self,
        rows: usize,
        mut visit: impl FnMut(usize, Cell<'_>),
    ) -> Result<usize, ParquetError> {
        let (kind, full) = (self.kind, self.full);
        let mut number = |row: usize, number: Number| visit(row, Cell::Number(number));
        match &mut self.reader {
            ColumnReader::Int32ColumnReader(reader) => each(reader, full, rows, |row, &value| {
                let unsigned = i64::from(value as u32);
                number(row, whole(kind, i64::from(value), Some(unsigned)));
            }),
            ColumnReader::Int64ColumnReader(reader) => each(reader, full, rows, |row, &value| {
                let unsigned = (value >= 0).then_some(value);
                number(row, whole(kind, value, unsigned));
            }),
            ColumnReader::FloatColumnReader(reader) => each(reader, full, rows, |row, &value| {
                number(row, Number::Float(f64::from(value)));
            }),
            ColumnReader::DoubleColumnReader(reader) => each(reader, full, rows, |row, &value| {
                number(row, Number::Float(value));
            }),
            ColumnReader::Int96ColumnReader(reader) => each(reader, full, rows, |row, value| {
                number(row, Number::Int(value.to_millis()));
            }),
            ColumnReader::ByteArrayColumnReader(reader) => {
                each(reader, full, rows, |row, value| {
                    if let Some(cell) = bytes_cell(kind, value.data()) {
                        visit(row, cell);
                    }
                })
            }
            ColumnReader::FixedLenByteArrayColumnReader(reader) => {
                each(reader, full, rows, |row, value| {
                    if let Some(cell) = bytes_cell(kind, value.data()) {
                        visit(row, cell);
                    }
                })
            }
            ColumnReader::BoolColumnReader(_) => Ok(0),
        }
    }
}

fn each<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    full: i16,
    rows: usize,
    mut visit: impl FnMut(usize, &T::T),
) -> Result<usize, ParquetError> {
    let mut read = 0;
    let mut levels: Vec<i16> = Vec::new();
    let mut values: Vec<T::T> = Vec::new();
    while read < rows {
        levels.clear();
        values.clear();
        let wanted = BATCH.min(rows - read);
        let (got, _, _) = reader.read_records(wanted, Some(&mut levels), None, &mut values)?;
        if got == 0 {
            break;
        }
        if full == 0 {
            for (at, value) in values.iter().enumerate() {
                visit(read + at, value);
            }
        } else {
            let full_rows = levels
                .iter()
                .enumerate()
                .filter(|(_, level)| **level == full);
            for ((at, _), value) in full_rows.zip(&values) {
                visit(read + at, value);
            }
        }
        read += got;
    }
    Ok(read)
}

/// A number that is stored as a whole one. `unsigned` is it without a sign, if that fits.
fn whole(kind: CellKind, value: i64, unsigned: Option<i64>) -> Number {
    match kind {
        CellKind::Number(NumberKind::Unsigned) => match unsigned {
            Some(value) => Number::Int(value),
            None => Number::Float(value as u64 as f64),
        },
        CellKind::Number(NumberKind::Decimal(scale)) => decimal(i128::from(value), scale),
        _ => Number::Int(value),
    }
}

fn bytes_cell(kind: CellKind, bytes: &[u8]) -> Option<Cell<'_>> {
    match kind {
        CellKind::Text => Some(Cell::Text(bytes)),
        CellKind::Number(NumberKind::Half) => {
            let value = f16::from_le_bytes(bytes.try_into().ok()?);
            Some(Cell::Number(Number::Float(value.to_f64())))
        }
        CellKind::Number(NumberKind::Decimal(scale)) => {
            // Big-endian two's complement.
            if bytes.is_empty() || bytes.len() > 16 {
                return None;
            }
            let sign = if bytes[0] & 0x80 == 0 { 0 } else { -1_i128 };
            let unscaled = bytes
                .iter()
                .fold(sign, |value, &byte| (value << 8) | i128::from(byte));
            Some(Cell::Number(decimal(unscaled, scale)))
        }
        _ => None,
    }
}

/// A whole number of units of `10^-scale`.
fn decimal(unscaled: i128, scale: i32) -> Number {
    let unit = u32::try_from(scale)
        .ok()
        .and_then(|scale| 10_i128.checked_pow(scale));
    match unit {
        Some(unit) if unscaled % unit == 0 => match i64::try_from(unscaled / unit) {
            Ok(value) => Number::Int(value),
            Err(_) => Number::Float((unscaled / unit) as f64),
        },
        // Python's `float(Decimal)` rounds the decimal number once.
        Some(_) => format!("{unscaled}e-{scale}")
            .parse()
            .map_or(Number::Float(f64::NAN), Number::Float),
        None => Number::Float(unscaled as f64 * 10_f64.powi(-scale)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        assert_eq!(decimal(12_000_000, 6), Number::Int(12));
        assert_eq!(decimal(-1_500_000, 6), Number::Float(-1.5));
        assert_eq!(decimal(1, 1), Number::Float(0.1));
        let kind = CellKind::Number(NumberKind::Decimal(2));
        let Some(Cell::Number(number)) = bytes_cell(kind, &[0xff, 0x9c]) else {
            panic!("a number")
        };
        assert_eq!(number, Number::Int(-1));
    }

    #[test]
    fn unsigned_numbers_have_no_sign() {
        let kind = CellKind::Number(NumberKind::Unsigned);
        assert_eq!(
            whole(kind, -1, Some(4_294_967_295)),
            Number::Int(4_294_967_295)
        );
        assert_eq!(
            whole(kind, -1, None),
            Number::Float(18_446_744_073_709_551_615.0)
        );
    }
}
