//! The caption of the importance view.

use trainscape_scene::ticks::format_value;

use super::{
    analysis::Analysis,
    forest::{FORESTS, SHUFFLES, TREES},
    table::Metric,
};
use crate::{caption::Caption, samples::counted};

/// Below so many runs the numbers say little.
const FEW_RUNS: usize = 10;

pub(super) fn text(analysis: &Analysis) -> String {
    let sweep = &analysis.sweep;
    Caption::new(format!(
        "{}: how much R² falls when one configuration value is shuffled between the runs ({FORESTS} random forests of \
         {TREES} trees, {SHUFFLES} shuffles each; bars are means, lines standard deviations). Colour: Spearman's rank \
         correlation of the value with the metric.",
        counted(sweep.runs.len(), "run"),
    ))
    .sentence(fits_text(analysis))
    .sentence_if(analysis.cells.iter().any(|cell| cell.runs < FEW_RUNS), || {
        format!("Fewer than {FEW_RUNS} runs: read this as a hint, not as a result.")
    })
    .sentence_if(sweep.parameters.len() == 1, || {
        "Only one value differs, so it explains whatever can be explained."
    })
    .sentences(sweep.metrics.iter().map(left_out_text))
    .sentences(parameters_text(analysis))
    .sentence_if(!sweep.names.is_empty(), || {
        format!(
            "Left out as names (different in every run): {}.",
            sweep.names.join(", ")
        )
    })
    .sentence_if(analysis.left_out > 0, || {
        format!(
            "{} of less importance not shown.",
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
    format!("R² of the forests on these runs: {}.", fits.join(", "))
}

/// Runs without a final value of the metric.
fn left_out_text(metric: &Metric) -> String {
    let mut parts = Vec::new();
    if metric.missing > 0 {
        parts.push(format!("{} without it", metric.missing));
    }
    if metric.diverged > 0 {
        parts.push(format!("{} that ended at no finite value", metric.diverged));
    }
    if parts.is_empty() {
        return String::new();
    }
    format!("{}: runs left out are {}.", metric.key, parts.join(" and "))
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
            "Texts are numbered in order of their names ({}); with three kinds or more they have no correlation and are grey.",
            categories.join(", ")
        ));
    }
    for parameter in parameters.iter().filter(|parameter| parameter.missing > 0) {
        sentences.push(format!(
            "{}: {} without a value stand at the middle one.",
            parameter.key,
            counted(parameter.missing, "run")
        ));
    }
    sentences
}
