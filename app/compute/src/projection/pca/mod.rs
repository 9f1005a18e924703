//! Principal components of a matrix that is read in blocks.
//!
//! Oracle: scikit-learn's `PCA(svd_solver="full")`, order and signs (`svd_flip`, the largest element of each
//! component is positive) included. The shape determines the route, see [`Route`]; the expensive products are a
//! [`Products`], on the CPU or on the GPU.

mod blocks;
mod components;
mod found;
mod krylov;
mod linfa;
mod products;
mod route;
mod scores;

pub use blocks::Block;
pub use components::Pca;
pub use linfa::pca_by_linfa;
pub use products::{CpuProducts, Products, Sum};
pub use route::Route;

pub(in crate::projection) use found::searched;

use self::{blocks::Blocks, found::Found, route::check_shape};
use super::{ProgressCallback, Projection, ProjectionError, Rows};

/// Dimensions that a figure may ask for.
pub const MOST_DIMS: usize = 10;

/// The first `dims` principal components, on the CPU.
///
/// # Errors
/// When the matrix cannot be read, holds NaN or infinity, has no variance, or is too small.
pub fn pca(matrix: &dyn Rows, dims: usize) -> Result<Pca, ProjectionError> {
    pca_with(matrix, dims, None, &CpuProducts, &|_| true)
}

/// As [`pca`], by a route (`None`: the cheapest) and other products. `progress` is called as work proceeds and
/// can stop it.
///
/// # Errors
/// As [`pca`], when the products fail, and when `progress` stopped the work.
pub fn pca_with(
    matrix: &dyn Rows,
    dims: usize,
    route: Option<Route>,
    products: &dyn Products,
    progress: ProgressCallback<'_>,
) -> Result<Pca, ProjectionError> {
    let (blocks, found) = find(matrix, dims, route, products, progress)?;
    if blocks.are_rows() {
        found.scores_by_rows(&blocks, products, progress)
    } else {
        found.components_by_columns(&blocks, products, progress)
    }
}

/// As [`pca_with`] by the cheapest route, without the components: the few rows of many columns are projected without
/// holding as many numbers as a component has.
///
/// # Errors
/// As [`pca_with`].
pub fn projection_with(
    matrix: &dyn Rows,
    dims: usize,
    products: &dyn Products,
    progress: ProgressCallback<'_>,
) -> Result<Projection, ProjectionError> {
    let (blocks, found) = find(matrix, dims, None, products, progress)?;
    if blocks.are_rows() {
        Ok(found.scores_by_rows(&blocks, products, progress)?.into())
    } else {
        found.scores_by_columns(&blocks, products, progress)
    }
}

/// The blocks of a matrix and their leading eigenvectors.
fn find<'a>(
    matrix: &'a dyn Rows,
    dims: usize,
    route: Option<Route>,
    products: &dyn Products,
    progress: ProgressCallback<'_>,
) -> Result<(Blocks<'a>, Found), ProjectionError> {
    let shape @ [rows, columns] = matrix.shape();
    check_shape(shape, dims)?;
    let route = route.unwrap_or_else(|| Route::of(shape));
    let along_rows = match route {
        Route::Covariance => true,
        Route::Gram => false,
        Route::Randomised => columns <= rows,
    };
    let mut blocks = Blocks::new(matrix, along_rows)?;
    let found = match Found::new(&blocks, dims, route, products, progress)? {
        Some(found) => found,
        // Squares left the range of f32, or the variance is zero: only reading every element tells them apart.
        None => {
            blocks.rescale(progress)?;
            Found::new(&blocks, dims, route, products, progress)?
                .ok_or(ProjectionError::NoVariance)?
        }
    };
    Ok((blocks, found))
}
