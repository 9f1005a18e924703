//! What the x axis of a series shows: what the user chose, otherwise what the log declares.

use std::sync::Arc;

use crate::{Run, Series, Step};

/// The name of the logger's step among the choices of an x axis, where no series has it.
const STEP: &str = "step";
/// The name of the wall time among them.
const WALL_TIME: &str = "wall_time";

/// What the x axis of a series shows.
#[derive(Clone, Copy, Debug)]
pub enum XOfSeries<'a> {
    /// Nobody has said.
    Undeclared,
    /// The logger's step, as the user chose.
    Step,
    /// The wall time.
    WallTime,
    /// The values of another series.
    Series(&'a Arc<Series>),
    /// The values of a series that the user chose and the run does not have.
    Missing,
}

impl Run {
    /// What the x axis of the series under `key` shows.
    #[must_use]
    pub fn x_of_series(&self, key: &str) -> XOfSeries<'_> {
        if let Some(chosen) = self.chosen_x.get(key).or_else(|| self.chosen_x.get("*")) {
            return self.x_named(chosen, key);
        }
        let declared = self
            .declared_x
            .get(key)
            .or_else(|| self.declared_x.get("*"));
        match declared.and_then(|x| self.series.get(x)) {
            Some(x) if **x.key() != *key => XOfSeries::Series(x),
            _ => XOfSeries::Undeclared,
        }
    }

    /// What `x` names as the x axis of the series under `key`: another series; the logger's step as `step`, where no series
    /// is called so; or the wall time as `wall_time`, where points have one.
    #[must_use]
    pub fn x_named(&self, x: &str, key: &str) -> XOfSeries<'_> {
        if x == WALL_TIME && self.has_times() {
            return XOfSeries::WallTime;
        }
        match self.series.get(x) {
            // A counter over itself would be a diagonal.
            Some(_) if x == key => XOfSeries::Step,
            Some(series) => XOfSeries::Series(series),
            None if x == STEP => XOfSeries::Step,
            None => XOfSeries::Missing,
        }
    }

    /// Whether the run has what `x` names.
    #[must_use]
    pub fn has_x(&self, x: &str) -> bool {
        !matches!(self.x_named(x, ""), XOfSeries::Missing)
    }

    fn has_times(&self) -> bool {
        self.series.values().any(|series| {
            let first = series.first();
            first.is_some_and(|point| point.wall_time_secs.is_some())
        })
    }
}

impl Series {
    /// The value that was logged at `step`, the last of several; `None` if none was, or a restart repeats it.
    #[must_use]
    pub fn value_at_step(&self, step: Step) -> Option<f64> {
        let ranges = self.live_ranges().into_iter().rev();
        ranges
            .filter_map(|range| {
                let (start, mut low, mut high) = (range.start, range.start, range.end);
                while low < high {
                    let middle = low + (high - low) / 2;
                    match self.get(middle) {
                        Some(point) if !step.is_before(point.step) => low = middle + 1,
                        _ => high = middle,
                    }
                }
                let last = self.get(low.checked_sub(1).filter(|at| *at >= start)?)?;
                (last.step.as_f64() == step.as_f64()).then_some(last.value)
            })
            .next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Point;

    fn run(keys: &[&str]) -> Run {
        let mut run = Run::new("r", "r", "r".into());
        for key in keys {
            let mut series = Series::new(*key);
            series.push(Point {
                step: 0.into(),
                wall_time_secs: None,
                value: 1.0,
            });
            run.series.insert((*key).into(), Arc::new(series));
        }
        run
    }

    fn named(x: XOfSeries<'_>) -> String {
        match x {
            XOfSeries::Series(series) => series.key().to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn the_value_at_a_step_is_that_of_the_last_start() {
        let mut series = Series::new("tokens");
        for (step, value) in [(0, 1.0), (2, 2.0), (4, 3.0), (6, 4.0), (4, 5.0), (4, 6.0)] {
            series.push(Point {
                step: step.into(),
                wall_time_secs: None,
                value,
            });
        }
        let at = |step: i64| series.value_at_step(step.into());
        assert_eq!([at(0), at(1), at(2)], [Some(1.0), None, Some(2.0)]);
        assert_eq!([at(4), at(6), at(-1)], [Some(6.0), None, None]);
    }

    #[test]
    fn what_the_user_chose_comes_before_what_the_log_declares() {
        let mut run = run(&["loss", "eval/loss", "tokens", "epoch"]);
        assert_eq!(named(run.x_of_series("loss")), "Undeclared");
        run.declared_x.insert("*".into(), "epoch".into());
        run.declared_x.insert("loss".into(), "gone".into());
        assert_eq!(named(run.x_of_series("loss")), "Undeclared");
        assert_eq!(named(run.x_of_series("eval/loss")), "epoch");
        run.chosen_x.insert("*".into(), "tokens".into());
        run.chosen_x.insert("eval/loss".into(), "samples".into());
        assert_eq!(named(run.x_of_series("loss")), "tokens");
        assert_eq!(named(run.x_of_series("tokens")), "Step");
        assert_eq!(named(run.x_of_series("eval/loss")), "Missing");
        run.chosen_x.insert("loss".into(), "step".into());
        assert_eq!(named(run.x_of_series("loss")), "Step");
        run.chosen_x.insert("loss".into(), "wall_time".into());
        assert_eq!(named(run.x_of_series("loss")), "Missing");
        assert!(!run.has_x("wall_time") && run.has_x("step") && run.has_x("tokens"));
    }
}
