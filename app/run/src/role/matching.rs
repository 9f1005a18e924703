//! Finding the role of a key in the table.

use std::{collections::HashMap, sync::LazyLock};

use super::{Role, table::TABLE};

/// A pattern's row in the table, and its index there.
type Place = (usize, usize);

/// The patterns of the table, sorted so that a key of a million is compared with few of them.
struct Patterns {
    /// Patterns without `*` that are compared with the whole key.
    whole: HashMap<&'static str, Vec<Place>>,
    /// Patterns without `*` that are compared with its last part.
    last_part: HashMap<&'static str, Vec<Place>>,
    globs: Vec<(Glob, Place)>,
    /// What excludes a key from each row.
    excluding: Vec<Vec<Glob>>,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let mut patterns = Patterns {
        whole: HashMap::new(),
        last_part: HashMap::new(),
        globs: Vec::new(),
        excluding: Vec::new(),
    };
    for (row, (_, texts)) in TABLE.iter().enumerate() {
        let excluding = texts.iter().filter_map(|text| text.strip_prefix('!'));
        patterns.excluding.push(excluding.map(Glob::new).collect());
        for (position, text) in texts.iter().enumerate() {
            let glob = Glob::new(text);
            let place = (row, position);
            match (glob.is_exact(), glob.is_of_whole_key) {
                _ if text.starts_with('!') => {}
                (true, true) => patterns.whole.entry(glob.first).or_default().push(place),
                (true, false) => patterns
                    .last_part
                    .entry(glob.first)
                    .or_default()
                    .push(place),
                (false, _) => patterns.globs.push((glob, place)),
            }
        }
    }
    patterns
});

/// A pattern, in which `*` matches any text.
struct Glob {
    is_of_whole_key: bool,
    first: &'static str,
    middles: Vec<&'static str>,
    /// `None` without a `*`.
    last: Option<&'static str>,
}

impl Glob {
    fn new(pattern: &'static str) -> Self {
        let (text, is_marked) = match pattern.strip_prefix('^') {
            Some(text) => (text, true),
            None => (pattern, false),
        };
        let mut parts = text.split('*');
        let first = parts.next().unwrap_or_default();
        let mut middles: Vec<&str> = parts.collect();
        let last = middles.pop();
        Self {
            is_of_whole_key: is_marked || text.contains('/'),
            first,
            middles,
            last,
        }
    }

    fn is_exact(&self) -> bool {
        self.last.is_none()
    }

    fn matches(&self, key: &Key<'_>) -> bool {
        match self.is_of_whole_key {
            true => self.matches_text(key.whole),
            false => key.last_parts().any(|part| self.matches_text(part)),
        }
    }

    fn matches_text(&self, text: &str) -> bool {
        let Some(mut rest) = text.strip_prefix(self.first) else {
            return false;
        };
        let Some(last) = self.last else {
            return rest.is_empty();
        };
        for middle in &self.middles {
            match rest.find(middle) {
                Some(at) => rest = &rest[at + middle.len()..],
                None => return false,
            }
        }
        rest.ends_with(last)
    }
}

/// A key in the spelling of the table.
struct Key<'a> {
    whole: &'a str,
    after_slash: &'a str,
    /// What follows the last dot, if that is after the last slash.
    after_dot: Option<&'a str>,
}

impl<'a> Key<'a> {
    fn new(whole: &'a str) -> Self {
        let after_slash = whole.rsplit('/').next().unwrap_or(whole);
        let after_dot = whole.rsplit('.').next().unwrap_or(whole);
        Self {
            whole,
            after_slash,
            after_dot: (after_dot.len() < after_slash.len()).then_some(after_dot),
        }
    }

    fn last_parts(&self) -> impl Iterator<Item = &'a str> {
        std::iter::once(self.after_slash).chain(self.after_dot)
    }
}

/// The row of the table that matches `key` and the index of the matching pattern.
fn find(key: &str) -> Option<(Option<Role>, usize)> {
    let spelled: String = key
        .chars()
        .map(|c| match c {
            ' ' | '-' => '_',
            c => c.to_ascii_lowercase(),
        })
        .collect();
    with_slashes(&spelled)
        .and_then(|with_slashes| find_spelled(&with_slashes))
        .or_else(|| find_spelled(&spelled))
        .or_else(|| find_spelled(&of_list(&spelled)?))
}

/// A key with slashes for the dots beside a word of the data that it was computed on: nested rows have `val.loss` where loggers write
/// `val/loss`. `None` without such a word.
fn with_slashes(key: &str) -> Option<String> {
    let parts: Vec<&str> = key.split('.').collect();
    let is_of_data = |part: &&str| is_held_out_word(part) || TRAINED_ON.contains(part);
    if parts.len() < 2 || !parts.iter().any(is_of_data) {
        return None;
    }
    let mut spelled = parts[0].to_owned();
    for pair in parts.windows(2) {
        let separator = if pair.iter().any(is_of_data) {
            '/'
        } else {
            '.'
        };
        spelled.push(separator);
        spelled.push_str(pair[1]);
    }
    Some(spelled)
}

/// What a list is of, by its name: `train_loss` of `train_losses` and `train_loss_history`, `loss_g` of `losses_g`; `None` for other names.
fn of_list(name: &str) -> Option<String> {
    let suffixes = ["_history", "_hist", "_curve", "_list"];
    let stem = suffixes.iter().find_map(|suffix| name.strip_suffix(suffix));
    let one = stem.unwrap_or(name);
    if let Some(part) = one.strip_prefix("losses_") {
        return Some(format!("loss_{part}"));
    }
    for (many, single) in [
        ("losses", "loss"),
        ("accuracies", "accuracy"),
        ("accs", "acc"),
    ] {
        if let Some(start) = one.strip_suffix(many) {
            return Some(format!("{start}{single}"));
        }
    }
    stem.map(str::to_owned)
}

fn find_spelled(spelled: &str) -> Option<(Option<Role>, usize)> {
    let key = Key::new(spelled);
    let patterns = &*PATTERNS;
    let mut places: Vec<Place> = Vec::new();
    places.extend(patterns.whole.get(key.whole).into_iter().flatten());
    for part in key.last_parts() {
        places.extend(patterns.last_part.get(part).into_iter().flatten());
    }
    let globs = patterns.globs.iter();
    places.extend(
        globs
            .filter(|(glob, _)| glob.matches(&key))
            .map(|(_, place)| *place),
    );
    places.sort_unstable();
    let is_excluded = |row: usize| {
        patterns.excluding[row]
            .iter()
            .any(|glob| glob.matches(&key))
    };
    let (row, position) = places.into_iter().find(|(row, _)| !is_excluded(*row))?;
    Some((TABLE[row].0, position))
}

/// Words that say that values were computed on the data that are trained on.
const TRAINED_ON: [&str; 3] = ["train", "training", "trn"];
/// Words that say that values were computed on data that are not trained on.
const HELD_OUT: [&str; 6] = ["val", "valid", "validation", "eval", "evaluation", "test"];

/// True if the first word of `key` says that its values were computed on data that are not trained on.
fn is_held_out(key: &str) -> bool {
    words(key).next().is_some_and(is_held_out_word)
}

/// True if some word of `key` says that its values were computed on data that are not trained on (`acc/val`).
#[must_use]
pub fn names_held_out_data(key: &str) -> bool {
    words(key).any(is_held_out_word)
}

fn words(key: &str) -> impl Iterator<Item = &str> {
    key.split(['/', '.', '_', '-', ' '])
}

fn is_held_out_word(word: &str) -> bool {
    HELD_OUT
        .iter()
        .any(|known| word.eq_ignore_ascii_case(known))
}

/// The role that the table gives to `key`.
#[must_use]
pub fn role_of_key(key: &str) -> Option<Role> {
    find(key).and_then(|(role, _)| role)
}

impl Role {
    /// Preference of `key` among keys of this role; smaller is better (`train/loss` before `aux_loss`).
    /// A key that the table does not give this role (the user did) comes first.
    #[must_use]
    pub fn rank_of_key(self, key: &str) -> usize {
        match find(key) {
            Some((role, position)) if role == Some(self) => {
                // Held-out data are measured more rarely; only their losses have a role of their own.
                let is_held_out = is_held_out(key);
                let is_rare = self != Self::ValidationLoss && is_held_out;
                // Lightning logs batches of an evaluation, and their mean by epoch.
                let is_of_batches = is_held_out && key.ends_with("_step");
                let lesser = usize::from(is_rare) + usize::from(is_of_batches);
                (position << 18) + (lesser << 16) + key.len().min(0xffff)
            }
            _ => 0,
        }
    }
}
