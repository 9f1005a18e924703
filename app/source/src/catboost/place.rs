//! The files of a training and what their names say.

use std::path::Path;

/// Ends the names of the tables.
const TABLE: &str = "_error.tsv";
/// The passed and remaining time in milliseconds.
const TIMES: &str = "time_left.tsv";
/// All of it once more, and what the metrics are.
pub(super) const DESCRIPTION: &str = "catboost_training.json";

/// The data set of a table: `learn`, `test`, or `test1` for the second of several.
pub(super) fn data_set(path: &Path) -> Option<&str> {
    let data_set = path.file_name()?.to_str()?.strip_suffix(TABLE)?;
    is_data_set(data_set).then_some(data_set)
}

fn is_data_set(name: &str) -> bool {
    let number = name.strip_prefix("test").unwrap_or("?");
    name == "learn" || number.bytes().all(|digit| digit.is_ascii_digit())
}

/// True for the tables of metrics and times.
pub(super) fn is_table(path: &Path) -> bool {
    data_set(path).is_some() || path.file_name().is_some_and(|name| name == TIMES)
}

/// True for a file that holds what a table beside it holds: the description, or the TensorBoard events
/// of a data set.
pub(super) fn is_copy(path: &Path) -> bool {
    let (Some(name), Some(folder)) = (
        path.file_name().and_then(|name| name.to_str()),
        path.parent(),
    ) else {
        return false;
    };
    if name == DESCRIPTION {
        return has_tables(folder);
    }
    let of_data_set = folder.file_name().and_then(|name| name.to_str());
    name.starts_with("events.out.tfevents")
        && of_data_set.is_some_and(is_data_set)
        && folder.parent().is_some_and(has_tables)
}

fn has_tables(folder: &Path) -> bool {
    folder.join("learn_error.tsv").is_file() || folder.join("test_error.tsv").is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_named_after_their_data_set() {
        assert_eq!(data_set(Path::new("a/learn_error.tsv")), Some("learn"));
        assert_eq!(data_set(Path::new("a/test1_error.tsv")), Some("test1"));
        for other in ["a/my_error.tsv", "a/testing_error.tsv", "a/error.tsv"] {
            assert_eq!(data_set(Path::new(other)), None, "{other}");
        }
        assert!(is_table(Path::new("time_left.tsv")));
    }
}
