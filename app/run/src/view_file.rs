use std::path::PathBuf;

/// A file of user-defined views, as read from disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewFile {
    /// The file.
    pub path: PathBuf,
    /// Its text (TOML).
    pub text: String,
}
