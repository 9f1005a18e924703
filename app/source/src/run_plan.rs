use std::path::{Path, PathBuf};

use crate::{key_naming::KeyNaming, log_format::LogFormat};

/// Identifies one log: by its file, or by the folder of its files.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LogKey {
    pub(crate) format: &'static dyn LogFormat,
    pub(crate) place: PathBuf,
}

/// A log of a run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RunLog {
    pub(crate) key: LogKey,
    pub(crate) naming: KeyNaming,
}

impl From<LogKey> for RunLog {
    fn from(key: LogKey) -> Self {
        Self {
            key,
            naming: KeyNaming::default(),
        }
    }
}

/// The sources of one run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RunPlan {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// True if the run is all of an opened path: the id of a run inside one of its logs needs no prefix.
    pub(crate) is_root: bool,
    pub(crate) logs: Vec<RunLog>,
    /// Configuration files; later ones override earlier ones.
    pub(crate) configs: Vec<PathBuf>,
    /// Files of arrays and figures, by path.
    pub(crate) arrays: Vec<PathBuf>,
    /// Files that may contain labels of those arrays.
    pub(crate) labels: Vec<PathBuf>,
    /// Files of user-defined views, the nearest first.
    pub(crate) views: Vec<PathBuf>,
}

/// A partially assembled run: logs and arrays without an id and a name.
#[derive(Debug)]
pub(crate) struct RunDraft {
    pub(crate) path: PathBuf,
    /// Index of the opened path that contains the run.
    pub(crate) root: usize,
    pub(crate) logs: Vec<RunLog>,
    pub(crate) arrays: Vec<PathBuf>,
    /// Part of the id after the path, if several runs share a folder.
    pub(crate) suffix: Option<String>,
    /// Folders whose configuration files belong to the run; later ones override earlier ones.
    pub(crate) config_folders: Vec<PathBuf>,
}

impl RunDraft {
    pub(crate) fn new(path: PathBuf, root: usize) -> Self {
        Self {
            config_folders: vec![path.clone()],
            path,
            root,
            logs: Vec::new(),
            arrays: Vec::new(),
            suffix: None,
        }
    }
}

/// Names of folders that loggers create inside a run's folder.
const LOGGER_FOLDERS: &[&str] = &[
    "tensorboard",
    "tensorboard_log",
    "tensorboard_logs",
    "tb",
    "tb_log",
    "tb_logs",
    "tblogs",
    "tf_log",
    "tf_logs",
    "vis_data",
    "tbs",
    "logs",
    "log",
    "events",
    "summaries",
    "summary",
    "csv",
    "csv_logs",
    "jsonl",
    "metrics",
];

/// True if a folder's name is that of a logger and does not identify the run.
pub(crate) fn is_logger_folder(path: &Path) -> bool {
    path.file_name().is_some_and(|name| {
        let name = name.to_string_lossy().to_lowercase();
        LOGGER_FOLDERS.contains(&name.as_str())
    })
}
