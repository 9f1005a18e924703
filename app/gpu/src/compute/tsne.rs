//! t-SNE: `shaders/tsne_repulsion.wgsl`, `shaders/tsne_sum.wgsl` and `shaders/tsne_step.wgsl`.
//!
//! Repulsion is exact here, pair by pair: it uses neither a grid nor a tree, and does not depend on the order of
//! threads. That takes a GPU a millisecond for ten thousand points; the CPU's grid is faster from some tens of
//! thousands of points on.

use trainscape_compute::projection::tsne::{self, Phase, Plan, Schedule};
use trainscape_compute::projection::{Layout, ProjectionError, Rows, Tsne};

use super::buffers::empty;
use super::layout::LayoutBuffers;
use super::pass::Pass;
use super::passes::{ComputePasses, PassId};
use crate::error::GpuError;
use crate::shaders::{SharedLayout, shared_layout};

const REPULSION: PassId = PassId::new("tsne_repulsion", "tsne_repulsion");
const SUM: PassId = PassId::new("tsne_sum", "tsne_sum");
const STEP: PassId = PassId::new("tsne_step", "tsne_step");

/// Settings of the repulsion.
#[repr(C)]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
struct Repulsion {
    /// Number of points.
    points: u32,
    /// First point of this dispatch.
    first: u32,
    /// End of its range of points.
    last: u32,
}

/// Settings of the sum over all points.
#[repr(C)]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
struct Sum {
    /// Number of points.
    points: u32,
}

/// Sums over all points; only the shaders read them.
#[repr(C)]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
struct Sums {
    /// The centre of the layout.
    middle: [f32; 3],
    /// Factor for distances from it.
    factor: f32,
    /// The sum of q over all pairs.
    total: f32,
    /// WGSL rounds a struct up to its alignment.
    padding: [f32; 3],
}

/// Settings of a step.
#[repr(C)]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
struct Step {
    /// First point that this dispatch moves.
    first: u32,
    /// End of its range of points.
    last: u32,
    /// 1 where points start from rest.
    is_first: u32,
    /// Factor of the attraction.
    exaggeration: f32,
    /// Share of the previous step that this one repeats.
    momentum: f32,
    /// The learning rate.
    rate: f32,
}

/// How a point moves.
#[repr(C)]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
struct Motion {
    velocity: [f32; 4],
    gains: [f32; 4],
}

/// An edge of a point.
#[repr(C)]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
struct Edge {
    /// The other end.
    point: u32,
    /// Joint probability of the two.
    probability: f32,
}

/// t-SNE running on a GPU.
struct GpuDescent {
    repulsion: Pass,
    sum: Pass,
    step: Pass,
    buffers: LayoutBuffers,
    pushed: wgpu::Buffer,
    sums: wgpu::Buffer,
    motion: wgpu::Buffer,
    schedule: Schedule,
}

impl ComputePasses {
    /// Starts t-SNE on the GPU; the graph and the initial positions come from the CPU.
    ///
    /// # Errors
    /// As on the CPU, when the graph is larger than the adapter can bind, or the device was lost.
    pub fn tsne(
        &self,
        matrix: &dyn Rows,
        dims: usize,
        settings: &Tsne,
    ) -> Result<Box<dyn Layout>, ProjectionError> {
        Ok(Box::new(match dims {
            1 => self.descent(&tsne::plan::<1>(matrix, settings)?)?,
            2 => self.descent(&tsne::plan::<2>(matrix, settings)?)?,
            3 => self.descent(&tsne::plan::<3>(matrix, settings)?)?,
            _ => return Err(tsne::bad_dims(dims)),
        }))
    }

    fn descent<const D: usize>(&self, plan: &Plan<D>) -> Result<GpuDescent, GpuError> {
        let context = &self.context;
        let edge = |point: u32, at: usize| Edge {
            point,
            probability: plan.graph.weights.get(at).copied().unwrap_or(0.0),
        };
        let steps = plan.schedule.iterations;
        let buffers = LayoutBuffers::new(context, &plan.positions, &plan.graph, edge, steps)?;
        let bytes = |each: usize| u64::from(buffers.count) * each as u64;
        let what = "the points' motion";
        Ok(GpuDescent {
            repulsion: self.pass(REPULSION),
            sum: self.pass(SUM),
            step: self.pass(STEP),
            pushed: empty(context, "pushes", bytes(size_of::<[f32; 4]>()), what)?,
            sums: empty(context, "sums", size_of::<Sums>() as u64, what)?,
            motion: empty(context, "motion", bytes(size_of::<Motion>()), what)?,
            schedule: plan.schedule,
            buffers,
        })
    }
}

impl Layout for GpuDescent {
    fn advance(&mut self, iterations: u32) -> Result<(), ProjectionError> {
        let schedule = self.schedule;
        let (repulsion, sum, step) = (&self.repulsion, &self.sum, &self.step);
        let (pushed, sums, motion) = (&self.pushed, &self.sums, &self.motion);
        self.buffers.advance(iterations, |context, layout| {
            let LayoutBuffers {
                count,
                current,
                next,
                offsets,
                edges,
                ..
            } = layout;
            let points = *count;
            for (first, last, workgroups) in layout.parts(points.into()) {
                let settings = Repulsion {
                    points,
                    first,
                    last,
                };
                repulsion.dispatch(context, &settings, &[current, pushed], workgroups);
            }
            let bound = [current, pushed, sums];
            sum.dispatch(context, &Sum { points }, &bound, [1, 1, 1]);
            let Phase {
                exaggeration,
                momentum,
                is_first,
            } = schedule.phase(layout.done);
            for (first, last, workgroups) in layout.parts(layout.most_edges) {
                let settings = Step {
                    first,
                    last,
                    is_first: is_first.into(),
                    exaggeration,
                    momentum,
                    rate: schedule.rate,
                };
                let bound = [offsets, edges, current, pushed, sums, motion, next];
                step.dispatch(context, &settings, &bound, workgroups);
            }
        })
    }

    fn progress(&self) -> [u32; 2] {
        self.buffers.progress()
    }

    fn positions(&mut self) -> Result<Vec<f32>, ProjectionError> {
        self.buffers.read()
    }
}

pub(super) fn shared_layouts() -> Vec<SharedLayout> {
    vec![
        shared_layout!(
            "tsne_repulsion",
            Repulsion {
                points,
                first,
                last
            }
        ),
        shared_layout!("tsne_sum", Sum { points }),
        shared_layout!(
            "tsne_sum",
            Sums {
                middle,
                factor,
                total
            }
        ),
        shared_layout!(
            "tsne_step",
            Sums {
                middle,
                factor,
                total
            }
        ),
        shared_layout!(
            "tsne_step",
            Step {
                first,
                last,
                is_first,
                exaggeration,
                momentum,
                rate
            }
        ),
        shared_layout!("tsne_step", Motion { velocity, gains }),
        shared_layout!("tsne_step", Edge { point, probability }),
    ]
}
