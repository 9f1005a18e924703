//! From eigenvectors to components and scores: one more pass over the blocks.

use ndarray::{Array2, ArrayView1, ArrayViewMut1, Axis};

use super::blocks::Blocks;
use super::components::Pca;
use super::found::Found;
use super::products::Products;
use crate::projection::{ProgressCallback, Projection, ProjectionError};

/// Components whose variance is less than this share of the first's are rounding errors.
const NO_VARIANCE: f64 = 1.0e-13;

impl Found {
    /// The eigenvectors are the components.
    pub(super) fn scores_by_rows(
        mut self,
        blocks: &Blocks<'_>,
        products: &dyn Products,
        progress: ProgressCallback<'_>,
    ) -> Result<Pca, ProjectionError> {
        let (rows, scale) = (blocks.long(), blocks.scale());
        for mut component in self.vectors.rows_mut() {
            if is_flipped(component.view()) {
                component *= -1.0;
            }
        }
        let components = self.vectors.mapv(|element| element as f32);
        let dims = components.nrows();
        let offset = self.moments.offset();
        let along = self.vectors.dot(&offset);
        let mut scores = Vec::with_capacity(rows * dims);
        let mut squares = vec![0.0_f64; dims];
        blocks.each(progress, &mut |_, block| {
            let products = products.times(block, components.view())?;
            for row in products.chunks_exact(dims) {
                for ((score, along), squares) in row.iter().zip(&along).zip(&mut squares) {
                    let score = (f64::from(*score) - along) / scale;
                    *squares += score * score;
                    scores.push(score as f32);
                }
            }
            Ok(())
        })?;
        let mean = blocks.shift().iter().zip(&offset);
        let mean = mean
            .map(|(shift, offset)| f64::from(*shift) + offset / scale)
            .collect();
        Ok(self.pca(rows, scale, mean, components, &squares, scores))
    }

    /// The eigenvectors are the scores, but for their length.
    pub(super) fn components_by_columns(
        self,
        blocks: &Blocks<'_>,
        products: &dyn Products,
        progress: ProgressCallback<'_>,
    ) -> Result<Pca, ProjectionError> {
        let (rows, columns, scale) = (blocks.small(), blocks.long(), blocks.scale());
        let factor = self.vectors.mapv(|element| element as f32);
        let dims = factor.nrows();
        let mut mean = Vec::with_capacity(columns);
        let mut long: Array2<f64> = Array2::zeros((dims, columns));
        blocks.each(progress, &mut |first, block| {
            mean.extend_from_slice(block.means);
            let products = products.times(block, factor.view())?;
            for (at, products) in products.chunks_exact(dims).enumerate() {
                let mut column = long.column_mut(first + at);
                for (component, product) in column.iter_mut().zip(products) {
                    *component = f64::from(*product);
                }
            }
            Ok(())
        })?;
        let mut squares: Vec<f64> = long.rows().into_iter().map(|row| row.dot(&row)).collect();
        let least = squares.iter().copied().fold(0.0, f64::max) * NO_VARIANCE;
        let mut signs = vec![1.0; dims];
        for at in 0..dims {
            let (above, mut below) = long.view_mut().split_at(Axis(0), at);
            let mut component = below.row_mut(0);
            if squares[at] > least {
                component /= squares[at].sqrt();
            } else {
                squares[at] = 0.0;
                fill(&mut component, &above.to_owned());
            }
            if is_flipped(component.view()) {
                component *= -1.0;
                signs[at] = -1.0;
            }
        }
        let scores = self.scaled(&squares, &signs, scale);
        let squares: Vec<f64> = squares
            .iter()
            .map(|squares| squares / (scale * scale))
            .collect();
        let components = long.mapv(|element| element as f32);
        Ok(self.pca(rows, scale, mean, components, &squares, scores))
    }

    /// As [`Self::components_by_columns`], of each component no more than its length and its sign.
    pub(super) fn scores_by_columns(
        self,
        blocks: &Blocks<'_>,
        products: &dyn Products,
        progress: ProgressCallback<'_>,
    ) -> Result<Projection, ProjectionError> {
        let factor = self.vectors.mapv(|element| element as f32);
        let dims = factor.nrows();
        let mut squares = vec![0.0_f64; dims];
        let mut largest = vec![0.0_f32; dims];
        blocks.each(progress, &mut |_, block| {
            for products in products.times(block, factor.view())?.chunks_exact(dims) {
                for ((product, squares), largest) in
                    products.iter().zip(&mut squares).zip(&mut largest)
                {
                    *squares += f64::from(*product).powi(2);
                    if product.abs() > largest.abs() {
                        *largest = *product;
                    }
                }
            }
            Ok(())
        })?;
        let least = squares.iter().copied().fold(0.0, f64::max) * NO_VARIANCE;
        for squares in squares.iter_mut().filter(|squares| **squares <= least) {
            *squares = 0.0;
        }
        let signs = |largest: &f32| if *largest < 0.0 { -1.0 } else { 1.0 };
        let signs: Vec<f64> = largest.iter().map(signs).collect();
        Ok(Projection {
            dims,
            scores: self.scaled(&squares, &signs, blocks.scale()).into(),
            explained_variance_ratio: squares
                .iter()
                .map(|squares| (squares / self.total).min(1.0))
                .collect(),
            progress: [1, 1],
        })
    }

    /// The eigenvectors as scores: with the length and the sign of their components.
    fn scaled(&self, squares: &[f64], signs: &[f64], scale: f64) -> Vec<f32> {
        let lengths = squares.iter().zip(signs);
        let lengths: Vec<f64> = lengths
            .map(|(squares, sign)| sign * squares.sqrt() / scale)
            .collect();
        let rows = self.vectors.columns().into_iter();
        rows.flat_map(|row| row.into_iter().zip(&lengths))
            .map(|(element, length)| (element * length) as f32)
            .collect()
    }

    fn pca(
        &self,
        rows: usize,
        scale: f64,
        mean: Vec<f64>,
        components: Array2<f32>,
        squares: &[f64],
        scores: Vec<f32>,
    ) -> Pca {
        let total = self.total / (scale * scale);
        Pca {
            dims: components.nrows(),
            mean,
            explained_variance: squares
                .iter()
                .map(|squares| squares / (rows as f64 - 1.0))
                .collect(),
            explained_variance_ratio: squares
                .iter()
                .map(|squares| (squares / total).min(1.0))
                .collect(),
            components: components.into_raw_vec_and_offset().0,
            scores,
        }
    }
}

/// Whether the largest element (the first of equals) is negative: scikit-learn turns such components round.
pub(super) fn is_flipped(component: ArrayView1<'_, f64>) -> bool {
    let mut largest = 0.0_f64;
    for element in component {
        if element.abs() > largest.abs() {
            largest = *element;
        }
    }
    largest < 0.0
}

/// Some unit vector orthogonal to those before it, where the data have no direction left.
fn fill(component: &mut ArrayViewMut1<'_, f64>, before: &Array2<f64>) {
    for axis in 0..component.len() {
        component.fill(0.0);
        component[axis] = 1.0;
        for _ in 0..2 {
            for other in before.rows() {
                let along = other.dot(component);
                component.scaled_add(-along, &other);
            }
        }
        let length = component.dot(component).sqrt();
        // Of `n` axes one is at least this far outside any fewer directions.
        if length * length
            >= (component.len() - before.nrows()) as f64 / component.len() as f64 * 0.99
        {
            *component /= length;
            return;
        }
    }
}
