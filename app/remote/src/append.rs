//! Bringing what was added to the end of a log.

use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
    sync::atomic::Ordering,
};

use crate::{download::Control, entry::Entry, error::RemoteError, store::Store};

/// Bytes before the new ones that are read again: where they differ, the file was written anew.
const OVERLAP: u64 = 4096;

/// Endings of files that grow at their end.
const GROWING: &[&str] = &[
    "jsonl", "ndjson", "log", "txt", "out", "err", "csv", "tsv", "wandb",
];

/// Whether a file of this name grows at its end.
pub(crate) fn grows(key: &str) -> bool {
    let name = key.rsplit('/').next().unwrap_or_default();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    GROWING.contains(&ending) || name.contains("tfevents") || !name.contains('.')
}

/// How appending has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Appended {
    /// The file has everything.
    Whole,
    /// The beginning of the file is not what is here.
    Different,
}

/// Appends what a file has beyond the `have` bytes that are in `path`. After a failure, what has come is whole up to its
/// end, and stays.
pub(crate) fn append(
    store: &dyn Store,
    file: &Entry,
    path: &Path,
    have: u64,
    control: &Control<'_>,
) -> Result<Appended, RemoteError> {
    let overlap = have.min(OVERLAP);
    let known = end_of(path, have, overlap).map_err(RemoteError::disk(path))?;
    let mut out = OpenOptions::new()
        .append(true)
        .open(path)
        .map_err(RemoteError::disk(path))?;
    let mut compared = 0;
    let mut is_same = true;
    let mut sink = |bytes: &[u8]| {
        if control.stop.load(Ordering::Relaxed) {
            return Err(RemoteError::Stopped);
        }
        let again = bytes.len().min(known.len() - compared);
        is_same &= known[compared..compared + again] == bytes[..again];
        compared += again;
        if !is_same {
            return Err(RemoteError::Stopped);
        }
        let new = &bytes[again..];
        (control.progress)(new.len() as u64);
        out.write_all(new).map_err(RemoteError::disk(path))
    };
    let result = store.read(file, have - overlap..file.version.bytes, &mut sink);
    match result {
        _ if !is_same => Ok(Appended::Different),
        Ok(()) => Ok(Appended::Whole),
        Err(error) => Err(error),
    }
}

fn end_of(path: &Path, len: u64, overlap: u64) -> std::io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(len - overlap))?;
    let mut bytes = Vec::new();
    file.take(overlap).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_logs_of_lines_and_records_grow() {
        for key in [
            "a/metrics.jsonl",
            "events.out.tfevents.1.h.2.0",
            "mlruns/0/1/metrics/loss",
        ] {
            assert!(grows(key), "{key}");
        }
        for key in [
            "a.json",
            "mlflow.db",
            "x.npz",
            "history.parquet",
            "log.csv.gz",
        ] {
            assert!(!grows(key), "{key}");
        }
    }
}
