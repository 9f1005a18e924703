//! Interpolation at given points rather than on a grid: what held-out samples are compared with.

use rayon::prelude::*;

use super::neighbours::Neighbours;
use super::thin_plate::{LANES, ThinPlates};
use super::{Cells, ComputeError, InterpolationMethod, TriangleBins, linear, nearest};

/// Interpolates scattered samples (x, y, value in the unit box) at points of the unit square, with the algorithms of
/// [`interpolate`](crate::interpolate()). `None` where there is no surface: outside of the triangles, or farther from every sample than
/// `support_radius` (unit box).
///
/// # Errors
/// As [`interpolate`](crate::interpolate()).
pub fn interpolate_at(
    samples: &[[f32; 3]],
    method: InterpolationMethod,
    support_radius: Option<f32>,
    points: &[[f32; 2]],
) -> Result<Vec<Option<f32>>, ComputeError> {
    let cells = Cells::new(samples)?;
    let mut values = match method {
        InterpolationMethod::Linear => {
            let bins = TriangleBins::new(&cells)?;
            let value = |point: &[f32; 2]| linear::value_at(&bins, &cells, *point);
            points.par_iter().map(value).collect()
        }
        InterpolationMethod::Nearest => {
            let value = |point: &[f32; 2]| {
                let near = nearest::nearest(&cells, *point);
                Some(cells.samples[near.slot].value)
            };
            points.par_iter().map(value).collect()
        }
        InterpolationMethod::Rbf { neighbours: 0, .. } => return Err(ComputeError::NoNeighbours),
        InterpolationMethod::Rbf {
            neighbours,
            smoothing,
        } => thin_plates_at(&cells, neighbours, smoothing, points),
    };
    if let Some(radius) = support_radius {
        values
            .par_iter_mut()
            .zip(points)
            .for_each(|(value, point)| {
                if nearest::nearest(&cells, *point).squared_unit > radius * radius {
                    *value = None;
                }
            });
    }
    Ok(values)
}

fn thin_plates_at(
    cells: &Cells,
    neighbours: u32,
    smoothing: f32,
    points: &[[f32; 2]],
) -> Vec<Option<f32>> {
    let count = cells.samples.len().min(neighbours as usize);
    let first_reach = cells.first_reach(count as u32);
    let mut values = vec![None; points.len()];
    values
        .par_chunks_mut(LANES)
        .zip(points.par_chunks(LANES))
        .for_each_init(
            || (Neighbours::default(), ThinPlates::new(count)),
            |(search, plates), (values, points)| {
                for lane in 0..LANES {
                    // Past the end the last point is computed again.
                    let point = points[lane.min(points.len() - 1)];
                    let (slots, farthest) = search.find(cells, point, count, first_reach);
                    let samples = slots.map(|slot| {
                        let sample = &cells.samples[slot];
                        [sample.x_unit, sample.y_unit, sample.value]
                    });
                    plates.set(lane, point, samples, farthest, smoothing);
                }
                for (value, solved) in values.iter_mut().zip(plates.solve()) {
                    let solved = solved as f32;
                    *value = solved.is_finite().then_some(solved);
                }
            },
        );
    values
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{GridSize, Scatter, interpolate};

    #[test]
    fn points_get_the_values_of_the_nodes_at_the_same_places() {
        let spread = |i: u32| {
            let (x, y) = (
                (i as f32 * 0.754_877_7).fract() * 0.8 + 0.1,
                (i as f32 * 0.569_840_3).fract() * 0.8 + 0.1,
            );
            [x, y, (5.0 * x).sin() * y]
        };
        let samples: Arc<[[f32; 3]]> = (0..200).map(spread).collect();
        let size = GridSize {
            width: 21,
            height: 17,
        };
        let nodes: Vec<[f32; 2]> = size
            .y_unit()
            .into_iter()
            .flat_map(|y| size.x_unit().into_iter().map(move |x| [x, y]))
            .collect();
        for method in [
            InterpolationMethod::Linear,
            InterpolationMethod::Nearest,
            InterpolationMethod::RBF,
        ] {
            let support_radius = Some(0.08);
            let field = interpolate(&Scatter {
                samples: samples.clone(),
                method,
                size,
                support_radius,
            })
            .unwrap();
            let found = interpolate_at(&samples, method, support_radius, &nodes).unwrap();
            for (node, found) in found.into_iter().enumerate() {
                if field.support[node] >= 0.0 {
                    let wanted = field.values[node];
                    assert!((found.unwrap() - wanted).abs() < 1e-6, "{method:?} {node}");
                } else {
                    assert_eq!(found, None, "{method:?} {node}: {}", field.support[node]);
                }
            }
        }
    }
}
