//! Thin-plate splines through the nearest samples of each node; the twin of `shaders/interpolate_rbf.wgsl`.
//!
//! As SciPy's `RBFInterpolator(kernel="thin_plate_spline", neighbors=k)`, in f64 where the shader has f32.
//! Where all neighbours lie on one line, which SciPy refuses as singular, the polynomial is linear along it.

use rayon::prelude::*;

use super::cells::Cells;
use super::neighbours::Neighbours;
use super::thin_plate::{LANES, ThinPlates};
use super::{Field, Scatter};

pub(super) fn interpolate(
    scatter: &Scatter,
    cells: &Cells,
    neighbours: u32,
    smoothing: f32,
) -> Field {
    let count = cells.samples.len().min(neighbours as usize);
    let first_reach = cells.first_reach(count as u32);
    // Support and the value to fall back on come from the nearest sample alone.
    let mut field = super::nearest::interpolate(scatter, cells);
    let (x_unit, y_unit) = (&field.x_unit, &field.y_unit);
    let width = x_unit.len();
    field
        .values
        .par_chunks_mut(width)
        .zip(y_unit)
        .for_each_init(
            || (Neighbours::default(), ThinPlates::new(count)),
            |(search, plates), (values, &y)| {
                for (values, columns) in values.chunks_mut(LANES).zip(x_unit.chunks(LANES)) {
                    // Past the end of a row the last node is computed again.
                    for lane in 0..LANES {
                        let point = [columns[lane.min(columns.len() - 1)], y];
                        let (slots, farthest) = search.find(cells, point, count, first_reach);
                        let samples = slots.map(|slot| {
                            let sample = &cells.samples[slot];
                            [sample.x_unit, sample.y_unit, sample.value]
                        });
                        plates.set(lane, point, samples, farthest, smoothing);
                    }
                    for (value, solved) in values.iter_mut().zip(plates.solve()) {
                        let solved = solved as f32;
                        if solved.is_finite() {
                            *value = solved;
                        }
                    }
                }
            },
        );
    field
}
