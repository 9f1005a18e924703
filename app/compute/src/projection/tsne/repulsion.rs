//! The repulsion between all points: exactly, pair by pair, or through a grid, whichever is faster.

use rayon::prelude::*;

use super::chunks::{CHUNK, sum_in_order};
use super::grid::{self, Grid};

/// Up to this many points are computed pair by pair even where a grid would be faster: it takes less than a
/// millisecond.
const ALWAYS_EXACT: usize = 2048;

/// A multiple of any machine's lanes.
const LANES: usize = 16;

/// The repulsion of a layout, step after step.
pub(super) struct Repulsion<const D: usize> {
    grid: Grid<D>,
    columns: [Vec<f32>; D],
}

impl<const D: usize> Repulsion<D> {
    pub(super) fn new() -> Self {
        Self {
            grid: Grid::new(),
            columns: std::array::from_fn(|_| Vec::new()),
        }
    }

    /// For each point the sum of `q^2 (own - other)` over all others, with `q = 1 / (1 + squared distance)`;
    /// returns the sum of `q` over all pairs.
    pub(super) fn compute(&mut self, positions: &[[f32; D]], forces: &mut [[f32; D]]) -> f64 {
        let pairs = positions.len() as f32 * positions.len() as f32;
        if positions.len() <= ALWAYS_EXACT || pairs <= grid::cost(positions) {
            self.exact(positions, forces)
        } else {
            self.grid.repulsion(positions, forces)
        }
    }

    /// Pair by pair.
    pub(super) fn exact(&mut self, positions: &[[f32; D]], forces: &mut [[f32; D]]) -> f64 {
        // One array per coordinate. The padding of the last lanes is so far away that it pushes nothing.
        for (axis, column) in self.columns.iter_mut().enumerate() {
            column.clear();
            column.extend(positions.iter().map(|position| position[axis]));
            column.resize(positions.len().next_multiple_of(LANES), 1.0e15);
        }
        let columns = &self.columns;
        sum_in_order(
            positions
                .par_chunks(CHUNK)
                .zip(forces.par_chunks_mut(CHUNK))
                .map(|(positions, forces)| {
                    pulp::Arch::new().dispatch(FromAll {
                        columns,
                        positions,
                        forces,
                    })
                }),
        )
        .max(0.0)
    }
}

/// The exact repulsion of some points, in the widest SIMD lanes of the machine.
struct FromAll<'a, const D: usize> {
    columns: &'a [Vec<f32>; D],
    positions: &'a [[f32; D]],
    forces: &'a mut [[f32; D]],
}

impl<const D: usize> pulp::WithSimd for FromAll<'_, D> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, simd: S) -> f64 {
        let columns = self
            .columns
            .each_ref()
            .map(|column| S::as_simd_f32s(column).0);
        let groups = columns[0].len();
        let (zero, one) = (simd.splat_f32s(0.0), simd.splat_f32s(1.0));
        let mut sum = 0.0;
        for (own, force) in self.positions.iter().zip(self.forces) {
            let own = own.map(|x| simd.splat_f32s(x));
            let mut total = zero;
            let mut pushed = [zero; D];
            #[allow(
                clippy::needless_range_loop,
                reason = "one index into as many columns as there are dimensions"
            )]
            for group in 0..groups {
                let mut apart = [zero; D];
                let mut squared = one;
                for axis in 0..D {
                    apart[axis] = simd.sub_f32s(own[axis], columns[axis][group]);
                    squared = simd.mul_add_e_f32s(apart[axis], apart[axis], squared);
                }
                let q = simd.div_f32s(one, squared);
                total = simd.add_f32s(total, q);
                let push = simd.mul_f32s(q, q);
                for axis in 0..D {
                    pushed[axis] = simd.mul_add_e_f32s(push, apart[axis], pushed[axis]);
                }
            }
            *force = pushed.map(|pushed| simd.reduce_sum_f32s(pushed));
            // Its own share is 1.
            sum += f64::from(simd.reduce_sum_f32s(total)) - 1.0;
        }
        sum
    }
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::projection::random::normal;

    /// Points in groups, as layouts have them.
    pub(in super::super) fn groups<const D: usize>(count: usize, extent: f32) -> Vec<[f32; D]> {
        (0..count)
            .map(|point| {
                let mut centre = normal(1, point % 9);
                let mut around = normal(2, point);
                std::array::from_fn(|_| {
                    extent * (centre.next().unwrap() + 0.2 * around.next().unwrap())
                })
            })
            .collect()
    }

    /// Repulsion in f64, pair by pair.
    pub(in super::super) fn naive<const D: usize>(positions: &[[f32; D]]) -> (Vec<[f64; D]>, f64) {
        let mut total = 0.0;
        let forces = positions
            .iter()
            .enumerate()
            .map(|(at, own)| {
                let mut force = [0.0; D];
                for (_, other) in positions
                    .iter()
                    .enumerate()
                    .filter(|(other, _)| *other != at)
                {
                    let apart: [f64; D] =
                        std::array::from_fn(|axis| f64::from(own[axis]) - f64::from(other[axis]));
                    let q = 1.0 / (1.0 + apart.iter().map(|x| x * x).sum::<f64>());
                    total += q;
                    for axis in 0..D {
                        force[axis] += q * q * apart[axis];
                    }
                }
                force
            })
            .collect();
        (forces, total)
    }

    /// Root mean square of the difference, as a part of that of the forces.
    pub(in super::super) fn difference<const D: usize>(
        found: &[[f32; D]],
        wanted: &[[f64; D]],
    ) -> f64 {
        let (found, wanted) = (found.as_flattened(), wanted.as_flattened());
        let apart: f64 = found
            .iter()
            .zip(wanted)
            .map(|(found, wanted)| (f64::from(*found) - wanted).powi(2))
            .sum();
        (apart / wanted.iter().map(|x| x * x).sum::<f64>()).sqrt()
    }

    fn check<const D: usize>() {
        for (count, extent) in [(2, 1.0), (17, 1.0e-4), (700, 0.3), (700, 20.0)] {
            let positions = groups::<D>(count, extent);
            let mut forces = vec![[0.0; D]; count];
            let total = Repulsion::new().exact(&positions, &mut forces);
            let (wanted, wanted_total) = naive(&positions);
            // Sums of 700 numbers in f32.
            let error = difference(&forces, &wanted);
            assert!(error < 1.0e-5, "{D} {count} {extent}: {error}");
            assert!(
                (total / wanted_total - 1.0).abs() < 1.0e-5,
                "{total} {wanted_total}"
            );
        }
    }

    #[test]
    fn exact_repulsion_is_that_of_f64() {
        check::<1>();
        check::<2>();
        check::<3>();
    }
}
