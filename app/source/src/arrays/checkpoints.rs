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
    "ep",
];

/// Words before a step's number that name the file, too: `model_100`.
const MODEL_WORDS: &[&str] = &[
    "model",
    "net",
    "weights",
    "params",
    "parameters",
    "theta",
    "cp",
];

/// Words before a number that is not a step: `layer_3`.
const PART_WORDS: &[&str] = &[
    "layer",
    "layers",
    "block",
    "blocks",
    "head",
    "heads",
    "attention",
    "attentions",
    "attn",
    "shard",
    "rank",
    "part",
    "fold",
    "seed",
    "run",
    "trial",
    "worker",
    "expert",
    "device",
    "gpu",
    "class",
    "version",
    "v",
];

/// Folders in which a number without a word is a step.
const CHECKPOINT_FOLDERS: &[&str] = &[
    "checkpoints",
    "checkpoint",
    "ckpts",
    "ckpt",
    "snapshots",
    "steps",
    "weights",
    "params",
    "parameters",
    "theta",
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

impl FileName {
    /// The path without the step and the ending.
    fn place(&self) -> String {
        let without_ending = self.series.rsplit_once('.');
        let series = without_ending.map_or(self.series.as_str(), |(series, _)| series);
        let parts = series
            .split('/')
            .map(|part| part.trim_start_matches('*').replace('*', "-"));
        parts.collect::<Vec<_>>().join("/")
    }
}

/// Divides files (paths in the run's folder) into sets.
pub(super) fn sets(folder: &Path, files: &[&Path]) -> Vec<FileSet> {
    let folder = folder.file_name().unwrap_or_default().to_string_lossy();
    let names: Vec<FileName> = files.iter().map(|path| name(&folder, path)).collect();
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
        let path = match stacked {
            true => first.place(),
            false => files[members[0]]
                .with_extension("")
                .to_string_lossy()
                .replace('\\', "/"),
        };
        sets.push(FileSet {
            label: if stacked {
                first.label.clone()
            } else {
                first.stem.clone()
            },
            place: path,
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

fn name(run_folder: &str, path: &Path) -> FileName {
    let mut parts: Vec<String> = path
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    let ending = path
        .extension()
        .map(|ending| ending.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    let (stem, shard) = without_shard(&stem(path));
    // Keras demands the ending `.weights.h5`.
    let (own, second_ending) = match stem.strip_suffix(".weights") {
        Some(own) if !own.is_empty() => (own.to_owned(), ".weights"),
        _ => (stem.clone(), ""),
    };
    if let Some(last) = parts.last_mut() {
        last.clone_from(&own);
    }
    let above = |parts: &[String], at: usize| match at {
        0 => run_folder.to_owned(),
        at => parts[at - 1].clone(),
    };
    // TensorBoard's projector has a folder for each step.
    let is_projected = |parts: &[String], at: usize| at + 3 == parts.len() && own == "tensors";
    // The innermost step counts.
    let found = (0..parts.len()).rev().find_map(|at| {
        let parent = above(&parts, at);
        let parent = match is_projected(&parts, at) {
            true => CHECKPOINT_FOLDERS[0],
            false => &parent,
        };
        let found = step_of_file(&parts[at], parent, at + 1 == parts.len())?;
        Some((at, found))
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
            file_key = match (found.prefix.as_str(), at) {
                ("", 0) if !is_checkpoint_folder(run_folder) => found.word.to_owned(),
                ("", at) => above(&parts, at),
                (prefix, _) => prefix.to_owned(),
            };
        }
        parts[at] = format!("{}*{}", found.prefix, found.word);
    }
    FileName {
        series: format!("{}{second_ending}.{ending}", parts.join("/")),
        step,
        stem,
        shard,
        label,
        file_key,
    }
}

fn is_checkpoint_folder(name: &str) -> bool {
    CHECKPOINT_FOLDERS.contains(&name.to_lowercase().as_str())
}

struct StepSuffix {
    /// The part before the step's word.
    prefix: String,
    word: &'static str,
    step: u64,
}

fn is_separator(c: char) -> bool {
    matches!(c, '-' | '_' | '.' | '=')
}

/// The step of a file or a folder within `parent`. Of a file, values of metrics after the step are ignored:
/// `epoch=3-val_loss=0.25`, `weights.03-0.25`.
fn step_of_file(name: &str, parent: &str, is_file: bool) -> Option<StepSuffix> {
    let without = without_metrics(name);
    let first = (is_file && without != name)
        .then(|| step_of(without, parent, true))
        .flatten();
    first.or_else(|| step_of(name, parent, false))
}

/// The step that a name ends with: `step-100`, `model_step_100`, `epoch=3-step=500`. Before `metrics`, any number
/// that follows a word is a step.
fn step_of(name: &str, parent: &str, before_metrics: bool) -> Option<StepSuffix> {
    let lower = name.to_ascii_lowercase();
    let parent = parent.to_ascii_lowercase();
    let in_checkpoints = is_checkpoint_folder(&parent);
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
            let last = words.rsplit(is_separator).next().unwrap_or(words);
            let named = words.len() < before.len()
                && !last.is_empty()
                && last.bytes().all(|byte| byte.is_ascii_alphabetic())
                && !PART_WORDS.contains(&last)
                && (before_metrics
                    || in_checkpoints
                    || MODEL_WORDS.contains(&last)
                    || words == parent);
            if found.is_none() && (named || (in_checkpoints && before.is_empty())) {
                found = Some(("step", number));
                rest = words;
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

/// The name without values of metrics and Lightning's version at its end.
fn without_metrics(name: &str) -> &str {
    let mut rest = match name.rsplit_once("-v") {
        Some((before, version))
            if before.contains('=') && version.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            before
        }
        _ => name,
    };
    loop {
        let digits = |text: &str| text.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let fraction = digits(rest);
        let Some(whole) = rest[..fraction].strip_suffix('.') else {
            break;
        };
        let start = digits(whole);
        if fraction == rest.len() || start == whole.len() {
            break;
        }
        let before = &whole[..start];
        // `epoch=3-val_loss=0.25`, `epoch_3-loss_0.25`, `weights.03-0.25`.
        let named = before.strip_suffix(['=', '-', '_']);
        let shorter = named.map(|named| {
            let without_name =
                named.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '_');
            let without_name = without_name.trim_end_matches(is_separator);
            match without_name.ends_with(|c: char| c.is_ascii_digit()) {
                true => without_name,
                false => named,
            }
        });
        match shorter {
            Some(shorter) if !shorter.is_empty() => rest = shorter,
            _ => break,
        }
    }
    rest
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
        let of_a_step =
            step_of(&own, &name(above), false).is_some_and(|step| step.prefix.is_empty());
        if !of_a_step && !is_checkpoint_folder(&own) {
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
        let found = name("run", Path::new(path));
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
    fn numbers_after_names_and_before_metrics_are_steps() {
        check("model_100.pt", "model*step.pt", Some(100), "model");
        check("epoch_01.weights.h5", "*epoch.weights.h5", Some(1), "epoch");
        check("ckpt.weights.h5", "ckpt.weights.h5", None, "ckpt.weights");
        check(
            "weights.03-0.25.hdf5",
            "weights*step.hdf5",
            Some(3),
            "weights",
        );
        check(
            "weights-improvement-05-0.89.hdf5",
            "weights-improvement*step.hdf5",
            Some(5),
            "weights-improvement",
        );
        check(
            "lstm-epoch=07-train_loss=0.7051.ckpt",
            "lstm*epoch.ckpt",
            Some(7),
            "lstm",
        );
        check("epoch=3-step=400-v1.ckpt", "*step.ckpt", Some(400), "step");
        for name in [
            "epoch=7_val_loss=0.25.ckpt",
            "epoch_07-loss_0.25-acc_0.9.ckpt",
        ] {
            check(name, "*epoch.ckpt", Some(7), "epoch");
        }
        check("Agent/Agent-9.pt", "Agent/Agent*step.pt", Some(9), "Agent");
        check("params/0012.npy", "params/*step.npy", Some(12), "params");
        check("snapshots/w_3.npy", "snapshots/w*step.npy", Some(3), "w");
        check(
            "00010/default/tensors.tsv",
            "*step/default/tensors.tsv",
            Some(10),
            "tensors",
        );
        for path in [
            "checkpoints/layer_3.npy",
            "checkpoints/resnet50.pt",
            "mesos_1.h5",
            "lr-0.1.pt",
            "last-v1.ckpt",
            "10/default/other.tsv",
        ] {
            assert_eq!(name("run", Path::new(path)).step, None, "{path}");
        }
        // The run is the folder of snapshots.
        let found = name("theta", Path::new("0003.npy"));
        assert_eq!((found.step, found.file_key.as_str()), (Some(3), "theta"));
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
        let sets = sets(Path::new("run"), &files);
        assert_eq!(sets.len(), 2);
        let shards = sets.iter().find(|set| set.label == "model").unwrap();
        assert_eq!(shards.steps[&None], [0, 1]);
        assert_eq!(shards.missing_shards, 1);
    }

    #[test]
    fn an_optimisers_state_is_omitted_unless_alone() {
        let of = |paths: &[&'static str]| {
            let files: Vec<_> = paths.iter().map(|path| Path::new(*path)).collect();
            sets(Path::new("run"), &files)
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
