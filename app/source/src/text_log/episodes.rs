//! Rows that state an episode and a number of steps: `Episode 3  Reward: 3.5  Steps: 74`. The steps are those of the whole training,
//! which count on from row to row, or they are the length of the episode, which is a value at the episode.

use super::{
    clean::without_escapes, fields::Fields, lines::LineEnd, pairs::scan, places::Place,
    prefix::without_prefix, words::Counter,
};

/// So many rows whose steps count on are of the whole training.
const COUNTING_ROWS: usize = 8;

/// Lines that are kept until it is known what the steps are.
const MAX_WAITING: usize = 256;

/// Where no row states both within so many lines, none is waited for.
const MAX_LINES: usize = 20_000;

/// What the steps of a log with episodes are, and the lines that wait until that is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Episodes {
    are_lengths: bool,
    is_decided: bool,
    waiting: Vec<(Vec<u8>, LineEnd)>,
    last: Option<(i64, i64)>,
    counting: usize,
    lines: usize,
}

/// What becomes of a line.
pub(super) enum Fate {
    /// It is read now.
    Read,
    /// It waits.
    Waits,
    /// It is known what the steps are: the lines that waited are read, with this one.
    Decided(Vec<(Vec<u8>, LineEnd)>),
}

impl Episodes {
    /// Looks at a line before it is read.
    pub(super) fn look(&mut self, line: &[u8], end: LineEnd, fields: &mut Fields) -> Fate {
        if self.is_decided || self.waiting.is_empty() && !names_episode(line) {
            self.lines += 1;
            self.is_decided |= self.lines > MAX_LINES;
            return Fate::Read;
        }
        let clean = without_escapes(line);
        scan(without_prefix(&clean).text, fields);
        if let Some(row) = episode_and_steps(&fields.place) {
            self.row(row);
        } else if self.waiting.is_empty() {
            return Fate::Read;
        }
        self.waiting.push((line.to_vec(), end));
        self.is_decided |= self.waiting.len() >= MAX_WAITING;
        match self.is_decided {
            true => Fate::Decided(self.take()),
            false => Fate::Waits,
        }
    }

    fn row(&mut self, (episode, steps): (i64, i64)) {
        let last = self.last.replace((episode, steps));
        if let Some((last_episode, last_steps)) = last.filter(|last| last.0 < episode) {
            self.counting += 1;
            self.are_lengths = steps <= last_steps && last_episode < episode;
            self.is_decided = self.are_lengths || self.counting >= COUNTING_ROWS;
        }
    }

    /// The lines that wait; they are read as what is known so far says.
    pub(super) fn take(&mut self) -> Vec<(Vec<u8>, LineEnd)> {
        std::mem::take(&mut self.waiting)
    }

    /// Makes the episode the position of a row whose steps are its length.
    pub(super) fn place(&self, place: &mut Place) {
        if !self.are_lengths || episode_and_steps(place).is_none() {
            return;
        }
        for mark in &mut place.marks {
            if is_episode(mark.counter) {
                mark.counter = Counter::Step(0);
            }
        }
    }
}

/// True if the line may state an episode.
fn names_episode(line: &[u8]) -> bool {
    let is_letter = |at: Option<usize>| {
        let byte = at.and_then(|at| line.get(at));
        byte.is_some_and(u8::is_ascii_alphabetic)
    };
    memchr::memchr2_iter(b'p', b'P', line).any(|at| {
        let before = at.checked_sub(1);
        let is_word = |first: &[u8]| {
            before.is_some_and(|before| first.contains(&line[before]))
                && !is_letter(Some(at + 1))
                && !is_letter(at.checked_sub(2))
        };
        match line[at] {
            b'p' => line[at..].starts_with(b"pisode") || is_word(b"Ee"),
            _ => before.is_some_and(|at| line[at..].starts_with(b"EPISODE")) || is_word(b"E"),
        }
    })
}

fn is_episode(counter: Counter) -> bool {
    [&b"episode"[..], b"ep"]
        .iter()
        .any(|word| super::words::counter_of(word) == Some(counter))
}

/// True for words that count within an episode in some logs and over the training in others.
fn may_be_length(counter: Counter) -> bool {
    [
        &b"step"[..],
        b"steps",
        b"timestep",
        b"timesteps",
        b"iteration",
        b"iter",
        b"it",
    ]
    .iter()
    .any(|word| super::words::counter_of(word) == Some(counter))
}

/// The episode of a row and its other counter.
fn episode_and_steps(place: &Place) -> Option<(i64, i64)> {
    let of = |wanted: fn(Counter) -> bool| {
        let mark = place.marks.iter().find(|mark| wanted(mark.counter));
        mark.and_then(|mark| mark.number.whole)
    };
    let others = place
        .marks
        .iter()
        .filter(|mark| matches!(mark.counter, Counter::Step(_)) && !is_episode(mark.counter));
    let are_lengths = others.clone().all(|mark| may_be_length(mark.counter));
    (are_lengths && others.count() > 0).then_some((of(is_episode)?, of(may_be_length)?))
}
