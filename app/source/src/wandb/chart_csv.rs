use std::{collections::BTreeMap, path::Path};

use crate::{
    csv::split_cells,
    first_rows::FirstRows,
    grouping::{FolderFile, LogFiles, one_log_per_folder},
    log_format::{Detection, LogFormat},
    reader::Reader,
    runs_in_columns::{RunColumn, RunsInColumns},
    sample::Sample,
};

/// The CSV files that W&B offers for download from a chart: a column `<run> - <key>` a run, with those of the
/// smallest and largest value beside it.
pub(crate) static WANDB_CSV: WandbCsv = WandbCsv;

/// Between the run's name and the key.
const SEPARATOR: &str = " - ";

/// Endings of the columns that W&B adds to each.
const TWINS: [&str; 2] = ["__MIN", "__MAX"];

#[derive(Debug)]
pub(crate) struct WandbCsv;

impl LogFormat for WandbCsv {
    fn name(&self) -> &'static str {
        "wandb_csv"
    }

    fn title(&self) -> &'static str {
        "W&B's CSV"
    }

    fn rank(&self) -> u8 {
        7
    }

    fn detect(&self, sample: &Sample<'_>) -> Detection {
        let header = sample.text().split(|&c| c == b'\n').next();
        let columns = split_cells(header.unwrap_or_default().trim_ascii(), b',');
        let chart = columns_of_chart(&columns);
        match (chart, columns.into_iter().next()) {
            (Some(_), Some(x)) => Detection::Log(FirstRows::of_keys(vec![x])),
            _ => Detection::No,
        }
    }

    fn reader(&self, _path: &Path) -> Reader {
        Reader::Stream(Box::new(RunsInColumns::new(columns_of_chart)))
    }

    /// Each chart holds a metric of the same runs; those over another x are logs of their own.
    fn group(&self, folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
        let mut by_x: BTreeMap<&[String], Vec<FolderFile<'_>>> = BTreeMap::new();
        for file in files {
            by_x.entry(&file.first_rows.keys).or_default().push(*file);
        }
        match by_x.len() {
            1 => one_log_per_folder(folder, files),
            _ => by_x
                .into_values()
                .flat_map(|files| one_log_per_folder(files[0].path, &files))
                .collect(),
        }
    }

    fn has_parts_of_others(&self) -> bool {
        true
    }
}

/// `None` if the columns are not those of a chart.
fn columns_of_chart(columns: &[String]) -> Option<Vec<Option<RunColumn>>> {
    let (_, columns) = columns.split_first()?;
    let has_twins = columns.iter().any(|column| {
        TWINS
            .iter()
            .all(|twin| columns.contains(&format!("{column}{twin}")))
    });
    let of_column = |column: &String| {
        let (run, key) = column.rsplit_once(SEPARATOR)?;
        Some(RunColumn {
            run: run.to_owned(),
            key: key.to_owned(),
            setting: None,
        })
    };
    let columns: Vec<Option<RunColumn>> = columns.iter().map(of_column).collect();
    (has_twins && columns.iter().any(Option::is_some)).then_some(columns)
}
