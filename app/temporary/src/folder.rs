use std::{
    env,
    fs::{self, File},
    io,
    path::Path,
};

use tempfile::TempDir;

use crate::registry::{self, Registration};

/// How the names of the folders begin.
const PREFIX: &str = "trainscape-";

/// The file in each folder that its process has locked. It is hidden, so that no search for logs finds it.
const OWNER: &str = ".owner";

/// Most entries of the system's temporary folder that are looked at: others may have filled it.
const MAX_ENTRIES: usize = 20_000;

/// A private folder for temporary files.
#[derive(Debug)]
pub struct TemporaryFolder {
    /// Held open as long as the folder is used.
    _owner: File,
    folder: TempDir,
    /// Dropped after the folder was removed.
    _registration: Registration,
}

impl TemporaryFolder {
    /// Creates a folder, whose name says what it is for.
    ///
    /// # Errors
    /// When the system's temporary folder cannot be written to.
    pub fn create(purpose: &str) -> io::Result<Self> {
        // Another process that looks for abandoned folders may be between the creation of the file and its lock.
        loop {
            let prefix = format!("{PREFIX}{purpose}-");
            let (folder, registration) = registry::create(|| {
                let folder = TempDir::with_prefix(&prefix)?;
                let path = folder.path().to_owned();
                Ok((folder, path))
            })?;
            let path = folder.path().join(OWNER);
            let owner = File::create(&path)?;
            // Without support for locks nothing is ever removed.
            let _unsupported = owner.lock_shared();
            if path.exists() {
                return Ok(Self {
                    _owner: owner,
                    folder,
                    _registration: registration,
                });
            }
        }
    }

    /// Where the folder is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes the folders of processes that were killed: those with an owner's file that nobody has locked.
pub fn remove_abandoned() {
    remove_abandoned_in(&env::temp_dir());
}

fn remove_abandoned_in(temporary: &Path) {
    let Ok(entries) = fs::read_dir(temporary) else {
        return;
    };
    for entry in entries.flatten().take(MAX_ENTRIES) {
        let name = entry.file_name();
        let is_ours = name.to_str().is_some_and(|name| name.starts_with(PREFIX));
        // A link is none: what it leads to belongs to somebody else.
        if is_ours && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_if_abandoned(&entry.path());
        }
    }
}

fn remove_if_abandoned(folder: &Path) {
    let path = folder.join(OWNER);
    // A named pipe would be waited for.
    if !fs::symlink_metadata(&path).is_ok_and(|there| there.is_file()) {
        return;
    }
    if let Ok(owner) = File::open(&path)
        && owner.try_lock().is_ok()
        && let Err(error) = fs::remove_dir_all(folder)
    {
        log::info!("{} cannot be removed: {error}", folder.display());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_folder_is_removed_when_it_is_dropped_or_abandoned_and_no_other_is() {
        let own = TemporaryFolder::create("test").unwrap();
        let name = own.path().file_name().unwrap().to_string_lossy();
        assert!(name.starts_with("trainscape-test-"), "{name}");
        fs::write(own.path().join("stdin.log"), "a").unwrap();

        let temporary = own.path().join("tmp");
        let at = |name: &str| temporary.join(name);
        for (name, has_owner) in [
            ("trainscape-demo-killed", true),
            ("trainscape-demo-used", true),
            ("trainscape-runtime-0", false),
            ("other-killed", true),
        ] {
            fs::create_dir_all(at(name).join("below")).unwrap();
            if has_owner {
                fs::write(at(name).join(OWNER), "").unwrap();
            }
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(at("other-killed"), at("trainscape-link")).unwrap();
        let used = File::open(at("trainscape-demo-used").join(OWNER)).unwrap();
        used.lock_shared().unwrap();
        remove_abandoned_in(&temporary);
        assert!(!at("trainscape-demo-killed").exists());
        for kept in [
            "trainscape-demo-used",
            "trainscape-runtime-0",
            "other-killed",
        ] {
            assert!(at(kept).join("below").exists(), "{kept}");
        }
        drop(used);
        remove_abandoned_in(&temporary);
        assert!(!at("trainscape-demo-used").exists());
        assert!(at("other-killed").exists());

        remove_abandoned();
        assert!(own.path().exists(), "a folder in use was removed");
        let path = own.path().to_owned();
        drop(own);
        assert!(!path.exists());
    }
}
