//! The steps and wall times of consecutive rows, as compact as they allow: evenly spaced whole steps take no
//! memory, other whole steps and wall times eight bytes each.

use std::ops::Range;

use super::point::Step;

/// The positions of consecutive rows.
#[derive(Clone, Debug, Default)]
pub struct Positions {
    len: usize,
    steps: Steps,
    times: Times,
    /// True if a step is smaller than the one before it.
    goes_back: bool,
}

#[derive(Clone, Debug)]
enum Steps {
    /// The step at an index is `first + index * stride`, wrapping.
    Even {
        first: i64,
        stride: i64,
    },
    Whole(Vec<i64>),
    Any(Vec<Step>),
}

impl Default for Steps {
    fn default() -> Self {
        Self::Even {
            first: 0,
            stride: 0,
        }
    }
}

#[derive(Clone, Debug, Default)]
enum Times {
    #[default]
    None,
    All(Vec<f64>),
    Some(Vec<Option<f64>>),
}

impl Positions {
    /// No positions, with room for `capacity` of the usual kind.
    pub(super) fn with_capacity(capacity: usize, like: &Self) -> Self {
        let steps = match &like.steps {
            Steps::Even { .. } => Steps::default(),
            Steps::Whole(_) => Steps::Whole(Vec::with_capacity(capacity)),
            Steps::Any(_) => Steps::Any(Vec::with_capacity(capacity)),
        };
        let times = match &like.times {
            Times::None => Times::None,
            Times::All(_) => Times::All(Vec::with_capacity(capacity)),
            Times::Some(_) => Times::Some(Vec::with_capacity(capacity)),
        };
        Self {
            steps,
            times,
            ..Self::default()
        }
    }

    /// Bytes that the positions take.
    pub(super) fn memory(&self) -> usize {
        let steps = match &self.steps {
            Steps::Even { .. } => 0,
            Steps::Whole(steps) => size_of_val(steps.as_slice()),
            Steps::Any(steps) => size_of_val(steps.as_slice()),
        };
        let times = match &self.times {
            Times::None => 0,
            Times::All(times) => size_of_val(times.as_slice()),
            Times::Some(times) => size_of_val(times.as_slice()),
        };
        steps + times
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// True if there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// True if no step is smaller than the one before it.
    pub(super) fn is_ordered(&self) -> bool {
        !self.goes_back
    }

    /// True if every step is a whole number.
    pub(super) fn has_whole_steps(&self) -> bool {
        match &self.steps {
            Steps::Even { .. } | Steps::Whole(_) => true,
            Steps::Any(steps) => steps.iter().all(|step| step.as_f64().fract() == 0.0),
        }
    }

    /// The step and the wall time of a row.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    #[must_use]
    #[inline]
    pub fn get(&self, index: usize) -> (Step, Option<f64>) {
        let time = match &self.times {
            Times::None => None,
            Times::All(times) => Some(times[index]),
            Times::Some(times) => times[index],
        };
        (self.steps.get(index), time)
    }

    /// Adds a row.
    #[inline]
    pub fn push(&mut self, step: Step, wall_time_secs: Option<f64>) {
        if self.len > 0 && step.is_before(self.steps.get(self.len - 1)) {
            self.goes_back = true;
        }
        self.steps.push(self.len, step);
        self.times.push(self.len, wall_time_secs);
        self.len += 1;
    }

    /// Adds rows of another table.
    pub(super) fn append(&mut self, other: &Self, rows: Range<usize>) {
        if rows.is_empty() {
            return;
        }
        let begins_before = self.len > 0
            && other
                .steps
                .get(rows.start)
                .is_before(self.steps.get(self.len - 1));
        self.goes_back |= other.goes_back || begins_before;
        self.steps.append(self.len, &other.steps, rows.clone());
        self.times.append(self.len, &other.times, rows.clone());
        self.len += rows.len();
    }

    /// Removes all rows and keeps the memory.
    pub fn clear(&mut self) {
        match &mut self.steps {
            Steps::Even { .. } => {}
            Steps::Whole(steps) => steps.clear(),
            Steps::Any(steps) => steps.clear(),
        }
        match &mut self.times {
            Times::None => {}
            Times::All(times) => times.clear(),
            Times::Some(times) => times.clear(),
        }
        self.len = 0;
        self.goes_back = false;
    }
}

impl Steps {
    #[inline]
    fn get(&self, index: usize) -> Step {
        match self {
            Self::Even { first, stride } => Step::Int(even(*first, *stride, index)),
            Self::Whole(steps) => Step::Int(steps[index]),
            Self::Any(steps) => steps[index],
        }
    }

    /// Adds a step after `len` ones.
    #[inline]
    fn push(&mut self, len: usize, step: Step) {
        match (&mut *self, step) {
            (Self::Even { first, .. }, Step::Int(step)) if len == 0 => *first = step,
            (Self::Even { first, stride }, Step::Int(step)) if len == 1 => {
                *stride = step.wrapping_sub(*first);
            }
            (Self::Even { first, stride }, Step::Int(step))
                if even(*first, *stride, len) == step => {}
            (Self::Whole(steps), Step::Int(step)) => steps.push(step),
            (Self::Any(steps), step) => steps.push(step),
            _ => self.widen(len, step),
        }
    }

    /// Adds a step that the present form cannot hold.
    #[cold]
    fn widen(&mut self, len: usize, step: Step) {
        *self = match (&*self, step) {
            (&Self::Even { first, stride }, Step::Int(step)) => {
                let steps = (0..len).map(|index| even(first, stride, index));
                Self::Whole(steps.chain([step]).collect())
            }
            (steps, step) => {
                let before = (0..len).map(|index| steps.get(index));
                Self::Any(before.chain([step]).collect())
            }
        };
    }

    fn append(&mut self, len: usize, other: &Self, rows: Range<usize>) {
        match (&mut *self, other) {
            (Self::Whole(steps), Self::Whole(more)) => steps.extend_from_slice(&more[rows]),
            (Self::Any(steps), Self::Any(more)) => steps.extend_from_slice(&more[rows]),
            // Two steps that go on evenly determine all others.
            (
                &mut Self::Even { first, stride },
                &Self::Even {
                    first: from,
                    stride: by,
                },
            ) if len > 1
                && by == stride
                && even(from, by, rows.start) == even(first, stride, len) => {}
            (
                Self::Even { first, stride },
                Self::Even {
                    first: from,
                    stride: by,
                },
            ) if len == 0 => {
                (*first, *stride) = (even(*from, *by, rows.start), *by);
            }
            _ => {
                for (at, row) in rows.enumerate() {
                    self.push(len + at, other.get(row));
                }
            }
        }
    }
}

#[inline]
fn even(first: i64, stride: i64, index: usize) -> i64 {
    first.wrapping_add(stride.wrapping_mul(index as i64))
}

impl Times {
    /// Adds a wall time after `len` ones.
    #[inline]
    fn push(&mut self, len: usize, time: Option<f64>) {
        match (&mut *self, time) {
            (Self::None, None) => {}
            (Self::All(times), Some(time)) => times.push(time),
            (Self::Some(times), time) => times.push(time),
            _ => self.widen(len, time),
        }
    }

    /// Adds a wall time that the present form cannot hold.
    #[cold]
    fn widen(&mut self, len: usize, time: Option<f64>) {
        *self = match (&*self, time) {
            (_, Some(time)) if len == 0 => Self::All(vec![time]),
            (_, None) if len == 0 => Self::None,
            (Self::All(times), time) => {
                Self::Some(times.iter().map(|&time| Some(time)).chain([time]).collect())
            }
            (_, time) => Self::Some(std::iter::repeat_n(None, len).chain([time]).collect()),
        };
    }

    fn append(&mut self, len: usize, other: &Self, rows: Range<usize>) {
        match (&mut *self, other) {
            (Self::None, Self::None) => {}
            (Self::All(times), Self::All(more)) => times.extend_from_slice(&more[rows]),
            (Self::None, Self::All(more)) if len == 0 => *self = Self::All(more[rows].to_vec()),
            _ => {
                for (at, row) in rows.enumerate() {
                    let time = match other {
                        Self::None => None,
                        Self::All(times) => Some(times[row]),
                        Self::Some(times) => times[row],
                    };
                    self.push(len + at, time);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(positions: &Positions) -> Vec<(Step, Option<f64>)> {
        (0..positions.len()).map(|row| positions.get(row)).collect()
    }

    #[test]
    fn every_form_keeps_every_position() {
        let ints = |steps: &[i64]| steps.iter().map(|&step| Step::Int(step)).collect();
        let steps: [Vec<Step>; 6] = [
            ints(&[0, 1, 2, 3, 4]),
            ints(&[5, 3, 1, -1]),
            ints(&[7]),
            ints(&[1, 2, 2, 9]),
            ints(&[i64::MAX, i64::MIN, 0, i64::MAX]),
            vec![Step::Int(1), Step::Int(2), Step::Float(2.5), Step::Int(3)],
        ];
        let times: [fn(usize) -> Option<f64>; 4] = [
            |_| None,
            |row| Some(row as f64),
            |row| (row % 2 == 0).then_some(1.0),
            |row| (row > 1).then_some(f64::NAN),
        ];
        for (a, of_a) in steps.iter().zip(times.iter().cycle()) {
            for b in &steps {
                for of_b in times {
                    let mut expected = Vec::new();
                    let (mut first, mut second) = (Positions::default(), Positions::default());
                    for (row, &step) in a.iter().enumerate() {
                        first.push(step, of_a(row));
                        expected.push((step, of_a(row)));
                    }
                    for (row, &step) in b.iter().enumerate() {
                        second.push(step, of_b(row));
                        if row > 0 {
                            expected.push((step, of_b(row)));
                        }
                    }
                    first.append(&second, 1..b.len());
                    let bits = |rows: &[(Step, Option<f64>)]| -> Vec<_> {
                        rows.iter()
                            .map(|(step, time)| (format!("{step:?}"), time.map(f64::to_bits)))
                            .collect()
                    };
                    assert_eq!(bits(&rows(&first)), bits(&expected));
                    let pairs = expected.windows(2);
                    let goes_back = pairs.clone().any(|pair| pair[1].0.is_before(pair[0].0));
                    assert!(!goes_back || !first.is_ordered());
                    first.clear();
                    first.push(Step::Int(3), None);
                    first.push(Step::Float(0.5), Some(1.0));
                    let after = [(Step::Int(3), None), (Step::Float(0.5), Some(1.0))];
                    assert_eq!(rows(&first), after);
                }
            }
        }
    }

    #[test]
    fn evenly_spaced_steps_take_no_memory() {
        let mut positions = Positions::default();
        for step in 0..1000 {
            positions.push(Step::Int(step * 50), None);
        }
        assert!(matches!(positions.steps, Steps::Even { .. }));
        assert!(matches!(positions.times, Times::None));
    }
}
