use std::{
    ops::Range,
    sync::{Arc, OnceLock},
};

use crate::deferred::Deferred;

mod chunk;
mod extremes;
mod point;
mod positions;
mod stored;
mod summary;
#[cfg(test)]
mod tests;

pub use extremes::Extremes;
pub use point::{Point, Step};
pub use positions::Positions;
pub use summary::SeriesSummary;

use chunk::{CHUNK, Chunk};

/// The points of a series that are not in memory until something asks for them, and what is known without them.
#[derive(Debug)]
struct DeferredPoints {
    summary: SeriesSummary,
    points: Deferred<Series>,
    /// The series with fewer points that its store gives in its place, once it was asked for.
    decimated: OnceLock<Arc<Series>>,
}

/// Points before a step that decreases among which the same record is searched for.
const COMPARED: usize = 4096;

/// Writers that take turns go back more often than clocks are set back.
const MOST_CLOCKS: usize = 3;
/// Fewer points between two such places are a writer's turn.
const FEWEST_OF_CLOCK: usize = 3;

/// Steps that go back for more than one point of so many, and more often than [`FEWEST_TURNS`], are no restarts: several
/// environments log in turn.
const POINTS_PER_TURN: usize = 20;
const FEWEST_TURNS: usize = 8;
/// Steps of which at least this part goes back to the first one are those of trainings.
const TO_FIRST_STEP: f64 = 0.9;
/// The same of a long series: so many restarts are too many, unless each goes on for long.
const MANY_TURNS: usize = 64;
const POINTS_PER_MANY: usize = 200;

/// The smallest and the largest of some values.
struct ValueRange {
    min: f64,
    max: f64,
    non_finite: usize,
}

impl Default for ValueRange {
    fn default() -> Self {
        Self {
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            non_finite: 0,
        }
    }
}

impl ValueRange {
    #[inline]
    fn add(&mut self, value: f64) {
        if value.is_finite() {
            self.min = self.min.min(value);
            self.max = self.max.max(value);
        } else {
            self.non_finite += 1;
        }
    }
}

/// A named sequence of points in the order in which they were logged. Every point is kept.
///
/// A step that decreases (a job restarted from a checkpoint) supersedes the points it repeats: they
/// stay in the series and are counted, but [`Series::live_ranges`] omits them.
#[derive(Clone, Debug)]
pub struct Series {
    key: Arc<str>,
    full_chunks: Vec<Arc<Chunk>>,
    tail: Chunk,
    /// Index of each point at which a restart begins: its step is smaller than its predecessor's.
    rewinds: Vec<usize>,
    /// Index of each point whose step and wall time are both smaller than its predecessor's: another writer
    /// logged it at the same time.
    other_writers: Vec<usize>,
    /// How often the steps went back where several environments logged in turn.
    turns: usize,
    dropped: usize,
    non_finite: usize,
    min: f64,
    max: f64,
    /// If the points are stored elsewhere: where, and what is known without reading them. The fields above are then
    /// those of an empty series.
    deferred: Option<Arc<DeferredPoints>>,
}

impl Series {
    /// An empty series called `key`.
    #[must_use]
    pub fn new(key: impl Into<Arc<str>>) -> Self {
        Self {
            key: key.into(),
            full_chunks: Vec::new(),
            tail: Chunk::default(),
            rewinds: Vec::new(),
            other_writers: Vec::new(),
            turns: 0,
            dropped: 0,
            non_finite: 0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            deferred: None,
        }
    }

    /// A series whose restarts are known: `restarts` are the indices of the points at which they begin.
    #[must_use]
    pub fn restored(
        key: impl Into<Arc<str>>,
        points: impl IntoIterator<Item = Point>,
        restarts: Vec<usize>,
    ) -> Self {
        let mut series = Self::new(key);
        series.extend(points);
        series.rewinds = restarts;
        series.other_writers.clear();
        series
    }

    /// The indices of the points at which restarts begin.
    #[must_use]
    pub fn restarts(&self) -> &[usize] {
        &self.held().rewinds
    }

    /// The same points under another key; full chunks are shared.
    #[must_use]
    pub fn with_key(&self, key: impl Into<Arc<str>>) -> Self {
        Self {
            key: key.into(),
            ..self.clone()
        }
    }

    /// The key the logger wrote.
    #[must_use]
    pub fn key(&self) -> &Arc<str> {
        &self.key
    }

    /// Number of points held, the superseded ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        match self.summary() {
            Some(summary) => summary.points,
            None => self.full_chunks.len() * CHUNK + self.tail.values.len(),
        }
    }

    /// Bytes that the points in memory take, about.
    #[must_use]
    pub fn memory(&self) -> usize {
        let full: usize = self.full_chunks.iter().map(|chunk| chunk.memory()).sum();
        let places = self.rewinds.len() + self.other_writers.len();
        size_of::<Self>() + full + self.tail.memory() + places * size_of::<usize>()
    }

    /// True if the series holds no points.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of points that a bounded buffer ([`Series::keep_last`]) dropped.
    #[must_use]
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// True if every step is a whole number.
    #[must_use]
    pub fn has_whole_steps(&self) -> bool {
        if let Some(summary) = self.summary() {
            return summary.has_whole_steps;
        }
        let full = self.full_chunks.iter().map(AsRef::as_ref);
        full.chain([&self.tail])
            .all(|chunk| chunk.positions.has_whole_steps())
    }

    /// Number of NaN and infinite values held.
    #[must_use]
    pub fn non_finite(&self) -> usize {
        self.summary()
            .map_or(self.non_finite, |summary| summary.non_finite)
    }

    /// Smallest and largest finite value ever appended; `None` if there was no finite value.
    #[must_use]
    pub fn value_range(&self) -> Option<(f64, f64)> {
        match self.summary() {
            Some(summary) => summary.value_range,
            None => (self.min <= self.max).then_some((self.min, self.max)),
        }
    }

    /// Appends one point.
    pub fn push(&mut self, point: Point) {
        self.extend([point]);
    }

    /// Notes where the steps decrease between the last point and the next one.
    fn note_order(&mut self, last: Point, point: Point) {
        if !point.step.is_before(last.step) {
            return;
        }
        let at = self.len();
        match (last.wall_time_secs, point.wall_time_secs) {
            // Times that follow from the steps tell nothing about writers.
            (Some(before), Some(now)) if now < before && !self.has_logged(point) => {
                self.other_writers.push(at);
            }
            _ => self.rewinds.push(at),
        }
    }

    /// True if one of the last points has the step and the wall time of `point`.
    fn has_logged(&self, point: Point) -> bool {
        let from = self.len().saturating_sub(COMPARED);
        (from..self.len())
            .rev()
            .filter_map(|at| self.get(at))
            .any(|known| known.step == point.step && known.wall_time_secs == point.wall_time_secs)
    }

    /// Where the steps and the clock go back together although no two writers took turns: every wall time after such an
    /// index is earlier than all before it, as on a machine whose clock is behind that of the one before.
    fn clock_set_back(&self) -> Vec<usize> {
        if self.other_writers.len() > MOST_CLOCKS {
            return Vec::new();
        }
        let mut bounds = vec![0];
        bounds.extend(self.rewinds.iter().chain(&self.other_writers));
        bounds.push(self.len());
        bounds.sort_unstable();
        // The earliest and the latest wall time between two bounds.
        let span = |part: &[usize]| -> Option<(f64, f64)> {
            if part[1] - part[0] < FEWEST_OF_CLOCK {
                return None;
            }
            (part[0]..part[1]).try_fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), at| {
                let time = self.get(at)?.wall_time_secs?;
                Some((time.min(low), time.max(high)))
            })
        };
        let spans: Option<Vec<(f64, f64)>> = bounds.windows(2).map(span).collect();
        let Some(spans) = spans else {
            return Vec::new();
        };
        let mut in_time = spans.clone();
        in_time.sort_by(|a, b| a.0.total_cmp(&b.0));
        match in_time.windows(2).all(|pair| pair[0].1 < pair[1].0) {
            true => self.other_writers.clone(),
            false => Vec::new(),
        }
    }

    /// The points in the order of their steps, if several writers logged them at the same time; `None` if one
    /// writer did. What a restart repeats stays before the restart.
    #[must_use]
    pub fn in_step_order(&self) -> Option<Self> {
        // Stored points are in order.
        if self.other_writers.is_empty() {
            return None;
        }
        let set_back = self.clock_set_back();
        let mut ends = self.rewinds.clone();
        ends.extend(&set_back);
        ends.sort_unstable();
        ends.push(self.len());
        let mut ordered = Self::new(Arc::clone(&self.key));
        let mut start = 0;
        for end in ends {
            let mut points: Vec<Point> = (start..end).filter_map(|at| self.get(at)).collect();
            let is_writer = |at: &&usize| (start..end).contains(*at) && !set_back.contains(*at);
            if self.other_writers.iter().any(|at| is_writer(&at)) {
                points.sort_by(|a, b| a.step.as_f64().total_cmp(&b.step.as_f64()));
            }
            let begins_at = ordered.len();
            let first = points.first().copied();
            ordered.extend(points);
            // Within a group the steps do not decrease any more, whatever the wall times are.
            ordered.rewinds.retain(|&at| at < begins_at);
            ordered.other_writers.clear();
            let before = begins_at.checked_sub(1).and_then(|at| ordered.get(at));
            if let (Some(before), Some(first)) = (before, first)
                && first.step.is_before(before.step)
            {
                ordered.rewinds.push(begins_at);
            }
            start = end;
        }
        ordered.dropped = self.dropped;
        (ordered.min, ordered.max) = (self.min, self.max);
        Some(ordered)
    }

    /// How often the steps went back, if that was too often for restarts: then the points are in the order of their
    /// steps, and no restart supersedes any.
    #[must_use]
    pub fn turns(&self) -> usize {
        self.turns
    }

    /// The points in the order of their steps, if these go back too often for restarts: parallel environments that log
    /// in turn repeat nothing. `None` if they do not.
    #[must_use]
    pub fn of_turns(&self) -> Option<Self> {
        let (turns, points) = (self.rewinds.len(), self.len());
        let is_frequent = turns >= FEWEST_TURNS && turns * POINTS_PER_TURN >= points
            || turns > MANY_TURNS && turns * POINTS_PER_MANY >= points;
        if !is_frequent || self.deferred.is_some() || self.begins_again_at_its_first_step() {
            return None;
        }
        let mut points: Vec<Point> = self.iter().collect();
        points.sort_by(|a, b| a.step.as_f64().total_cmp(&b.step.as_f64()));
        let mut ordered = Self::new(Arc::clone(&self.key));
        ordered.extend(points);
        // Steps beyond 2^53 may differ and be equal as numbers.
        ordered.rewinds.clear();
        ordered.other_writers.clear();
        ordered.turns = turns;
        ordered.dropped = self.dropped;
        (ordered.min, ordered.max) = (self.min, self.max);
        Some(ordered)
    }

    /// Whether the steps go back to where the log begins, nearly always: a training after the other.
    fn begins_again_at_its_first_step(&self) -> bool {
        let step_at = |at: usize| self.get(at).map(|point| point.step.as_f64());
        let first = step_at(0);
        let to_first = self.rewinds.iter().filter(|at| step_at(**at) == first);
        to_first.count() as f64 >= TO_FIRST_STEP * self.rewinds.len() as f64
    }

    /// Appends many points; equivalent to pushing each, but faster.
    pub fn extend(&mut self, points: impl IntoIterator<Item = Point>) {
        self.hold();
        let mut last = self.last();
        let mut range = ValueRange::default();
        for point in points {
            if let Some(last) = last {
                self.note_order(last, point);
            }
            last = Some(point);
            range.add(point.value);
            self.tail.push(point);
            self.seal_full_tail();
        }
        self.merge_range(&range);
    }

    /// The indices, below `end`, of points that are not those of `other` at the same index: another step or another
    /// value. Chunks that both share are not looked at.
    #[must_use]
    pub fn differences(&self, other: &Self, end: usize) -> Vec<usize> {
        let (own, other) = (self.held(), other.held());
        let mut found = Vec::new();
        let mut start = 0;
        while start < end {
            let next = (start + CHUNK).min(end);
            let chunk = start / CHUNK;
            let is_shared = match (own.full_chunks.get(chunk), other.full_chunks.get(chunk)) {
                (Some(own), Some(other)) => Arc::ptr_eq(own, other),
                _ => false,
            };
            if !is_shared {
                found.extend((start..next).filter(|&index| !own.is_same_at(other, index)));
            }
            start = next;
        }
        found
    }

    fn is_same_at(&self, other: &Self, index: usize) -> bool {
        match (self.get(index), other.get(index)) {
            (Some(own), Some(other)) => {
                own.step == other.step && own.value.to_bits() == other.value.to_bits()
            }
            (own, other) => own.is_none() && other.is_none(),
        }
    }

    /// Appends a point of each row: `values` at `positions`, of which there are as many. Equivalent to pushing
    /// each, but faster.
    pub fn extend_rows(&mut self, positions: &Positions, values: &[f64]) {
        self.hold();
        if !positions.is_ordered() {
            let points = values.iter().enumerate().map(|(row, &value)| {
                let (step, wall_time_secs) = positions.get(row);
                Point {
                    step,
                    wall_time_secs,
                    value,
                }
            });
            return self.extend(points);
        }
        let Some(&value) = values.first() else { return };
        if let Some(last) = self.last() {
            let (step, wall_time_secs) = positions.get(0);
            let first = Point {
                step,
                wall_time_secs,
                value,
            };
            self.note_order(last, first);
        }
        let mut start = 0;
        while start < values.len() {
            let room = CHUNK - self.tail.values.len();
            let end = values.len().min(start + room);
            self.tail.positions.append(positions, start..end);
            self.tail.values.extend_from_slice(&values[start..end]);
            self.seal_full_tail();
            start = end;
        }
        let mut range = ValueRange::default();
        values.iter().for_each(|&value| range.add(value));
        self.merge_range(&range);
    }

    /// Moves a full tail to the chunks that snapshots share.
    #[inline]
    fn seal_full_tail(&mut self) {
        if self.tail.values.len() == CHUNK {
            // A series that has filled one chunk is likely to fill the next.
            let next = Chunk::after(&self.tail);
            let full = std::mem::replace(&mut self.tail, next);
            self.full_chunks.push(Arc::new(full));
        }
    }

    fn merge_range(&mut self, range: &ValueRange) {
        self.min = self.min.min(range.min);
        self.max = self.max.max(range.max);
        self.non_finite += range.non_finite;
    }

    /// The point at `index`, in logged order.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Point> {
        let held = self.held();
        match held.full_chunks.get(index / CHUNK) {
            Some(chunk) => chunk.get(index % CHUNK),
            None => held.tail.get(index - held.full_chunks.len() * CHUNK),
        }
    }

    /// The first point in logged order.
    #[must_use]
    pub fn first(&self) -> Option<Point> {
        match self.summary() {
            Some(summary) => Some(summary.first),
            None => self.get(0),
        }
    }

    /// The last point in logged order.
    #[must_use]
    pub fn last(&self) -> Option<Point> {
        if let Some(summary) = self.summary() {
            return Some(summary.last);
        }
        let of_full_chunks = || self.full_chunks.last().and_then(|chunk| chunk.last());
        self.tail.last().or_else(of_full_chunks)
    }

    /// All points, the superseded ones included, in logged order.
    pub fn iter(&self) -> impl Iterator<Item = Point> + '_ {
        let held = self.held();
        let full = held.full_chunks.iter();
        full.flat_map(|chunk| chunk.points())
            .chain(held.tail.points())
    }

    /// Ranges of indices of the points that no later restart repeats, in logged order.
    #[must_use]
    pub fn live_ranges(&self) -> Vec<Range<usize>> {
        if let Some(deferred) = &self.deferred {
            let has_restarts = deferred.summary.superseded > 0;
            if !has_restarts && deferred.points.error().is_none() {
                return std::iter::once(0..self.len()).collect();
            }
            return self.held().live_ranges();
        }
        let mut ranges = Vec::with_capacity(self.rewinds.len() + 1);
        let mut end = self.len();
        let mut cut: Option<Step> = None;
        for &start in self.rewinds.iter().rev().chain(std::iter::once(&0)) {
            // Between two rewinds the steps never decrease, so the live points are a prefix.
            let live_end = match cut {
                Some(cut) => self.partition_point(start..end, |step| step.is_before(cut)),
                None => end,
            };
            if start < live_end {
                ranges.push(start..live_end);
            }
            if let Some(point) = self.get(start) {
                cut = Some(match cut {
                    Some(cut) if !point.step.is_before(cut) => cut,
                    _ => point.step,
                });
            }
            end = start;
        }
        ranges.reverse();
        ranges
    }

    /// The points that no later restart repeats, each with its index in the series.
    pub fn live(&self) -> impl Iterator<Item = (usize, Point)> + '_ {
        self.live_ranges()
            .into_iter()
            .flatten()
            .filter_map(|index| self.get(index).map(|point| (index, point)))
    }

    /// Number of points that a later restart repeats.
    #[must_use]
    pub fn superseded(&self) -> usize {
        if let Some(summary) = self.summary() {
            return summary.superseded;
        }
        self.len()
            - self
                .live_ranges()
                .iter()
                .map(ExactSizeIterator::len)
                .sum::<usize>()
    }

    /// Keeps at least the last `points` points and drops older whole chunks.
    pub fn keep_last(&mut self, points: usize) {
        // Stored points take no memory until they are asked for.
        if self.deferred.is_some() {
            return;
        }
        let excess = self.len().saturating_sub(points) / CHUNK;
        let excess = excess.min(self.full_chunks.len());
        if excess == 0 {
            return;
        }
        self.non_finite -= self.full_chunks[..excess]
            .iter()
            .flat_map(|chunk| &chunk.values)
            .filter(|value| !value.is_finite())
            .count();
        self.full_chunks.drain(..excess);
        let dropped = excess * CHUNK;
        self.dropped += dropped;
        for starts in [&mut self.rewinds, &mut self.other_writers] {
            starts.retain(|&index| index > dropped);
            for index in starts {
                *index -= dropped;
            }
        }
    }

    /// The smallest and the largest finite value of the points with these indices; `None` if none is finite. Looks
    /// at every point of two chunks at most.
    #[must_use]
    pub fn extremes(&self, range: Range<usize>) -> Option<Extremes> {
        let held = self.held();
        let end = range.end.min(held.len());
        let mut start = range.start;
        let mut found = None;
        while start < end {
            let (chunk, within) = (start / CHUNK, start % CHUNK);
            let stop = end.min((chunk + 1) * CHUNK);
            let part = match held.full_chunks.get(chunk) {
                Some(chunk) if stop - start == CHUNK => chunk.extremes(start),
                Some(chunk) => Extremes::of(&chunk.values[within..within + stop - start], start),
                None => Extremes::of(&held.tail.values[within..within + stop - start], start),
            };
            if let Some(part) = part {
                Extremes::merge(&mut found, part);
            }
            start = stop;
        }
        found
    }

    fn partition_point(&self, range: Range<usize>, pred: impl Fn(Step) -> bool) -> usize {
        let (mut low, mut high) = (range.start, range.end);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.get(middle).is_some_and(|point| pred(point.step)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}
