//! The samples, sorted into a uniform grid of cells: the index that every interpolation searches.
//!
//! A window of cells is a few contiguous runs of samples (one a row of cells), so that counting what a
//! window holds costs two loads a row. The shaders walk the same arrays in the same order.

use rayon::prelude::*;

use super::ComputeError;

/// Samples a cell holds on average.
const SAMPLES_PER_CELL: usize = 2;

/// Cells along an axis, at most.
const MOST_CELLS: u32 = 2048;

/// Slack when a distance is compared with a cell's border: a sample on a border within f32
/// rounding may have been sorted to either side of it.
const BORDER_SLACK_UNIT: f32 = 1.0e-6;

/// A sample as the shaders see it.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
pub struct Sample {
    /// x in the unit box.
    pub x_unit: f32,
    /// y in the unit box.
    pub y_unit: f32,
    /// Value in the unit box.
    pub value: f32,
    /// Its index among the samples as they were given.
    pub index: u32,
}

/// Samples by cell, row-major; a sample outside the unit square belongs to the cell nearest to it.
#[derive(Clone, Debug)]
pub struct Cells {
    /// Cells along x.
    pub columns: u32,
    /// Cells along y.
    pub rows: u32,
    /// Where each cell's samples start in [`Self::samples`]; one more entry marks the end.
    pub starts: Vec<u32>,
    /// The samples, cell by cell, each cell in the order given. No two share x and y: the first wins.
    pub samples: Vec<Sample>,
}

/// Cells `first ..= last` along both axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    first: [u32; 2],
    last: [u32; 2],
}

impl Cells {
    /// Sorts samples (x, y, value) into cells.
    ///
    /// # Errors
    /// Without samples, when one is not finite, or when there are more than a u32 can count.
    pub fn new(samples: &[[f32; 3]]) -> Result<Self, ComputeError> {
        if samples.is_empty() {
            return Err(ComputeError::NoSamples);
        }
        if samples.len() > (u32::MAX / 4) as usize {
            return Err(ComputeError::TooManySamples {
                count: samples.len(),
            });
        }
        let finite = |sample: &[f32; 3]| sample.iter().all(|v| v.is_finite());
        if let Some(index) = samples.par_iter().position_first(|sample| !finite(sample)) {
            return Err(ComputeError::NotFinite { index });
        }

        let kept = first_of_each_place(samples);
        let side = (kept.len() / SAMPLES_PER_CELL).isqrt();
        let side = u32::try_from(side)
            .unwrap_or(MOST_CELLS)
            .clamp(1, MOST_CELLS);
        let mut cells = Self {
            columns: side,
            rows: side,
            starts: Vec::new(),
            samples: Vec::new(),
        };

        // A counting sort: stable, so that a cell keeps the order given.
        let cell = |index: u32| {
            let [x, y, _] = samples[index as usize];
            let [column, row] = cells.cell_of([x, y]);
            (row * side + column) as usize
        };
        let mut starts = vec![0_u32; (side * side) as usize + 1];
        for &index in &kept {
            starts[cell(index) + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let nothing = Sample {
            x_unit: 0.0,
            y_unit: 0.0,
            value: 0.0,
            index: 0,
        };
        let mut sorted = vec![nothing; kept.len()];
        for &index in &kept {
            let slot = &mut next[cell(index)];
            let [x_unit, y_unit, value] = samples[index as usize];
            sorted[*slot as usize] = Sample {
                x_unit,
                y_unit,
                value,
                index,
            };
            *slot += 1;
        }
        cells.starts = starts;
        cells.samples = sorted;
        Ok(cells)
    }

    /// Cells on each side of a node's own that a search for `wanted` samples searches first: about one
    /// and a half times as many samples as wanted when they are spread evenly.
    #[must_use]
    pub fn first_reach(&self, wanted: u32) -> u32 {
        let per_cell = self.samples.len() as f32 / (self.columns * self.rows) as f32;
        let side = (1.5 * wanted as f32 / per_cell).sqrt();
        ((0.5 * (side - 1.0)).round() as u32).clamp(1, self.columns)
    }

    /// Column and row of the cell that holds a point.
    fn cell_of(&self, point: [f32; 2]) -> [u32; 2] {
        // A float cast saturates, so that anything below the square lands in cell 0.
        let along = |unit: f32, cells: u32| ((unit * cells as f32) as u32).min(cells - 1);
        [along(point[0], self.columns), along(point[1], self.rows)]
    }

    /// The samples of one row of a window.
    fn run(&self, window: &Window, row: u32) -> std::ops::Range<usize> {
        let first = row * self.columns;
        self.starts[(first + window.first[0]) as usize] as usize
            ..self.starts[(first + window.last[0]) as usize + 1] as usize
    }

    /// The samples of a window, each run in a row.
    pub(super) fn runs(&self, window: &Window) -> impl Iterator<Item = std::ops::Range<usize>> {
        let window = *window;
        (window.first[1]..=window.last[1]).map(move |row| self.run(&window, row))
    }

    fn window(&self, point: [f32; 2], reach: [u32; 2]) -> Window {
        let [column, row] = self.cell_of(point);
        Window {
            first: [
                column.saturating_sub(reach[0]),
                row.saturating_sub(reach[1]),
            ],
            last: [
                (column + reach[0]).min(self.columns - 1),
                (row + reach[1]).min(self.rows - 1),
            ],
        }
    }

    /// A square window around a point with at least `wanted` samples in it (or all there are).
    pub(super) fn window_with(&self, point: [f32; 2], wanted: usize, first_reach: u32) -> Window {
        let mut reach = first_reach;
        loop {
            let window = self.window(point, [reach; 2]);
            let held: usize = self.runs(&window).map(|run| run.len()).sum();
            if held >= wanted || reach >= self.columns.max(self.rows) {
                return window;
            }
            reach += 1 + reach / 2;
        }
    }

    /// A window that holds everything within a distance of a point.
    pub(super) fn window_around(&self, point: [f32; 2], distance_unit: f32) -> Window {
        let far = distance_unit + BORDER_SLACK_UNIT;
        let reach = |cells: u32| ((far * cells as f32) as u32).min(cells) + 1;
        self.window(point, [reach(self.columns), reach(self.rows)])
    }

    /// Distance from a point to the nearest sample that a window may have left out.
    pub(super) fn sure_within(&self, point: [f32; 2], window: &Window) -> f32 {
        let mut sure = f32::INFINITY;
        for (axis, cells) in [self.columns, self.rows].into_iter().enumerate() {
            // The outermost cells hold everything beyond them.
            if window.first[axis] > 0 {
                sure = sure.min(point[axis] - window.first[axis] as f32 / cells as f32);
            }
            if window.last[axis] + 1 < cells {
                sure = sure.min((window.last[axis] + 1) as f32 / cells as f32 - point[axis]);
            }
        }
        sure - BORDER_SLACK_UNIT
    }
}

/// Indices, ascending, of the samples that are the first at their x and y.
fn first_of_each_place(samples: &[[f32; 3]]) -> Vec<u32> {
    // Adding zero makes -0 equal 0 to the bit.
    let place = |s: &[f32; 3]| {
        (u64::from((s[0] + 0.0).to_bits()) << 32) | u64::from((s[1] + 0.0).to_bits())
    };
    let mut by_place: Vec<(u64, u32)> = samples
        .par_iter()
        .enumerate()
        .map(|(at, sample)| (place(sample), at as u32))
        .collect();
    by_place.par_sort_unstable();
    by_place.dedup_by_key(|(place, _)| *place);
    if by_place.len() == samples.len() {
        return (0..samples.len() as u32).collect();
    }
    let mut kept: Vec<u32> = by_place.into_iter().map(|(_, index)| index).collect();
    kept.par_sort_unstable();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_samples_at_one_place_wins() {
        let cells = Cells::new(&[
            [0.5, 0.0, 1.0],
            [0.1, 0.2, 2.0],
            [0.5, -0.0, 3.0],
            [0.1, 0.2, 4.0],
        ])
        .unwrap();
        let mut kept: Vec<u32> = cells.samples.iter().map(|s| s.index).collect();
        kept.sort_unstable();
        assert_eq!(kept, [0, 1]);
    }

    #[test]
    fn every_sample_lies_in_its_cell() {
        let samples: Vec<[f32; 3]> = (0..500)
            .map(|i| {
                [
                    (i as f32 * 0.754_877_7).fract(),
                    (i as f32 * 0.569_840_3).fract(),
                    0.0,
                ]
            })
            .collect();
        let cells = Cells::new(&samples).unwrap();
        assert_eq!(*cells.starts.last().unwrap(), 500);
        for row in 0..cells.rows {
            for column in 0..cells.columns {
                let at = (row * cells.columns + column) as usize;
                for sample in
                    &cells.samples[cells.starts[at] as usize..cells.starts[at + 1] as usize]
                {
                    assert_eq!(cells.cell_of([sample.x_unit, sample.y_unit]), [column, row]);
                }
            }
        }
    }

    #[test]
    fn samples_that_are_not_numbers_are_refused() {
        assert_eq!(Cells::new(&[]).unwrap_err(), ComputeError::NoSamples);
        let samples = [[0.0; 3], [0.0, f32::NAN, 0.0]];
        assert_eq!(
            Cells::new(&samples).unwrap_err(),
            ComputeError::NotFinite { index: 1 }
        );
    }
}
