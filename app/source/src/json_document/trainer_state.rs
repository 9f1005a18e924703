use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::Path,
};

use super::parser::DocumentParser;
use crate::{
    first_rows::FirstRows,
    grouping::{FolderFile, LogFiles},
    log_format::{Companion, Detection, LogFormat},
    reader::Reader,
    sample::Sample,
    search::Search,
};

/// The state that Hugging Face's trainer saves with each checkpoint: `trainer_state.json`.
pub(crate) static TRAINER_STATE: TrainerState = TrainerState;

const NAME: &str = "trainer_state.json";
/// What the trainer counts, which no one sets.
const COUNTERS: [&str; 12] = [
    "best_global_step",
    "best_metric",
    "best_model_checkpoint",
    "epoch",
    "global_step",
    "is_hyper_param_search",
    "is_local_process_zero",
    "is_world_process_zero",
    "num_input_tokens_seen",
    "stateful_callbacks",
    "total_flos",
    "trial_name",
];

#[derive(Debug)]
pub(crate) struct TrainerState;

impl LogFormat for TrainerState {
    fn name(&self) -> &'static str {
        "trainer_state"
    }

    fn title(&self) -> &'static str {
        "Hugging Face trainer state"
    }

    fn rank(&self) -> u8 {
        4
    }

    fn is_certain_from_name(&self, name: &str) -> bool {
        name == NAME
    }

    fn detect(&self, sample: &Sample<'_>) -> Detection {
        let text = sample.text();
        let is_state = text.trim_ascii_start().starts_with(b"{")
            && [&b"\"log_history\""[..], b"\"global_step\""]
                .iter()
                .all(|key| memchr::memmem::find(text, key).is_some());
        // A history that is not there yet does not say whose it is.
        let is_begun = || text.trim_ascii_end().ends_with(b"}") || !sample.is_whole();
        match sample.name() == NAME || sample.extension() == "json" && is_state {
            true if first_entry(text).is_none() && !is_begun() => Detection::NotYet,
            true => Detection::Log(FirstRows {
                cells: first_entry(text)
                    .into_iter()
                    .map(|cell| vec![cell])
                    .collect(),
                ..FirstRows::default()
            }),
            false => Detection::No,
        }
    }

    /// The state of the checkpoint before it holds the history that this one will go on with.
    fn waits_for_rows(&self, path: &Path) -> bool {
        let checkpoint = path.parent().and_then(Checkpoint::of);
        matches!(checkpoint, Some(Checkpoint::Numbered(_)))
    }

    fn reader(&self, _path: &Path) -> Reader {
        Reader::Stream(Box::new(DocumentParser::with_counters(&COUNTERS)))
    }

    fn is_read_within(&self, search: Search, name: &str) -> bool {
        search == Search::Arrays && name == NAME
    }

    /// The states in a run's checkpoints are the run's.
    fn folder_of<'a>(&self, path: &'a Path) -> &'a Path {
        let folder = path.parent().unwrap_or(path);
        match (Checkpoint::of(folder), folder.parent()) {
            (Some(_), Some(run)) => run,
            _ => folder,
        }
    }

    /// The trainer writes the events of each start into `runs/Apr16_22-43-27_host`; the state is that of the last one.
    fn companion(&self, below: &Path) -> Option<Companion> {
        let is_of_start = below.parent().is_some_and(|parent| parent == "runs");
        is_of_start.then_some(Companion::LastStart)
    }

    /// Each state holds the whole history: the newest of the numbered checkpoints suffices. Histories that begin with
    /// another entry are those of other trainings into the same folder.
    fn group(&self, _folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
        let step = |file: &FolderFile<'_>| match Checkpoint::of(file.path.parent()?)? {
            Checkpoint::Numbered(step) => Some(step),
            Checkpoint::Named => None,
        };
        let others = files.iter().filter(|file| step(file).is_none());
        let mut newest: HashMap<&[Vec<u64>], &FolderFile<'_>> = HashMap::new();
        let numbered = || files.iter().filter(|file| step(file).is_some());
        // A history without an entry is that of any training.
        let with_entries = numbered().filter(|file| !file.first_rows.cells.is_empty());
        let last_history = with_entries.max_by_key(|file| step(file));
        for file in numbered() {
            let history = match (&*file.first_rows.cells, last_history) {
                ([], Some(last)) => &last.first_rows.cells,
                (own, _) => own,
            };
            let known = newest.entry(history).or_insert(file);
            if step(known) < step(file) {
                *known = file;
            }
        }
        let last = newest.values().copied().max_by_key(|file| step(file));
        let mut of_others: Vec<&FolderFile<'_>> = newest
            .into_values()
            .filter(|file| last.is_some_and(|last| last.path != file.path))
            .collect();
        of_others.sort_by_key(|file| step(file));
        let named = of_others.into_iter().map(|file| LogFiles {
            run: file
                .path
                .parent()
                .and_then(Path::file_name)
                .map(|name| name.to_string_lossy().into_owned()),
            ..LogFiles::of_one_file(file)
        });
        let of_folder = others.chain(last).map(LogFiles::of_one_file);
        of_folder.chain(named).collect()
    }
}

/// A hash of the first entry of a history.
fn first_entry(text: &[u8]) -> Option<u64> {
    let history = memchr::memmem::find(text, b"\"log_history\"")?;
    let entry = history + memchr::memchr(b'{', &text[history..])?;
    let end = entry + memchr::memchr(b'}', &text[entry..])?;
    let mut hasher = DefaultHasher::new();
    text[entry..end].hash(&mut hasher);
    Some(hasher.finish())
}

/// A folder of a checkpoint.
#[derive(Clone, Copy, Debug)]
enum Checkpoint {
    /// `checkpoint-500`
    Numbered(u64),
    /// `last-checkpoint`
    Named,
}

impl Checkpoint {
    fn of(folder: &Path) -> Option<Self> {
        let name = folder.file_name()?.to_str()?;
        match name.strip_prefix("checkpoint-") {
            Some(rest) => Some(rest.parse().map_or(Self::Named, Self::Numbered)),
            None => name.ends_with("-checkpoint").then_some(Self::Named),
        }
    }
}
