//! Finding the role of a key in the table.

use super::{Role, table::TABLE};

/// The row of the table that matches `key` and the index of the matching pattern.
fn find(key: &str) -> Option<(Option<Role>, usize)> {
    let key: String = key
        .chars()
        .map(|c| {
            if c == ' ' || c == '-' {
                '_'
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect();
    let after_slash = key.rsplit('/').next().unwrap_or(&key);
    let after_dot = key.rsplit('.').next().unwrap_or(&key);
    let matches_key = |pattern: &str| match pattern.strip_prefix('^') {
        Some(whole) => matches(whole, &key),
        None if pattern.contains('/') => matches(pattern, &key),
        None => {
            matches(pattern, after_slash)
                || (after_dot.len() < after_slash.len() && matches(pattern, after_dot))
        }
    };
    TABLE.iter().find_map(|(role, patterns)| {
        let position = patterns.iter().position(|pattern| matches_key(pattern))?;
        let mut excluded = patterns.iter().filter_map(|p| p.strip_prefix('!'));
        (!excluded.any(matches_key)).then_some((*role, position))
    })
}

/// True if `text` matches `pattern`, in which `*` matches any text.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut last = None;
    for part in parts {
        if let Some(middle) = last.replace(part) {
            match rest.find(middle) {
                Some(at) => rest = &rest[at + middle.len()..],
                None => return false,
            }
        }
    }
    match last {
        Some(end) => rest.ends_with(end),
        None => rest.is_empty(),
    }
}

/// True if the first word of `key` says that its values were computed on data that are not trained on.
fn is_held_out(key: &str) -> bool {
    const WORDS: &[&str] = &["val", "valid", "validation", "eval", "evaluation", "test"];
    let first = key.split(['/', '.', '_', ' ']).next().unwrap_or_default();
    WORDS.iter().any(|word| first.eq_ignore_ascii_case(word))
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
                let is_held_out = self != Self::ValidationLoss && is_held_out(key);
                (position << 17) + (usize::from(is_held_out) << 16) + key.len().min(0xffff)
            }
            _ => 0,
        }
    }
}
