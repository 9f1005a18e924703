//! Which keys of a table hold the step and the wall time.

use trainscape_run::Step;

/// Keys that hold the step, best first. A row's step is the first of these that it holds.
const STEP_KEYS: &[&str] = &[
    "_step",
    "step",
    "global_step",
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
    "totalenvinteracts",
    "training_iteration",
    "num_updates",
    "update",
    "steps",
    "batch",
    "time/iterations",
    "epoch",
    "epochs",
];

/// Keys that hold the wall time, best first.
const TIME_KEYS: &[&str] = &[
    "_timestamp",
    "timestamp",
    "wall_time",
    "walltime",
    "time",
    "created_at",
    "unix_time",
];

/// Place of `key` in the order of step keys, from 1; 0 where it is none.
pub(crate) fn step_rank(key: &str) -> u8 {
    rank(STEP_KEYS, key)
}

/// Place of `key` in the order of wall-time keys, from 1; 0 where it is none.
pub(crate) fn time_rank(key: &str) -> u8 {
    rank(TIME_KEYS, key)
}

fn rank(keys: &[&str], key: &str) -> u8 {
    keys.iter()
        .position(|known| known.eq_ignore_ascii_case(key))
        .map_or(0, |at| at as u8 + 1)
}

/// Seconds since the Unix epoch, where `value` can be that: seconds or milliseconds between 2001 and
/// 2096. Anything else under such a key is a duration.
pub(crate) fn plausible_wall_time_secs(value: f64) -> Option<f64> {
    if (1e9..4e9).contains(&value) {
        Some(value)
    } else if (1e12..4e12).contains(&value) {
        Some(value / 1000.0)
    } else {
        None
    }
}

/// The step of rows that carry none: the last step there was, otherwise the row's index.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StepState {
    last: Option<Step>,
    rows: i64,
}

impl StepState {
    pub(crate) fn of_row(&mut self, step: Option<Step>) -> Step {
        let row = self.rows;
        self.rows += 1;
        match step {
            Some(step) => {
                self.last = Some(step);
                step
            }
            None => self.last.unwrap_or(Step::Int(row)),
        }
    }

    /// Rows that were counted elsewhere, the last of which had `step`.
    pub(crate) fn skip_rows(&mut self, rows: u64, step: Option<Step>) {
        self.rows += rows as i64;
        self.last = step.or(self.last);
    }
}
