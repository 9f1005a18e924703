//! The keys of a table that hold the step, the wall time and metrics.

use trainscape_run::{Role, role_of_key};

/// Keys that hold the step, the preferred one first. A row's step is the first of these that it holds.
const STEP_KEYS: &[&str] = &[
    "_step",
    "global_step",
    "step",
    "train/global_step",
    "trainer/global_step",
    "training/global_step",
    "current_steps",
    "iteration",
    "iter",
    "iter_num",
    "time/total_timesteps",
    "total_timesteps",
    "timesteps_total",
    "timesteps",
    "timestep",
    // OpenAI's baselines.
    "misc/total_timesteps",
    "num_timesteps",
    "eval_timestep",
    "env_step",
    "env_steps",
    // Agents of Atari games count the frames that they have seen.
    "total_frames",
    "num_frames",
    "env_frames",
    "frames",
    "frame",
    "totalenvinteracts",
    // garage.
    "totalenvsteps",
    "timestepssofar",
    "training_iteration",
    "num_updates",
    "misc/nupdates",
    "update",
    "steps",
    // StyleGAN counts thousands of images.
    "progress/kimg.mean",
    "progress/kimg",
    "batch",
    "time/iterations",
    "generation",
    "generations",
    "generation_counter",
    "round",
    "server_round",
    "communication_round",
    "comm_round",
    "global_round",
    "episode",
    "game",
    "games",
    "epoch",
    "epochs",
];

/// Step keys of which a row with an evaluation has its own value: its whole position, and not batches within an epoch.
const OWN_OF_EVALUATIONS: &[&str] = &["round", "episode"];

/// Keys whose texts name the kind of a row.
const PHASE_KEYS: &[&str] = &[
    "mode",
    "phase",
    "split",
    "stage",
    "subset",
    "partition",
    "data_split",
    "dataset_split",
    "type",
    "row_type",
    "log_type",
    "kind",
    "event",
];

/// Keys that hold the wall time, the preferred one first.
const TIME_KEYS: &[&str] = &[
    "_timestamp",
    "timestamp",
    "wall_time",
    "wall time",
    "walltime",
    "time",
    "created_at",
    "unix_time",
];

/// Position of `key` among the step keys, from 1; 0 if it is not a step key.
pub(crate) fn step_rank(key: &str) -> u8 {
    rank(STEP_KEYS, key)
}

/// True if a row of an evaluation that states its step under `rank` stands at that step.
pub(crate) fn is_own_of_evaluations(rank: u8) -> bool {
    let key = STEP_KEYS.get(usize::from(rank).wrapping_sub(1));
    key.is_some_and(|key| OWN_OF_EVALUATIONS.contains(key))
}

/// True if the step key of this rank counts epochs.
pub(crate) fn is_rank_of_epochs(rank: u8) -> bool {
    let key = STEP_KEYS.get(usize::from(rank).wrapping_sub(1));
    key.is_some_and(|key| is_epoch(key))
}

/// True if `key` counts epochs.
pub(crate) fn is_epoch(key: &str) -> bool {
    ["epoch", "epochs"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(key))
}

/// True if `key` is that of the outcome of an episode.
pub(crate) fn is_outcome(key: &str) -> bool {
    const OUTCOMES: [&str; 6] = [
        "success",
        "is_success",
        "solved",
        "won",
        "win",
        "goal_reached",
    ];
    let last = key.rsplit(['/', '.']).next().unwrap_or(key);
    OUTCOMES
        .iter()
        .any(|outcome| last.eq_ignore_ascii_case(outcome))
}

/// True if the text under `key` names the kind of a row: `train` or `val`.
pub(crate) fn is_phase(key: &str) -> bool {
    PHASE_KEYS
        .iter()
        .any(|known| known.eq_ignore_ascii_case(key))
}

/// True if the text under a key of [`is_phase`] says that the row is one of the training.
pub(crate) fn is_training(phase: &str) -> bool {
    ["train", "fit"].iter().any(|word| {
        phase
            .get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
    })
}

/// True if the text under a key of [`is_phase`] says that the row is not of the training.
pub(crate) fn is_evaluation(phase: &str) -> bool {
    ["val", "eval", "test", "dev"].iter().any(|word| {
        phase
            .get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
    })
}

/// True if the text under a key of [`is_phase`] names a part of a training that may count its own steps.
pub(crate) fn is_warm_up(phase: &str) -> bool {
    ["warm", "pretrain"].iter().any(|word| {
        phase
            .get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
    })
}

/// Position of `key` among the wall-time keys, from 1; 0 if it is not a wall-time key.
pub(crate) fn time_rank(key: &str) -> u8 {
    rank(TIME_KEYS, key)
}

fn rank(keys: &[&str], key: &str) -> u8 {
    // `total timesteps`.
    let spelled = key.replace(' ', "_");
    keys.iter()
        .position(|known| known.eq_ignore_ascii_case(key) || known.eq_ignore_ascii_case(&spelled))
        .map_or(0, |at| at as u8 + 1)
}

/// True if one of the keys holds the step.
pub(crate) fn has_step(keys: &[String]) -> bool {
    keys.iter().any(|key| step_rank(key) > 0)
}

/// True if one of the keys is a metric of training logs only.
pub(crate) fn has_training_metric(keys: &[String]) -> bool {
    keys.iter().any(|key| {
        matches!(
            role_of_key(key),
            Some(
                Role::Loss
                    | Role::ValidationLoss
                    | Role::LearningRate
                    | Role::GradientNorm
                    | Role::Reward
            )
        )
    })
}

/// Seconds since the Unix epoch if `value` is plausible as such: seconds or milliseconds between 2001
/// and 2096. Any other value under such a key is a duration.
pub(crate) fn plausible_wall_time_secs(value: f64) -> Option<f64> {
    if (1e9..4e9).contains(&value) {
        Some(value)
    } else if (1e12..4e12).contains(&value) {
        Some(value / 1000.0)
    } else {
        None
    }
}
