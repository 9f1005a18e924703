//! Words that state a position: what may stand before them, and what belongs to their numbers.

use super::{
    number::{Number, count_digits, number_at},
    pairs::{Scanner, near},
    places::{Mark, skip_blanks},
    values::{ends_pair, is_separator},
    words::{Counter, is_training_key, may_precede_position},
};

impl Scanner<'_> {
    /// The key and the value of `Loss at step 100: 0.1`, whose position ends at `end`.
    pub(super) fn key_at_position(&self, end: usize) -> Option<((usize, usize), Number)> {
        let text = self.text;
        let before = text[self.start..self.at].trim_ascii_end();
        let before = before.strip_suffix(b" at")?;
        let key = self.key(self.start + before.len())?;
        let is_metric = std::str::from_utf8(&text[key.0..key.1]).is_ok_and(is_training_key);
        let separator = skip_blanks(text, end);
        let is_value = is_metric && is_separator(text.get(separator..)?);
        let number = number_at(text, skip_blanks(text, separator + 1)).filter(|_| is_value)?;
        (number.total.is_none() && ends_pair(&text[number.end..])).then_some((key, number))
    }

    /// The second number of `Epoch: [3][50]`.
    pub(super) fn batch_in_brackets(&mut self, counter: Counter, at: usize) -> Option<usize> {
        let text = self.text;
        if counter != Counter::Epoch || text.get(at) != Some(&b'[') {
            return None;
        }
        let number = number_at(text, skip_blanks(text, at + 1))?;
        let close = skip_blanks(text, number.end);
        if text.get(close) != Some(&b']') || number.whole.is_none() || number.total.is_some() {
            return None;
        }
        self.fields.place.marks.push(Mark {
            counter: Counter::Batch,
            number,
            word: (0, 0),
        });
        Some(close + 1)
    }

    /// True if nothing stands before the word, or only words such as `end of` and `train`.
    pub(super) fn may_state_position(&self) -> bool {
        let before = self.text[self.start..self.at].trim_ascii();
        let last = before
            .rsplit(|byte| !byte.is_ascii_alphabetic())
            .find(|word| !word.is_empty());
        last.is_none_or(|last| may_precede_position(last) || self.is_row_of_warm_up(last))
    }

    /// `warmup step 10 loss 2.5`: `warmup step 500` alone is a setting.
    fn is_row_of_warm_up(&self, before: &[u8]) -> bool {
        let rest = near(&self.text[self.at..]);
        [&b"warmup"[..], b"up", b"pretraining"]
            .iter()
            .any(|known| before.eq_ignore_ascii_case(known))
            && [&b"loss"[..], b"Loss", b"reward"]
                .iter()
                .any(|metric| memchr::memmem::find(rest, metric).is_some())
    }

    /// `Train: 0 [   0/1251 (  0%)]`
    pub(super) fn epoch_of_timm(&self, (start, end): (usize, usize)) -> Option<Counter> {
        let rest = self.text[end..].strip_prefix(b": ")?;
        let digits = count_digits(rest);
        let is_epoch = start == self.start
            && self.text[start..end].eq_ignore_ascii_case(b"train")
            && digits > 0
            && rest[digits..].starts_with(b" [")
            && memchr::memchr(b'/', &rest[..rest.len().min(24)]).is_some();
        is_epoch.then_some(Counter::Epoch)
    }
}
