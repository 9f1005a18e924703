//! UMAP: `shaders/umap.wgsl`.

use trainscape_compute::projection::umap::{self, Plan, Schedule};
use trainscape_compute::projection::{Layout, ProjectionError, Rows, Umap};

use super::layout::LayoutBuffers;
use super::pass::Pass;
use super::passes::{ComputePasses, PassId};
use crate::error::GpuError;
use crate::shaders::{SharedLayout, shared_layout};

const EPOCH: PassId = PassId::new("umap", "umap_epoch");

/// Distances that an epoch computes for an edge, at most.
const DISTANCES_PER_EDGE: u64 = 8;

/// Settings of the pass.
#[repr(C)]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
struct Epoch {
    /// Number of points.
    points: u32,
    /// First point that this dispatch moves.
    first: u32,
    /// End of its range of points.
    last: u32,
    /// Epochs done.
    epoch: u32,
    /// Seed of the random numbers.
    seed: u32,
    /// The learning rate of this epoch.
    rate: f32,
    /// Similarity by distance: 1 / (1 + a distance^(2 b)).
    a: f32,
    /// Half the exponent of the distance.
    b: f32,
}

/// An edge of a point.
#[repr(C)]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
struct Edge {
    /// The other end.
    point: u32,
    /// The number of epochs, out of 2^32, in which it is sampled.
    frequency: u32,
}

/// UMAP running on a GPU.
struct GpuSampling {
    pass: Pass,
    buffers: LayoutBuffers,
    schedule: Schedule,
}

impl ComputePasses {
    /// Starts UMAP on the GPU; the graph and the initial positions come from the CPU.
    ///
    /// # Errors
    /// As on the CPU, when the graph is larger than the adapter can bind, or the device was lost.
    pub fn umap(
        &self,
        matrix: &dyn Rows,
        dims: usize,
        settings: &Umap,
    ) -> Result<Box<dyn Layout>, ProjectionError> {
        Ok(Box::new(match dims {
            1 => self.sampling(&umap::plan::<1>(matrix, settings)?)?,
            2 => self.sampling(&umap::plan::<2>(matrix, settings)?)?,
            3 => self.sampling(&umap::plan::<3>(matrix, settings)?)?,
            _ => return Err(umap::bad_dims(dims)),
        }))
    }

    fn sampling<const D: usize>(&self, plan: &Plan<D>) -> Result<GpuSampling, GpuError> {
        let edge = |point: u32, at: usize| Edge {
            point,
            frequency: plan.frequencies.get(at).copied().unwrap_or(0),
        };
        let (positions, steps) = (&plan.positions, plan.schedule.epochs);
        Ok(GpuSampling {
            pass: self.pass(EPOCH),
            buffers: LayoutBuffers::new(&self.context, positions, &plan.graph, edge, steps)?,
            schedule: plan.schedule,
        })
    }
}

impl Layout for GpuSampling {
    fn advance(&mut self, iterations: u32) -> Result<(), ProjectionError> {
        let Schedule { seed, curve, .. } = self.schedule;
        let (pass, schedule) = (&self.pass, &self.schedule);
        self.buffers.advance(iterations, |context, layout| {
            for (first, last, workgroups) in layout.parts(DISTANCES_PER_EDGE * layout.most_edges) {
                let settings = Epoch {
                    points: layout.count,
                    first,
                    last,
                    epoch: layout.done,
                    seed,
                    rate: schedule.rate(layout.done),
                    a: curve.a,
                    b: curve.b,
                };
                let bound = [
                    &layout.offsets,
                    &layout.edges,
                    &layout.current,
                    &layout.next,
                ];
                pass.dispatch(context, &settings, &bound, workgroups);
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
