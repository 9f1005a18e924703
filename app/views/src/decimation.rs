//! Lines and dots of more points than a picture can show. Of each bucket of consecutive points the first, the last, and the
//! smallest and the largest along each axis are drawn, so that no spike is lost.

use std::ops::Range;

use trainscape_scene::axis::Axis;

use super::{
    axes::{self, PlacedLine},
    samples::counted,
};

/// About how many positions all lines of a figure have together: more than ten for each pixel of its width.
pub(super) const MOST_ON_LINES: usize = 60_000;
/// About how many dots a figure has.
pub(super) const MOST_DOTS: usize = 150_000;
/// About how many points of a bucket are drawn.
const KEPT_PER_BUCKET: usize = 4;
/// Any line may have this many positions, however many lines there are.
const FEWEST_PER_LINE: usize = 1_000;

/// The buckets of the lines of a figure.
#[derive(Debug)]
pub(super) struct Decimation {
    /// Of each line; empty if every point is drawn.
    buckets: Vec<BucketSize>,
}

/// When a bucket is full.
#[derive(Clone, Copy, Debug)]
struct BucketSize {
    /// With this many points in the axis box.
    inside: usize,
    /// With this many points in all.
    all: usize,
}

impl Decimation {
    /// The buckets with which lines of the given numbers of points have about `most` positions in the axis box together.
    /// `at` gives the values of a point of a line.
    pub(super) fn of(
        axes: &[Axis; 3],
        lens: &[usize],
        most: usize,
        at: impl Fn(usize, usize) -> [f64; 3],
    ) -> Self {
        if lens.iter().sum::<usize>() <= most {
            return Self {
                buckets: Vec::new(),
            };
        }
        let is_inside = |line: usize, index: usize| {
            axes::place(axes, at(line, index)).is_some_and(axes::is_inside)
        };
        let inside: Vec<usize> = lens
            .iter()
            .enumerate()
            .map(|(line, len)| (0..*len).filter(|index| is_inside(line, *index)).count())
            .collect();
        let share = fair_share(&inside, most).max(FEWEST_PER_LINE);
        let size = |points: usize| {
            if points <= share {
                1
            } else {
                (points * KEPT_PER_BUCKET).div_ceil(share)
            }
        };
        let lines = inside.iter().zip(lens);
        Self {
            buckets: lines
                .map(|(inside, len)| BucketSize {
                    inside: size(*inside),
                    all: size(*len),
                })
                .collect(),
        }
    }

    /// Places the points of a line whose segments are `strips`, as [`axes::placed`] does, and keeps those of each bucket that
    /// are drawn.
    pub(super) fn placed(
        &self,
        line: usize,
        axes: &[Axis; 3],
        strips: &[Range<u32>],
        at: impl Fn(usize) -> [f64; 3],
    ) -> PlacedLine {
        let Some(size) = self.buckets.get(line).filter(|size| size.all > 1) else {
            return axes::placed(axes, strips, at);
        };
        let mut line = PlacedLine::default();
        for strip in strips {
            let mut start = line.positions_unit.len() as u32;
            let mut bucket = Bucket::default();
            for index in strip.start as usize..strip.end as usize {
                if let Some(unit) = axes::place(axes, at(index)) {
                    bucket.push(index, unit);
                    if bucket.inside >= size.inside || bucket.len >= size.all {
                        bucket.empty_into(&mut line);
                    }
                } else {
                    line.not_placed += 1;
                    bucket.empty_into(&mut line);
                    start = end_strip(&mut line, start);
                }
            }
            bucket.empty_into(&mut line);
            end_strip(&mut line, start);
        }
        line
    }

    /// The caption's sentence on the lines or dots that `what` names; empty if all points are drawn.
    pub(super) fn text(&self, what: &str) -> String {
        let sizes = || self.buckets.iter().map(|size| size.inside);
        let most = sizes().max().unwrap_or(1);
        if most <= 1 {
            return String::new();
        }
        let up_to = if sizes().all(|size| size == most) {
            ""
        } else {
            "up to "
        };
        format!(
            "{what} are downsampled: of every {up_to}{} the first, the last and the extremes along each axis are drawn",
            counted(most, "consecutive point")
        )
    }
}

/// Ends the strip that began at `start`; returns the beginning of the next one.
fn end_strip(line: &mut PlacedLine, start: u32) -> u32 {
    let end = line.positions_unit.len() as u32;
    if end > start {
        line.strips.push(start..end);
    }
    end
}

/// The largest number of points that a line may have so that all have at most `most` together: lines with fewer leave
/// their part to the others.
fn fair_share(lens: &[usize], most: usize) -> usize {
    let mut sorted = lens.to_vec();
    sorted.sort_unstable();
    let mut left = most;
    for (at, len) in sorted.iter().enumerate() {
        let share = left / (sorted.len() - at);
        if *len > share {
            return share;
        }
        left -= len;
    }
    most
}

/// A point of a line, by its index, in the unit box.
type Placed = (usize, [f32; 3]);

/// Consecutive points, of which those that are drawn are known.
#[derive(Default)]
struct Bucket {
    len: usize,
    inside: usize,
    /// The first, the last, and the smallest and largest along each axis.
    kept: Option<[Placed; 8]>,
}

impl Bucket {
    fn push(&mut self, index: usize, unit: [f32; 3]) {
        self.len += 1;
        self.inside += usize::from(axes::is_inside(unit));
        let point = (index, unit);
        let kept = self.kept.get_or_insert([point; 8]);
        kept[1] = point;
        for (axis, along) in unit.into_iter().enumerate() {
            let (smallest, largest) = (2 + 2 * axis, 3 + 2 * axis);
            if along < kept[smallest].1[axis] {
                kept[smallest] = point;
            }
            if along > kept[largest].1[axis] {
                kept[largest] = point;
            }
        }
    }

    /// Appends the points that are drawn, in their order.
    fn empty_into(&mut self, line: &mut PlacedLine) {
        let Some(mut kept) = std::mem::take(self).kept else {
            return;
        };
        kept.sort_unstable_by_key(|(index, _)| *index);
        let mut before = None;
        for (index, unit) in kept {
            if before.replace(index) != Some(index) {
                line.positions_unit.push(unit);
                line.kept.push(index);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trainscape_scene::{axis::Scale, scene::Path};

    fn axes(high: f64) -> [Axis; 3] {
        [high, 1.0, 10.0].map(|high| Axis {
            title: String::new(),
            scale: Scale::Linear,
            low: 0.0,
            high,
        })
    }

    /// A wave with a spike, and a value that an axis cannot show.
    fn value(at: usize) -> f64 {
        match at {
            777_777 => 9.5,
            333_333 => f64::NAN,
            _ => 4.0 + (at as f64 * 0.37).sin(),
        }
    }

    #[test]
    fn a_long_line_keeps_its_extremes_and_its_gaps() {
        let (axes, len) = (axes(1e6), 1_000_000);
        let at = |at: usize| [at as f64, 0.5, value(at)];
        let decimation = Decimation::of(&axes, &[len], 20_000, |_, index| at(index));
        let strips = [0..500_000, 500_000..len as u32];
        let line = decimation.placed(0, &axes, &strips, at);
        assert!((10_000..=21_000).contains(&line.kept.len()));
        assert!(line.kept.is_sorted() && line.kept[0] == 0);
        assert_eq!(line.kept.last(), Some(&(len - 1)));
        assert!(line.kept.contains(&777_777), "the spike is drawn");
        assert_eq!((line.not_placed, line.strips.len()), (1, 3));
        let ends: Vec<usize> = line
            .strips
            .iter()
            .map(|strip| line.kept[strip.start as usize])
            .collect();
        assert_eq!(ends, [0, 333_334, 500_000]);
        // The wave between the spikes spans 3 to 5 everywhere.
        for part in line.positions_unit[..line.strips[0].end as usize].chunks(100) {
            let heights = || part.iter().map(|unit| unit[2]);
            let (low, high) = (heights().fold(1.0, f32::min), heights().fold(0.0, f32::max));
            assert!(low < 0.301 && high > 0.499, "{low} to {high}");
        }
        assert_eq!(
            decimation.text("Lines"),
            "Lines are downsampled: of every 200 consecutive points the first, the last and the extremes along each axis are drawn"
        );
    }

    #[test]
    fn a_range_shows_every_point_in_it() {
        let (axes, len) = (axes(1000.0), 1_000_000);
        let at = |at: usize| [at as f64, 0.5, value(at)];
        let decimation = Decimation::of(&axes, &[len], 20_000, |_, index| at(index));
        let line = decimation.placed(0, &axes, &Path::unbroken(len), at);
        let inside = line.kept.iter().filter(|at| **at <= 1000).count();
        assert_eq!(inside, 1001);
        assert!(line.kept.len() < 25_000, "{}", line.kept.len());
        assert_eq!(decimation.text("Lines"), "");
    }

    #[test]
    fn short_lines_are_drawn_whole_beside_long_ones() {
        let axes = axes(1e6);
        let at = |_: usize, at: usize| [at as f64, 0.5, 4.0];
        let decimation = Decimation::of(&axes, &[100_000, 50, 100_000], 20_000, at);
        let short = decimation.placed(1, &axes, &Path::unbroken(50), |index| at(1, index));
        assert_eq!(short.kept.len(), 50);
        assert!(decimation.text("Lines").contains("of every up to"));
        let few = Decimation::of(&axes, &[100, 50], 20_000, at);
        assert_eq!(few.text("Lines"), "");
        assert_eq!(fair_share(&[10, 100, 1000], 500), 390);
        assert_eq!(fair_share(&[10, 100], 500), 500);
        assert_eq!(fair_share(&[100, 100], 50), 25);
    }
}
