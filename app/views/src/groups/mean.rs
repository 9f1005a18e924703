//! The mean of several lines with its standard deviation.

use std::ops::Range;

/// A line of several columns over steps, with gaps between its segments.
pub(crate) struct ColumnsOverSteps<'a, const COLUMNS: usize> {
    /// Step of each point, ascending.
    pub(crate) steps: &'a [f64],
    /// Segments without a gap.
    pub(crate) strips: Vec<Range<u32>>,
    /// Values of each point.
    pub(crate) columns: [&'a [f64]; COLUMNS],
}

/// The mean of several lines on the union of their steps.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mean<const COLUMNS: usize> {
    /// Steps, ascending.
    pub(crate) steps: Vec<f64>,
    /// How many lines have a value there.
    pub(crate) counts: Vec<u32>,
    /// Whether some line has no point of its own there.
    pub(crate) interpolated: Vec<bool>,
    /// Mean of each column.
    pub(crate) means: [Vec<f64>; COLUMNS],
    /// Standard deviation (over n - 1) of each column; NaN where only one line has a value.
    pub(crate) deviations: [Vec<f64>; COLUMNS],
}

/// The number at a share of the way from one to another, also where their difference is beyond the largest number.
fn between(from: f64, to: f64, share: f64) -> f64 {
    let way = to - from;
    match way.is_finite() {
        true => from + way * share,
        false => from * (1.0 - share) + to * share,
    }
}

/// Means and standard deviations on the union of the lines' steps. Between its own steps a line is interpolated
/// linearly; outside of them and across its gaps it does not count.
pub(crate) fn mean<const COLUMNS: usize>(lines: &[ColumnsOverSteps<'_, COLUMNS>]) -> Mean<COLUMNS> {
    let mut steps: Vec<f64> = lines
        .iter()
        .flat_map(|line| line.steps.iter().copied())
        .collect();
    steps.sort_by(f64::total_cmp);
    steps.dedup();
    let mut counts = vec![0_u32; steps.len()];
    let mut interpolated = vec![false; steps.len()];
    let mut means = [(); COLUMNS].map(|()| vec![0.0; steps.len()]);
    let mut squares = means.clone();
    for line in lines {
        for strip in &line.strips {
            let range = strip.start as usize..strip.end as usize;
            let line_steps = &line.steps[range.clone()];
            let (Some(&first), Some(&last)) = (line_steps.first(), line_steps.last()) else {
                continue;
            };
            let from = steps.partition_point(|step| *step < first);
            let to = steps.partition_point(|step| *step <= last);
            let mut next = 0;
            for at in from..to {
                // The last of several points of one step counts.
                while next + 1 < line_steps.len() && line_steps[next + 1] <= steps[at] {
                    next += 1;
                }
                let share = match line_steps.get(next + 1) {
                    Some(after) if *after > line_steps[next] => {
                        (steps[at] - line_steps[next]) / (after - line_steps[next])
                    }
                    _ => 0.0,
                };
                counts[at] += 1;
                interpolated[at] |= share > 0.0;
                for (column, values) in line.columns.iter().enumerate() {
                    let values = &values[range.clone()];
                    let mut value = values[next];
                    if share > 0.0 {
                        value = between(value, values[next + 1], share);
                    }
                    // Welford's update is accurate where values share a large offset.
                    let count = f64::from(counts[at]);
                    let off = value - means[column][at];
                    means[column][at] = match off.is_finite() {
                        true => means[column][at] + off / count,
                        false => between(means[column][at], value, 1.0 / count),
                    };
                    squares[column][at] += off * (value - means[column][at]);
                }
            }
        }
    }
    let kept: Vec<usize> = (0..steps.len()).filter(|at| counts[*at] > 0).collect();
    let pick = |values: &Vec<f64>| kept.iter().map(|at| values[*at]).collect::<Vec<f64>>();
    let deviations = squares.map(|squares| {
        let of = |at: &usize| match counts[*at] {
            0 | 1 => f64::NAN,
            n => (squares[*at] / f64::from(n - 1)).sqrt(),
        };
        kept.iter().map(of).collect()
    });
    Mean {
        means: means.map(|values| pick(&values)),
        deviations,
        counts: kept.iter().map(|at| counts[*at]).collect(),
        interpolated: kept.iter().map(|at| interpolated[*at]).collect(),
        steps: pick(&steps),
    }
}

impl<const COLUMNS: usize> Mean<COLUMNS> {
    /// Whether some mean is one of values between logged ones.
    pub(crate) fn is_interpolated(&self) -> bool {
        self.interpolated.contains(&true)
    }
}

#[cfg(test)]
mod tests {
    use trainscape_scene::scene::Path;

    use super::*;

    /// pandas: `pd.concat([s.reindex(union).interpolate("index", limit_area="inside") …], axis=1)` with
    /// `.mean(axis=1)` and `.std(axis=1, ddof=1)`.
    #[test]
    fn means_and_deviations_are_those_of_pandas() {
        let a: ([f64; 4], [f64; 4]) = ([0.0, 10.0, 20.0, 40.0], [1.0, 3.0, 2.0, 8.0]);
        let b: ([f64; 3], [f64; 3]) = ([5.0, 20.0, 30.0], [4.0, 1.0, 7.0]);
        let c: ([f64; 3], [f64; 3]) = ([0.0, 30.0, 50.0], [2.0, 5.0, 5.0]);
        let line = |(steps, values): &'static (Vec<f64>, Vec<f64>)| ColumnsOverSteps {
            steps,
            strips: Path::unbroken(steps.len()),
            columns: [values.as_slice()],
        };
        let leak = |steps: &[f64], values: &[f64]| -> &'static (Vec<f64>, Vec<f64>) {
            Box::leak(Box::new((steps.to_vec(), values.to_vec())))
        };
        let lines = [
            line(leak(&a.0, &a.1)),
            line(leak(&b.0, &b.1)),
            line(leak(&c.0, &c.1)),
        ];
        let mean = mean(&lines);
        assert_eq!(mean.steps, PANDAS.map(|row| row[0]));
        for (at, [step, wanted_mean, deviation]) in PANDAS.into_iter().enumerate() {
            assert!(
                (mean.means[0][at] - wanted_mean).abs() < 1e-12,
                "mean at {step}"
            );
            let found = mean.deviations[0][at];
            let same = found.is_nan() && deviation.is_nan() || (found - deviation).abs() < 1e-12;
            assert!(same, "deviation at {step}: {found}, wanted {deviation}");
        }
    }

    const PANDAS: [[f64; 3]; 7] = [
        [0.0, 1.5, std::f64::consts::FRAC_1_SQRT_2],
        [5.0, 2.833_333_333_333_333_5, 1.040_832_999_733_066_3],
        [10.0, 3.0, 0.0],
        [20.0, 2.333_333_333_333_333_5, 1.527_525_231_651_946_5],
        [30.0, 5.666_666_666_666_667, 1.154_700_538_379_251_7],
        [40.0, 6.5, 2.121_320_343_559_642_4],
        [50.0, 5.0, f64::NAN],
    ];

    #[test]
    fn the_largest_values_have_a_mean() {
        let [steps, others] = [[0.0, 2.0], [0.0, 1.0]];
        let [up, down] = [[1e308, -1.5e308], [-1.5e308, -1.5e308]];
        let line = |steps, values| ColumnsOverSteps {
            steps,
            strips: Path::unbroken(2),
            columns: [values],
        };
        let mean = mean(&[line(&steps, &up[..]), line(&others, &down[..])]);
        assert_eq!(mean.steps, [0.0, 1.0, 2.0]);
        let wanted = [-2.5e307, -8.75e307, -1.5e308];
        for (found, wanted) in mean.means[0].iter().zip(wanted) {
            assert!(
                (found / wanted - 1.0).abs() < 1e-12,
                "{found}, not {wanted}"
            );
        }
    }

    #[test]
    fn a_gap_is_not_bridged() {
        let steps = [0.0, 1.0, 2.0, 3.0];
        let values = [1.0, 1.0, 5.0, 5.0];
        let other = [0.0, 1.5, 3.0];
        let ones = [0.0, 0.0, 0.0];
        let mean = mean(&[
            ColumnsOverSteps {
                steps: &steps,
                strips: vec![0..2, 2..4],
                columns: [&values],
            },
            ColumnsOverSteps {
                steps: &other,
                strips: Path::unbroken(3),
                columns: [&ones],
            },
        ]);
        assert_eq!(mean.steps, [0.0, 1.0, 1.5, 2.0, 3.0]);
        assert_eq!(mean.counts, [2, 2, 1, 2, 2]);
        assert_eq!(mean.means[0], [0.5, 0.5, 0.0, 2.5, 2.5]);
        assert!(mean.deviations[0][2].is_nan());
    }
}
