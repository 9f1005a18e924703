//! What the first rows of a table show of its counters.

use super::{
    cells::{delimiter_of, split_cells},
    outer_counter::{is_name, outer_counter},
};
use crate::{
    columns::{is_phase, is_warm_up, step_rank},
    episode_lengths::length_column,
    limits,
};

/// Counters that are not what their names say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Counters {
    /// The column that holds how long each episode was, and no steps.
    pub(super) length: Option<String>,
    /// The column within whose values the steps begin again, and that of the steps.
    pub(super) outer: Option<(String, String)>,
    /// True if warm-ups count steps of their own.
    pub(super) has_own_warm_ups: bool,
}

impl Counters {
    /// Those of the table below a header.
    pub(super) fn of(header: &[u8], rows: &[u8]) -> Self {
        let delimiter = delimiter_of(header);
        let columns = split_cells(header, delimiter);
        let phase = columns.iter().position(|column| is_phase(column));
        let names = || columns.iter().map(String::as_str);
        let may_have_lengths = names().any(|name| name.eq_ignore_ascii_case("episode"));
        let may_have_outer = names().any(is_name);
        if phase.is_none() && !may_have_lengths && !may_have_outer {
            return Self::default();
        }
        let examined = &rows[..rows.len().min(limits::COUNTERS_EXAMINED.bytes as usize)];
        let rows: Vec<Vec<String>> = examined
            .split_inclusive(|&byte| byte == b'\n')
            .filter(|line| line.ends_with(b"\n") && !line.trim_ascii().is_empty())
            .take(limits::COUNTERS_EXAMINED.items)
            .map(|line| split_cells(line.trim_ascii_end(), delimiter))
            .collect();
        let number = |row: usize, column: usize| rows[row].get(column)?.parse::<f64>().ok();
        let length = length_column(&names(), rows.len(), number);
        let ranked = (0..columns.len()).filter(|&at| step_rank(&columns[at]) > 0);
        let step = ranked.min_by_key(|&at| step_rank(&columns[at]));
        let begins_again = |phase: usize, step: usize| {
            let of_phase = |row: usize| rows[row].get(phase).map(String::as_str);
            (1..rows.len()).any(|row| {
                let was_warm_up = of_phase(row - 1).is_some_and(is_warm_up);
                let went_on = number(row - 1, step) < number(row, step);
                was_warm_up && of_phase(row - 1) != of_phase(row) && !went_on
            })
        };
        Self {
            has_own_warm_ups: phase.zip(step).is_some_and(|(a, b)| begins_again(a, b)),
            length: length.map(|at| columns[at].clone()),
            outer: outer_counter(&columns, &rows),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warm_up_may_count_apart() {
        let has_own = |rows: &str| Counters::of(b"phase,epoch,loss", rows.as_bytes());
        let apart = has_own("warmup,1,3\nwarmup,2,2\ntrain,1,2\ntrain,2,1\n");
        assert!(apart.has_own_warm_ups);
        let one = has_own("warmup,1,3\nwarmup,2,2\ntrain,3,2\ntrain,4,1\n");
        assert!(!one.has_own_warm_ups);
    }
}
