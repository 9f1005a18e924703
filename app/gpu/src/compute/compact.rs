//! The cells of matrices above a threshold: `shaders/compact.wgsl`.

use bytemuck::{Pod, Zeroable};
use trainscape_scene::scene::{CellCloud, CloudPoint, Panel};

use super::buffers::{empty, filled, limit, read};
use super::passes::{ComputePasses, PassId};
use crate::error::GpuError;
use crate::shaders::{SharedLayout, shared_layout};

const COUNT: PassId = PassId::new("compact", "compact_count");
const WRITE: PassId = PassId::new("compact", "compact_write");

/// Cells of one workgroup.
const CELLS_OF_BLOCK: usize = 1024;
/// The most workgroups along an axis that WebGPU guarantees.
const BLOCKS: usize = 65535;

/// The uniform of `shaders/compact.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct Compact {
    /// Cells in this dispatch.
    cells: u32,
    /// Index of the first of them among all cells.
    first_cell: u32,
    /// Rows (along x) of each matrix.
    rows: u32,
    /// Columns (along y) of each matrix.
    columns: u32,
    /// Cells that are not above it are left out.
    threshold: f32,
    /// Factor of the height.
    scale: f32,
    /// Added to the height.
    offset: f32,
    /// 1 takes the binary logarithm of the weight first.
    log: u32,
}

pub(super) fn shared_layouts() -> Vec<SharedLayout> {
    vec![
        shared_layout!(
            "compact",
            Compact {
                cells,
                first_cell,
                rows,
                columns,
                threshold,
                scale,
                offset,
                log
            }
        ),
        shared_layout!(
            "compact",
            Panel {
                origin_unit,
                step_unit
            }
        ),
    ]
}

/// Points on the GPU: x, y, z and value of each.
#[derive(Clone, Debug)]
pub struct PointBuffer {
    /// `array<vec4f>`; never empty.
    pub points: wgpu::Buffer,
    /// How many of them are drawn.
    pub count: u32,
}

impl ComputePasses {
    /// Finds the cells above the threshold and turns them into points, in the order of the cells. Large
    /// matrices come in several buffers, none larger than the adapter can bind.
    ///
    /// # Errors
    /// When the device was lost or is out of memory.
    pub fn compact(&self, cloud: &CellCloud) -> Result<Vec<PointBuffer>, GpuError> {
        let context = &self.context;
        let panels = filled(context, "panels", &cloud.panels, "the places of matrices")?;
        // Where every cell is kept, its points still fit one binding.
        let most = (limit(context) as usize / size_of::<CloudPoint>()) / CELLS_OF_BLOCK;
        let most = most.clamp(1, BLOCKS) * CELLS_OF_BLOCK;
        let count_pass = self.pass(COUNT);
        let write_pass = self.pass(WRITE);
        let mut buffers = Vec::new();
        for (part, weights) in cloud.weights.chunks(most).enumerate() {
            let uniform = Compact {
                cells: weights.len() as u32,
                first_cell: (part * most) as u32,
                rows: cloud.rows,
                columns: cloud.columns,
                threshold: cloud.threshold,
                scale: cloud.height.scale,
                offset: cloud.height.offset,
                log: cloud.height.log.into(),
            };
            let blocks = weights.len().div_ceil(CELLS_OF_BLOCK) as u32;
            let weights = filled(context, "weights", weights, "the weights")?;
            let counts = empty(context, "counts", 4 * u64::from(blocks), "the counts")?;
            count_pass.dispatch(context, &uniform, &[&weights, &counts], [blocks, 1, 1]);
            let [counts] = read::<u32, 1>(context, [&counts])?;
            let mut total = 0_u32;
            let starts: Vec<u32> = counts
                .into_iter()
                .map(|count| {
                    total += count;
                    total - count
                })
                .collect();
            if total == 0 {
                continue;
            }
            let starts = filled(context, "starts", &starts, "the starts of blocks")?;
            let points = empty(context, "points", 16 * u64::from(total), "the points")?;
            write_pass.dispatch_sparse(
                context,
                &uniform,
                &[(1, &weights), (3, &starts), (4, &panels), (5, &points)],
                [blocks, 1, 1],
            );
            buffers.push(PointBuffer {
                points,
                count: total,
            });
        }
        context.check()?;
        Ok(buffers)
    }

    /// Copies points back to the CPU.
    ///
    /// # Errors
    /// When the device was lost.
    pub fn read_points(&self, buffers: &[PointBuffer]) -> Result<Vec<CloudPoint>, GpuError> {
        let mut points = Vec::new();
        for buffer in buffers {
            let [part] = read::<CloudPoint, 1>(&self.context, [&buffer.points])?;
            points.extend(part);
        }
        Ok(points)
    }
}
