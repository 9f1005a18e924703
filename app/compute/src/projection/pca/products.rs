//! The products of matrices that principal components cost, block by block.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, Axis, LinalgScalar, s};
use rayon::prelude::*;

use super::super::ProjectionError;
use super::blocks::Block;

/// Parts a block is divided into where the small side gives too little to share. Fixed, so that sums do not
/// depend on the number of threads.
const PARTS: usize = 8;

/// Side of the tiles of a product.
const TILE: usize = 192;

/// Below this a block is divided rather than its product.
const FEW: usize = 2 * TILE;

/// Multiplications up to which the CPU computes `AᵀA` in f64: a fraction of a second.
const PRECISE_WORK: usize = 1 << 32;

/// A sum over blocks.
pub trait Sum {
    /// Adds a block's part.
    ///
    /// # Errors
    /// When the device failed.
    fn add(&mut self, block: &Block<'_>) -> Result<(), ProjectionError>;

    /// The sum.
    ///
    /// # Errors
    /// When the device failed.
    fn finish(self: Box<Self>) -> Result<Array2<f64>, ProjectionError>;
}

/// The products with blocks `A` (long x small) of a matrix. Single precision within a block, double across
/// blocks.
pub trait Products {
    /// Begins the sum of `AᵀA` (small x small) over blocks that together are `long`.
    ///
    /// # Errors
    /// When it does not fit the device.
    fn gram(&self, small: usize, long: usize) -> Result<Box<dyn Sum + '_>, ProjectionError>;

    /// Begins the sum of `(A Fᵀ)ᵀ A` (vectors x small) for the vectors `F` (rows).
    ///
    /// # Errors
    /// As [`Self::gram`].
    fn twice(&self, vectors: ArrayView2<'_, f32>) -> Result<Box<dyn Sum + '_>, ProjectionError>;

    /// `A Fᵀ` (long x vectors), row-major.
    ///
    /// # Errors
    /// When the device failed.
    fn times(
        &self,
        block: &Block<'_>,
        vectors: ArrayView2<'_, f32>,
    ) -> Result<Vec<f32>, ProjectionError>;
}

/// On the CPU: ndarray's products, which are those of the `matrixmultiply` crate, on all cores.
#[derive(Clone, Copy, Debug, Default)]
pub struct CpuProducts;

impl Products for CpuProducts {
    fn gram(&self, small: usize, long: usize) -> Result<Box<dyn Sum + '_>, ProjectionError> {
        let precise = small.saturating_mul(small).saturating_mul(long) <= PRECISE_WORK;
        Ok(if small <= FEW {
            Box::new(GramOfParts {
                precise,
                parts: vec![Array2::zeros((small, small)); PARTS],
            })
        } else {
            Box::new(GramOfTiles::new(small))
        })
    }

    fn twice(&self, vectors: ArrayView2<'_, f32>) -> Result<Box<dyn Sum + '_>, ProjectionError> {
        Ok(Box::new(Twice {
            vectors: vectors.to_owned(),
            parts: vec![Array2::zeros(vectors.raw_dim()); PARTS],
        }))
    }

    fn times(
        &self,
        block: &Block<'_>,
        vectors: ArrayView2<'_, f32>,
    ) -> Result<Vec<f32>, ProjectionError> {
        let mut out = Array2::zeros((block.long, vectors.nrows()));
        let part = block.long.div_ceil(PARTS);
        out.axis_chunks_iter_mut(Axis(0), part)
            .into_par_iter()
            .zip(block.view().axis_chunks_iter(Axis(0), part))
            .for_each(|(mut out, block)| {
                general_mat_mul(1.0, &block, &vectors.t(), 0.0, &mut out);
            });
        Ok(out.into_raw_vec_and_offset().0)
    }
}

fn product<T: LinalgScalar>(block: ArrayView2<'_, T>) -> Array2<T> {
    block.t().dot(&block)
}

fn sum_of(parts: Vec<Array2<f64>>) -> Array2<f64> {
    let sum = parts.into_iter().reduce(|sum, part| sum + part);
    sum.expect("invariant: there are parts")
}

fn add_to(sum: &mut Array2<f64>, part: &Array2<f32>) {
    sum.zip_mut_with(part, |sum, part| *sum += f64::from(*part));
}

/// `AᵀA` for a short small side: each task sums a part of the block.
struct GramOfParts {
    precise: bool,
    parts: Vec<Array2<f64>>,
}

impl Sum for GramOfParts {
    fn add(&mut self, block: &Block<'_>) -> Result<(), ProjectionError> {
        let part = block.long.div_ceil(PARTS);
        let precise = self.precise;
        self.parts
            .par_iter_mut()
            .zip(block.view().axis_chunks_iter(Axis(0), part))
            .for_each(|(sum, block)| {
                if precise {
                    *sum += &product(block.mapv(f64::from).view());
                } else {
                    add_to(sum, &product(block));
                }
            });
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Array2<f64>, ProjectionError> {
        Ok(sum_of(self.parts))
    }
}

/// `AᵀA` by tiles of its upper triangle, one per task.
struct GramOfTiles {
    small: usize,
    tiles: Vec<GramTile>,
}

struct GramTile {
    row: usize,
    column: usize,
    product: Array2<f32>,
    sum: Array2<f64>,
}

impl GramOfTiles {
    fn new(small: usize) -> Self {
        let starts = || (0..small).step_by(TILE);
        let tiles =
            starts().flat_map(|row| starts().filter(move |at| *at >= row).map(move |c| (row, c)));
        let tiles = tiles.map(|(row, column)| {
            let size = (TILE.min(small - row), TILE.min(small - column));
            GramTile {
                row,
                column,
                product: Array2::zeros(size),
                sum: Array2::zeros(size),
            }
        });
        Self {
            small,
            tiles: tiles.collect(),
        }
    }
}

impl Sum for GramOfTiles {
    fn add(&mut self, block: &Block<'_>) -> Result<(), ProjectionError> {
        let view = block.view();
        self.tiles.par_iter_mut().for_each(|tile| {
            let (rows, columns) = tile.sum.dim();
            let rows = view.slice(s![.., tile.row..tile.row + rows]);
            let columns = view.slice(s![.., tile.column..tile.column + columns]);
            general_mat_mul(1.0, &rows.t(), &columns, 0.0, &mut tile.product);
            add_to(&mut tile.sum, &tile.product);
        });
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Array2<f64>, ProjectionError> {
        let mut whole = Array2::zeros((self.small, self.small));
        for tile in self.tiles {
            let (rows, columns) = tile.sum.dim();
            let (rows, columns) = (
                tile.row..tile.row + rows,
                tile.column..tile.column + columns,
            );
            whole
                .slice_mut(s![columns.clone(), rows.clone()])
                .assign(&tile.sum.t());
            whole.slice_mut(s![rows, columns]).assign(&tile.sum);
        }
        Ok(whole)
    }
}

/// `(A Fᵀ)ᵀ A`: each task sums a part of the block.
struct Twice {
    vectors: Array2<f32>,
    parts: Vec<Array2<f64>>,
}

impl Sum for Twice {
    fn add(&mut self, block: &Block<'_>) -> Result<(), ProjectionError> {
        let part = block.long.div_ceil(PARTS);
        let vectors = &self.vectors;
        self.parts
            .par_iter_mut()
            .zip(block.view().axis_chunks_iter(Axis(0), part))
            .for_each(|(sum, block)| {
                let once = block.dot(&vectors.t());
                add_to(sum, &once.t().dot(&block));
            });
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Array2<f64>, ProjectionError> {
        Ok(sum_of(self.parts))
    }
}
