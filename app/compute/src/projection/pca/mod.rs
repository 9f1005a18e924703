//! Principal components of a matrix that is read in blocks.
//!
//! Oracle: scikit-learn's `PCA(svd_solver="full")`, order and signs (`svd_flip`, the largest element of each
//! component is positive) included. The route follows the shape, see [`Route`]; the products that cost are a
//! [`Products`], on the CPU or on the GPU.

mod blocks;
mod krylov;
mod linfa;
mod products;
mod scores;

use ndarray::{Array2, Axis};

pub use blocks::Block;
pub use linfa::pca_by_linfa;
pub use products::{CpuProducts, Products, Sum};

use self::blocks::{Blocks, Moments};
use super::{Projection, ProjectionError, Rows, Watch};

/// Up to this size the small matrix of products is computed in full; above, only what it does to a few
/// vectors.
const MOST_SMALL: usize = 2048;

/// When the iteration on streamed products ends. Each product carries single precision's noise, and nothing
/// converges below that.
const STREAMED: krylov::Search = krylov::Search {
    of_gap: 1.0e-4,
    of_largest: 2.0e-6,
    oversampling: 10,
    is_dear: true,
};

/// Dimensions that a figure may ask for.
pub const MOST_DIMS: usize = 10;

/// How the principal components are found. All stream the matrix along its longer side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// Eigenvectors of the columns x columns covariance, for few columns.
    Covariance,
    /// Eigenvectors of the rows x rows products, for few rows of many columns.
    Gram,
    /// Randomised block Krylov iteration (Halko, Martinsson, Shkolnisky and Tygert 2011; Musco and Musco
    /// 2015) on whichever of the two is smaller, without computing it.
    Randomised,
}

impl Route {
    /// The cheapest route for a shape.
    #[must_use]
    pub fn of([rows, columns]: [usize; 2]) -> Self {
        if rows.min(columns) > MOST_SMALL {
            Self::Randomised
        } else if columns <= rows {
            Self::Covariance
        } else {
            Self::Gram
        }
    }
}

/// The principal components of a matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct Pca {
    /// Number of components.
    pub dims: usize,
    /// The mean row.
    pub mean: Vec<f64>,
    /// The components, unit vectors, by descending variance: `dims` x columns.
    pub components: Vec<f32>,
    /// Variance along each (divided by rows - 1).
    pub explained_variance: Vec<f64>,
    /// The same as a share of the total variance.
    pub explained_variance_ratio: Vec<f64>,
    /// The centred rows along each: rows x `dims`.
    pub scores: Vec<f32>,
}

impl From<Pca> for Projection {
    fn from(pca: Pca) -> Self {
        Self {
            dims: pca.dims,
            scores: pca.scores.into(),
            explained_variance_ratio: pca.explained_variance_ratio,
            progress: [1, 1],
        }
    }
}

/// The first `dims` principal components, on the CPU.
///
/// # Errors
/// When the matrix cannot be read, holds NaN or infinity, has no variance, or is too small.
pub fn pca(matrix: &dyn Rows, dims: usize) -> Result<Pca, ProjectionError> {
    pca_with(matrix, dims, None, &CpuProducts, &|_| true)
}

/// As [`pca`], by a route (`None`: the cheapest) and somebody's products. `watch` hears of the progress and
/// stops it.
///
/// # Errors
/// As [`pca`], when the products fail, and when `watch` stopped it.
pub fn pca_with(
    matrix: &dyn Rows,
    dims: usize,
    route: Option<Route>,
    products: &dyn Products,
    watch: Watch<'_>,
) -> Result<Pca, ProjectionError> {
    let shape @ [rows, columns] = matrix.shape();
    check_shape(shape, dims)?;
    let route = route.unwrap_or_else(|| Route::of(shape));
    let along_rows = match route {
        Route::Covariance => true,
        Route::Gram => false,
        Route::Randomised => columns <= rows,
    };
    let mut blocks = Blocks::new(matrix, along_rows)?;
    let found = match Found::new(&blocks, dims, route, products, watch)? {
        Some(found) => found,
        // Squares left the range of f32, or there is no variance: a look at every element tells.
        None => {
            blocks.rescale(watch)?;
            Found::new(&blocks, dims, route, products, watch)?.ok_or(ProjectionError::NoVariance)?
        }
    };
    if along_rows {
        found.scores_by_rows(&blocks, products, watch)
    } else {
        found.components_by_columns(&blocks, products, watch)
    }
}

pub(super) fn check_shape([rows, columns]: [usize; 2], dims: usize) -> Result<(), ProjectionError> {
    if rows < 2 {
        return Err(ProjectionError::TooFewRows { rows, needed: 2 });
    }
    let most = columns.min(rows - 1);
    if dims == 0 || dims > most {
        return Err(ProjectionError::TooManyDims {
            rows,
            columns,
            dims,
            most,
        });
    }
    Ok(())
}

/// The leading eigenvectors of the small matrix of products, and what the pass over the blocks told.
struct Found {
    /// `dims` x the small side.
    vectors: Array2<f64>,
    moments: Moments,
    /// Sum of the squares of all centred elements, as scaled.
    total: f64,
}

impl Found {
    /// `None` when there is no variance that f32 can hold.
    fn new(
        blocks: &Blocks<'_>,
        dims: usize,
        route: Route,
        products: &dyn Products,
        watch: Watch<'_>,
    ) -> Result<Option<Self>, ProjectionError> {
        if route == Route::Randomised {
            Self::randomised(blocks, dims, products, watch)
        } else {
            Self::by_gram(blocks, dims, products, watch)
        }
    }

    fn by_gram(
        blocks: &Blocks<'_>,
        dims: usize,
        products: &dyn Products,
        watch: Watch<'_>,
    ) -> Result<Option<Self>, ProjectionError> {
        let mut sum = products.gram(blocks.small(), blocks.long())?;
        let moments = blocks.each(watch, &mut |_, block| sum.add(block))?;
        let mut gram = sum.finish()?;
        moments.centre_image(&moments.offset().insert_axis(Axis(1)), &mut gram);
        let total = gram.diag().sum();
        if !blocks.holds(total) {
            return Ok(None);
        }
        let vectors = krylov::leading_of(&gram, dims)?;
        Ok(Some(Self {
            vectors,
            moments,
            total,
        }))
    }

    fn randomised(
        blocks: &Blocks<'_>,
        dims: usize,
        products: &dyn Products,
        watch: Watch<'_>,
    ) -> Result<Option<Self>, ProjectionError> {
        let mut first = None;
        let found = krylov::leading(blocks.small(), dims, STREAMED, |vectors| {
            let factor = vectors.mapv(|element| element as f32);
            let mut sum = products.twice(factor.view())?;
            let moments = blocks.each(watch, &mut |_, block| sum.add(block))?;
            let mut image = sum.finish()?;
            moments.centre_image(
                &vectors.dot(&moments.offset()).insert_axis(Axis(1)),
                &mut image,
            );
            let finite = image.iter().all(|element| element.is_finite());
            first.get_or_insert(moments);
            if finite {
                Ok(image)
            } else {
                Err(krylov::Stop::OutOfRange)
            }
        });
        let vectors = match found {
            Ok(vectors) => vectors,
            Err(krylov::Stop::OutOfRange) => return Ok(None),
            Err(krylov::Stop::Failed(error)) => return Err(error),
        };
        let moments: Moments =
            first.expect("invariant: the first image is computed before anything is found");
        let total = moments.total();
        Ok(blocks.holds(total).then_some(Self {
            vectors,
            moments,
            total,
        }))
    }
}
