//! What the user chose of the keys of runs, applied to each run after it was read: names, roles, x axes.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    sync::Arc,
};

use trainscape_run::{Role, Run, role_of_key};

use crate::{key_mapping::KeyPattern, mapped_gradients, open_options::OpenOptions};

/// Runs that a warning names.
const MAX_NAMED: usize = 8;

/// Whether anything was chosen.
pub(crate) fn are_given(options: &OpenOptions) -> bool {
    let mapping = &options.mapping;
    !options.roles.is_empty()
        || options.x.is_some()
        || !(mapping.names.is_empty()
            && mapping.roles.is_empty()
            && mapping.x.is_empty()
            && mapping.arrays.is_empty())
}

/// Applies what was chosen to a run as its logs have it.
pub(crate) fn apply(run: &mut Run, options: &OpenOptions) {
    if !are_given(options) {
        return;
    }
    if !options.mapping.names.is_empty() {
        rename(run, options);
    }
    choose_arrays(run, options);
    choose_roles(run, options);
    choose_x(run, options);
}

/// What arrays hold; those of gradients become series.
fn choose_arrays(run: &mut Run, options: &OpenOptions) {
    if options.mapping.arrays.is_empty() {
        return;
    }
    let kinds = run.tensors.keys().filter_map(|key| {
        let mapping = options.mapping.array(key, own_key(key))?;
        Some((Arc::clone(key), mapping.kind))
    });
    run.array_kinds = kinds.collect();
    let refused = mapped_gradients::add_series(run);
    run.refused_choices.extend(refused);
}

/// The name of an array in its file, where that of the file is before it.
fn own_key(key: &str) -> &str {
    key.rsplit('/').next().unwrap_or(key)
}

/// The new names of the run's keys. No series is lost: a key keeps its name where the run has another one of the new name.
fn new_names(run: &Run, options: &OpenOptions) -> BTreeMap<Arc<str>, Arc<str>> {
    let of_run = run.series.keys().chain(run.histograms.keys());
    let keys: BTreeSet<&Arc<str>> = of_run.collect();
    let mut taken: BTreeSet<Arc<str>> = BTreeSet::new();
    let mut names: BTreeMap<Arc<str>, Arc<str>> = keys
        .iter()
        .filter_map(|key| Some((Arc::clone(key), Arc::from(options.mapping.name(key)?))))
        .filter(|(key, name)| key != name && !name.is_empty())
        .filter(|(_, name)| taken.insert(Arc::clone(name)))
        .collect();
    // What keeps its name after all may stand in the way of what was to have that name.
    loop {
        let before = names.len();
        let leaving: BTreeSet<Arc<str>> = names.keys().cloned().collect();
        names.retain(|_, name| !keys.contains(name) || leaving.contains(name));
        if names.len() == before {
            return names;
        }
    }
}

/// A key under a new name keeps its role, unless the name suggests one.
fn rename(run: &mut Run, options: &OpenOptions) {
    let names = new_names(run, options);
    if names.is_empty() {
        return;
    }
    for (key, name) in &names {
        if let Some(series) = run.series.get_mut(key) {
            *series = Arc::new(series.with_key(Arc::clone(name)));
            if let Some(role) = role_of_key(name) {
                run.roles.insert(Arc::clone(key), role);
            }
        }
        if let Some(histograms) = run.histograms.get_mut(key) {
            Arc::make_mut(histograms).key = Arc::clone(name);
        }
    }
    for x in run.declared_x.values_mut() {
        if let Some(name) = names.get(x) {
            *x = Arc::clone(name);
        }
    }
    rename_keys(&mut run.series, &names);
    rename_keys(&mut run.histograms, &names);
    rename_keys(&mut run.roles, &names);
    rename_keys(&mut run.first_seen, &names);
    rename_keys(&mut run.series_source, &names);
    rename_keys(&mut run.declared_x, &names);
    let logged = names.into_iter();
    run.logged_keys = logged.map(|(key, name)| (name, key)).collect();
}

fn rename_keys<T>(map: &mut BTreeMap<Arc<str>, T>, names: &BTreeMap<Arc<str>, Arc<str>>) {
    let before = mem::take(map).into_iter();
    let renamed = |key: Arc<str>| names.get(&key).map_or(key, Arc::clone);
    map.extend(before.map(|(key, value)| (renamed(key), value)));
}

/// A key that the user names for a role replaces the keys whose names suggest it.
fn choose_roles(run: &mut Run, options: &OpenOptions) {
    let of_option = |key: &str| options.roles.get(key).copied();
    let by_options: BTreeSet<Role> = run.series.keys().filter_map(|key| of_option(key)).collect();
    let of_mapping = |key: &str| {
        let role = options.mapping.role(key);
        role.filter(|role| !by_options.contains(role))
    };
    let given: Vec<(Arc<str>, Role)> = run
        .series
        .keys()
        .filter_map(|key| Some((Arc::clone(key), of_option(key).or_else(|| of_mapping(key))?)))
        .collect();
    run.chosen_roles = given.iter().map(|(_, role)| *role).collect();
    let is_of_one_key = |role: &Role| !matches!(role, Role::Step | Role::LayerGradientNorm);
    let chosen = &run.chosen_roles;
    run.roles
        .retain(|_, role| !(is_of_one_key(role) && chosen.contains(role)));
    run.roles.extend(given);
}

fn choose_x(run: &mut Run, options: &OpenOptions) {
    if let Some(x) = &options.x {
        run.chosen_x = BTreeMap::from([("*".into(), x.as_str().into())]);
        return;
    }
    for key in run.series.keys() {
        if let Some(x) = options.mapping.x(key).filter(|x| *x != &**key) {
            run.chosen_x.insert(Arc::clone(key), x.into());
        }
    }
    // What all keys have is the axis of the run.
    let for_all = options
        .mapping
        .x
        .iter()
        .find(|(pattern, _)| pattern.text() == "*");
    if let Some((_, x)) = for_all {
        run.chosen_x.retain(|_, of_key| **of_key != **x);
        run.chosen_x.insert("*".into(), x.as_str().into());
    }
}

/// An x axis that the user chose, for all keys or for those that a pattern matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct XChoice<'a> {
    /// The pattern of the keys.
    pub keys: &'a str,
    /// The key of a series, `step` or `wall_time`.
    pub x: &'a str,
}

impl OpenOptions {
    /// The x axes that the user chose.
    #[must_use]
    pub fn x_choices(&self) -> Vec<XChoice<'_>> {
        match &self.x {
            Some(x) => vec![XChoice { keys: "*", x }],
            None => {
                let entries = self.mapping.x.iter();
                entries
                    .map(|(pattern, x)| XChoice {
                        keys: pattern.text(),
                        x,
                    })
                    .collect()
            }
        }
    }
}

/// Of the runs whose keys a choice concerns, those that lack what is to be their x axis, and the number of all.
#[must_use]
pub fn lacking_x<'a>(runs: &'a [Arc<Run>], choice: XChoice<'_>) -> (Vec<&'a Arc<Run>>, usize) {
    let pattern = KeyPattern::new(choice.keys);
    let is_concerned = |run: &&Arc<Run>| run.series.keys().any(|key| pattern.matches(key));
    let concerned: Vec<&Arc<Run>> = runs.iter().filter(is_concerned).collect();
    let count = concerned.len();
    let lacking = concerned.into_iter().filter(|run| !run.has_x(choice.x));
    (lacking.collect(), count)
}

/// What of the choices cannot be done, a sentence each.
pub(crate) fn problems(runs: &[Arc<Run>], options: &OpenOptions) -> Vec<String> {
    let mut problems = Vec::new();
    for choice in options.x_choices() {
        let (lacking, concerned) = lacking_x(runs, choice);
        let x = choice.x;
        if lacking.is_empty() {
            continue;
        }
        problems.push(if lacking.len() == concerned {
            format!("x axis: no run has `{x}`")
        } else {
            let names = lacking.iter().take(MAX_NAMED).map(|run| &*run.id);
            let names = names.collect::<Vec<_>>().join(", ");
            let more = match lacking.len().saturating_sub(MAX_NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            format!(
                "x axis: {} of {concerned} runs have no `{x}` and are not drawn over it: {names}{more}",
                lacking.len()
            )
        });
    }
    problems.extend(kept_names(runs, options));
    let refused: BTreeSet<&String> = runs.iter().flat_map(|run| &run.refused_choices).collect();
    problems.extend(refused.into_iter().cloned());
    problems.extend(unknown_arrays(runs, options));
    problems
}

/// The entries of arrays that no array matches.
fn unknown_arrays(runs: &[Arc<Run>], options: &OpenOptions) -> Vec<String> {
    let arrays = || runs.iter().flat_map(|run| run.tensors.keys());
    let is_known = |pattern: &KeyPattern| {
        arrays().any(|key| pattern.matches(key) || pattern.matches(own_key(key)))
    };
    let entries = options.mapping.arrays.iter();
    entries
        .filter(|(pattern, _)| !runs.is_empty() && !is_known(pattern))
        .map(|(pattern, _)| format!("mapping: no array is called `{}`", pattern.text()))
        .collect()
}

/// The keys that keep their names because a run has others of the new names.
fn kept_names(runs: &[Arc<Run>], options: &OpenOptions) -> BTreeSet<String> {
    let mut kept = BTreeSet::new();
    if options.mapping.names.is_empty() {
        return kept;
    }
    for run in runs {
        let keys = run
            .series
            .keys()
            .filter(|key| !run.logged_keys.contains_key(*key));
        for key in keys {
            if let Some(name) = options.mapping.name(key).filter(|name| **name != **key) {
                kept.insert(format!(
                    "`{key}` keeps its name: another key of the run is `{name}` already"
                ));
            }
        }
    }
    kept
}
