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

/// Rows of a piece: more do not fit into the largest message with a whole number in each.
const MOST_ROWS: usize = 2 << 20;

/// Bytes of texts that a column of a piece may become: a dictionary repeats its own, and the largest message has fewer.
const MOST_TEXT: usize = 128 << 20;

/// The rows of a batch; the error says what of it is no cell of a catalog.
pub(crate) fn answer(place: &Path, batch: &RecordBatch) -> Result<Answer, String> {
    // Columns without values have any number of rows in no bytes.
    if batch.num_rows() > MOST_ROWS {
        return Err(format!(
            "a piece of the answer has {} rows",
            batch.num_rows()
        ));
    }
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
    if values.is_empty() {
        return Some(vec![None; array.len()]);
    }
    let keys = dictionary.normalized_keys();
    let len = |key: &usize| {
        values
            .get(*key)
            .and_then(Option::as_ref)
            .map_or(0, String::len)
    };
    let repeated: usize = keys.iter().map(len).sum();
    if repeated > MOST_TEXT {
        return None;
    }
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{DictionaryArray, NullArray, StringArray, types::Int8Type};

    use super::*;

    fn refusal(column: ArrayRef) -> String {
        let batch = RecordBatch::try_from_iter([("config", column)]).unwrap();
        answer(Path::new("flightsql://host/c"), &batch).unwrap_err()
    }

    #[test]
    fn a_small_message_becomes_no_large_table() {
        let rows = refusal(Arc::new(NullArray::new(1 << 40)));
        assert!(rows.contains("rows"), "{rows}");
        let text = StringArray::from(vec!["x".repeat(MOST_TEXT / 1000)]);
        let keys = Int8Array::from(vec![0; 1001]);
        let column = DictionaryArray::<Int8Type>::new(keys, Arc::new(text));
        let kind = refusal(Arc::new(column));
        assert!(kind.contains("config"), "{kind}");
    }

    #[test]
    fn a_dictionary_may_be_empty() {
        let keys = Int8Array::from(vec![None, None]);
        let column = DictionaryArray::<Int8Type>::new(keys, Arc::new(StringArray::new_null(0)));
        let column: ArrayRef = Arc::new(column);
        assert!(matches!(cells(&column), Some(Cells::Texts(texts)) if texts == [None, None]));
    }
}
