//! The potential of masses on a grid of up to three axes, by FFT, padded so that nothing wraps around.

use std::sync::Arc;

use rayon::prelude::*;
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::{Fft, FftPlanner};

/// Neighbouring frequencies, or rows, that one task handles: as many as a line of the cache holds.
const BLOCK: usize = 8;

type Value = Complex<f32>;

const ZERO: Value = Complex { re: 0.0, im: 0.0 };

/// The transforms of a complex axis.
struct Axis {
    nodes: usize,
    padded: usize,
    forward: Arc<dyn Fft<f32>>,
    inverse: Arc<dyn Fft<f32>>,
}

impl Axis {
    fn new(nodes: usize, planner: &mut FftPlanner<f32>) -> Self {
        let padded = padded(nodes);
        Self {
            nodes,
            padded,
            forward: planner.plan_fft_forward(padded),
            inverse: planner.plan_fft_inverse(padded),
        }
    }

    /// Frequencies that the others mirror.
    fn half(&self) -> usize {
        self.padded / 2 + 1
    }
}

/// Convolves with the kernel `1 / (1 + squared distance)`, sampled at the nodes.
pub(super) struct Convolution {
    /// Nodes along x, y, z; 1 for an unused axis.
    nodes: [usize; 3],
    padded_x: usize,
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    y: Axis,
    z: Axis,
    /// The factor of each frequency: x slowest, then z, then y; the mirrored half left out.
    kernel: Vec<f32>,
    /// The frequencies along x of each row of nodes.
    rows: Vec<Value>,
    /// The same by frequency: a plane of nodes along y and z each.
    planes: Vec<Value>,
}

/// The least length that holds twice as many nodes, with small prime factors for the FFT.
fn padded(nodes: usize) -> usize {
    if nodes == 1 {
        return 1;
    }
    let is_smooth = |length: usize| {
        let mut rest = length;
        for factor in [2, 3, 5] {
            while rest.is_multiple_of(factor) {
                rest /= factor;
            }
        }
        rest == 1
    };
    (2 * nodes..)
        .step_by(2)
        .find(|&length| is_smooth(length))
        .expect("invariant: there is always a larger power of two")
}

impl Convolution {
    /// For a grid of nodes, `spacing` apart along each axis; absent axes have one node.
    pub(super) fn new(nodes: [usize; 3], spacing: f32) -> Self {
        let padded_x = padded(nodes[0]);
        let mut real = RealFftPlanner::new();
        let mut planner = FftPlanner::new();
        let [y, z] = [nodes[1], nodes[2]].map(|nodes| Axis::new(nodes, &mut planner));
        let mut convolution = Self {
            nodes,
            padded_x,
            forward: real.plan_fft_forward(padded_x),
            inverse: real.plan_fft_inverse(padded_x),
            kernel: Vec::new(),
            rows: vec![ZERO; nodes[1] * nodes[2] * (padded_x / 2 + 1)],
            planes: vec![ZERO; nodes[1] * nodes[2] * (padded_x / 2 + 1)],
            y,
            z,
        };
        convolution.kernel = convolution.kernel(spacing);
        convolution
    }

    /// Nodes along x, y, z.
    pub(super) fn nodes(&self) -> [usize; 3] {
        self.nodes
    }

    fn frequencies(&self) -> usize {
        self.padded_x / 2 + 1
    }

    /// The spectrum of the kernel, over that of the splines with which points are spread and the potential
    /// is read: with them between the nodes, the kernel is met at the nodes.
    fn kernel(&self, spacing: f32) -> Vec<f32> {
        let [frequencies, y_half, z_half] = [self.frequencies(), self.y.half(), self.z.half()];
        let lengths = [self.padded_x, self.y.padded, self.z.padded];
        let spline = |axis: usize, frequency: usize| {
            if lengths[axis] == 1 {
                return 1.0;
            }
            let angle = std::f32::consts::TAU * frequency as f32 / lengths[axis] as f32;
            ((2.0 + angle.cos()) / 3.0).powi(2)
        };
        let scale = 1.0 / lengths.iter().product::<usize>() as f32;

        // Even along every axis, so each transform of a row is real, and half of everything is enough.
        let mut rows = vec![0.0; y_half * z_half * frequencies];
        rows.par_chunks_mut(frequencies)
            .enumerate()
            .for_each(|(row, out)| {
                let (y, z) = (row % y_half, row / y_half);
                let across = (y * y + z * z) as f32;
                let mut line: Vec<f32> = (0..self.padded_x)
                    .map(|x| {
                        let x = x.min(self.padded_x - x) as f32;
                        1.0 / (1.0 + spacing * spacing * (x * x + across))
                    })
                    .collect();
                let mut spectrum = self.forward.make_output_vec();
                self.forward
                    .process(&mut line, &mut spectrum)
                    .expect("invariant: both have the plan's lengths");
                for (out, value) in out.iter_mut().zip(&spectrum) {
                    *out = value.re;
                }
            });
        let mut kernel = vec![0.0; y_half * z_half * frequencies];
        kernel
            .par_chunks_mut(y_half * z_half)
            .enumerate()
            .for_each(|(x, plane)| {
                for (row, value) in plane.iter_mut().enumerate() {
                    *value = rows[row * frequencies + x];
                }
                transform_even(&self.y, plane, y_half, 1);
                transform_even(&self.z, plane, 1, y_half);
                for (at, value) in plane.iter_mut().enumerate() {
                    let splines = spline(0, x) * spline(1, at % y_half) * spline(2, at / y_half);
                    *value *= scale / splines;
                }
            });
        kernel
    }

    /// The potential of masses at the nodes, x fastest.
    pub(super) fn apply(&mut self, mass: &[f32], potential: &mut [f32]) {
        let [nodes, ..] = self.nodes;
        let frequencies = self.frequencies();
        let mut rows = std::mem::take(&mut self.rows);
        let mut planes = std::mem::take(&mut self.planes);

        rows.par_chunks_mut(frequencies)
            .zip(mass.par_chunks(nodes))
            .with_min_len(BLOCK)
            .for_each_init(
                || {
                    (
                        self.forward.make_input_vec(),
                        self.forward.make_scratch_vec(),
                    )
                },
                |(line, scratch), (out, mass)| {
                    line[..nodes].copy_from_slice(mass);
                    line[nodes..].fill(0.0);
                    self.forward
                        .process_with_scratch(line, out, scratch)
                        .expect("invariant: both have the plan's lengths");
                },
            );

        let plane = self.y.nodes * self.z.nodes;
        planes
            .par_chunks_mut(BLOCK * plane)
            .enumerate()
            .for_each_init(Scratch::default, |scratch, (block, out)| {
                let first = block * BLOCK;
                for (at, row) in rows.chunks_exact(frequencies).enumerate() {
                    for (x, out) in out.chunks_exact_mut(plane).enumerate() {
                        out[at] = row[first + x];
                    }
                }
                for (x, out) in out.chunks_exact_mut(plane).enumerate() {
                    self.multiply(first + x, out, scratch);
                }
            });

        potential
            .par_chunks_mut(BLOCK * nodes)
            .enumerate()
            .for_each_init(
                || {
                    let lines = vec![ZERO; BLOCK * frequencies];
                    let line = self.inverse.make_output_vec();
                    (lines, line, self.inverse.make_scratch_vec())
                },
                |(lines, line, scratch), (block, out)| {
                    let first = block * BLOCK;
                    let count = out.len() / nodes;
                    for (x, plane) in planes.chunks_exact(plane).enumerate() {
                        for (at, value) in plane[first..first + count].iter().enumerate() {
                            lines[at * frequencies + x] = *value;
                        }
                    }
                    let lines = lines.chunks_exact_mut(frequencies);
                    for (out, spectrum) in out.chunks_exact_mut(nodes).zip(lines) {
                        // Rounding leaves a trace of imagination where the transform wants none.
                        spectrum[0].im = 0.0;
                        spectrum[frequencies - 1].im = 0.0;
                        self.inverse
                            .process_with_scratch(spectrum, line, scratch)
                            .expect("invariant: both have the plan's lengths");
                        out.copy_from_slice(&line[..nodes]);
                    }
                },
            );
        self.rows = rows;
        self.planes = planes;
    }

    /// Multiplies one frequency along x, a plane of nodes, with the kernel: transformed along y and z, which
    /// fits into a core's cache, and back.
    fn multiply(&self, x: usize, plane: &mut [Value], scratch: &mut Scratch) {
        let (y, z) = (&self.y, &self.z);
        let half = y.half() * z.half();
        let kernel = &self.kernel[x * half..(x + 1) * half];
        scratch.fit(y, z);
        let Scratch {
            along_y,
            along_z,
            work,
        } = scratch;

        for (line, nodes) in along_y
            .chunks_exact_mut(y.padded)
            .zip(plane.chunks_exact(y.nodes))
        {
            line[..y.nodes].copy_from_slice(nodes);
            line[y.nodes..].fill(ZERO);
        }
        y.forward.process_with_scratch(along_y, work);
        if z.nodes == 1 {
            for (at, value) in along_y.iter_mut().enumerate() {
                *value *= kernel[at.min(y.padded - at)];
            }
        } else {
            for (at_y, line) in along_z.chunks_exact_mut(z.padded).enumerate() {
                for (at, value) in line[..z.nodes].iter_mut().enumerate() {
                    *value = along_y[at * y.padded + at_y];
                }
                line[z.nodes..].fill(ZERO);
            }
            z.forward.process_with_scratch(along_z, work);
            for (at_y, line) in along_z.chunks_exact_mut(z.padded).enumerate() {
                let y_mirrored = at_y.min(y.padded - at_y);
                for (at_z, value) in line.iter_mut().enumerate() {
                    *value *= kernel[at_z.min(z.padded - at_z) * y.half() + y_mirrored];
                }
            }
            z.inverse.process_with_scratch(along_z, work);
            for (at_y, line) in along_z.chunks_exact(z.padded).enumerate() {
                for (at, value) in line[..z.nodes].iter().enumerate() {
                    along_y[at * y.padded + at_y] = *value;
                }
            }
        }
        y.inverse.process_with_scratch(along_y, work);
        for (line, nodes) in along_y
            .chunks_exact(y.padded)
            .zip(plane.chunks_exact_mut(y.nodes))
        {
            nodes.copy_from_slice(&line[..y.nodes]);
        }
    }
}

/// Transforms lines that are even, of which only the first half is there.
fn transform_even(axis: &Axis, plane: &mut [f32], lines_apart: usize, stride: usize) {
    let (half, padded) = (axis.half(), axis.padded);
    if padded == 1 {
        return;
    }
    let mut line = vec![ZERO; padded];
    for first in 0..plane.len() / half {
        let first = first * lines_apart;
        for (at, value) in line.iter_mut().enumerate() {
            *value = Complex::new(plane[first + stride * at.min(padded - at)], 0.0);
        }
        axis.forward.process(&mut line);
        for (at, value) in line[..half].iter().enumerate() {
            plane[first + stride * at] = value.re;
        }
    }
}

/// A thread's scratch memory for one plane.
#[derive(Default)]
struct Scratch {
    along_y: Vec<Value>,
    along_z: Vec<Value>,
    work: Vec<Value>,
}

impl Scratch {
    fn fit(&mut self, y: &Axis, z: &Axis) {
        let work = [&y.forward, &y.inverse, &z.forward, &z.inverse]
            .map(|fft| fft.get_inplace_scratch_len());
        self.along_y.resize(y.padded * z.nodes, ZERO);
        self.along_z
            .resize(if z.nodes == 1 { 0 } else { y.padded * z.padded }, ZERO);
        self.work.resize(work.into_iter().max().unwrap_or(0), ZERO);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_potential_at_the_nodes_is_the_sum_over_all_masses() {
        for nodes in [[9, 1, 1], [12, 7, 1], [5, 9, 6]] {
            let spacing = 0.5;
            let count = nodes.iter().product::<usize>();
            let place = |at: usize| {
                let [x, y, _] = nodes;
                [at % x, at / x % y, at / x / y].map(|at| at as f32 * spacing)
            };
            // Spreading and reading by splines is what a mass at a node and its value represent.
            let spread = |values: &[f32]| -> Vec<f32> {
                let mut values = values.to_vec();
                for (axis, stride) in [1, nodes[0], nodes[0] * nodes[1]].into_iter().enumerate() {
                    if nodes[axis] == 1 {
                        continue;
                    }
                    let old = values.clone();
                    for (at, value) in values.iter_mut().enumerate() {
                        let along = at / stride % nodes[axis];
                        let neighbour = |there: bool, at: usize| if there { old[at] } else { 0.0 };
                        *value = (4.0 * old[at]
                            + neighbour(along > 0, at.wrapping_sub(stride))
                            + neighbour(along + 1 < nodes[axis], at + stride))
                            / 6.0;
                    }
                }
                values
            };
            // Nothing at the border, so that no part of a spread mass is cut off.
            let mass: Vec<f32> = (0..count)
                .map(|at| {
                    let place = place(at).map(|x| (x / spacing) as usize);
                    let inner =
                        (0..3).all(|a| nodes[a] == 1 || (1..nodes[a] - 1).contains(&place[a]));
                    if inner { (at * 7 % 5) as f32 } else { 0.0 }
                })
                .collect();
            let mut potential = vec![0.0; count];
            Convolution::new(nodes, spacing).apply(&spread(&mass), &mut potential);
            let read = spread(&potential);
            for (at, read) in read.iter().enumerate() {
                let here = place(at);
                let inner = (0..3).all(|axis| {
                    let along = (here[axis] / spacing) as usize;
                    nodes[axis] == 1 || (1..nodes[axis] - 1).contains(&along)
                });
                let sum: f32 = mass
                    .iter()
                    .enumerate()
                    .map(|(other, mass)| {
                        let there = place(other);
                        let squared: f32 = (0..3).map(|a| (here[a] - there[a]).powi(2)).sum();
                        mass / (1.0 + squared)
                    })
                    .sum();
                // The spectrum is divided by as little as 1/9 an axis, which the rounding grows with.
                assert!(
                    !inner || (read - sum).abs() < 1.0e-4 * sum,
                    "{nodes:?} {at}: {read} {sum}"
                );
            }
        }
    }
}
