//! t-SNE: `shaders/tsne_repulsion.wgsl`, `shaders/tsne_sum.wgsl` and `shaders/tsne_step.wgsl`.
//!
//! Repulsion is exact here, pair by pair: no grid, no tree, nothing that depends on the order of threads. That
//! takes a GPU a millisecond for ten thousand points; the twin's grid overtakes it at some tens of thousands.

use trainscape_compute::projection::tsne::{self, Phase, Plan, Schedule};
use trainscape_compute::projection::{Layout, ProjectionError, Rows, Tsne};

use super::ComputePasses;
use super::buffers::empty;
use super::layout::{Points, device, upload_graph};
use super::pass::Pass;
use crate::context::GpuError;
use crate::shaders::{SharedLayout, shared_layout};

/// Settings of the repulsion.
#[repr(C)]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
struct Repulsion {
    /// Points in all.
    points: u32,
    /// First point this dispatch looks at.
    first: u32,
    /// The first it does not.
    last: u32,
}

/// Settings of the sum over all points.
#[repr(C)]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
struct Sum {
    /// Points in all.
    points: u32,
}

/// What all points make together; only the shaders look at it.
#[repr(C)]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
struct Sums {
    /// The middle of the layout.
    middle: [f32; 3],
    /// What distances from it are to be multiplied with.
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
    /// First point this dispatch moves.
    first: u32,
    /// The first it does not.
    last: u32,
    /// 1 where points start from rest.
    is_first: u32,
    /// What attraction is multiplied with.
    exaggeration: f32,
    /// How much of the last step this one repeats.
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

/// An edge, from the point whose it is.
#[repr(C)]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
struct Edge {
    /// The other end.
    point: u32,
    /// Joint probability of the two.
    probability: f32,
}

/// t-SNE under way on a GPU.
struct Descent {
    repulsion: Pass,
    sum: Pass,
    step: Pass,
    points: Points,
    graph: [wgpu::Buffer; 2],
    /// Edges of the point with the most.
    most_edges: u64,
    pushed: wgpu::Buffer,
    sums: wgpu::Buffer,
    motion: wgpu::Buffer,
    schedule: Schedule,
}

impl ComputePasses {
    /// Begins t-SNE on the GPU; the graph and where points start come from the CPU.
    ///
    /// # Errors
    /// As the twin, when the graph is more than the adapter can bind, or the device was lost.
    pub fn tsne(
        &self,
        matrix: &dyn Rows,
        dims: usize,
        settings: &Tsne,
    ) -> Result<Box<dyn Layout>, ProjectionError> {
        match dims {
            1 => self.tsne_of(&tsne::plan::<1>(matrix, settings)?),
            2 => self.tsne_of(&tsne::plan::<2>(matrix, settings)?),
            3 => self.tsne_of(&tsne::plan::<3>(matrix, settings)?),
            _ => Err(tsne::bad_dims(dims)),
        }
    }

    fn tsne_of<const D: usize>(&self, plan: &Plan<D>) -> Result<Box<dyn Layout>, ProjectionError> {
        let layout = self.descent(plan).map_err(device)?;
        Ok(Box::new(layout))
    }

    fn descent<const D: usize>(&self, plan: &Plan<D>) -> Result<Descent, GpuError> {
        let context = &self.context;
        let edge = |point: u32, at: usize| Edge {
            point,
            probability: plan.graph.weights.get(at).copied().unwrap_or(0.0),
        };
        let points = Points::new(context, &plan.positions, plan.schedule.iterations)?;
        let bytes = |each: usize| u64::from(points.count) * each as u64;
        let what = "the points' motion";
        let degrees = plan.graph.offsets.windows(2).map(|pair| pair[1] - pair[0]);
        Ok(Descent {
            repulsion: self
                .pass(&self.tsne_repulsion, "tsne_repulsion", "tsne_repulsion")
                .clone(),
            sum: self.pass(&self.tsne_sum, "tsne_sum", "tsne_sum").clone(),
            step: self.pass(&self.tsne_step, "tsne_step", "tsne_step").clone(),
            graph: upload_graph(context, &plan.graph, edge)?,
            most_edges: degrees.max().unwrap_or(0).into(),
            pushed: empty(context, "pushes", bytes(size_of::<[f32; 4]>()), what)?,
            sums: empty(context, "sums", size_of::<Sums>() as u64, what)?,
            motion: empty(context, "motion", bytes(size_of::<Motion>()), what)?,
            schedule: plan.schedule,
            points,
        })
    }
}

impl Layout for Descent {
    fn advance(&mut self, iterations: u32) -> Result<(), ProjectionError> {
        let Self {
            points, schedule, ..
        } = self;
        let [offsets, edges] = &self.graph;
        let (pushed, sums, motion) = (&self.pushed, &self.sums, &self.motion);
        points.advance(iterations, |context, points| {
            let count = points.count;
            for (first, last, workgroups) in points.parts(count.into()) {
                let settings = Repulsion {
                    points: count,
                    first,
                    last,
                };
                let buffers = [&points.current, pushed];
                self.repulsion
                    .dispatch(context, &settings, &buffers, workgroups);
            }
            let buffers = [&points.current, pushed, sums];
            self.sum
                .dispatch(context, &Sum { points: count }, &buffers, [1, 1, 1]);
            let Phase {
                exaggeration,
                momentum,
                is_first,
            } = schedule.phase(points.done);
            for (first, last, workgroups) in points.parts(self.most_edges) {
                let settings = Step {
                    first,
                    last,
                    is_first: is_first.into(),
                    exaggeration,
                    momentum,
                    rate: schedule.rate,
                };
                let (current, next) = (&points.current, &points.next);
                let buffers = [offsets, edges, current, pushed, sums, motion, next];
                self.step.dispatch(context, &settings, &buffers, workgroups);
            }
        })
    }

    fn progress(&self) -> [u32; 2] {
        self.points.progress()
    }

    fn positions(&mut self) -> Result<Vec<f32>, ProjectionError> {
        self.points.read()
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
