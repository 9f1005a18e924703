//! A table of runs: a row a run, with its settings and its results.

use std::path::Path;

use trainscape_run::{Role, Step, role_of_key};

use crate::{
    columns::has_step,
    config::value_of_text,
    csv::{delimiter_of, split_cells},
    encoding::decode_start,
    first_rows::FirstRows,
    grouping::{FolderFile, LogFiles, one_log_per_file},
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
    "fwd",
    "bwd",
];

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

    fn detect(&self, sample: &Sample<'_>) -> Detection {
        if !matches!(sample.extension(), "csv" | "tsv") {
            return Detection::No;
        }
        let mut lines = sample.text().split(|&byte| byte == b'\n');
        let header = lines.next().unwrap_or_default().trim_ascii();
        let columns = split_cells(header, delimiter_of(header));
        let is_of_wandb = columns.starts_with(&OF_WANDB.map(str::to_owned));
        let is_named = NAMES.iter().any(|name| sample.name().contains(name));
        let has_settings = columns.iter().any(|column| !is_result(column));
        let has_results = columns.iter().any(|column| is_result(column));
        let is_table = !has_step(&columns) && has_settings && has_results;
        match is_of_wandb || is_named && is_table && lines.next().is_some() {
            true => Detection::Log(FirstRows::default()),
            false => Detection::No,
        }
    }

    fn reader(&self, _path: &Path) -> Reader {
        Reader::Whole(Box::new(RunTableReader))
    }

    fn group(&self, _folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
        one_log_per_file(files)
    }
}

/// True if the column holds what was measured.
fn is_result(column: &str) -> bool {
    const SET: [Role; 2] = [Role::LearningRate, Role::Step];
    match role_of_key(column) {
        Some(role) => !SET.contains(&role),
        None => {
            let key = column.to_ascii_lowercase();
            MEASURED.iter().any(|word| key.contains(word))
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
        let failed = |error: std::io::Error| FatalError(error.to_string());
        let file = regular_file::open(path).map_err(failed)?;
        let most = limits::RUN_TABLE.bytes as usize;
        let text = decode_start(file, most + 1);
        if text.len() > most {
            return Err(FatalError(format!(
                "it has more than {} MiB, which no table of runs has",
                most >> 20
            )));
        }
        store.hold_only_parts();
        read(&text, store, statistics);
        Ok(())
    }
}

fn read(text: &[u8], store: &mut Store, statistics: &mut ReadStatistics) {
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
    for (index, line) in lines.take(limits::RUNS_OF_TABLE.items).enumerate() {
        let cells = split_cells(line, delimiter);
        statistics.records += 1;
        // Names are not unique in W&B.
        let part = store.part(&format!("row {}", index + 1));
        part.display_name = name_column.and_then(|at| cells.get(at)).cloned();
        let mut points = Points::default();
        points.start_row(Step::Int(0), None);
        for (at, (column, cell)) in columns.iter().zip(&cells).enumerate() {
            let cell = cell.trim();
            let is_note = name_column == Some(at) || NOTES.contains(&&**column);
            if is_note || column.is_empty() || cell.is_empty() {
                continue;
            }
            match fast_float2::parse::<f64, _>(cell.as_bytes()) {
                Ok(value) if is_result(column) => points.push(&part.keys, column, value),
                _ => drop(part.config.insert(column.clone(), value_of_text(cell))),
            }
        }
        points.flush(part, statistics);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_row_is_a_run() {
        let mut store = Store::default();
        let mut statistics = ReadStatistics::default();
        let text = b"Name,lr,optimizer,final_loss\nbrave-sun-1,0.1,adam,2.5\n\"a, b\",0.01,,1.5\n";
        read(text, &mut store, &mut statistics);
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
}
