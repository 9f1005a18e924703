//! How similar points are by their distance in the layout.

use crate::projection::ProjectionError;

/// Places where the curve is fitted, up to three times the spread; as umap-learn's `find_ab_params`.
const PLACES: u32 = 300;

/// Similarity `1 / (1 + a distance^(2 b))`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Curve {
    /// The factor.
    pub a: f32,
    /// Half the power.
    pub b: f32,
}

impl Curve {
    /// The least-squares fit (Levenberg 1944, Marquardt 1963) to 1 up to the minimum distance and a falling
    /// exponential of width 1 beyond.
    ///
    /// # Errors
    /// When the distance is negative, more than the spread, or no number.
    pub fn fit(min_distance: f32) -> Result<Self, ProjectionError> {
        if !(0.0..=1.0).contains(&min_distance) {
            return Err(ProjectionError::BadSetting(format!(
                "a minimum distance of {min_distance} is invalid: it must be between 0 and 1, the spread"
            )));
        }
        let least = f64::from(min_distance);
        let wanted = |x: f64| if x < least { 1.0 } else { (least - x).exp() };
        // The value's difference at each place, and its slopes with a and b.
        let places = |a: f64, b: f64| {
            (0..PLACES).map(move |at| {
                let x = 3.0 * f64::from(at) / f64::from(PLACES - 1);
                let power = if x > 0.0 { x.powf(2.0 * b) } else { 0.0 };
                let value = 1.0 / (1.0 + a * power);
                let slope = -value * value * power;
                let by_b = if x > 0.0 {
                    2.0 * a * x.ln() * slope
                } else {
                    0.0
                };
                (value - wanted(x), [slope, by_b])
            })
        };
        let cost = |a: f64, b: f64| places(a, b).map(|(error, _)| error * error).sum::<f64>();

        let (mut a, mut b) = (1.0, 1.0);
        let mut damping = 1.0e-3;
        let mut best = cost(a, b);
        for _ in 0..200 {
            let mut normal = [0.0; 3];
            let mut right = [0.0; 2];
            for (error, [by_a, by_b]) in places(a, b) {
                normal[0] += by_a * by_a;
                normal[1] += by_a * by_b;
                normal[2] += by_b * by_b;
                right[0] -= by_a * error;
                right[1] -= by_b * error;
            }
            let (first, last) = (normal[0] * (1.0 + damping), normal[2] * (1.0 + damping));
            let determinant = first * last - normal[1] * normal[1];
            let step_a = (right[0] * last - right[1] * normal[1]) / determinant;
            let step_b = (right[1] * first - right[0] * normal[1]) / determinant;
            let found = cost(a + step_a, b + step_b);
            if found <= best {
                (a, b, best) = (a + step_a, b + step_b, found);
                damping *= 0.1;
                if step_a.abs() < 1.0e-10 * a && step_b.abs() < 1.0e-10 * b {
                    break;
                }
            } else {
                damping *= 10.0;
                if damping > 1.0e12 {
                    break;
                }
            }
        }
        Ok(Self {
            a: a as f32,
            b: b as f32,
        })
    }
}
