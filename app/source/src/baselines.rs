//! The folders of Stable-Baselines3.

use std::path::Path;

use crate::log_format::Companion;

/// Event files in `PPO_1`, perhaps within a folder of the environment, below the monitor files and the evaluations.
pub(crate) fn companion(below: &Path) -> Option<Companion> {
    let (algorithm, number) = below.file_name()?.to_str()?.rsplit_once('_')?;
    let is_algorithm = algorithm
        .bytes()
        .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    let is_of_training = is_algorithm && !algorithm.is_empty() && number.parse::<u32>().is_ok();
    is_of_training.then_some(Companion::OnlyStart)
}
