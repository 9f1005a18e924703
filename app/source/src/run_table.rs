//! A table of runs: a row a run, with its settings and its results.

use std::{collections::BTreeSet, path::Path};

use trainscape_run::{Role, Step, role_of_key};

use crate::{
    columns::{has_training_metric, step_rank},
    config::value_of_text,
    csv::{delimiter_of, split_cells},
    encoding::decode_start,
    first_rows::FirstRows,
    grouping::{FolderFile, LogFiles, one_run_per_file},
    limits,
    log_format::{Detection, LogFormat},
    parse::FatalError,
    points::Points,
    reader::{Reader, WholeReader},
    regular_file,
    sample::Sample,
    statistics::ReadStatistics,
    store::Store,
};

/// W&B's table of runs as CSV, and tables of sweeps, trials and searches that have no column of steps.
pub(crate) static RUN_TABLE: RunTable = RunTable;

#[derive(Debug)]
pub(crate) struct RunTable;

/// Words in the names of such files; rows of other tables without steps are counted instead.
const NAMES: &[&str] = &[
    "sweep",
    "trial",
    "grid_search",
    "gridsearch",
    "hparam",
    "hyperparam",
    "ablation",
    "runs",
    "experiments",
    "wandb_export",
];

/// The columns with which W&B's table begins.
const OF_WANDB: [&str; 2] = ["Name", "State"];

/// Columns that name a run, the preferred one first.
const RUN_NAMES: &[&str] = &[
    "name",
    "run",
    "run_name",
    "run_id",
    "trial",
    "trial_id",
    "experiment",
];

/// Columns of W&B's table that are neither settings nor results.
const NOTES: &[&str] = &["Notes", "User", "Tags", "Created", "Sweep", "ID"];

/// Words in keys of what was measured and not set. Other columns are settings, unless their key has a role.
const MEASURED: &[&str] = &[
    "time",
    "runtime",
    "duration",
    "us_",
    "_us",
    "_ms",
    "_sec",
    "memory",
    "tokens_per",
    "throughput",
    "score",
    "f1",
    "precision",
    "recall",
    "auc",
    "error",
    "mse",
    "mae",
    "rmse",
    "r2",
    "ppl",
    "final",
    "best",
    "fitness",
    "map50",
    "used_epochs",
    "fwd",
    "bwd",
];

/// Names of what a search looked for the best of.
const OBJECTIVES: &[&str] = &["metric", "objective", "objective_value", "result"];

/// Words in the names of settings that stay as they are during a training, as the learning rate and the momentum do not.
const FIXED: &[&str] = &[
    "batch_size",
    "batchsize",
    "weight_decay",
    "hidden",
    "num_layers",
    "n_layers",
    "heads",
    "dropout",
    "optimizer",
    "seed",
    "gamma",
    "n_steps",
    "warmup_epochs",
    "lr0",
    "lrf",
    "hsv_h",
    "vocab_size",
    "patience",
];

/// Columns of the ids that W&B gives to runs.
const IDS: &[&str] = &["id", "run_id", "run id", "wandb_id"];

/// So many of these and so many rows make a table of runs.
const FEWEST_FIXED: usize = 3;
const FEWEST_RUNS: usize = 2;

impl LogFormat for RunTable {
    fn name(&self) -> &'static str {
        "run_table"
    }

    fn title(&self) -> &'static str {
        "tables of runs"
    }

    fn rank(&self) -> u8 {
        11
    }

    fn is_of_tables(&self) -> bool {
        true
    }

    fn detect(&self, sample: &Sample<'_>) -> Detection {
        if !matches!(sample.extension(), "csv" | "tsv") {
            return Detection::No;
        }
        let mut lines = sample.text().split(|&byte| byte == b'\n');
        let header = lines.next().unwrap_or_default().trim_ascii();
        let columns = split_cells(header, delimiter_of(header));
        // A header has no numbers, and that of a chart names a run and its metric: `name - loss`.
        let is_other = |column: &String| column.contains(" - ") || column.parse::<f64>().is_ok();
        if columns.iter().any(is_other) {
            return Detection::No;
        }
        let is_of_wandb = columns.starts_with(&OF_WANDB.map(str::to_owned));
        let is_named = is_named_search(sample.name());
        let has_settings = columns.iter().any(|column| !is_result(column));
        let has_results = columns.iter().any(|column| is_result(column));
        let delimiter = delimiter_of(header);
        let rows: Vec<Vec<String>> = lines
            .map(<[u8]>::trim_ascii_end)
            .filter(|line| !line.is_empty())
            .map(|line| split_cells(line, delimiter))
            .collect();
        let is_table = has_settings && has_results && !has_advancing_step(&columns, &rows);
        let run_ids = ids_of_wandb(&columns, &rows);
        let are_trainings = !run_ids.is_empty() && has_training_metric(&columns);
        let is_sweep = is_named && !rows.is_empty() || has_swept_settings(&columns, &rows);
        match is_of_wandb || is_table && (is_sweep || are_trainings) {
            true => Detection::Log(FirstRows {
                run_ids,
                ..FirstRows::default()
            }),
            false => Detection::No,
        }
    }

    fn reader(&self, _path: &Path) -> Reader {
        Reader::Whole(Box::new(RunTableReader))
    }

    fn group(&self, _folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
        // Rows have the same numbers in each.
        one_run_per_file(files)
    }
}

/// The ids of a table whose rows each have another id of W&B's: eight letters and digits.
fn ids_of_wandb(columns: &[String], rows: &[Vec<String>]) -> BTreeSet<String> {
    let is_id = |cell: &str| {
        cell.len() == 8
            && cell
                .bytes()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
            && cell.bytes().any(|c| c.is_ascii_lowercase())
    };
    let of_ids = (0..columns.len()).filter(|&at| {
        let name = columns[at].to_ascii_lowercase();
        IDS.contains(&name.as_str())
    });
    // The last row may be cut.
    let rows = &rows[..rows
        .len()
        .saturating_sub(usize::from(rows.len() > FEWEST_RUNS))];
    let ids = |at: usize| -> Option<BTreeSet<String>> {
        let cells = rows
            .iter()
            .map(|row| row.get(at).filter(|cell| is_id(cell)));
        let ids: BTreeSet<String> = cells
            .map(Option::<&String>::cloned)
            .collect::<Option<_>>()?;
        let are_ids = ids.len() == rows.len() && rows.len() >= FEWEST_RUNS;
        // Words of a language are none.
        let has_digits = ids.iter().any(|id| id.bytes().any(|c| c.is_ascii_digit()));
        (are_ids && has_digits).then_some(ids)
    };
    of_ids.into_iter().find_map(ids).unwrap_or_default()
}

/// True if a column of steps goes on from row to row, as in a log. A table of runs states how long each was.
fn has_advancing_step(columns: &[String], rows: &[Vec<String>]) -> bool {
    let steps = |column: usize| -> Vec<f64> {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.filter_map(|cell| cell.parse().ok()).collect()
    };
    let advances = |column: usize| {
        let steps = steps(column);
        let advancing = steps.windows(2).filter(|pair| pair[0] < pair[1]).count();
        // One row does not tell.
        steps.len() < 2 || advancing * 2 > steps.len()
    };
    let of_steps = (0..columns.len()).filter(|&column| step_rank(&columns[column]) > 0);
    of_steps.into_iter().any(advances)
}

/// True if several columns are settings that no training changes on its way, and some setting differs.
fn has_swept_settings(columns: &[String], rows: &[Vec<String>]) -> bool {
    let is_fixed = |column: &&String| {
        let column = column.to_ascii_lowercase();
        FIXED.iter().any(|word| column.contains(word))
    };
    let differs = |column: usize| {
        let cell = |row: &Vec<String>| row.get(column).cloned();
        rows.windows(2).any(|rows| cell(&rows[0]) != cell(&rows[1]))
    };
    let mut settings = (0..columns.len()).filter(|&column| !is_result(&columns[column]));
    columns.iter().filter(is_fixed).count() >= FEWEST_FIXED
        && rows.len() >= FEWEST_RUNS
        && settings.any(differs)
}

/// True if a column says how long each run was trained, or when a result was reached: `Iters` beside `Best_Iter`, `bw_epoch` beside
/// `bw_loss`.
fn is_length(column: &str, columns: &[String]) -> bool {
    const PLACES: [&str; 4] = ["_epoch", "_step", "_iter", "_iteration"];
    let unit = column.to_ascii_lowercase();
    let kind = PLACES.iter().find_map(|place| unit.strip_suffix(place));
    let is_of_kind = |other: &String| {
        let rest = kind.and_then(|kind| {
            other
                .to_ascii_lowercase()
                .strip_prefix(kind)
                .map(str::to_owned)
        });
        rest.is_some_and(|rest| rest.starts_with('_') && is_result(&rest[1..]))
    };
    if columns.iter().any(is_of_kind) {
        return true;
    }
    let unit = unit.trim_end_matches('s');
    let is_best = |other: &String| {
        let other = other.to_ascii_lowercase();
        other.strip_prefix("best_").is_some_and(|of| of == unit)
    };
    !unit.is_empty() && columns.iter().any(is_best)
}

/// True if the column holds what was measured.
pub(crate) fn is_result(column: &str) -> bool {
    const SET: [Role; 2] = [Role::LearningRate, Role::Step];
    match role_of_key(column) {
        Some(role) => !SET.contains(&role),
        None => {
            let key = column.to_ascii_lowercase();
            OBJECTIVES.contains(&key.as_str()) || MEASURED.iter().any(|word| key.contains(word))
        }
    }
}

#[derive(Debug)]
struct RunTableReader;

impl WholeReader for RunTableReader {
    fn read(
        &mut self,
        path: &Path,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> Result<(), FatalError> {
        let text = text_of(path)?;
        store.hold_only_parts();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_search = is_named_search(&name.to_lowercase());
        read(&text, is_search, store, statistics);
        Ok(())
    }
}

/// The whole text of a table of runs, which is no larger than tables of runs are.
pub(crate) fn text_of(path: &Path) -> Result<Vec<u8>, FatalError> {
    let file = regular_file::open(path).map_err(|error| FatalError(error.to_string()))?;
    let most = limits::RUN_TABLE.bytes as usize;
    let text = decode_start(file, most + 1);
    if text.len() > most {
        return Err(FatalError(format!(
            "it has more than {} MiB, which no table of runs has",
            most >> 20
        )));
    }
    Ok(text)
}

/// True if every cell of a column is a percentage: `55%` beside `0.55` would be another number.
fn are_percentages(rows: &[Vec<String>], column: usize) -> bool {
    let cells = rows.iter().filter_map(|row| row.get(column));
    let mut cells = cells
        .map(|cell| cell.trim())
        .filter(|cell| !cell.is_empty());
    let mut any = false;
    let are_all = cells.all(|cell| {
        any = true;
        cell.ends_with('%')
    });
    any && are_all
}

/// The first column with another word in each row.
fn column_of_names(columns: usize, rows: &[Vec<String>]) -> Option<usize> {
    let is_word = |cell: &&str| cell.contains(char::is_alphabetic);
    (0..columns).find(|&at| {
        let cells = rows
            .iter()
            .filter_map(|row| row.get(at))
            .map(|cell| cell.trim());
        let names: BTreeSet<&str> = cells.filter(is_word).collect();
        rows.len() > 1 && names.len() == rows.len()
    })
}

/// True if a column without a known name holds scores of models: fractions, most of which no other row has. A search draws such
/// numbers, too.
fn are_scores(column: &str, at: usize, rows: &[Vec<String>]) -> bool {
    const FEWEST_SCORES: usize = 6;
    let key = column.to_ascii_lowercase();
    if role_of_key(column).is_some() || FIXED.iter().any(|word| key.contains(word)) {
        return false;
    }
    let cells = rows.iter().filter_map(|row| row.get(at));
    let cells = cells
        .map(|cell| cell.trim())
        .filter(|cell| !cell.is_empty());
    let numbers: Option<Vec<f64>> = cells.map(|cell| cell.parse().ok()).collect();
    let Some(numbers) = numbers.filter(|numbers| numbers.len() >= FEWEST_SCORES) else {
        return false;
    };
    let fractions = numbers.iter().filter(|number| number.fract() != 0.0);
    let distinct: BTreeSet<u64> = numbers.iter().map(|number| number.to_bits()).collect();
    2 * fractions.count() > numbers.len() && 2 * distinct.len() > numbers.len()
}

fn is_named_search(name: &str) -> bool {
    NAMES.iter().any(|known| name.contains(known))
}

fn read(text: &[u8], is_search: bool, store: &mut Store, statistics: &mut ReadStatistics) {
    let mut lines = text
        .split(|&byte| byte == b'\n')
        .map(<[u8]>::trim_ascii_end)
        .filter(|line| !line.is_empty());
    let Some(header) = lines.next() else { return };
    let delimiter = delimiter_of(header);
    let columns = split_cells(header, delimiter);
    let name_column = RUN_NAMES.iter().find_map(|name| {
        columns
            .iter()
            .position(|column| column.eq_ignore_ascii_case(name))
    });
    let rows: Vec<Vec<String>> = lines
        .take(limits::RUNS_OF_TABLE.items)
        .map(|line| split_cells(line, delimiter))
        .collect();
    // What all rows have is the name of something else.
    let name_column = name_column.filter(|&at| {
        let names: Vec<Option<&String>> = rows.iter().map(|row| row.get(at)).collect();
        names.len() < 2 || names.windows(2).any(|pair| pair[0] != pair[1])
    });
    let name_column = name_column.or_else(|| column_of_names(columns.len(), &rows));
    let percentages: Vec<bool> = (0..columns.len())
        .map(|column| are_percentages(&rows, column))
        .collect();
    let is_search = is_search || columns.starts_with(&OF_WANDB.map(str::to_owned));
    let are_results: Vec<bool> = columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            is_result(column)
                || is_length(column, &columns)
                || !is_search && are_scores(column, at, &rows)
        })
        .collect();
    for (index, cells) in rows.iter().enumerate() {
        statistics.records += 1;
        // Names are not unique in W&B.
        let part = store.part(&format!("row {}", index + 1));
        part.display_name = name_column.and_then(|at| cells.get(at)).cloned();
        let mut points = Points::default();
        points.start_row(Step::Int(0), None);
        for (at, (column, cell)) in columns.iter().zip(cells).enumerate() {
            let cell = cell.trim();
            let is_note = name_column == Some(at) || NOTES.contains(&&**column);
            if is_note || column.is_empty() || cell.is_empty() {
                continue;
            }
            let number = cell.strip_suffix('%').filter(|_| percentages[at]);
            match fast_float2::parse::<f64, _>(number.unwrap_or(cell).trim_end()) {
                Ok(value) if are_results[at] => {
                    points.push(&part.keys, column, value);
                }
                _ => drop(part.config.insert(column.clone(), value_of_text(cell))),
            }
        }
        points.flush(part, statistics);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::RunPart;

    #[test]
    fn settings_and_results_are_told_apart() {
        for column in [
            "final_loss",
            "accuracy",
            "val_f1",
            "us_per_step",
            "Runtime",
            "eval/loss",
        ] {
            assert!(is_result(column), "{column}");
        }
        for column in [
            "learning_rate",
            "lr",
            "batch_size",
            "optimizer",
            "d_model",
            "seed",
        ] {
            assert!(!is_result(column), "{column}");
        }
    }

    #[test]
    fn where_a_result_was_reached_is_a_result() {
        let columns = ["bw_epoch", "bw_loss", "warmup_epoch", "epochs"].map(str::to_owned);
        assert!(is_length("bw_epoch", &columns));
        assert!(!is_length("warmup_epoch", &columns) && !is_length("epochs", &columns));
    }

    #[test]
    fn ids_of_wandb_tell_rows_apart() {
        let ids = |text: &str| {
            let rows = text.split(' ').map(|id| vec![id.to_owned()]);
            ids_of_wandb(&["run_id".to_owned()], &rows.collect::<Vec<_>>()).len()
        };
        // The last row may be cut.
        assert_eq!(ids("onmydrnj 7pnblk36 3xzhf3bk 5a"), 3);
        assert_eq!(ids("onmydrnj 7pnblk36"), 2);
        assert_eq!(ids("onmydrnj onmydrnj 7pnblk36"), 0);
        assert_eq!(ids("baseline modified finetune"), 0);
        assert_eq!(ids("20240101 20240102 20240103"), 0);
    }

    #[test]
    fn a_row_is_a_run() {
        let mut store = Store::default();
        let mut statistics = ReadStatistics::default();
        let text = b"Name,lr,optimizer,final_loss\nbrave-sun-1,0.1,adam,2.5\n\"a, b\",0.01,,1.5\n";
        read(text, false, &mut store, &mut statistics);
        let [first, second] = store.parts() else {
            panic!("{} runs", store.parts().len())
        };
        assert_eq!(first.store.display_name.as_deref(), Some("brave-sun-1"));
        assert_eq!(second.store.display_name.as_deref(), Some("a, b"));
        let config: Vec<String> = first
            .store
            .config
            .iter()
            .map(|(key, value)| format!("{key} {value}"))
            .collect();
        assert_eq!(config, ["lr 0.1", "optimizer adam"]);
        assert!(!second.store.config.contains_key("optimizer"));
        let series: Vec<(String, f64)> = second
            .store
            .series()
            .map(|(key, series, _)| (key.to_string(), series.last().unwrap().value))
            .collect();
        assert_eq!(series, [("final_loss".to_owned(), 1.5)]);
    }

    #[test]
    fn fractions_that_differ_are_scores_unless_a_search_drew_them() {
        let rows = (0..8).map(|at| format!("m{at},{},0.5,5{at}.{at}\n", at % 2));
        let text = "model,quant_bits,dropout,mmlu\n".to_owned() + &rows.collect::<String>();
        let series = |is_search: bool| -> Vec<usize> {
            let mut store = Store::default();
            read(
                text.as_bytes(),
                is_search,
                &mut store,
                &mut ReadStatistics::default(),
            );
            let parts = store.parts().iter();
            parts.map(|part| part.store.series().count()).collect()
        };
        // The first number is whole.
        assert_eq!(series(false), [1; 8]);
        assert_eq!(series(true), [0; 8]);
    }

    #[test]
    fn percentages_are_results_where_all_cells_are_some() {
        let results = |text: &str| {
            let mut store = Store::default();
            read(
                text.as_bytes(),
                false,
                &mut store,
                &mut ReadStatistics::default(),
            );
            let parts = store.parts().iter();
            let of_part = |part: &RunPart| part.store.series().map(|(_, s, _)| s.len()).sum();
            parts.map(of_part).collect::<Vec<usize>>()
        };
        assert_eq!(results("lr,val_acc\n0.1,55%\n0.2,5.5 %\n"), [1, 1]);
        assert_eq!(results("lr,val_acc\n0.1,55%\n0.2,0.5\n"), [0, 1]);
    }
}
