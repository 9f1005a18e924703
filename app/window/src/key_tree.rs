//! The keys of all series as a tree, grouped at `/` and `.`.

use std::{collections::BTreeSet, sync::Arc};

use crate::series_row::SeriesRow;

/// A visible row of the tree.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TreeRow {
    /// How many groups it is in.
    pub(crate) depth: usize,
    /// What is shown: the key or the group's path without that of the group above.
    pub(crate) label: String,
    pub(crate) content: TreeContent,
}

/// What a row of the tree stands for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TreeContent {
    /// Keys that begin with `path`.
    Group {
        path: String,
        keys: usize,
        is_open: bool,
    },
    /// A series.
    Series {
        key: Arc<str>,
        /// Points in all drawn runs.
        points: usize,
    },
}

/// The visible rows for series in the order of their keys: the contents of the groups in `open`; all groups are open
/// where `filter` (in lower case) finds a key.
pub(crate) fn visible(series: &[SeriesRow], open: &BTreeSet<String>, filter: &str) -> Vec<TreeRow> {
    let found = |row: &&SeriesRow| row.key.to_lowercase().contains(filter);
    let mut listed: Vec<&SeriesRow> = series.iter().filter(found).collect();
    let filters = !filter.is_empty() && !listed.is_empty();
    if !filters {
        // A filter that finds only runs leaves all series listed.
        listed = series.iter().collect();
    }
    let mut rows = Vec::new();
    let is_open = |path: &str| filters || open.contains(path);
    add_rows(&listed, "", 0, &is_open, &mut rows);
    rows
}

/// Adds the rows of keys that begin with `prefix`.
fn add_rows(
    keys: &[&SeriesRow],
    prefix: &str,
    depth: usize,
    is_open: &impl Fn(&str) -> bool,
    rows: &mut Vec<TreeRow>,
) {
    let mut rest = keys;
    while let Some(first) = rest.first() {
        let path = group_of(&first.key, prefix.len());
        let count = path.map_or(1, |path| {
            rest.partition_point(|row| row.key.starts_with(path))
        });
        let (group, after) = rest.split_at(count);
        rest = after;
        match path {
            Some(path) if count > 1 => {
                let path = shared_path(group, path);
                let is_open_here = is_open(path);
                rows.push(TreeRow {
                    depth,
                    label: path[prefix.len()..].to_owned(),
                    content: TreeContent::Group {
                        path: path.to_owned(),
                        keys: count,
                        is_open: is_open_here,
                    },
                });
                if is_open_here {
                    add_rows(group, path, depth + 1, is_open, rows);
                }
            }
            _ => rows.push(TreeRow {
                depth,
                label: first.key[prefix.len()..].to_owned(),
                content: TreeContent::Series {
                    key: Arc::clone(&first.key),
                    points: first.points,
                },
            }),
        }
    }
}

/// The beginning of a key up to the next `/` or `.` after `from`.
fn group_of(key: &str, from: usize) -> Option<&str> {
    let length = key[from..].find(['/', '.'])?;
    Some(&key[..=from + length])
}

/// The longest group that all of `keys` are in: a group with a single group in it is not a level of its own.
fn shared_path<'a>(keys: &[&'a SeriesRow], path: &'a str) -> &'a str {
    let (Some(first), Some(last)) = (keys.first(), keys.last()) else {
        return path;
    };
    let mut shared = path;
    // The keys are in order, so what the first and the last begin with, all begin with.
    while let Some(longer) = group_of(&first.key, shared.len())
        && last.key.starts_with(longer)
    {
        shared = longer;
    }
    shared
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(keys: &[&str], open: &[&str], filter: &str) -> Vec<String> {
        let mut keys = keys.to_vec();
        keys.sort_unstable();
        let series: Vec<SeriesRow> = keys
            .into_iter()
            .map(|key| SeriesRow {
                key: key.into(),
                role: None,
                points: 1,
            })
            .collect();
        let open = open.iter().map(|path| (*path).to_owned()).collect();
        visible(&series, &open, filter)
            .into_iter()
            .map(|row| format!("{}{}", " ".repeat(row.depth), row.label))
            .collect()
    }

    const KEYS: [&str; 6] = [
        "info/learner/default/total_loss",
        "info/learner/default/policy_loss",
        "info/timers",
        "lr",
        "train/loss",
        "train-loss",
    ];

    #[test]
    fn groups_are_closed_until_they_are_opened() {
        assert_eq!(
            labels(&KEYS, &[], ""),
            ["info/", "lr", "train-loss", "train/loss"]
        );
        assert_eq!(
            labels(&KEYS, &["info/"], ""),
            [
                "info/",
                " learner/default/",
                " timers",
                "lr",
                "train-loss",
                "train/loss"
            ]
        );
        let open = ["info/", "info/learner/default/"];
        assert_eq!(
            labels(&KEYS, &open, "")[2..4],
            ["  policy_loss", "  total_loss"]
        );
    }

    #[test]
    fn a_filter_opens_the_groups_of_what_it_finds() {
        assert_eq!(
            labels(&KEYS, &[], "learner"),
            ["info/learner/default/", " policy_loss", " total_loss"]
        );
        assert_eq!(labels(&KEYS, &[], "no such key").len(), 4);
        let dotted = ["config.gamma", "config.lr", "loss"];
        assert_eq!(labels(&dotted, &[], ""), ["config.", "loss"]);
    }
}
