//! The history of a training in arrays: one array a metric, as NumPy's `savez` writes a dictionary of lists,
//! and the evaluations of Stable-Baselines3.

use std::path::Path;

use trainscape_run::{Point, Step, Tensor};

use crate::{
    arrays::open_array,
    baselines,
    columns::{has_training_metric, step_rank},
    first_rows::FirstRows,
    grouping::{FolderFile, LogFiles, one_run_per_file},
    json::step_of,
    limits,
    log_format::{Companion, Detection, LogFormat},
    parse::FatalError,
    reader::{Reader, WholeReader},
    sample::Sample,
    statistics::ReadStatistics,
    store::Store,
};

/// `history.npz`, `evaluations.npz`.
pub(crate) static ARRAY_HISTORY: ArrayHistory = ArrayHistory;

/// Longer histories are not held in memory.
const MAX_POINTS: usize = limits::ARRAY_HISTORY.items;

/// A list of losses without steps has so many, if they are those of a training.
const FEWEST_OF_LISTS: usize = 10;

#[derive(Debug)]
pub(crate) struct ArrayHistory;

impl LogFormat for ArrayHistory {
    fn name(&self) -> &'static str {
        "npz_history"
    }

    fn title(&self) -> &'static str {
        "NumPy history"
    }

    fn rank(&self) -> u8 {
        10
    }

    /// The file is one of arrays, too: see [`LogFormat::detect_in_arrays`].
    fn detect(&self, _sample: &Sample<'_>) -> Detection {
        Detection::No
    }

    fn detect_in_arrays(&self, path: &Path) -> Detection {
        let is_npz = path.extension().is_some_and(|ending| ending == "npz");
        let history = is_npz
            .then(|| open_array(path).ok())
            .flatten()
            .and_then(History::of);
        match history {
            Some(history) => {
                let keys = history.metrics.iter().map(Metric::key).collect();
                Detection::Log(FirstRows::of_keys(keys))
            }
            None => Detection::No,
        }
    }

    fn reader(&self, _path: &Path) -> Reader {
        Reader::Whole(Box::new(HistoryReader))
    }

    fn companion(&self, below: &Path) -> Option<Companion> {
        baselines::companion(below)
    }

    fn group(&self, _folder: &Path, files: &[FolderFile<'_>]) -> Vec<LogFiles> {
        one_run_per_file(files)
    }
}

/// The arrays of a history, of one length but for those that call themselves a history.
struct History {
    steps: Option<Tensor>,
    metrics: Vec<Metric>,
    len: usize,
}

/// One metric: a number a step, or several repetitions of a measurement.
struct Metric {
    tensor: Tensor,
}

impl Metric {
    fn is_repeated(&self) -> bool {
        self.tensor.shape.len() > 1
    }

    /// Of repeated measurements the mean is a series.
    fn key(&self) -> String {
        match self.is_repeated() {
            true => format!("{}/mean", self.tensor.key),
            false => self.tensor.key.to_string(),
        }
    }
}

impl History {
    /// `None` if the arrays are not those of a history.
    fn of(tensors: Vec<Tensor>) -> Option<Self> {
        let is_step = |tensor: &Tensor| tensor.shape.len() == 1 && step_rank(&tensor.key) > 0;
        let steps = tensors.iter().find(|tensor| is_step(tensor)).cloned();
        let lens = tensors.iter().filter(|tensor| tensor.shape.len() == 1);
        let len = match &steps {
            Some(steps) => steps.shape[0],
            None => lens.map(|tensor| tensor.shape[0]).max()?,
        };
        // Repeated measurements belong to a list of steps only: other matrices are data.
        let is_metric = |tensor: &Tensor| match &*tensor.shape {
            [rows] => (*rows == len || *rows > 1 && is_history(&tensor.key)) && !is_step(tensor),
            // Some versions of Stable-Baselines3 write each reward as a list of one.
            [rows, _] | [rows, _, 1] => *rows == len && steps.is_some(),
            _ => false,
        };
        let metrics: Vec<Metric> = tensors
            .into_iter()
            .filter(|tensor| is_metric(tensor))
            .map(|tensor| Metric { tensor })
            .collect();
        let keys: Vec<String> = metrics.iter().map(Metric::key).collect();
        // `losses` of a few settings are no curve.
        let is_short = len < FEWEST_OF_LISTS && steps.is_none();
        let is_plural = |key: &&String| key.to_ascii_lowercase().ends_with("losses");
        let told: Vec<String> = keys
            .iter()
            .filter(|key| !is_short || !is_plural(key))
            .cloned()
            .collect();
        (len > 0 && has_training_metric(&told)).then_some(Self {
            steps,
            metrics,
            len,
        })
    }
}

/// True for a name that says so: such an array may be as long as its own phase of the training.
fn is_history(key: &str) -> bool {
    let last = key.rsplit('_').next().unwrap_or(key);
    ["history", "hist", "curve"].contains(&last.to_ascii_lowercase().as_str())
}

#[derive(Debug)]
struct HistoryReader;

impl WholeReader for HistoryReader {
    fn read(
        &mut self,
        path: &Path,
        store: &mut Store,
        statistics: &mut ReadStatistics,
    ) -> Result<(), FatalError> {
        let tensors = open_array(path).map_err(|error| FatalError(error.to_string()))?;
        let Some(history) = History::of(tensors) else {
            return Err(FatalError("it holds no history any more".to_owned()));
        };
        let of_metric = |metric: &Metric| metric.tensor.shape[0].max(history.len);
        let points = history.metrics.iter().map(of_metric);
        let points = points.fold(0, usize::saturating_add);
        if points > MAX_POINTS {
            return Err(FatalError(format!(
                "it holds {points} points, more than {MAX_POINTS}: write them as CSV or JSON lines"
            )));
        }
        let read = |tensor: &Tensor| {
            let all: Vec<_> = tensor.shape.iter().map(|&len| 0..len).collect();
            let values = tensor.read_f64(&all);
            values.map_err(|error| FatalError(format!("`{}`: {error}", tensor.key)))
        };
        let steps = history.steps.as_ref().map(read).transpose()?;
        let unread = |steps: &Vec<f64>| {
            steps
                .iter()
                .filter(|step| step_of(**step).is_none())
                .count()
        };
        statistics.without_step += steps.as_ref().map_or(0, unread) as u64;
        store.steps_count = steps.is_none().then_some("index");
        for metric in &history.metrics {
            let values = read(&metric.tensor)?;
            let rows = metric.tensor.shape[0];
            let width = values.len() / rows.max(1);
            let key = metric.key();
            let steps = steps.as_ref().filter(|steps| steps.len() == rows);
            for (row, values) in values.chunks_exact(width.max(1)).enumerate() {
                let step = match steps {
                    Some(steps) => step_of(steps[row]),
                    None => Some(Step::Int(row as i64)),
                };
                let Some(step) = step else {
                    continue;
                };
                store.add_point(
                    &key,
                    Point {
                        step,
                        wall_time_secs: None,
                        value: values.iter().sum::<f64>() / values.len() as f64,
                    },
                );
            }
        }
        statistics.records = history.len as u64;
        Ok(())
    }
}
