//! All pairs, by products of blocks of rows.

use std::sync::atomic::{AtomicUsize, Ordering};

use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2};
use rayon::prelude::*;

use super::super::{ProgressCallback, ProjectionError};
use super::found::Neighbours;
use super::nearest::{List, Nearest, measured, spare};
use super::points::Points;

/// Rows whose neighbours one task searches.
const QUERIES: usize = 192;

/// Rows that it compares in one product.
const CANDIDATES: usize = 1024;

/// The exact neighbours of all rows.
pub(super) fn search(
    points: &Points,
    count: usize,
    progress: ProgressCallback<'_>,
) -> Result<Neighbours, ProjectionError> {
    let rows = points.rows();
    let mut found = Neighbours {
        count,
        indices: vec![0; rows * count],
        distances: vec![0.0; rows * count],
    };
    let done = AtomicUsize::new(0);
    found
        .indices
        .par_chunks_mut(QUERIES * count)
        .zip(found.distances.par_chunks_mut(QUERIES * count))
        .enumerate()
        .try_for_each(|(task, (indices, distances))| {
            let first = task * QUERIES;
            let queries: Vec<u32> = (first..rows.min(first + QUERIES))
                .map(|row| row as u32)
                .collect();
            if !progress([done.load(Ordering::Relaxed) as u32, rows as u32]) {
                return Err(ProjectionError::Stopped);
            }
            for (at, near) in of(points, &queries, count).into_iter().enumerate() {
                for (to, (squared, name)) in (at * count..).zip(near) {
                    indices[to] = name;
                    distances[to] = points.distance(squared);
                }
            }
            done.fetch_add(queries.len(), Ordering::Relaxed);
            Ok(())
        })?;
    Ok(found)
}

/// The exact neighbours of some rows: squared distances and names.
pub(super) fn of(points: &Points, queries: &[u32], count: usize) -> Vec<List> {
    let rows = points.rows();
    let mut near: Vec<Nearest> = queries
        .iter()
        .map(|_| Nearest::new(count + spare(count)))
        .collect();
    let own: Vec<f32> = queries
        .iter()
        .flat_map(|query| points.row(*query as usize))
        .copied()
        .collect();
    let mut products = vec![0.0; queries.len() * CANDIDATES];
    for first in (0..rows).step_by(CANDIDATES) {
        compare(
            points,
            queries,
            &own,
            first..rows.min(first + CANDIDATES),
            &mut products,
            &mut near,
        );
    }
    let finished = queries.iter().zip(near).map(|(query, near)| {
        let own = *query as usize;
        let (found, is_sure) = pulp::Arch::new().dispatch(|| near.finish(points, own, count));
        if is_sure {
            return found;
        }
        let others = (0..rows as u32).filter(|other| other != query);
        let mut found = pulp::Arch::new().dispatch(|| measured(points, own, others));
        found.truncate(count);
        found
    });
    finished.collect()
}

/// Compares the rows of a range with some queries, whose elements `own` holds; `products` is scratch memory.
pub(super) fn compare<'a>(
    points: &Points,
    queries: &[u32],
    own: &[f32],
    range: std::ops::Range<usize>,
    products: &mut [f32],
    near: impl IntoIterator<Item = &'a mut Nearest>,
) {
    let (columns, width) = (points.columns(), range.len());
    let products = &mut products[..queries.len() * width];
    let shaped = "invariant: as many elements as rows x columns";
    let own = ArrayView2::from_shape((queries.len(), columns), own).expect(shaped);
    let others =
        ArrayView2::from_shape((width, columns), points.block(range.clone())).expect(shaped);
    let mut out = ArrayViewMut2::from_shape((queries.len(), width), &mut *products).expect(shaped);
    general_mat_mul(-2.0, &own, &others.t(), 0.0, &mut out);
    let squared = &points.squared[range.clone()];
    let arch = pulp::Arch::new();
    for ((query, near), products) in queries.iter().zip(near).zip(products.chunks_exact(width)) {
        arch.dispatch(|| near.update(range.start, *query as usize, products, squared));
    }
}
