//! The fuzzy neighbourhood of each point: how much it takes each neighbour for a member.

use rayon::prelude::*;

use crate::projection::Neighbours;

/// The sum of memberships is met this well; as umap-learn's `smooth_knn_dist`.
const TOLERANCE: f64 = 1.0e-5;

/// Halvings, at most: ties may have no width that meets the sum.
const STEPS: u32 = 64;

/// A width is at least this part of the mean distance.
const LEAST_WIDTH: f64 = 1.0e-3;

/// How much each row takes each of its neighbours for a member of its surroundings: 1 for the nearest, then
/// falling exponentially, at a width where all, itself counted among them, add up to the logarithm of their number.
#[must_use]
pub fn memberships(neighbours: &Neighbours) -> Vec<f32> {
    let mean = mean(&neighbours.distances);
    let mut memberships = vec![0.0; neighbours.distances.len()];
    memberships
        .par_chunks_mut(neighbours.count)
        .zip(neighbours.distances.par_chunks(neighbours.count))
        .for_each(|(memberships, distances)| smooth(distances, mean, memberships));
    memberships
}

fn mean(distances: &[f32]) -> f64 {
    distances.iter().map(|&d| f64::from(d)).sum::<f64>() / distances.len() as f64
}

fn smooth(distances: &[f32], mean_of_all: f64, memberships: &mut [f32]) {
    // The nearest that is not the same point.
    let nearest = distances.iter().copied().find(|d| *d > 0.0).unwrap_or(0.0);
    let beyond = |distance: f32| (f64::from(distance) - f64::from(nearest)).max(0.0);
    let wanted = ((distances.len() + 1) as f64).log2();
    let (mut low, mut high) = (0.0, f64::INFINITY);
    let mut width: f64 = 1.0;
    for _ in 0..STEPS {
        let sum: f64 = distances.iter().map(|&d| (-beyond(d) / width).exp()).sum();
        if (sum - wanted).abs() < TOLERANCE {
            break;
        }
        if sum > wanted {
            high = width;
            width = 0.5 * (low + high);
        } else {
            low = width;
            width = if high.is_finite() {
                0.5 * (low + high)
            } else {
                2.0 * width
            };
        }
    }
    // umap-learn's means count the point itself, at distance 0.
    let counted = distances.len() as f64 / (distances.len() + 1) as f64;
    let of = if nearest > 0.0 {
        mean(distances)
    } else {
        mean_of_all
    };
    let width = width.max(LEAST_WIDTH * counted * of);
    for (membership, &distance) in memberships.iter_mut().zip(distances) {
        let beyond = beyond(distance);
        *membership = if beyond == 0.0 {
            1.0
        } else {
            (-beyond / width).exp() as f32
        };
    }
}
