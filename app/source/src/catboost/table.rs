use trainscape_run::{Role, Step};

use crate::{
    keys::Keys,
    line_points::{LineFormat, number},
    points::Points,
};

/// A table: a header `iter`, then metrics, and a row for each iteration.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// Put before each metric: `learn/`.
    pub(super) prefix: String,
    /// The keys of the columns after the first.
    pub(super) keys: Option<Vec<String>>,
}

/// The metrics of a header.
pub(super) fn metrics_of(header: &str) -> Option<Vec<String>> {
    let mut names = header.split('\t').map(str::trim);
    let is_table = names.next() == Some("iter");
    let metrics: Vec<String> = names.map(str::to_owned).collect();
    (is_table && !metrics.is_empty()).then_some(metrics)
}

impl LineFormat for Table {
    fn add(&mut self, line: &str, keys: &Keys, points: &mut Points) -> Result<bool, &'static str> {
        let Some(names) = &self.keys else {
            let metrics = metrics_of(line).ok_or("its header does not begin with `iter`")?;
            let keys = metrics.iter().map(|name| format!("{}{name}", self.prefix));
            self.keys = Some(keys.collect());
            return Ok(false);
        };
        let mut cells = line.split('\t').map(str::trim);
        let step = cells.next().and_then(|cell| cell.parse().ok());
        points.start_row(Step::Int(step.ok_or("it has no iteration")?), None);
        let mut count = 0;
        for (name, cell) in names.iter().zip(cells) {
            // A metric that is not computed in every iteration has empty cells.
            if !cell.is_empty() {
                let value = number(cell).ok_or("its value is not a number")?;
                points.push(keys, name, value);
            }
            count += 1;
        }
        match count == names.len() {
            true => Ok(true),
            false => Err("it has too few cells"),
        }
    }
}

/// Metrics whose smallest value is the best, for a folder without a description.
const LOSSES: &[&str] = &[
    "RMSE",
    "Logloss",
    "CrossEntropy",
    "MAE",
    "MAPE",
    "MSLE",
    "SMAPE",
    "Quantile",
    "MultiQuantile",
    "LogLinQuantile",
    "Poisson",
    "Tweedie",
    "Huber",
    "Expectile",
    "LogCosh",
    "MultiClass",
    "MultiClassOneVsAll",
    "MultiLogloss",
    "MultiCrossEntropy",
    "MultiRMSE",
    "RMSEWithUncertainty",
    "PairLogit",
    "PairLogitPairwise",
    "QueryRMSE",
    "QuerySoftMax",
    "QueryCrossEntropy",
    "Cox",
    "MedianAbsoluteError",
    "BrierScore",
    "ZeroOneLoss",
    "HammingLoss",
    "HingeLoss",
    "Focal",
];

/// True if the metric is a loss by its name; parameters follow a colon.
pub(super) fn is_loss(metric: &str) -> bool {
    let name = metric.split(':').next().unwrap_or(metric);
    LOSSES.contains(&name)
}

/// The role of a loss in a data set.
pub(super) fn role_of_loss(data_set: &str) -> Role {
    match data_set {
        "learn" => Role::Loss,
        _ => Role::ValidationLoss,
    }
}
