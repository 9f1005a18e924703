//! What a user says of the keys of logs: other names, roles, and x axes, by key or by pattern.

use std::path::PathBuf;

use trainscape_run::{ArrayKind, Role};

/// A key, or a pattern of keys in which each `*` stands for any text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPattern(String);

impl KeyPattern {
    /// A pattern as it is written.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// As it is written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Number of texts that it leaves open.
    #[must_use]
    pub fn stars(&self) -> usize {
        self.0.matches('*').count()
    }

    /// True if it stands for `key`.
    #[must_use]
    pub fn matches(&self, key: &str) -> bool {
        self.texts(key).is_some()
    }

    /// The texts that the stars stand for in `key`, each as short as possible; `None` if it is no such key.
    fn texts<'a>(&self, key: &'a str) -> Option<Vec<&'a str>> {
        let Some((first, others)) = self.0.split_once('*') else {
            return (key == self.0).then(Vec::new);
        };
        let mut rest = key.strip_prefix(first)?;
        let mut texts = Vec::new();
        let mut parts = others.split('*').peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                texts.push(rest.strip_suffix(part)?);
                break;
            }
            let (text, after) = rest.split_once(part)?;
            texts.push(text);
            rest = after;
        }
        Some(texts)
    }

    /// `target` with the texts of the stars in `key` in the place of its own stars.
    fn rename(&self, key: &str, target: &str) -> Option<String> {
        let mut texts = self.texts(key)?.into_iter();
        let mut parts = target.split('*');
        let mut name = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            name += texts.next().unwrap_or_default();
            name += part;
        }
        Some(name)
    }

    /// More text that is fixed says more of a key; a key says most.
    fn precision(&self) -> (bool, usize) {
        (self.stars() == 0, self.0.len() - self.stars())
    }
}

/// What a mapping says of the keys of logs. Where several entries match a key, the one with the most fixed text counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyMapping {
    /// The file that it was read from.
    pub path: Option<PathBuf>,
    /// New names of keys; a star of a name is the text of the same star of the pattern.
    pub names: Vec<(KeyPattern, String)>,
    /// Roles, of keys under their new names.
    pub roles: Vec<(KeyPattern, Role)>,
    /// What the x axis shows, of keys under their new names: the key of a series, `step` or `wall_time`.
    pub x: Vec<(KeyPattern, String)>,
    /// What arrays hold.
    pub arrays: Vec<(KeyPattern, ArrayMapping)>,
}

/// What a mapping says of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrayMapping {
    /// What it holds.
    pub kind: ArrayKind,
    /// The names of its axes; `None`: those that its kind and its shape tell.
    pub axes: Option<Vec<String>>,
}

impl KeyMapping {
    /// The new name of a key.
    pub(crate) fn name(&self, key: &str) -> Option<String> {
        let (pattern, target) = most_precise(&self.names, key)?;
        pattern.rename(key, target)
    }

    /// The role of a key.
    pub(crate) fn role(&self, key: &str) -> Option<Role> {
        most_precise(&self.roles, key).map(|(_, role)| *role)
    }

    /// What an array holds, by its key in the run or by its name in its file.
    pub(crate) fn array(&self, key: &str, own_key: &str) -> Option<&ArrayMapping> {
        let found = most_precise(&self.arrays, key).or_else(|| most_precise(&self.arrays, own_key));
        found.map(|(_, array)| array)
    }

    /// What the x axis of a key shows.
    pub(crate) fn x(&self, key: &str) -> Option<&str> {
        most_precise(&self.x, key).map(|(_, x)| x.as_str())
    }
}

fn most_precise<'a, T>(entries: &'a [(KeyPattern, T)], key: &str) -> Option<&'a (KeyPattern, T)> {
    let matching = entries.iter().filter(|(pattern, _)| pattern.matches(key));
    matching.max_by_key(|(pattern, _)| pattern.precision())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_text_and_keep_it() {
        let renamed = |pattern: &str, key, target| KeyPattern::new(pattern).rename(key, target);
        assert_eq!(
            renamed("val_*", "val_acc", "eval/*").as_deref(),
            Some("eval/acc")
        );
        assert_eq!(renamed("*.l*.g", "a.l3.g", "*/*").as_deref(), Some("a/3"));
        assert_eq!(
            renamed("loss", "loss", "train/loss").as_deref(),
            Some("train/loss")
        );
        assert_eq!(renamed("loss", "losses", "x"), None);
        assert_eq!(renamed("a*a", "a", "x"), None);
        assert_eq!(renamed("*", "", "all").as_deref(), Some("all"));
    }

    #[test]
    fn the_entry_with_the_most_fixed_text_counts() {
        let entry = |pattern: &str, name: &str| (KeyPattern::new(pattern), name.to_owned());
        let mapping = KeyMapping {
            names: vec![
                entry("l*", "few/*"),
                entry("los*", "more/*"),
                entry("lost", "key"),
            ],
            ..KeyMapping::default()
        };
        let names = ["lr", "loss", "lost", "x"].map(|key| mapping.name(key));
        let expected = [Some("few/r"), Some("more/s"), Some("key"), None];
        assert_eq!(names.each_ref().map(Option::as_deref), expected);
    }
}
