//! The kernel width of each point: the Gaussian over its neighbours that has the perplexity asked for.

use rayon::prelude::*;

use crate::projection::Neighbours;

/// Entropy is met this well; as scikit-learn's `_binary_search_perplexity`.
const TOLERANCE: f64 = 1.0e-5;

/// Halvings, at most: duplicates and ties may have no width that meets the entropy.
const STEPS: u32 = 100;

/// How probable each row finds each of its neighbours: Gaussians of the distance, each with the width whose
/// entropy is the logarithm of the perplexity. A row's probabilities add up to 1.
#[must_use]
pub fn conditional_probabilities(neighbours: &Neighbours, perplexity: f32) -> Vec<f32> {
    let mut probabilities = vec![0.0; neighbours.distances.len()];
    let wanted = f64::from(perplexity).ln();
    probabilities
        .par_chunks_mut(neighbours.count)
        .zip(neighbours.distances.par_chunks(neighbours.count))
        .for_each(|(probabilities, distances)| calibrate(distances, wanted, probabilities));
    probabilities
}

fn calibrate(distances: &[f32], wanted: f64, probabilities: &mut [f32]) {
    // Beyond the nearest, so that the largest exponent is 0 and the sum at least 1 at any width.
    let nearest = distances
        .iter()
        .fold(f64::INFINITY, |least, &d| least.min(f64::from(d)));
    let excess: Vec<f64> = distances
        .iter()
        .map(|&d| f64::from(d) * f64::from(d) - nearest * nearest)
        .collect();
    let (mut low, mut high) = (0.0, f64::INFINITY);
    let mut beta: f64 = 1.0;
    for _ in 0..STEPS {
        let (mut sum, mut weighted) = (0.0, 0.0);
        for &excess in &excess {
            let probability = (-beta * excess).exp();
            sum += probability;
            weighted += probability * excess;
        }
        let entropy = sum.ln() + beta * weighted / sum;
        if (entropy - wanted).abs() <= TOLERANCE {
            break;
        }
        let better = if entropy > wanted {
            low = beta;
            if high.is_finite() {
                0.5 * (low + high)
            } else {
                2.0 * beta
            }
        } else {
            high = beta;
            0.5 * (low + high)
        };
        if better == beta || !(f64::MIN_POSITIVE..1.0e300).contains(&better) {
            break;
        }
        beta = better;
    }
    let sum: f64 = excess.iter().map(|excess| (-beta * excess).exp()).sum();
    for (probability, excess) in probabilities.iter_mut().zip(&excess) {
        *probability = ((-beta * excess).exp() / sum) as f32;
    }
}
