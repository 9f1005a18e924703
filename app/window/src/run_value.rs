//! What the list of runs says about a run: the series of the timeline, or the run's own series of the same role.

use std::sync::Arc;

use trainscape_run::{Role, Run, Series};
use trainscape_views::LEARNING_RATE_KEYS;

use crate::number_format::six_digits;

/// A series of a run that stands for the one on the timeline.
pub(crate) struct RunValue<'a> {
    pub(crate) key: &'a str,
    series: &'a Series,
    role: Option<Role>,
    /// The run does not log the timeline's series: this one has the same role.
    pub(crate) is_another: bool,
}

impl<'a> RunValue<'a> {
    /// The series of a run for the timeline's `key`, which has `role`; without points nothing is known of it.
    pub(crate) fn of(run: &'a Run, key: &str, role: Option<Role>) -> Option<Self> {
        let (series, is_another): (&Arc<Series>, bool) = match (run.series.get(key), role) {
            (Some(series), _) => (series, false),
            (None, Some(role)) => (run.series_with_role(role).into_iter().next()?, true),
            (None, None) => return None,
        };
        Some(Self {
            key: series.key(),
            series,
            role,
            is_another,
        })
    }

    /// The value that was logged last.
    pub(crate) fn last(&self) -> Option<f64> {
        self.series.last().map(|point| point.value)
    }

    /// The best value, with the learning rate that the run is configured with: `min 1.35 · LR 3e-3`.
    pub(crate) fn best_text(&self, run: &Run) -> Option<String> {
        let (low, high) = self.series.value_range()?;
        let mut text = match self.role {
            Some(Role::Reward | Role::Accuracy) => format!("max {}", six_digits(high)),
            Some(Role::Loss | Role::ValidationLoss) => format!("min {}", six_digits(low)),
            _ => format!("min {} · max {}", six_digits(low), six_digits(high)),
        };
        if let Some(rate) = learning_rate(run) {
            text += &format!(" · LR {}", rate_text(rate));
        }
        Some(text)
    }
}

/// The learning rate of a run's configuration, otherwise the largest that it has logged.
fn learning_rate(run: &Run) -> Option<f64> {
    let mut configured = LEARNING_RATE_KEYS
        .iter()
        .filter_map(|key| run.config.get(*key));
    let logged = || {
        let series = run
            .series_with_role(Role::LearningRate)
            .into_iter()
            .next()?;
        Some(series.value_range()?.1)
    };
    configured
        .find_map(trainscape_run::ConfigValue::as_f64)
        .or_else(logged)
}

/// Learning rates are written as powers of ten.
fn rate_text(rate: f64) -> String {
    match rate.abs() {
        0.0 | 0.1.. => six_digits(rate),
        _ => {
            let rounded: f64 = format!("{rate:.2e}").parse().unwrap_or(rate);
            format!("{rounded:e}")
        }
    }
}

#[cfg(test)]
mod tests {
    use trainscape_run::{ConfigValue, Point};

    use super::*;

    fn run(keys: &[(&str, Role)], rate: Option<f64>) -> Run {
        let mut run = Run::new("a", "a", "a".into());
        for (key, role) in keys {
            let mut series = Series::new(*key);
            for (step, value) in [3.0, 1.35, 2.0].into_iter().enumerate() {
                series.push(Point {
                    step: (step as i64).into(),
                    wall_time_secs: None,
                    value,
                });
            }
            run.series.insert((*key).into(), Arc::new(series));
            run.roles.insert((*key).into(), *role);
        }
        if let Some(rate) = rate {
            run.config = Arc::new([("lr".to_owned(), ConfigValue::Float(rate))].into());
        }
        run
    }

    #[test]
    fn a_run_without_the_series_has_the_value_of_its_own() {
        let run = run(
            &[("reward", Role::Reward), ("loss", Role::Loss)],
            Some(0.003),
        );
        let value = RunValue::of(&run, "loss", Some(Role::Loss)).expect("it is logged");
        assert!(!value.is_another);
        assert_eq!(value.last(), Some(2.0));
        assert_eq!(value.best_text(&run).as_deref(), Some("min 1.35 · LR 3e-3"));
        let value = RunValue::of(&run, "ep_rew_mean", Some(Role::Reward)).expect("a reward");
        assert_eq!((value.key, value.is_another), ("reward", true));
        assert_eq!(value.best_text(&run).as_deref(), Some("max 3 · LR 3e-3"));
        assert!(RunValue::of(&run, "other", None).is_none());
        assert!(RunValue::of(&run, "kl", Some(Role::Kl)).is_none());
    }

    #[test]
    fn rates_are_powers_of_ten() {
        assert_eq!(rate_text(0.00031622776), "3.16e-4");
        assert_eq!(rate_text(0.5), "0.5");
        assert_eq!(rate_text(0.0), "0");
    }
}
