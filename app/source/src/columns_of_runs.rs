//! Tables of one metric with a column a run, whose names differ in one number: `Step,8-dim,16-dim,32-dim` in `val_loss.csv`.

use std::path::Path;

use trainscape_run::{Role, role_of_key};

use crate::{
    csv::split_cells,
    first_rows::FirstRows,
    grouping::{FolderFile, LogFiles, one_log_per_folder},
    log_format::{Detection, LogFormat},
    reader::Reader,
    runs_in_columns::{RunColumn, RunsInColumns},
    sample::Sample,
};

/// Tables with a column a run.
pub(crate) static COLUMNS_OF_RUNS: ColumnsOfRuns = ColumnsOfRuns;

/// What a number beside these words sets, which tells runs apart.
const SETTINGS: [&str; 26] = [
    "dim",
    "dims",
    "d",
    "lr",
    "seed",
    "bs",
    "batch",
    "width",
    "depth",
    "hidden",
    "alpha",
    "beta",
    "gamma",
    "lambda",
    "dropout",
    "wd",
    "temp",
    "temperature",
    "rank",
    "run",
    "trial",
    "fold",
    "shot",
    "shots",
    "samples",
    "tau",
];

/// Numbered parts of one training.
const PARTS: [&str; 24] = [
    "layer", "class", "client", "block", "head", "stage", "agent", "group", "param", "bin",
    "channel", "task", "env", "node", "device", "gpu", "worker", "loss", "acc", "accuracy",
    "epoch", "step", "top", "q",
];

#[derive(Debug)]
pub(crate) struct ColumnsOfRuns;

impl LogFormat for ColumnsOfRuns {
    fn name(&self) -> &'static str {
        "columns_of_runs"
    }

    fn title(&self) -> &'static str {
        "CSV with a column a run"
    }

    fn rank(&self) -> u8 {
        12
    }

    fn detect(&self, sample: &Sample<'_>) -> Detection {
        if sample.extension() != "csv" {
            return Detection::No;
        }
        let header = sample.text().split(|&c| c == b'\n').next();
        let cells = split_cells(header.unwrap_or_default().trim_ascii(), b',');
        match columns(&cells, &key_of(sample.path())).is_some() {
            true => Detection::Log(FirstRows::default()),
            false => Detection::No,
        }
    }

    fn reader(&self, path: &Path) -> Reader {
        let key = key_of(path);
        let of_header = move |cells: &[String]| columns(cells, &key);
        Reader::Stream(Box::new(RunsInColumns::new(of_header)))
    }

    /// Each file holds a metric of the same runs.
    fn group(&self, folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
        one_log_per_folder(folder, files)
    }
}

/// The metric that the file's name states.
fn key_of(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

/// The columns, if they are runs of the metric `key`.
fn columns(cells: &[String], key: &str) -> Option<Vec<Option<RunColumn>>> {
    let (x, names) = cells.split_first()?;
    let is_position = role_of_key(&x.to_lowercase()) == Some(Role::Step) || x.is_empty();
    if !is_position || names.len() < 2 {
        return None;
    }
    let parts: Option<Vec<(String, f64)>> = names.iter().map(|name| one_number(name)).collect();
    let parts = parts?;
    let (words, _) = parts.first()?;
    let mut numbers: Vec<f64> = parts.iter().map(|(_, number)| *number).collect();
    numbers.sort_by(f64::total_cmp);
    let differ = numbers.windows(2).all(|pair| pair[0] < pair[1]);
    let is_alike = parts.iter().all(|(other, _)| other == words);
    let has = |known: &[&str]| words.split(' ').any(|word| known.contains(&word));
    let is_metric = matches!(
        role_of_key(key),
        Some(Role::Loss | Role::ValidationLoss | Role::Accuracy | Role::Reward)
    );
    let are_runs = has(&SETTINGS) || is_metric && !has(&PARTS) && !words.is_empty();
    if !differ || !is_alike || !are_runs || has(&PARTS) {
        return None;
    }
    let of_column = |(name, (words, number)): (&String, (String, f64))| {
        Some(RunColumn {
            run: name.clone(),
            key: key.to_owned(),
            setting: Some((words.replace(' ', "_"), number)),
        })
    };
    Some(names.iter().zip(parts).map(of_column).collect())
}

/// The words and the one number of a name: `dim` and 8 of `8-dim`, `lr` and 0.001 of `lr=1e-3`.
fn one_number(name: &str) -> Option<(String, f64)> {
    let start = name.find(|c: char| c.is_ascii_digit())?;
    let is_of_number = |(at, c): (usize, char)| {
        let after_exponent = || name[..at].ends_with(['e', 'E']);
        let exponent = || {
            let rest = name[at + c.len_utf8()..].trim_start_matches(['-', '+']);
            matches!(c, 'e' | 'E') && rest.starts_with(|c: char| c.is_ascii_digit())
        };
        c.is_ascii_digit() || c == '.' || exponent() || matches!(c, '-' | '+') && after_exponent()
    };
    let indices = name.char_indices().skip_while(|(at, _)| *at < start);
    let end = indices
        .skip_while(|part| is_of_number(*part))
        .map(|(at, _)| at)
        .next()
        .unwrap_or(name.len());
    let number: f64 = name[start..end].trim_end_matches('.').parse().ok()?;
    let rest = [&name[..start], &name[end..]].map(str::to_lowercase);
    if rest
        .iter()
        .any(|text| text.contains(|c: char| c.is_ascii_digit()))
    {
        return None;
    }
    let words = rest
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphabetic()));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    Some((words.join(" "), number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(header: &str, key: &str) -> Option<Vec<String>> {
        let cells = split_cells(header.as_bytes(), b',');
        let columns = columns(&cells, key)?;
        Some(
            columns
                .into_iter()
                .flatten()
                .map(|column| column.run)
                .collect(),
        )
    }

    #[test]
    fn columns_that_differ_in_a_setting_are_runs() {
        let names = runs("Step,8-dim,16-dim,128-dim", "val_ii_score").unwrap();
        assert_eq!(names, ["8-dim", "16-dim", "128-dim"]);
        assert!(runs("step,lr=1e-3,lr=1e-4", "train_loss").is_some());
        assert!(runs("epoch,ResNet18,ResNet50", "val_loss").is_some());
        assert_eq!(one_number("3µ").unwrap(), ("µ".to_owned(), 3.0));
        let setting = one_number("lr=1e-3").unwrap();
        assert_eq!(setting, ("lr".to_owned(), 1e-3));
    }

    #[test]
    fn numbered_parts_of_one_training_are_series() {
        for (header, key) in [
            ("step,layer_1,layer_2", "train_loss"),
            ("epoch,class_0,class_1", "accuracy"),
            ("step,loss1,loss2", "train_loss"),
            ("step,top1,top5", "accuracy"),
            ("step,loss,acc", "train_loss"),
            ("epoch,1,2,3", "loss"),
            ("seconds,lr=1e-3,lr=1e-4", "loss"),
            ("step,a1,a1", "loss"),
            ("step,x_0,x_1", "positions"),
        ] {
            assert_eq!(runs(header, key), None, "{header} of {key}");
        }
    }
}
