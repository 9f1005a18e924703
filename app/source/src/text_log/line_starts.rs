//! Beginnings of lines that state the position, a heading or a phase in ways of their own.

use super::{
    known_lines::EspnetStart,
    number::{Number, number_at},
    pairs::{Scanner, near},
    places::{Mark, skip_blanks},
    words::{Counter, Phase, counter_of, is_training_key, may_precede_position},
};

/// Words before a counter whose number is not the position of a row.
const NO_QUALIFIERS: &[&[u8]] = &[
    b"best",
    b"last",
    b"max",
    b"min",
    b"total",
    b"num",
    b"number",
    b"per",
    b"first",
    b"every",
    b"next",
    b"final",
    b"from",
    b"until",
    b"since",
    b"save",
    b"saved",
    b"saving",
    b"load",
    b"loaded",
    b"loading",
    b"resume",
    b"resumed",
    b"resuming",
    b"warmup",
    b"early",
    b"previous",
];

/// Bytes of the longest text before a colon that says on how many examples was evaluated.
const LONGEST_LABEL: usize = 40;

/// Epoch and batch of `[1,  2000] loss: 2.173`, as PyTorch's tutorial prints them, and where they end.
fn in_one_bracket(text: &[u8]) -> Option<(Number, Number, usize)> {
    if text.first() != Some(&b'[') {
        return None;
    }
    let epoch = number_at(text, skip_blanks(text, 1))?;
    if text.get(epoch.end) != Some(&b',') {
        return None;
    }
    let batch = number_at(text, skip_blanks(text, epoch.end + 1))?;
    let is_count = |number: Number| number.whole.is_some() && number.total.is_none();
    let rest = text.get(batch.end..)?.strip_prefix(b"]")?;
    let is_row = is_count(epoch) && is_count(batch) && rest.trim_ascii_start().starts_with(b"loss");
    is_row.then_some((epoch, batch, batch.end + 1))
}

/// How many letters a text begins with.
fn letters(text: &[u8]) -> usize {
    let letters = text.iter().take_while(|byte| byte.is_ascii_alphabetic());
    letters.count()
}

impl Scanner<'_> {
    /// `[10]    train-rmse:0.5` of XGBoost and LightGBM, `10:    learn: 0.5` of CatBoost.
    pub(super) fn boosting(&mut self) {
        let text = self.text;
        let (from, close) = match text {
            [b'[', b'0'..=b'9', ..] => (1, b']'),
            [b'0'..=b'9', ..] => (0, b':'),
            _ => return,
        };
        let Some(number) = number_at(text, from) else {
            return;
        };
        let after = skip_blanks(text, number.end + 1);
        let is_row = number.whole.is_some()
            && number.total.is_none()
            && text.get(number.end) == Some(&close)
            && text.get(after).is_some_and(u8::is_ascii_alphabetic)
            && (close == b']' && memchr::memchr(b':', near(&text[after..])).is_some()
                || text[after..].starts_with(b"learn:")
                || text[after..].starts_with(b"test:"));
        if is_row {
            self.fields.is_boosting = true;
            self.fields.place.marks.push(Mark {
                counter: Counter::Step(0),
                number,
                word: (0, 0),
            });
            self.skip_to(after);
        }
    }

    /// `[3][100/400] loss: 2.75` and `[0/5][50/1583] Loss_D: 1.5` of PyTorch's DCGAN: the epoch, and the batch within it.
    pub(super) fn epoch_and_batch(&mut self) {
        let text = self.text;
        let in_brackets = |at: usize| {
            let open = text.get(at) == Some(&b'[');
            let number = number_at(text, skip_blanks(text, at + 1)).filter(|_| open)?;
            let close = skip_blanks(text, number.end);
            let is_closed = number.whole.is_some() && text.get(close) == Some(&b']');
            is_closed.then_some((number, close + 1))
        };
        if let Some((epoch, batch, end)) = in_one_bracket(text) {
            return self.epoch_with_batch(epoch, batch, end);
        }
        let Some((epoch, after)) = in_brackets(0) else {
            return;
        };
        let batch = in_brackets(after).filter(|(batch, _)| batch.total.is_some());
        let Some((batch, end)) = batch else {
            return;
        };
        self.epoch_with_batch(epoch, batch, end);
    }

    fn epoch_with_batch(&mut self, epoch: Number, batch: Number, end: usize) {
        for (counter, number) in [(Counter::Epoch, epoch), (Counter::Batch, batch)] {
            self.fields.place.marks.push(Mark {
                counter,
                number,
                word: (0, 0),
            });
        }
        self.skip_to(end + usize::from(self.text.get(end) == Some(&b':')));
    }

    /// `Saving dict for global step 600: accuracy = 0.9, global_step = 600, loss = 0.3` of TensorFlow's Estimator: the results of an
    /// evaluation, which name their step themselves.
    pub(super) fn estimator(&mut self) {
        const START: &[u8] = b"Saving dict for global step ";
        let Some(step) = self.text.strip_prefix(START) else {
            return;
        };
        if let Some(colon) = memchr::memchr(b':', near(step)) {
            self.phase = Some(Phase::Evaluation);
            self.skip_to(START.len() + colon + 1);
        }
    }

    /// `EMA epoch 1: loss: 2.5` and `(holdout) epoch 1: loss: 2.5`: the word before the position says what the values are of.
    pub(super) fn qualified_position(&mut self) {
        let text = self.text;
        let open = usize::from(text.first() == Some(&b'('));
        let len = letters(&text[open..]);
        let word = &text[open..open + len];
        let close = open + len;
        let is_closed = open == 0 || text.get(close) == Some(&b')');
        let counter = skip_blanks(text, close + open);
        let end = counter + letters(text.get(counter..).unwrap_or_default());
        let is_qualifier = (2..=12).contains(&len)
            && is_closed
            && counter > close
            && !may_precede_position(word)
            && counter_of(word).is_none()
            && !NO_QUALIFIERS
                .iter()
                .any(|known| word.eq_ignore_ascii_case(known))
            && !std::str::from_utf8(word).is_ok_and(is_training_key);
        if !is_qualifier || counter_of(&text[counter..end]).is_none() {
            return;
        }
        let number = number_at(text, skip_blanks(text, end));
        if number
            .is_some_and(|number| number.whole.is_some() && text.get(number.end) == Some(&b':'))
        {
            self.group = (open, close);
            self.skip_to(counter);
        }
    }

    /// `Test on 10000 images: loss 2.1`: the number is how many examples were evaluated.
    pub(super) fn evaluated_on(&mut self) {
        let text = self.text;
        if !matches!(
            text.first(),
            Some(b'T' | b't' | b'V' | b'v' | b'E' | b'e' | b'D' | b'd')
        ) {
            return;
        }
        let head = &text[..text.len().min(LONGEST_LABEL)];
        let Some(colon) = memchr::memmem::find(head, b": ") else {
            return;
        };
        let mut words = head[..colon].split(|byte| *byte == b' ');
        let phase = words.next().and_then(Phase::of_text);
        let is_count = |word: &[u8]| word.iter().all(|b| b.is_ascii_digit() || *b == b',');
        let counts = matches!(words.next(), Some(b"on" | b"over" | b"with"))
            && words.next().is_some_and(is_count)
            && words.next().is_some()
            && words.next().is_none();
        if counts && phase.is_some() {
            self.phase = phase;
            self.skip_to(colon + 2);
        }
    }

    /// The start of a line of ESPnet. Means over an epoch are put below `train`, so that they do not mix with
    /// the values of batches.
    pub(super) fn espnet(&mut self) {
        let Some(start) = EspnetStart::find(self.text) else {
            return;
        };
        self.fields.place.marks.push(start.epoch);
        self.fields.place.marks.extend(start.batch);
        self.skip_to(start.end);
        if let Some(end) = start.means_end
            && self.text[self.at..].starts_with(b"[train]")
        {
            self.group = (self.at + 1, self.at + 6);
            self.group_end = end;
        }
    }

    /// `cifar10  train : [loss = 0.07, top1 = 97.7%], test : [loss = 0.40]` of NAS-Bench-201: results of several data sets at one
    /// position, each with its name.
    pub(super) fn row_of_results(&mut self) {
        let text = self.text;
        let blank = |at: usize| near(&text[at..]).iter().position(|byte| *byte == b' ');
        let Some(name) = blank(0).filter(|_| text.first().is_some_and(u8::is_ascii_alphabetic))
        else {
            return;
        };
        let word = skip_blanks(text, name);
        let Some(len) = blank(word) else { return };
        let is_phase = Phase::of_text(&text[word..word + len]).is_some();
        let colon = skip_blanks(text, word + len);
        let opens_values =
            text.get(colon) == Some(&b':') && text.get(skip_blanks(text, colon + 1)) == Some(&b'[');
        if is_phase && opens_values {
            self.group = (0, name);
            self.skip_to(word);
        }
    }

    /// `1|250|Loss: 1.5` of torchtune, and fairseq's `train | epoch 001 | loss 7.2`.
    pub(super) fn epoch_and_step(&mut self) {
        let text = self.text;
        if text.starts_with(b"train | ") {
            self.group = (0, 5);
            self.skip_to(8);
            return;
        }
        let Some((epoch, step)) = number_at(text, 0).and_then(|epoch| {
            let at = epoch.end + 1;
            let step = (text.get(epoch.end) == Some(&b'|')).then(|| number_at(text, at))??;
            Some((epoch, step))
        }) else {
            return;
        };
        let is_row =
            epoch.whole.is_some() && step.whole.is_some() && text.get(step.end) == Some(&b'|');
        if is_row {
            for (counter, number) in [(Counter::Epoch, epoch), (Counter::Step(0), step)] {
                self.fields.place.marks.push(Mark {
                    counter,
                    number,
                    word: (0, 0),
                });
            }
            self.skip_to(step.end + 1);
        }
    }
}
