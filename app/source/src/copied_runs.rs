//! Runs whose logs are copies of those of another run: what was put aside, or saved under another name.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    path::{Path, PathBuf},
};

use trainscape_run::natural_cmp;

use crate::{
    copies::{checksum, checksum_of_ends, is_copy, unread_copy},
    discover::Catalog,
    run_drafts::Drafts,
    run_plan::{RunDraft, RunLog},
};

/// Logs of fewer bytes may be equal by chance: those of runs that failed alike.
const FEWEST_BYTES: u64 = 4 << 10;
/// Words in the names of folders and files that are put aside.
const PUT_ASIDE: [&str; 8] = [
    "old",
    "backup",
    "bak",
    "copy",
    "archive",
    "tmp",
    "temp",
    "duplicate",
];

/// The files of a run's logs.
struct Logs {
    root: usize,
    files: Vec<PathBuf>,
    /// Whether the names of the files say when and where they were written.
    have_writers: bool,
}

impl Logs {
    /// Whether these are copies of `original` and not what the same training logs when it runs again with the same seed: that
    /// has the same name in a folder of its own.
    fn is_copy_of(&self, original: &Self, is_put_aside: bool) -> bool {
        let mut pairs = self.files.iter().zip(&original.files);
        let is_certain =
            self.have_writers || is_put_aside || pairs.any(|(a, b)| a.file_name() != b.file_name());
        is_certain && are_copies(&self.files, &original.files)
    }
}

/// Leaves out the runs without arrays whose logs are all copies of those of another run below the same opened path, and names
/// their files.
pub(crate) fn leave_out_copied_runs(drafts: &mut Drafts, catalog: &Catalog) {
    let all = drafts.of_folders.values().chain(&drafts.separate);
    let mut by_sizes: BTreeMap<(usize, Vec<u64>), Vec<Logs>> = BTreeMap::new();
    for draft in all.filter(|draft| !has_arrays(draft, catalog)) {
        if let Some((sizes, logs)) = logs_of(draft, drafts) {
            by_sizes.entry((logs.root, sizes)).or_default().push(logs);
        }
    }
    let mut copied: BTreeSet<PathBuf> = BTreeSet::new();
    for mut alike in by_sizes.into_values().flat_map(with_equal_bytes) {
        // Words above the opened path say nothing.
        let below = |logs: &Logs| -> PathBuf {
            let file = &logs.files[0];
            let below = file.strip_prefix(&catalog.roots()[logs.root]);
            below.unwrap_or(file).to_owned()
        };
        let order = |path: &Path| (is_put_aside(path), path.components().count());
        alike.sort_by(|a, b| {
            let (a, b) = (below(a), below(b));
            let by_name = || natural_cmp(&a.to_string_lossy(), &b.to_string_lossy());
            order(&a).cmp(&order(&b)).then_with(by_name)
        });
        // What is kept beside the first has its names: so a copy of any is a copy of the first.
        let mut alike = alike.into_iter();
        let Some(original) = alike.next() else {
            continue;
        };
        for logs in alike.filter(|logs| logs.is_copy_of(&original, is_put_aside(&below(logs)))) {
            let told = logs.files.iter().zip(&original.files);
            let told = told.map(|(copy, original)| unread_copy(copy, original));
            drafts.left_out.extend(told);
            copied.extend(logs.files);
        }
    }
    if copied.is_empty() {
        return;
    }
    let keys: HashSet<_> = drafts
        .logs
        .iter()
        .filter(|(_, files)| files.iter().all(|file| copied.contains(file)))
        .map(|(key, _)| key.clone())
        .collect();
    let is_copied = |draft: &RunDraft| {
        !draft.logs.is_empty() && draft.logs.iter().all(|log| keys.contains(&log.key))
    };
    drafts.of_folders.retain(|_, draft| !is_copied(draft));
    drafts.separate.retain(|draft| !is_copied(draft));
    drafts.logs.retain(|key, _| !keys.contains(key));
}

fn has_arrays(draft: &RunDraft, catalog: &Catalog) -> bool {
    catalog
        .arrays
        .keys()
        .any(|path| path.starts_with(&draft.path))
}

/// The sizes of the files of a run's logs, and the files, in the order of their sizes.
fn logs_of(draft: &RunDraft, drafts: &Drafts) -> Option<(Vec<u64>, Logs)> {
    // Runs with ids are told apart by these.
    let mut logs = draft.logs.iter();
    if logs.any(|log| log.key.format.run_id(&log.key.place).is_some()) {
        return None;
    }
    let has_writers = |log: &RunLog| {
        let mut files = drafts.files_of(&log.key);
        files.all(|file| log.key.format.writer(file).is_some())
    };
    let have_writers = draft.logs.iter().all(has_writers);
    let files = draft
        .logs
        .iter()
        .flat_map(|log| drafts.files_of(&log.key).cloned());
    let sized: Option<Vec<(u64, PathBuf)>> = files
        .map(|file| Some((file.metadata().ok()?.len(), file)))
        .collect();
    let mut sized = sized.filter(|sized| !sized.is_empty())?;
    sized.sort();
    let (sizes, files): (Vec<u64>, Vec<PathBuf>) = sized.into_iter().unzip();
    let root = draft.root;
    let logs = Logs {
        root,
        files,
        have_writers,
    };
    (sizes.iter().sum::<u64>() >= FEWEST_BYTES).then_some((sizes, logs))
}

/// Divides logs of the same sizes into those that have the same bytes. Each file is read once, however many there are, and only
/// where its ends are those of another.
fn with_equal_bytes(of_one_size: Vec<Logs>) -> Vec<Vec<Logs>> {
    let divided = divide(of_one_size, checksum_of_ends).into_iter();
    divided.flat_map(|alike| divide(alike, checksum)).collect()
}

/// The groups of several logs whose files have the same checksums.
fn divide(logs: Vec<Logs>, checksum: impl Fn(&Path) -> Option<u32>) -> Vec<Vec<Logs>> {
    if logs.len() < 2 {
        return Vec::new();
    }
    let mut by_checksums: BTreeMap<Vec<u32>, Vec<Logs>> = BTreeMap::new();
    for logs in logs {
        let checksums = logs.files.iter().map(|file| checksum(file));
        if let Some(checksums) = checksums.collect::<Option<Vec<u32>>>() {
            by_checksums.entry(checksums).or_default().push(logs);
        }
    }
    let several = by_checksums.into_values().filter(|logs| logs.len() > 1);
    several.collect()
}

fn are_copies(a: &[PathBuf], b: &[PathBuf]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_copy(a, b))
}

fn is_put_aside(path: &Path) -> bool {
    let text = path.to_string_lossy().to_lowercase();
    let mut words = text.split(|c: char| !c.is_alphanumeric());
    words.any(|word| PUT_ASIDE.contains(&word))
}
