use std::path::Path;

use super::{error::ReadError, input::guarded, table::Table};
use crate::{
    first_rows::FirstRows,
    grouping::{FolderFile, LogFiles, one_run_per_file},
    log_format::{Detection, LogFormat},
    parse::FatalError,
    reader::{Reader, WholeReader},
    sample::Sample,
    statistics::ReadStatistics,
    store::Store,
};

/// Begins and ends every file.
const MAGIC: &[u8] = b"PAR1";

/// Tables in Parquet files.
pub(crate) static PARQUET: Parquet = Parquet;

#[derive(Debug)]
pub(crate) struct Parquet;

impl LogFormat for Parquet {
    fn name(&self) -> &'static str {
        "parquet"
    }

    fn title(&self) -> &'static str {
        "Parquet"
    }

    fn rank(&self) -> u8 {
        26
    }

    fn detect(&self, sample: &Sample<'_>) -> Detection {
        let may_become_one = sample.extension() == "parquet" && sample.is_empty();
        if !sample.head().starts_with(MAGIC) {
            return match may_become_one {
                true => Detection::NotYet,
                false => Detection::No,
            };
        }
        match guarded(|| Table::open(sample.path()), || ReadError::Damaged) {
            Ok(Some(table)) => Detection::Log(FirstRows::of_keys(table.keys())),
            Ok(None) => Detection::No,
            // The columns are only known once the file is whole.
            Err(_) if sample.has_log_name() => Detection::Log(FirstRows::default()),
            Err(_) => Detection::NotYet,
        }
    }

    fn reader(&self, _path: &Path) -> Reader {
        Reader::Whole(Box::new(TableReader { note: None }))
    }

    fn group(&self, _folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
        one_run_per_file(files)
    }
}

#[derive(Debug)]
struct TableReader {
    note: Option<String>,
}

impl WholeReader for TableReader {
    fn read(
        &mut self,
        path: &Path,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> Result<(), FatalError> {
        let read = || {
            let table = Table::open(path)?.ok_or(ReadError::Layout)?;
            table.read(store, statistics)
        };
        let left_out = guarded(read, || ReadError::Damaged);
        let left_out = left_out.map_err(|error| FatalError(error.to_string()))?;
        self.note = match left_out {
            0 => None,
            1 => Some("1 row without a step, a key or a run was left out".to_owned()),
            rows => Some(format!(
                "{rows} rows without a step, a key or a run were left out"
            )),
        };
        Ok(())
    }

    fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }
}
