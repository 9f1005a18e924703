//! The window's own dialog for a path, where the system has none: what is typed, and what would complete it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use trainscape_remote::Location;
use trainscape_source::catalog::is_engine;

use crate::dialogs::Purpose;

/// The most names that are offered.
const MOST_OFFERED: usize = 200;

/// A dialog that asks for a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PathDialog {
    pub(crate) purpose: Purpose,
    pub(crate) text: String,
    /// What is wrong with the path, or the question whether to overwrite it.
    pub(crate) notice: Option<Notice>,
    /// Paths that begin with what is typed; those of folders end with a separator.
    pub(crate) offered: Vec<String>,
    /// The field gets the keyboard when it is shown next.
    pub(crate) takes_focus: bool,
}

/// Why a path was not taken at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    Problem(String),
    /// The file exists: confirming again overwrites it.
    Exists(PathBuf),
}

impl PathDialog {
    /// A dialog that begins in `folder`; files to write have a suggested name.
    pub(crate) fn new(purpose: Purpose, folder: &Path, file_name: &str) -> Self {
        let start = match purpose {
            Purpose::Open => with_separator(folder),
            _ => folder.join(file_name).display().to_string(),
        };
        let mut dialog = Self {
            purpose,
            text: String::new(),
            notice: None,
            offered: Vec::new(),
            takes_focus: true,
        };
        dialog.set_text(start);
        dialog
    }

    /// What was typed or taken from the list.
    pub(crate) fn set_text(&mut self, text: String) {
        self.offered = offered(&text, self.purpose == Purpose::Open);
        self.text = text;
        self.notice = None;
    }

    /// The path, once it can be opened or written; otherwise there is a notice afterwards.
    pub(crate) fn confirm(&mut self) -> Option<PathBuf> {
        let path = expanded(self.text.trim());
        let problem = match self.purpose {
            Purpose::Open if is_engine(&path) => return Some(path),
            Purpose::Open if Location::is_url(&path) => match Location::parse(self.text.trim()) {
                Ok(_) => return Some(path),
                Err(error) => error.to_string(),
            },
            Purpose::Open if path.exists() => return Some(path),
            Purpose::Open => format!("{} does not exist", path.display()),
            _ if path.is_dir() || path.file_name().is_none() => {
                "Add a file name to the folder".to_owned()
            }
            _ => {
                let folder = path.parent().unwrap_or(Path::new(""));
                let has_folder = folder.as_os_str().is_empty() || folder.is_dir();
                if has_folder {
                    let is_confirmed = self.notice == Some(Notice::Exists(path.clone()));
                    if is_confirmed || !path.exists() {
                        return Some(path);
                    }
                    self.notice = Some(Notice::Exists(path));
                    return None;
                }
                format!("The folder {} does not exist", folder.display())
            }
        };
        self.notice = Some(Notice::Problem(problem));
        None
    }
}

/// The path that was typed; `~` stands for the home folder.
fn expanded(text: &str) -> PathBuf {
    let home = || Some(directories::BaseDirs::new()?.home_dir().to_owned());
    let rest = text
        .strip_prefix('~')
        .filter(|rest| rest.is_empty() || rest.starts_with(std::path::is_separator));
    match rest.and_then(|rest| Some((rest, home()?))) {
        Some((rest, home)) => home.join(rest.trim_start_matches(std::path::is_separator)),
        None => PathBuf::from(text),
    }
}

fn with_separator(folder: &Path) -> String {
    let text = folder.display().to_string();
    if text.ends_with(std::path::is_separator) {
        text
    } else {
        text + std::path::MAIN_SEPARATOR_STR
    }
}

/// The entries of the folder in `text` whose names begin with what follows it, folders first.
fn offered(text: &str, opens: bool) -> Vec<String> {
    let path = expanded(text);
    let (folder, start) = if text.ends_with(std::path::is_separator) {
        (path, String::new())
    } else {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let start = name.to_lowercase();
        (path.parent().map(Path::to_owned).unwrap_or_default(), start)
    };
    let Ok(entries) = fs::read_dir(&folder) else {
        return Vec::new();
    };
    let mut found: Vec<(bool, String)> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let is_hidden = name.starts_with('.') && !start.starts_with('.');
            let is_folder = entry.path().is_dir();
            let is_offered = !is_hidden && name.to_lowercase().starts_with(&start);
            (is_offered && (opens || is_folder)).then_some((is_folder, name))
        })
        .collect();
    found.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    found.truncate(MOST_OFFERED);
    let path = |(is_folder, name): (bool, String)| {
        let path = folder.join(name);
        if is_folder {
            with_separator(&path)
        } else {
            path.display().to_string()
        }
    };
    found.into_iter().map(path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export_kind::ExportKind;

    #[test]
    fn a_path_is_completed_and_taken_when_it_exists() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["runs", "rubbish"] {
            fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        fs::write(folder.path().join("readme.md"), "").expect("a file");
        let mut dialog = PathDialog::new(Purpose::Open, folder.path(), "");
        assert_eq!(dialog.offered.len(), 3);
        dialog.set_text(folder.path().join("RU").display().to_string());
        let runs = with_separator(&folder.path().join("runs"));
        assert_eq!(dialog.offered[1], runs);
        assert_eq!(dialog.confirm(), None);
        assert!(
            matches!(&dialog.notice, Some(Notice::Problem(text)) if text.ends_with("does not exist"))
        );
        dialog.set_text(runs.clone());
        assert_eq!(dialog.confirm(), Some(PathBuf::from(runs)));
        dialog.set_text("ftp://lab/runs".to_owned());
        assert_eq!(dialog.confirm(), None);
        dialog.set_text("gs://lab/runs ".to_owned());
        assert_eq!(dialog.confirm(), Some(PathBuf::from("gs://lab/runs")));
    }

    #[test]
    fn a_file_that_exists_is_overwritten_after_a_question() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut dialog =
            PathDialog::new(Purpose::Export(ExportKind::Picture), folder.path(), "a.png");
        let path = folder.path().join("a.png");
        assert_eq!(dialog.clone().confirm(), Some(path.clone()));
        fs::write(&path, "").expect("a file");
        assert_eq!(dialog.confirm(), None);
        assert_eq!(dialog.notice, Some(Notice::Exists(path.clone())));
        assert_eq!(dialog.confirm(), Some(path));
        dialog.set_text(folder.path().display().to_string());
        assert_eq!(dialog.confirm(), None);
        dialog.set_text(folder.path().join("no/such/a.png").display().to_string());
        assert_eq!(dialog.confirm(), None);
        assert!(matches!(dialog.notice, Some(Notice::Problem(_))));
    }
}
