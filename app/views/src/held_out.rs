//! Whether an interpolated surface is drawn: only where its interpolation predicts points that it has not seen.
//!
//! Points are held out in blocks along a path (k-fold cross-validation, blocked because neighbouring points of a path
//! are correlated: Roberts et al., Ecography 40, 2017), or a run of a sweep at a time, and predicted from the others by
//! the interpolation that draws the surface. The coefficient of determination R² of the predictions, as scikit-learn's
//! `r2_score` has it, decides.

use std::ops::Range;

use rayon::prelude::*;
use trainscape_compute::{InterpolationMethod, interpolate_at};

use super::{
    control::{Control, Kind, Section},
    samples::counted_are,
};

/// The smallest R² of held-out points at which a surface is drawn by default.
pub(crate) const LEAST_R_SQUARED: f64 = 0.8;
/// Blocks into which a path is divided.
pub(crate) const BLOCKS: usize = 10;
/// Fewer points do not test an interpolation.
const FEWEST_POINTS: usize = 8;

/// The switch of a surface that the data decide.
pub(crate) const SURFACE: Control = Control {
    name: "surface",
    label: "Fit surface",
    help: "The surface interpolated through the points; by default where it predicts held-out points.",
    kind: Kind::Switch(None),
    section: Section::View,
    names_data: false,
    only_with: None,
};

/// What is known about an interpolation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum SurfaceTest {
    /// R² of held-out points, and what was held out at a time ("10 blocks of the path").
    Predicts { r_squared: f64, folds: String },
    /// Too few points for a test.
    TooFew { count: usize, what: &'static str },
    /// The samples are paths of independent runs: nothing was measured between them.
    IndependentRuns,
    /// One place has several values, which differ in what this names.
    SeveralValues { differ_in: String },
    /// All held-out values are equal: there is no variance to explain.
    Constant,
}

impl SurfaceTest {
    /// The outcome for measured and predicted values (`None`: no surface there), each with what was held out.
    pub(crate) fn of(
        measured: &[f64],
        predicted: &[Option<f64>],
        folds: impl Into<String>,
    ) -> Self {
        if measured.len() < FEWEST_POINTS {
            return Self::TooFew {
                count: measured.len(),
                what: "point",
            };
        }
        r_squared(measured, predicted).map_or(Self::Constant, |r_squared| Self::Predicts {
            r_squared,
            folds: folds.into(),
        })
    }

    /// Whether a surface is drawn by default.
    pub(crate) fn allows(&self) -> bool {
        match self {
            Self::Predicts { r_squared, .. } => *r_squared >= LEAST_R_SQUARED,
            Self::Constant => true,
            Self::TooFew { .. } | Self::IndependentRuns | Self::SeveralValues { .. } => false,
        }
    }

    /// The caption's sentence on a surface that is drawn, or that is not.
    pub(crate) fn sentence(&self, is_drawn: bool) -> String {
        let explains = |r_squared: f64, folds: &str| {
            format!(
                "interpolation explains {:.0} % of held-out points (R², {folds}",
                100.0 * r_squared.max(0.0)
            )
        };
        let threshold = 100.0 * LEAST_R_SQUARED;
        match (self, is_drawn) {
            (Self::Predicts { r_squared, folds }, true) if self.allows() => {
                format!("Its {})", explains(*r_squared, folds))
            }
            (Self::Predicts { r_squared, folds }, true) => format!(
                "The surface is unreliable: {}; below {threshold:.0} %)",
                explains(*r_squared, folds)
            ),
            (Self::Predicts { r_squared, folds }, false) => format!(
                "No surface: {}; a surface needs {threshold:.0} %)",
                explains(*r_squared, folds)
            ),
            (Self::TooFew { count, what }, true) => {
                format!(
                    "{} too few to test its interpolation",
                    counted_are(*count, what)
                )
            }
            (Self::TooFew { count, what }, false) => format!(
                "No surface: {} too few to test an interpolation",
                counted_are(*count, what)
            ),
            (Self::IndependentRuns, true) => {
                "Between the lines, which are independent runs, nothing was measured".to_owned()
            }
            (Self::SeveralValues { differ_in }, true) => {
                format!("Each surface joins runs with one value of {differ_in}")
            }
            (Self::SeveralValues { differ_in }, false) => {
                format!("No surface: runs at one place differ in {differ_in}")
            }
            // Nobody expects a surface there.
            (Self::IndependentRuns, false) | (Self::Constant, _) => String::new(),
        }
    }
}

/// The test of a surface through samples (x, y, value in the unit box) in the order in which they were logged, by blocks
/// of them.
pub(crate) fn test_of_samples(samples: &[[f32; 3]], method: InterpolationMethod) -> SurfaceTest {
    let of_blocks: Vec<(Vec<f64>, Vec<Option<f64>>)> = blocks(samples.len())
        .into_par_iter()
        .map(|block| {
            let held: Vec<[f32; 3]> = samples[block.clone()]
                .iter()
                .copied()
                .filter(|place| place[..2].iter().all(|unit| (0.0..=1.0).contains(unit)))
                .collect();
            let others = [&samples[..block.start], &samples[block.end..]].concat();
            let places: Vec<[f32; 2]> = held.iter().map(|[x, y, _]| [*x, *y]).collect();
            // Samples that span no surface predict nothing.
            let predicted = interpolate_at(&others, method, None, &places)
                .unwrap_or_else(|_| vec![None; places.len()]);
            (
                held.iter().map(|place| f64::from(place[2])).collect(),
                predicted.into_iter().map(|z| z.map(f64::from)).collect(),
            )
        })
        .collect();
    let count = of_blocks.len();
    let (measured, predicted): (Vec<_>, Vec<_>) = of_blocks.into_iter().unzip();
    let folds = format!("{count} inner blocks of the points");
    SurfaceTest::of(&measured.concat(), &predicted.concat(), folds)
}

/// The blocks that are held out of a path of `len` points, one after the other: all but the first and the last, which
/// lie outside of the others.
pub(crate) fn blocks(len: usize) -> Vec<Range<usize>> {
    let blocks = BLOCKS.min(len);
    (1..blocks.saturating_sub(1))
        .map(|block| block * len / blocks..(block + 1) * len / blocks)
        .collect()
}

/// The coefficient of determination of predictions: 1 - residual sum of squares / total sum of squares. A value
/// without a prediction counts as predicted by the mean. `None` where the measured values are all equal.
pub(crate) fn r_squared(measured: &[f64], predicted: &[Option<f64>]) -> Option<f64> {
    let mean = measured.iter().sum::<f64>() / measured.len() as f64;
    let (mut residual, mut total) = (0.0, 0.0);
    for (value, predicted) in measured.iter().zip(predicted) {
        residual += (value - predicted.unwrap_or(mean)).powi(2);
        total += (value - mean).powi(2);
    }
    (total > 0.0).then(|| 1.0 - residual / total)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// scikit-learn: `r2_score([3, -0.5, 2, 7], [2.5, 0.0, 2, 8])`, and of the same with the second prediction
    /// replaced by the mean 2.875.
    #[test]
    fn r_squared_is_that_of_scikit_learn() {
        let measured = [3.0, -0.5, 2.0, 7.0];
        let found = r_squared(&measured, &[Some(2.5), Some(0.0), Some(2.0), Some(8.0)]);
        assert!((found.unwrap() - 0.948_608_137_044_967_9).abs() < 1e-12);
        let found = r_squared(&measured, &[Some(2.5), None, Some(2.0), Some(8.0)]);
        assert!((found.unwrap() - R2_WITHOUT_ONE).abs() < 1e-12, "{found:?}");
        assert_eq!(r_squared(&[1.0; 5], &[Some(1.0); 5]), None);
    }

    const R2_WITHOUT_ONE: f64 = 0.566_916_488_222_698;

    #[test]
    fn blocks_cover_every_inner_point_once() {
        for len in [10, 99, 1000] {
            let held: Vec<usize> = blocks(len).into_iter().flatten().collect();
            let inner = len / BLOCKS..len - len.div_ceil(BLOCKS);
            assert_eq!(held, inner.collect::<Vec<_>>());
        }
        assert_eq!(blocks(1000).len(), BLOCKS - 2);
        assert_eq!([0, 1, 2].map(|len| blocks(len).len()), [0; 3]);
    }

    #[test]
    fn a_function_predicts_itself_and_noise_does_not() {
        let spread = |at: u32, height: &dyn Fn(f32, f32) -> f32| {
            let x = (at as f32 * 0.754_877_7).fract();
            let y = (at as f32 * 0.569_840_3).fract();
            [x, y, height(x, y)]
        };
        let of = |height: &dyn Fn(f32, f32) -> f32| {
            let samples: Vec<[f32; 3]> = (0..400).map(|at| spread(at, height)).collect();
            test_of_samples(&samples, InterpolationMethod::Linear)
        };
        let smooth = of(&|x, y| 0.5 + 0.3 * (3.0 * x).sin() * y);
        assert!(smooth.allows(), "{smooth:?}");
        let noise = of(&|x, y| ((x * 12_989.8 + y * 78_233.0).sin() * 43_758.547).fract());
        assert!(!noise.allows(), "{noise:?}");
    }

    #[test]
    fn a_caption_states_the_share_and_the_threshold() {
        let values: Vec<f64> = (0..20).map(f64::from).collect();
        let exact: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
        let test = SurfaceTest::of(&values, &exact, "10 blocks of the path");
        assert!(test.allows());
        assert_eq!(
            test.sentence(true),
            "Its interpolation explains 100 % of held-out points (R², 10 blocks of the path)"
        );
        let test = SurfaceTest::of(&values, &[None; 20], "10 blocks of the path");
        assert!(!test.allows());
        assert_eq!(
            test.sentence(false),
            "No surface: interpolation explains 0 % of held-out points (R², 10 blocks of the path; a surface needs \
             80 %)"
        );
        assert!(!SurfaceTest::of(&values[..3], &exact[..3], "").allows());
    }
}
