//! The products of principal components: `shaders/pca_products.wgsl`.

use ndarray::{Array2, ArrayView2};
use trainscape_compute::projection::pca::{Block, Pca, Products, Sum, pca_with};
use trainscape_compute::projection::{ProgressCallback, ProjectionError, Rows};

use super::buffers::{empty, filled, read};
use super::passes::{ComputePasses, PassId};
use crate::error::GpuError;
use crate::shaders::{SharedLayout, shared_layout};

const PRODUCTS: PassId = PassId::new("pca_products", "pca_product");

/// Side of a workgroup's tile, as in `shaders/common/tiles.wgsl`.
const TILE: u32 = 64;

/// Elements of a result's slices together, where the result alone would leave most of a GPU idle.
const SLICED_ELEMENTS: u32 = 1 << 18;

/// Depth of a slice, at least.
const LEAST_SLICE: u32 = 256;

/// Blocks whose sums stay on the GPU, in single precision, before the CPU adds them in double.
const BLOCKS_AT_ONCE: u32 = 16;

/// Blocks submitted before waiting for them, which limits the device memory in use.
const BLOCKS_IN_FLIGHT: u32 = 4;

/// Settings of the pass.
#[repr(C)]
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
struct Product {
    /// Rows of the result.
    rows: u32,
    /// Columns of the result.
    columns: u32,
    /// Elements that each element of the result is a sum of.
    depth: u32,
    /// How many of them one slice takes.
    slice: u32,
    /// Elements between neighbouring rows of the left factor.
    left_row: u32,
    /// Elements between neighbours along the left factor's depth.
    left_depth: u32,
    /// Elements between neighbouring columns of the right factor.
    right_column: u32,
    /// Elements between neighbours along the right factor's depth.
    right_depth: u32,
    /// 1: the result is symmetric, and tiles below its diagonal are left out.
    symmetric: u32,
    /// 1: added to what the result holds.
    accumulate: u32,
}

impl Product {
    /// Cuts the depth into slices, so that small results keep a GPU busy.
    fn sliced(self) -> Self {
        let wanted = (SLICED_ELEMENTS / (self.rows * self.columns)).max(1);
        let slice = self.depth.div_ceil(wanted).max(LEAST_SLICE);
        Self { slice, ..self }
    }

    fn slices(&self) -> u32 {
        self.depth.div_ceil(self.slice)
    }

    fn bytes(&self) -> u64 {
        4 * u64::from(self.rows) * u64::from(self.columns) * u64::from(self.slices())
    }
}

/// Elements between neighbours of a block: along its long and along its short side.
fn strides(block: &Block<'_>) -> [u32; 2] {
    if block.along_rows {
        [block.small as u32, 1]
    } else {
        [1, block.long as u32]
    }
}

const BLOCK: &str = "the rows of a block";
const RESULT: &str = "the products of a block";

impl ComputePasses {
    /// The first `dims` principal components; the products on the GPU, small eigenproblems on the CPU.
    ///
    /// # Errors
    /// As the twin, or when the device failed.
    pub fn pca(
        &self,
        matrix: &dyn Rows,
        dims: usize,
        progress: ProgressCallback<'_>,
    ) -> Result<Pca, ProjectionError> {
        pca_with(matrix, dims, None, self, progress)
    }

    fn product(
        &self,
        work: &Product,
        left: &wgpu::Buffer,
        right: &wgpu::Buffer,
        result: &wgpu::Buffer,
    ) {
        let workgroups = [
            work.columns.div_ceil(TILE),
            work.rows.div_ceil(TILE),
            work.slices(),
        ];
        self.pass(PRODUCTS)
            .dispatch(&self.context, work, &[left, right, result], workgroups);
    }

    fn times_on_device(
        &self,
        block: &Block<'_>,
        uploaded: &wgpu::Buffer,
        vectors: &wgpu::Buffer,
        count: usize,
    ) -> Result<wgpu::Buffer, GpuError> {
        let [left_row, left_depth] = strides(block);
        let work = Product {
            rows: block.long as u32,
            columns: count as u32,
            depth: block.small as u32,
            slice: block.small as u32,
            left_row,
            left_depth,
            right_column: block.small as u32,
            right_depth: 1,
            symmetric: 0,
            accumulate: 0,
        };
        let result = empty(&self.context, "scores", work.bytes(), RESULT)?;
        self.product(&work, uploaded, vectors, &result);
        Ok(result)
    }

    fn upload_block(&self, block: &Block<'_>) -> Result<wgpu::Buffer, GpuError> {
        filled(&self.context, "block", block.values, BLOCK)
    }

    fn upload_vectors(&self, vectors: ArrayView2<'_, f32>) -> Result<wgpu::Buffer, GpuError> {
        let content: Vec<f32> = vectors.iter().copied().collect();
        filled(
            &self.context,
            "vectors",
            &content,
            "the vectors of a product",
        )
    }
}

impl Products for ComputePasses {
    fn gram(&self, small: usize, _long: usize) -> Result<Box<dyn Sum + '_>, ProjectionError> {
        Ok(Box::new(SumOnDevice::new(self, [small; 2], None)))
    }

    fn twice(&self, vectors: ArrayView2<'_, f32>) -> Result<Box<dyn Sum + '_>, ProjectionError> {
        let shape = [vectors.nrows(), vectors.ncols()];
        let uploaded = self.upload_vectors(vectors)?;
        Ok(Box::new(SumOnDevice::new(self, shape, Some(uploaded))))
    }

    fn times(
        &self,
        block: &Block<'_>,
        vectors: ArrayView2<'_, f32>,
    ) -> Result<Vec<f32>, ProjectionError> {
        let uploaded = self.upload_block(block)?;
        let count = vectors.nrows();
        let vectors = self.upload_vectors(vectors)?;
        let result = self.times_on_device(block, &uploaded, &vectors, count)?;
        let [scores] = read(&self.context, [&result])?;
        Ok(scores)
    }
}

/// A sum of products over blocks, some blocks of it on the GPU.
struct SumOnDevice<'a> {
    passes: &'a ComputePasses,
    /// Of `twice`; `gram` has none.
    vectors: Option<wgpu::Buffer>,
    sum: Array2<f64>,
    /// The sums of the blocks that were not read back yet, the settings, and the number of these blocks.
    pending: Option<(wgpu::Buffer, Product, u32)>,
}

impl<'a> SumOnDevice<'a> {
    fn new(passes: &'a ComputePasses, shape: [usize; 2], vectors: Option<wgpu::Buffer>) -> Self {
        Self {
            passes,
            vectors,
            sum: Array2::zeros(shape),
            pending: None,
        }
    }

    fn collect(&mut self) -> Result<(), ProjectionError> {
        let Some((result, work, _)) = self.pending.take() else {
            return Ok(());
        };
        let [elements] = read::<f32, 1>(&self.passes.context, [&result])?;
        for slice in elements.chunks_exact((work.rows * work.columns) as usize) {
            for (sum, element) in self.sum.iter_mut().zip(slice) {
                *sum += f64::from(*element);
            }
        }
        Ok(())
    }
}

impl Sum for SumOnDevice<'_> {
    fn add(&mut self, block: &Block<'_>) -> Result<(), ProjectionError> {
        let passes = self.passes;
        let uploaded = passes.upload_block(block)?;
        let [along_long, along_small] = strides(block);
        let (rows, columns) = self.sum.dim();
        let mut work = Product {
            rows: rows as u32,
            columns: columns as u32,
            depth: block.long as u32,
            slice: 0,
            left_row: along_small,
            left_depth: along_long,
            right_column: along_small,
            right_depth: along_long,
            symmetric: 1,
            accumulate: 1,
        };
        let once;
        let left = if let Some(vectors) = &self.vectors {
            once = passes.times_on_device(block, &uploaded, vectors, rows)?;
            work = Product {
                left_row: 1,
                left_depth: rows as u32,
                symmetric: 0,
                ..work
            };
            &once
        } else {
            &uploaded
        };
        // The last block may be shorter, and with it its slices; there are never more of them.
        let work = match &self.pending {
            Some((_, before, _)) => Product {
                slice: before.slice,
                ..work
            },
            None => work.sliced(),
        };
        let (result, before, blocks) = match self.pending.take() {
            Some(pending) => pending,
            None => {
                let result = empty(&passes.context, "sums", work.bytes(), RESULT)?;
                (result, work, 0)
            }
        };
        passes.product(&work, left, &uploaded, &result);
        let blocks = blocks + 1;
        if blocks % BLOCKS_IN_FLIGHT == 0 {
            passes.context.wait()?;
        }
        self.pending = Some((result, before, blocks));
        if blocks == BLOCKS_AT_ONCE {
            self.collect()?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Array2<f64>, ProjectionError> {
        self.collect()?;
        let mut sum = self.sum;
        if self.vectors.is_none() {
            // Tiles below the diagonal were left out.
            for row in 0..sum.nrows() {
                for column in 0..row {
                    sum[[row, column]] = sum[[column, row]];
                }
            }
        }
        Ok(sum)
    }
}

pub(super) fn shared_layouts() -> Vec<SharedLayout> {
    vec![shared_layout!(
        "pca_products",
        Product {
            rows,
            columns,
            depth,
            slice,
            left_row,
            left_depth,
            right_column,
            right_depth,
            symmetric,
            accumulate,
        }
    )]
}
