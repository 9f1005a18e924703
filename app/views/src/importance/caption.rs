//! The caption of the importance view.

use trainscape_scene::ticks::format_value;

use super::{
    analysis::Analysis,
    forest::{FORESTS, SHUFFLES, TREES},
    table::FinalMetric,
};
use crate::{caption::Caption, samples::counted};

/// With fewer runs the results are uncertain.
const FEW_RUNS: usize = 10;

pub(super) fn text(analysis: &Analysis) -> String {
    let sweep = &analysis.sweep;
    Caption::new(format!(
        "Permutation importance over {}: the decrease in R² when the values of one parameter are shuffled between the \
         runs ({FORESTS} random forests of {TREES} trees, {SHUFFLES} shuffles each; bars show means, error bars standard \
         deviations). Colour: Spearman's rank correlation of the parameter with the metric.",
        counted(sweep.complete_runs().len(), "run"),
    ))
    .sentence(fits_text(analysis))
    .sentence_if(analysis.cells.iter().any(|cell| cell.runs < FEW_RUNS), || {
        format!("With fewer than {FEW_RUNS} runs the importance is only indicative.")
    })
    .sentence_if(sweep.parameters.len() == 1, || {
        "Only one parameter varies, so all explained variance is attributed to it."
    })
    .sentences(sweep.metrics.iter().map(left_out_text))
    .sentences(parameters_text(analysis))
    .sentence_if(!sweep.names.is_empty(), || {
        format!(
            "Left out as run names (different in every run): {}.",
            sweep.names.join(", ")
        )
    })
    .sentence_if(analysis.left_out > 0, || {
        format!(
            "{} of lower importance not shown.",
            counted(analysis.left_out, "other parameter")
        )
    })
    .into_text()
}

fn fits_text(analysis: &Analysis) -> String {
    let metrics = analysis.sweep.metrics.iter();
    let fits: Vec<String> = metrics
        .zip(&analysis.r_squared)
        .map(|(metric, r_squared)| {
            let rounded = (r_squared * 1e3).round() / 1e3;
            format!("{} {}", metric.key, format_value(rounded))
        })
        .collect();
    format!(
        "R² of the forests on the runs they were fitted to: {}.",
        fits.join(", ")
    )
}

/// Runs without a final value of the metric.
fn left_out_text(metric: &FinalMetric) -> String {
    let mut parts = Vec::new();
    if metric.missing > 0 {
        parts.push(format!("{} without it", counted(metric.missing, "run")));
    }
    if metric.diverged > 0 {
        parts.push(format!(
            "{} with a final value that is not finite",
            counted(metric.diverged, "run")
        ));
    }
    if parts.is_empty() {
        return String::new();
    }
    format!("Left out for {}: {}.", metric.key, parts.join(" and "))
}

/// Sentences on parameters that are text, or that runs lack.
fn parameters_text(analysis: &Analysis) -> Vec<String> {
    let parameters = &analysis.sweep.parameters;
    let categories: Vec<&str> = parameters
        .iter()
        .filter(|parameter| !parameter.categories.is_empty())
        .map(|parameter| parameter.key.as_str())
        .collect();
    let mut sentences = Vec::new();
    if !categories.is_empty() {
        sentences.push(format!(
            "Categorical values are encoded in the order of their names ({}); with three or more categories the correlation is undefined and the bar grey.",
            categories.join(", ")
        ));
    }
    for parameter in parameters.iter().filter(|parameter| parameter.missing > 0) {
        sentences.push(format!(
            "{} without a value of {} left out.",
            counted(parameter.missing, "run"),
            parameter.key,
        ));
    }
    if !analysis.sweep.incomplete.is_empty() {
        sentences.push(format!(
            "Left out as parameters that too many runs lack: {}.",
            analysis.sweep.incomplete.join(", ")
        ));
    }
    sentences
}
