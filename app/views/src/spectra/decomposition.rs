//! The singular values of a matrix that is read in blocks: all of them, or the largest by a randomised method.

use std::ops::Range;

use linfa_linalg::{qr::QRInto as _, svd::SVDInto as _};
use ndarray::{Array1, Array2, Axis, concatenate};

/// Up to this size of the smaller side all values are computed.
const COMPLETE: usize = 512;
/// Values that the randomised method computes.
pub(super) const LARGEST: usize = 128;
/// Vectors beyond the values asked for: they make the last of these more exact.
const OVERSAMPLING: usize = 10;
/// Products with the matrix and its transpose. All of their results are kept: with the last one alone, the 128th
/// value of 768 equally distributed ones is off by 9 % rather than 3 %.
const PRODUCTS: usize = 3;
/// A vector that is shorter than this once its projection on the others is removed adds nothing to them.
const DEPENDENT: f64 = 1e-6;
/// The randomised method squares the matrix, which leaves this of the largest value as rounding.
const ROUNDING_OF_SQUARES: f64 = 1e-7;
/// Seed of the first vectors.
const SEED: u64 = 1;
/// Elements of a matrix that are in memory at a time.
const MOST_ELEMENTS: usize = 1 << 21;
/// As few rows or columns as can be read together have at most this many elements.
const MOST_TOGETHER: usize = 1 << 24;
/// Size of the smaller side at most: vectors of it are kept.
const MOST_SIZE: usize = 100_000;
/// Larger values are treated as infinite: their squares would be.
const MOST_VALUE: f64 = 1e100;

/// Why a matrix has no singular values.
#[derive(Debug, PartialEq)]
pub(super) enum SpectrumError {
    /// An element is NaN or infinite.
    NotFinite,
    /// It could not be read.
    Unreadable(String),
}

/// A matrix that is read in blocks of rows or of columns.
pub(super) trait ReadBlocks {
    /// Rows and columns.
    fn shape(&self) -> [usize; 2];

    /// Rows that can only be read together: blocks of rows start at multiples of this.
    fn rows_together(&self) -> usize;

    /// As [`ReadBlocks::rows_together`], for columns.
    fn columns_together(&self) -> usize;

    /// Reads a block.
    ///
    /// # Errors
    /// With the reason.
    fn read(&self, rows: Range<usize>, columns: Range<usize>) -> Result<Array2<f64>, String>;
}

/// Singular values and the norm of the matrix.
#[derive(Debug)]
pub(super) struct Spectrum {
    /// Descending.
    pub(super) values: Vec<f64>,
    /// Square of the Frobenius norm.
    pub(super) squared_norm: f64,
    /// Number of singular values of the matrix, the computed ones and the others.
    pub(super) size: usize,
    /// Whether they were computed by the randomised method.
    pub(super) randomised: bool,
    /// Values up to this are zero to rounding.
    zero: f64,
}

impl Spectrum {
    pub(super) fn of(matrix: &dyn ReadBlocks) -> Result<Self, SpectrumError> {
        let [rows, columns] = matrix.shape();
        let size = rows.min(columns);
        let together = match columns > rows {
            true => matrix.columns_together(),
            false => matrix.rows_together(),
        };
        if size > MOST_SIZE || together.saturating_mul(size) > MOST_TOGETHER {
            let reason = format!("{rows} x {columns} is too large");
            return Err(SpectrumError::Unreadable(reason));
        }
        if size <= COMPLETE {
            Self::complete(matrix)
        } else {
            Self::randomised(matrix, LARGEST)
        }
    }

    /// All values: of the triangular factor, which blocks of the longer side are merged into.
    pub(super) fn complete(matrix: &dyn ReadBlocks) -> Result<Self, SpectrumError> {
        let [rows, columns] = matrix.shape();
        let size = rows.min(columns);
        let mut squared_norm = 0.0;
        let mut factor = Array2::zeros((0, size));
        for block in tall_blocks(matrix) {
            let block = block?;
            squared_norm += squares(&block);
            factor = concatenate(Axis(0), &[factor.view(), block.view()])
                .expect("blocks have the same number of columns");
            // A factor that is not much taller than wide is decomposed as it is.
            if factor.nrows() > 2 * size {
                factor = triangular(factor);
            }
        }
        let values = singular_values(factor);
        Ok(Self::new(matrix, values, squared_norm, false))
    }

    /// The largest values by randomised block Krylov iteration (Halko, Martinsson, Shkolnisky and Tygert 2011; Musco
    /// and Musco 2015), with every block orthogonal to those before it.
    pub(super) fn randomised(
        matrix: &dyn ReadBlocks,
        largest: usize,
    ) -> Result<Self, SpectrumError> {
        let [rows, columns] = matrix.shape();
        let size = rows.min(columns);
        let width = (largest + OVERSAMPLING).min(size / PRODUCTS).max(1);
        let mut noise = Noise(SEED);
        let mut block = Array2::from_shape_simple_fn((size, width), || noise.normal());
        let mut basis = Array2::zeros((size, 0));
        let mut squared_norm = 0.0;
        for _ in 0..PRODUCTS {
            let mut product = Array2::zeros((size, block.ncols()));
            squared_norm = 0.0;
            for tall in tall_blocks(matrix) {
                let tall = tall?;
                squared_norm += squares(&tall);
                product += &tall.t().dot(&tall.dot(&block));
            }
            block = orthonormal(product, &basis);
            basis = concatenate(Axis(1), &[basis.view(), block.view()])
                .expect("blocks have the same number of rows");
        }
        let mut within = Array2::zeros((basis.ncols(), basis.ncols()));
        for tall in tall_blocks(matrix) {
            let image = tall?.dot(&basis);
            within += &image.t().dot(&image);
        }
        let squared_values = singular_values(within).into_iter().map(f64::sqrt);
        let values: Vec<f64> = squared_values.take(largest).collect();
        let mut spectrum = Self::new(matrix, values, squared_norm, true);
        spectrum.zero = spectrum.values.first().unwrap_or(&0.0) * ROUNDING_OF_SQUARES;
        Ok(spectrum)
    }

    fn new(matrix: &dyn ReadBlocks, values: Vec<f64>, squared_norm: f64, randomised: bool) -> Self {
        let [rows, columns] = matrix.shape();
        let largest = values.first().copied().unwrap_or(0.0);
        Self {
            zero: largest * rows.max(columns) as f64 * f64::EPSILON,
            values,
            squared_norm,
            size: rows.min(columns),
            randomised,
        }
    }

    /// Number of computed values that are not zero to rounding.
    pub(super) fn rank(&self) -> usize {
        self.values.partition_point(|value| *value > self.zero)
    }

    /// Squared Frobenius norm over the square of the largest value: 1 for a matrix of rank one.
    pub(super) fn stable_rank(&self) -> f64 {
        self.squared_norm / self.square_of_largest()
    }

    /// Share of the largest value in the squared Frobenius norm.
    pub(super) fn share_of_largest(&self) -> f64 {
        self.square_of_largest() / self.squared_norm
    }

    fn square_of_largest(&self) -> f64 {
        self.values.first().map_or(0.0, |largest| largest * largest)
    }

    /// How many of the largest values hold this share of the squared Frobenius norm; `None` where all that were
    /// computed hold less.
    pub(super) fn count_holding(&self, share: f64) -> Option<usize> {
        let mut sum = 0.0;
        self.values
            .iter()
            .position(|value| {
                sum += value * value;
                sum >= share * self.squared_norm
            })
            .map(|index| index + 1)
    }
}

/// ReadBlocks of rows of the matrix, or of its transpose where that is taller.
fn tall_blocks(
    matrix: &dyn ReadBlocks,
) -> impl Iterator<Item = Result<Array2<f64>, SpectrumError>> + '_ {
    let [rows, columns] = matrix.shape();
    let is_wide = columns > rows;
    let (len, width, together) = if is_wide {
        (columns, rows, matrix.columns_together())
    } else {
        (rows, columns, matrix.rows_together())
    };
    // Blocks of which all values are computed are taller than wide.
    let fewest = if width <= COMPLETE { 2 * width } else { 1 };
    let block = (MOST_ELEMENTS / width.max(1)).max(fewest);
    ranges(len, block, together).map(move |range| {
        if is_wide {
            Ok(finite(matrix.read(0..rows, range))?.reversed_axes())
        } else {
            finite(matrix.read(range, 0..columns))
        }
    })
}

/// Ranges of about `block` up to `len`, at multiples of `together`.
fn ranges(len: usize, block: usize, together: usize) -> impl Iterator<Item = Range<usize>> {
    let block = block.div_ceil(together) * together;
    (0..len)
        .step_by(block.max(1))
        .map(move |start| start..(start + block).min(len))
}

fn finite(block: Result<Array2<f64>, String>) -> Result<Array2<f64>, SpectrumError> {
    let block = block.map_err(SpectrumError::Unreadable)?;
    // NaN compares as false.
    if block.iter().all(|value| value.abs() < MOST_VALUE) {
        Ok(block)
    } else {
        Err(SpectrumError::NotFinite)
    }
}

fn squares(block: &Array2<f64>) -> f64 {
    block.iter().map(|value| value * value).sum()
}

/// An orthonormal basis of what the columns of a block have beyond an orthonormal `basis`.
fn orthonormal(mut block: Array2<f64>, basis: &Array2<f64>) -> Array2<f64> {
    let mut lengths = Array1::zeros(0);
    // The second time removes what rounding leaves the first time.
    for _ in 0..2 {
        block = &block - &basis.dot(&basis.t().dot(&block));
        let (vectors, factor) = block
            .qr_into()
            .expect("there are at least as many rows as columns")
            .into_decomp();
        (block, lengths) = (vectors, factor.into_diag());
    }
    let independent: Vec<usize> = (0..lengths.len())
        .filter(|&column| lengths[column].abs() > DEPENDENT)
        .collect();
    block.select(Axis(1), &independent)
}

/// The triangular factor of a matrix that has at least as many rows as columns: its singular values are the same.
fn triangular(matrix: Array2<f64>) -> Array2<f64> {
    matrix
        .qr_into()
        .expect("there are at least as many rows as columns")
        .into_r()
}

/// Descending.
fn singular_values(matrix: Array2<f64>) -> Vec<f64> {
    if matrix.is_empty() {
        return Vec::new();
    }
    let (_, values, _) = matrix
        .svd_into(false, false)
        .expect("a matrix with elements has singular values");
    let mut values: Vec<f64> = values.into_iter().map(f64::abs).collect();
    values.sort_by(|a, b| b.total_cmp(a));
    values
}

/// Normally distributed numbers that a seed determines (`SplitMix64` of Steele, Lea and Flood 2014; Box and Muller
/// 1958).
struct Noise(u64);

impl Noise {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let (radius, angle) = (1.0 - self.uniform(), self.uniform());
        (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
    }
}
