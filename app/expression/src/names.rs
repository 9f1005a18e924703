//! The names that expressions can use, and the nearest of them to one that does not exist.

use std::{collections::BTreeSet, sync::Arc};

use trainscape_run::{Role, Run, Series, natural_cmp};

/// How alike two names must be to be taken for each other (0 to 1).
const ALIKE: f64 = 0.55;

/// All names that a filter of these runs can use, as they are written in one: configuration values, series and
/// roles, in natural order. For completion.
#[must_use]
pub fn names(runs: &[Arc<Run>]) -> Vec<String> {
    let mut found: BTreeSet<&str> = BTreeSet::new();
    for run in runs {
        found.extend(run.config.keys().map(String::as_str));
        found.extend(run.series.keys().map(|key| &**key));
        found.extend(run.roles.values().map(|role| role.name()));
    }
    let mut names: Vec<String> = found.into_iter().map(written).collect();
    names.sort_by(|a, b| natural_cmp(a.trim_start_matches('{'), b.trim_start_matches('{')));
    names
}

/// A key as it stands in an expression: in braces where it is more than letters, digits, `_` and dots.
pub(super) fn written(key: &str) -> String {
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

/// The series that serves a role best, where `name` is a role's.
#[must_use]
pub fn role_series<'a>(run: &'a Run, name: &str) -> Option<&'a Arc<Series>> {
    let role = Role::from_name(name)?;
    run.series_with_role(role)
        .into_iter()
        .find(|series| !series.is_empty())
}

/// The known name most like one that does not exist; `None` where none is much like it.
#[must_use]
pub fn nearest_name<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| -> String { text.to_lowercase().replace(['/', '.', '-', ' '], "_") };
    let wanted = plain(name);
    known
        .map(|known| {
            let other = plain(known);
            let whole = strsim::normalized_damerau_levenshtein(&wanted, &other);
            // `loss` for `train/loss`: the last part counts somewhat less.
            let last = known.rsplit(['/', '.']).next().map_or(0.0, |part| {
                0.9 * strsim::normalized_damerau_levenshtein(&wanted, &plain(part))
            });
            (whole.max(last), known)
        })
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.len().cmp(&a.1.len())))
        .map(|(_, known)| known)
}
