//! The memory that a projection takes, which is estimated before anything is allocated.

use super::{Metric, ProjectionError, ProjectionMethod, pca::searched};

/// Bytes that drawing may take, the data of a view or the work of a projection.
pub const MOST_MEMORY: u64 = 1_800_000_000;

/// Bytes of a neighbour of a row: its number and distance, its probability, and the edges of the graph.
const NEIGHBOUR: u64 = 48;

/// Bytes of a row of an iterative layout beside its numbers and neighbours.
const LAYOUT_ROW: u64 = 100;

/// Bytes of a coordinate of the result, which is copied where it is drawn or written.
const COORDINATE: u64 = 12;

/// Vectors that the search for eigenvectors of a large matrix keeps, and bytes of each element: three copies of them.
const KEPT_ELEMENT: u64 = 24;

/// Bytes of an element of the short side in that search, beside the kept vectors.
const SEARCHED_ELEMENT: u64 = 1000;

/// Refuses a projection that would take more than [`MOST_MEMORY`].
///
/// # Errors
/// [`ProjectionError::TooLarge`].
pub fn check_memory(
    shape: [usize; 2],
    dims: usize,
    method: ProjectionMethod,
) -> Result<(), ProjectionError> {
    let bytes = needed(shape, dims, method);
    if bytes <= MOST_MEMORY {
        return Ok(());
    }
    let [rows, columns] = shape;
    Err(ProjectionError::TooLarge {
        method,
        rows,
        columns,
        bytes,
        most: MOST_MEMORY,
    })
}

fn needed([rows, columns]: [usize; 2], dims: usize, method: ProjectionMethod) -> u64 {
    let own = (rows as u64).saturating_mul(COORDINATE * dims as u64);
    let by_neighbours = |count: u64, metric: Metric| {
        let values = (rows as u64)
            .saturating_mul(4)
            .saturating_mul(columns as u64);
        // Rows of zeros get a column of their own, which moves all of them.
        let copies = match metric {
            Metric::Euclidean => 1,
            Metric::Cosine => 2,
        };
        let each = count.saturating_mul(NEIGHBOUR) + LAYOUT_ROW;
        let neighbours = (rows as u64).saturating_mul(each);
        values.saturating_mul(copies).saturating_add(neighbours)
    };
    let work = match method {
        ProjectionMethod::Pca => searched([rows, columns], dims).map_or(0, |[size, kept]| {
            let each = SEARCHED_ELEMENT + KEPT_ELEMENT * kept as u64;
            each.saturating_mul(size as u64)
        }),
        ProjectionMethod::Tsne(settings) => {
            // A perplexity that is not valid is refused with its own message.
            let count = (3.0 * settings.perplexity) as u64 + 1;
            by_neighbours(count.min(rows as u64), settings.metric)
        }
        ProjectionMethod::Umap(settings) => {
            let count = u64::from(settings.neighbours).min(rows as u64);
            by_neighbours(count, settings.metric)
        }
    };
    own.saturating_add(work)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projection::{Tsne, Umap};

    #[test]
    fn what_fits_is_projected_and_what_does_not_is_refused_with_a_remedy() {
        let umap = ProjectionMethod::Umap(Umap::default());
        let tsne = ProjectionMethod::Tsne(Tsne::default());
        for method in [umap, tsne] {
            assert_eq!(check_memory([300_000, 300], 2, method), Ok(()));
            for shape in [[3_000_000, 1000], [500_000, 1000], [usize::MAX, usize::MAX]] {
                let error = check_memory(shape, 2, method).unwrap_err().to_string();
                assert!(error.contains("choose PCA"), "{error}");
            }
        }
        assert_eq!(
            check_memory([3_000_000, 1000], 2, umap)
                .unwrap_err()
                .to_string(),
            "UMAP of 3000000 x 1000 values would take 14.5 GB of memory, of which at most 1.8 GB are used: choose \
             PCA, or save a part of the rows as an array of its own",
        );
        // Principal components are found block by block.
        for shape in [[3_000_000, 1000], [40, 100_000_000], [200_000, 200_000]] {
            assert_eq!(check_memory(shape, 3, ProjectionMethod::Pca), Ok(()));
        }
        let error = check_memory([4_000_000, 4_000_000], 3, ProjectionMethod::Pca).unwrap_err();
        assert!(!error.to_string().contains("choose PCA"), "{error}");
    }
}
