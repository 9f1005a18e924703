//! The layout of UMAP: pulls along edges and pushes from random points, epoch after epoch.
//!
//! umap-learn moves both ends of an edge at once and goes on from there, which no two threads repeat. Here each
//! point moves itself, from where all others were after the last epoch: as the end that an edge leaves from,
//! and, half a period of the edge later, as the end where it arrives. What is drawn is a function of the seed,
//! the epoch and the edge, so threads and adapters do the same.

use rayon::prelude::*;

use super::curve::Curve;
use super::plan::{FARTHEST_MOVE, NEGATIVE_SAMPLES, Plan};
use crate::projection::random::scramble;
use crate::projection::{Layout, ProjectionError};

/// Points of one task.
const CHUNK: usize = 256;

/// Pushes computed together: all samples of a pull, in a machine's SIMD lanes.
const LANES: usize = 8;

/// Parts the phases of neighbouring edges as evenly as can be: 2^32 over the golden ratio.
const GOLDEN: u32 = 0x9e37_79b9;

/// Added to the squared distance of a push, against those that would be boundless.
const SOFTENING: f32 = 0.001;

/// Squared distances are at least this in a power.
const LEAST_SQUARED: f32 = 1.0e-30;

/// UMAP running on the CPU.
pub(super) struct Sampling<const D: usize> {
    plan: Plan<D>,
    done: u32,
    next: Vec<[f32; D]>,
}

impl<const D: usize> Sampling<D> {
    pub(super) fn new(plan: Plan<D>) -> Self {
        Self {
            next: plan.positions.clone(),
            plan,
            done: 0,
        }
    }

    fn epoch(&mut self) {
        let (plan, epoch) = (&self.plan, self.done);
        self.next
            .par_chunks_mut(CHUNK)
            .enumerate()
            .for_each(|(chunk, next)| {
                for (vertex, next) in (chunk * CHUNK..).zip(next) {
                    *next = moved(plan, vertex, epoch);
                }
            });
        std::mem::swap(&mut self.plan.positions, &mut self.next);
        self.done += 1;
    }
}

/// Where a point is after an epoch.
#[inline(always)]
fn moved<const D: usize>(plan: &Plan<D>, vertex: usize, epoch: u32) -> [f32; D] {
    let rate = plan.schedule.rate(epoch);
    let curve = plan.schedule.curve;
    let mut own = plan.positions[vertex];
    for edge in plan.graph.edges(vertex) {
        let frequency = plan.frequencies[edge];
        let phase = (edge as u32)
            .wrapping_mul(GOLDEN)
            .wrapping_add((epoch + 1).wrapping_mul(frequency));
        let leaves = phase < frequency;
        let arrives = phase.wrapping_add(1 << 31) < frequency;
        if leaves || arrives {
            let other = plan.positions[plan.graph.targets[edge] as usize];
            if arrives {
                pull(&mut own, other, curve, rate);
            }
            if leaves {
                pull(&mut own, other, curve, rate);
                let draw = scramble(scramble(plan.schedule.seed ^ epoch).wrapping_add(edge as u32));
                push(&mut own, vertex, &plan.positions, draw, curve, rate);
            }
        }
    }
    own
}

/// Moves a point towards another.
#[inline(always)]
fn pull<const D: usize>(own: &mut [f32; D], other: [f32; D], curve: Curve, rate: f32) {
    let apart: [f32; D] = std::array::from_fn(|axis| own[axis] - other[axis]);
    let squared = apart.iter().map(|x| x * x).sum::<f32>().max(LEAST_SQUARED);
    let [power] = power([squared], curve.b);
    let slope = -2.0 * curve.a * curve.b * power / (squared * (1.0 + curve.a * power));
    for (own, apart) in own.iter_mut().zip(apart) {
        *own += rate * (slope * apart).clamp(-FARTHEST_MOVE, FARTHEST_MOVE);
    }
}

/// Moves a point away from random ones.
#[inline(always)]
fn push<const D: usize>(
    own: &mut [f32; D],
    vertex: usize,
    positions: &[[f32; D]],
    mut draw: u32,
    curve: Curve,
    rate: f32,
) {
    let mut apart = [[0.0; LANES]; D];
    let mut squared = [1.0; LANES];
    for lane in 0..NEGATIVE_SAMPLES as usize {
        draw = scramble(draw);
        // The point itself, when it is drawn, is no distance away and pushes nothing.
        let other = positions[draw as usize % positions.len()];
        let is_other = draw as usize % positions.len() != vertex;
        squared[lane] = 0.0;
        for axis in 0..D {
            let along = if is_other {
                own[axis] - other[axis]
            } else {
                0.0
            };
            apart[axis][lane] = along;
            squared[lane] += along * along;
        }
    }
    let powers = power(squared, curve.b);
    let mut moves = [[0.0; LANES]; D];
    for lane in 0..LANES {
        let slope = 2.0 * curve.b / ((SOFTENING + squared[lane]) * (1.0 + curve.a * powers[lane]));
        for axis in 0..D {
            moves[axis][lane] = (slope * apart[axis][lane]).clamp(-FARTHEST_MOVE, FARTHEST_MOVE);
        }
    }
    for (own, moves) in own.iter_mut().zip(moves) {
        *own += rate * moves.iter().sum::<f32>();
    }
}

/// Powers of normal positive numbers, to 1e-6 of their value for what occurs here.
#[inline(always)]
fn power<const N: usize>(bases: [f32; N], exponent: f32) -> [f32; N] {
    /// The bits of the square root of one half, where mantissas are parted.
    const HALF_ROOT: i32 = 0x3f35_04f3;
    /// Adding 1.5 x 2^23 leaves a whole number in the last bits, and taking it away the number.
    const ROUND: f32 = 12_582_912.0;
    /// The bits of 1.
    const ONE: u32 = 127 << 23;
    // A loop, because `map` is not inlined, and only what is inlined gets lanes.
    let mut powers = bases;
    for power in &mut powers {
        let base = power.max(LEAST_SQUARED);
        let bits = base.to_bits() as i32;
        let shift = (bits - HALF_ROOT) >> 23;
        let mantissa = f32::from_bits((bits - (shift << 23)) as u32);
        let ratio = (mantissa - 1.0) / (mantissa + 1.0);
        let square = ratio * ratio;
        let series = 1.0
            + square * (1.0 / 3.0 + square * (0.2 + square * (1.0 / 7.0 + square * (1.0 / 9.0))));
        let log = shift as f32 + 2.0 * std::f32::consts::LOG2_E * ratio * series;

        let log = (exponent * log).clamp(-126.0, 126.0);
        let rounded = log + ROUND;
        let rest = std::f32::consts::LN_2 * (log - (rounded - ROUND));
        let series = 1.0
            + rest
                * (1.0
                    + rest
                        * (0.5
                            + rest
                                * (1.0 / 6.0
                                    + rest * (1.0 / 24.0 + rest * (1.0 / 120.0 + rest / 720.0)))));
        *power = f32::from_bits((rounded.to_bits() << 23).wrapping_add(ONE)) * series;
    }
    powers
}

impl<const D: usize> Layout for Sampling<D> {
    fn advance(&mut self, iterations: u32) -> Result<(), ProjectionError> {
        for _ in 0..iterations.min(self.plan.schedule.epochs - self.done) {
            self.epoch();
        }
        Ok(())
    }

    fn progress(&self) -> [u32; 2] {
        [self.done, self.plan.schedule.epochs]
    }

    fn positions(&mut self) -> Result<Vec<f32>, ProjectionError> {
        Ok(self.plan.positions.as_flattened().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_right() {
        for exponent in [0.05, 0.6, 0.895, 1.5] {
            for step in -60..60_i16 {
                let base = 1.37_f32.powi(step.into());
                let [found] = power([base], exponent);
                let wanted = f64::from(base).powf(f64::from(exponent));
                let error = (f64::from(found) / wanted - 1.0).abs();
                // The logarithm's last bit, times the exponent, is the power's relative error.
                assert!(error < 4.0e-6, "{base} to {exponent}: {error}");
            }
        }
    }

    const CURVE: Curve = Curve {
        a: 1.5769,
        b: 0.8951,
    };

    fn similarity([x, y]: [f64; 2]) -> f64 {
        let (a, b) = (f64::from(CURVE.a), f64::from(CURVE.b));
        1.0 / (1.0 + a * (x * x + y * y).powf(b))
    }

    fn slope(of: impl Fn([f64; 2]) -> f64, [x, y]: [f64; 2]) -> [f64; 2] {
        const STEP: f64 = 1.0e-6;
        [
            (of([x + STEP, y]) - of([x - STEP, y])) / (2.0 * STEP),
            (of([x, y + STEP]) - of([x, y - STEP])) / (2.0 * STEP),
        ]
    }

    #[test]
    fn pulls_and_pushes_follow_the_cost() {
        for place in [[0.4, -0.3], [1.5, 2.0], [-6.0, 1.0], [0.02, 0.9]] {
            let at = place.map(|x| x as f32);
            let mut pulled = at;
            pull(&mut pulled, [0.0; 2], CURVE, 1.0e-2);
            let wanted = slope(|place| similarity(place).ln(), place);
            for axis in 0..2 {
                let found = f64::from(pulled[axis] - at[axis]) / 1.0e-2;
                assert!(
                    (found - wanted[axis]).abs() < 1.0e-4,
                    "{place:?}: {found} {wanted:?}"
                );
            }

            // Five draws of the only other point there is, or of the point itself, which push nothing.
            let mut pushed = at;
            push(&mut pushed, 0, &[at, [0.0; 2]], 7, CURVE, 1.0e-2);
            let mut draw = 7;
            let drawn = (0..NEGATIVE_SAMPLES).filter(|_| {
                draw = scramble(draw);
                draw % 2 == 1
            });
            let drawn = drawn.count() as f64;
            assert!(drawn > 0.0);
            let wanted = slope(|place| (1.0 - similarity(place)).ln(), place);
            let squared = place[0] * place[0] + place[1] * place[1];
            let softened = squared / (squared + f64::from(SOFTENING));
            for axis in 0..2 {
                let found = f64::from(pushed[axis] - at[axis]) / 1.0e-2;
                let wanted = drawn * softened * wanted[axis];
                assert!(
                    (found - wanted).abs() < 2.0e-4,
                    "{place:?}: {found} {wanted}"
                );
            }
        }
    }

    #[test]
    fn coinciding_points_move_by_finite_steps() {
        let mut own = [1.0_f32, 2.0, 3.0];
        pull(&mut own, [1.0, 2.0, 3.0], CURVE, 1.0);
        push(&mut own, 0, &[[1.0, 2.0, 3.0]; 4], 9, CURVE, 1.0);
        assert_eq!(own, [1.0, 2.0, 3.0]);
    }
}
