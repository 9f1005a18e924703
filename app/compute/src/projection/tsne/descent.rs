//! The descent of t-SNE's cost: momentum and a gain for each coordinate, with the schedule of scikit-learn.

use rayon::prelude::*;

use super::chunks::{CHUNK, sum_in_order};
use super::plan::{Phase, Plan};
use super::repulsion::Repulsion;
use crate::projection::graph::Graph;
use crate::projection::{Layout, ProjectionError};

/// Edges processed together.
const LANES: usize = 8;

/// How far a point moves in one step, at most; a layout is a few hundred wide, so that this limits only one that
/// diverges.
const FARTHEST_STEP: f32 = 1.0e3;

/// Positions are kept this near to the middle, for the same reason.
const FARTHEST: f32 = 1.0e5;

/// A layout narrower than this (root of the mean squared distance from its middle) is made wider.
const NARROW: f64 = 1.0e-5;

/// It gets this width.
const WIDENED: f64 = 1.0e-4;

/// t-SNE running on the CPU.
pub(super) struct Descent<const D: usize> {
    plan: Plan<D>,
    done: u32,
    next: Vec<[f32; D]>,
    forces: Vec<[f32; D]>,
    motion: Vec<Motion<D>>,
    repulsion: Repulsion<D>,
}

/// How a point moves.
#[derive(Clone, Copy)]
struct Motion<const D: usize> {
    velocity: [f32; D],
    gains: [f32; D],
}

impl<const D: usize> Motion<D> {
    const REST: Self = Self {
        velocity: [0.0; D],
        gains: [1.0; D],
    };

    /// One step down a gradient.
    #[inline(always)]
    fn step(
        &mut self,
        position: [f32; D],
        gradient: [f32; D],
        rate: f32,
        phase: Phase,
    ) -> [f32; D] {
        std::array::from_fn(|axis| {
            let (velocity, gain) = (&mut self.velocity[axis], &mut self.gains[axis]);
            *gain = if *velocity * gradient[axis] < 0.0 {
                *gain + 0.2
            } else {
                (*gain * 0.8).max(0.01)
            };
            *velocity = (phase.momentum * *velocity - rate * *gain * gradient[axis])
                .clamp(-FARTHEST_STEP, FARTHEST_STEP);
            (position[axis] + *velocity).clamp(-FARTHEST, FARTHEST)
        })
    }
}

impl<const D: usize> Descent<D> {
    pub(super) fn new(plan: Plan<D>) -> Self {
        let count = plan.positions.len();
        Self {
            plan,
            done: 0,
            next: vec![[0.0; D]; count],
            forces: vec![[0.0; D]; count],
            motion: vec![Motion::REST; count],
            repulsion: Repulsion::new(),
        }
    }

    fn step(&mut self) {
        let phase = self.plan.schedule.phase(self.done);
        if phase.is_first {
            self.motion.fill(Motion::REST);
        }
        let plan = &self.plan;
        let widening = Widening::of(&plan.positions);
        let sum = self.repulsion.compute(&plan.positions, &mut self.forces);
        // Pairs of identical points sum up to 1 each; only a single point has no pairs.
        let share = (1.0 / sum.max(f64::MIN_POSITIVE)) as f32;
        self.next
            .par_chunks_mut(CHUNK)
            .zip(self.forces.par_chunks(CHUNK))
            .zip(self.motion.par_chunks_mut(CHUNK))
            .enumerate()
            .for_each(|(chunk, ((next, forces), motion))| {
                pulp::Arch::new().dispatch(Steps {
                    plan,
                    phase,
                    share,
                    widening,
                    first: chunk * CHUNK,
                    next,
                    forces,
                    motion,
                });
            });
        std::mem::swap(&mut self.plan.positions, &mut self.next);
        self.done += 1;
    }
}

/// One step of some points, for the widest SIMD lanes of the machine.
struct Steps<'a, const D: usize> {
    plan: &'a Plan<D>,
    phase: Phase,
    /// Factor of the repulsion.
    share: f32,
    widening: Widening<D>,
    /// The first point.
    first: usize,
    next: &'a mut [[f32; D]],
    forces: &'a [[f32; D]],
    motion: &'a mut [Motion<D>],
}

impl<const D: usize> pulp::NullaryFnOnce for Steps<'_, D> {
    type Output = ();

    // Inlined, so that it is compiled for those lanes.
    #[inline(always)]
    fn call(self) {
        let Self { plan, phase, .. } = self;
        let points = self.next.iter_mut().zip(self.forces).zip(self.motion);
        for (vertex, ((next, pushed), motion)) in (self.first..).zip(points) {
            let pulled = attraction(&plan.graph, &plan.positions, vertex);
            let gradient = std::array::from_fn(|axis| {
                4.0 * (phase.exaggeration * pulled[axis] - self.share * pushed[axis])
            });
            *next = motion.step(plan.positions[vertex], gradient, plan.schedule.rate, phase);
            if self.widening.factor != 1.0 {
                self.widening.apply(next, &mut motion.velocity);
            }
        }
    }
}

/// Makes a narrow layout wider.
///
/// Where rows form no clear groups, exaggerated attraction shrinks the whole layout geometrically, down to where
/// all points are one in f32. As long as all distances are far below 1 a step is linear, a power iteration
/// (Linderman and Steinerberger 2019) in which only the directions count, and the width may be chosen.
#[derive(Clone, Copy)]
struct Widening<const D: usize> {
    middle: [f32; D],
    factor: f32,
}

impl<const D: usize> Widening<D> {
    fn of(positions: &[[f32; D]]) -> Self {
        let sum = |of: &(dyn Fn(&[f32; D]) -> f64 + Sync)| {
            let chunks = positions.par_chunks(CHUNK);
            sum_in_order(chunks.map(|chunk| chunk.iter().map(of).sum())) / positions.len() as f64
        };
        let middle = std::array::from_fn(|axis| sum(&|position| f64::from(position[axis])) as f32);
        let squared = sum(&|position| {
            let apart = position
                .iter()
                .zip(middle)
                .map(|(x, middle)| f64::from(x - middle));
            apart.map(|apart| apart * apart).sum()
        });
        let width = squared.sqrt();
        let is_narrow = width < NARROW && width > f64::from(f32::MIN_POSITIVE);
        Self {
            middle,
            factor: if is_narrow {
                (WIDENED / width) as f32
            } else {
                1.0
            },
        }
    }

    #[inline(always)]
    fn apply(&self, position: &mut [f32; D], velocity: &mut [f32; D]) {
        for axis in 0..D {
            position[axis] = self.factor * (position[axis] - self.middle[axis]);
            velocity[axis] *= self.factor;
        }
    }
}

/// The sum of `p q (own - other)` over a vertex's edges.
#[inline(always)]
fn attraction<const D: usize>(graph: &Graph, positions: &[[f32; D]], vertex: usize) -> [f32; D] {
    let own = positions[vertex];
    let edges = graph.edges(vertex);
    let targets = graph.targets[edges.clone()].chunks(LANES);
    let weights = graph.weights[edges].chunks(LANES);
    let mut pulled = [[0.0; LANES]; D];
    for (targets, weights) in targets.zip(weights) {
        let mut apart = [[0.0; LANES]; D];
        let mut weight = [0.0; LANES];
        for (lane, (&target, &w)) in targets.iter().zip(weights).enumerate() {
            let other = positions[target as usize];
            for axis in 0..D {
                apart[axis][lane] = own[axis] - other[axis];
            }
            weight[lane] = w;
        }
        for lane in 0..LANES {
            let squared: f32 = apart.iter().map(|apart| apart[lane] * apart[lane]).sum();
            let pull = weight[lane] / (1.0 + squared);
            for axis in 0..D {
                pulled[axis][lane] += pull * apart[axis][lane];
            }
        }
    }
    pulled.map(|lanes| lanes.iter().sum())
}

impl<const D: usize> Layout for Descent<D> {
    fn advance(&mut self, iterations: u32) -> Result<(), ProjectionError> {
        for _ in 0..iterations.min(self.plan.schedule.iterations - self.done) {
            self.step();
        }
        Ok(())
    }

    fn progress(&self) -> [u32; 2] {
        [self.done, self.plan.schedule.iterations]
    }

    fn positions(&mut self) -> Result<Vec<f32>, ProjectionError> {
        Ok(self.plan.positions.as_flattened().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::super::plan::{EXAGGERATION, Schedule};
    use super::super::repulsion::tests::{groups, naive};
    use super::*;

    #[test]
    fn the_first_step_goes_down_the_exact_gradient() {
        let count = 60;
        let positions = groups::<2>(count, 2.0);
        let mut graph = Graph::default();
        graph.offsets.push(0);
        for vertex in 0..count {
            for other in (0..count).filter(|&other| other != vertex && (other + vertex) % 5 < 2) {
                graph.targets.push(other as u32);
                graph
                    .weights
                    .push((1 + (other * vertex) % 7) as f32 * 1.0e-4);
            }
            graph.offsets.push(graph.targets.len() as u32);
        }
        let schedule = Schedule::new(count, 1000);
        let mut descent = Descent::new(Plan {
            graph: graph.clone(),
            positions: positions.clone(),
            schedule,
        });
        assert_eq!(descent.advance(1), Ok(()));

        let (pushed, total) = naive(&positions);
        for vertex in 0..count {
            for axis in 0..2 {
                let mut pulled = 0.0;
                for edge in graph.edges(vertex) {
                    let other = positions[graph.targets[edge] as usize];
                    let apart: [f64; 2] = std::array::from_fn(|axis| {
                        f64::from(positions[vertex][axis]) - f64::from(other[axis])
                    });
                    let q = 1.0 / (1.0 + apart[0].powi(2) + apart[1].powi(2));
                    pulled += f64::from(graph.weights[edge]) * q * apart[axis];
                }
                let exaggeration = f64::from(EXAGGERATION);
                let gradient = 4.0 * (exaggeration * pulled - pushed[vertex][axis] / total);
                // From rest a gain falls to 0.8.
                let wanted = -0.8 * f64::from(schedule.rate) * gradient;
                let found = f64::from(descent.plan.positions[vertex][axis])
                    - f64::from(positions[vertex][axis]);
                // Positions of 5 round to 2e-7 of themselves.
                assert!(
                    (found - wanted).abs() < 2.0e-6,
                    "{vertex} {axis}: {found} {wanted}"
                );
            }
        }
    }
}
