//! What t-SNE and UMAP share on the GPU: the points, twice, and their edges.

use trainscape_compute::projection::{Graph, ProjectionError};

use super::buffers::{empty, filled, read};
use super::pass::{NODES_PER_SUBMISSION, WORKGROUP};
use crate::context::{GpuContext, GpuError};

/// Steps handed to the GPU before its answer is awaited, so that it can be stopped and its queue stays short.
const STEPS_AT_ONCE: u32 = 16;

/// The points of a layout: where they are, and where they go.
#[derive(Debug)]
pub(super) struct Points {
    context: GpuContext,
    dims: usize,
    /// How many there are.
    pub(super) count: u32,
    /// `array<vec4f>`: where they are.
    pub(super) current: wgpu::Buffer,
    /// `array<vec4f>`: where the next step puts them.
    pub(super) next: wgpu::Buffer,
    /// Steps done.
    pub(super) done: u32,
    steps: u32,
}

impl Points {
    pub(super) fn new<const D: usize>(
        context: &GpuContext,
        positions: &[[f32; D]],
        steps: u32,
    ) -> Result<Self, GpuError> {
        let what = "the points";
        let padded: Vec<[f32; 4]> = positions
            .iter()
            .map(|position| std::array::from_fn(|axis| *position.get(axis).unwrap_or(&0.0)))
            .collect();
        Ok(Self {
            context: context.clone(),
            dims: D,
            count: positions.len() as u32,
            current: filled(context, "points", &padded, what)?,
            next: empty(context, "moved points", size_of_val(&*padded) as u64, what)?,
            done: 0,
            steps,
        })
    }

    /// Does up to `steps` more steps; each is told its number and fills `next`.
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
                self.context.wait().map_err(device)?;
            }
        }
        self.context.wait().map_err(device)
    }

    /// Steps done and steps in all.
    pub(super) fn progress(&self) -> [u32; 2] {
        [self.done, self.steps]
    }

    /// The positions, row-major.
    pub(super) fn read(&self) -> Result<Vec<f32>, ProjectionError> {
        let [padded] = read::<[f32; 4], 1>(&self.context, [&self.current]).map_err(device)?;
        Ok(padded
            .iter()
            .flat_map(|position| &position[..self.dims])
            .copied()
            .collect())
    }

    /// Parts the points into what one dispatch handles when each costs this many small operations: the first,
    /// the first that is not, and the workgroups.
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

/// Pairs of points, or the like, that one submission handles, at most: tens of milliseconds of an integrated
/// GPU, long before a display driver's watchdog barks.
const OPERATIONS_PER_SUBMISSION: u64 = 1 << 30;

/// Where the edges of each point start, and the edges, each made of its target and its index.
pub(super) fn upload_graph<E: bytemuck::NoUninit>(
    context: &GpuContext,
    graph: &Graph,
    edge: impl Fn(u32, usize) -> E,
) -> Result<[wgpu::Buffer; 2], GpuError> {
    let what = "the edges between neighbours";
    let targets = graph.targets.iter().enumerate();
    let mut edges: Vec<E> = targets.map(|(at, &target)| edge(target, at)).collect();
    if edges.is_empty() {
        // A binding has at least one element; no point's range reaches it.
        edges.push(edge(0, usize::MAX));
    }
    Ok([
        filled(context, "edge starts", &graph.offsets, what)?,
        filled(context, "edges", &edges, what)?,
    ])
}

/// What a failure of the device is to a projection.
#[allow(
    clippy::needless_pass_by_value,
    reason = "the signature that `map_err` wants"
)]
pub(super) fn device(error: GpuError) -> ProjectionError {
    ProjectionError::Device(error.to_string())
}
