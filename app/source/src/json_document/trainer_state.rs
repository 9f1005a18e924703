use std::path::Path;

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
        match sample.name() == NAME || sample.extension() == "json" && is_state {
            true => Detection::Log(FirstRows::default()),
            false => Detection::No,
        }
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

    /// Each state holds the whole history: the newest of the numbered checkpoints suffices.
    fn group(&self, _folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
        let step = |file: &FolderFile<'_>| match Checkpoint::of(file.path.parent()?)? {
            Checkpoint::Numbered(step) => Some(step),
            Checkpoint::Named => None,
        };
        let others = files.iter().filter(|file| step(file).is_none());
        let newest = files
            .iter()
            .filter(|file| step(file).is_some())
            .max_by_key(|file| step(file));
        others.chain(newest).map(LogFiles::of_one_file).collect()
    }
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
