//! Arrow's columns as cells.

use std::path::Path;

use arrow_array::{
    Array, ArrayRef, Decimal128Array, FixedSizeListArray, Float32Array, Float64Array,
    GenericListArray, GenericStringArray, Int8Array, Int16Array, Int32Array, Int64Array,
    OffsetSizeTrait, RecordBatch, StringViewArray, UInt8Array, UInt16Array, UInt32Array,
    UInt64Array, cast::AsArray as _,
};
use arrow_schema::DataType;
use trainscape_source::catalog::{Answer, Cells};

/// The rows of a batch; the error says what of it is no cell of a catalog.
pub(crate) fn answer(place: &Path, batch: &RecordBatch) -> Result<Answer, String> {
    let schema = batch.schema();
    let mut columns = Vec::with_capacity(batch.num_columns());
    for (field, column) in schema.fields().iter().zip(batch.columns()) {
        let cells = cells(column).ok_or_else(|| {
            format!(
                "column `{}` is of the type {}",
                field.name(),
                field.data_type()
            )
        })?;
        columns.push((field.name().clone(), cells));
    }
    let bytes = batch.get_array_memory_size() as u64;
    Ok(Answer::new(place, batch.num_rows(), bytes, columns))
}

/// The cells of an array, or of a list of numbers.
macro_rules! each {
    ($array:expr, $kind:ty, $into:expr) => {{
        let array: &$kind = $array.as_any().downcast_ref()?;
        array.iter().map(|cell| cell.map($into)).collect()
    }};
}

fn cells(array: &ArrayRef) -> Option<Cells> {
    Some(match array.data_type() {
        DataType::Null => Cells::Nothing,
        DataType::Utf8 => Cells::Texts(each!(array, GenericStringArray<i32>, str::to_owned)),
        DataType::LargeUtf8 => Cells::Texts(each!(array, GenericStringArray<i64>, str::to_owned)),
        DataType::Utf8View => Cells::Texts(each!(array, StringViewArray, str::to_owned)),
        DataType::Dictionary(_, values) if values.is_string() => {
            Cells::Texts(of_dictionary(array)?)
        }
        DataType::Int8 => Cells::Whole(each!(array, Int8Array, i64::from)),
        DataType::Int16 => Cells::Whole(each!(array, Int16Array, i64::from)),
        DataType::Int32 => Cells::Whole(each!(array, Int32Array, i64::from)),
        DataType::Int64 => Cells::Whole(each!(array, Int64Array, i64::from)),
        DataType::UInt8 => Cells::Whole(each!(array, UInt8Array, i64::from)),
        DataType::UInt16 => Cells::Whole(each!(array, UInt16Array, i64::from)),
        DataType::UInt32 => Cells::Whole(each!(array, UInt32Array, i64::from)),
        DataType::UInt64 => Cells::Whole(of_unsigned(array)?),
        // Snowflake and sums of DuckDB have no other whole numbers.
        DataType::Decimal128(_, 0) => Cells::Whole(of_decimals(array)?),
        DataType::Float32 => Cells::Numbers(each!(array, Float32Array, f64::from)),
        DataType::Float64 => Cells::Numbers(each!(array, Float64Array, f64::from)),
        DataType::List(_) => Cells::Lists(of_lists::<i32>(array)?),
        DataType::LargeList(_) => Cells::Lists(of_lists::<i64>(array)?),
        DataType::FixedSizeList(..) => {
            let lists: &FixedSizeListArray = array.as_any().downcast_ref()?;
            let lists = lists.iter().map(|list| numbers(&list?));
            Cells::Lists(lists.collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

fn of_dictionary(array: &ArrayRef) -> Option<Vec<Option<String>>> {
    let dictionary = array.as_any_dictionary_opt()?;
    let Cells::Texts(values) = cells(dictionary.values())? else {
        return None;
    };
    let keys = dictionary.normalized_keys();
    let texts = keys.into_iter().enumerate().map(|(at, key)| {
        let is_text = !dictionary.is_null(at);
        is_text.then(|| values.get(key)?.clone()).flatten()
    });
    Some(texts.collect())
}

fn of_unsigned(array: &ArrayRef) -> Option<Vec<Option<i64>>> {
    let array: &UInt64Array = array.as_any().downcast_ref()?;
    let cells = array.iter().map(|cell| match cell {
        Some(cell) => i64::try_from(cell).ok().map(Some),
        None => Some(None),
    });
    cells.collect()
}

fn of_decimals(array: &ArrayRef) -> Option<Vec<Option<i64>>> {
    let array: &Decimal128Array = array.as_any().downcast_ref()?;
    let cells = array.iter().map(|cell| match cell {
        Some(cell) => i64::try_from(cell).ok().map(Some),
        None => Some(None),
    });
    cells.collect()
}

fn of_lists<O: OffsetSizeTrait>(array: &ArrayRef) -> Option<Vec<Box<[f64]>>> {
    let lists: &GenericListArray<O> = array.as_any().downcast_ref()?;
    lists.iter().map(|list| numbers(&list?)).collect()
}

fn numbers(array: &ArrayRef) -> Option<Box<[f64]>> {
    match cells(array)? {
        Cells::Numbers(cells) => cells.into_iter().collect(),
        _ => None,
    }
}
