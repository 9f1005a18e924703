//! Losses of 0 where the gradient is not finite: the trainer of Hugging Face logs 0 for a loss that is NaN.
//!
//! Source: `logging_nan_inf_filter` of `transformers.TrainingArguments`, which leaves such losses out of the logged mean.

use std::collections::HashSet;

use trainscape_run::{Point, Role, Run, Series};

/// The steps of a run at which its gradient norm is not finite, as bits.
pub(super) struct NotFiniteGradients(HashSet<u64>);

impl NotFiniteGradients {
    /// `None` unless `series` is a loss of a run with such steps.
    pub(super) fn of(run: &Run, series: &Series) -> Option<Self> {
        if run.roles.get(series.key()) != Some(&Role::Loss) {
            return None;
        }
        let gradients = run
            .series_with_role(Role::GradientNorm)
            .into_iter()
            .next()?;
        if gradients.non_finite() == 0 {
            return None;
        }
        let not_finite = gradients.iter().filter(|point| !point.value.is_finite());
        let steps = not_finite.map(|point| point.step.as_f64().to_bits());
        Some(Self(steps.collect()))
    }

    /// Whether the loss is one that stands for NaN.
    pub(super) fn is_nan(&self, loss: &Point) -> bool {
        loss.value == 0.0 && self.0.contains(&loss.step.as_f64().to_bits())
    }
}

/// How many of the losses of a run stand for NaN.
pub(super) fn count(run: &Run, series: &Series) -> usize {
    NotFiniteGradients::of(run, series).map_or(0, |gradients| {
        series
            .iter()
            .filter(|point| gradients.is_nan(point))
            .count()
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_loss_of_0_beside_a_gradient_of_nan_is_nan() {
        let series = |key: &str, values: &[f64]| {
            let mut series = Series::new(key);
            series.extend(values.iter().enumerate().map(|(step, value)| Point {
                step: (step as i64).into(),
                wall_time_secs: None,
                value: *value,
            }));
            series
        };
        let mut run = Run::new("a", "a", "a".into());
        let loss = series("loss", &[0.5, 0.0, 0.0]);
        for (key, role, values) in [
            ("loss", Role::Loss, [0.5, 0.0, 0.0]),
            ("grad_norm", Role::GradientNorm, [1.0, f64::NAN, 1.0]),
        ] {
            run.roles.insert(key.into(), role);
            run.series
                .insert(key.into(), Arc::new(series(key, &values)));
        }
        let gradients = NotFiniteGradients::of(&run, &loss).unwrap();
        let are_nan: Vec<bool> = loss.iter().map(|point| gradients.is_nan(&point)).collect();
        assert_eq!(are_nan, [false, true, false]);
        assert_eq!(count(&run, &loss), 1);
    }
}
