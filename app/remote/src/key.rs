//! Keys as paths of files below a folder.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::error::RemoteError;

/// The longest name of a file, and of a path below the folder, in bytes.
const LONGEST_NAME: usize = 255;
const LONGEST_PATH: usize = 2048;

/// The path of a key below a folder.
///
/// # Errors
/// When it would leave the folder, or is no path on every system that this one may share files with.
pub(crate) fn path_of(key: &str) -> Result<PathBuf, RemoteError> {
    let refused = |why: &str| RemoteError::Refused {
        key: key.chars().take(200).collect(),
        why: why.to_owned(),
    };
    if key.len() > LONGEST_PATH {
        return Err(refused("it is too long"));
    }
    let mut path = PathBuf::new();
    for part in key.split('/') {
        let why = match part {
            "" => Some("it is absolute, or has an empty part"),
            "." | ".." => Some("it would leave the folder"),
            _ if part.len() > LONGEST_NAME => Some("a part is too long"),
            _ if part.contains('\\') => Some("a backslash separates folders on some systems"),
            _ if part.chars().any(char::is_control) => Some("it holds a control character"),
            _ if cfg!(windows) && is_odd_on_windows(part) => Some("Windows does not take it"),
            _ => None,
        };
        match why {
            Some(why) => return Err(refused(why)),
            None => path.push(part),
        }
    }
    Ok(path)
}

/// The folder of a run below another one, by its name.
///
/// # Errors
/// When it would be elsewhere than right in that folder.
pub(crate) fn folder_of(name: &str) -> Result<PathBuf, RemoteError> {
    match name.contains('/') {
        false => path_of(name),
        true => Err(RemoteError::Refused {
            key: name.chars().take(200).collect(),
            why: "it would not be right in the folder".to_owned(),
        }),
    }
}

/// Names that are devices, streams of other files, or end in what Windows leaves out.
fn is_odd_on_windows(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default().to_uppercase();
    let numbered = |name: &str| {
        let rest = stem.strip_prefix(name);
        rest.is_some_and(|rest| rest.len() == 1 && rest.chars().all(|c| c.is_ascii_digit()))
    };
    part.contains([':', '*', '?', '"', '<', '>', '|'])
        || part.ends_with([' ', '.'])
        || matches!(&*stem, "CON" | "PRN" | "AUX" | "NUL")
        || numbered("COM")
        || numbered("LPT")
}

/// Makes the folders of `path` below `root`, none of which may be a link: it could lead elsewhere.
pub(crate) fn make_folders(root: &Path, path: &Path) -> Result<(), RemoteError> {
    fs::create_dir_all(root).map_err(RemoteError::disk(root))?;
    let mut folder = root.to_owned();
    for part in path.parent().into_iter().flat_map(Path::components) {
        folder.push(part);
        match fs::symlink_metadata(&folder) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => {
                return Err(RemoteError::Refused {
                    key: path.display().to_string(),
                    why: format!("{} is there and is no folder", folder.display()),
                });
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir(&folder)
                    .or_else(|error| match error.kind() {
                        // Another thread was faster.
                        io::ErrorKind::AlreadyExists => Ok(()),
                        _ => Err(error),
                    })
                    .map_err(RemoteError::disk(&folder))?;
            }
            Err(error) => return Err(RemoteError::disk(&folder)(error)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_keys_are_refused() {
        for key in [
            "",
            "/etc/passwd",
            "../x",
            "a/../../x",
            "a//b",
            "a/",
            "./a",
            "a\\..\\b",
            "a\0b",
            "a\nb",
        ] {
            assert!(path_of(key).is_err(), "{key:?}");
        }
        assert!(path_of(&"a".repeat(300)).is_err());
        assert!(folder_of("a/b").is_err() && folder_of("a").is_ok());
        assert_eq!(path_of("a/..b/c.d").unwrap(), Path::new("a/..b/c.d"));
    }

    #[test]
    #[cfg(unix)]
    fn a_link_in_the_way_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), folder.path().join("a")).unwrap();
        let error = make_folders(folder.path(), Path::new("a/b/c.txt")).unwrap_err();
        assert!(error.to_string().contains("no folder"), "{error}");
        assert!(!elsewhere.path().join("b").exists());
        make_folders(folder.path(), Path::new("b/c/d.txt")).unwrap();
        assert!(folder.path().join("b/c").is_dir());
    }
}
