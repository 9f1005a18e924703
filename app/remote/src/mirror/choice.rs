//! Which files of a place are brought.

use std::path::{Path, PathBuf};

use trainscape_source::{Expected, expected_content};

use super::catalogs::{Catalogs, OfCatalog};
use crate::{
    entry::Entry,
    error::RemoteError,
    left_out::LeftOut,
    limits,
    location::Location,
    placing::{Placed, placed},
};

/// The files that are brought, in the order in which that is done.
#[derive(Debug, Default)]
pub(super) struct Choice {
    pub(super) wanted: Vec<(PathBuf, Entry)>,
    /// Those that are read by ranges.
    pub(super) by_ranges: Vec<(PathBuf, Entry)>,
    /// The list of a catalog's files: it is brought when these are there.
    pub(super) list: Option<(PathBuf, Entry)>,
    pub(super) left_out: Vec<LeftOut>,
}

impl Choice {
    /// What is named is wanted, whatever its name.
    ///
    /// # Errors
    /// If it is larger than all that is kept of a place.
    pub(super) fn named(
        files: Vec<Entry>,
        place: &Location,
        gives_ranges: bool,
    ) -> Result<Self, RemoteError> {
        let mut choice = Self::default();
        let Placed { files, refused } = placed(files);
        if let Some((_, error)) = refused.into_iter().next() {
            return Err(error);
        }
        for (path, file) in files {
            // A file whose name tells less is searched for a log, too.
            let is_array = expected_content(Path::new(&file.key)) == Expected::ArrayByRanges;
            if gives_ranges && is_array && is_large_array(&file) {
                choice.by_ranges.push((path, file));
                continue;
            }
            let bytes = file.version.bytes;
            if bytes > limits::WHOLE {
                return Err(RemoteError::Other {
                    place: place.to_string(),
                    reason: too_large(bytes, limits::WHOLE),
                });
            }
            choice.wanted.push((path, file));
        }
        Ok(choice)
    }

    /// The files that look as if they should be read. Large arrays are read by ranges where the place gives them.
    pub(super) fn of(files: Vec<Entry>, catalogs: &Catalogs, gives_ranges: bool) -> Self {
        let mut choice = Self::default();
        let mut ranked = Vec::new();
        let Placed { files, refused } = placed(files);
        for (file, error) in refused {
            let name = file.key.rsplit(['/', '\\']).next().unwrap_or_default();
            if expected_content(Path::new(name)) != Expected::Nothing {
                choice.leave_out(&file, "log", error.to_string());
            }
        }
        for (path, file) in files {
            let role = catalogs.role(&file.key);
            match role {
                Some(OfCatalog::Other) => continue,
                Some(OfCatalog::List) if file.version.bytes <= limits::LOG => {
                    choice.list = Some((path, file));
                    continue;
                }
                _ => {}
            }
            if gives_ranges && is_by_ranges(&file, role) {
                choice.by_ranges.push((path, file));
                continue;
            }
            let expected = match role {
                Some(_) => Expected::Log,
                None => expected_content(&path),
            };
            let (rank, kind, most) = match expected {
                Expected::Nothing => continue,
                Expected::Unread(kind, why) => {
                    choice.leave_out(&file, kind, why.to_owned());
                    continue;
                }
                Expected::Log => (0, "log", limits::LOG),
                Expected::Unknown => (1, "log", limits::UNKNOWN),
                Expected::ArrayByContent => (2, "array", limits::UNKNOWN),
                Expected::Array | Expected::ArrayByRanges => (2, "array", limits::ARRAY),
            };
            if file.version.bytes > most {
                // Only a name that is known promises that anything is lost.
                if !matches!(expected, Expected::Unknown | Expected::ArrayByContent) {
                    let ranges = match expected == Expected::ArrayByRanges && !gives_ranges {
                        true => "the server gives no ranges of files, ",
                        false => "",
                    };
                    let why = format!("{ranges}{}", too_large(file.version.bytes, most));
                    choice.leave_out(&file, kind, why);
                }
                continue;
            }
            ranked.push((rank, kind, path, file));
        }
        // Small files first: they are drawn while large ones are still on their way.
        ranked.sort_by(|a, b| {
            let key = |(rank, _, path, file): &(i32, &str, PathBuf, Entry)| {
                (*rank, file.version.bytes, path.clone())
            };
            key(a).cmp(&key(b))
        });
        let mut bytes = 0;
        for (_, kind, path, file) in ranked {
            if bytes + file.version.bytes > limits::WHOLE {
                let why = format!(
                    "what is read of this place is limited to {}: open a folder below it, or bring it with `trainscape fetch`",
                    gigabytes(limits::WHOLE)
                );
                choice.leave_out(&file, kind, why);
                continue;
            }
            bytes += file.version.bytes;
            choice.wanted.push((path, file));
        }
        choice
    }

    fn leave_out(&mut self, file: &Entry, kind: &'static str, why: String) {
        self.left_out.push(LeftOut::new(kind, &*file.key, why));
    }
}

/// Whether a file is read by ranges where the place gives them: other systems than those of Unix make files without holes.
pub(super) fn is_by_ranges(file: &Entry, role: Option<OfCatalog>) -> bool {
    match role {
        // Of many small files, too, only few are drawn.
        Some(role) => cfg!(unix) && role == OfCatalog::History && file.version.bytes > 0,
        None => is_large_array(file),
    }
}

fn is_large_array(file: &Entry) -> bool {
    cfg!(unix)
        && file.version.bytes > limits::SMALL_ARRAY
        && matches!(
            expected_content(Path::new(&file.key)),
            Expected::ArrayByRanges | Expected::ArrayByContent
        )
}

fn too_large(bytes: u64, most: u64) -> String {
    format!(
        "it has {}, and at most {} are brought by themselves: bring it with `trainscape fetch`",
        gigabytes(bytes),
        gigabytes(most)
    )
}

fn gigabytes(bytes: u64) -> String {
    format!("{:.1} GB", bytes as f64 / 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Version;

    fn file(key: &str, bytes: u64) -> Entry {
        Entry {
            key: key.to_owned(),
            address: key.to_owned(),
            version: Version {
                bytes,
                ..Version::default()
            },
            checksum: None,
        }
    }

    #[test]
    fn logs_come_first_and_what_is_too_large_or_hostile_is_named() {
        let files = vec![
            file("a/w.npz", 10),
            file("a/big.npz", limits::ARRAY + 1),
            file("a/picture.png", 10),
            file("../metrics.jsonl", 10),
            file("a/metrics.jsonl", 1000),
            file("a/config.yaml", 10),
            file("a/state.pkl", 10),
            file("a/last.ckpt", limits::UNKNOWN + 1),
            file("a/unknown.dat", limits::UNKNOWN + 1),
        ];
        let choice = Choice::of(files.clone(), &Catalogs::default(), false);
        let wanted: Vec<&str> = choice.wanted.iter().map(|(_, file)| &*file.key).collect();
        assert_eq!(wanted, ["a/config.yaml", "a/metrics.jsonl", "a/w.npz"]);
        let left: Vec<&str> = choice.left_out.iter().map(|left| &*left.key).collect();
        assert_eq!(left, ["../metrics.jsonl", "a/big.npz", "a/state.pkl"]);
        let choice = Choice::of(files, &Catalogs::default(), true);
        assert_eq!(choice.wanted.len(), 3);
        assert_eq!(choice.by_ranges.len(), 2);
        assert_eq!(choice.left_out.len(), 2);
    }

    #[test]
    fn of_a_catalog_its_tables_are_brought_and_its_histories_read_by_ranges() {
        let history = "history/key=loss/0123456789abcdef.parquet";
        let files = vec![
            file("catalog.json", 10),
            file(history, 100),
            file("runs/0123456789abcdef-01234567.parquet", 30),
            file("series/0123456789abcdef.parquet", 20),
            file("_staging/1-of-2/history/key=a/x.parquet", 20),
        ];
        let keys = |of: &[(PathBuf, Entry)]| -> Vec<String> {
            of.iter().map(|(_, file)| file.key.clone()).collect()
        };
        let catalogs = Catalogs::among(&files);
        let choice = Choice::of(files.clone(), &catalogs, true);
        assert_eq!(choice.list.expect("a list").1.key, "catalog.json");
        assert_eq!(choice.wanted.len(), 2);
        assert_eq!(keys(&choice.by_ranges), [history]);
        let choice = Choice::of(files, &catalogs, false);
        assert_eq!(choice.wanted.len(), 3);
        assert!(choice.by_ranges.is_empty() && choice.left_out.is_empty());
    }

    #[test]
    fn a_named_file_is_brought_unless_it_is_larger_than_the_cache() {
        let place = Location::parse("s3://bucket/w.bin").expect("a place");
        let named = |bytes| Choice::named(vec![file("w.bin", bytes)], &place, true);
        assert_eq!(named(limits::WHOLE).expect("it is brought").wanted.len(), 1);
        let error = named(limits::WHOLE + 1).expect_err("it is refused");
        assert!(error.to_string().contains("at most 12.9 GB"), "{error}");
    }

    #[test]
    fn all_files_together_are_bounded() {
        let files = (0..12)
            .map(|i| file(&format!("{i:02}.npz"), limits::ARRAY))
            .collect();
        let choice = Choice::of(files, &Catalogs::default(), false);
        assert_eq!(choice.wanted.len() as u64, limits::WHOLE / limits::ARRAY);
        assert!(choice.left_out[0].why.contains("limited"));
    }
}
