//! Where the lines of a scene are on the page, so that labels of points avoid them.

use glam::Vec2;

use super::overlay::Rect;
use crate::scene::{Scene, is_in_box};

/// Lines with more positions together are followed at this many of them: figures are laid out in every frame.
const MOST_POSITIONS: usize = 1_000;
/// More labels than this do not avoid lines, for the same reason.
const MOST_LABELS: usize = 12;

/// The joined positions of the lines, in points.
pub(super) struct DrawnLines(Vec<[Vec2; 2]>);

impl DrawnLines {
    pub(super) fn of(scene: &Scene, project: impl Fn([f32; 3]) -> Option<Vec2>) -> Self {
        let mut segments = Vec::new();
        if scene.labels.len() > MOST_LABELS {
            return Self(segments);
        }
        let lens = scene.paths.iter().map(|path| path.positions_unit.len());
        let stride = lens.sum::<usize>().div_ceil(MOST_POSITIONS).max(1);
        for path in &scene.paths {
            for strip in &path.strips {
                let places = &path.positions_unit[strip.start as usize..strip.end as usize];
                let mut before = None;
                for place in places.iter().step_by(stride) {
                    let at = Some(*place).filter(|at| is_in_box(*at)).and_then(&project);
                    segments.extend(before.zip(at).map(|(from, to)| [from, to]));
                    before = at;
                }
            }
        }
        Self(segments)
    }

    pub(super) fn of_segments(segments: impl Iterator<Item = [Vec2; 2]>) -> Self {
        Self(segments.collect())
    }

    /// How many segments pass through a rectangle.
    pub(super) fn covered_by(&self, rect: &Rect) -> usize {
        let segments = self.0.iter();
        segments
            .filter(|[from, to]| crosses(*from, *to, rect))
            .count()
    }
}

/// Whether a segment passes through a rectangle: the part of it between both pairs of edges is not empty (Liang and Barsky,
/// A new concept and method for line clipping, 1984).
fn crosses(from: Vec2, to: Vec2, rect: &Rect) -> bool {
    let along = to - from;
    let (mut enters, mut leaves) = (0.0_f32, 1.0_f32);
    for (start, delta, low, high) in [
        (from.x, along.x, rect.x, rect.right()),
        (from.y, along.y, rect.y, rect.bottom()),
    ] {
        if delta == 0.0 {
            if start < low || start > high {
                return false;
            }
            continue;
        }
        let (a, b) = ((low - start) / delta, (high - start) / delta);
        enters = enters.max(a.min(b));
        leaves = leaves.min(a.max(b));
    }
    enters <= leaves
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_through_a_corner_crosses_and_one_beside_it_does_not() {
        let rect = Rect {
            x: 10.0,
            y: 10.0,
            width: 20.0,
            height: 10.0,
        };
        let crosses = |a: [f32; 2], b: [f32; 2]| crosses(a.into(), b.into(), &rect);
        assert!(crosses([0.0, 15.0], [40.0, 15.0]));
        assert!(crosses([0.0, 15.0], [20.0, 5.0]));
        assert!(!crosses([0.0, 15.0], [14.0, 5.0]));
        assert!(!crosses([0.0, 5.0], [40.0, 5.0]));
        assert!(crosses([12.0, 12.0], [13.0, 13.0]));
        assert!(!crosses([0.0, 15.0], [5.0, 15.0]));
    }
}
