//! Rows of a text log: which numbers of which lines are points.

use std::collections::HashMap;

use trainscape_run::Step;

use super::{
    bars::{Bar, Bars},
    boxes::{BoxLine, Boxes},
    clean::without_escapes,
    clock::Clock,
    coco::CocoTask,
    containers::without_docker,
    copypaste::Copypaste,
    episodes::{Episodes, Fate},
    evaluation::{EvaluationRow, EvaluationRows},
    fields::{Fields, Pair},
    first_dictionary::FirstDictionary,
    leads::{HeldValue, Leads},
    line_kinds::{
        has_number, is_header, is_of_evaluation, is_progress, is_value, is_whole_line,
        speed_of_estimator, stated_with, states_unread_position,
    },
    lines::{LineEnd, each_line},
    names::{is_held_out, name_of},
    pairs::scan,
    phases::{Headline, qualify_by_first},
    places::Place,
    prefix::without_prefix,
    running_means::{Means, RunningMeans, is_result},
    search::find,
    second_record::second_record,
    sink::Sink,
    source_code::is_source_code,
    unplaced::Unplaced,
    words::{KeyKind, TrainingKeys},
};
use crate::batch::RowHead;

/// Values of a key at one position that are remembered.
const MAX_WAITING: usize = 256;

/// So many equal values are a constant metric and not a setting that is printed at each start.
const MANY_ROWS: usize = 8;

/// Keys that are remembered before they count.
const MAX_CANDIDATES: usize = 4096;

/// The state of a log that is being read.
///
/// A key counts on a line that states a position. On other lines it counts if it recurs at another
/// position, or if it is a metric and the position is certain. A log without positions counts its rows:
/// lines with the same keys, one of which is a metric.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    pub(super) clock: Clock,
    /// Keys on lines without a position.
    keys: HashMap<String, KeyState>,
    /// True for the slots of keys on lines that state their position: elsewhere such a key means something
    /// else (a setting, a final result).
    placed: Vec<bool>,
    /// The last line that states nothing but a position.
    header: Option<Step>,
    /// True if a row stated the position, or two lines stated different ones.
    pub(super) is_certain: bool,
    pub(super) bars: Bars,
    pub(super) first_dictionary: Option<FirstDictionary>,
    boxes: Boxes,
    unplaced: Unplaced,
    training_keys: TrainingKeys,
    pub(super) leads: Leads,
    means: RunningMeans,
    evaluation: EvaluationRows,
    copypaste: Copypaste,
    headline: Headline,
    episodes: Episodes,
}

#[derive(Clone, Debug)]
enum KeyState {
    /// It occurred at one position only.
    Candidate(Vec<(RowHead, Pair)>),
    Counts,
}

impl Rows {
    /// Reads one line.
    pub(super) fn line(
        &mut self,
        line: &[u8],
        end: LineEnd,
        fields: &mut Fields,
        sink: &mut Sink<'_>,
    ) {
        let Some(text) = without_docker(line) else {
            return self.look(line, end, fields, sink);
        };
        each_line(&text, |line, end| self.look(line, end, fields, sink));
    }

    /// Reads a line, or keeps it until those after it say what its steps are.
    fn look(&mut self, line: &[u8], end: LineEnd, fields: &mut Fields, sink: &mut Sink<'_>) {
        match self.episodes.look(line, end, fields) {
            Fate::Read => self.read(line, end, fields, sink),
            Fate::Waits => {}
            Fate::Decided(lines) => {
                for (line, end) in lines {
                    self.read(&line, end, fields, sink);
                }
            }
        }
    }

    /// Ends what was waiting for the lines after it, at the end of what is in the log so far.
    pub(super) fn finish(&mut self, fields: &mut Fields, sink: &mut Sink<'_>) {
        for (line, end) in self.episodes.take() {
            self.read(&line, end, fields, sink);
        }
        self.flush(sink);
    }

    fn read(&mut self, line: &[u8], end: LineEnd, fields: &mut Fields, sink: &mut Sink<'_>) {
        // A block of zeros that a disk or a rotation of logs left.
        let line = memchr::memrchr(0, line).map_or(line, |at| &line[at + 1..]);
        if let Some(task) = CocoTask::of_line(line) {
            fields.task = task;
        } else if let Some(results) = self.copypaste.line(line) {
            self.wait(results);
        } else if has_number(line) {
            let clean = without_escapes(line);
            self.clean_line(&clean, end, fields, sink);
        } else if !line.trim_ascii().is_empty() {
            self.other_line(line, sink);
        }
        if end == LineEnd::Newline {
            self.bars.end_line();
        }
    }

    /// Results that an evaluation prints before the row of its position.
    fn wait(&mut self, results: Vec<(String, f64)>) {
        // Without a position they are those of a program that does not train.
        if self.clock.current().is_some() {
            for (key, value) in results {
                self.leads.wait(HeldValue::new(&key, value, None));
            }
        }
    }

    /// A line without numbers: a border of a table, or text.
    fn other_line(&mut self, line: &[u8], sink: &mut Sink<'_>) {
        if let BoxLine::End(row) = self.boxes.line(line) {
            self.table(&row, sink);
        }
        self.evaluation.text(line);
        self.headline.text(line);
        if line.iter().any(u8::is_ascii_alphabetic) {
            self.flush_bar(sink);
        }
    }

    fn clean_line(&mut self, line: &[u8], end: LineEnd, fields: &mut Fields, sink: &mut Sink<'_>) {
        match self.boxes.line(line) {
            BoxLine::No => {}
            BoxLine::Part => return,
            BoxLine::End(row) => return self.table(&row, sink),
        }
        // The arguments of a script, and the script.
        if find(line, b"Namespace(").is_some() || is_source_code(line) {
            return;
        }
        let message = without_prefix(line);
        let mut text = message.text;
        if let Some(bar) = Bar::find(text) {
            let (bar_text, rest) = text.split_at(bar.end);
            scan(bar_text, fields);
            self.bar(bar_text, bar, end, fields, sink);
            text = rest.trim_ascii();
            if !has_number(text) {
                return;
            }
        }
        scan(text, fields);
        while let Some(at) = second_record(text, fields) {
            let (first, second) = text.split_at(at);
            scan(first, fields);
            self.message(first, message.wall_time_secs, end, fields, sink);
            let rest = without_prefix(second);
            text = rest.text;
            scan(text, fields);
        }
        self.message(text, message.wall_time_secs, end, fields, sink);
    }

    /// What a program printed, without the logger's prefix.
    fn message(
        &mut self,
        text: &[u8],
        wall_time_secs: Option<f64>,
        end: LineEnd,
        fields: &mut Fields,
        sink: &mut Sink<'_>,
    ) {
        self.episodes.place(&mut fields.place);
        self.name_data(text, fields);
        if end != LineEnd::Newline && is_progress(text, &fields.pairs) {
            return;
        }
        if self.running_means(text, wall_time_secs, fields, sink) {
            return;
        }
        let evaluation = self.evaluation.row(text, fields);
        if let EvaluationRow::Partial = evaluation {
            return;
        }
        if fields.pairs.is_empty() {
            self.evaluation.text(text);
            if is_header(text) {
                self.header(fields, sink);
            }
            if !fields.place.marks.is_empty() || end == LineEnd::Newline {
                self.flush_bar(sink);
            }
            return;
        }
        self.flush_bar(sink);
        if let Some(pair) = speed_of_estimator(text, &fields.pairs) {
            let name = name_of(text, pair, sink.name());
            let speed = HeldValue::new(name, pair.value, wall_time_secs);
            return self.leads.wait(speed);
        }
        if text.starts_with(b"{")
            && fields.place.step().is_none()
            && let Some(epoch) = fields.place.epoch()
        {
            let epoch = epoch.number.step();
            return self.dictionary(text, epoch, wall_time_secs, fields, sink);
        }
        let head = |step| RowHead {
            step,
            wall_time_secs,
        };
        if let Some(step) = self.position(text, fields) {
            self.is_certain |= !fields.place.marks.is_empty();
            self.reach(step, &fields.place, sink);
            self.placed(text, head(step), fields, sink);
        } else if let Some(step) = self.clock.current() {
            match evaluation {
                EvaluationRow::Last => self.placed(text, head(step), fields, sink),
                _ => self.below(text, head(step), fields, sink),
            }
        } else {
            self.without_position(text, wall_time_secs, fields, sink);
        }
    }

    /// Names the data of the values of a line whose keys do not say it.
    fn name_data(&mut self, text: &[u8], fields: &mut Fields) {
        if !fields.place.marks.is_empty() {
            self.headline.position();
        }
        if fields.pairs.is_empty() {
            self.headline.text(text);
        }
        qualify_by_first(text, fields, &mut self.training_keys);
        if fields.place.is_empty() {
            self.headline.row(text, fields, &mut self.training_keys);
        }
    }

    /// True if the line is one of an evaluation that prints running means: the last ones are a row at the training's position.
    fn running_means(
        &mut self,
        text: &[u8],
        wall_time_secs: Option<f64>,
        fields: &Fields,
        sink: &mut Sink<'_>,
    ) -> bool {
        if self.clock.current().is_none() {
            return false;
        }
        let means = self.means.line(text, fields, sink.name());
        match means {
            Means::Running => self.means.wall_time_secs = wall_time_secs,
            Means::Final | Means::No => self.push_means(sink),
        }
        means != Means::No
    }

    fn push_means(&mut self, sink: &mut Sink<'_>) {
        let wall_time_secs = self.means.wall_time_secs;
        let values = self.means.take();
        let Some(step) = self.clock.current().filter(|_| !values.is_empty()) else {
            return;
        };
        sink.start(RowHead {
            step,
            wall_time_secs,
        });
        for (key, value) in values {
            sink.push(&key, value);
        }
        sink.finish(false);
    }

    /// The position that the line states itself.
    pub(super) fn position(&mut self, text: &[u8], fields: &Fields) -> Option<Step> {
        let held_out = fields
            .pairs
            .first()
            .is_some_and(|pair| is_held_out(text, pair));
        let place = &fields.place;
        if place
            .step()
            .is_some_and(|mark| is_of_evaluation(text, mark))
            && let Some(current) = self.clock.after_evaluation(place)
        {
            return Some(current);
        }
        // `Progress: 3% (10/100)` counts anything.
        let is_position =
            !place.marks.is_empty() || place.ratio.is_some() && self.has_training_key(text, fields);
        is_position.then(|| self.clock.place(place, held_out))?
    }

    fn has_training_key(&mut self, text: &[u8], fields: &Fields) -> bool {
        fields.pairs.iter().any(|pair| {
            std::str::from_utf8(&text[pair.key.0..pair.key.1])
                .is_ok_and(|key| self.training_keys.kind(key) != KeyKind::Other)
        })
    }

    /// A line that states a position and nothing else applies to the lines below it.
    fn header(&mut self, fields: &Fields, sink: &mut Sink<'_>) {
        if fields.place.marks.is_empty() {
            return;
        }
        let held_out = fields.phase.is_some_and(|phase| !phase.prefix().is_empty());
        let Some(step) = self.clock.header(&fields.place, held_out, self.is_certain) else {
            return;
        };
        self.reach(step, &fields.place, sink);
        match self.header.replace(step) {
            Some(before) if before != step => {
                // A number of a configuration, not a position.
                if !self.is_certain && step.is_before(before) {
                    self.keys.clear();
                }
                self.is_certain = true;
            }
            _ => {}
        }
    }

    /// Notes a position, at which the values that waited for it are.
    fn reach(&mut self, step: Step, place: &Place, sink: &mut Sink<'_>) {
        self.leads.position(step, place.step().is_some());
        self.push_held(step, sink);
    }

    fn push_held(&mut self, step: Step, sink: &mut Sink<'_>) {
        for held in self.leads.take() {
            sink.start(RowHead {
                step: held.step.unwrap_or(step),
                wall_time_secs: held.wall_time_secs,
            });
            sink.push(&held.key, held.value);
            sink.finish(false);
        }
    }

    /// A row that states its position.
    pub(super) fn placed(
        &mut self,
        text: &[u8],
        head: RowHead,
        fields: &Fields,
        sink: &mut Sink<'_>,
    ) {
        for pair in fields.pairs.iter().filter(|pair| pair.separated) {
            self.before_training(text, pair, sink);
        }
        sink.left_out(fields.unread);
        sink.start(head);
        for mark in &fields.place.marks {
            let of_value = stated_with(text, mark, fields);
            let is_value = of_value.is_some() || is_value(mark, &fields.place, head);
            if mark.word.1 == 0 || !is_value {
                continue;
            }
            match of_value {
                Some(pair) => {
                    name_of(text, pair, sink.name()).push(' ');
                    sink.push_behind(&text[mark.word.0..mark.word.1], mark.number.value);
                }
                None => sink.push_text(&text[mark.word.0..mark.word.1], mark.number.value),
            }
        }
        let mut later = Vec::new();
        for pair in &fields.pairs {
            let name = name_of(text, pair, sink.name());
            if pair.separated || matches!(self.keys.get(name), Some(KeyState::Counts)) {
                sink.push_named(pair);
                let slot = sink.last_slot() as usize;
                if self.placed.len() <= slot {
                    self.placed.resize(slot + 1, false);
                }
                self.placed[slot] = true;
            } else {
                later.push(*pair);
            }
        }
        for pair in later {
            let kind = self.training_keys.kind(name_of(text, &pair, sink.name()));
            let counts = kind != KeyKind::Other;
            self.candidate(&pair, head, |_| true, counts, sink);
        }
        sink.finish(fields.is_boosting);
    }

    /// A row below the line that states its position.
    fn below(&mut self, text: &[u8], head: RowHead, fields: &Fields, sink: &mut Sink<'_>) {
        let is_whole = is_whole_line(text, &fields.pairs);
        let is_result = is_result(text);
        if is_whole
            && fields.pairs.iter().all(|pair| is_held_out(text, pair))
            && let Some(pair) = fields.pairs.first()
        {
            self.before_training(text, pair, sink);
        }
        sink.start(head);
        for pair in fields
            .pairs
            .iter()
            .filter(|pair| pair.separated || is_whole || is_result)
        {
            name_of(text, pair, sink.name());
            if sink.is_placed(&self.placed) {
                continue;
            }
            let wall_time_secs = head.wall_time_secs;
            if self.leads.hold(sink.name(), pair.value, wall_time_secs) {
                continue;
            }
            // A setting that is printed again stays the same.
            let kind = self.training_keys.kind(sink.name());
            if !pair.separated && kind != KeyKind::Metric {
                continue;
            }
            let counts = self.is_certain && kind == KeyKind::Metric;
            let varies = |earlier: &Pair| earlier.value.to_bits() != pair.value.to_bits();
            self.candidate(pair, head, varies, counts, sink);
        }
        sink.finish(false);
    }

    /// The validation loss above `step 1`, once a later one shows that lines of it are values.
    fn before_training(&mut self, text: &[u8], pair: &Pair, sink: &mut Sink<'_>) {
        if !self.is_certain || !self.leads.has_before_training() {
            return;
        }
        name_of(text, pair, sink.name());
        if self.training_keys.kind(sink.name()) == KeyKind::Metric
            && let Some(first) = self.leads.before_training(sink.name())
        {
            sink.start(RowHead {
                step: Step::Int(0),
                wall_time_secs: first.wall_time_secs,
            });
            sink.push(&first.key, first.value);
            sink.finish(false);
        }
    }

    /// Adds a number whose key counts only if it recurs, or if it `counts` in any case.
    fn candidate(
        &mut self,
        pair: &Pair,
        head: RowHead,
        recurs: impl Fn(&Pair) -> bool,
        counts: bool,
        sink: &mut Sink<'_>,
    ) {
        match self.keys.get_mut(sink.name().as_str()) {
            Some(KeyState::Counts) => {}
            Some(KeyState::Candidate(points)) => {
                let recurs = points.iter().any(|(first, earlier)| {
                    first.step != head.step && (recurs(earlier) || points.len() >= MANY_ROWS)
                });
                if !recurs && !counts {
                    if points.len() < MAX_WAITING {
                        points.push((head, *pair));
                    }
                    return;
                }
                for (first, earlier) in std::mem::take(points) {
                    sink.push_before(first, &earlier);
                }
                self.keys.insert(sink.name().clone(), KeyState::Counts);
            }
            None => {
                if self.keys.len() >= MAX_CANDIDATES {
                    self.keys
                        .retain(|_, state| matches!(state, KeyState::Counts));
                }
                let state = if counts {
                    KeyState::Counts
                } else {
                    KeyState::Candidate(vec![(head, *pair)])
                };
                self.keys.insert(sink.name().clone(), state);
                if !counts {
                    return;
                }
            }
        }
        sink.push_named(pair);
    }

    /// A row of a log that has stated no position yet.
    fn without_position(
        &mut self,
        text: &[u8],
        wall_time_secs: Option<f64>,
        fields: &Fields,
        sink: &mut Sink<'_>,
    ) {
        let mut row: Vec<(String, f64)> = Vec::new();
        let is_whole = is_whole_line(text, &fields.pairs);
        let is_pair = |pair: &&Pair| pair.separated || is_whole;
        for pair in fields.pairs.iter().filter(is_pair) {
            row.push((name_of(text, pair, sink.name()).clone(), pair.value));
        }
        let kinds = &mut self.training_keys;
        if !row
            .iter()
            .any(|(key, _)| kinds.kind(key) == KeyKind::Metric)
        {
            return;
        }
        if states_unread_position(text, &fields.pairs) {
            return sink.without_step();
        }
        for (key, value) in &row {
            if kinds.kind(key) == KeyKind::Metric {
                let value = HeldValue::new(key, *value, wall_time_secs);
                self.leads.before_first(value);
            }
        }
        self.unplaced.row(wall_time_secs, row, sink);
    }

    /// Ends what was waiting for the lines after it.
    fn flush(&mut self, sink: &mut Sink<'_>) {
        self.flush_bar(sink);
        self.push_means(sink);
        if let Some(step) = self.clock.current() {
            self.push_held(step, sink);
        }
        if let Some(first) = self.first_dictionary.take() {
            first.push(first.by_bar, sink);
        }
    }

    /// Rows whose dictionaries are counted: their epochs are repeated.
    pub(super) fn counting() -> Self {
        let mut rows = Self::default();
        rows.clock.count_rows();
        rows
    }

    /// What the steps of the rows so far count, if they are no steps.
    pub(super) fn steps_count(&self) -> Option<&'static str> {
        let placed = self.clock.current().is_some();
        let counted = self.unplaced.counts().filter(|_| !placed);
        counted.or_else(|| self.clock.steps_count())
    }

    /// A row that was written as a table of two columns.
    fn table(&mut self, row: &[(String, f64)], sink: &mut Sink<'_>) {
        let ranked = row.iter().filter_map(|(key, value)| {
            let rank = crate::columns::step_rank(key);
            (rank > 0).then_some((rank, *value))
        });
        let Some((_, step)) = ranked.min_by_key(|(rank, _)| *rank) else {
            return;
        };
        self.flush(sink);
        let step = if step.fract() == 0.0 {
            Step::Int(step as i64)
        } else {
            Step::Float(step)
        };
        sink.start(RowHead {
            step,
            wall_time_secs: None,
        });
        for (key, value) in row {
            sink.push(key, *value);
        }
        sink.finish(true);
    }
}
