//! The best lines of each panel by name, where nothing says more of all of them than a name.

use std::sync::Arc;

use trainscape_run::Run;

use crate::{
    groups::Group,
    names::told_apart,
    samples::{counted, labels_of_runs},
    side::Side,
};

/// So many names a figure has, over all panels.
const MOST_NAMED: usize = 8;
/// Names in a panel.
const MOST_IN_PANEL: usize = 4;

/// The label of each row and what the labels are; `None` where no panel has several lines.
pub(super) fn labels(
    runs: &[Arc<Run>],
    groups: &[Group],
    last: &[f64],
    panels: &[(&str, Vec<usize>)],
    side: Side,
) -> Option<(Vec<String>, String)> {
    let shown = panels.len();
    let most = (MOST_NAMED / shown.max(1)).clamp(1, MOST_IN_PANEL);
    let names = told_apart(&labels_of_runs(runs));
    let lines = |rows: &[usize]| -> Vec<&Group> {
        let is_here = |group: &&Group| rows.contains(&group.members[0]);
        groups.iter().filter(is_here).collect()
    };
    if shown > MOST_NAMED || panels.iter().all(|(_, rows)| lines(rows).len() < 2) {
        return None;
    }
    let sign = if side == Side::Lowest { 1.0 } else { -1.0 };
    let mean = |group: &Group| -> f64 {
        let values = group.members.iter().map(|row| last[*row]);
        sign * values.sum::<f64>() / group.members.len() as f64
    };
    let mut of_row = vec![String::new(); runs.len()];
    let mut named = 0;
    for (_, rows) in panels {
        let mut of_panel = lines(rows);
        of_panel.retain(|group| mean(group).is_finite());
        of_panel.sort_by(|a, b| mean(a).total_cmp(&mean(b)));
        for group in of_panel.into_iter().take(most) {
            let name = match group.members.len() {
                1 => names[group.members[0]].clone(),
                _ => group.label.clone(),
            };
            for row in &group.members {
                of_row[*row].clone_from(&name);
            }
            named += 1;
        }
    }
    let rest = groups.len().saturating_sub(named);
    let of_rest = other_lines(rest);
    for label in of_row.iter_mut().filter(|label| label.is_empty()) {
        label.clone_from(&of_rest);
    }
    let extreme = side.name().to_lowercase();
    let what = match most {
        1 => format!("the line of each panel with the {extreme} last value"),
        _ => format!("the {most} lines of each panel with the {extreme} last values"),
    };
    Some((of_row, what))
}

/// What lines without names are called.
fn other_lines(count: usize) -> String {
    counted(count, OTHER_LINE)
}

const OTHER_LINE: &str = "other line";

/// Whether a label is that of the lines without names.
pub(crate) fn is_of_rest(label: &str) -> bool {
    let rest = label.split_once(' ').map(|(_, rest)| rest);
    rest.is_some_and(|rest| rest.trim_end_matches('s') == OTHER_LINE)
}
