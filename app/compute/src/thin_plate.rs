//! Thin-plate splines through a few samples, evaluated at one point, for several points at once.
//!
//! The spline s(x) = sum w_i phi(|x - x_i|) + a plane, with the weights orthogonal to planes, is the
//! one of SciPy's `RBFInterpolator`, but it is not computed by its (k + 3) x (k + 3) indefinite system.
//! Three samples far apart carry the plane; subtracting from the kernel its interpolation by them leaves a
//! positive definite kernel on the others (the native-space kernel; Wendland, Scattered Data
//! Approximation, section 10.3). One Cholesky factorisation, with the point's own kernel row and the
//! values appended as two more rows, then gives the value as their dot product, without back substitution.
//! A uniform scale of the axes changes nothing but the smoothing, so each neighbourhood is scaled to
//! the unit disc. Samples on one line carry a linear function along it, and a single one a constant.

/// Points solved together, each in its own lane.
pub(super) const LANES: usize = 8;

/// A pivot below this marks a sample that the others already determine (one that almost coincides
/// with another); it is left out.
const LEAST_PIVOT: f64 = 1.0e-12;

/// Samples whose distance from a line is below this part of their extent along it count as on the line:
/// the plane's slope across it would be noise.
const COLLINEAR: f64 = 1.0e-4;

type Lanes = [f64; LANES];

/// Neighbourhoods of [`LANES`] points.
#[derive(Debug)]
pub(super) struct ThinPlates {
    /// Place of each sample relative to its point, in units of the farthest one's distance.
    x: Vec<Lanes>,
    y: Vec<Lanes>,
    /// Value of each sample.
    values: Vec<Lanes>,
    /// Smoothing, scaled with the neighbourhood.
    smoothing: Lanes,
    planes: Planes,
    /// Rows of the lower triangle, packed; two rows longer than there are samples.
    lower: Vec<Lanes>,
    /// Kernel between each sample and the three that carry the plane.
    to_carriers: [Vec<Lanes>; 3],
    /// Shares of each sample, and what they leave of its kernel to the carriers.
    shares: Vec<[Lanes; 3]>,
    terms: Vec<[Lanes; 3]>,
}

/// The support of the plane: the samples in slots 0, 1 and 2, as many of them as the rank.
#[derive(Debug, Default)]
struct Planes {
    rank: [usize; LANES],
    /// Gradients of the second's and the third's share; the first has what remains.
    second: [Lanes; 2],
    third: [Lanes; 2],
}

impl ThinPlates {
    /// Allocates for neighbourhoods of this many samples.
    pub(super) fn new(samples: usize) -> Self {
        let rows = vec![[0.0; LANES]; samples];
        Self {
            x: rows.clone(),
            y: rows.clone(),
            values: rows.clone(),
            smoothing: [0.0; LANES],
            planes: Planes::default(),
            lower: vec![[0.0; LANES]; (samples + 2) * (samples + 3) / 2],
            to_carriers: [rows.clone(), rows.clone(), rows],
            shares: vec![[[0.0; LANES]; 3]; samples],
            terms: vec![[[0.0; LANES]; 3]; samples],
        }
    }

    /// Sets a lane's point: its samples as (x, y, value), and the squared distance of the farthest.
    pub(super) fn set(
        &mut self,
        lane: usize,
        point: [f32; 2],
        samples: impl Iterator<Item = [f32; 3]>,
        farthest_squared: f32,
        smoothing: f32,
    ) {
        let squared = f64::from(farthest_squared);
        let scale = if squared > 0.0 {
            squared.sqrt().recip()
        } else {
            1.0
        };
        for (slot, [x, y, value]) in samples.enumerate() {
            self.x[slot][lane] = (f64::from(x) - f64::from(point[0])) * scale;
            self.y[slot][lane] = (f64::from(y) - f64::from(point[1])) * scale;
            self.values[slot][lane] = f64::from(value);
        }
        self.smoothing[lane] = f64::from(smoothing) * scale * scale;
        self.carry_plane(lane);
    }

    /// Puts the three samples that span the largest triangle (about) first.
    fn carry_plane(&mut self, lane: usize) {
        let count = self.x.len();
        let at = |slots: &Self, slot: usize| [slots.x[slot][lane], slots.y[slot][lane]];
        let farthest = |measure: &dyn Fn(usize) -> f64, from: usize| {
            let mut best = (from, -1.0);
            for slot in from..count {
                let measured = measure(slot);
                if measured > best.1 {
                    best = (slot, measured);
                }
            }
            best
        };
        let (first, _) = farthest(&|slot| square(at(self, slot)), 0);
        self.swap(lane, 0, first);
        let a = at(self, 0);
        let mut rank = 1;
        let (mut second, mut third) = ([0.0; 2], [0.0; 2]);
        let (slot, extent) = farthest(&|slot| square(minus(at(self, slot), a)), 1);
        if extent > 1.0e-30 {
            self.swap(lane, 1, slot);
            let ab = minus(at(self, 1), a);
            rank = 2;
            second = ab.map(|v| v / extent);
            let (slot, area) = farthest(&|slot| cross(ab, minus(at(self, slot), a)).abs(), 2);
            if area > COLLINEAR * extent {
                self.swap(lane, 2, slot);
                let ac = minus(at(self, 2), a);
                let area = cross(ab, ac);
                rank = 3;
                second = [ac[1] / area, -ac[0] / area];
                third = [-ab[1] / area, ab[0] / area];
            }
        }
        let planes = &mut self.planes;
        planes.rank[lane] = rank;
        for axis in 0..2 {
            planes.second[axis][lane] = second[axis];
            planes.third[axis][lane] = third[axis];
        }
    }

    fn swap(&mut self, lane: usize, a: usize, b: usize) {
        for rows in [&mut self.x, &mut self.y, &mut self.values] {
            let kept = rows[a][lane];
            rows[a][lane] = rows[b][lane];
            rows[b][lane] = kept;
        }
    }

    /// The splines' values at the points.
    pub(super) fn solve(&mut self) -> Lanes {
        // Compiled once for each width of vector registers that the processor may have.
        pulp::Arch::new().dispatch(|| self.solve_lanes())
    }

    #[inline(always)]
    fn solve_lanes(&mut self) -> Lanes {
        let count = self.x.len();
        let origin = [0.0; LANES];
        let first = *self
            .planes
            .rank
            .iter()
            .min()
            .expect("invariant: there are lanes");
        for carrier in 0..3.min(count) {
            let (x, y) = (self.x[carrier], self.y[carrier]);
            for slot in 0..count {
                self.to_carriers[carrier][slot] = kernel(self.x[slot], self.y[slot], x, y);
            }
        }
        let at_carriers: [Lanes; 3] = std::array::from_fn(|carrier| {
            if carrier < count {
                kernel(self.x[carrier], self.y[carrier], origin, origin)
            } else {
                origin
            }
        });
        let share_of_point = self.shares_at(origin, origin);

        // The lower triangle, then the point's row and the values' row.
        for slot in 0..count {
            let shares = self.shares_at(self.x[slot], self.y[slot]);
            self.terms[slot] = self.terms_of(slot, &shares);
            self.shares[slot] = shares;
        }
        for row in first..count {
            let start = packed(row - first);
            for column in first..=row {
                let phi = kernel(self.x[row], self.y[row], self.x[column], self.y[column]);
                let to_row: [Lanes; 3] = std::array::from_fn(|c| self.to_carriers[c][row]);
                self.lower[start + column - first] = reduced(
                    phi,
                    &to_row,
                    &self.shares[column],
                    &self.shares[row],
                    &self.terms[column],
                );
            }
            for lane in 0..LANES {
                self.lower[start + row - first][lane] += self.smoothing[lane];
            }
        }
        let unknowns = count - first;
        let (point_row, value_row) = (packed(unknowns), packed(unknowns + 1));
        for column in first..count {
            let phi = kernel(self.x[column], self.y[column], origin, origin);
            self.lower[point_row + column - first] = reduced(
                phi,
                &at_carriers,
                &self.shares[column],
                &share_of_point,
                &self.terms[column],
            );
            let plane = self.plane(&self.shares[column]);
            self.lower[value_row + column - first] =
                std::array::from_fn(|lane| self.values[column][lane] - plane[lane]);
        }
        self.silence_carriers(first, unknowns);

        factorise(&mut self.lower, unknowns);
        let mut value = self.plane(&share_of_point);
        for column in 0..unknowns {
            let (point, values) = (
                self.lower[point_row + column],
                self.lower[value_row + column],
            );
            for lane in 0..LANES {
                value[lane] += point[lane] * values[lane];
            }
        }
        value
    }

    /// Lanes of full rank may share a batch with degenerate ones, which have more unknowns: the carriers
    /// among their unknowns get rows of the identity.
    #[inline(always)]
    fn silence_carriers(&mut self, first: usize, unknowns: usize) {
        for lane in 0..LANES {
            for carrier in first..self.planes.rank[lane] {
                let column = carrier - first;
                for row in column..unknowns + 2 {
                    self.lower[packed(row) + column][lane] = 0.0;
                }
                for before in 0..column {
                    self.lower[packed(column) + before][lane] = 0.0;
                }
                self.lower[packed(column) + column][lane] = 1.0;
            }
        }
    }

    /// How much of the plane each carrier determines at a place.
    #[inline(always)]
    fn shares_at(&self, x: Lanes, y: Lanes) -> [Lanes; 3] {
        let Planes { second, third, .. } = &self.planes;
        let mut shares = [[0.0; LANES]; 3];
        for lane in 0..LANES {
            let (x, y) = (x[lane] - self.x[0][lane], y[lane] - self.y[0][lane]);
            shares[1][lane] = second[0][lane] * x + second[1][lane] * y;
            shares[2][lane] = third[0][lane] * x + third[1][lane] * y;
            shares[0][lane] = 1.0 - shares[1][lane] - shares[2][lane];
        }
        shares
    }

    /// The part of the reduced kernel that a row's shares multiply.
    #[inline(always)]
    fn terms_of(&self, slot: usize, shares: &[Lanes; 3]) -> [Lanes; 3] {
        let carriers = 3.min(self.x.len());
        let mut terms = [[0.0; LANES]; 3];
        for carrier in 0..carriers {
            for lane in 0..LANES {
                let mut term = self.to_carriers[carrier][slot][lane];
                for (between, share) in self.to_carriers[carrier].iter().zip(shares) {
                    term -= between[lane] * share[lane];
                }
                terms[carrier][lane] = term - self.smoothing[lane] * shares[carrier][lane];
            }
        }
        terms
    }

    /// The carriers' plane where it has these shares.
    #[inline(always)]
    fn plane(&self, shares: &[Lanes; 3]) -> Lanes {
        let mut value = [0.0; LANES];
        for (shares, values) in shares.iter().zip(&self.values) {
            for lane in 0..LANES {
                value[lane] += shares[lane] * values[lane];
            }
        }
        value
    }
}

/// The kernel less its interpolation by the carriers, from both sides.
#[inline(always)]
fn reduced(
    phi: Lanes,
    row_to_carriers: &[Lanes; 3],
    column_shares: &[Lanes; 3],
    row_shares: &[Lanes; 3],
    column_terms: &[Lanes; 3],
) -> Lanes {
    let mut value = phi;
    for carrier in 0..3 {
        for lane in 0..LANES {
            value[lane] -= column_shares[carrier][lane] * row_to_carriers[carrier][lane]
                + row_shares[carrier][lane] * column_terms[carrier][lane];
        }
    }
    value
}

/// Where a row of the packed lower triangle starts.
#[inline(always)]
fn packed(row: usize) -> usize {
    row * (row + 1) / 2
}

/// Rows eliminated together: each earlier row is read once for all of them.
const ROWS: usize = 4;

/// Cholesky factorisation of the first `unknowns` rows; the two rows that follow are solved along.
/// Where the pivots would be it leaves their inverses.
#[inline(always)]
fn factorise(lower: &mut [Lanes], unknowns: usize) {
    for top in (0..unknowns + 2).step_by(ROWS) {
        let rows = ROWS.min(unknowns + 2 - top);
        let (above, own) = lower.split_at_mut(packed(top));
        // Start of each row; beyond the last row the first is used as a placeholder, and its result is discarded.
        let mut starts = [0; ROWS];
        for (row, start) in starts.iter_mut().enumerate().take(rows) {
            *start = packed(top + row) - packed(top);
        }
        for column in 0..top.min(unknowns) {
            let start = packed(column);
            let other = &above[start..start + column];
            let inverse = above[start + column];
            let mut sums = [[0.0; LANES]; ROWS];
            // Slices of one length, so that the innermost loop checks no bounds.
            let own_rows = starts.map(|start| &own[start..start + column]);
            for before in 0..column {
                for (sum, own) in sums.iter_mut().zip(own_rows) {
                    for lane in 0..LANES {
                        sum[lane] += own[before][lane] * other[before][lane];
                    }
                }
            }
            for (sum, start) in sums.iter().zip(starts).take(rows) {
                let own = &mut own[start + column];
                for lane in 0..LANES {
                    own[lane] = (own[lane] - sum[lane]) * inverse[lane];
                }
            }
        }
        for row in top..top + rows {
            let start = starts[row - top];
            for column in top..=row.min(unknowns.saturating_sub(1)) {
                let other = starts[column - top];
                let mut value = own[start + column];
                for before in 0..column {
                    let (own, other) = (&own[start + before], &own[other + before]);
                    for lane in 0..LANES {
                        value[lane] -= own[lane] * other[lane];
                    }
                }
                let inverse = own[other + column];
                for lane in 0..LANES {
                    // Zero leaves the sample out of everything that follows.
                    value[lane] = match (column == row, value[lane] > LEAST_PIVOT) {
                        (true, true) => value[lane].sqrt().recip(),
                        (true, false) => 0.0,
                        (false, _) => value[lane] * inverse[lane],
                    };
                }
                own[start + column] = value;
            }
        }
    }
}

/// r^2 log r between two places.
#[inline(always)]
fn kernel(x: Lanes, y: Lanes, to_x: Lanes, to_y: Lanes) -> Lanes {
    let mut value = [0.0; LANES];
    for lane in 0..LANES {
        let (x, y) = (x[lane] - to_x[lane], y[lane] - to_y[lane]);
        let squared = (x * x + y * y).max(f64::MIN_POSITIVE);
        value[lane] = 0.5 * squared * ln(squared);
    }
    value
}

/// Natural logarithm of a positive normal number, within 1e-12; unlike the library's it is plain
/// arithmetic, so that the compiler can do all lanes at once.
#[inline(always)]
fn ln(x: f64) -> f64 {
    const MANTISSA: u64 = (1 << 52) - 1;
    // Moves the split between mantissa and exponent to the square root of one half.
    const HALF_ROOT: u64 = 0x3fe6_a09e_667f_3bcd;
    let bits = x.to_bits().wrapping_sub(HALF_ROOT);
    // A biased exponent converts to a float by its bits alone: 2^52 plus the integer.
    let biased = bits.wrapping_add(1023 << 52) >> 52;
    let exponent = f64::from_bits(biased | (1075 << 52)) - (4_503_599_627_370_496.0 + 1023.0);
    let mantissa = f64::from_bits((bits & MANTISSA) + HALF_ROOT);
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let z = s * s;
    let series = 1.0
        + z * (1.0 / 3.0
            + z * (1.0 / 5.0
                + z * (1.0 / 7.0
                    + z * (1.0 / 9.0 + z * (1.0 / 11.0 + z * (1.0 / 13.0 + z * (1.0 / 15.0)))))));
    exponent * std::f64::consts::LN_2 + 2.0 * s * series
}

fn minus(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    [a[0] - b[0], a[1] - b[1]]
}

fn square(a: [f64; 2]) -> f64 {
    a[0] * a[0] + a[1] * a[1]
}

fn cross(a: [f64; 2], b: [f64; 2]) -> f64 {
    a[0] * b[1] - a[1] * b[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_is_right() {
        for exponent in -300..300 {
            for part in [1.0, 1.2, std::f64::consts::SQRT_2, 1.5, 1.999] {
                let x = part * 2.0_f64.powi(exponent);
                assert!(
                    (ln(x) - x.ln()).abs() <= 2.0e-12 * x.ln().abs().max(1.0),
                    "{x}"
                );
            }
        }
    }

    fn value(point: [f32; 2], samples: &[[f32; 3]], smoothing: f32) -> f64 {
        let squared = |s: &[f32; 3]| (s[0] - point[0]).powi(2) + (s[1] - point[1]).powi(2);
        let farthest = samples.iter().map(squared).fold(0.0, f32::max);
        let mut plates = ThinPlates::new(samples.len());
        // Every second lane has two samples on one place's worth of line: batches of mixed rank must agree.
        let line = (0..samples.len()).map(|at| [at as f32, 0.0, 7.0]);
        for lane in 0..LANES {
            if lane % 2 == 0 {
                plates.set(lane, point, samples.iter().copied(), farthest, smoothing);
            } else {
                plates.set(lane, [0.5, 0.0], line.clone(), 100.0, smoothing);
            }
        }
        let values = plates.solve();
        for lane in 0..LANES {
            let expected = if lane % 2 == 0 { values[0] } else { 7.0 };
            assert!((values[lane] - expected).abs() < 1e-9, "{values:?}");
        }
        values[0]
    }

    const SAMPLES: [[f32; 3]; 7] = [
        [0.0, 0.0, 1.0],
        [1.0, 0.1, 2.0],
        [0.2, 0.9, -1.0],
        [0.7, 0.8, 0.5],
        [0.4, 0.5, 0.0],
        [0.9, 0.4, 3.0],
        [0.1, 0.4, 1.5],
    ];

    #[test]
    fn without_smoothing_it_passes_through_the_samples() {
        for [x, y, expected] in SAMPLES {
            assert!((value([x, y], &SAMPLES, 0.0) - f64::from(expected)).abs() < 1e-9);
        }
    }

    #[test]
    fn planes_are_reproduced_with_any_smoothing() {
        let plane = SAMPLES.map(|[x, y, _]| [x, y, 0.25 + 0.5 * x - 2.0 * y]);
        for smoothing in [0.0, 0.1, 10.0] {
            let found = value([0.3, 0.6], &plane, smoothing);
            assert!((found - (0.25 + 0.15 - 1.2)).abs() < 1e-6, "{found}");
        }
    }

    #[test]
    fn few_samples_give_what_they_determine() {
        assert!((value([0.3, 0.3], &SAMPLES[..1], 0.0) - 1.0).abs() < 1e-12);
        let half = value([0.5, 0.05], &SAMPLES[..2], 0.0);
        assert!((half - 1.5).abs() < 1e-6, "{half}");
        assert!(value([0.3, 0.3], &SAMPLES[..3], 0.0).is_finite());
    }
}
