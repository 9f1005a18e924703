//! What a file of a catalog is, from its path alone: what is brought from elsewhere is chosen by it.

use std::path::Path;

use super::{
    folder::is_part_id,
    layout::{MANIFEST, STAGING},
};

/// What a file of a catalog is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoredFile {
    /// The list of all others.
    List,
    /// A table of runs or of series, which is read as a whole.
    Table,
    /// Points or histograms of a key, of which what is drawn is read.
    History,
}

impl StoredFile {
    /// What the file at `path`, relative to the catalog's folder, is; `None` if it is not read.
    #[must_use]
    pub fn at(path: &Path) -> Option<Self> {
        let names: Option<Vec<&str>> = path.iter().map(|name| name.to_str()).collect();
        let names = names?;
        let is_part = |name: &str| part_of(name).is_some();
        match names.as_slice() {
            [list] if *list == MANIFEST => Some(Self::List),
            ["runs" | "series", name] if is_part(name) => Some(Self::Table),
            ["history" | "histograms", key, name] if key.starts_with("key=") && is_part(name) => {
                Some(Self::History)
            }
            _ => None,
        }
    }

    /// The folder of the catalog, as a part of the path of a table of series below it: where there is one, there is a
    /// catalog. What shards have staged is none.
    #[must_use]
    pub fn catalog_of_series(key: &str) -> Option<&str> {
        let (folder, name) = key.rsplit_once('/').unwrap_or(("", key));
        let catalog = match folder {
            "series" => "",
            _ => folder.strip_suffix("/series")?,
        };
        let is_staged = catalog.split('/').any(|name| name == STAGING);
        let id = name.strip_suffix(".parquet")?;
        (is_part_id(id) && !is_staged).then_some(catalog)
    }
}

/// The part that a file belongs to, from its name: `ID.parquet`, or `ID-COLUMNS.parquet`.
fn part_of(name: &str) -> Option<&str> {
    let stem = name.strip_suffix(".parquet")?;
    let id = stem.split('-').next()?;
    is_part_id(id).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_tells_what_a_file_of_a_catalog_is() {
        for (path, expected) in [
            ("catalog.json", Some(StoredFile::List)),
            (
                "runs/0123456789abcdef-01234567.parquet",
                Some(StoredFile::Table),
            ),
            ("series/0123456789abcdef.parquet", Some(StoredFile::Table)),
            (
                "history/key=train%2Floss/0123456789abcdef.parquet",
                Some(StoredFile::History),
            ),
            (
                "histograms/key=w/0123456789abcdef.parquet",
                Some(StoredFile::History),
            ),
            ("history/loss/0123456789abcdef.parquet", None),
            ("_staging/1-of-2/series/0123456789abcdef.parquet", None),
            ("series/notes.parquet", None),
            ("a/catalog.json", None),
        ] {
            assert_eq!(StoredFile::at(Path::new(path)), expected, "{path}");
        }
    }

    #[test]
    fn a_table_of_series_tells_where_its_catalog_is() {
        let of = StoredFile::catalog_of_series;
        assert_eq!(of("series/0123456789abcdef.parquet"), Some(""));
        assert_eq!(of("a/b/series/0123456789abcdef.parquet"), Some("a/b"));
        for key in [
            "a/series/x.parquet",
            "a/runs/0123456789abcdef.parquet",
            "0123456789abcdef.parquet",
            "a/_staging/1-of-2/series/0123456789abcdef.parquet",
        ] {
            assert_eq!(of(key), None, "{key}");
        }
    }
}
