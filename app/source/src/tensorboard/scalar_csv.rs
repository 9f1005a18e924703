use std::{collections::HashMap, path::Path};

use trainscape_run::Step;

use crate::{
    curve_names::CurveName,
    first_rows::FirstRows,
    grouping::{FolderFile, LogFiles},
    json::step_of,
    line_parser::LineParser,
    lines::LineDecoder,
    log_format::{Detection, LogFormat},
    reader::Reader,
    row_decoder::RowDecoder,
    sample::Sample,
};

/// The CSV files that TensorBoard offers for download, one series each: `run-<run>-tag-<tag>.csv`.
pub(crate) static TENSORBOARD_CSV: TensorboardCsv = TensorboardCsv;

const HEADER: &[u8] = b"Wall time,Step,Value";

#[derive(Debug)]
pub(crate) struct TensorboardCsv;

impl LogFormat for TensorboardCsv {
    fn name(&self) -> &'static str {
        "tensorboard_csv"
    }

    fn title(&self) -> &'static str {
        "TensorBoard's CSV"
    }

    fn rank(&self) -> u8 {
        6
    }

    fn detect(&self, sample: &Sample<'_>) -> Detection {
        let header = sample.text().split(|&c| c == b'\n').next();
        match header.unwrap_or_default().trim_ascii() == HEADER {
            true => Detection::Log(FirstRows::default()),
            false => Detection::No,
        }
    }

    fn reader(&self, path: &Path) -> Reader {
        let ScalarName { key, .. } = ScalarName::of(path);
        Reader::Stream(Box::new(LineParser::new(ScalarSeries { key })))
    }

    /// The files of one run, by their names; files whose names tell no run are a run each.
    fn group(&self, _folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
        let names: Vec<ScalarName> = files.iter().map(|file| ScalarName::of(file.path)).collect();
        let mut uses: HashMap<&ScalarName, usize> = HashMap::new();
        for name in &names {
            *uses.entry(name).or_default() += 1;
        }
        let logs = files.iter().zip(&names).map(|(file, name)| LogFiles {
            run: match uses[name] {
                1 => name.run.clone(),
                _ => Some(stem(file.path)),
            },
            ..LogFiles::of_one_file(file)
        });
        logs.collect()
    }
}

/// What the name of a downloaded series says.
#[derive(Debug, PartialEq, Eq, Hash)]
struct ScalarName {
    /// `None`: the run that the folder is.
    run: Option<String>,
    key: String,
}

impl ScalarName {
    /// TensorBoard's own name, or a name that people give: that of a quantity with a training, or that of a training in a
    /// folder that has the name of a quantity (`mean_reward/noisy_sac.csv`).
    fn of(path: &Path) -> Self {
        let stem = stem(path);
        if let Some((run, tag)) = run_and_tag(&stem) {
            return Self {
                run: Some(run.to_owned()),
                key: tag.to_owned(),
            };
        }
        if let Some(curve) = CurveName::of(&stem).or_else(|| CurveName::of_series(&stem)) {
            return Self {
                run: (!curve.training.is_empty()).then_some(curve.training),
                key: curve.key,
            };
        }
        let folder = path.parent().and_then(Path::file_name);
        let of_folder = folder.and_then(|name| CurveName::of(&name.to_string_lossy()));
        let of_folder = of_folder.filter(|curve| curve.training.is_empty());
        Self {
            run: Some(stem),
            key: of_folder.map_or_else(|| "value".to_owned(), |curve| curve.key),
        }
    }
}

fn stem(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

/// The run and the tag in a file's name.
fn run_and_tag(stem: &str) -> Option<(&str, &str)> {
    let rest = stem.strip_prefix("run-").unwrap_or(stem);
    let (run, tag) = rest.split_once("-tag-")?;
    let run = if run.is_empty() || run == "." {
        "run"
    } else {
        run
    };
    (!tag.is_empty()).then_some((run, tag))
}

/// Rows of wall time, step and the value of one tag.
#[derive(Debug)]
struct ScalarSeries {
    key: String,
}

impl LineDecoder for ScalarSeries {
    fn decode(&self, line: &[u8], decoder: &mut RowDecoder<'_>) -> Result<bool, &'static str> {
        let line = line.trim_ascii();
        if line.is_empty() || line == HEADER {
            return Ok(false);
        }
        let mut cells = line
            .split(|&c| c == b',')
            .map(|cell| fast_float2::parse::<f64, _>(cell.trim_ascii()).ok());
        let cells = (cells.next(), cells.next(), cells.next(), cells.next());
        let (Some(Some(time)), Some(Some(step)), Some(Some(value)), None) = cells else {
            return Err("it is no row of wall time, step and value");
        };
        let slot = decoder.slot(&self.key);
        decoder.number(slot, value, || None);
        decoder.row.set_wall_time_secs(time);
        decoder
            .row
            .set_step(step_of(step).unwrap_or(Step::Float(step)));
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_runs_and_keys() {
        for (path, run, key) in [
            ("run-ppo_1-tag-train_loss.csv", Some("ppo_1"), "train_loss"),
            (
                "mean_reward/noisy_sac.csv",
                Some("noisy_sac"),
                "mean_reward",
            ),
            ("std_reward/noisy_sac.csv", Some("noisy_sac"), "value"),
            ("csv/ppo_reward.csv", Some("ppo"), "reward"),
            ("ppo/val_loss.csv", None, "val_loss"),
            ("logs/baseline.csv", Some("baseline"), "value"),
        ] {
            let expected = ScalarName {
                run: run.map(str::to_owned),
                key: key.to_owned(),
            };
            assert_eq!(ScalarName::of(Path::new(path)), expected, "{path}");
        }
    }
}
