//! Cases of principal components with scikit-learn's results in float64: those of `tests/data`, and those
//! of `../shared/runs/oracles` where that folder is next to the checkout.

use std::path::Path;

use ndarray::{Array2, ArrayView1, ArrayView2, Axis};
use ndarray_npy::{ReadNpyExt as _, ReadableElement};
use trainscape_compute::projection::{Matrix, Pca};

/// A matrix and what scikit-learn's `PCA(svd_solver="full")` makes of it in float64.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) matrix: Matrix,
    pub(crate) components: Array2<f64>,
    pub(crate) scores: Array2<f64>,
    pub(crate) explained_variance: Vec<f64>,
    pub(crate) explained_variance_ratio: Vec<f64>,
}

impl Case {
    /// All cases; reports on stderr when the larger ones are missing.
    #[allow(clippy::print_stderr, reason = "what is not compared is told")]
    pub(crate) fn all() -> Vec<Self> {
        let scene = Path::new(env!("CARGO_MANIFEST_DIR")).join("../compute");
        let mut cases: Vec<Self> = ["tall", "wide"]
            .map(|name| Self::stored(&scene.join("tests/data"), name))
            .into();
        let shared = scene.join("../../../shared/runs/oracles");
        if shared.exists() {
            cases.extend(
                ["tokens-over-training", "weights-path"].map(|name| Self::shared(&shared, name)),
            );
        } else {
            eprintln!(
                "{} is not there: only the small cases are compared",
                shared.display()
            );
        }
        cases
    }

    fn stored(folder: &Path, name: &str) -> Self {
        let part = |part: &str| read(&folder.join(format!("pca-{name}.{part}.npy")));
        let variance: Array2<f64> = part("variance");
        Self {
            name: name.to_owned(),
            matrix: matrix(folder, name),
            components: part("components"),
            scores: part("scores"),
            explained_variance: variance.row(0).to_vec(),
            explained_variance_ratio: variance.row(1).to_vec(),
        }
    }

    fn shared(folder: &Path, name: &str) -> Self {
        let archive = std::fs::read(folder.join(format!("pca-{name}.expected.npz"))).unwrap();
        let vector = |name| -> ndarray::Array1<f64> {
            ndarray::Array1::read_npy(member(&archive, name)).unwrap()
        };
        Self {
            name: name.to_owned(),
            matrix: matrix(folder, name),
            components: Array2::read_npy(member(&archive, "components")).unwrap(),
            scores: Array2::read_npy(member(&archive, "scores")).unwrap(),
            explained_variance: vector("explained_variance").to_vec(),
            explained_variance_ratio: vector("explained_variance_ratio").to_vec(),
        }
    }

    pub(crate) fn dims(&self) -> usize {
        self.components.nrows()
    }

    /// Compares with DESIGN's tolerances: the angle between subspaces, explained variance, and, because
    /// signs and order are scikit-learn's, each component and each score.
    pub(crate) fn compare(&self, ours: &Pca) -> Result<(), String> {
        let name = &self.name;
        let columns = self.components.ncols();
        let components = ArrayView2::from_shape((ours.dims, columns), &ours.components).unwrap();
        let components = components.mapv(f64::from);
        let angle = subspace_angle(&components, &self.components);
        if angle.is_nan() || angle >= 1.0e-3 {
            return Err(format!("{name}: the subspaces are {angle} rad apart"));
        }
        for (at, (ours, theirs)) in components
            .rows()
            .into_iter()
            .zip(self.components.rows())
            .enumerate()
        {
            let apart = length((&ours - &theirs).view());
            if apart.is_nan() || apart >= 1.0e-3 {
                return Err(format!("{name}: component {at} is {apart} off"));
            }
        }
        let variances = [
            (&ours.explained_variance, &self.explained_variance),
            (
                &ours.explained_variance_ratio,
                &self.explained_variance_ratio,
            ),
        ];
        for (ours, theirs) in variances {
            for (ours, theirs) in ours.iter().zip(theirs) {
                let apart = (ours / theirs - 1.0).abs();
                if apart.is_nan() || apart >= 1.0e-4 {
                    return Err(format!("{name}: variance {ours}, not {theirs}"));
                }
            }
        }
        let scores = ArrayView2::from_shape(self.scores.raw_dim(), &ours.scores).unwrap();
        let apart = length((&scores.mapv(f64::from) - &self.scores).flatten().view());
        let whole = length(self.scores.flatten().view());
        if apart.is_nan() || apart >= 1.0e-3 * whole {
            return Err(format!("{name}: scores are {apart} of {whole} off"));
        }
        Ok(())
    }
}

/// The largest angle between the spaces two sets of orthonormal rows span.
pub(crate) fn subspace_angle(ours: &Array2<f64>, theirs: &Array2<f64>) -> f64 {
    // The sine is the norm of the part outside; the largest over a basis bounds it from below, and the
    // root of the sum from above.
    let outside = ours - &ours.dot(&theirs.t()).dot(theirs);
    let squares: f64 = outside.axis_iter(Axis(0)).map(|row| row.dot(&row)).sum();
    squares.sqrt().min(1.0).asin()
}

fn length(vector: ArrayView1<'_, f64>) -> f64 {
    vector.dot(&vector).sqrt()
}

fn matrix(folder: &Path, name: &str) -> Matrix {
    let values: Array2<f32> = read(&folder.join(format!("pca-{name}.npy")));
    Matrix {
        columns: values.ncols(),
        values: values.into_iter().collect(),
    }
}

fn read<T: ReadableElement>(path: &Path) -> Array2<T> {
    ndarray_npy::read_npy(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A stored (not deflated) member of an npz, from its local header to the next header.
fn member<'a>(archive: &'a [u8], name: &str) -> &'a [u8] {
    let name = format!("{name}.npy");
    let two = |at: usize| usize::from(u16::from_le_bytes([archive[at], archive[at + 1]]));
    let headers: Vec<usize> = (0..archive.len() - 4)
        .filter(|&at| matches!(&archive[at..at + 4], b"PK\x03\x04" | b"PK\x01\x02"))
        .collect();
    let ours = headers.iter().position(|&at| {
        archive[at + 2] == 3 && &archive[at + 30..at + 30 + two(at + 26)] == name.as_bytes()
    });
    let ours = ours.unwrap();
    let from = headers[ours];
    &archive[from + 30 + two(from + 26) + two(from + 28)..headers[ours + 1]]
}
