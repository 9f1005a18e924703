//! The names available in expressions, and suggestions for unknown ones.

use std::{collections::BTreeSet, sync::Arc};

use trainscape_run::{Role, Run, Series, natural_cmp};

use super::functions::Aggregate;

/// Names defined for every run.
pub(super) const BUILT_IN_NAMES: &[&str] = &["id", "name", "points", "steps"];

/// Beginnings of names that stand for an aggregate of the series or the role that follows: `last_reward`.
const NAMED_AGGREGATES: &[(&str, Aggregate)] = &[
    ("last_", Aggregate::Last),
    ("final_", Aggregate::Last),
    ("min_", Aggregate::Min),
    ("max_", Aggregate::Max),
    ("best_", Aggregate::Best),
];

/// Minimum similarity (0 to 1) of a suggestion.
const MIN_SIMILARITY: f64 = 0.55;

/// All names available in a filter of these runs, with braces where needed: configuration values, series and roles,
/// in natural order. For completion.
#[must_use]
pub fn names(runs: &[Arc<Run>]) -> Vec<String> {
    let mut found: BTreeSet<&str> = BTreeSet::new();
    for run in runs {
        found.extend(run.config.keys().map(String::as_str));
        found.extend(run.series.keys().map(|key| &**key));
        found.extend(run.roles.values().map(|role| role.name()));
    }
    let mut names: Vec<String> = found.into_iter().map(quoted).collect();
    names.sort_by(|a, b| natural_cmp(a.trim_start_matches('{'), b.trim_start_matches('{')));
    names
}

/// The names of [`names`], those that every run has, and the last, smallest, largest and best value of each role, such
/// as `last_reward`.
#[must_use]
pub fn filter_names(runs: &[Arc<Run>]) -> Vec<String> {
    let mut offered: Vec<String> = BUILT_IN_NAMES
        .iter()
        .map(|name| (*name).to_owned())
        .collect();
    let roles: BTreeSet<Role> = runs
        .iter()
        .flat_map(|run| run.roles.values().copied())
        .collect();
    for role in roles.into_iter().filter(|role| *role != Role::Step) {
        let has_any = runs
            .iter()
            .any(|run| role_series(run, role.name()).is_some());
        let aggregates = NAMED_AGGREGATES.iter().filter(|_| has_any);
        offered.extend(aggregates.map(|(prefix, _)| format!("{prefix}{}", role.name())));
    }
    offered.extend(names(runs));
    offered
}

/// The aggregate and the series of a name such as `last_reward`, which nothing else is called.
pub(super) fn aggregate_of_name(name: &str) -> Option<(Aggregate, &str)> {
    let mut prefixes = NAMED_AGGREGATES.iter();
    prefixes.find_map(|(prefix, aggregate)| Some((*aggregate, name.strip_prefix(prefix)?)))
}

/// A key as written in an expression: in braces if it has characters other than letters, digits, `_` and dots.
pub(super) fn quoted(key: &str) -> String {
    let plain =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_');
    let first = key
        .chars()
        .next()
        .is_some_and(|c| c.is_alphabetic() || c == '_');
    let word = matches!(
        key,
        "and" | "or" | "not" | "true" | "false" | "nan" | "inf" | "pi"
    );
    if first && !word && key.split('.').all(plain) {
        key.to_owned()
    } else {
        format!("{{{key}}}")
    }
}

/// The preferred series of a role, if `name` is a role.
#[must_use]
pub fn role_series<'a>(run: &'a Run, name: &str) -> Option<&'a Arc<Series>> {
    let role = Role::from_name(name)?;
    run.series_with_role(role)
        .into_iter()
        .find(|series| !series.is_empty())
}

/// The known name most similar to an unknown one; `None` if none is similar enough.
#[must_use]
pub fn nearest_name<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    nearest_names(name, known, 1).into_iter().next()
}

/// At most `most` known names that are similar to an unknown one, the most similar first.
#[must_use]
pub fn nearest_names<'a>(
    name: &str,
    known: impl Iterator<Item = &'a str>,
    most: usize,
) -> Vec<&'a str> {
    let plain = |text: &str| -> String { text.to_lowercase().replace(['/', '.', '-', ' '], "_") };
    let wanted = plain(name);
    let mut near: Vec<(f64, &str)> = known
        .map(|known| {
            let other = plain(known);
            let whole = strsim::normalized_damerau_levenshtein(&wanted, &other);
            // A match of the last part only, such as `loss` for `train/loss`, scores somewhat less.
            let last = known.rsplit(['/', '.']).next().map_or(0.0, |part| {
                0.9 * strsim::normalized_damerau_levenshtein(&wanted, &plain(part))
            });
            (whole.max(last), known)
        })
        .filter(|(alike, _)| *alike >= MIN_SIMILARITY)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.len().cmp(&b.1.len())));
    near.truncate(most);
    near.into_iter().map(|(_, known)| known).collect()
}
