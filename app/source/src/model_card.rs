//! The card of a model that Hugging Face's trainer writes: a table of the training in Markdown.

use std::path::Path;

use crate::{
    first_rows::FirstRows,
    grouping::{FolderFile, LogFiles, one_run_per_file},
    json::step_of,
    limits,
    log_format::{Companion, Detection, LogFormat},
    parse::FatalError,
    points::Points,
    reader::{Reader, WholeReader},
    regular_file,
    sample::Sample,
    statistics::ReadStatistics,
    store::Store,
};

/// `README.md` with `| Training Loss | Epoch | Step | Validation Loss |`.
pub(crate) static MODEL_CARD: ModelCard = ModelCard;

/// Larger files are not read: a card has a few pages.
const MAX_BYTES: u64 = limits::REPORT.bytes;

/// Columns of the table under the names that the trainer logs; those of other columns are measured in its evaluations.
const COLUMNS: &[(&str, &str)] = &[
    ("Training Loss", TRAINING),
    ("Train Loss", TRAINING),
    ("Validation Loss", "eval_loss"),
    ("Epoch", "epoch"),
    ("Step", "step"),
];
const TRAINING: &str = "loss";

#[derive(Debug)]
pub(crate) struct ModelCard;

impl LogFormat for ModelCard {
    fn name(&self) -> &'static str {
        "model_card"
    }

    fn title(&self) -> &'static str {
        "model cards"
    }

    fn rank(&self) -> u8 {
        40
    }

    /// The trainer's state and its events hold more digits.
    fn is_fallback(&self) -> bool {
        true
    }

    fn detect(&self, sample: &Sample<'_>) -> Detection {
        if sample.extension() != "md" {
            return Detection::No;
        }
        match Table::of(&String::from_utf8_lossy(sample.head())) {
            Some(table) => Detection::Log(FirstRows::of_keys(table.columns)),
            None => Detection::No,
        }
    }

    fn reader(&self, _path: &Path) -> Reader {
        Reader::Whole(Box::new(CardReader))
    }

    /// The events of each start are in `runs/Apr16_22-43-27_host`; the card is that of the last one.
    fn companion(&self, below: &Path) -> Option<Companion> {
        let is_of_start = below.parent().is_some_and(|parent| parent == "runs");
        is_of_start.then_some(Companion::LastStart)
    }

    fn group(&self, _folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
        one_run_per_file(files)
    }
}

/// The table of a training in a card.
struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// The first table with a training loss, and a step or an epoch.
    fn of(card: &str) -> Option<Self> {
        let mut lines = card.lines();
        let header = lines.find_map(|line| {
            let columns: Vec<String> = cells(line)?.iter().map(|cell| key(cell)).collect();
            let has = |name: &str| columns.iter().any(|column| column == name);
            (has(TRAINING) && (has("step") || has("epoch"))).then_some(columns)
        })?;
        let rows = lines.map_while(cells);
        let is_rule = |row: &Vec<String>| {
            row.iter()
                .all(|cell| cell.trim_matches([':', '-']).is_empty())
        };
        let rows: Vec<Vec<String>> = rows.filter(|row| !is_rule(row)).collect();
        (!rows.is_empty()).then_some(Self {
            columns: header,
            rows,
        })
    }

    fn read(&self, store: &mut Store, statistics: &mut ReadStatistics) {
        let step = ["step", "epoch"];
        let step = step
            .iter()
            .find_map(|name| self.columns.iter().position(|column| column == name));
        let mut points = Points::default();
        for row in &self.rows {
            // `No log` before the first row of the training.
            let number = |at: usize| row.get(at)?.parse::<f64>().ok();
            let Some(step) = step.and_then(number).and_then(step_of) else {
                statistics.without_step += 1;
                continue;
            };
            statistics.records += 1;
            points.start_row(step, None);
            for (at, column) in self
                .columns
                .iter()
                .enumerate()
                .filter(|(_, key)| *key != "step")
            {
                if let Some(value) = number(at) {
                    points.push(&store.keys, column, value);
                }
            }
        }
        points.flush(store, statistics);
    }
}

/// The cells of a line of a table.
fn cells(line: &str) -> Option<Vec<String>> {
    let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    Some(
        inner
            .split('|')
            .map(|cell| cell.trim().to_owned())
            .collect(),
    )
}

/// The name under which the trainer logs what a column holds.
fn key(column: &str) -> String {
    let known = COLUMNS
        .iter()
        .find(|(name, _)| column.eq_ignore_ascii_case(name));
    known.map_or_else(
        || format!("eval_{}", column.to_lowercase().replace(' ', "_")),
        |(_, key)| (*key).to_owned(),
    )
}

#[derive(Debug)]
struct CardReader;

impl WholeReader for CardReader {
    fn read(
        &mut self,
        path: &Path,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> Result<(), FatalError> {
        let failed = |error: std::io::Error| FatalError(error.to_string());
        if std::fs::metadata(path).map_err(failed)?.len() > MAX_BYTES {
            return Err(FatalError(format!(
                "it has more than {} MiB, which no card has",
                MAX_BYTES >> 20
            )));
        }
        let bytes = regular_file::read(path).map_err(failed)?;
        match Table::of(&String::from_utf8_lossy(&bytes)) {
            Some(table) => table.read(store, statistics),
            None => {
                return Err(FatalError(
                    "it holds no table of a training any more".to_owned(),
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: &str = "# gpt\n\n| a | b |\n|:-:|:-:|\n| 1 | 2 |\n\n### Training results\n\n\
        | Training Loss | Epoch | Step | Validation Loss | Rouge Lsum |\n\
        |:-------------:|:-----:|:----:|:---------------:|:----------:|\n\
        | No log        | 1.0   | 50   | 0.75            | 21.5       |\n\
        | 0.5           | 2.0   | 100  | 0.625           | 22.0       |\n\n\
        ### Framework versions\n";

    #[test]
    fn the_table_of_the_training_is_read_under_the_names_that_were_logged() {
        let mut store = Store::default();
        let mut statistics = ReadStatistics::default();
        Table::of(CARD).unwrap().read(&mut store, &mut statistics);
        let series: Vec<(String, Vec<(f64, f64)>)> = store
            .series()
            .map(|(key, series, _)| {
                let points = series
                    .iter()
                    .map(|point| (point.step.as_f64(), point.value));
                (key.to_string(), points.collect())
            })
            .collect();
        let expected = [
            ("epoch", vec![(50.0, 1.0), (100.0, 2.0)]),
            ("eval_loss", vec![(50.0, 0.75), (100.0, 0.625)]),
            ("eval_rouge_lsum", vec![(50.0, 21.5), (100.0, 22.0)]),
            ("loss", vec![(100.0, 0.5)]),
        ];
        assert_eq!(
            series,
            expected.map(|(key, points)| (key.to_owned(), points))
        );
        assert_eq!(statistics.records, 2);
    }

    #[test]
    fn other_tables_are_none_of_a_training() {
        assert!(Table::of("| Model | Training Loss |\n|---|---|\n| a | 1 |\n").is_none());
        assert!(Table::of("| Step | Accuracy |\n|---|---|\n| 1 | 1 |\n").is_none());
        assert!(Table::of("| Training Loss | Step |\n|---|---|\n").is_none());
    }
}
