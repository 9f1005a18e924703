//! `[[view]]` tables of a TOML file; errors name the file and the line.

use std::{ops::Range, sync::Arc};

use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};
use trainscape_run::ViewFile;

use trainscape_expression::nearest_name;
use trainscape_scene::colour::ColourMap;

/// Keys of a view; both spellings of colour are understood.
const KEYS: &[&str] = &[
    "name", "title", "kind", "x", "y", "z", "colour", "size", "filter", "runs", "log", "range",
    "colours", "labels",
];

/// What a view draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Surface,
    Mesh,
    Path,
    Points,
    Bars,
}

const KINDS: [(&str, Shape); 5] = [
    ("surface", Shape::Surface),
    ("mesh", Shape::Mesh),
    ("path", Shape::Path),
    ("points", Shape::Points),
    ("bars", Shape::Bars),
];

/// A text and its line in the file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Located {
    pub(super) text: String,
    pub(super) line: usize,
}

/// One `[[view]]`.
#[derive(Clone, Debug)]
pub(super) struct Spec {
    pub(super) file: Arc<ViewFile>,
    pub(super) name: String,
    pub(super) title: String,
    pub(super) kind: Shape,
    /// Expressions or slices along x, y and z.
    pub(super) axes: [Located; 3],
    pub(super) colour: Option<Located>,
    pub(super) size: Option<Located>,
    pub(super) filter: Option<Located>,
    /// Patterns of run ids and names; empty: all.
    pub(super) runs: Vec<String>,
    pub(super) log: [Option<bool>; 3],
    pub(super) ranges: [Option<[f64; 2]>; 3],
    pub(super) map: Option<ColourMap>,
    /// Titles of x, y, z and of the colours.
    pub(super) labels: [Option<String>; 4],
    /// Line of the table's head.
    pub(super) line: usize,
}

impl Spec {
    /// The file's name without its folders.
    pub(super) fn file_name(&self) -> String {
        let name = self.file.path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// A sentence about a line of the file.
    pub(super) fn at(&self, line: usize, what: &str) -> String {
        at(&self.file, line, what)
    }
}

fn at(file: &ViewFile, line: usize, what: &str) -> String {
    let name = file.path.file_name().unwrap_or_default().to_string_lossy();
    format!("{name} line {line}: {what}")
}

/// A view's name, and the view or the error in its table.
pub(super) type ParsedView = (String, Result<Spec, String>);

/// All views of a file, in order.
///
/// # Errors
/// What makes the whole file unreadable.
pub(super) fn parse(file: &Arc<ViewFile>) -> Result<Vec<ParsedView>, String> {
    let reader = Reader { file };
    let table = DeTable::parse(&file.text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        let message = error.message().replace('\n', " ");
        at(
            file,
            reader.line(span.start),
            &format!("is not valid TOML: {message}"),
        )
    })?;
    let Some((_, views)) = table
        .get_ref()
        .iter()
        .find(|(key, _)| key.get_ref() == "view")
    else {
        return Ok(Vec::new());
    };
    let DeValue::Array(views) = views.get_ref() else {
        return Err(reader.error(
            &views.span(),
            "`view` is a list: write `[[view]]`, in double brackets",
        ));
    };
    let mut all = Vec::new();
    for (index, view) in views.iter().enumerate() {
        let DeValue::Table(table) = view.get_ref() else {
            return Err(reader.error(
                &view.span(),
                "a view is a table: write `[[view]]`, in double brackets",
            ));
        };
        let name =
            table.iter().find_map(
                |(key, value)| match (key.get_ref().as_ref(), value.get_ref()) {
                    ("name", DeValue::String(name)) => Some(name.to_string()),
                    _ => None,
                },
            );
        let name = name.unwrap_or_else(|| format!("view {}", index + 1));
        let line = reader.line(view.span().start);
        all.push((name.clone(), reader.view(table, name, line)));
    }
    Ok(all)
}

struct Reader<'a> {
    file: &'a Arc<ViewFile>,
}

type Entry<'a, 'i> = (&'a Spanned<DeString<'i>>, &'a Spanned<DeValue<'i>>);

impl Reader<'_> {
    /// The line of a byte, counted from 1.
    fn line(&self, byte: usize) -> usize {
        let before = self.file.text.as_bytes().iter().take(byte);
        before.filter(|&&byte| byte == b'\n').count() + 1
    }

    fn error(&self, span: &Range<usize>, what: &str) -> String {
        at(self.file, self.line(span.start), what)
    }

    fn view(&self, table: &DeTable<'_>, name: String, line: usize) -> Result<Spec, String> {
        let mut axes: [Option<Located>; 3] = [None, None, None];
        let mut spec = Spec {
            file: Arc::clone(self.file),
            title: name.clone(),
            name,
            kind: Shape::Path,
            axes: [(); 3].map(|()| Located {
                text: String::new(),
                line,
            }),
            colour: None,
            size: None,
            filter: None,
            runs: Vec::new(),
            log: [None; 3],
            ranges: [None; 3],
            map: None,
            labels: [None, None, None, None],
            line,
        };
        for entry in table {
            let (key, _) = entry;
            match key.get_ref().as_ref() {
                "name" => spec.name = self.text(entry)?.text,
                "title" => spec.title = self.text(entry)?.text,
                "kind" => spec.kind = self.kind(entry)?,
                "x" => axes[0] = Some(self.text_or_number(entry)?),
                "y" => axes[1] = Some(self.text_or_number(entry)?),
                "z" => axes[2] = Some(self.text_or_number(entry)?),
                "colour" | "color" => spec.colour = Some(self.text_or_number(entry)?),
                "size" => spec.size = Some(self.text_or_number(entry)?),
                "filter" => spec.filter = Some(self.text(entry)?),
                "runs" => spec.runs = self.texts(entry)?,
                "log" => self.log(entry, &mut spec.log)?,
                "range" => self.ranges(entry, &mut spec.ranges)?,
                "colours" | "colors" => spec.map = Some(self.map(entry)?),
                "labels" => self.labels(entry, &mut spec.labels)?,
                other => return Err(self.unknown(key, other)),
            }
        }
        self.set_axes(&mut spec, axes)?;
        Ok(spec)
    }

    fn unknown(&self, key: &Spanned<DeString<'_>>, name: &str) -> String {
        let hint = match nearest_name(name, KEYS.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the keys are: {}", KEYS.join(", ")),
        };
        self.error(
            &key.span(),
            &format!("`{name}` is not a key of a view; {hint}"),
        )
    }

    fn set_axes(&self, spec: &mut Spec, axes: [Option<Located>; 3]) -> Result<(), String> {
        // A slice of a tensor has its own rows and columns.
        let sliced = axes[2]
            .as_ref()
            .is_some_and(|z| z.text.trim_end().ends_with(']'));
        for (axis, found) in axes.into_iter().enumerate() {
            match found {
                Some(found) => spec.axes[axis] = found,
                None if axis < 2 && sliced => {}
                None => {
                    let letter = ["x", "y", "z"][axis];
                    return Err(at(
                        self.file,
                        spec.line,
                        &format!(
                            "the view `{}` needs `{letter}`, an expression such as \"step\"",
                            spec.name
                        ),
                    ));
                }
            }
        }
        Ok(())
    }

    fn log(&self, entry: Entry<'_, '_>, log: &mut [Option<bool>; 3]) -> Result<(), String> {
        for letter in self.texts(entry)?.iter().flat_map(|text| text.chars()) {
            let axis = "xyz".find(letter).ok_or_else(|| {
                self.error(&entry.1.span(), "`log` names axes by letter, as in \"xz\"")
            })?;
            log[axis] = Some(true);
        }
        Ok(())
    }

    fn wrong(&self, (key, value): Entry<'_, '_>, wanted: &str) -> String {
        self.error(&value.span(), &format!("`{}` is {wanted}", key.get_ref()))
    }

    fn text(&self, entry: Entry<'_, '_>) -> Result<Located, String> {
        match entry.1.get_ref() {
            DeValue::String(text) => Ok(Located {
                text: text.to_string(),
                line: self.line(entry.1.span().start),
            }),
            _ => Err(self.wrong(entry, "a text, in quotes")),
        }
    }

    fn text_or_number(&self, entry: Entry<'_, '_>) -> Result<Located, String> {
        match number(entry.1.get_ref()) {
            Some(number) => Ok(Located {
                text: number.to_string(),
                line: self.line(entry.1.span().start),
            }),
            None => match entry.1.get_ref() {
                DeValue::String(_) => self.text(entry),
                _ => Err(self.wrong(entry, "an expression in quotes, or a number")),
            },
        }
    }

    fn texts(&self, entry: Entry<'_, '_>) -> Result<Vec<String>, String> {
        let of_list = |value: &Spanned<DeValue<'_>>| match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            _ => None,
        };
        match entry.1.get_ref() {
            DeValue::String(text) => Ok(vec![text.to_string()]),
            DeValue::Array(list) => {
                let texts: Option<Vec<String>> = list.iter().map(of_list).collect();
                texts.ok_or_else(|| self.wrong(entry, "a text or a list of texts"))
            }
            _ => Err(self.wrong(entry, "a text or a list of texts")),
        }
    }

    fn kind(&self, entry: Entry<'_, '_>) -> Result<Shape, String> {
        let text = self.text(entry)?.text;
        let found = KINDS.iter().find(|(name, _)| *name == text);
        found.map(|(_, kind)| *kind).ok_or_else(|| {
            let names = KINDS.map(|(name, _)| name).join(", ");
            self.error(
                &entry.1.span(),
                &format!("`{text}` is not a kind of view; kinds: {names}"),
            )
        })
    }

    fn map(&self, entry: Entry<'_, '_>) -> Result<ColourMap, String> {
        let text = self.text(entry)?.text;
        ColourMap::from_name(&text).ok_or_else(|| {
            let names = ColourMap::ALL.map(ColourMap::name);
            let hint = match nearest_name(&text, names.into_iter()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the colour maps are: {}", names.join(", ")),
            };
            self.error(
                &entry.1.span(),
                &format!("`{text}` is not a colour map; {hint}"),
            )
        })
    }

    /// The entries of an inner table with the index of their names.
    fn inner<'t, 'i>(
        &self,
        entry: Entry<'t, 'i>,
        names: &[&str],
    ) -> Result<Vec<(usize, Entry<'t, 'i>)>, String> {
        let DeValue::Table(table) = entry.1.get_ref() else {
            return Err(self.wrong(entry, "a table, as in { x = …, z = … }"));
        };
        table
            .iter()
            .map(|inner| {
                let name = inner.0.get_ref();
                let name = if name == "color" {
                    "colour"
                } else {
                    name.as_ref()
                };
                let index = names.iter().position(|known| *known == name);
                let index = index.ok_or_else(|| {
                    let text = format!(
                        "`{name}` is not an axis of `{}`; axes: {}",
                        entry.0.get_ref(),
                        names.join(", ")
                    );
                    self.error(&inner.0.span(), &text)
                })?;
                Ok((index, inner))
            })
            .collect()
    }

    fn ranges(
        &self,
        entry: Entry<'_, '_>,
        ranges: &mut [Option<[f64; 2]>; 3],
    ) -> Result<(), String> {
        for (axis, inner) in self.inner(entry, &["x", "y", "z"])? {
            let ends = match inner.1.get_ref() {
                DeValue::Array(list) => list
                    .iter()
                    .filter_map(|end| number(end.get_ref()))
                    .collect(),
                _ => Vec::new(),
            };
            match ends.as_slice() {
                [low, high] if low < high => ranges[axis] = Some([*low, *high]),
                _ => return Err(self.wrong(inner, "a list of two numbers, the smaller first")),
            }
        }
        Ok(())
    }

    fn labels(&self, entry: Entry<'_, '_>, labels: &mut [Option<String>; 4]) -> Result<(), String> {
        for (axis, inner) in self.inner(entry, &["x", "y", "z", "colour"])? {
            labels[axis] = Some(self.text(inner)?.text);
        }
        Ok(())
    }
}

fn number(value: &DeValue<'_>) -> Option<f64> {
    let text = match value {
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.as_str().to_owned(),
        _ => return None,
    };
    text.replace('_', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<ParsedView>, String> {
        parse(&Arc::new(ViewFile {
            path: "some/views.toml".into(),
            text: text.to_owned(),
        }))
    }

    fn mistake(text: &str) -> String {
        match read(text) {
            Err(text) => text,
            Ok(views) => views.into_iter().find_map(|(_, view)| view.err()).unwrap(),
        }
    }

    #[test]
    fn all_keys_are_read() {
        let text = r#"
            other = 1
            [[view]]
            name = "a"
            title = "A view"
            kind = "points"
            x = "step"
            y = "log10(loss)"
            z = "{val/loss}"
            colour = "reward"
            size = 3
            filter = "step > 10"
            runs = ["lr-*", "b"]
            log = "xz"
            range = { x = [0, 1_000], z = [1e-3, 2.5] }
            colours = "plasma"
            labels = { x = "Step", colour = "R" }
            [[view]]
            z = "attention[-1, 0, 0]"
            kind = "surface"
        "#;
        let views = read(text).unwrap();
        let first = views[0].1.as_ref().unwrap();
        assert_eq!((first.name.as_str(), first.kind), ("a", Shape::Points));
        assert_eq!(
            first.axes[1],
            Located {
                text: "log10(loss)".to_owned(),
                line: 8
            }
        );
        assert_eq!(first.size.as_ref().unwrap().text, "3");
        assert_eq!(first.ranges, [Some([0.0, 1000.0]), None, Some([1e-3, 2.5])]);
        assert_eq!(first.log, [Some(true), None, Some(true)]);
        assert_eq!(first.labels[3].as_deref(), Some("R"));
        assert_eq!(
            (views[1].0.as_str(), views[1].1.as_ref().unwrap().kind),
            ("view 2", Shape::Surface)
        );
        assert!(read("a = 1").unwrap().is_empty());
    }

    #[test]
    fn errors_name_the_line_and_the_nearest_name() {
        let view =
            |line: &str| format!("[[view]]\nx = \"step\"\ny = \"loss\"\nz = \"loss\"\n{line}\n");
        assert_eq!(
            mistake(&view("colr = \"step\"")),
            "views.toml line 5: `colr` is not a key of a view; did you mean `colour`?"
        );
        assert!(
            mistake(&view("kind = \"surfce\""))
                .starts_with("views.toml line 5: `surfce` is not a kind")
        );
        assert!(mistake(&view("colours = \"virdis\"")).contains("did you mean `viridis`?"));
        assert!(mistake(&view("range = { x = [2, 1] }")).contains("the smaller first"));
        assert!(mistake(&view("log = \"xq\"")).contains("names axes by letter"));
        assert!(mistake("[[view]]\nx = \"step\"\nz = \"a\"\n").contains("needs `y`"));
        assert!(mistake("[view]\nx = \"step\"\n").contains("double brackets"));
        assert!(mistake("[[view]]\nx = \n").starts_with("views.toml line 2: is not valid TOML"));
    }
}
