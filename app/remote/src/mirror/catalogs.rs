//! The catalogs among the files of a place: what is read of them, and in which order it is brought.

use std::{collections::BTreeSet, path::Path};

use trainscape_source::catalog::StoredFile;

use crate::entry::Entry;

/// What is done with a file of a catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OfCatalog {
    /// The list of the others, which is brought when they are there.
    List,
    /// It is brought as a whole.
    Table,
    /// It is read by ranges where the place gives them.
    History,
    /// It is not read.
    Other,
}

/// The catalogs among the files of a place, by their folders: `""` is the place itself.
#[derive(Debug, Default)]
pub(super) struct Catalogs(BTreeSet<String>);

impl Catalogs {
    pub(super) fn among(files: &[Entry]) -> Self {
        let folders = files
            .iter()
            .filter_map(|file| StoredFile::catalog_of_series(&file.key));
        Self(folders.map(str::to_owned).collect())
    }

    /// Whether the place is a catalog.
    pub(super) fn is_place(&self) -> bool {
        self.0.contains("")
    }

    /// What is done with a file; `None` if it is of no catalog. Of a catalog below the place its list is brought, by which it
    /// is told: a folder of runs is opened without the catalogs in it.
    pub(super) fn role(&self, key: &str) -> Option<OfCatalog> {
        if self.0.is_empty() {
            return None;
        }
        if self.is_place() {
            return Some(match StoredFile::at(Path::new(key)) {
                Some(StoredFile::List) => OfCatalog::List,
                Some(StoredFile::Table) => OfCatalog::Table,
                Some(StoredFile::History) => OfCatalog::History,
                None => OfCatalog::Other,
            });
        }
        let mut folders = key.match_indices('/').map(|(at, _)| key.split_at(at));
        let (_, below) = folders.find(|(folder, _)| self.0.contains(*folder))?;
        Some(match StoredFile::at(Path::new(&below[1..])) {
            Some(StoredFile::List) => OfCatalog::Table,
            _ => OfCatalog::Other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Version;

    fn files(keys: &[&str]) -> Vec<Entry> {
        let entry = |key: &&str| Entry {
            key: (*key).to_owned(),
            address: (*key).to_owned(),
            version: Version::default(),
            checksum: None,
        };
        keys.iter().map(entry).collect()
    }

    #[test]
    fn files_of_catalogs_have_roles() {
        let place = Catalogs::among(&files(&["series/0123456789abcdef.parquet"]));
        assert!(place.is_place());
        for (key, role) in [
            ("catalog.json", OfCatalog::List),
            ("runs/0123456789abcdef-01234567.parquet", OfCatalog::Table),
            ("history/key=a/0123456789abcdef.parquet", OfCatalog::History),
            ("_staging/1-of-2/shard.json", OfCatalog::Other),
        ] {
            assert_eq!(place.role(key), Some(role), "{key}");
        }
        let below = Catalogs::among(&files(&["a/b/series/0123456789abcdef.parquet"]));
        assert!(!below.is_place());
        let role = |key| below.role(key);
        assert_eq!(role("a/b/catalog.json"), Some(OfCatalog::Table));
        assert_eq!(
            role("a/b/history/key=x/0123456789abcdef.parquet"),
            Some(OfCatalog::Other)
        );
        assert_eq!(role("a/metrics.jsonl"), None);
        assert_eq!(Catalogs::default().role("catalog.json"), None);
    }
}
