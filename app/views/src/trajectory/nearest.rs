//! Values of a series at the steps of another that it never meets: the nearest, within half a spacing.

use trainscape_run::Series;

/// Whether fewer than half of the points of a series are at steps of `base`.
pub(super) fn rarely_meets(series: &Series, base: &Series) -> bool {
    let steps = |series: &Series| -> Vec<f64> {
        let mut steps: Vec<f64> = series
            .live()
            .map(|(_, point)| point.step.as_f64())
            .collect();
        steps.sort_by(f64::total_cmp);
        steps.dedup();
        steps
    };
    let (steps, of_base) = (steps(series), steps(base));
    let shared = steps
        .iter()
        .filter(|step| {
            of_base
                .binary_search_by(|other| other.total_cmp(step))
                .is_ok()
        })
        .count();
    2 * shared < steps.len()
}

/// Looks up the value of a series that is nearest to a step.
pub(super) struct Nearest {
    /// Step and value of each live point, by step.
    points: Vec<(f64, f64)>,
    /// Half the median spacing.
    reach: f64,
    /// The step at which the last returned value was logged.
    logged_at: Option<f64>,
}

impl Nearest {
    pub(super) fn new(series: &Series) -> Self {
        let live = series.live();
        let mut points: Vec<(f64, f64)> = live
            .map(|(_, point)| (point.step.as_f64(), point.value))
            .filter(|(step, _)| step.is_finite())
            .collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut spacings: Vec<f64> = points
            .windows(2)
            .map(|pair| pair[1].0 - pair[0].0)
            .filter(|spacing| *spacing > 0.0)
            .collect();
        spacings.sort_by(f64::total_cmp);
        Self {
            reach: spacings
                .get(spacings.len() / 2)
                .map_or(0.0, |median| median / 2.0),
            points,
            logged_at: None,
        }
    }

    pub(super) fn logged_at(&self) -> Option<f64> {
        self.logged_at
    }

    /// The value nearest to a step, the last of several at one; `None` farther away than half a spacing.
    pub(super) fn value_at(&mut self, step: f64) -> Option<f64> {
        let after = self.points.partition_point(|(at, _)| *at <= step);
        let candidates = [after.checked_sub(1), Some(after)];
        let nearest = candidates
            .into_iter()
            .flatten()
            .filter_map(|at| self.points.get(at))
            .min_by(|a, b| (a.0 - step).abs().total_cmp(&(b.0 - step).abs()))?;
        if (nearest.0 - step).abs() > self.reach {
            return None;
        }
        self.logged_at = Some(nearest.0);
        Some(nearest.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trainscape_run::Point;

    fn series(steps: impl Iterator<Item = i64>) -> Series {
        let mut series = Series::new("s");
        for step in steps {
            series.push(Point {
                step: step.into(),
                wall_time_secs: None,
                value: step as f64,
            });
        }
        series
    }

    #[test]
    fn a_value_is_used_within_half_a_spacing_and_not_beyond() {
        let mut nearest = Nearest::new(&series((0..10).map(|at| 100 * at)));
        assert_eq!(nearest.value_at(149.0), Some(100.0));
        assert_eq!(nearest.logged_at(), Some(100.0));
        assert_eq!(nearest.value_at(151.0), Some(200.0));
        assert_eq!(nearest.value_at(949.0), Some(900.0));
        assert_eq!(nearest.value_at(951.0), None);
        assert_eq!(nearest.value_at(-51.0), None);
    }

    #[test]
    fn series_meet_where_they_share_steps() {
        let base = series(0..1000);
        assert!(!rarely_meets(&series((0..10).map(|at| 100 * at)), &base));
        let even = series((0..500).map(|at| 2 * at));
        let odd = series((0..500).map(|at| 2 * at + 1));
        assert!(rarely_meets(&even, &odd));
    }
}
