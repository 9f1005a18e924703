//! Repulsion through a grid: the field of all points at once, in time that grows with the points and the
//! area they cover.
//!
//! As in FIt-SNE (Linderman et al. 2019) points are spread on a grid, convolved with a kernel by FFT, and
//! read. That needs a transform for each of four sums there. Here the repulsion is computed as
//! the gradient of the potential `sum 1 / (1 + squared distance)`, and points are spread and read by cubic
//! splines, whose gradient is smooth (as in Essmann et al. 1995, smooth particle mesh Ewald): one real
//! transform there and one back give the forces and the normalisation.

use rayon::prelude::*;

use super::chunks::{CHUNK, sum_in_order};
use super::convolution::Convolution;

use super::spline::{cell, own_share, read, spread_in_slice, weights};

/// Nodes this far apart, in 1 and 2 dimensions: forces are then nearer to exact ones than those of scikit-learn's
/// Barnes-Hut with its default angle (2 % of their root mean square, not 4 %), and layouts get as wide.
const SPACING: f32 = 0.4;

/// The same in 3, where half the spacing is eight times the work.
const SPACING_3D: f32 = 0.6;

/// A layout less wide than this gets nodes at half the distance, which costs little there: near the top of the
/// kernel its curvature is all there is.
const NARROW: f32 = 6.0;

/// Nodes of a grid, at most: a widely spread layout gets wider cells instead of more memory.
const MOST_NODES: f32 = (1 << 23) as f32;

/// Nodes around the points: the spline of a point covers one before it and two after.
const MARGIN: usize = 4;

/// The least number of nodes along an axis: enough to measure the effect of a mass on the nodes that its own point is
/// read from.
const FEWEST_NODES: usize = 8;

/// A grid over the points, reused from step to step while it fits.
pub(super) struct Grid<const D: usize> {
    convolution: Option<Convolution>,
    spacing: f32,
    /// The effect of a mass at a node on that node and the next three along each axis.
    near: Vec<f32>,
    mass: Vec<f32>,
    potential: Vec<f32>,
    /// Points in the grid's coordinates, sorted by their node along the last axis.
    sorted: Vec<[f32; D]>,
    starts: Vec<usize>,
}

/// The bounding box of the points.
struct Bounds<const D: usize> {
    low: [f32; D],
    extent: [f32; D],
}

impl<const D: usize> Bounds<D> {
    fn of(positions: &[[f32; D]]) -> Self {
        let (mut low, mut high) = ([f32::INFINITY; D], [f32::NEG_INFINITY; D]);
        for position in positions {
            for axis in 0..D {
                low[axis] = low[axis].min(position[axis]);
                high[axis] = high[axis].max(position[axis]);
            }
        }
        let extent = std::array::from_fn(|axis| high[axis] - low[axis]);
        Self { low, extent }
    }

    /// The spacing of nodes: the usual one, or as wide as the limit on nodes requires.
    fn spacing(&self) -> f32 {
        let usual = if D == 3 { SPACING_3D } else { SPACING };
        let is_narrow = self.extent.iter().all(|extent| *extent < NARROW);
        let mut spacing = if is_narrow { 0.5 * usual } else { usual };
        while self
            .nodes(spacing)
            .iter()
            .map(|&n| n as f32)
            .product::<f32>()
            > MOST_NODES
        {
            spacing *= 1.25;
        }
        spacing
    }

    fn nodes(&self, spacing: f32) -> [usize; D] {
        self.extent.map(|extent| {
            let cells = (extent / spacing).min(1.0e9) as usize;
            (cells + 1 + MARGIN).max(FEWEST_NODES)
        })
    }
}

/// Work of one step on the grid, in the time that a pair of points takes in an exact one.
pub(super) fn cost<const D: usize>(positions: &[[f32; D]]) -> f32 {
    let bounds = Bounds::of(positions);
    let nodes = bounds.nodes(bounds.spacing());
    let padded: f32 = nodes.iter().map(|&n| 2.0 * n as f32).product();
    let spread = 4.0_f32.powi(D as i32) * 4.0 * positions.len() as f32;
    let transforms = if D == 3 { 3.0 } else { 2.0 } * padded * padded.log2();
    spread + transforms
}

impl<const D: usize> Grid<D> {
    pub(super) fn new() -> Self {
        Self {
            convolution: None,
            spacing: 0.0,
            near: Vec::new(),
            mass: Vec::new(),
            potential: Vec::new(),
            sorted: Vec::new(),
            starts: Vec::new(),
        }
    }

    /// For each point the sum of `q^2 (own - other)` over all others, with `q = 1 / (1 + squared distance)`,
    /// and the sum of `q` over all pairs.
    pub(super) fn repulsion(&mut self, positions: &[[f32; D]], forces: &mut [[f32; D]]) -> f64 {
        let bounds = Bounds::of(positions);
        self.fit(&bounds);
        let mut convolution = self
            .convolution
            .take()
            .expect("invariant: it was just fitted");
        let nodes = convolution.nodes();

        // The points are centred in the grid, whose margin stays empty.
        let spacing = self.spacing;
        let offset: [f32; D] = std::array::from_fn(|axis| {
            0.5 * ((nodes[axis] - 1) as f32 - bounds.extent[axis] / spacing)
        });
        let place = |position: &[f32; D]| -> [f32; D] {
            std::array::from_fn(|axis| {
                let place = (position[axis] - bounds.low[axis]) / spacing + offset[axis];
                place.clamp(1.0, nodes[axis] as f32 - 2.001)
            })
        };
        self.spread(positions, place, nodes);
        convolution.apply(&self.mass, &mut self.potential);

        let (potential, near) = (&self.potential, &self.near);
        let scale = -0.5 / spacing;
        let sum = sum_in_order(
            positions
                .par_chunks(CHUNK)
                .zip(forces.par_chunks_mut(CHUNK))
                .map(|(positions, forces)| {
                    let mut sum = 0.0;
                    for (position, force) in positions.iter().zip(forces) {
                        let place = place(position);
                        let (value, gradient) = read(potential, nodes, place);
                        let (own, own_gradient) = own_share(near, place);
                        for axis in 0..D {
                            force[axis] = scale * (gradient[axis] - own_gradient[axis]);
                        }
                        sum += f64::from(value) - f64::from(own);
                    }
                    sum
                }),
        );
        self.convolution = Some(convolution);
        sum.max(0.0)
    }

    /// A grid that holds the points, rebuilt when the old one is too small or far too large.
    fn fit(&mut self, bounds: &Bounds<D>) {
        let spacing = bounds.spacing();
        let needed = bounds.nodes(spacing);
        let fits = self.convolution.as_ref().is_some_and(|convolution| {
            let nodes = convolution.nodes();
            self.spacing == spacing
                && (0..D).all(|a| needed[a] <= nodes[a] && nodes[a] <= 2 * needed[a] + 16)
        });
        if fits {
            return;
        }
        // A little larger, so that a growing layout does not need a new one at each step.
        let mut nodes = [1; 3];
        for axis in 0..D {
            nodes[axis] = needed[axis] + needed[axis] / 12;
        }
        let mut convolution = Convolution::new(nodes, spacing);
        self.spacing = spacing;
        self.mass = vec![0.0; nodes.iter().product()];
        self.potential = vec![0.0; nodes.iter().product()];
        let at = |x: usize, y: usize, z: usize| (z * nodes[1] + y) * nodes[0] + x;
        let middle = nodes.map(|nodes| if nodes == 1 { 0 } else { FEWEST_NODES / 2 - 1 });
        self.mass[at(middle[0], middle[1], middle[2])] = 1.0;
        convolution.apply(&self.mass, &mut self.potential);
        self.near = (0..4_usize.pow(D as u32))
            .map(|offset| {
                let [x, y, z] = [offset % 4, offset / 4 % 4, offset / 16];
                self.potential[at(middle[0] + x, middle[1] + y, middle[2] + z)]
            })
            .collect();
        self.convolution = Some(convolution);
    }

    /// The mass at each node: each slice across the last axis is summed up by one task, in the points' order.
    fn spread(
        &mut self,
        positions: &[[f32; D]],
        place: impl Fn(&[f32; D]) -> [f32; D],
        nodes: [usize; 3],
    ) {
        let slices = nodes[D - 1];
        let slice_of = |place: &[f32; D]| place[D - 1] as usize;
        self.starts.clear();
        self.starts.resize(slices + 1, 0);
        for position in positions {
            self.starts[slice_of(&place(position)) + 1] += 1;
        }
        for at in 0..slices {
            self.starts[at + 1] += self.starts[at];
        }
        self.sorted.resize(positions.len(), [0.0; D]);
        let mut next = self.starts.clone();
        for position in positions {
            let place = place(position);
            let slot = &mut next[slice_of(&place)];
            self.sorted[*slot] = place;
            *slot += 1;
        }

        let (sorted, starts) = (&self.sorted, &self.starts);
        let slice_len = nodes[..D - 1].iter().product::<usize>();
        self.mass
            .par_chunks_mut(slice_len)
            .enumerate()
            .for_each(|(slice, mass)| {
                mass.fill(0.0);
                let first = starts[slice.saturating_sub(2)];
                let last = starts[(slice + 2).min(slices)];
                for place in &sorted[first..last] {
                    let (node, fraction) = cell(place[D - 1]);
                    let share = weights(fraction)[slice - node];
                    spread_in_slice(mass, nodes, place, share);
                }
            });
    }
}

#[cfg(test)]
mod tests {
    use super::super::repulsion::tests::{difference, groups, naive};
    use super::*;

    fn check<const D: usize>(count: usize, extent: f32, tolerance: f64) {
        let positions = groups::<D>(count, extent);
        let mut forces = vec![[0.0; D]; count];
        let total = Grid::new().repulsion(&positions, &mut forces);
        let (wanted, wanted_total) = naive(&positions);
        let error = difference(&forces, &wanted);
        assert!(error < tolerance, "{D} {count} {extent}: {error}");
        let error = (total / wanted_total - 1.0).abs();
        assert!(
            error < 0.1 * tolerance,
            "{D} {count} {extent}: {error} of the sum"
        );
    }

    /// Cubic splines with nodes 0.4 apart (0.6 in three dimensions) bend the kernel, which is a unit wide, by some
    /// hundredths; scikit-learn's Barnes-Hut is off by four.
    #[test]
    fn the_grid_gives_nearly_the_exact_repulsion() {
        for extent in [1.0, 6.0, 20.0] {
            check::<1>(800, extent, 0.04);
            check::<2>(800, extent, 0.04);
            check::<3>(800, extent.min(6.0), 0.04);
        }
    }

    /// All points are within one cell, where only the kernel's curvature counts; the direction is right, and
    /// attraction, twelve times exaggerated, rules at that time.
    #[test]
    fn a_layout_as_small_as_at_the_start_is_pushed_too() {
        check::<2>(800, 1.0e-4, 0.15);
        check::<3>(800, 1.0e-4, 0.15);
    }

    #[test]
    fn a_grid_follows_a_layout_that_grows_and_shrinks() {
        let mut grid = Grid::new();
        for extent in [0.1, 5.0, 5.2, 9.0, 1.0] {
            let positions = groups::<2>(500, extent);
            let mut forces = vec![[0.0; 2]; 500];
            grid.repulsion(&positions, &mut forces);
            let error = difference(&forces, &naive(&positions).0);
            assert!(error < 0.05, "{extent}: {error}");
        }
    }

    #[test]
    fn points_far_out_neither_hang_nor_fill_the_memory() {
        let mut positions = groups::<3>(100, 3.0);
        positions[7] = [1.0e5; 3];
        positions[9] = [-1.0e5, 1.0e5, 0.0];
        let mut forces = vec![[0.0; 3]; 100];
        let total = Grid::new().repulsion(&positions, &mut forces);
        assert!(total.is_finite());
        assert!(forces.as_flattened().iter().all(|x| x.is_finite()));
    }
}
