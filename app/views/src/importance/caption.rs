//! The caption of the importance view.

use trainscape_scene::ticks::format_derived;

use super::{
    analysis::{Analysis, LEAST_R_SQUARED},
    forest::{FORESTS, SHUFFLES, TREES},
    study::ChosenStudy,
    table::{FinalMetric, Parameter},
};
use crate::{
    caption::Caption,
    samples::{counted, counted_are, left_out_runs, verb},
};

/// With fewer runs the importance is unreliable.
const FEW_RUNS: usize = 20;
/// Left out keys that a caption names.
const MOST_NAMED: usize = 6;

pub(super) fn text(analysis: &Analysis, are_bars: bool) -> String {
    let sweep = &analysis.sweep;
    let marks = if are_bars { "bars" } else { "dots" };
    let colour = if are_bars || sweep.metrics.len() == 1 {
        "Colour: Spearman's rank correlation of the parameter with the metric."
    } else {
        "Colour: the metric."
    };
    Caption::new(format!(
        "Permutation importance over {}: the decrease in out-of-bag R² when the values of one parameter are shuffled \
         between the runs ({FORESTS} random forests of {TREES} trees, {SHUFFLES} shuffles each; {marks} show means, \
         whiskers one standard deviation of the shuffles either way). {colour}",
        counted(analysis.analysed_runs(), "run"),
    ))
    .sentence_if(sweep.repeated > 0, || {
        format!(
            "{} left out: exactly the values of another",
            counted_are(sweep.repeated, "run")
        )
    })
    .sentences(sweep.study.as_ref().map(ChosenStudy::sentence))
    .sentence_if(analysis.stride > 1, || {
        format!("The forests are fitted to one run in {}", analysis.stride)
    })
    .sentence(fits_text(analysis))
    .sentence(unreliable_text(analysis))
    .sentence_if(!analysis.unexplained.is_empty(), || {
        format!(
            "Left out, as the parameters explain nothing of them (out-of-bag R² of zero or less): {}",
            analysis.unexplained.join(", ")
        )
    })
    .sentence_if(sweep.parameters.len() == 1, || {
        "Only one parameter varies, so all explained variance is attributed to it."
    })
    .sentence_if(sweep.without_series > 0, || {
        format!(
            "{} without a logged value {} left out.",
            counted(sweep.without_series, "run"),
            verb(sweep.without_series)
        )
    })
    .sentences(
        sweep
            .metrics
            .iter()
            .map(|metric| left_out_text(metric).into_text()),
    )
    .sentences(parameters_text(analysis))
    .sentence_if(!sweep.equal.is_empty(), || {
        let equal = sweep.equal.iter();
        let equal: Vec<String> = equal
            .map(|[key, first]| format!("{key} ({first})"))
            .collect();
        format!(
            "Left out as equal to another in every run: {}.",
            equal.join(", ")
        )
    })
    .sentence_if(!sweep.names.is_empty(), || {
        format!(
            "Left out as run names (different in every run): {}.",
            sweep.names.join(", ")
        )
    })
    .sentence_if(analysis.left_out > 0, || {
        format!(
            "{} not shown: of lower importance.",
            counted_are(analysis.left_out, "other parameter")
        )
    })
    .into_text()
}

fn fits_text(analysis: &Analysis) -> String {
    let metrics = analysis.sweep.metrics.iter();
    let fits: Vec<String> = metrics
        .zip(&analysis.r_squared)
        .map(|(metric, r_squared)| format!("{} for {}", format_derived(*r_squared), metric.key))
        .collect();
    format!(
        "Out-of-bag R² of the forests, on runs that a tree was not fitted to: {}.",
        fits.join(", ")
    )
}

/// Why the importance is not to be relied on; empty where nothing speaks against it.
pub(super) fn unreliable_text(analysis: &Analysis) -> String {
    let mut reasons = Vec::new();
    let fewest = analysis.cells.iter().map(|cell| cell.runs).min();
    if let Some(runs) = fewest.filter(|runs| *runs < FEW_RUNS) {
        reasons.push(format!(
            "{} fewer than {FEW_RUNS}",
            counted_are(runs, "run")
        ));
    }
    let metrics = analysis.sweep.metrics.iter().zip(&analysis.r_squared);
    let badly_predicted: Vec<&str> = metrics
        .filter(|(_, r_squared)| **r_squared < LEAST_R_SQUARED)
        .map(|(metric, _)| metric.key.as_str())
        .collect();
    if !badly_predicted.is_empty() {
        reasons.push(format!(
            "the out-of-bag R² of {} is under {LEAST_R_SQUARED}",
            badly_predicted.join(", ")
        ));
    }
    if reasons.is_empty() {
        return String::new();
    }
    format!("Importance is unreliable: {}.", reasons.join(", and "))
}

/// Runs without a final value of the metric.
fn left_out_text(metric: &FinalMetric) -> Caption {
    Caption::default()
        .sentence_if(metric.missing > 0, || {
            left_out_runs(metric.missing, &metric.key)
        })
        .sentence_if(metric.diverged > 0, || {
            format!(
                "{} left out: the final {} is not finite",
                counted_are(metric.diverged, "run"),
                metric.key
            )
        })
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
            "Categorical values are encoded in the order of their names ({}); with three or more categories the correlation is undefined and drawn grey.",
            categories.join(", ")
        ));
    }
    sentences.extend(gaps_text(parameters));
    if !analysis.sweep.incomplete.is_empty() {
        let keys = &analysis.sweep.incomplete;
        let more = match keys.len().saturating_sub(MOST_NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let named = keys[..keys.len().min(MOST_NAMED)].join(", ");
        sentences.push(format!(
            "Left out as parameters that too many runs lack: {named}{more}."
        ));
    }
    sentences
}

/// Runs without a value; parameters that the same runs lack are told together.
fn gaps_text(parameters: &[Parameter]) -> Vec<String> {
    let mut gaps: Vec<(Vec<bool>, Vec<&str>)> = Vec::new();
    for parameter in parameters.iter().filter(|parameter| parameter.missing > 0) {
        let lacks: Vec<bool> = parameter
            .values
            .iter()
            .map(|value| value.is_nan())
            .collect();
        match gaps.iter_mut().find(|(known, _)| *known == lacks) {
            Some((_, keys)) => keys.push(&parameter.key),
            None => gaps.push((lacks, vec![&parameter.key])),
        }
    }
    let sentence = |(lacks, keys): (Vec<bool>, Vec<&str>)| {
        let runs = lacks.iter().filter(|lacks| **lacks).count();
        left_out_runs(runs, &format!("a value of {}", keys.join(" and ")))
    };
    gaps.into_iter().map(sentence).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_that_the_same_runs_lack_are_told_together() {
        let parameter = |key: &str, values: [f64; 3]| Parameter {
            key: key.to_owned(),
            missing: values.iter().filter(|value| value.is_nan()).count(),
            values: values.to_vec(),
            categories: Vec::new(),
        };
        let parameters = [
            parameter("ki", [f64::NAN, 1.0, 2.0]),
            parameter("lr", [1.0, 2.0, 3.0]),
            parameter("kp", [f64::NAN, 3.0, 4.0]),
            parameter("kd", [f64::NAN, f64::NAN, 4.0]),
        ];
        assert_eq!(
            gaps_text(&parameters),
            [
                "1 run without a value of ki and kp is left out",
                "2 runs without a value of kd are left out"
            ]
        );
    }
}
