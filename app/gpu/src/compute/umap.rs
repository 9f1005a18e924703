//! UMAP: `shaders/umap.wgsl`.

use trainscape_compute::projection::umap::{self, Plan, Schedule};
use trainscape_compute::projection::{Layout, ProjectionError, Rows, Umap};

use super::ComputePasses;
use super::layout::{Points, device, upload_graph};
use super::pass::Pass;
use crate::context::GpuError;
use crate::shaders::{SharedLayout, shared_layout};

/// Settings of the pass.
#[repr(C)]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
struct Epoch {
    /// Points in all.
    points: u32,
    /// First point this dispatch moves.
    first: u32,
    /// The first it does not.
    last: u32,
    /// Epochs done.
    epoch: u32,
    /// The seed of everything drawn.
    seed: u32,
    /// The learning rate of this epoch.
    rate: f32,
    /// Similarity by distance: 1 / (1 + a distance^(2 b)).
    a: f32,
    /// Half the power of it.
    b: f32,
}

/// An edge, from the point whose it is.
#[repr(C)]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
struct Edge {
    /// The other end.
    point: u32,
    /// In how many of 2^32 epochs it is sampled.
    frequency: u32,
}

/// UMAP under way on a GPU.
struct Sampling {
    pass: Pass,
    points: Points,
    graph: [wgpu::Buffer; 2],
    /// Distances of points that an epoch looks at, for the busiest point.
    work: u64,
    schedule: Schedule,
}

impl ComputePasses {
    /// Begins UMAP on the GPU; the graph and where points start come from the CPU.
    ///
    /// # Errors
    /// As the twin, when the graph is more than the adapter can bind, or the device was lost.
    pub fn umap(
        &self,
        matrix: &dyn Rows,
        dims: usize,
        settings: &Umap,
    ) -> Result<Box<dyn Layout>, ProjectionError> {
        match dims {
            1 => self.umap_of(&umap::plan::<1>(matrix, settings)?),
            2 => self.umap_of(&umap::plan::<2>(matrix, settings)?),
            3 => self.umap_of(&umap::plan::<3>(matrix, settings)?),
            _ => Err(umap::bad_dims(dims)),
        }
    }

    fn umap_of<const D: usize>(&self, plan: &Plan<D>) -> Result<Box<dyn Layout>, ProjectionError> {
        let layout = self.sampling(plan).map_err(device)?;
        Ok(Box::new(layout))
    }

    fn sampling<const D: usize>(&self, plan: &Plan<D>) -> Result<Sampling, GpuError> {
        let edge = |point: u32, at: usize| Edge {
            point,
            frequency: plan.frequencies.get(at).copied().unwrap_or(0),
        };
        let degrees = plan.graph.offsets.windows(2).map(|pair| pair[1] - pair[0]);
        Ok(Sampling {
            pass: self.pass(&self.umap, "umap", "umap_epoch").clone(),
            points: Points::new(&self.context, &plan.positions, plan.schedule.epochs)?,
            graph: upload_graph(&self.context, &plan.graph, edge)?,
            work: 8 * u64::from(degrees.max().unwrap_or(0)),
            schedule: plan.schedule,
        })
    }
}

impl Layout for Sampling {
    fn advance(&mut self, iterations: u32) -> Result<(), ProjectionError> {
        let Schedule { seed, curve, .. } = self.schedule;
        let (pass, schedule) = (&self.pass, &self.schedule);
        let [offsets, edges] = &self.graph;
        self.points.advance(iterations, |context, points| {
            for (first, last, workgroups) in points.parts(self.work) {
                let settings = Epoch {
                    points: points.count,
                    first,
                    last,
                    epoch: points.done,
                    seed,
                    rate: schedule.rate(points.done),
                    a: curve.a,
                    b: curve.b,
                };
                let buffers = [offsets, edges, &points.current, &points.next];
                pass.dispatch(context, &settings, &buffers, workgroups);
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
            "umap",
            Epoch {
                points,
                first,
                last,
                epoch,
                seed,
                rate,
                a,
                b
            }
        ),
        shared_layout!("umap", Edge { point, frequency }),
    ]
}
