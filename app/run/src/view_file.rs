use std::path::PathBuf;

/// A file in which the user describes views of their own, as it stands on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewFile {
    /// The file.
    pub path: PathBuf,
    /// Its text (TOML).
    pub text: String,
}
