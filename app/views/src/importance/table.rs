//! The parameters that differ between the runs of a sweep, and the final values of their metrics.

use std::{
    collections::{BTreeMap, HashMap, HashSet, hash_map::Entry},
    sync::Arc,
};

use trainscape_run::{ConfigValue, Role, Run, Series, natural_cmp};

use crate::{NotAvailable, groups, parameters::is_no_parameter};
use trainscape_expression::{nearest_name, role_series};

/// Roles whose final values are explained where the user names no metrics.
const ROLES: [Role; 4] = [
    Role::Loss,
    Role::ValidationLoss,
    Role::Reward,
    Role::Accuracy,
];

/// With at least this many runs, a text that differs in all of them is a name.
const MIN_FOR_NAMES: usize = 4;

/// A configuration value that differs between runs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parameter {
    pub(super) key: String,
    /// A number for each run: the value, or the number of its category; NaN for a run without one.
    pub(super) values: Vec<f64>,
    /// The categories in order, where the values are text.
    pub(super) categories: Vec<String>,
    /// Runs that have no such value.
    pub(super) missing: usize,
}

/// The final value of a metric in each run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FinalMetric {
    pub(super) key: String,
    /// NaN where a run has no finite one.
    pub(super) finals: Vec<f64>,
    /// Runs without the metric.
    pub(super) missing: usize,
    /// Runs whose last value is not finite.
    pub(super) diverged: usize,
}

/// The parameters of a sweep.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    /// Those that differ between the runs.
    pub(super) kept: Vec<Parameter>,
    /// Keys of texts that are names rather than settings.
    pub(super) names: Vec<String>,
    /// Keys that differ and that too many runs lack.
    pub(super) incomplete: Vec<String>,
    /// Keys with the values of another in every run, each with that one.
    pub(super) equal: Vec<[String; 2]>,
}

/// The runs without those that have exactly the settings and the last values of one before, and how many these are: a copied
/// study would predict its copy.
pub(super) fn without_repeated<'a>(runs: &[&'a Arc<Run>]) -> (Vec<&'a Arc<Run>>, usize) {
    let is_told = |key: &str| {
        !is_no_parameter(key) && (groups::distinguishes_runs(key) || groups::is_seed(key))
    };
    let mut known = HashSet::new();
    let is_new = |run: &&&Arc<Run>| {
        let config = run.config.iter().filter(|(key, _)| is_told(key));
        let config: Vec<String> = config
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        let last = run.series.iter().filter_map(|(key, series)| {
            let last = series.last()?.value;
            Some((key, series.len(), last))
        });
        let last: Vec<(&Arc<str>, usize, f64)> = last.collect();
        // Whole numbers are equal by chance.
        let is_telling = last.iter().any(|(_, _, last)| last.fract() != 0.0);
        known.insert(format!("{config:?} {last:?}")) || !is_telling
    };
    let kept: Vec<&Arc<Run>> = runs.iter().filter(is_new).copied().collect();
    let repeated = runs.len() - kept.len();
    (kept, repeated)
}

/// The parameters that differ between the runs.
pub(super) fn parameters(runs: &[&Arc<Run>]) -> Parameters {
    let mut by_key: BTreeMap<&str, Vec<Option<&ConfigValue>>> = BTreeMap::new();
    for (index, run) in runs.iter().enumerate() {
        for (key, value) in run.config.iter().filter(|(key, _)| !is_no_parameter(key)) {
            by_key.entry(key).or_insert_with(|| vec![None; runs.len()])[index] = Some(value);
        }
    }
    let mut names = Vec::new();
    let mut incomplete = Vec::new();
    let mut parameters = Vec::new();
    for (key, values) in by_key {
        let present = values.iter().flatten();
        let missing = values.iter().filter(|value| value.is_none()).count();
        let mut texts: Vec<String> = present.clone().map(ToString::to_string).collect();
        texts.sort_by(|a, b| natural_cmp(a, b));
        texts.dedup();
        if texts.len() < 2 {
            continue;
        }
        if missing * 2 > runs.len() {
            incomplete.push(key.to_owned());
            continue;
        }
        let is_text = present
            .clone()
            .any(|value| matches!(value, ConfigValue::Text(_)));
        if is_text && texts.len() >= MIN_FOR_NAMES && texts.len() == runs.len() - missing {
            names.push(key.to_owned());
            continue;
        }
        // Seeds and what names, stores or watches a run explain its metrics by chance alone.
        if !groups::distinguishes_runs(key) {
            continue;
        }
        let number = |value: &ConfigValue| match value {
            _ if is_text => texts
                .iter()
                .position(|text| *text == value.to_string())
                .map_or(f64::NAN, |at| at as f64),
            ConfigValue::Bool(value) => f64::from(*value),
            value => value.as_f64().unwrap_or(f64::NAN),
        };
        let numbers: Vec<f64> = values
            .iter()
            .map(|value| value.map_or(f64::NAN, number))
            .collect();
        let mut known = numbers.iter().filter(|number| number.is_finite());
        let first = known.next();
        if known.all(|number| Some(number) == first) {
            continue;
        }
        parameters.push(Parameter {
            key: key.to_owned(),
            values: numbers,
            categories: if is_text { texts } else { Vec::new() },
            missing,
        });
    }
    parameters.sort_by(|a, b| natural_cmp(&a.key, &b.key));
    let equal = without_equal(&mut parameters);
    incomplete.extend(without_gaps(&mut parameters, runs.len()));
    Parameters {
        kept: parameters,
        names,
        incomplete,
        equal,
    }
}

/// Leaves out the parameters that have the values of one before in every run: a setting that is logged twice shares its
/// importance with itself.
fn without_equal(parameters: &mut Vec<Parameter>) -> Vec<[String; 2]> {
    let bits = |parameter: &Parameter| -> Vec<u64> {
        parameter
            .values
            .iter()
            .map(|value| value.to_bits())
            .collect()
    };
    let mut known: HashMap<(Vec<u64>, Vec<String>), String> = HashMap::new();
    let mut equal = Vec::new();
    parameters.retain(|parameter| {
        match known.entry((bits(parameter), parameter.categories.clone())) {
            Entry::Occupied(first) => {
                equal.push([parameter.key.clone(), first.get().clone()]);
                false
            }
            Entry::Vacant(place) => {
                place.insert(parameter.key.clone());
                true
            }
        }
    });
    equal
}

/// Leaves out the parameters that too many runs lack, those with the most gaps first, until half of the runs
/// have a value of each. A run without a value is not analysed: a missing value is no value.
fn without_gaps(parameters: &mut Vec<Parameter>, runs: usize) -> Vec<String> {
    let mut left_out = Vec::new();
    loop {
        let complete = complete_runs(parameters, runs).len();
        let most = parameters.iter().map(|parameter| parameter.missing).max();
        match most {
            Some(most) if most > 0 && complete * 2 < runs => {
                let gone = parameters.extract_if(.., |parameter| parameter.missing == most);
                left_out.extend(gone.map(|parameter| parameter.key));
            }
            _ => return left_out,
        }
    }
}

/// The runs that have a value of each parameter.
pub(super) fn complete_runs(parameters: &[Parameter], runs: usize) -> Vec<usize> {
    let has_all = |run: &usize| {
        parameters
            .iter()
            .all(|parameter| parameter.values[*run].is_finite())
    };
    (0..runs).filter(has_all).collect()
}

/// The chosen metrics, or the final values of the usual roles.
pub(super) fn metrics(
    runs: &[&Arc<Run>],
    chosen: &[String],
) -> Result<Vec<FinalMetric>, NotAvailable> {
    if chosen.is_empty() {
        let of_role = |role: Role| {
            let key = most_common(
                runs.iter()
                    .filter_map(|run| Some(&**role_series(run, role.name())?.key())),
            )?;
            Some(metric(runs, key))
        };
        let of_roles: Vec<FinalMetric> = ROLES.into_iter().filter_map(of_role).collect();
        if of_roles.is_empty() {
            let result = result_of_table(runs).map(|key| metric(runs, key));
            return Ok(result.into_iter().collect());
        }
        return Ok(of_roles);
    }
    chosen
        .iter()
        .map(|name| {
            let found = metric(runs, name);
            if found.missing < runs.len() {
                return Ok(found);
            }
            let known = runs
                .iter()
                .flat_map(|run| run.series.keys().map(|key| &**key));
            let hint = match nearest_name(name, known) {
                Some(near) => format!("; did you mean `{near}`?"),
                None => String::new(),
            };
            Err(NotAvailable::new(format!(
                "no run has a series called `{name}`{hint}"
            )))
        })
        .collect()
}

/// The key of the result of most runs, where they are the rows of a table: what the search was for, otherwise the only result
/// that does not say when it was reached.
fn result_of_table<'a>(runs: &[&'a Arc<Run>]) -> Option<&'a str> {
    const OBJECTIVES: [&str; 4] = ["metric", "objective", "objective_value", "result"];
    const OF_TIME: [&str; 7] = ["iter", "time", "step", "epoch", "duration", "memory", "sec"];
    if runs
        .iter()
        .any(|run| run.series.values().any(|series| series.len() > 1))
    {
        return None;
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for key in runs.iter().flat_map(|run| run.series.keys()) {
        *counts.entry(key).or_default() += 1;
    }
    let mut of_most = counts
        .into_iter()
        .filter(|(_, count)| count * 2 > runs.len())
        .map(|(key, _)| (key, key.to_lowercase()));
    let of_most: Vec<(&str, String)> = of_most.by_ref().collect();
    let objective = of_most
        .iter()
        .find(|(_, name)| OBJECTIVES.contains(&name.as_str()));
    if let Some((key, _)) = objective {
        return Some(key);
    }
    let mut results = of_most
        .iter()
        .filter(|(_, name)| !OF_TIME.iter().any(|word| name.contains(word)));
    match (results.next(), results.next()) {
        (Some((key, _)), None) => Some(key),
        _ => None,
    }
}

/// Keys of series that could be chosen: those that most runs have.
pub(super) fn candidates(runs: &[&Arc<Run>]) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for key in runs.iter().flat_map(|run| run.series.keys()) {
        *counts.entry(key).or_default() += 1;
    }
    let common = counts
        .into_iter()
        .filter(|(_, count)| count * 2 > runs.len());
    common.map(|(key, _)| key.to_owned()).collect()
}

fn most_common<'a>(keys: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for key in keys {
        *counts.entry(key).or_default() += 1;
    }
    // Ties go to the first by name.
    counts
        .into_iter()
        .rev()
        .max_by_key(|(_, count)| *count)
        .map(|(key, _)| key)
}

fn metric(runs: &[&Arc<Run>], name: &str) -> FinalMetric {
    let (mut missing, mut diverged) = (0, 0);
    let finals = runs.iter().map(|run| {
        let series: Option<&Arc<Series>> = run.series.get(name).or_else(|| role_series(run, name));
        match series.and_then(|series| series.last()) {
            None => {
                missing += 1;
                f64::NAN
            }
            Some(point) if !point.value.is_finite() => {
                diverged += 1;
                f64::NAN
            }
            Some(point) => point.value,
        }
    });
    let finals = finals.collect();
    FinalMetric {
        key: name.to_owned(),
        finals,
        missing,
        diverged,
    }
}

#[cfg(test)]
mod tests {
    use trainscape_run::{Config, Point};

    use super::*;

    #[test]
    fn a_run_with_the_settings_and_the_values_of_another_counts_once() {
        let setting = |value: i64| [("width", ConfigValue::Float(value as f64))];
        let runs = [
            run(0, &setting(1), Some(0.25)),
            run(1, &setting(1), Some(0.25)),
            run(2, &setting(1), Some(0.5)),
            run(3, &setting(2), Some(0.25)),
            run(4, &setting(3), Some(1.0)),
            run(5, &setting(3), Some(1.0)),
        ];
        let (kept, repeated) = without_repeated(&runs.iter().collect::<Vec<_>>());
        let ids: Vec<&str> = kept.iter().map(|run| &*run.id).collect();
        assert_eq!(
            (ids.as_slice(), repeated),
            (["r0", "r2", "r3", "r4", "r5"].as_slice(), 1)
        );
    }

    fn run(index: usize, config: &[(&str, ConfigValue)], last: Option<f64>) -> Arc<Run> {
        let id = format!("r{index}");
        let mut run = Run::new(id.as_str(), id.as_str(), id.clone().into());
        run.config = Arc::new(
            config
                .iter()
                .map(|(key, value)| ((*key).to_owned(), value.clone()))
                .collect::<Config>(),
        );
        if let Some(value) = last {
            let mut series = Series::new("train/loss");
            series.push(Point {
                step: 1.into(),
                wall_time_secs: None,
                value,
            });
            run.series.insert("train/loss".into(), Arc::new(series));
            run.roles.insert("train/loss".into(), Role::Loss);
        }
        Arc::new(run)
    }

    #[test]
    fn values_that_differ_are_parameters_and_names_are_not() {
        use ConfigValue::{Bool, Float, Int, Text};
        let text = |text: &str| Text(text.to_owned());
        let runs: Vec<Arc<Run>> = (0..5)
            .map(|index| {
                let optimizer = ["sgd", "adam"][index % 2];
                let mut config = vec![
                    ("optimizer", text(optimizer)),
                    ("lr", Float(index as f64)),
                    ("layers", Int(8)),
                    ("optuna.trial/state", Int(index as i64 % 2)),
                    ("optuna.trial", Int(index as i64)),
                    ("trial.number", Int(index as i64)),
                    ("name", text(&format!("run {index}"))),
                    ("bias", Bool(index > 2)),
                ];
                if index == 4 {
                    config.remove(1);
                }
                run(
                    index,
                    &config,
                    [Some(1.0), Some(f64::NAN), None, Some(2.0), Some(3.0)][index],
                )
            })
            .collect();
        let runs: Vec<&Arc<Run>> = runs.iter().collect();
        let Parameters {
            kept: parameters,
            names,
            ..
        } = parameters(&runs);
        let keys: Vec<&str> = parameters
            .iter()
            .map(|parameter| parameter.key.as_str())
            .collect();
        assert_eq!(
            (keys, names),
            (vec!["bias", "lr", "optimizer"], vec!["name".to_owned()])
        );
        assert_eq!(parameters[1].values[..4], [0.0, 1.0, 2.0, 3.0]);
        assert!(parameters[1].values[4].is_nan());
        assert_eq!(complete_runs(&parameters, 5), [0, 1, 2, 3]);
        assert_eq!(parameters[1].missing, 1);
        assert_eq!(parameters[2].values, [1.0, 0.0, 1.0, 0.0, 1.0]);
        assert_eq!(parameters[2].categories, ["adam", "sgd"]);
        let metrics = metrics(&runs, &[]).unwrap();
        assert_eq!(metrics.len(), 1);
        assert_eq!((metrics[0].missing, metrics[0].diverged), (1, 1));
        let error = super::metrics(&runs, &["train/los".to_owned()]).unwrap_err();
        assert!(
            error.reason.contains("did you mean `train/loss`"),
            "{error}"
        );
    }

    #[test]
    fn a_setting_that_is_logged_twice_is_one_parameter() {
        let parameter = |key: &str, values: &[f64]| Parameter {
            key: key.to_owned(),
            values: values.to_vec(),
            categories: Vec::new(),
            missing: 0,
        };
        let mut all = vec![
            parameter("optimizer.lr", &[0.1, 0.2, 0.1]),
            parameter("training.lr", &[0.1, 0.2, 0.1]),
            parameter("wd", &[0.1, 0.2, 0.2]),
        ];
        let equal = without_equal(&mut all);
        assert_eq!(
            equal,
            [["training.lr".to_owned(), "optimizer.lr".to_owned()]]
        );
        assert_eq!(all.len(), 2);
    }

    #[test]
    fn results_and_search_spaces_are_no_parameters() {
        for key in [
            "eval_perplexity",
            "best_val_loss",
            "parameters.lr.values",
            "test_f1",
        ] {
            assert!(is_no_parameter(key), "{key}");
        }
        for key in [
            "eval_mlm_probability",
            "parameters.lr",
            "lr",
            "use_aux_loss",
        ] {
            assert!(!is_no_parameter(key), "{key}");
        }
    }
}
