//! Filters of runs by configuration values and aggregates of series.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use trainscape_run::{ConfigValue, Role, Run, Series};

use super::{
    ExpressionError,
    column::{apply_to_cells, binary, is_true},
    functions::{Aggregate, Dialect, Function},
    names::{BUILT_IN_NAMES, aggregate_of_name, role_series},
    parse::{self, Node, Operator},
};

/// A condition that selects runs.
///
/// ```
/// # use trainscape_expression::RunFilter;
/// let filter = RunFilter::parse("steps > 100 && name != 'old'", &[]).unwrap();
/// ```
#[derive(Debug)]
pub struct RunFilter {
    root: Node,
    /// Cached aggregates of long series, by the series' address and length.
    cache: Mutex<HashMap<(usize, usize, Aggregate), f64>>,
}

/// A value of one run.
#[derive(Clone, Debug, PartialEq)]
enum Value<'a> {
    Number(f64),
    Text(&'a str),
    Missing,
}

impl Value<'_> {
    /// Text is parsed as a number; missing values are NaN.
    fn number(&self) -> f64 {
        match self {
            Self::Number(number) => *number,
            Self::Text(text) => text.trim().parse().unwrap_or(f64::NAN),
            Self::Missing => f64::NAN,
        }
    }
}

impl RunFilter {
    /// Parses a filter for these runs.
    ///
    /// # Errors
    /// Syntax errors, and names that none of the runs has (with the most similar existing name), with their position.
    /// Without runs, all names are accepted.
    pub fn parse(text: &str, runs: &[Arc<Run>]) -> Result<Self, ExpressionError> {
        let root = parse::parse(text, Dialect::Run)?;
        let mut unknown = None;
        let is_known = |name: &str| {
            BUILT_IN_NAMES.contains(&name)
                || runs
                    .iter()
                    .any(|run| run.config.contains_key(name) || series(run, name).is_some())
                || aggregate_of_name(name)
                    .is_some_and(|(_, of)| runs.iter().any(|run| series(run, of).is_some()))
        };
        let mut check = |name: &str, at: usize| {
            if unknown.is_none() && !runs.is_empty() && !is_known(name) {
                let known = super::filter_names(runs);
                let bare = known.iter().map(|name| name.trim_matches(['{', '}']));
                unknown = Some(ExpressionError::unknown_name(name, at, bare));
            }
        };
        root.for_each_name(&mut |name, at| check(name, at));
        for_each_series_text(&root, &mut check);
        match unknown {
            Some(error) => Err(error),
            None => Ok(Self {
                root,
                cache: Mutex::default(),
            }),
        }
    }

    /// Whether the run passes. Comparisons with a missing value are false, except `!=`.
    ///
    /// # Errors
    /// If text is used as a number in arithmetic or a function.
    pub fn matches(&self, run: &Run) -> Result<bool, ExpressionError> {
        Ok(match self.value(&self.root, run)? {
            Value::Number(number) => is_true(number),
            Value::Text(text) => text == "true",
            Value::Missing => false,
        })
    }

    fn value<'a>(&'a self, node: &'a Node, run: &'a Run) -> Result<Value<'a>, ExpressionError> {
        Ok(match node {
            Node::Number(number) => Value::Number(*number),
            Node::Text { text, .. } => Value::Text(text),
            Node::Name { name, .. } => self.name(name, run),
            Node::Negate(inner) => Value::Number(-self.value(inner, run)?.number()),
            Node::Not(inner) => Value::Number(f64::from(!self.truth(inner, run)?)),
            Node::Binary {
                operator: Operator::And,
                left,
                right,
            } => Value::Number(f64::from(self.truth(left, run)? && self.truth(right, run)?)),
            Node::Binary {
                operator: Operator::Or,
                left,
                right,
            } => Value::Number(f64::from(self.truth(left, run)? || self.truth(right, run)?)),
            Node::Binary {
                operator,
                left,
                right,
            } => {
                let (left, right) = (self.value(left, run)?, self.value(right, run)?);
                Value::Number(match (operator, &left, &right) {
                    (Operator::Equal, Value::Text(a), Value::Text(b)) => f64::from(a == b),
                    (Operator::NotEqual, Value::Text(a), Value::Text(b)) => f64::from(a != b),
                    _ => binary(*operator, left.number(), right.number()),
                })
            }
            Node::Call {
                function,
                arguments,
                at,
            } => self.call(*function, arguments, *at, run)?,
        })
    }

    fn truth(&self, node: &Node, run: &Run) -> Result<bool, ExpressionError> {
        Ok(match self.value(node, run)? {
            Value::Text(text) => text == "true",
            value => is_true(value.number()),
        })
    }

    fn name<'a>(&self, name: &str, run: &'a Run) -> Value<'a> {
        match run.config.get(name) {
            Some(ConfigValue::Bool(value)) => return Value::Number(f64::from(*value)),
            Some(ConfigValue::Text(text)) => return Value::Text(text),
            Some(value) => return value.as_f64().map_or(Value::Missing, Value::Number),
            None => {}
        }
        if let Some(series) = series(run, name) {
            return Value::Number(self.aggregate(Aggregate::Last, series, run));
        }
        match name {
            "id" => Value::Text(&run.id),
            "name" => Value::Text(&run.name),
            "points" => Value::Number(run.points() as f64),
            "steps" => {
                let last = run.series.values().filter_map(|series| series.last());
                let steps = last.map(|point| point.step.as_f64());
                steps.reduce(f64::max).map_or(Value::Missing, Value::Number)
            }
            _ => match aggregate_of_name(name) {
                Some((aggregate, of)) => series(run, of).map_or(Value::Missing, |series| {
                    Value::Number(self.aggregate(aggregate, series, run))
                }),
                None => Value::Missing,
            },
        }
    }

    fn call<'a>(
        &'a self,
        function: Function,
        arguments: &'a [Node],
        at: usize,
        run: &'a Run,
    ) -> Result<Value<'a>, ExpressionError> {
        let aggregate = match (function, arguments) {
            (Function::Aggregate(aggregate), [of]) => Some((aggregate, of)),
            (Function::Min, [of]) => Some((Aggregate::Min, of)),
            (Function::Max, [of]) => Some((Aggregate::Max, of)),
            _ => None,
        };
        if let Some((aggregate, of)) = aggregate {
            let (Node::Name { name, .. } | Node::Text { text: name, .. }) = of else {
                return Err(ExpressionError::new(
                    "expected a series: a name, or a key in quotes",
                    at,
                ));
            };
            return Ok(match series(run, name) {
                Some(series) => Value::Number(self.aggregate(aggregate, series, run)),
                None => Value::Missing,
            });
        }
        let cells = arguments
            .iter()
            .map(|argument| Ok(self.value(argument, run)?.number()))
            .collect::<Result<Vec<f64>, ExpressionError>>()?;
        Ok(Value::Number(
            apply_to_cells(function, &cells).unwrap_or(f64::NAN),
        ))
    }

    fn aggregate(&self, aggregate: Aggregate, series: &Arc<Series>, run: &Run) -> f64 {
        let range = || series.value_range();
        match aggregate {
            // Known without reading the points.
            Aggregate::Min => return range().map_or(f64::NAN, |(min, _)| min),
            Aggregate::Max => return range().map_or(f64::NAN, |(_, max)| max),
            Aggregate::Best => {
                let higher = matches!(
                    run.roles.get(series.key()),
                    Some(Role::Reward | Role::Accuracy)
                );
                return range().map_or(f64::NAN, |(min, max)| if higher { max } else { min });
            }
            Aggregate::Last => return last_finite(series),
            Aggregate::Count => return series.len() as f64,
            Aggregate::First => {
                let mut values = series.live().map(|(_, point)| point.value);
                return values.find(|value| value.is_finite()).unwrap_or(f64::NAN);
            }
            Aggregate::Mean | Aggregate::Median | Aggregate::Std | Aggregate::Sum => {}
        }
        let key = (Arc::as_ptr(series) as usize, series.len(), aggregate);
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        *cache
            .entry(key)
            .or_insert_with(|| aggregate.apply(series.live().map(|(_, point)| point.value)))
    }
}

/// The series with this key, otherwise with this role.
fn series<'a>(run: &'a Run, name: &str) -> Option<&'a Arc<Series>> {
    run.series.get(name).or_else(|| role_series(run, name))
}

/// The last finite value; NaN if there is none.
fn last_finite(series: &Series) -> f64 {
    (0..series.len())
        .rev()
        .filter_map(|index| series.get(index))
        .map(|point| point.value)
        .find(|value| value.is_finite())
        .unwrap_or(f64::NAN)
}

/// Visits quoted keys that name a series.
fn for_each_series_text<'a>(node: &'a Node, visit: &mut impl FnMut(&'a str, usize)) {
    match node {
        Node::Number(_) | Node::Text { .. } | Node::Name { .. } => {}
        Node::Negate(inner) | Node::Not(inner) => for_each_series_text(inner, visit),
        Node::Binary { left, right, .. } => {
            for_each_series_text(left, visit);
            for_each_series_text(right, visit);
        }
        Node::Call {
            function,
            arguments,
            ..
        } => {
            let of_series = matches!(
                function,
                Function::Aggregate(_) | Function::Min | Function::Max
            );
            match arguments.as_slice() {
                [Node::Text { text, at }] if of_series => visit(text, *at),
                arguments => arguments
                    .iter()
                    .for_each(|argument| for_each_series_text(argument, visit)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use trainscape_run::{Config, Point};

    use super::*;

    fn run(index: usize, points: usize) -> Arc<Run> {
        let id = format!("run-{index}");
        let mut run = Run::new(id.as_str(), id.as_str(), id.clone().into());
        let optimizer = if index.is_multiple_of(2) {
            "adam"
        } else {
            "sgd"
        };
        let mut config = Config::from([
            (
                "optimizer".to_owned(),
                ConfigValue::Text(optimizer.to_owned()),
            ),
            (
                "optimizer.lr".to_owned(),
                ConfigValue::Float(1e-4 * index as f64),
            ),
            ("layers".to_owned(), ConfigValue::Int(index as i64)),
        ]);
        if index == 3 {
            config.insert("only".to_owned(), ConfigValue::Bool(true));
        }
        run.config = Arc::new(config);
        for key in ["val/loss", "reward"] {
            let mut series = Series::new(key);
            for step in 0..points {
                series.push(Point {
                    step: (step as i64).into(),
                    wall_time_secs: None,
                    value: index as f64 + 1.0 / (step + 1) as f64,
                });
            }
            series.push(Point {
                step: (points as i64).into(),
                wall_time_secs: None,
                value: f64::NAN,
            });
            run.series.insert(key.into(), Arc::new(series));
        }
        run.roles.insert("val/loss".into(), Role::ValidationLoss);
        run.roles.insert("reward".into(), Role::Reward);
        Arc::new(run)
    }

    fn passing(text: &str, runs: &[Arc<Run>]) -> Vec<usize> {
        let filter = RunFilter::parse(text, runs).unwrap();
        (0..runs.len())
            .filter(|&index| filter.matches(&runs[index]).unwrap())
            .collect()
    }

    #[test]
    fn configuration_text_and_series() {
        let runs: Vec<_> = (0..6).map(|index| run(index, 4)).collect();
        assert_eq!(
            passing("optimizer == \"adam\" && optimizer.lr > 1e-4", &runs),
            [2, 4]
        );
        assert_eq!(passing("final(\"val/loss\") < 2", &runs), [0, 1]);
        assert_eq!(passing("{val/loss} < 2 || layers = 5", &runs), [0, 1, 5]);
        assert_eq!(passing("validation_loss >= 4.25", &runs), [4, 5]);
        // The best loss is the smallest, the best reward the largest.
        assert_eq!(
            passing("best({val/loss}) == 1.25 || best(reward) == 1", &runs),
            [0, 1]
        );
        assert_eq!(passing("max(layers, 4) > 4", &runs), [5]);
        assert_eq!(passing("only", &runs), [3]);
        assert_eq!(passing("only != 1", &runs), [0, 1, 2, 4, 5]);
        assert_eq!(passing("name == 'run-2'", &runs), [2]);
        assert_eq!(
            passing(
                "mean(reward) > 5.5 && count(reward) == 5 && steps == 4",
                &runs
            ),
            [5]
        );
        assert_eq!(
            passing("optimizer != 'adam' and not (layers > 3)", &runs),
            [1, 3]
        );
    }

    #[test]
    fn aggregates_of_roles_have_names() {
        let runs: Vec<_> = (0..6).map(|index| run(index, 4)).collect();
        assert_eq!(passing("last_reward > 4", &runs), [4, 5]);
        assert_eq!(
            passing("final_validation_loss < 2 and max_reward > 1", &runs),
            [1]
        );
        assert_eq!(
            passing("min_validation_loss < 1.5 || best_reward >= 6", &runs),
            [0, 1, 5]
        );
        let offered = super::super::filter_names(&runs);
        for name in ["steps", "last_reward", "best_validation_loss", "layers"] {
            assert!(offered.contains(&name.to_owned()), "{name}: {offered:?}");
        }
        for name in &offered {
            assert!(RunFilter::parse(name, &runs).is_ok(), "{name}");
        }
        let error = RunFilter::parse("last_accuracy > 1", &runs).unwrap_err();
        assert!(error.message.contains("`last_accuracy`"), "{error}");
        // What a run has under that name comes first.
        let mut with_value = run(2, 4).as_ref().clone();
        let config = Config::from([("last_reward".to_owned(), ConfigValue::Int(100))]);
        with_value.config = Arc::new(config);
        assert_eq!(passing("last_reward == 100", &[Arc::new(with_value)]), [0]);
    }

    #[test]
    fn unknown_names_give_a_suggestion() {
        let runs = [run(1, 2)];
        let error = RunFilter::parse("layers > 1 && optimzer == 'adam'", &runs).unwrap_err();
        assert_eq!(error.column, 14);
        assert!(
            error.message.contains("did you mean `optimizer`"),
            "{error}"
        );
        let error = RunFilter::parse("final('val_loss') < 1", &runs).unwrap_err();
        assert!(
            error.message.contains("did you mean `{val/loss}`"),
            "{error}"
        );
        let error = RunFilter::parse("ema(reward, 0.9) < 1", &runs).unwrap_err();
        assert!(error.message.contains("unknown function `ema`"), "{error}");
        let names = super::super::names(&runs);
        assert!(
            names.contains(&"{val/loss}".to_owned()) && names.contains(&"optimizer.lr".to_owned())
        );
        for name in &names {
            assert!(RunFilter::parse(name, &runs).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_thousand_runs_are_filtered_quickly() {
        let runs: Vec<_> = (0..1000).map(|index| run(index, 200)).collect();
        let filter = RunFilter::parse(
            "optimizer.lr > 1e-3 && optimizer == 'adam' && final('val/loss') < 500 && validation_loss > 3",
            &runs,
        )
        .unwrap();
        let start = Instant::now();
        let passing = runs
            .iter()
            .filter(|run| filter.matches(run).unwrap())
            .count();
        let taken = start.elapsed();
        println!("{passing} of 1,000 runs in {taken:?}");
        assert_eq!(passing, 244);
        assert!(taken.as_millis() < 100, "{taken:?}");
    }
}
