use std::{
    collections::{BTreeMap, HashSet},
    path::{Path, PathBuf},
};

use crate::stamp::Stamp;

/// The content of small files, which are read again when they change.
#[derive(Debug)]
pub(crate) struct FileCache<T> {
    files: BTreeMap<PathBuf, (Option<Stamp>, T)>,
}

impl<T> Default for FileCache<T> {
    fn default() -> Self {
        Self {
            files: BTreeMap::new(),
        }
    }
}

impl<T> FileCache<T> {
    /// Reads the files that are new or changed, and returns their paths. `read` gets no stamp for a file
    /// that does not exist.
    pub(crate) fn update<'a>(
        &mut self,
        paths: impl IntoIterator<Item = &'a PathBuf>,
        read: impl Fn(&Path, Option<Stamp>) -> T,
    ) -> HashSet<PathBuf> {
        let mut changed = HashSet::new();
        for path in paths {
            let stamp = Stamp::at(path).ok();
            let known = self.files.get(path);
            if known.is_some_and(|(known, _)| *known == stamp) {
                continue;
            }
            self.files.insert(path.clone(), (stamp, read(path, stamp)));
            changed.insert(path.clone());
        }
        changed
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Path, &T)> {
        let files = self.files.iter();
        files.map(|(path, (_, content))| (path.as_path(), content))
    }

    pub(crate) fn get(&self, path: &Path) -> Option<&T> {
        self.files.get(path).map(|(_, content)| content)
    }
}
