//! Numbers that order runs: settings of their configurations, and those in their names, as `lr_0.001` and `batch_size_64`, of
//! trainers that record no configuration.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use regex::Regex;
use trainscape_run::Config;

use super::{
    classes::{explained, ranks},
    groups,
};

/// Fewer values show no trend.
const FEWEST_VALUES: usize = 4;
/// A number that a smaller share of the names state is no setting of all.
const LEAST_STATED: f64 = 0.7;
/// Numbers that tell less of the values would colour noise.
const LEAST_EXPLAINED: f64 = 0.05;
/// A setting that tells less of the values would colour noise: of 20 runs, chance alone gives this rarely.
const LEAST_OF_SETTING: f64 = 0.2;
/// Words before numbers that count runs or say when they were.
const COUNTERS: [&str; 46] = [
    "seed",
    "fold",
    "run",
    "rep",
    "repeat",
    "version",
    "v",
    "s",
    "exp",
    "experiment",
    "epoch",
    "epochs",
    "step",
    "steps",
    "start",
    "trial",
    "row",
    "id",
    "job",
    "my_job",
    "myjob",
    "jobid",
    "job_id",
    "slurm",
    "pid",
    "gpu",
    "rank",
    "part",
    "test",
    "iter",
    "num_epochs",
    "train",
    "val",
    "predict",
    "results",
    "result",
    "log",
    "model",
    "attempt",
    "try",
    "worker",
    "agent",
    "env",
    "layer",
    "checkpoint",
    "ckpt",
];

/// A word and the number after it.
static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?i)([a-z]+(?:[_-][a-z]+)*)[_=:-]{0,2}(\d+(?:\.\d*)?(?:e[+-]?\d+)?)";
    Regex::new(pattern).expect("a constant pattern is valid")
});

/// A number that most names state.
#[derive(Debug, PartialEq)]
pub(super) struct NameNumber {
    /// The word before it.
    pub(super) word: String,
    /// That of each name; NaN where it has none.
    pub(super) numbers: Vec<f64>,
}

/// The number in the names that tells most of the values, one for each name.
pub(super) fn telling_number(names: &[String], values: &[f64]) -> Option<NameNumber> {
    let of_names: Vec<BTreeMap<String, f64>> = names.iter().map(|name| numbers_in(name)).collect();
    let words: BTreeSet<&String> = of_names.iter().flat_map(BTreeMap::keys).collect();
    let numbers_of = |word: &String| -> Option<NameNumber> {
        let numbers = of_names.iter().map(|of| of.get(word).copied());
        let numbers: Vec<f64> = numbers.map(|number| number.unwrap_or(f64::NAN)).collect();
        let mut distinct: Vec<f64> = numbers.iter().copied().filter(|n| !n.is_nan()).collect();
        let are_most = distinct.len() as f64 >= LEAST_STATED * numbers.len() as f64;
        distinct.sort_by(f64::total_cmp);
        distinct.dedup();
        (are_most && distinct.len() >= FEWEST_VALUES).then(|| NameNumber {
            word: word.clone(),
            numbers,
        })
    };
    let rated = words.into_iter().filter_map(numbers_of).map(|of| {
        let stated = of
            .numbers
            .iter()
            .zip(values)
            .filter(|(number, _)| !number.is_nan());
        let (numbers, values): (Vec<f64>, Vec<f64>) = stated.unzip();
        let ranks_of_values = ranks(&values);
        let classes: Vec<String> = numbers.iter().map(f64::to_string).collect();
        let by_order = correlation(&ranks_of_values, &ranks(&numbers)).powi(2);
        (by_order.max(explained(&ranks_of_values, &classes)), of)
    });
    let telling = rated.filter(|(rating, _)| *rating > LEAST_EXPLAINED);
    let best = telling.reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.map(|(_, number)| number)
}

/// The numeric setting whose order tells most of the values, with how much it tells.
pub(super) fn telling_setting(configs: &[&Config], values: &[f64]) -> Option<(f64, NameNumber)> {
    let keys = groups::varying_keys(configs.iter().copied()).into_iter();
    let keys = keys.filter(|key| groups::orders_runs(key));
    let number_of = |key: &str| -> Option<NameNumber> {
        let number = |config: &&Config| config.get(key).map(trainscape_run::ConfigValue::as_f64);
        // A text is no number, and a setting that a run does not state is none of all.
        let numbers: Option<Option<Vec<f64>>> = configs.iter().map(number).collect();
        let numbers = numbers??;
        let distinct: BTreeSet<u64> = numbers.iter().map(|n| n.to_bits()).collect();
        (distinct.len() >= FEWEST_VALUES).then(|| NameNumber {
            word: key.rsplit(['.', '/']).next().unwrap_or(key).to_owned(),
            numbers,
        })
    };
    let ranks_of_values = ranks(values);
    let rated = keys.filter_map(|key| {
        let number = number_of(key)?;
        let by_order = correlation(&ranks_of_values, &mean_ranks(&number.numbers)).powi(2);
        Some((by_order * groups::weight_of_setting(key), number))
    });
    let telling = rated.filter(|(rating, _)| *rating > LEAST_OF_SETTING);
    telling.reduce(|best, next| if next.0 > best.0 { next } else { best })
}

/// The rank of each value; equal ones have their mean rank.
fn mean_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    for equal in order.chunk_by(|a, b| values[*a].total_cmp(&values[*b]).is_eq()) {
        let mean = start as f64 + (equal.len() - 1) as f64 / 2.0;
        for at in equal {
            ranks[*at] = mean;
        }
        start += equal.len();
    }
    ranks
}

/// The numbers that a name states by the words before them; the last one of a word counts.
fn numbers_in(name: &str) -> BTreeMap<String, f64> {
    let is_part = |c: char| c.is_alphanumeric();
    let found = NUMBER.captures_iter(name).filter_map(|found| {
        let (whole, word, number) = (found.get(0)?, &found[1], &found[2]);
        let before = name[..whole.start()].chars().next_back();
        let after = name[whole.end()..].chars().next();
        let last = word
            .rsplit(['_', '-'])
            .next()
            .unwrap_or(word)
            .to_lowercase();
        let counts = COUNTERS.contains(&last.as_str()) || COUNTERS.contains(&word);
        if before.is_some_and(is_part) || after.is_some_and(is_part) || counts {
            return None;
        }
        let number: f64 = number.trim_end_matches('.').parse().ok()?;
        number.is_finite().then(|| (word.to_owned(), number))
    });
    found.collect()
}

/// Pearson's correlation.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let sum = |of: &dyn Fn(f64, f64) -> f64| -> f64 {
        a.iter()
            .zip(b)
            .map(|(a, b)| of(a - mean_a, b - mean_b))
            .sum()
    };
    let scale = (sum(&|a, _| a * a) * sum(&|_, b| b * b)).sqrt();
    if scale > 0.0 {
        sum(&|a, b| a * b) / scale
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(name: &str) -> Vec<(String, f64)> {
        numbers_in(name).into_iter().collect()
    }

    #[test]
    fn settings_are_words_before_numbers() {
        let of = |word: &str, number: f64| (word.to_owned(), number);
        assert_eq!(numbers("results/alpha_0.3_reg/fold_2"), [of("alpha", 0.3)]);
        assert_eq!(numbers("b1-lr1e-4"), [of("b", 1.0), of("lr", 1e-4)]);
        let name = "Adam/num_epochs__100__batch_size__128__lr__2.5e+01";
        assert_eq!(numbers(name), [of("batch_size", 128.0), of("lr", 25.0)]);
        assert_eq!(numbers("gamma=0.99_learning_rate=0.0001__s1").len(), 2);
        for name in ["version_3", "seed7", "2024-01-02", "fixed_20min", "resnet"] {
            assert_eq!(numbers(name), [], "{name}");
        }
    }

    #[test]
    fn the_number_that_orders_the_values_tells_most() {
        let names: Vec<String> = (0..12)
            .map(|at| format!("lr_{}_wd_{}", (at * 7) % 12 + 1, at + 1))
            .collect();
        let values: Vec<f64> = (0..12).map(|at| f64::from((at * 7) % 12)).collect();
        let found = telling_number(&names, &values).unwrap();
        assert_eq!((found.word.as_str(), found.numbers[1]), ("lr", 8.0));
        let few = ["lr_1", "lr_2", "lr_1", "lr_2"].map(str::to_owned);
        assert_eq!(telling_number(&few, &[1.0, 2.0, 1.0, 2.0]), None);
    }
}
