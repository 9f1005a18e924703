//! The sweep that is analysed, and the importance of its parameters.

use std::sync::Arc;

use trainscape_run::Run;

use super::{
    forest::{self, Explained},
    study::{self, ChosenStudy},
    table::{self, FinalMetric, Parameter, Parameters},
};
use crate::{NotAvailable, Remedy, ViewSettings};

const NEEDS: &str = "needs at least three runs that differ in their configuration and have a loss, a reward or an \
    accuracy: open the folder of a sweep";

/// Below this out-of-bag R² the importance is unreliable: it is that of a model that does not predict.
pub(super) const LEAST_R_SQUARED: f64 = 0.3;

/// The largest number of parameters that are drawn.
const MAX_PARAMETERS: usize = 14;

/// The largest number of runs that forests are fitted to: of more, every nth.
const MOST_FITTED: usize = 2000;

/// A sweep as a table.
pub(super) struct Sweep {
    pub(super) runs: Vec<Arc<Run>>,
    pub(super) parameters: Vec<Parameter>,
    pub(super) metrics: Vec<FinalMetric>,
    /// Keys of text values that differ in every run.
    pub(super) names: Vec<String>,
    /// Keys with the values of another in every run, each with that one.
    pub(super) equal: Vec<[String; 2]>,
    /// Runs that logged nothing, which are left out.
    pub(super) without_series: usize,
    /// Keys that too many runs lack.
    pub(super) incomplete: Vec<String>,
    /// Runs that repeat another one exactly.
    pub(super) repeated: usize,
    /// The study that is explained, of several.
    pub(super) study: Option<ChosenStudy>,
}

impl Sweep {
    /// The runs that are analysed: those with a value of each parameter.
    pub(super) fn complete_runs(&self) -> Vec<usize> {
        table::complete_runs(&self.parameters, self.runs.len())
    }
}

pub(super) fn drawn<'a>(runs: &'a [Arc<Run>], settings: &ViewSettings) -> Vec<&'a Arc<Run>> {
    runs.iter()
        .filter(|run| settings.draws_run(&run.id))
        .collect()
}

fn unavailable(why: &str) -> NotAvailable {
    NotAvailable::new(format!("{NEEDS}; {why}")).remedied_by(Remedy::OpenFolder)
}

impl Sweep {
    /// The sweeps that can be explained, the largest first: several only where the runs are those of several studies.
    pub(super) fn candidates(
        runs: &[Arc<Run>],
        settings: &ViewSettings,
        metrics: &[String],
    ) -> Result<Vec<Self>, NotAvailable> {
        let drawn = drawn(runs, settings);
        if drawn.len() < 3 {
            return Err(match drawn.len() {
                1 => unavailable("only one run is drawn"),
                count => unavailable(&format!("only {count} runs are drawn")),
            });
        }
        // Rows of a summary without a result of their own, beside the runs that they sum up.
        let has_series = |run: &&&Arc<Run>| !run.series.is_empty();
        let with_series: Vec<&Arc<Run>> = drawn.iter().filter(has_series).copied().collect();
        let (without_series, drawn) = match with_series.len() {
            0..3 => (0, drawn),
            count => (drawn.len() - count, with_series),
        };
        let (drawn, repeated) = table::without_repeated(&drawn);
        // Who chooses runs means them.
        let studies = match settings.runs {
            None => study::candidates(&drawn),
            Some(_) => vec![(drawn, None)],
        };
        let of_study = |(drawn, study): (Vec<&Arc<Run>>, Option<ChosenStudy>)| {
            let sweep = Self::of_study(&drawn, metrics)?;
            Ok(Self {
                without_series,
                repeated,
                study,
                ..sweep
            })
        };
        let (found, failed): (Vec<_>, Vec<_>) =
            studies.into_iter().map(of_study).partition(Result::is_ok);
        match failed.into_iter().next() {
            Some(why) if found.is_empty() => why.map(|sweep| vec![sweep]),
            _ => found.into_iter().collect(),
        }
    }

    /// The sweep of runs whose scores can be compared.
    fn of_study(drawn: &[&Arc<Run>], metrics: &[String]) -> Result<Self, NotAvailable> {
        let Parameters {
            kept: parameters,
            names,
            incomplete,
            equal,
        } = table::parameters(drawn);
        if parameters.is_empty() {
            return Err(unavailable(&format!(
                "no configuration value differs between the {} runs",
                drawn.len()
            )));
        }
        let metrics = table::metrics(drawn, metrics)?;
        let enough = |metric: &FinalMetric| {
            metric
                .finals
                .iter()
                .filter(|value| value.is_finite())
                .count()
                >= 3
        };
        let metrics: Vec<FinalMetric> = metrics.into_iter().filter(enough).collect();
        if metrics.is_empty() {
            let why = "fewer than three of the runs have a final value";
            return Err(unavailable(why));
        }
        Ok(Self {
            runs: drawn.iter().map(|run| Arc::clone(run)).collect(),
            parameters,
            metrics,
            names,
            incomplete,
            equal,
            without_series: 0,
            repeated: 0,
            study: None,
        })
    }
}

/// One bar.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    /// Index of the parameter, and of the metric.
    pub(super) at: [usize; 2],
    pub(super) parameter: String,
    pub(super) metric: String,
    pub(super) importance: forest::PermutationImportance,
    /// NaN where categories have no order.
    pub(super) rho: f64,
    pub(super) runs: usize,
}

/// A sweep with the importance of its parameters.
pub(super) struct Analysis {
    /// With the metrics that vary, and the parameters that are drawn, the most important first.
    pub(super) sweep: Sweep,
    pub(super) cells: Vec<Cell>,
    /// R² of the forests for each metric.
    pub(super) r_squared: Vec<f64>,
    /// Parameters that are not drawn.
    pub(super) left_out: usize,
    /// One run in this many is fitted.
    pub(super) stride: usize,
    /// Metrics of which the parameters explain nothing.
    pub(super) unexplained: Vec<String>,
}

/// The importance of the parameters for one metric.
struct Explanation {
    /// Index of the metric.
    metric: usize,
    explained: Arc<Explained>,
    /// Spearman's rho of each parameter with the metric.
    rhos: Vec<f64>,
}

impl Analysis {
    /// The analysis of the first sweep whose parameters predict a metric, or of the first one.
    pub(super) fn chosen(sweeps: Vec<Sweep>, are_chosen: bool) -> Result<Self, NotAvailable> {
        let mut first = None;
        let is_only = sweeps.len() == 1;
        for sweep in sweeps {
            let analysis = Self::of(sweep, are_chosen);
            if is_only || analysis.as_ref().is_ok_and(Self::is_reliable) {
                return analysis;
            }
            first.get_or_insert(analysis);
        }
        first.unwrap_or_else(|| Err(unavailable("no run is drawn")))
    }

    /// Whether the parameters predict some metric.
    pub(super) fn is_reliable(&self) -> bool {
        let mut r_squared = self.r_squared.iter();
        r_squared.any(|r_squared| *r_squared >= LEAST_R_SQUARED)
    }

    /// Of metrics that were not chosen, those of which the parameters explain nothing are left out beside others.
    pub(super) fn of(mut sweep: Sweep, are_chosen: bool) -> Result<Self, NotAvailable> {
        let mut explanations: Vec<Explanation> = (0..sweep.metrics.len())
            .filter_map(|metric| explain(&sweep, metric))
            .collect();
        let mut unexplained_metrics = Vec::new();
        if !are_chosen {
            let (nothing, something): (Vec<Explanation>, Vec<Explanation>) = explanations
                .into_iter()
                .partition(|found| found.explained.r_squared <= 0.0);
            if something.is_empty() {
                explanations = nothing;
            } else {
                let key = |found: &Explanation| sweep.metrics[found.metric].key.to_string();
                unexplained_metrics.extend(nothing.iter().map(key));
                explanations = something;
            }
        }
        if explanations.is_empty() {
            return Err(
                NotAvailable::new(format!("{NEEDS}; {}", unexplained(&sweep)))
                    .remedied_by(Remedy::OpenFolder),
            );
        }
        let stride = stride_of(sweep.complete_runs().len());
        let (order, left_out) = by_importance(&explanations, sweep.parameters.len());
        let cells = cells(&sweep, &explanations, &order);
        sweep.metrics = explanations
            .iter()
            .map(|found| sweep.metrics[found.metric].clone())
            .collect();
        sweep.parameters = order
            .iter()
            .map(|&index| sweep.parameters[index].clone())
            .collect();
        Ok(Self {
            sweep,
            cells,
            r_squared: explanations
                .iter()
                .map(|found| found.explained.r_squared)
                .collect(),
            left_out,
            stride,
            unexplained: unexplained_metrics,
        })
    }
}

impl Analysis {
    /// Runs with a value of each parameter and a final value of a metric.
    pub(super) fn analysed_runs(&self) -> usize {
        let has_final = |run: &usize| {
            let mut metrics = self.sweep.metrics.iter();
            metrics.any(|metric| metric.finals[*run].is_finite())
        };
        self.sweep
            .complete_runs()
            .into_iter()
            .filter(has_final)
            .count()
    }
}

/// Why no metric is explained.
fn unexplained(sweep: &Sweep) -> String {
    let complete = sweep.complete_runs();
    let finite = |metric: &FinalMetric| {
        let finals = complete.iter().map(|&row| metric.finals[row]);
        finals.filter(|value| value.is_finite()).count()
    };
    match sweep.metrics.iter().map(finite).max().unwrap_or(0) {
        runs if runs < 3 => format!(
            "{runs} of {} runs have a value of every parameter and a finite final value",
            sweep.runs.len()
        ),
        _ => "all runs with a value of every parameter have the same final value".to_owned(),
    }
}

fn explain(sweep: &Sweep, index: usize) -> Option<Explanation> {
    let metric = &sweep.metrics[index];
    let complete = sweep.complete_runs();
    let fitted = complete.iter().step_by(stride_of(complete.len()));
    let rows: Vec<usize> = fitted
        .copied()
        .filter(|&row| metric.finals[row].is_finite())
        .collect();
    if rows.len() < 3 {
        return None;
    }
    let finals: Vec<f64> = rows.iter().map(|&row| metric.finals[row]).collect();
    let columns: Vec<Vec<f64>> = sweep
        .parameters
        .iter()
        .map(|parameter| rows.iter().map(|&row| parameter.values[row]).collect())
        .collect();
    let explained = forest::explain(&columns, &finals)?;
    let rho = |(parameter, column): (&Parameter, &Vec<f64>)| {
        // Three or more categories have no order.
        if parameter.categories.len() > 2 {
            f64::NAN
        } else {
            forest::spearman(column, &finals)
        }
    };
    Some(Explanation {
        metric: index,
        explained,
        rhos: sweep.parameters.iter().zip(&columns).map(rho).collect(),
    })
}

/// One run in this many is fitted.
fn stride_of(runs: usize) -> usize {
    runs.div_ceil(MOST_FITTED).max(1)
}

/// The parameters that are drawn, the most important first, and how many are not.
fn by_importance(explanations: &[Explanation], parameters: usize) -> (Vec<usize>, usize) {
    let mut order: Vec<usize> = (0..parameters).collect();
    let total = |parameter: usize| -> f64 {
        explanations
            .iter()
            .map(|found| found.explained.importances[parameter].mean)
            .sum()
    };
    order.sort_by(|&a, &b| total(b).total_cmp(&total(a)));
    let left_out = order.split_off(order.len().min(MAX_PARAMETERS)).len();
    (order, left_out)
}

fn cells(sweep: &Sweep, explanations: &[Explanation], order: &[usize]) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (row, found) in explanations.iter().enumerate() {
        let metric = &sweep.metrics[found.metric];
        let complete = sweep.complete_runs();
        let finite = complete
            .iter()
            .filter(|&&row| metric.finals[row].is_finite());
        let runs = finite.count();
        for (column, &parameter) in order.iter().enumerate() {
            cells.push(Cell {
                at: [column, row],
                parameter: sweep.parameters[parameter].key.clone(),
                metric: metric.key.clone(),
                importance: found.explained.importances[parameter],
                rho: found.rhos[parameter],
                runs,
            });
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forests_are_fitted_to_at_most_two_thousand_runs() {
        assert_eq!([3, 2000].map(stride_of), [1, 1]);
        for runs in [2001, 8856, 100_000] {
            let fitted = (0..runs).step_by(stride_of(runs)).count();
            assert!((1000..=MOST_FITTED).contains(&fitted), "{fitted} of {runs}");
        }
    }
}
