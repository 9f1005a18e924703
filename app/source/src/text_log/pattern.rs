//! Rows by a regular expression of the user.

use regex::{Captures, Regex};
use trainscape_run::Step;

use super::{
    clock::Clock,
    number::number_at,
    places::{Mark, Place},
    prefix::without_prefix,
    sink::Sink,
    words::counter_of,
};
use crate::batch::RowHead;

/// Reads the lines that match an expression. Each named group is a key; groups with names such as `step`
/// and `epoch` are the position.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    regex: Regex,
    clock: Clock,
    rows: i64,
}

impl Pattern {
    pub(super) fn new(regex: Regex) -> Self {
        Self {
            regex,
            clock: Clock::default(),
            rows: 0,
        }
    }

    pub(super) fn line(&mut self, line: &[u8], sink: &mut Sink<'_>) {
        let clean = super::clean::without_escapes(line);
        let text = String::from_utf8_lossy(&clean);
        let wall_time_secs = without_prefix(text.as_bytes()).wall_time_secs;
        // A line may hold several rows.
        let rows: Vec<Captures<'_>> = self.regex.captures_iter(&text).collect();
        for groups in rows {
            self.row(&groups, wall_time_secs, sink);
        }
    }

    fn row(&mut self, groups: &Captures<'_>, wall_time_secs: Option<f64>, sink: &mut Sink<'_>) {
        let mut place = Place::default();
        let mut values = Vec::new();
        let mut unread = 0;
        for name in self.regex.capture_names().flatten() {
            let Some(found) = groups.name(name) else {
                continue;
            };
            let text = found.as_str().trim();
            if text.is_empty() {
                continue;
            }
            let number = number_at(text.as_bytes(), 0);
            match (counter_of(name.as_bytes()), number) {
                (Some(counter), Some(number)) => place.marks.push(Mark {
                    counter,
                    number,
                    word: (0, 0),
                }),
                (Some(_), None) => return sink.without_step(),
                (None, Some(number)) => values.push((name.to_owned(), number.value)),
                (None, None) => unread += 1,
            }
        }
        sink.left_out(unread);
        let stated = (!place.is_empty())
            .then(|| self.clock.place(&place, false))
            .flatten();
        let step = stated
            .or(self.clock.current())
            .unwrap_or(Step::Int(self.rows));
        self.rows += 1;
        sink.start(RowHead {
            step,
            wall_time_secs,
        });
        for (key, value) in values {
            sink.push(&key, value);
        }
        sink.finish(false);
    }
}
