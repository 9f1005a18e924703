use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{datastore::HEADER, parser::WandbParser};
use crate::{
    first_rows::FirstRows,
    grouping::{FolderFile, LogFiles, one_run_per_file},
    log_format::{Companion, Detection, LogFormat, RunId},
    reader::Reader,
    sample::Sample,
    search::Search,
};

/// W&B's transaction log (`run-….wandb`).
pub(crate) static WANDB: Wandb = Wandb;

#[derive(Debug)]
pub(crate) struct Wandb;

impl LogFormat for Wandb {
    fn name(&self) -> &'static str {
        "wandb"
    }

    fn title(&self) -> &'static str {
        "W&B"
    }

    fn rank(&self) -> u8 {
        0
    }

    fn is_certain_from_name(&self, name: &str) -> bool {
        name.ends_with(".wandb")
    }

    fn detect(&self, sample: &Sample<'_>) -> Detection {
        if sample.text().starts_with(&HEADER) {
            Detection::Log(FirstRows::default())
        } else {
            Detection::No
        }
    }

    fn reader(&self, path: &Path) -> Reader {
        Reader::Stream(Box::new(WandbParser::of_file(path)))
    }

    fn group(&self, _folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
        one_run_per_file(files)
    }

    /// W&B keeps what a run printed in `files`.
    fn companion(&self, below: &Path) -> Option<Companion> {
        (below == "files").then_some(Companion::Output)
    }

    fn is_output_folder(&self, folder: &Path) -> bool {
        folder.file_name().is_some_and(|name| name == "files")
            && folder.parent().is_some_and(is_run_folder)
    }

    /// W&B writes to `<run>/wandb/<its own folder>`.
    fn run_folder<'a>(&self, folder: &'a Path) -> Option<&'a Path> {
        let parent = folder.parent()?;
        if parent.file_name()? == "wandb" {
            parent.parent()
        } else {
            None
        }
    }

    /// The id is in the file's name, `run-<id>.wandb`. Ids that W&B generated are unique everywhere, a user's
    /// only in their `wandb` folder.
    fn run_id(&self, path: &Path) -> Option<RunId> {
        let name = path.file_name()?.to_str()?;
        let id = name.strip_prefix("run-")?.strip_suffix(".wandb")?;
        let is_generated = id.len() == 8
            && id
                .bytes()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
            && id.bytes().any(|c| c.is_ascii_digit());
        Some(RunId {
            id: id.to_owned(),
            scope: match is_generated {
                true => None,
                false => Some(path.parent()?.parent()?.to_owned()),
            },
        })
    }

    fn config_file(&self, place: &Path) -> Option<PathBuf> {
        Some(place.parent()?.join("files/config.yaml"))
    }

    /// Of the files that W&B stores next to its log, only figures are of use.
    fn search_in(&self, parent: &Path, name: &str) -> Option<Search> {
        let folder = parent.file_name()?.to_string_lossy();
        let is_run_folder = is_run_folder(parent);
        match name {
            "latest-run" if folder == "wandb" && is_copy(&parent.join(name)) => {
                Some(Search::Nothing)
            }
            "media" if folder == "files" => Some(Search::Figures),
            // Without its records, what the run printed is all that is left of it.
            "files" if is_run_folder && holds_records(parent) => Some(Search::MediaFolder),
            // The client's own logs.
            "logs" | "tmp" if is_run_folder => Some(Search::Nothing),
            _ => None,
        }
    }
}

/// True for the folder of a run within W&B's.
fn is_run_folder(folder: &Path) -> bool {
    let (Some(name), Some(parent)) = (folder.file_name(), folder.parent()) else {
        return false;
    };
    let name = name.to_string_lossy();
    // What was copied through a link is `latest-run`, too.
    let is_named =
        name.starts_with("run-") || name.starts_with("offline-run-") || name == "latest-run";
    is_named && parent.file_name().is_some_and(|name| name == "wandb")
}

/// True if `latest-run`, which W&B makes as a link, is a copy of the folder of a run beside it.
fn is_copy(latest: &Path) -> bool {
    const SUMMARY: &str = "files/wandb-summary.json";
    const MOST_BYTES: u64 = 1 << 20;
    let summary = |folder: &Path| {
        let path = folder.join(SUMMARY);
        let length = fs::symlink_metadata(&path).ok()?;
        let is_small = length.is_file() && length.len() <= MOST_BYTES;
        is_small.then(|| fs::read(path).ok()).flatten()
    };
    let records = records_in(latest);
    let copied = summary(latest);
    let Some(Ok(beside)) = latest.parent().map(fs::read_dir) else {
        return false;
    };
    let mut folders = beside.flatten().map(|entry| entry.path());
    folders.any(|folder| {
        let is_other = folder != latest && is_run_folder(&folder);
        let has_same_records = || records.is_some() && records_in(&folder) == records;
        let has_same_summary = || copied.is_some() && summary(&folder) == copied;
        is_other && (has_same_records() || records.is_none() && has_same_summary())
    })
}

/// The name of the file with the records of a run, which states its identifier.
fn records_in(folder: &Path) -> Option<std::ffi::OsString> {
    let entries = fs::read_dir(folder).ok()?;
    let mut paths = entries.flatten().map(|entry| entry.path());
    let records = paths.find(|path| path.extension().is_some_and(|ending| ending == "wandb"))?;
    Some(records.file_name()?.to_owned())
}

/// True if a folder holds the records of a run.
fn holds_records(folder: &Path) -> bool {
    records_in(folder).is_some()
}
