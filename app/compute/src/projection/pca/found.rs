//! The eigenvectors from which the principal components are made.

use ndarray::{Array2, Axis};

use super::blocks::{Blocks, Moments};
use super::krylov;
use super::products::Products;
use super::route::Route;
use crate::projection::{ProgressCallback, ProjectionError};

/// When the iteration on streamed products ends. Each product carries single precision's noise, and nothing
/// converges below that.
const STREAMED: krylov::Search = krylov::Search {
    of_gap: 1.0e-4,
    of_largest: 2.0e-6,
    oversampling: 10,
    is_dear: true,
};

/// The length of the vectors that [`Route::Randomised`] searches with, and how many are kept; `None` for other routes.
pub(in crate::projection) fn searched(
    [rows, columns]: [usize; 2],
    dims: usize,
) -> Option<[usize; 2]> {
    let size = rows.min(columns);
    let is_searched = Route::of([rows, columns]) == Route::Randomised;
    is_searched.then(|| [size, krylov::most_kept(size, dims, STREAMED)])
}

/// The leading eigenvectors of the small matrix of products, and what the pass over the blocks measured.
pub(super) struct Found {
    /// `dims` x the small side.
    pub(super) vectors: Array2<f64>,
    pub(super) moments: Moments,
    /// Sum of the squares of all centred elements, as scaled.
    pub(super) total: f64,
}

impl Found {
    /// `None` when there is no variance that f32 can hold.
    pub(super) fn new(
        blocks: &Blocks<'_>,
        dims: usize,
        route: Route,
        products: &dyn Products,
        progress: ProgressCallback<'_>,
    ) -> Result<Option<Self>, ProjectionError> {
        if route == Route::Randomised {
            Self::randomised(blocks, dims, products, progress)
        } else {
            Self::by_gram(blocks, dims, products, progress)
        }
    }

    fn by_gram(
        blocks: &Blocks<'_>,
        dims: usize,
        products: &dyn Products,
        progress: ProgressCallback<'_>,
    ) -> Result<Option<Self>, ProjectionError> {
        let mut sum = products.gram(blocks.small(), blocks.long())?;
        let moments = blocks.each(progress, &mut |_, block| sum.add(block))?;
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
        progress: ProgressCallback<'_>,
    ) -> Result<Option<Self>, ProjectionError> {
        let mut first = None;
        let found = krylov::leading(blocks.small(), dims, STREAMED, |vectors| {
            let factor = vectors.mapv(|element| element as f32);
            let mut sum = products.twice(factor.view())?;
            let moments = blocks.each(progress, &mut |_, block| sum.add(block))?;
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
