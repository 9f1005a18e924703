//! What t-SNE and UMAP share on the GPU: the points, twice, and their edges.

use trainscape_compute::projection::{Graph, ProjectionError};

use super::buffers::{empty, filled, read};
use super::pass::{NODES_PER_SUBMISSION, WORKGROUP};
use crate::context::GpuContext;
use crate::error::GpuError;

/// Steps submitted to the GPU before waiting for them, so that the work can be stopped and the queue stays short.
const STEPS_AT_ONCE: u32 = 16;

/// Pairs of points, or operations of similar cost, that one submission handles at most: tens of milliseconds on
/// an integrated GPU, long before the driver's watchdog resets it.
const OPERATIONS_PER_SUBMISSION: u64 = 1 << 30;

/// The points of a layout, current and next, and the edges between them.
#[derive(Debug)]
pub(super) struct LayoutBuffers {
    context: GpuContext,
    dims: usize,
    /// Number of points.
    pub(super) count: u32,
    /// `array<vec4f>`: current positions.
    pub(super) current: wgpu::Buffer,
    /// `array<vec4f>`: positions after the next step.
    pub(super) next: wgpu::Buffer,
    /// Where the edges of each point start.
    pub(super) offsets: wgpu::Buffer,
    /// The edges, point by point.
    pub(super) edges: wgpu::Buffer,
    /// The largest number of edges of a point.
    pub(super) most_edges: u64,
    /// Steps done.
    pub(super) done: u32,
    steps: u32,
}

impl LayoutBuffers {
    /// Uploads the points and the graph; `edge` makes an edge of its target and its index.
    pub(super) fn new<const D: usize, E: bytemuck::NoUninit>(
        context: &GpuContext,
        positions: &[[f32; D]],
        graph: &Graph,
        edge: impl Fn(u32, usize) -> E,
        steps: u32,
    ) -> Result<Self, GpuError> {
        let what = "the points";
        let padded: Vec<[f32; 4]> = positions
            .iter()
            .map(|position| std::array::from_fn(|axis| *position.get(axis).unwrap_or(&0.0)))
            .collect();
        let targets = graph.targets.iter().enumerate();
        let mut edges: Vec<E> = targets.map(|(at, &target)| edge(target, at)).collect();
        if edges.is_empty() {
            // A binding has at least one element; no point's range reaches it.
            edges.push(edge(0, usize::MAX));
        }
        let degrees = graph.offsets.windows(2).map(|pair| pair[1] - pair[0]);
        let of_edges = "the edges between neighbours";
        Ok(Self {
            context: context.clone(),
            dims: D,
            count: positions.len() as u32,
            current: filled(context, "points", &padded, what)?,
            next: empty(context, "moved points", size_of_val(&*padded) as u64, what)?,
            offsets: filled(context, "edge starts", &graph.offsets, of_edges)?,
            edges: filled(context, "edges", &edges, of_edges)?,
            most_edges: degrees.max().unwrap_or(0).into(),
            done: 0,
            steps,
        })
    }

    /// Does up to `steps` more steps; `step` submits one, which fills `next`.
    pub(super) fn advance(
        &mut self,
        steps: u32,
        step: impl Fn(&GpuContext, &Self),
    ) -> Result<(), ProjectionError> {
        for at in 1..=steps.min(self.steps - self.done) {
            step(&self.context, self);
            std::mem::swap(&mut self.current, &mut self.next);
            self.done += 1;
            if at % STEPS_AT_ONCE == 0 {
                self.context.wait()?;
            }
        }
        Ok(self.context.wait()?)
    }

    /// Steps done and steps in all.
    pub(super) fn progress(&self) -> [u32; 2] {
        [self.done, self.steps]
    }

    /// The positions, row-major.
    pub(super) fn read(&self) -> Result<Vec<f32>, ProjectionError> {
        let [padded] = read::<[f32; 4], 1>(&self.context, [&self.current])?;
        Ok(padded
            .iter()
            .flat_map(|position| &position[..self.dims])
            .copied()
            .collect())
    }

    /// Divides the points into what one dispatch handles when each point costs this many small operations: the
    /// first point, the end of the range, and the workgroups.
    pub(super) fn parts(&self, operations: u64) -> impl Iterator<Item = (u32, u32, [u32; 3])> {
        let most = u64::from(NODES_PER_SUBMISSION);
        let size = (OPERATIONS_PER_SUBMISSION / operations.max(1)).clamp(WORKGROUP.into(), most);
        let size = (size as u32).next_multiple_of(WORKGROUP);
        let count = self.count;
        (0..count).step_by(size as usize).map(move |first| {
            let last = first.saturating_add(size).min(count);
            (first, last, [(last - first).div_ceil(WORKGROUP), 1, 1])
        })
    }
}
