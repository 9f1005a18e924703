//! Logs in folders below that of the run which they belong to.

use std::{
    collections::BTreeMap,
    ops::Bound,
    path::{Path, PathBuf},
};

use crate::{
    discover::Catalog,
    log_format::NestedLog,
    run_drafts::Drafts,
    run_plan::{LogKey, RunDraft, RunLog},
};

/// Folders beside one that are considered: loggers write a few parts, a folder of many runs has more.
const MAX_BESIDE: usize = 16;

/// Folders between a log and its run, at most.
const MAX_LEVELS: usize = 3;

/// Moves the logs of nested folders into the runs above them, the deepest first.
pub(crate) fn merge_nested_logs(drafts: &mut Drafts, catalog: &Catalog) {
    let mut folders: Vec<PathBuf> = drafts.of_folders.keys().cloned().collect();
    folders.sort_by_key(|folder| std::cmp::Reverse(folder.components().count()));
    // Decided before any is moved: the folders beside it count.
    let mut moves: Vec<(PathBuf, PathBuf, RunLog)> = Vec::new();
    let siblings = Siblings::of(drafts);
    for folder in folders {
        if let Some((parent, log)) = in_run_above(&folder, drafts, &siblings, catalog) {
            moves.push((folder, parent, log));
        }
    }
    for (folder, parent, log) in moves {
        let Some(nested) = drafts.of_folders.remove(&folder) else {
            continue;
        };
        let parts: Vec<RunLog> = match nested.logs.len() {
            1 => vec![log],
            // Logs that were moved into it before.
            _ => nested.logs,
        };
        let run = drafts
            .of_folders
            .entry(parent.clone())
            .or_insert_with(|| RunDraft::new(parent.clone(), nested.root));
        run.logs.extend(parts);
        drafts.merged.insert(folder, parent);
    }
}

/// Names of the folders with logs, by the folder above them.
struct Siblings(BTreeMap<PathBuf, Vec<(String, LogKey)>>);

impl Siblings {
    fn of(drafts: &Drafts) -> Self {
        let mut by_parent: BTreeMap<PathBuf, Vec<(String, LogKey)>> = BTreeMap::new();
        for (folder, draft) in &drafts.of_folders {
            let (Some(parent), Some(name)) = (folder.parent(), folder.file_name()) else {
                continue;
            };
            let siblings = by_parent.entry(parent.to_owned()).or_default();
            for log in &draft.logs {
                siblings.push((name.to_string_lossy().into_owned(), log.key.clone()));
            }
        }
        Self(by_parent)
    }

    /// Names of the folders beside `name` with a log of the same format as `log`.
    fn beside(&self, parent: &Path, name: &str, log: &LogKey) -> Vec<&str> {
        let siblings = self.0.get(parent).map_or(&[][..], Vec::as_slice);
        let same = siblings
            .iter()
            .filter(|(other, key)| key.format == log.format && other != name);
        same.map(|(other, _)| other.as_str())
            .take(MAX_BESIDE)
            .collect()
    }
}

/// The folder above and the log, if the only log of a folder belongs to the run above it.
fn in_run_above(
    folder: &Path,
    drafts: &Drafts,
    siblings: &Siblings,
    catalog: &Catalog,
) -> Option<(PathBuf, RunLog)> {
    let draft = drafts.of_folders.get(folder)?;
    let [log] = draft.logs.as_slice() else {
        return None;
    };
    let root = &catalog.roots()[draft.root];
    let format = log.key.format;
    let direct = folder.parent().filter(|parent| parent.starts_with(root))?;
    // A name may contain a slash: then the run is more than one folder above.
    let mut above = folder.ancestors().skip(1).take(MAX_LEVELS);
    let with_log = above.find(|above| above.starts_with(root) && drafts.has_log(above, format));
    let parent = with_log.unwrap_or(direct);
    let name = folder.strip_prefix(parent).ok()?.to_str()?;
    // The log is the folder's: its files are those directly in it.
    let files = catalog
        .logs
        .range::<Path, _>((Bound::Excluded(folder), Bound::Unbounded))
        .take_while(|(file, _)| file.starts_with(folder))
        .filter(|(file, found)| file.parent() == Some(folder) && found.format == format);
    let mut keys: Vec<String> = files
        .flat_map(|(_, found)| found.first_rows.keys.clone())
        .collect();
    keys.sort();
    keys.dedup();
    let naming = format.naming_in_run_above(&NestedLog {
        folder: name,
        keys: &keys,
        has_log_above: drafts.has_log(parent, format),
        beside: &siblings.beside(parent, name, &log.key),
    })?;
    let log = RunLog {
        key: log.key.clone(),
        naming,
    };
    Some((parent.to_owned(), log))
}
