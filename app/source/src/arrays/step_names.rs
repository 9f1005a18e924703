//! Training steps in the names of files and folders.

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
pub(super) const CHECKPOINT_FOLDERS: &[&str] = &[
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

/// True for a folder in which a number without a word is a step.
pub(super) fn is_checkpoint_folder(name: &str) -> bool {
    CHECKPOINT_FOLDERS.contains(&name.to_lowercase().as_str())
}

pub(super) struct StepSuffix {
    /// The part before the step's word.
    pub(super) prefix: String,
    pub(super) word: &'static str,
    pub(super) step: u64,
}

fn is_separator(c: char) -> bool {
    matches!(c, '-' | '_' | '.' | '=')
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameKind {
    Folder,
    File,
    /// A file with values of metrics after the step.
    FileWithMetrics,
}

/// True for a folder of one step's checkpoint: `checkpoint-500`, `checkpoints/step_90`.
pub(crate) fn is_checkpoint_of_step(name: &str, parent: &str) -> bool {
    name.starts_with("checkpoint-")
        || is_checkpoint_folder(parent) && step_of_file(name, parent, false).is_some()
}

/// The step of a file or a folder within `parent`. Of a file, values of metrics after the step are ignored:
/// `epoch=3-val_loss=0.25`, `weights.03-0.25`.
pub(super) fn step_of_file(name: &str, parent: &str, is_file: bool) -> Option<StepSuffix> {
    if !is_file {
        return step_of(name, parent, NameKind::Folder);
    }
    let without = without_metrics(name);
    let before_metrics = (without != name)
        .then(|| step_of(without, parent, NameKind::FileWithMetrics))
        .flatten();
    before_metrics.or_else(|| step_of(name, parent, NameKind::File))
}

/// The step that a name ends with: `step-100`, `model_step_100`, `epoch=3-step=500`. Of a file, numbers
/// after the words of [`MODEL_WORDS`] or the name of its folder are steps; before metrics, those after any word.
pub(super) fn step_of(name: &str, parent: &str, kind: NameKind) -> Option<StepSuffix> {
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
            let named = kind != NameKind::Folder
                && words.len() < before.len()
                && !last.is_empty()
                && last.bytes().all(|byte| byte.is_ascii_alphabetic())
                && !PART_WORDS.contains(&last)
                && (kind == NameKind::FileWithMetrics
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
