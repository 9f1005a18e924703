//! What is to be removed when a signal ends the process.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

static REGISTERED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn registered() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    REGISTERED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A path that is registered until the value is dropped.
#[derive(Debug)]
pub(crate) struct Registration(PathBuf);

impl Registration {
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        registered().remove(&self.0);
    }
}

/// Creates something and registers its path; no signal ends the process in between.
pub(crate) fn create<T>(
    create: impl FnOnce() -> io::Result<(T, PathBuf)>,
) -> io::Result<(T, Registration)> {
    let mut registered = registered();
    let (created, path) = create()?;
    registered.insert(path.clone());
    Ok((created, Registration(path)))
}

/// Removes everything that is registered. What would be registered later waits: the process ends.
pub(crate) fn remove_all() -> impl Drop {
    let registered = registered();
    for path in registered.iter() {
        // It may be gone, or cannot be removed: there is nobody left to tell.
        let _gone = match path.is_dir() {
            true => fs::remove_dir_all(path),
            false => fs::remove_file(path),
        };
    }
    registered
}
