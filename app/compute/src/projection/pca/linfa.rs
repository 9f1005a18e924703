//! Principal components by `linfa-reduction`: the reference, in f64 and in memory, with which tests compare the
//! fast routes.

use linfa::traits::{Fit as _, Transformer as _};
use linfa::{Dataset, DatasetBase};
use linfa_reduction::Pca as LinfaPca;
use ndarray::{Array2, Axis};

use super::super::{ProjectionError, Rows};
use super::components::Pca;
use super::route::check_shape;
use super::scores::is_flipped;

/// The first `dims` principal components, by linfa's truncated singular value decomposition (LOBPCG).
///
/// # Errors
/// As [`super::pca`], and when its iteration does not converge.
pub fn pca_by_linfa(matrix: &dyn Rows, dims: usize) -> Result<Pca, ProjectionError> {
    let shape @ [rows, columns] = matrix.shape();
    check_shape(shape, dims)?;
    let mut values = vec![0.0; rows * columns];
    matrix.read(0..rows, 0..columns, &mut values)?;
    if let Some(at) = values.iter().position(|value| !value.is_finite()) {
        return Err(ProjectionError::NotFinite { row: at / columns });
    }
    let values = values.into_iter().map(f64::from).collect();
    let records: Array2<f64> = Array2::from_shape_vec((rows, columns), values)
        .expect("invariant: the matrix has rows x columns elements");
    let mean = records
        .mean_axis(Axis(0))
        .expect("invariant: there are rows");
    let total = (&records - &mean).mapv(|element| element * element).sum();
    if total <= 0.0 {
        return Err(ProjectionError::NoVariance);
    }
    let data = Dataset::from(records);
    let fitted = LinfaPca::params(dims)
        .fit(&data)
        .map_err(|error| ProjectionError::BadSetting(format!("linfa: {error}")))?;
    let DatasetBase {
        records: mut scores,
        ..
    } = fitted.transform(data);
    let mut components = fitted.components().clone();
    for (mut component, mut scores) in components.rows_mut().into_iter().zip(scores.columns_mut()) {
        if is_flipped(component.view()) {
            component *= -1.0;
            scores *= -1.0;
        }
    }
    // From the singular values: linfa's own variances divide by the number of components less one.
    let squares = fitted.singular_values().mapv(|sigma| sigma * sigma);
    Ok(Pca {
        dims,
        mean: mean.to_vec(),
        components: components.iter().map(|element| *element as f32).collect(),
        explained_variance: (&squares / (rows as f64 - 1.0)).to_vec(),
        explained_variance_ratio: (&squares / total).to_vec(),
        scores: scores.iter().map(|score| *score as f32).collect(),
    })
}
