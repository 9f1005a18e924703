//! Tables whose rows are results: what trained models reached, or what an analysis found of them. They are no curves.

use std::collections::{BTreeSet, HashMap};

use crate::{
    columns::{is_phase, step_rank, time_rank},
    long_rows::is_id_name,
    text_number::{DecimalMark, text_number},
    time_text::unix_secs,
};

/// Rows of a run at so many steps on average are no curve: its final model, or two checkpoints that are compared.
const FEWEST_STEPS: usize = 3;
/// So many rows of a run at each step are an analysis of it.
const ROWS_PER_STEP: usize = 16;
/// Rows of a table with steps, at least: a log has just begun.
const FEWEST_ROWS: usize = 4;
/// Rows that each run has at each step, at least.
const FEWEST_PER_STEP: usize = 2;

/// The share of the rows with names of their own from which the step goes on to the next.
const NEARLY_ALL: f64 = 0.8;

/// Words that are values of switches.
const SWITCHES: &[&str] = &["true", "false", "yes", "no", "none", "null"];

/// True if rows are told apart by names, and not by the steps of a training.
pub(super) fn are_results(columns: &[String], rows: &[Vec<String>]) -> bool {
    let steps = (0..columns.len()).filter(|&at| step_rank(&columns[at]) > 0);
    let step = steps.min_by_key(|&at| step_rank(&columns[at]));
    let is_named = |at: usize| names_rows(&columns[at], at, rows);
    match step {
        None => rows.len() > 1 && (0..columns.len()).any(is_named),
        Some(step) => {
            rows.len() >= FEWEST_ROWS
                && (has_few_steps(columns, step, rows) && (0..columns.len()).any(is_named)
                    || !goes_on(step, rows)
                        && (0..columns.len()).any(is_named)
                        && have_unique_names(columns, rows))
        }
    }
}

/// True if a column holds the names of what the rows are about.
fn names_rows(column: &str, at: usize, rows: &[Vec<String>]) -> bool {
    if is_phase(column) || time_rank(column) > 0 || step_rank(column) > 0 {
        return false;
    }
    let cells: Vec<&str> = rows
        .iter()
        .map(|row| row.get(at).map_or("", |cell| cell.trim()))
        .collect();
    let distinct: BTreeSet<&str> = cells.iter().copied().collect();
    distinct.len() > 1 && distinct.into_iter().all(is_name)
}

/// True if each row has other names, as of a model and of the data on which it was evaluated.
fn have_unique_names(columns: &[String], rows: &[Vec<String>]) -> bool {
    let are_names = |at: &usize| {
        let mut cells = rows
            .iter()
            .map(|row| row.get(*at).map_or("", |cell| cell.trim()));
        time_rank(&columns[*at]) == 0 && step_rank(&columns[*at]) == 0 && cells.all(is_name)
    };
    let named: Vec<usize> = (0..columns.len()).filter(are_names).collect();
    let names = rows.iter().map(|row| -> Vec<&str> {
        let names = named.iter().filter_map(|at| row.get(*at));
        names.map(|name| name.trim()).collect()
    });
    names.collect::<BTreeSet<_>>().len() == rows.len()
}

/// True if the steps go on from nearly all rows to the next, as those of the checkpoints of a training do.
fn goes_on(step: usize, rows: &[Vec<String>]) -> bool {
    let number = |row: &[String]| row.get(step)?.trim().parse::<f64>().ok();
    let goes_on = |pair: &&[Vec<String>]| number(&pair[0]) < number(&pair[1]);
    let advancing = rows.windows(2).filter(goes_on).count();
    advancing as f64 >= NEARLY_ALL * (rows.len() - 1) as f64
}

fn is_name(cell: &str) -> bool {
    let is_switch = SWITCHES
        .iter()
        .any(|switch| cell.eq_ignore_ascii_case(switch));
    let is_list = cell.starts_with(['[', '{', '(']);
    cell.contains(|c: char| c.is_alphabetic())
        && !is_switch
        && !is_list
        && text_number(cell.as_bytes(), DecimalMark::Point).is_none()
        && unix_secs(cell).is_none()
}

/// True if the rows of each run are at few steps, many at each.
fn has_few_steps(columns: &[String], step: usize, rows: &[Vec<String>]) -> bool {
    let ids: Vec<usize> = (0..columns.len())
        .filter(|&at| is_id_name(&columns[at]))
        .collect();
    let mut of_runs: HashMap<Vec<&str>, (usize, BTreeSet<&str>)> = HashMap::new();
    for row in rows {
        let cell = |at: usize| row.get(at).map_or("", String::as_str);
        let run = ids.iter().map(|&at| cell(at)).collect();
        let (count, steps) = of_runs.entry(run).or_default();
        *count += 1;
        steps.insert(cell(step));
    }
    let steps: usize = of_runs.values().map(|(_, steps)| steps.len()).sum();
    let (runs, rows) = (of_runs.len(), rows.len());
    rows >= steps * FEWEST_PER_STEP && steps < runs * FEWEST_STEPS || rows >= steps * ROWS_PER_STEP
}

#[cfg(test)]
mod tests {
    fn are_results(text: &str) -> bool {
        let mut lines = text.split(' ').map(|line| {
            let cells = line.split(',').map(str::to_owned);
            cells.collect::<Vec<String>>()
        });
        let columns = lines.next().unwrap();
        super::are_results(&columns, &lines.collect::<Vec<_>>())
    }

    #[test]
    fn rows_with_names_and_no_steps_are_results() {
        assert!(are_results("model,val_loss cnn,0.5 mlp,0.7"));
        assert!(are_results(
            "run,step,benchmark,score a,50,x,1 a,50,y,2 b,50,x,1 b,50,y,3"
        ));
        // How long each model was trained.
        assert!(are_results(
            "file,epochs,map50 a.json,1,0.1 b.json,1,0.2 c.json,3,0.3 d.json,1,0.1"
        ));
    }

    #[test]
    fn the_best_epochs_of_models_are_no_steps() {
        let rows = "model,epoch,wer a,22,1 b,15,2 c,43,3 d,37,4 e,41,5 f,47,6 g,50,7 h,21,8";
        assert!(are_results(rows));
        // Each was evaluated on two sets.
        let rows = "model,split,epoch,wer a,dev,22,1 b,dev,15,2 c,dev,43,3 a,test,22,4 b,test,15,5 c,test,43,6";
        assert!(are_results(rows));
    }

    #[test]
    fn rows_of_trainings_are_none() {
        assert!(!are_results("val_loss,acc 0.5,1 0.4,2"));
        assert!(!are_results("model,val_loss cnn,0.5 cnn,0.4"));
        assert!(!are_results(
            "time,loss 2024-01-01T10:00:00,1 2024-01-01T10:01:00,2"
        ));
        assert!(!are_results("loss,is_best 0.5,True 0.4,False"));
        assert!(!are_results(
            "checkpoint,step,val_loss a.pt,1,4 b.pt,2,3 c.pt,3,2 d.pt,4,1"
        ));
        assert!(!are_results("phase,loss train,1 val,2 train,3 val,4"));
        assert!(!are_results(
            "step,env,reward 1,a,0 1,b,0 2,a,1 2,b,1 3,a,2 3,b,2"
        ));
        assert!(!are_results(
            "step,task,score 1,x,0 1,y,0 2,x,1 2,y,1 3,x,2 3,y,2 4,x,2 4,y,2"
        ));
    }
}
