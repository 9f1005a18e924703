//! Repulsion through a grid: the field of all points at once, in time that grows with the points and the
//! area they cover.
//!
//! As in FIt-SNE (Linderman et al. 2019) points are spread on a grid, convolved with a kernel by FFT, and
//! read. That needs a transform for each of four sums there. Here the repulsion is taken for what it is,
//! the gradient of the potential `sum 1 / (1 + squared distance)`, and points are spread and read by cubic
//! splines, whose gradient is smooth (as in Essmann et al. 1995, smooth particle mesh Ewald): one real
//! transform there and one back give the forces and the normalisation.

use rayon::prelude::*;

use super::convolution::Convolution;
use super::repulsion::{CHUNK, sum_in_order};

/// Nodes this far apart, in 1 and 2 dimensions: forces are then nearer to exact ones than those of scikit-learn's
/// Barnes-Hut with its default angle (2 % of their root mean square, not 4 %), and layouts get as wide.
const SPACING: f32 = 0.4;

/// The same in 3, where half the spacing is eight times the work.
const SPACING_3D: f32 = 0.6;

/// A layout less wide than this gets nodes at half the distance, which costs little there: near the top of the
/// kernel its curvature is all there is.
const NARROW: f32 = 6.0;

/// Nodes of a grid, at most: more memory than this helps nobody, so a spread-out layout gets wider cells.
const MOST_NODES: f32 = (1 << 23) as f32;

/// Nodes beside the points: the spline of a point covers one before it and two after.
const MARGIN: usize = 4;

/// Nodes along an axis, at least: room to look at what a mass does to the nodes its own point is read from.
const FEWEST_NODES: usize = 8;

/// A grid over the points, kept from step to step while it fits.
pub(super) struct Grid<const D: usize> {
    convolution: Option<Convolution>,
    spacing: f32,
    /// What a mass at a node does to that node and the next three along each axis.
    near: Vec<f32>,
    mass: Vec<f32>,
    potential: Vec<f32>,
    /// Points in the grid's coordinates, sorted by their node along the last axis.
    sorted: Vec<[f32; D]>,
    starts: Vec<usize>,
}

/// Where points lie and how wide.
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

    /// The spacing of nodes: the usual one, or as wide as the limit on nodes asks for.
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

/// Cubic B-spline over the four nodes around a point, by the point's place between the middle two.
fn weights(fraction: f32) -> [f32; 4] {
    let rest = 1.0 - fraction;
    let (squared, rest_squared) = (fraction * fraction, rest * rest);
    [
        rest_squared * rest / 6.0,
        2.0 / 3.0 - squared + 0.5 * squared * fraction,
        2.0 / 3.0 - rest_squared + 0.5 * rest_squared * rest,
        squared * fraction / 6.0,
    ]
}

/// Its derivative.
fn slopes(fraction: f32) -> [f32; 4] {
    let rest = 1.0 - fraction;
    [
        -0.5 * rest * rest,
        fraction * (1.5 * fraction - 2.0),
        rest * (2.0 - 1.5 * rest),
        0.5 * fraction * fraction,
    ]
}

/// The first node a point's spline covers, and its place between the middle two.
fn cell(place: f32) -> (usize, f32) {
    let node = place as usize;
    (node - 1, place - node as f32)
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

        // The points in the middle of the grid, whose margin stays.
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

    /// A grid that holds the points, made anew when the old one is too small or far too large.
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
        // A little room, so that a layout that grows does not need a new one at each step.
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

/// Adds a point's share to the nodes of a slice.
fn spread_in_slice<const D: usize>(
    mass: &mut [f32],
    nodes: [usize; 3],
    place: &[f32; D],
    share: f32,
) {
    if D == 1 {
        mass[0] += share;
        return;
    }
    let (x, x_fraction) = cell(place[0]);
    let along_x = weights(x_fraction);
    let mut row = |y: usize, share: f32| {
        let first = y * nodes[0] + x;
        for (mass, weight) in mass[first..first + 4].iter_mut().zip(along_x) {
            *mass += share * weight;
        }
    };
    if D == 2 {
        row(0, share);
    } else {
        let (y, y_fraction) = cell(place[1]);
        for (at, weight) in weights(y_fraction).into_iter().enumerate() {
            row(y + at, share * weight);
        }
    }
}

/// The potential at a place, and its gradient in the grid's coordinates.
fn read<const D: usize>(potential: &[f32], nodes: [usize; 3], place: [f32; D]) -> (f32, [f32; D]) {
    let (x, fraction) = cell(place[0]);
    let (along_x, slope_x) = (weights(fraction), slopes(fraction));
    let row = |first: usize| {
        let values = &potential[first + x..first + x + 4];
        let dot = |weights: [f32; 4]| {
            values[0] * weights[0]
                + values[1] * weights[1]
                + values[2] * weights[2]
                + values[3] * weights[3]
        };
        [dot(along_x), dot(slope_x)]
    };
    let mut gradient = [0.0; D];
    if D == 1 {
        let [value, slope] = row(0);
        gradient[0] = slope;
        return (value, gradient);
    }
    let (y, fraction) = cell(place[1]);
    let (along_y, slope_y) = (weights(fraction), slopes(fraction));
    // Value, slope along x, slope along y.
    let plane = |z: usize| {
        let mut sums = [0.0; 3];
        for at in 0..4 {
            let [value, slope] = row((z * nodes[1] + y + at) * nodes[0]);
            sums[0] += value * along_y[at];
            sums[1] += slope * along_y[at];
            sums[2] += value * slope_y[at];
        }
        sums
    };
    if D == 2 {
        let [value, slope_x, slope_y] = plane(0);
        gradient[0] = slope_x;
        gradient[1] = slope_y;
        return (value, gradient);
    }
    let (z, fraction) = cell(place[2]);
    let (along_z, slope_z) = (weights(fraction), slopes(fraction));
    let mut value = 0.0;
    for at in 0..4 {
        let sums = plane(z + at);
        value += sums[0] * along_z[at];
        gradient[0] += sums[1] * along_z[at];
        gradient[1] += sums[2] * along_z[at];
        gradient[2] += sums[0] * slope_z[at];
    }
    (value, gradient)
}

/// The part of the potential at a place, and of its gradient, that is the point's own: the grid has no notion of
/// it. It pulls the point towards the nodes, where a layout would freeze.
fn own_share<const D: usize>(near: &[f32], place: [f32; D]) -> (f32, [f32; D]) {
    // How much of the point meets itself so many nodes apart, there and back, and half its derivative.
    let met = place.map(|place| {
        let (_, fraction) = cell(place);
        let (weights, slopes) = (weights(fraction), slopes(fraction));
        let mut met = [[0.0; 4]; 2];
        for apart in 0..4 {
            let sides = if apart == 0 { 1.0 } else { 2.0 };
            for at in 0..4 - apart {
                let (low, high) = (at, at + apart);
                met[0][apart] += sides * weights[low] * weights[high];
                let slope = slopes[low] * weights[high] + weights[low] * slopes[high];
                met[1][apart] += 0.5 * sides * slope;
            }
        }
        met
    });
    let mut value = 0.0;
    let mut gradient = [0.0; D];
    for (offset, near) in near.iter().enumerate() {
        let apart: [usize; D] = std::array::from_fn(|axis| offset >> (2 * axis) & 3);
        let product = |sloping: usize| -> f32 {
            let factors = (0..D).map(|axis| met[axis][usize::from(axis == sloping)][apart[axis]]);
            near * factors.product::<f32>()
        };
        value += product(D);
        for (axis, slope) in gradient.iter_mut().enumerate() {
            *slope += product(axis);
        }
    }
    (value, gradient)
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

    /// All of it lies within one cell, where only the kernel's curvature counts; the direction is right, and
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
