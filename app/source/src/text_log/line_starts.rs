//! Beginnings of lines that state the position, a heading or a phase in ways of their own.

use super::{
    known_lines::EspnetStart,
    number::number_at,
    pairs::{Scanner, near},
    places::{Mark, skip_blanks},
    words::{Counter, Phase},
};

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
