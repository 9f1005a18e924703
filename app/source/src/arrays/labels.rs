//! Names along an axis, from a file next to the array: a JSON list, lines of text, or the TensorBoard
//! projector's TSV.

use std::{collections::HashSet, fs, path::Path, sync::Arc};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use trainscape_run::Labels;

use crate::{limits, regular_file};

/// Largest file of labels.
const MAX_BYTES: u64 = limits::LABELS.bytes;

/// Cells that are kept at most; of a wide table with many rows, the first columns.
const MAX_CELLS: usize = limits::LABEL_CELLS.items;

/// The axes whose indices may have names.
pub(super) const ITEM_AXES: &[&str] = &["row", "token", "position", "query", "key"];

/// Names of lists of words inside an array's file.
pub(super) const KEYS: &[&str] = &["labels", "tokens", "names", "words"];

/// Files that name the rows of any array in their folder.
const OF_THE_FOLDER: &[&str] = &["metadata.tsv", "meta.tsv", "labels.json", "labels.txt"];

/// Endings after an array's stem in the names of its label files, the preferred one first.
const OF_A_STEM: &[&str] = &[".labels.json", ".labels.tsv", ".labels.txt", ".tsv"];

/// True if a list of words inside an array's file contains labels.
pub(super) fn is_labels_key(name: &str) -> bool {
    KEYS.contains(&name) || name.ends_with(".labels") || name.ends_with("_labels")
}

/// True if a file of that name may contain labels.
pub(crate) fn is_label_name(name: &str) -> bool {
    OF_THE_FOLDER.contains(&name) || OF_A_STEM.iter().any(|ending| name.ends_with(ending))
}

/// Preference of the file `label` for an array of `stem`, among the files named after the array (`own`) or those of
/// the folder; smaller is better. `None` if it is none of them.
pub(super) fn rank(label: &str, stem: &str, own: bool) -> Option<usize> {
    if own {
        let rest = label.strip_prefix(stem)?;
        OF_A_STEM.iter().position(|ending| *ending == rest)
    } else {
        OF_THE_FOLDER.iter().position(|name| *name == label)
    }
}

/// The names that label files of an array of `stem` may have.
pub(crate) fn names_for(stem: &str) -> impl Iterator<Item = String> + '_ {
    let own = OF_A_STEM
        .iter()
        .map(move |ending| format!("{stem}{ending}"));
    own.chain(OF_THE_FOLDER.iter().map(|name| (*name).to_owned()))
}

/// A label file's content.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LabelTable {
    labels: Arc<Labels>,
    /// The first line of a single column may be a heading.
    may_have_heading: bool,
}

impl LabelTable {
    pub(super) fn of_words(words: Vec<Arc<str>>) -> Self {
        Self {
            labels: Arc::new(Labels::of_list(words)),
            may_have_heading: false,
        }
    }

    pub(super) fn of_list(words: &[String]) -> Self {
        Self::of_words(words.iter().map(|word| word.as_str().into()).collect())
    }

    pub(super) fn len(&self) -> usize {
        self.labels.len()
    }

    /// The labels, if their number is `len`.
    pub(super) fn of_len(&self, len: usize) -> Option<Arc<Labels>> {
        if self.labels.len() == len {
            return Some(Arc::clone(&self.labels));
        }
        if self.may_have_heading && self.labels.len() == len + 1 {
            let (heading, cells) = self.labels.cells.first()?.split_first()?;
            return Some(Arc::new(Labels {
                columns: vec![Arc::clone(heading)],
                cells: vec![cells.to_vec()],
            }));
        }
        None
    }
}

/// Reads a label file.
pub(super) fn read(path: &Path) -> Result<LabelTable, String> {
    let unreadable = |error| format!("{} cannot be read: {error}", name(path));
    let len = fs::metadata(path).map_err(unreadable)?.len();
    let ending = path.extension().map(std::ffi::OsStr::to_ascii_lowercase);
    let is_json = ending.is_some_and(|ending| ending == "json");
    // Numbers in JSON take far more memory than text.
    let limit = if is_json { MAX_BYTES / 4 } else { MAX_BYTES };
    if len > limit {
        return Err(format!(
            "{} has {len} bytes, and labels of more than {limit} bytes are not read",
            name(path)
        ));
    }
    let bytes = regular_file::read(path).map_err(unreadable)?;
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    if is_json {
        let labels = json(bytes).map_err(|error| {
            format!(
                "{} is neither a list of labels nor an object of such lists: {error}",
                name(path)
            )
        })?;
        return Ok(LabelTable {
            labels: Arc::new(labels),
            may_have_heading: false,
        });
    }
    let tabs = !name(path).ends_with(".txt");
    let rows = memchr::memchr_iter(b'\n', bytes).count() + 1;
    if rows > MAX_CELLS {
        return Err(format!(
            "{} has {rows} lines, and labels of more than {MAX_CELLS} lines are not read",
            name(path)
        ));
    }
    Ok(lines(
        &String::from_utf8_lossy(bytes),
        tabs,
        MAX_CELLS / rows,
    ))
}

fn name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// Lines of cells as the TensorBoard projector reads them: a single column has no heading, several columns have.
fn lines(text: &str, tabs: bool, most_columns: usize) -> LabelTable {
    let has_columns = tabs && text.lines().next().is_some_and(|line| line.contains('\t'));
    // Empty lines after a table are no rows; after a single column, the last one may be an empty label.
    let text = match has_columns {
        true => text.trim_end_matches(['\n', '\r']),
        false => text.strip_suffix('\n').unwrap_or(text),
    };
    let mut lines = text
        .split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
        .peekable();
    if text.is_empty() {
        lines.next();
    }
    let headings: Vec<Arc<str>> = match lines.peek() {
        Some(line) if has_columns => {
            let headings = line.split('\t').map(Arc::from);
            headings.take(most_columns).collect()
        }
        _ => {
            return LabelTable {
                labels: Arc::new(Labels::of_list(lines.map(Arc::from).collect())),
                may_have_heading: tabs,
            };
        }
    };
    lines.next();
    let mut cells = vec![Vec::new(); headings.len()];
    // Classes are repeated many times: all rows of a class share one text.
    let mut known: HashSet<Arc<str>> = HashSet::new();
    for line in lines {
        let mut row = line.split('\t');
        for column in &mut cells {
            let cell = row.next().unwrap_or_default();
            let shared = match known.get(cell) {
                Some(shared) => Arc::clone(shared),
                None => Arc::from(cell),
            };
            if known.len() < 4096 {
                known.insert(Arc::clone(&shared));
            }
            column.push(shared);
        }
    }
    let (mut columns, mut cells) = (headings, cells);
    // The first column names the rows; their numbers do not.
    if columns.len() > 1 && cells.first().is_some_and(|first| are_indices(first)) {
        columns.rotate_left(1);
        cells.rotate_left(1);
    }
    LabelTable {
        labels: Arc::new(Labels { columns, cells }),
        may_have_heading: false,
    }
}

/// Whether cells count the rows, from 0 or 1.
fn are_indices(cells: &[Arc<str>]) -> bool {
    let counts = |from: usize| {
        let mut rows = (from..).zip(cells);
        rows.all(|(row, cell)| cell.parse() == Ok(row))
    };
    !cells.is_empty() && (counts(0) || counts(1))
}

fn json(bytes: &[u8]) -> Result<Labels, serde_json::Error> {
    serde_json::from_slice::<LabelJson>(bytes).map(|table| table.0)
}

struct LabelJson(Labels);

/// Any scalar value as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum LabelCell {
    Text(String),
    Bool(bool),
    Number(serde_json::Number),
    Nothing(()),
}

impl LabelCell {
    fn text(self) -> Arc<str> {
        match self {
            Self::Text(text) => text.into(),
            Self::Bool(value) => value.to_string().into(),
            Self::Number(value) => value.to_string().into(),
            Self::Nothing(()) => "".into(),
        }
    }
}

/// A column's cells, or something else.
#[derive(Deserialize)]
#[serde(untagged)]
enum LabelColumn {
    Cells(Vec<LabelCell>),
    Other(IgnoredAny),
}

impl<'de> Deserialize<'de> for LabelJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LabelJsonVisitor;
        impl<'de> Visitor<'de> for LabelJsonVisitor {
            type Value = LabelJson;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a list, or an object of lists")
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                mut seq: A,
            ) -> Result<LabelJson, A::Error> {
                let mut labels = Vec::new();
                while let Some(cell) = seq.next_element::<LabelCell>()? {
                    labels.push(cell.text());
                }
                Ok(LabelJson(Labels::of_list(labels)))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<LabelJson, A::Error> {
                let mut labels = Labels::default();
                while let Some((heading, column)) = map.next_entry::<String, LabelColumn>()? {
                    let LabelColumn::Cells(cells) = column else {
                        continue;
                    };
                    // Columns of another length are ignored.
                    if labels.cells.is_empty() || labels.len() == cells.len() {
                        labels.columns.push(heading.into());
                        labels
                            .cells
                            .push(cells.into_iter().map(LabelCell::text).collect());
                    }
                }
                Ok(LabelJson(labels))
            }
        }
        deserializer.deserialize_any(LabelJsonVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str, content: &str) -> Result<LabelTable, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        read(&path)
    }

    fn cells(labels: &Labels, column: usize) -> Vec<&str> {
        labels.cells[column].iter().map(|cell| &**cell).collect()
    }

    #[test]
    fn lists_and_objects_of_lists() {
        let list = table("a.labels.json", r#"["\n", " ", 3, null, true]"#).unwrap();
        assert_eq!(
            cells(&list.of_len(5).unwrap(), 0),
            ["\n", " ", "3", "", "true"]
        );
        let columns = r#"{"word": ["a", "b"], "note": "x", "class": [1, 2.5], "short": [1]}"#;
        let columns = table("a.labels.json", columns).unwrap().of_len(2).unwrap();
        assert_eq!(columns.columns, ["word".into(), "class".into()]);
        assert_eq!(cells(&columns, 1), ["1", "2.5"]);
        for damaged in ["", "{", "3", r#"[["a"]]"#] {
            assert!(table("a.labels.json", damaged).is_err(), "{damaged}");
        }
    }

    #[test]
    fn one_column_has_no_heading_and_several_have() {
        let one = table("metadata.tsv", "a\nb\n\nd\r\n").unwrap();
        assert_eq!(cells(&one.of_len(4).unwrap(), 0), ["a", "b", "", "d"]);
        // Unless the number of rows requires one.
        let headed = one.of_len(3).unwrap();
        assert_eq!(
            (&*headed.columns[0], cells(&headed, 0)),
            ("a", vec!["b", "", "d"])
        );
        assert!(one.of_len(2).is_none() && one.of_len(5).is_none());
        let two = table("metadata.tsv", "word\tclass\na\t1\nb\n\n").unwrap();
        let two = two.of_len(2).unwrap();
        assert_eq!(two.columns, ["word".into(), "class".into()]);
        assert_eq!(
            (cells(&two, 0), cells(&two, 1)),
            (vec!["a", "b"], vec!["1", ""])
        );
        let text = table("labels.txt", "a\tb\nc").unwrap();
        assert_eq!(cells(&text.of_len(2).unwrap(), 0), ["a\tb", "c"]);
        assert_eq!(table("labels.txt", "").unwrap().len(), 0);
        let numbered = table("a.tsv", "Index\tEmoji\n0\tsmile\n1\theart\n").unwrap();
        let numbered = numbered.of_len(2).unwrap();
        assert_eq!(numbered.columns, ["Emoji".into(), "Index".into()]);
        assert_eq!(cells(&numbered, 0), ["smile", "heart"]);
    }

    #[test]
    fn labels_belong_to_their_stem_or_to_the_folder() {
        assert_eq!(rank("emb.labels.json", "emb", true), Some(0));
        assert_eq!(rank("emb.tsv", "emb", true), Some(3));
        assert_eq!(rank("metadata.tsv", "emb", false), Some(0));
        assert_eq!(rank("emb2.labels.json", "emb", true), None);
        assert!(is_label_name("emb.tsv") && !is_label_name("notes.txt"));
    }
}
