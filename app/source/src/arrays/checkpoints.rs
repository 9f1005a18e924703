//! Which files make up one set of arrays: the shards of a checkpoint, and the same file of many steps.

use std::{collections::BTreeMap, path::Path};

use super::contents::stem;

/// Words before a step's number.
const STEP_WORDS: &[&str] = &[
    "global_step",
    "checkpoint",
    "iteration",
    "snapshot",
    "epoch",
    "step",
    "steps",
    "ckpt",
    "iter",
    "snap",
];

/// Folders in which a number without a word is a step.
const CHECKPOINT_FOLDERS: &[&str] = &[
    "checkpoints",
    "checkpoint",
    "ckpts",
    "ckpt",
    "snapshots",
    "steps",
];

/// The same file of one step or of many.
#[derive(Debug, Default)]
pub(super) struct FileSet {
    /// Prefix of its keys if another set has the same ones: the file's stem.
    pub(super) label: String,
    /// Its path in the run's folder without the step and the ending.
    pub(super) place: String,
    /// Shards (indices of files) by step; one entry without a step for files that are not checkpoints.
    pub(super) steps: BTreeMap<Option<u64>, Vec<usize>>,
    /// Shards that are missing according to the names of the others.
    pub(super) missing_shards: u32,
    /// The key of the array, in files that hold a single one.
    pub(super) file_key: String,
    /// An optimiser's state next to the model's.
    pub(super) left_out: bool,
}

impl FileSet {
    pub(super) fn is_stacked(&self) -> bool {
        self.steps.len() > 1
    }
}

/// The parts of a file's name.
#[derive(Debug, PartialEq)]
struct FileName {
    /// The path without the step's number and the shard.
    series: String,
    step: Option<u64>,
    stem: String,
    shard: Option<(u32, u32)>,
    label: String,
    file_key: String,
}

/// Divides files (paths in the run's folder) into sets.
pub(super) fn sets(files: &[&Path]) -> Vec<FileSet> {
    let names: Vec<FileName> = files.iter().map(|path| name(path)).collect();
    let mut series: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, name) in names.iter().enumerate() {
        series.entry(&name.series).or_default().push(index);
    }
    let mut sets = Vec::new();
    for members in series.values() {
        let first = &names[members[0]];
        let mut steps: BTreeMap<Option<u64>, Vec<usize>> = BTreeMap::new();
        for &index in members {
            steps.entry(names[index].step).or_default().push(index);
        }
        let mut missing_shards = 0;
        for shards in steps.values() {
            let of = shards.iter().filter_map(|&index| names[index].shard);
            let expected = of.map(|(_, of)| of).max().unwrap_or(0);
            missing_shards += expected.saturating_sub(shards.len() as u32);
        }
        let stacked = steps.len() > 1;
        let path = files[members[0]].with_extension("");
        sets.push(FileSet {
            label: if stacked {
                first.label.clone()
            } else {
                first.stem.clone()
            },
            place: path.to_string_lossy().replace('\\', "/"),
            file_key: if stacked {
                first.file_key.clone()
            } else {
                stem(files[members[0]])
            },
            left_out: first.step.is_some() && is_optimizer(&first.stem),
            missing_shards,
            steps,
        });
    }
    if sets.iter().all(|set| set.left_out) {
        for set in &mut sets {
            set.left_out = false;
        }
    }
    sets
}

fn name(path: &Path) -> FileName {
    let mut parts: Vec<String> = path
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    let ending = path
        .extension()
        .map(|ending| ending.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    let (stem, shard) = without_shard(&stem(path));
    if let Some(last) = parts.last_mut() {
        last.clone_from(&stem);
    }
    // The innermost step counts.
    let found = (0..parts.len()).rev().find_map(|at| {
        let bare = at > 0 && CHECKPOINT_FOLDERS.contains(&parts[at - 1].to_lowercase().as_str());
        step_of(&parts[at], bare).map(|found| (at, found))
    });
    let mut label = stem.clone();
    let mut file_key = stem.clone();
    let mut step = None;
    if let Some((at, found)) = found {
        step = Some(found.step);
        label = match found.prefix.as_str() {
            "" => found.word.to_owned(),
            prefix => prefix.to_owned(),
        };
        if at + 1 == parts.len() {
            file_key = match (found.prefix.as_str(), at.checked_sub(1)) {
                ("", Some(above)) => parts[above].clone(),
                ("", None) => found.word.to_owned(),
                (prefix, _) => prefix.to_owned(),
            };
        }
        parts[at] = format!("{}*{}", found.prefix, found.word);
    }
    FileName {
        series: format!("{}.{ending}", parts.join("/")),
        step,
        stem,
        shard,
        label,
        file_key,
    }
}

struct StepSuffix {
    /// The part before the step's word.
    prefix: String,
    word: &'static str,
    step: u64,
}

/// The step that a name ends with: `step-100`, `model_step_100`, `epoch=3-step=500`.
fn step_of(name: &str, bare: bool) -> Option<StepSuffix> {
    let lower = name.to_ascii_lowercase();
    let is_separator = |c: char| matches!(c, '-' | '_' | '.' | '=');
    let mut rest = lower.as_str();
    let mut found: Option<(&'static str, u64)> = None;
    loop {
        let before = rest.trim_end_matches(|c: char| c.is_ascii_digit());
        let number = rest[before.len()..].parse::<u64>().ok();
        let Some(number) = number else { break };
        let words = before.strip_suffix(is_separator).unwrap_or(before);
        let word = STEP_WORDS.iter().find(|word| {
            words
                .strip_suffix(**word)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with(is_separator))
        });
        let Some(word) = word else {
            if bare && before.is_empty() && found.is_none() {
                found = Some(("step", number));
                rest = "";
            }
            break;
        };
        found.get_or_insert((word, number));
        rest = words[..words.len() - word.len()].trim_end_matches(is_separator);
    }
    let (word, step) = found?;
    Some(StepSuffix {
        prefix: name[..rest.len()].to_owned(),
        word,
        step,
    })
}

/// `model-00001-of-00003`: `model`, shard 1 of 3.
fn without_shard(stem: &str) -> (String, Option<(u32, u32)>) {
    let parsed = stem.rsplit_once("-of-").and_then(|(left, of)| {
        let (name, shard) = left.rsplit_once('-')?;
        let digits = |text: &str| text.len() >= 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        (digits(of) && digits(shard)).then_some(())?;
        Some((name.to_owned(), (shard.parse().ok()?, of.parse().ok()?)))
    });
    match parsed {
        Some((name, shard)) => (name, Some(shard)),
        None => (stem.to_owned(), None),
    }
}

fn is_optimizer(stem: &str) -> bool {
    let stem = stem.to_lowercase();
    [
        "optim",
        "scheduler",
        "rng_state",
        "random_states",
        "training_state",
        "trainer_state",
    ]
    .iter()
    .any(|name| stem.starts_with(name))
}

/// The folder of the run to which arrays in `folder` belong if there is no log: above the folders of
/// checkpoints, but not above `root`.
pub(crate) fn run_folder<'a>(folder: &'a Path, root: &Path) -> &'a Path {
    let name = |folder: &Path| {
        let name = folder.file_name().unwrap_or_default();
        name.to_string_lossy().to_lowercase()
    };
    let mut found = folder;
    while found != root
        && let Some(above) = found.parent()
    {
        let own = name(found);
        let in_checkpoints = CHECKPOINT_FOLDERS.contains(&name(above).as_str());
        let of_a_step = step_of(&own, in_checkpoints).is_some_and(|step| step.prefix.is_empty());
        if !of_a_step && !CHECKPOINT_FOLDERS.contains(&own.as_str()) {
            break;
        }
        found = above;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, series: &str, step: Option<u64>, file_key: &str) {
        let found = name(Path::new(path));
        assert_eq!(
            (found.series.as_str(), found.step, found.file_key.as_str()),
            (series, step, file_key),
            "{path}"
        );
    }

    #[test]
    fn steps_are_found_in_names_of_files_and_folders() {
        check(
            "step-100.safetensors",
            "*step.safetensors",
            Some(100),
            "step",
        );
        check(
            "step_000100/model.safetensors",
            "*step/model.safetensors",
            Some(100),
            "model",
        );
        check("a/ckpt-5/emb.npy", "a/*ckpt/emb.npy", Some(5), "emb");
        check("emb_step7.npy", "emb*step.npy", Some(7), "emb");
        check("emb/step7.npy", "emb/*step.npy", Some(7), "emb");
        check("epoch=3-step=500.npz", "*step.npz", Some(500), "step");
        check(
            "checkpoints/1000/model.safetensors",
            "checkpoints/*step/model.safetensors",
            Some(1000),
            "model",
        );
        check("Global_Step20/a.npy", "*global_step/a.npy", Some(20), "a");
        check("layer_3.npy", "layer_3.npy", None, "layer_3");
        check("1000/a.npy", "1000/a.npy", None, "a");
        check("footstep4.npy", "footstep4.npy", None, "footstep4");
        check(
            "emb-99999999999999999999.npy",
            "emb-99999999999999999999.npy",
            None,
            "emb-99999999999999999999",
        );
    }

    #[test]
    fn shards_are_one_set_and_missing_ones_are_counted() {
        let files: Vec<&Path> = [
            "model-00001-of-00003.safetensors",
            "model-00003-of-00003.safetensors",
            "model.safetensors.npy",
        ]
        .iter()
        .map(|path| Path::new(*path))
        .collect();
        let sets = sets(&files);
        assert_eq!(sets.len(), 2);
        let shards = sets.iter().find(|set| set.label == "model").unwrap();
        assert_eq!(shards.steps[&None], [0, 1]);
        assert_eq!(shards.missing_shards, 1);
    }

    #[test]
    fn an_optimisers_state_is_omitted_unless_alone() {
        let of = |paths: &[&'static str]| {
            let files: Vec<_> = paths.iter().map(|path| Path::new(*path)).collect();
            sets(&files)
        };
        let both = of(&[
            "step-9/model.safetensors",
            "step-10/model.safetensors",
            "step-9/optimizer.safetensors",
            "step-10/optimizer.safetensors",
        ]);
        let left_out: Vec<bool> = both.iter().map(|set| set.left_out).collect();
        assert_eq!(left_out, [false, true]);
        let steps: Vec<_> = both[0].steps.keys().flatten().copied().collect();
        assert_eq!(steps, [9, 10]);
        let alone = of(&[
            "step-9/optimizer.safetensors",
            "step-10/optimizer.safetensors",
        ]);
        assert!(alone[0].is_stacked() && !alone[0].left_out);
    }

    #[test]
    fn folders_of_steps_belong_to_the_run_above() {
        let root = Path::new("/r");
        for (folder, run) in [
            ("/r/a/checkpoints/500", "/r/a"),
            ("/r/a/checkpoint-500", "/r/a"),
            ("/r/a/ckpt/step_3", "/r/a"),
            ("/r/a/model_step_3", "/r/a/model_step_3"),
            ("/r/a/500", "/r/a/500"),
            ("/r/sweep/lr-0.1", "/r/sweep/lr-0.1"),
            ("/r/step-3", "/r"),
            ("/r", "/r"),
        ] {
            assert_eq!(run_folder(Path::new(folder), root), Path::new(run));
        }
        assert_eq!(
            run_folder(Path::new("/r/step-3"), Path::new("/r/step-3")),
            Path::new("/r/step-3")
        );
    }
}
