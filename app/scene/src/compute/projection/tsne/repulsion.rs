//! What pushes all points apart: exactly, pair by pair, or through a grid, by the quicker.

use rayon::prelude::*;

use super::grid::{self, Grid};

/// Points of one task: fixed, so that sums do not depend on the number of threads.
pub(super) const CHUNK: usize = 256;

/// A multiple of any machine's lanes.
const LANES: usize = 16;

/// Adds up what the tasks give, in their order.
pub(super) fn sum_in_order(parts: impl IndexedParallelIterator<Item = f64>) -> f64 {
    let mut sums = Vec::new();
    parts.collect_into_vec(&mut sums);
    sums.into_iter().sum()
}

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
        if pairs <= grid::cost(positions) {
            self.exact(positions, forces)
        } else {
            self.grid.repulsion(positions, forces)
        }
    }

    /// Pair by pair.
    pub(super) fn exact(&mut self, positions: &[[f32; D]], forces: &mut [[f32; D]]) -> f64 {
        // Coordinates apart. What fills up the last lanes is so far away that it pushes nothing.
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

/// The exact repulsion of some points, in the widest lanes that the machine has.
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
