//! The k nearest samples of a point, exactly.

use super::cells::{Cells, Window};

/// Finds neighbours; keeps its memory from one search to the next.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    /// Squared distance (as bits, which order like the floats) above the slot: one key, ordered by both.
    keys: Vec<u64>,
}

impl Neighbours {
    /// The slots in [`Cells::samples`] of the `wanted` samples nearest to a point (no fewer may exist), in
    /// no order, and the squared distance of the farthest. Of equal distances the lower slot is taken.
    pub(super) fn find(
        &mut self,
        cells: &Cells,
        point: [f32; 2],
        wanted: usize,
        first_reach: u32,
    ) -> (impl Iterator<Item = usize>, f32) {
        let window = cells.window_with(point, wanted, first_reach);
        let mut farthest = self.select(cells, point, wanted, &window);
        if farthest.sqrt() > cells.sure_within(point, &window) {
            let window = cells.window_around(point, farthest.sqrt());
            farthest = self.select(cells, point, wanted, &window);
        }
        let slot = |key: &u64| (*key & u64::from(u32::MAX)) as usize;
        (self.keys[..wanted].iter().map(slot), farthest)
    }

    fn select(&mut self, cells: &Cells, point: [f32; 2], wanted: usize, window: &Window) -> f32 {
        self.keys.clear();
        for run in cells.runs(window) {
            let start = run.start as u64;
            self.keys.extend(
                cells.samples[run]
                    .iter()
                    .zip(start..)
                    .map(|(sample, slot)| {
                        let (x, y) = (sample.x_unit - point[0], sample.y_unit - point[1]);
                        (u64::from((x * x + y * y).to_bits()) << 32) | slot
                    }),
            );
        }
        let (_, last, _) = self.keys.select_nth_unstable(wanted - 1);
        f32::from_bits((*last >> 32) as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_equal_a_full_sort_whatever_the_arrangement() {
        let spread: fn(u32) -> [f32; 2] = |i| {
            [
                (i as f32 * 0.754_877_7).fract(),
                (i as f32 * 0.569_840_3).fract(),
            ]
        };
        type Arrange = fn([f32; 2], u32) -> [f32; 2];
        let arrangements: [Arrange; 4] = [
            |p, _| p,
            |p, _| [0.99 + 0.01 * p[0].powi(4), 0.3 * p[1].powi(6)],
            |p, i| [p[0], (i % 3) as f32 / 2.0],
            |p, _| [5.0 * p[0] - 2.0, p[1]],
        ];
        for arrange in arrangements {
            let samples: Vec<[f32; 3]> = (0..700)
                .map(|i| arrange(spread(i), i))
                .map(|[x, y]| [x, y, 0.0])
                .collect();
            let cells = Cells::new(&samples).unwrap();
            let mut neighbours = Neighbours::default();
            for node in 0..50 {
                let point = spread(1000 + node);
                let squared = |slot: &usize| {
                    let sample = cells.samples[*slot];
                    (sample.x_unit - point[0]).powi(2) + (sample.y_unit - point[1]).powi(2)
                };
                for wanted in [1, 10, 700] {
                    let mut expected: Vec<f32> = (0..700).map(|slot| squared(&slot)).collect();
                    expected.sort_by(f32::total_cmp);
                    let (found, farthest) = neighbours.find(&cells, point, wanted, 1);
                    let mut found: Vec<f32> = found.map(|slot| squared(&slot)).collect();
                    found.sort_by(f32::total_cmp);
                    assert_eq!(found, expected[..wanted]);
                    assert_eq!(farthest, expected[wanted - 1]);
                }
            }
        }
    }
}
