//! Which algorithm finds the principal components.

use crate::projection::ProjectionError;

/// Up to this size the small matrix of products is computed in full; above, only what it does to a few
/// vectors.
const MOST_SMALL: usize = 2048;

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
