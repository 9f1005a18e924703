//! The nearest sample of each node; the twin of `shaders/interpolate_nearest.wgsl`.
//!
//! Exact for any arrangement of samples: a window of cells that holds a sample is searched, then once
//! more everything within the distance of the best one found. Of equally near samples the first given wins,
//! as far as f32 distances tell them apart.

use rayon::prelude::*;

use super::cells::{Cells, Window};
use super::scatter::support_at;
use super::{Field, GridSize, Scatter};

/// The nearest sample of a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Nearest {
    /// Its slot in [`Cells::samples`].
    pub(super) slot: usize,
    /// Its squared distance.
    pub(super) squared_unit: f32,
}

/// Finds the sample nearest to a point.
pub(super) fn nearest(cells: &Cells, point: [f32; 2]) -> Nearest {
    let window = cells.window_with(point, 1, 1);
    let best = nearest_in(cells, point, &window);
    let distance = best.squared_unit.sqrt();
    if distance <= cells.sure_within(point, &window) {
        return best;
    }
    nearest_in(cells, point, &cells.window_around(point, distance))
}

fn nearest_in(cells: &Cells, point: [f32; 2], window: &Window) -> Nearest {
    let mut best = Nearest {
        slot: 0,
        squared_unit: f32::MAX,
    };
    let mut best_index = u32::MAX;
    for run in cells.runs(window) {
        for slot in run {
            let sample = &cells.samples[slot];
            let (x, y) = (sample.x_unit - point[0], sample.y_unit - point[1]);
            let squared_unit = x * x + y * y;
            let is_first = squared_unit == best.squared_unit && sample.index < best_index;
            if squared_unit < best.squared_unit || is_first {
                best = Nearest { slot, squared_unit };
                best_index = sample.index;
            }
        }
    }
    best
}

pub(super) fn interpolate(scatter: &Scatter, cells: &Cells) -> Field {
    Field::from_nodes(scatter.size, |point| {
        let near = nearest(cells, point);
        let support = support_at(scatter.support_radius, near.squared_unit);
        (cells.samples[near.slot].value, support)
    })
}

pub(super) fn indices(size: GridSize, cells: &Cells) -> Vec<u32> {
    let x_unit = size.x_unit();
    size.y_unit()
        .into_par_iter()
        .flat_map_iter(|y| {
            x_unit
                .iter()
                .map(move |&x| cells.samples[nearest(cells, [x, y]).slot].index)
        })
        .collect()
}
