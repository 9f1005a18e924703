//! Panels of a sweep of one number for each of several methods: lines whose colours show the number hide what they are of.

use std::collections::{BTreeMap, BTreeSet};

use trainscape_run::{Config, Run};

use super::subject::Subject;
use crate::{classes::of_config, groups, parameters::is_no_parameter};

/// Fewer runs have a legend.
const FEWEST_RUNS: usize = 9;
/// The most methods: more panels would be too small to compare.
const MOST_METHODS: usize = 9;
/// Fewer values of the number are no sweep.
const FEWEST_VALUES: usize = 3;

impl Subject {
    /// The methods, where the configurations differ in one method and in one number alone, and hardly any pair of them is repeated.
    pub(super) fn of_swept_methods(runs: &[&Run]) -> Option<Self> {
        if runs.len() < FEWEST_RUNS {
            return None;
        }
        let configs: Vec<&Config> = runs.iter().map(|run| &*run.config).collect();
        let varying = groups::varying_keys(configs.iter().copied()).into_iter();
        let varying: Vec<&str> = varying.filter(|key| !is_no_parameter(key)).collect();
        let [a, b] = varying.as_slice() else {
            return None;
        };
        let numbers = |key: &str| groups::numbers(key, configs.iter().copied());
        let (method, number) = match (numbers(a), numbers(b)) {
            (None, Some(number)) => (a, number),
            (Some(number), None) => (b, number),
            _ => return None,
        };
        if groups::rank_of_setting(method) != 0 {
            return None;
        }
        let classes = of_config(method, &configs)?;
        let mut values: BTreeMap<&str, BTreeSet<u64>> = BTreeMap::new();
        for (name, value) in classes.of_row.iter().zip(&number) {
            values.entry(name).or_default().insert(value.to_bits());
        }
        let all: BTreeSet<u64> = number.iter().map(|value| value.to_bits()).collect();
        let pairs: usize = values.values().map(BTreeSet::len).sum();
        let is_sweep = (2..=MOST_METHODS).contains(&values.len())
            && all.len() >= FEWEST_VALUES
            && pairs >= 2 * values.len()
            && 3 * pairs >= 2 * runs.len();
        is_sweep.then(|| Self::of_method(method, classes))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use trainscape_run::ConfigValue;

    use super::*;

    fn found(of_run: impl Fn(usize) -> (&'static str, f64)) -> Option<Subject> {
        let runs: Vec<Run> = (0..12)
            .map(|at| {
                let id = at.to_string();
                let mut run = Run::new(&*id, &*id, id.clone().into());
                let (method, lr) = of_run(at);
                run.config = Arc::new(Config::from([
                    (
                        "optimizer.method".to_owned(),
                        ConfigValue::Text(method.to_owned()),
                    ),
                    ("optimizer.lr".to_owned(), ConfigValue::Float(lr)),
                ]));
                run
            })
            .collect();
        Subject::of_swept_methods(&runs.iter().collect::<Vec<_>>())
    }

    #[test]
    fn methods_of_which_each_was_swept_have_panels() {
        let rate = |at: usize| 10_f64.powi(-(at as i32 % 4));
        let swept = found(|at| (["adam", "sgd", "lion"][at / 4], rate(at))).unwrap();
        assert_eq!(swept.what, "optimizer.method from the configuration");
        assert_eq!(swept.of_row[4], "sgd");
        // Repeats of each are averaged, not swept.
        assert!(found(|at| (["adam", "sgd", "lion"][at / 4], 0.1)).is_none());
        assert!(found(|at| (["adam", "sgd"][at % 2], rate(at % 2))).is_none());
    }
}
