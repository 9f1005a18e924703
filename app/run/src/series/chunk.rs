//! A part of a series. A full chunk finds its extremes once, when they are first asked for, so that any part of a long
//! series is summarised without looking at every point.

use std::sync::OnceLock;

use super::{extremes::Extremes, point::Point, positions::Positions};

/// Points in one full chunk. Full chunks are shared between snapshots, so cloning a series copies at
/// most one chunk.
pub(super) const CHUNK: usize = 1024;

#[derive(Clone, Debug, Default)]
pub(super) struct Chunk {
    pub(super) positions: Positions,
    pub(super) values: Vec<f64>,
    /// Those of a full chunk, with indices within it.
    extremes: OnceLock<Option<Extremes>>,
}

impl Chunk {
    /// An empty chunk with room for all points, stored as those of `full` are.
    pub(super) fn after(full: &Self) -> Self {
        Self {
            positions: Positions::with_capacity(CHUNK, &full.positions),
            values: Vec::with_capacity(CHUNK),
            extremes: OnceLock::new(),
        }
    }

    /// Bytes that the points take.
    pub(super) fn memory(&self) -> usize {
        size_of_val(self.values.as_slice()) + self.positions.memory()
    }

    /// The extremes of a full chunk whose first point has the index `first_index`.
    pub(super) fn extremes(&self, first_index: usize) -> Option<Extremes> {
        let within = self.extremes.get_or_init(|| Extremes::of(&self.values, 0));
        within.map(|found| Extremes {
            low_index: first_index + found.low_index,
            high_index: first_index + found.high_index,
            ..found
        })
    }

    #[inline]
    pub(super) fn push(&mut self, point: Point) {
        self.positions.push(point.step, point.wall_time_secs);
        self.values.push(point.value);
    }

    #[inline]
    pub(super) fn get(&self, index: usize) -> Option<Point> {
        let value = *self.values.get(index)?;
        let (step, wall_time_secs) = self.positions.get(index);
        Some(Point {
            step,
            wall_time_secs,
            value,
        })
    }

    pub(super) fn last(&self) -> Option<Point> {
        self.get(self.values.len().checked_sub(1)?)
    }

    pub(super) fn points(&self) -> impl Iterator<Item = Point> + '_ {
        self.values.iter().enumerate().map(|(index, &value)| {
            let (step, wall_time_secs) = self.positions.get(index);
            Point {
                step,
                wall_time_secs,
                value,
            }
        })
    }
}
