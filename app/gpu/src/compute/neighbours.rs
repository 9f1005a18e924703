//! The nearest rows of each row: `shaders/neighbours_distances.wgsl` and `neighbours_select.wgsl`.

use trainscape_compute::projection::{
    Metric, Neighbours, Prepared, ProgressCallback, ProjectionError, Rows,
};

use super::buffers::{empty, filled, limit, read};
use super::passes::{ComputePasses, PassId};
use crate::error::GpuError;
use crate::shaders::{SharedLayout, shared_layout};

const DISTANCES: PassId = PassId::new("neighbours_distances", "neighbours_distances");
const SELECT: PassId = PassId::new("neighbours_select", "neighbours_select");

/// The most neighbours the pass can keep.
pub const MOST_NEIGHBOURS: usize = 256;

/// Side of a workgroup's tile, as in `shaders/common/tiles.wgsl`.
const TILE: u32 = 64;

/// Queries and candidates of one dispatch.
const QUERIES: u32 = 1024;
const CANDIDATES: u32 = 8192;

/// Bytes of rows in one buffer.
const PART_BYTES: u64 = 64 << 20;

/// The initial distance: larger than any squared distance.
const FAR: f32 = 3.0e38;

/// Settings of the distances.
#[repr(C)]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
struct Distances {
    /// Columns of the matrix.
    columns: u32,
    /// First query in its buffer.
    first_query: u32,
    /// How many there are.
    queries: u32,
    /// First candidate in its buffer.
    first_candidate: u32,
    /// How many there are.
    candidates: u32,
}

/// Settings of the selection.
#[repr(C)]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
struct Select {
    /// Queries.
    queries: u32,
    /// Candidates each has a distance to.
    candidates: u32,
    /// Row number of the first query.
    first_query_name: u32,
    /// Row number of the first candidate.
    first_candidate_name: u32,
    /// How many are kept.
    count: u32,
}

/// Some of the rows on the GPU.
struct Part {
    rows: wgpu::Buffer,
    first: u32,
    count: u32,
}

impl ComputePasses {
    /// The `count` nearest rows of each row, exactly, for any number of rows.
    ///
    /// # Errors
    /// As the twin, for more than [`MOST_NEIGHBOURS`], when the rows are more than the device's memory
    /// holds, or when it failed.
    pub fn nearest_neighbours(
        &self,
        matrix: &dyn Rows,
        count: usize,
        metric: Metric,
        progress: ProgressCallback<'_>,
    ) -> Result<Neighbours, ProjectionError> {
        if count > MOST_NEIGHBOURS {
            return Err(ProjectionError::BadSetting(format!(
                "the GPU finds at most {MOST_NEIGHBOURS} neighbours, not {count}"
            )));
        }
        let prepared = Prepared::new(matrix, count, metric)?;
        let parts = self.parts(&prepared)?;
        let mut found = Neighbours {
            count,
            indices: Vec::with_capacity(prepared.rows * count),
            distances: Vec::with_capacity(prepared.rows * count),
        };
        for part in &parts {
            for first in (0..part.count).step_by(QUERIES as usize) {
                if !progress([part.first + first, prepared.rows as u32]) {
                    return Err(ProjectionError::Stopped);
                }
                let queries = QUERIES.min(part.count - first);
                let (squared, names) =
                    self.nearest_of(&prepared, &parts, part, first, queries, count as u32)?;
                found.indices.extend(names);
                found.distances.extend(
                    squared
                        .into_iter()
                        .map(|squared| prepared.distance(squared)),
                );
            }
        }
        Ok(found)
    }

    fn parts(&self, prepared: &Prepared) -> Result<Vec<Part>, GpuError> {
        let row_bytes = 4 * prepared.columns as u64;
        let most = (PART_BYTES.min(limit(&self.context)) / row_bytes).max(1) as usize;
        let parts = prepared.values.chunks(most * prepared.columns).enumerate();
        let parts = parts.map(|(at, values)| {
            Ok(Part {
                rows: filled(&self.context, "rows", values, "the columns of one row")?,
                first: (at * most) as u32,
                count: (values.len() / prepared.columns) as u32,
            })
        });
        parts.collect()
    }

    /// Squared distances and row numbers of the nearest rows of some queries.
    fn nearest_of(
        &self,
        prepared: &Prepared,
        parts: &[Part],
        part: &Part,
        first: u32,
        queries: u32,
        count: u32,
    ) -> Result<(Vec<f32>, Vec<u32>), GpuError> {
        let kept = (queries * count) as usize;
        let what = "the neighbours of some rows";
        let squared = filled(&self.context, "kept distances", &vec![FAR; kept], what)?;
        let names = filled(&self.context, "kept names", &vec![u32::MAX; kept], what)?;
        let block = 4 * u64::from(queries) * u64::from(CANDIDATES);
        let block = empty(&self.context, "distances", block, what)?;
        let distances = self.pass(DISTANCES);
        let select = self.pass(SELECT);
        for others in parts {
            for first_candidate in (0..others.count).step_by(CANDIDATES as usize) {
                let candidates = CANDIDATES.min(others.count - first_candidate);
                let work = Distances {
                    columns: prepared.columns as u32,
                    first_query: first,
                    queries,
                    first_candidate,
                    candidates,
                };
                let workgroups = [candidates.div_ceil(TILE), queries.div_ceil(TILE), 1];
                let bound = [&part.rows, &others.rows, &block];
                distances.dispatch(&self.context, &work, &bound, workgroups);
                let work = Select {
                    queries,
                    candidates,
                    first_query_name: part.first + first,
                    first_candidate_name: others.first + first_candidate,
                    count,
                };
                let bound = [&block, &squared, &names];
                select.dispatch(&self.context, &work, &bound, [queries, 1, 1]);
            }
        }
        let [squared_bits, names] = read::<u32, 2>(&self.context, [&squared, &names])?;
        Ok((
            squared_bits.into_iter().map(f32::from_bits).collect(),
            names,
        ))
    }
}

pub(super) fn shared_layouts() -> Vec<SharedLayout> {
    vec![
        shared_layout!(
            "neighbours_distances",
            Distances {
                columns,
                first_query,
                queries,
                first_candidate,
                candidates,
            }
        ),
        shared_layout!(
            "neighbours_select",
            Select {
                queries,
                candidates,
                first_query_name,
                first_candidate_name,
                count,
            }
        ),
    ]
}
