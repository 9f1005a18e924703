//! A counter in a table within which its steps begin again: the tasks of a continual learning, of which each has its own epochs.

use crate::columns::step_rank;

/// Names of such counters.
const NAMES: [&str; 10] = [
    "task",
    "task_id",
    "task_idx",
    "task_index",
    "task_num",
    "experience",
    "session",
    "increment",
    "stage_id",
    "phase_id",
];

pub(super) fn is_name(column: &str) -> bool {
    NAMES.iter().any(|name| name.eq_ignore_ascii_case(column))
}

/// The outer counter of a table and the steps within it: whole numbers that never go back, and steps that do not go on where it does.
/// Rows without a readable step are skipped.
pub(super) fn outer_counter(columns: &[String], rows: &[Vec<String>]) -> Option<(String, String)> {
    let outer = columns.iter().position(|column| is_name(column))?;
    let ranked = (0..columns.len()).filter(|&at| step_rank(&columns[at]) > 0);
    let step = ranked.min_by_key(|&at| step_rank(&columns[at]))?;
    let number = |row: &Vec<String>, at: usize| row.get(at)?.trim().parse::<f64>().ok();
    let positions = rows
        .iter()
        .filter_map(|row| Some([number(row, outer)?, number(row, step)?]));
    let positions: Vec<[f64; 2]> = positions.collect();
    let is_whole = positions.iter().all(|[outer, _]| outer.fract() == 0.0);
    let (mut changes, mut begins_again) = (0, 0);
    for pair in positions.windows(2) {
        let [[outer_a, a], [outer_b, b]] = [pair[0], pair[1]];
        match outer_b.total_cmp(&outer_a) {
            std::cmp::Ordering::Less => return None,
            std::cmp::Ordering::Equal if b < a => return None,
            std::cmp::Ordering::Equal => {}
            std::cmp::Ordering::Greater => {
                changes += 1;
                begins_again += usize::from(b <= a);
            }
        }
    }
    (is_whole && changes > 0 && begins_again == changes)
        .then(|| (columns[outer].clone(), columns[step].clone()))
}

#[cfg(test)]
mod tests {
    fn outer(text: &str) -> Option<String> {
        let lines = text.split(' ').map(|line| {
            let cells = line.split(',').map(str::to_owned);
            cells.collect::<Vec<String>>()
        });
        let mut lines: Vec<Vec<String>> = lines.collect();
        let header = lines.remove(0);
        super::outer_counter(&header, &lines).map(|(outer, _)| outer)
    }

    #[test]
    fn epochs_begin_again_in_each_task() {
        let task = Some("task".to_owned());
        assert_eq!(outer("task,epoch,loss 0,0,3 0,1,2 1,0,3 1,1,2"), task);
        assert_eq!(outer("task,epoch,loss 0,0,3 0,END, 1,0,3 1,END,"), task);
        for other in [
            "task,epoch,loss 0,0,3 0,1,2 1,2,3 1,3,2",
            "task,epoch,loss 0,0,3 1,0,2 0,1,3 1,1,2",
            "task,epoch,loss 0,0,3 0,1,2",
            "client,epoch,loss 0,0,3 0,1,2 1,0,3 1,1,2",
        ] {
            assert_eq!(outer(other), None, "{other}");
        }
    }
}
