//! The leading eigenvectors of a symmetric operator that is only known by what it does to some vectors:
//! randomised block Krylov iteration (Halko, Martinsson, Shkolnisky and Tygert 2011; Musco and Musco 2015).
//!
//! Every image is kept, orthogonal to those before it, and the operator restricted to all of them is solved
//! exactly (Rayleigh and Ritz). That needs far fewer images than power iterations of one block.

use linfa_linalg::Order;
use linfa_linalg::eigh::{EigSort as _, Eigh as _};
use ndarray::{Array1, Array2, ArrayView1, Axis, concatenate, s};
use rayon::prelude::*;

use crate::projection::{ProjectionError, split_mix::SplitMix64};

/// Images after which what there is must do.
const MOST_IMAGES: usize = 400;

/// Vectors kept at most, before the iteration restarts from the best of them.
const MOST_KEPT: usize = 192;

/// Elements of the vectors kept, at most.
const MOST_ELEMENTS: usize = 1 << 26;

/// Up to this size an operator is solved whole.
const SOLVED_WHOLE: usize = 96;

/// Seed of the first vectors. The result does not depend on it beyond the search.
const FIRST_VECTORS: u64 = 1;

/// When an eigenpair counts as found: by its residual.
#[derive(Clone, Copy, Debug)]
pub(super) struct Search {
    /// As a share of the distance to the nearest other eigenvalue: about the angle it is off, in radians.
    pub(super) of_gap: f64,
    /// As a share of the largest eigenvalue: what the images' own rounding allows.
    pub(super) of_largest: f64,
    /// Vectors beyond those asked for, which let these converge sooner.
    pub(super) oversampling: usize,
    /// Whether computing an image costs more than testing for convergence.
    pub(super) is_dear: bool,
}

/// For an operator in f64.
const EXACT: Search = Search {
    of_gap: 1.0e-5,
    of_largest: 1.0e-9,
    oversampling: 3,
    is_dear: false,
};

/// Why no eigenvectors were found.
pub(super) enum Stop {
    /// An image holds what f32 cannot.
    OutOfRange,
    /// An image could not be computed.
    Failed(ProjectionError),
}

impl From<ProjectionError> for Stop {
    fn from(error: ProjectionError) -> Self {
        Self::Failed(error)
    }
}

/// Vectors that are kept at most of the search for `count` of them.
pub(super) fn most_kept(size: usize, count: usize, search: Search) -> usize {
    let width = size.min(count + search.oversampling);
    size.min(MOST_KEPT.min(MOST_ELEMENTS / size)).max(4 * width)
}

/// The `count` leading eigenvectors of a symmetric matrix, as rows.
pub(super) fn leading_of(
    matrix: &Array2<f64>,
    count: usize,
) -> Result<Array2<f64>, ProjectionError> {
    let size = matrix.nrows();
    if size <= SOLVED_WHOLE {
        let (_, vectors) = solve(matrix)?;
        return Ok(vectors.slice(s![..count, ..]).to_owned());
    }
    let image = |vectors: &Array2<f64>| {
        let mut image = Array2::zeros(vectors.raw_dim());
        let panel = size.div_ceil(rayon::current_num_threads()).max(64);
        image
            .axis_chunks_iter_mut(Axis(1), panel)
            .into_par_iter()
            .zip(matrix.axis_chunks_iter(Axis(1), panel))
            .for_each(|(mut image, matrix)| image.assign(&vectors.dot(&matrix)));
        Ok(image)
    };
    leading(size, count, EXACT, image).map_err(|stop| match stop {
        Stop::Failed(error) => error,
        Stop::OutOfRange => ProjectionError::NoVariance,
    })
}

/// The `count` leading eigenvectors of an operator on vectors of `size` elements, as rows. `image` gives what
/// it makes of some (rows).
pub(super) fn leading(
    size: usize,
    count: usize,
    search: Search,
    mut image: impl FnMut(&Array2<f64>) -> Result<Array2<f64>, Stop>,
) -> Result<Array2<f64>, Stop> {
    let width = size.min(count + search.oversampling);
    let most = most_kept(size, count, search);
    let mut noise = SplitMix64::new(FIRST_VECTORS);
    let mut basis = Array2::zeros((0, size));
    let mut images = Array2::zeros((0, size));
    let mut within = Array2::zeros((0, 0));
    let mut block = Array2::from_shape_simple_fn((width, size), || noise.normal());
    orthonormalise(&mut block, &basis);
    let mut looked_at = 0;
    for round in 1.. {
        let next = image(&block)?;
        within = grown(&within, &next.dot(&basis.t()), &next.dot(&block.t()));
        basis = joined(&basis, &block);
        images = joined(&images, &next);
        block = next;
        orthonormalise(&mut block, &basis);

        let kept = basis.nrows();
        let is_full = kept + width > most;
        // The operator leaves what there is within itself, or that is all there is.
        let is_last = block.nrows() == 0 || kept >= size || round == MOST_IMAGES;
        if !(is_full || is_last || search.is_dear || kept * 3 >= looked_at * 4) {
            continue;
        }
        looked_at = kept;
        let (values, combinations) = solve(&within)?;
        let top = combinations.slice(s![..count, ..]);
        let mut best = top.dot(&basis);
        let residuals = top.dot(&images) - &best * &values.slice(s![..count]).insert_axis(Axis(1));
        if is_last || (0..count).all(|at| is_found(at, &values, residuals.row(at), search)) {
            orthonormalise_in_order(&mut best);
            return Ok(best);
        }
        if is_full {
            // Restart from the best vectors, whose images are known.
            let restart = combinations.slice(s![..(kept / 3).max(width), ..]);
            (basis, images) = (restart.dot(&basis), restart.dot(&images));
            within = Array2::from_diag(&values.slice(s![..restart.nrows()]));
            looked_at = restart.nrows();
        }
    }
    unreachable!("invariant: the last round returns")
}

fn is_found(
    at: usize,
    values: &Array1<f64>,
    residual: ArrayView1<'_, f64>,
    search: Search,
) -> bool {
    let gap = |other: Option<&f64>| other.map_or(f64::INFINITY, |other| (other - values[at]).abs());
    let gap = gap(values.get(at + 1)).min(gap(at.checked_sub(1).and_then(|at| values.get(at))));
    let allowed = (search.of_gap * gap).max(search.of_largest * values[0].abs());
    residual.dot(&residual).sqrt() <= allowed
}

/// Eigenvalues, largest first, and eigenvectors as rows.
fn solve(matrix: &Array2<f64>) -> Result<(Array1<f64>, Array2<f64>), ProjectionError> {
    // Exactly symmetric in spite of rounding.
    let symmetric = 0.5 * (matrix + &matrix.t());
    let (values, vectors) = symmetric
        .eigh()
        .map_err(|error| {
            ProjectionError::BadSetting(format!("the eigenvalues cannot be found: {error}"))
        })?
        .sort_eig(Order::Largest);
    Ok((
        values,
        vectors.reversed_axes().as_standard_layout().to_owned(),
    ))
}

fn joined(above: &Array2<f64>, below: &Array2<f64>) -> Array2<f64> {
    concatenate![Axis(0), above.view(), below.view()]
}

/// A symmetric matrix with `below` and its transpose added at the edges, `corner` at the end.
fn grown(matrix: &Array2<f64>, below: &Array2<f64>, corner: &Array2<f64>) -> Array2<f64> {
    let top = concatenate![Axis(1), matrix.view(), below.t()];
    let bottom = concatenate![Axis(1), below.view(), corner.view()];
    concatenate![Axis(0), top, bottom]
}

/// Makes the rows orthonormal, and orthogonal to `basis`; leaves out those within its span.
fn orthonormalise(rows: &mut Array2<f64>, basis: &Array2<f64>) {
    let scale = rows
        .iter()
        .fold(0.0_f64, |most, element| most.max(element.abs()));
    if scale == 0.0 {
        *rows = Array2::zeros((0, rows.ncols()));
        return;
    }
    *rows /= scale;
    let before: Vec<f64> = rows
        .rows()
        .into_iter()
        .map(|row| row.dot(&row).sqrt())
        .collect();
    let largest = before.iter().copied().fold(0.0, f64::max);
    // Twice is enough (Kahan and Parlett).
    for _ in 0..2 {
        *rows -= &rows.dot(&basis.t()).dot(basis);
    }
    let mut kept = Vec::new();
    for at in 0..rows.nrows() {
        let (above, mut below) = rows.view_mut().split_at(Axis(0), at);
        let mut row = below.row_mut(0);
        for _ in 0..2 {
            for &other in &kept {
                let other = above.row(other);
                let along = other.dot(&row);
                row.scaled_add(-along, &other);
            }
        }
        let length = row.dot(&row).sqrt();
        if length > 1.0e-12 * largest {
            row /= length;
            kept.push(at);
        }
    }
    *rows = rows.select(Axis(0), &kept);
    // A vector nearly within the span has lost precision.
    *rows -= &rows.dot(&basis.t()).dot(basis);
    orthonormalise_in_order(rows);
}

fn orthonormalise_in_order(rows: &mut Array2<f64>) {
    for at in 0..rows.nrows() {
        let (above, mut below) = rows.view_mut().split_at(Axis(0), at);
        let mut row = below.row_mut(0);
        for other in above.rows() {
            let along = other.dot(&row);
            row.scaled_add(-along, &other);
        }
        let length = row.dot(&row).sqrt();
        if length > 0.0 {
            row /= length;
        }
    }
}
