//! The steps of gradient norms along the x axis: themselves, their times, or the values of another series.

use std::{collections::BTreeMap, sync::Arc};

use trainscape_run::{Run, Series, XOfSeries};
use trainscape_scene::axis::Scale;

use crate::{
    NotAvailable, ViewSettings,
    x_lookup::{Follower, x_of, x_title},
};

/// Steps, and where they stand along x; both ascend.
pub(super) struct StepColumns {
    pub(super) steps: Vec<f64>,
    pub(super) x: Vec<f64>,
    /// Title and scale of x.
    pub(super) title: String,
    pub(super) scale: Scale,
    /// Steps at which x has no value yet.
    pub(super) without_x: usize,
    /// Steps with the x of a later one.
    pub(super) with_same_x: usize,
}

impl StepColumns {
    /// The columns of ascending steps, of norms under `key` and its like.
    ///
    /// # Errors
    /// When what was chosen for the x axis goes back, or no step has a value of it.
    pub(super) fn new(
        steps: Vec<f64>,
        run: &Arc<Run>,
        key: &str,
        settings: &ViewSettings,
    ) -> Result<Self, NotAvailable> {
        let is_chosen = settings.x().is_some()
            || run.chosen_x.contains_key(key)
            || run.chosen_x.contains_key("*");
        if !is_chosen {
            return Ok(Self::of_steps(steps));
        }
        let mut x_of_step: Box<dyn FnMut(f64) -> Option<f64>> = match x_of(run, key, settings) {
            XOfSeries::Step | XOfSeries::Undeclared => return Ok(Self::of_steps(steps)),
            XOfSeries::Missing => {
                return Err(NotAvailable::new(format!(
                    "run {} does not have what was chosen for the x axis",
                    run.name
                )));
            }
            XOfSeries::WallTime => {
                let times = times(run, key);
                Box::new(move |step| times.get(&step.to_bits()).copied())
            }
            XOfSeries::Series(series) => {
                let mut follower = Follower::new(series);
                Box::new(move |step| follower.value_at(step).map(|(value, _)| value))
            }
        };
        let (title, scale) = x_title(std::slice::from_ref(run), key, settings);
        let mut columns = Self {
            steps: Vec::new(),
            x: Vec::new(),
            title,
            scale,
            without_x: 0,
            with_same_x: 0,
        };
        for step in steps {
            let Some(x) = x_of_step(step).filter(|x| x.is_finite()) else {
                columns.without_x += 1;
                continue;
            };
            match columns.x.last().copied() {
                Some(before) if x < before => {
                    return Err(NotAvailable::new(format!(
                        "needs an x axis that does not go back, and `{}` goes from {before} back to {x} at step {step}",
                        columns.title
                    )));
                }
                // The value is carried forward: the newest norms are drawn at it.
                Some(before) if x == before => {
                    columns.with_same_x += 1;
                    columns.steps.pop();
                    columns.x.pop();
                }
                _ => {}
            }
            columns.steps.push(step);
            columns.x.push(x);
        }
        if columns.x.is_empty() {
            return Err(NotAvailable::new(format!(
                "no gradient norm has a value of `{}` for the x axis",
                columns.title
            )));
        }
        Ok(columns)
    }

    fn of_steps(steps: Vec<f64>) -> Self {
        Self {
            x: steps.clone(),
            steps,
            title: "step".to_owned(),
            scale: Scale::Linear,
            without_x: 0,
            with_same_x: 0,
        }
    }

    /// Whether x is another quantity than the step.
    pub(super) fn is_other(&self) -> bool {
        self.title != "step"
    }
}

/// The time of each step, by its bits.
fn times(run: &Run, key: &str) -> BTreeMap<u64, f64> {
    let of_series = |series: &Arc<Series>| -> Vec<(u64, f64)> {
        let points = series.live().map(|(_, point)| point);
        let timed = points.filter_map(|point| Some((point.step, point.wall_time_secs?)));
        timed
            .map(|(step, time)| (step.as_f64().to_bits(), time))
            .collect()
    };
    match (run.series.get(key), run.histograms.get(key)) {
        (Some(series), _) => of_series(series).into_iter().collect(),
        (None, Some(histograms)) => histograms
            .points()
            .iter()
            .filter_map(|point| Some((point.step.as_f64().to_bits(), point.wall_time_secs?)))
            .collect(),
        (None, None) => BTreeMap::new(),
    }
}

#[cfg(test)]
mod tests {
    use trainscape_run::Point;

    use super::*;

    /// A run with tokens at some steps.
    fn run(tokens: &[(i64, f64)]) -> Arc<Run> {
        let mut run = Run::new("r", "r", "r".into());
        let mut series = Series::new("tokens");
        series.extend(tokens.iter().map(|(step, value)| Point {
            step: (*step).into(),
            wall_time_secs: None,
            value: *value,
        }));
        run.series.insert("tokens".into(), Arc::new(series));
        run.chosen_x.insert("*".into(), "tokens".into());
        Arc::new(run)
    }

    fn columns(tokens: &[(i64, f64)], steps: &[f64]) -> Result<StepColumns, NotAvailable> {
        let settings = ViewSettings::default();
        StepColumns::new(steps.to_vec(), &run(tokens), "grad_norm/a", &settings)
    }

    #[test]
    fn norms_stand_at_the_last_value_of_x() {
        let found = columns(&[(1, 100.0), (4, 300.0)], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        assert_eq!((found.steps, found.x), (vec![3.0, 5.0], vec![100.0, 300.0]));
        assert_eq!((found.without_x, found.with_same_x), (1, 3));
        assert_eq!(found.title, "tokens");
    }

    #[test]
    fn an_x_axis_that_goes_back_is_refused() {
        let error = columns(&[(0, 5.0), (1, 4.0)], &[0.0, 1.0]).err().unwrap();
        assert!(
            error
                .to_string()
                .contains("goes from 5 back to 4 at step 1"),
            "{error}"
        );
        let error = columns(&[(9, 5.0)], &[0.0]).err().unwrap();
        assert!(
            error
                .to_string()
                .contains("no gradient norm has a value of `tokens`"),
            "{error}"
        );
    }
}
