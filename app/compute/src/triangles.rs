//! Delaunay triangles of the samples, sorted into bins: what the linear pass searches on both devices.

use super::ComputeError;
use super::cells::Cells;

/// Nodes this near to a triangle count as inside it, so that nodes on the hull's edge keep their value
/// in spite of f32 rounding.
pub const EDGE_TOLERANCE_UNIT: f32 = 1.0e-6;

/// Triangles a bin starts from, on average; those that cross its borders come on top.
const TRIANGLES_PER_BIN: usize = 2;

/// Bins along an axis, at most.
const MOST_BINS: u32 = 2048;

/// Triangles by the bins of the unit square they touch.
#[derive(Clone, Debug)]
pub struct TriangleBins {
    /// Bins along each axis.
    pub side: u32,
    /// Where each bin's triangles start in [`Self::corners`], row-major; one more entry marks the end.
    pub starts: Vec<u32>,
    /// The three corners of each triangle of each bin, as slots in [`Cells::samples`], counter-clockwise.
    pub corners: Vec<[u32; 3]>,
}

impl TriangleBins {
    /// Triangulates the samples (Delaunay, with robust predicates) and sorts the triangles into bins.
    ///
    /// # Errors
    /// When the samples span no triangle.
    pub fn new(cells: &Cells) -> Result<Self, ComputeError> {
        let points: Vec<delaunator::Point> = cells
            .samples
            .iter()
            .map(|s| delaunator::Point {
                x: f64::from(s.x_unit),
                y: f64::from(s.y_unit),
            })
            .collect();
        let triangulation = delaunator::triangulate(&points);
        let (triangles, _) = triangulation.triangles.as_chunks::<3>();
        if triangles.is_empty() {
            return Err(ComputeError::Collinear);
        }

        let side = (triangles.len() / TRIANGLES_PER_BIN).isqrt();
        let side = u32::try_from(side).unwrap_or(MOST_BINS).clamp(1, MOST_BINS);
        let mut starts = vec![0_u32; (side * side) as usize + 1];
        for triangle in triangles {
            each_span(&triangle.map(|at| &points[at]), side, |first, last| {
                for bin in first..=last {
                    starts[bin + 1] += 1;
                }
            });
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut corners = vec![[0; 3]; starts.last().map_or(0, |&all| all as usize)];
        for triangle in triangles {
            let slots = counter_clockwise(triangle, &points);
            each_span(&triangle.map(|at| &points[at]), side, |first, last| {
                for slot in &mut next[first..=last] {
                    corners[*slot as usize] = slots;
                    *slot += 1;
                }
            });
        }
        Ok(Self {
            side,
            starts,
            corners,
        })
    }

    /// The triangles that may hold a point of the unit square.
    pub(super) fn near(&self, point: [f32; 2]) -> &[[u32; 3]] {
        let along = |unit: f32| ((unit * self.side as f32) as u32).min(self.side - 1);
        let bin = (along(point[1]) * self.side + along(point[0])) as usize;
        &self.corners[self.starts[bin] as usize..self.starts[bin + 1] as usize]
    }
}

fn counter_clockwise(triangle: &[usize; 3], points: &[delaunator::Point]) -> [u32; 3] {
    let [a, b, c] = triangle.map(|at| &points[at]);
    let twice_area = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
    let [a, b, c] = triangle.map(|at| at as u32);
    if twice_area >= 0.0 {
        [a, b, c]
    } else {
        [a, c, b]
    }
}

/// Calls back with the first and last bin of each row of bins that a triangle touches.
///
/// The span is the triangle's own width within the row, not that of its bounding box: a sliver across
/// the whole square touches as many bins as it is long, not the square of that.
fn each_span(corners: &[&delaunator::Point; 3], side: u32, mut span: impl FnMut(usize, usize)) {
    // Wider than the edge tolerance and f32 rounding together, so that a node always meets its triangle.
    const SLACK_UNIT: f64 = 4.0 * EDGE_TOLERANCE_UNIT as f64;
    let bin_of =
        |unit: f64| ((unit * f64::from(side)) as i64).clamp(0, i64::from(side) - 1) as usize;
    let low = corners.iter().map(|p| p.y).fold(f64::INFINITY, f64::min) - SLACK_UNIT;
    let high = corners
        .iter()
        .map(|p| p.y)
        .fold(f64::NEG_INFINITY, f64::max)
        + SLACK_UNIT;
    for row in bin_of(low)..=bin_of(high) {
        let floor = row as f64 / f64::from(side) - SLACK_UNIT;
        let ceiling = (row + 1) as f64 / f64::from(side) + SLACK_UNIT;
        // Samples outside the unit square belong to the outermost rows.
        let floor = if row == 0 { f64::NEG_INFINITY } else { floor };
        let ceiling = if row + 1 == side as usize {
            f64::INFINITY
        } else {
            ceiling
        };
        let (mut left, mut right) = (f64::INFINITY, f64::NEG_INFINITY);
        for (from, to) in [(0, 1), (1, 2), (2, 0)] {
            let (mut p, mut q) = (corners[from], corners[to]);
            if p.y > q.y {
                (p, q) = (q, p);
            }
            if q.y < floor || p.y > ceiling {
                continue;
            }
            let at = |y: f64| {
                if q.y > p.y {
                    p.x + (q.x - p.x) * ((y - p.y) / (q.y - p.y))
                } else {
                    p.x
                }
            };
            let enters = if p.y >= floor { p.x } else { at(floor) };
            let leaves = if q.y <= ceiling { q.x } else { at(ceiling) };
            left = left.min(enters.min(leaves));
            right = right.max(enters.max(leaves));
        }
        if left <= right {
            let start = row * side as usize;
            span(
                start + bin_of(left - SLACK_UNIT),
                start + bin_of(right + SLACK_UNIT),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sliver_fills_no_more_bins_than_it_is_long() {
        let points = [(0.0, 0.0), (1.0, 1.0), (0.5, 0.500_001)];
        let points = points.map(|(x, y)| delaunator::Point { x, y });
        let mut bins = 0;
        each_span(&points.each_ref(), 100, |first, last| {
            bins += last - first + 1;
        });
        assert!((100..=300).contains(&bins), "{bins}");
    }

    #[test]
    fn a_triangle_wider_than_the_square_touches_every_bin() {
        let points = [(-9.0, -9.0), (9.0, -9.0), (0.0, 20.0)];
        let points = points.map(|(x, y)| delaunator::Point { x, y });
        let mut bins = 0;
        each_span(&points.each_ref(), 10, |first, last| {
            bins += last - first + 1;
        });
        assert_eq!(bins, 100);
    }

    #[test]
    fn samples_on_a_line_span_no_triangle() {
        let samples: Vec<[f32; 3]> = (0..9).map(|i| [i as f32 / 8.0, 0.5, 0.0]).collect();
        let cells = Cells::new(&samples).unwrap();
        assert_eq!(
            TriangleBins::new(&cells).unwrap_err(),
            ComputeError::Collinear
        );
    }
}
