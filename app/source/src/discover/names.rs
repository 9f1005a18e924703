//! What the names of files and folders say about a search.

use std::{borrow::Cow, fs, path::Path};

use crate::{
    arrays::{FileFormat, is_checkpoint_of_step},
    formats::LOG_FORMATS,
    media::MEDIA_FORMATS,
    search::Search,
};

/// Folders that contain neither logs nor arrays and often many other files.
const SKIPPED: &[&str] = &["node_modules", "__pycache__", "site-packages", "media"];

/// The folder of MLflow's runs for files that are no logs. In other folders of this name there may be anything.
const ARTIFACTS: &str = "artifacts";

/// Configuration files next to logs; later ones override earlier ones.
pub(super) const CONFIG_NAMES: &[&str] = &[
    "flags.json",
    "training_options.json",
    "hyp.yaml",
    "opt.yaml",
    "args.yml",
    "args.yaml",
    "configuration.yaml",
    "config.yml",
    "config.yaml",
    "hparams.yml",
    "hparams.yaml",
    "args.json",
    "params.yaml",
    "params.json",
    "hparams.json",
    "config.json",
    "model_hyperparameters.yaml",
    "hyperparameters.yaml",
    "hyperparameters.json",
];

/// Files in which the user describes views; they apply to the runs in their folder and below.
pub(super) const VIEW_NAMES: &[&str] = &["trainscape.toml", "views.toml"];

/// True for an episode in a replay buffer: data of the training, of which there are thousands.
pub(super) fn is_replay(path: &Path) -> bool {
    let folder = path.parent().map(folder_name).unwrap_or_default();
    let is_buffer =
        matches!(&*folder, "episodes" | "replay" | "replay_buffer") || folder.ends_with("_eps");
    is_buffer && path.extension().is_some_and(|ending| ending == "npz")
}

/// What to search for in the folder `name` within `parent`, in which `search` applies.
pub(super) fn search_in(name: &str, parent: &Path, search: Search) -> Search {
    match search {
        Search::Everything => {}
        Search::MediaFolder if name == "media" => return Search::Figures,
        Search::MediaFolder if ![ARTIFACTS, "code"].contains(&name) && !SKIPPED.contains(&name) => {
            return search;
        }
        Search::MediaFolder | Search::Nothing => return Search::Nothing,
        Search::Arrays | Search::Figures => return search,
    }
    let mut of_formats = LOG_FORMATS
        .iter()
        .filter_map(|format| format.search_in(parent, name));
    if let Some(search) = of_formats.next() {
        return search;
    }
    if name == "media" && holds_figures(&parent.join(name)) {
        Search::Figures
    } else if SKIPPED.contains(&name) || name == ARTIFACTS && parent.join("meta.yaml").is_file() {
        Search::Nothing
    } else if is_checkpoint_of_step(name, &folder_name(parent)) {
        Search::Arrays
    } else {
        Search::Everything
    }
}

/// True for the `media` folder of a run that was copied from W&B.
fn holds_figures(media: &Path) -> bool {
    let Ok(entries) = fs::read_dir(media) else {
        return false;
    };
    let mut folders = entries.flatten().map(|entry| entry.file_name());
    folders.any(|name| {
        let mut formats = MEDIA_FORMATS.iter();
        formats.any(|format| name.eq_ignore_ascii_case(format.folder()))
    })
}

fn folder_name(folder: &Path) -> Cow<'_, str> {
    folder.file_name().unwrap_or_default().to_string_lossy()
}

/// Whether a file of this name describes runs or views.
pub(crate) fn is_settings_name(name: &str) -> bool {
    CONFIG_NAMES.contains(&name) || VIEW_NAMES.contains(&name)
}

/// Whether a folder, by its path, is that for the files of an MLflow run.
pub(crate) fn is_of_mlflow_run(parent: &str, name: &str) -> bool {
    let is_id = parent.len() == 32 && parent.bytes().all(|byte| byte.is_ascii_hexdigit());
    name == ARTIFACTS && is_id
}

/// Whether a folder of this name contains neither logs nor arrays.
pub(crate) fn is_skipped_folder(name: &str) -> bool {
    SKIPPED.contains(&name)
}

pub(super) fn finds(search: Search, format: FileFormat) -> bool {
    match search {
        Search::Everything => true,
        Search::Arrays => !format.is_figure(),
        Search::MediaFolder | Search::Nothing => false,
        Search::Figures => format.is_figure(),
    }
}
