//! Finding keys, their numbers and the position in a line of text.

use super::{
    durations::duration_at,
    fields::{Fields, Pair},
    key_text::{before_copula, is_plain_key, key_between},
    known_lines::known_line,
    number::{Number, is_nan, number_at},
    places::{counted_before, mark_at, skip_blanks, total_at},
    repeated_keys::tell_apart,
    scores::{name_parts, name_scores},
    values::{
        deviation_at, ends_pair, is_cutoff, is_duration, is_group, is_number_start, is_of_share,
        is_open_list, is_separator, is_unreadable, mean_at, missing_len, quotient_at, share_at,
    },
    words::{Phase, counter_of},
    wrappers::{after_wrapper, wrapper_len},
};

/// Longest text that may name the phase of what follows.
const MAX_LABEL: usize = 60;

/// Bytes in which the end of a bracket is searched. A line of a megabyte may have a bracket in each byte.
const NEAR: usize = 1024;

/// Most numbers of a list that are read.
const MAX_LIST: u8 = 16;

/// Finds what `line` contains.
pub(super) fn scan(line: &[u8], fields: &mut Fields) {
    fields.clear();
    if known_line(line, fields) {
        return;
    }
    let mut scanner = Scanner {
        text: line,
        at: 0,
        start: 0,
        group: (0, 0),
        group_end: usize::MAX,
        phase: None,
        fields,
    };
    scanner.boosting();
    scanner.epoch_and_batch();
    scanner.estimator();
    scanner.epoch_and_step();
    scanner.espnet();
    scanner.qualified_position();
    scanner.row_of_results();
    scanner.evaluated_on();
    while scanner.at < line.len() {
        scanner.next();
    }
    scanner.discard(line.len());
    let phase = scanner.phase;
    fields.phase = phase;
    name_parts(line, fields);
    name_scores(line, fields);
    tell_apart(line, fields);
}

/// Reads a line from its beginning.
pub(super) struct Scanner<'a> {
    pub(super) text: &'a [u8],
    pub(super) at: usize,
    /// Where the text that may be the next key begins.
    pub(super) start: usize,
    pub(super) group: (usize, usize),
    /// Where the heading ceases to apply.
    pub(super) group_end: usize,
    pub(super) phase: Option<Phase>,
    pub(super) fields: &'a mut Fields,
}

/// The part of a text in which the end of a bracket is searched.
pub(super) fn near(rest: &[u8]) -> &[u8] {
    &rest[..rest.len().min(NEAR)]
}

impl Scanner<'_> {
    fn next(&mut self) {
        let text = self.text;
        if self.at >= self.group_end {
            self.group = (0, 0);
            self.group_end = usize::MAX;
        }
        match text[self.at] {
            b'[' if self.opens_group() => {}
            b',' | b';' | b'|' | b'\t' | b'{' | b'}' | b'[' | b']' => {
                self.discard(self.at);
                self.skip_to(self.at + 1);
            }
            b' ' => self.blank(),
            b':' | b'=' => self.separator(),
            b'0'..=b'9' | b'+' | b'-' if self.is_word_start() => self.number(),
            b'A'..=b'Z' | b'a'..=b'z' | b'_' if self.is_word_start() => self.word(),
            // Blocks and lines of progress bars.
            0xe2 if matches!(text.get(self.at + 1), Some(0x94..=0x97)) => {
                self.discard(self.at);
                self.skip_to((self.at + 3).min(text.len()));
            }
            _ => self.at += 1,
        }
    }

    pub(super) fn skip_to(&mut self, at: usize) {
        self.at = at;
        self.start = at;
    }

    fn is_word_start(&self) -> bool {
        self.at == self.start
            // `@step 100`
            || self.at == self.start + 1 && self.text[self.start] == b'@'
            || matches!(
                self.text[self.at - 1],
                b' ' | b'(' | b'\'' | b'"' | b'<' | b'>' | b'*' | b'#' | b'\t'
            )
    }

    /// Ends a text that is not a key; it may name the phase of the pairs after it.
    fn discard(&mut self, end: usize) {
        let label = &self.text[self.start..end];
        if label.len() <= MAX_LABEL
            && let Some(phase) = Phase::of_text(label)
        {
            self.phase = Some(phase);
        }
        self.start = end;
    }

    /// `tot_loss[loss=2.1, simple_loss=1.2]` of icefall: the word before the bracket is a heading.
    fn opens_group(&mut self) -> bool {
        let rest = &self.text[self.at + 1..];
        let Some(len) = memchr::memchr(b']', near(rest)) else {
            return false;
        };
        let inside = &rest[..len];
        let key = self.key(self.at).filter(|key| key.1 == self.at);
        let (Some(key), true) = (key, inside.first().is_some_and(u8::is_ascii_alphabetic)) else {
            return false;
        };
        if !inside.contains(&b'=') || self.text[key.0..key.1].contains(&b' ') {
            return false;
        }
        self.group = key;
        self.group_end = self.at + 1 + len;
        self.skip_to(self.at + 1);
        true
    }

    fn blank(&mut self) {
        let after = skip_blanks(self.text, self.at);
        let rest = &self.text[after..];
        let ends_sentence = self.at > self.start && matches!(self.text[self.at - 1], b'.' | b'!');
        let is_dash = matches!(rest, [b'-', b' ', ..]) || rest.starts_with(b"-- ");
        if is_dash {
            self.discard(self.at);
            self.skip_to(after + 2);
        } else if ends_sentence
            || after - self.at >= 2
                && !is_number_start(rest)
                && !is_nan(rest)
                && !is_separator(rest)
        {
            self.discard(self.at);
            self.skip_to(after);
        } else {
            self.at = after;
        }
    }

    fn word(&mut self) {
        let text = self.text;
        let len = text[self.at..]
            .iter()
            .take_while(|byte| byte.is_ascii_alphabetic() || **byte == b'_')
            .count();
        let is_joined =
            text.get(self.at + len) == Some(&b'-') && text[self.at..].starts_with(b"global-step");
        let len = match is_joined {
            true => b"global-step".len(),
            false => len,
        };
        let word = (self.at, self.at + len);
        if matches!(text.get(word.1), Some(b'(' | b'.')) && self.wrapped() {
            return;
        }
        let counter = counter_of(&text[word.0..word.1]).filter(|_| self.may_state_position());
        let counter = counter.or_else(|| self.epoch_of_timm(word));
        if let Some(counter) = counter
            && let Some((mark, end)) = mark_at(text, word, counter)
        {
            let of_key = self.key_at_position(end);
            self.discard(self.at);
            if text.get(word.1) == Some(&b'(') {
                self.phase = Phase::of_text(&text[word.1..end]).or(self.phase);
            }
            self.fields.place.marks.push(mark);
            let end = self.batch_in_brackets(counter, end).unwrap_or(end);
            let end = end + usize::from(text.get(end) == Some(&b':'));
            self.skip_to(end);
            if let Some((key, number)) = of_key {
                self.add(key, number, number.end, true);
            }
            return;
        }
        if len == 3 && matches!(text[word.0], b'n' | b'N' | b'i' | b'I') && self.at > self.start {
            self.non_finite();
        }
        self.at = self.at.max(word.1);
    }

    /// `loss tensor(0.5, device='cuda:0')`: a number of PyTorch or NumPy that does not follow a separator.
    fn wrapped(&mut self) -> bool {
        let text = self.text;
        let wrapper = wrapper_len(&text[self.at..]);
        if wrapper <= 1 {
            return false;
        }
        let start = self.at + wrapper;
        let key = self.key(self.at);
        let key = key.filter(|key| is_plain_key(&text[key.0..key.1]));
        let (Some(key), Some(number)) = (key, number_at(text, start)) else {
            return false;
        };
        let end = after_wrapper(text, number.end);
        self.add(key, number, end, false);
        true
    }

    /// `nan` or `inf` that does not follow a separator.
    fn non_finite(&mut self) {
        let text = self.text;
        if let Some(number) = number_at(text, self.at)
            && matches!(
                text.get(number.end),
                None | Some(b',' | b'|' | b'\t' | b';' | b' ')
            )
            && !text[skip_blanks(text, number.end)..]
                .first()
                .is_some_and(|byte| byte.is_ascii_alphanumeric() || is_separator(&[*byte]))
            && let Some(key) = self.key(self.at)
            && is_plain_key(&text[key.0..key.1])
        {
            self.add(key, number, number.end, false);
        }
    }

    /// A number that does not follow a separator.
    fn number(&mut self) {
        let text = self.text;
        let Some(number) = number_at(text, self.at) else {
            // A time, a date, a version.
            let len = text[self.at..]
                .iter()
                .take_while(|byte| !matches!(byte, b' ' | b',' | b'|' | b'\t' | b'[' | b']' | b';'))
                .count();
            self.discard(self.at);
            self.skip_to(self.at + len.max(1));
            return;
        };
        let before = text[self.start..self.at].trim_ascii();
        if before.eq_ignore_ascii_case(b"after")
            && let Some((mark, end)) = counted_before(text, number)
        {
            self.fields.place.marks.push(mark);
            self.skip_to(end);
            return;
        }
        match self.key(self.at) {
            None => {
                let spaced = total_at(text, number.end);
                let total = number.total.or(spaced.map(|(total, _)| total));
                if let (Some(at), Some(total), None) =
                    (number.whole, total, self.fields.place.ratio)
                {
                    self.fields.place.ratio = Some((at, total));
                }
                self.discard(self.at);
                let end = spaced
                    .filter(|_| number.total.is_none())
                    .map_or(number.end, |(_, end)| end);
                self.skip_to(end);
            }
            // The number belongs to the key.
            Some(key) if is_cutoff(text, key, number) => self.at = number.end,
            Some(key) => {
                let whole = key;
                let key = before_copula(text, key);
                let is_key = number.total.is_none()
                    && ends_pair(&text[number.end..])
                    && is_plain_key(&text[key.0..key.1]);
                if is_key {
                    // A verb separates them as `=` does.
                    self.add(key, number, number.end, key != whole);
                } else {
                    self.discard(self.at);
                    self.skip_to(number.end);
                }
            }
        }
    }

    fn separator(&mut self) {
        let text = self.text;
        let rest = &text[self.at..];
        if rest.starts_with(b"=>") {
            self.group = self.key(self.at).unwrap_or((0, 0));
            self.discard(self.at);
            self.skip_to(self.at + 2);
            return;
        }
        let key = self.key(self.at);
        // `[learner.py.learn:87]` is a place in a program.
        if rest.starts_with(b":")
            && key.is_some_and(|key| memchr::memmem::find(&text[key.0..key.1], b".py").is_some())
        {
            let len = rest[1..].iter().take_while(|byte| byte.is_ascii_digit());
            let after = self.at + 1 + len.count();
            self.discard(self.at);
            self.skip_to(after);
            return;
        }
        let mut value = skip_blanks(text, self.at + 1);
        if let (Some(_), Some(len)) = (key, missing_len(&text[value.min(text.len())..])) {
            self.skip_to(value + len);
            return;
        }
        if matches!(text.get(value), Some(b'\'' | b'"')) {
            value += 1;
        }
        let wrapper = wrapper_len(&text[value.min(text.len())..]);
        value += wrapper;
        let of_share = key.filter(|key| is_of_share(&text[key.0..key.1]));
        let number = duration_at(text, value)
            .or_else(|| quotient_at(text, value))
            .or_else(|| of_share.and_then(|_| share_at(text, value)))
            .or_else(|| number_at(text, value));
        // `1 234.5` may be one number.
        let number = number.filter(|_| {
            let written = &text[value..];
            !is_group(written, super::number::count_digits(written))
        });
        // `Map: 5%|###` is a progress bar.
        let is_bar = number.is_some_and(|number| {
            text[..number.end].ends_with(b"%") && text.get(number.end) == Some(&b'|')
        });
        match (key.filter(|_| !is_bar), number) {
            (Some(_), Some(number)) if is_duration(&text[number.end..]) => {
                self.discard(self.at);
                self.skip_to(number.end);
            }
            (Some(key), Some(number)) if self.two_data(key, number) => {}
            (Some(key), Some(number)) if !is_open_list(text, value, number.end) => {
                let end = match wrapper > 1 {
                    true => after_wrapper(text, number.end),
                    false => number.end,
                };
                self.add(key, number, end, true);
            }
            (None, Some(number)) => {
                self.discard(self.at);
                self.skip_to(number.end);
            }
            (Some(key), None) if wrapper == 1 && self.list(key, value) => {}
            (Some(key), Some(number))
                if !text[value..number.end].contains(&b'/') && self.list(key, value) => {}
            (key, _) => {
                let is_unread = key.is_some() && is_unreadable(&text[value.min(text.len())..]);
                self.fields.unread += u64::from(is_unread);
                self.discard(self.at);
                self.skip_to(self.at + 1);
            }
        }
    }

    /// Adds the numbers of a list that begins at `at`, as `key[0]`, `key[1]` and so on. False if it is
    /// anything else.
    fn list(&mut self, key: (usize, usize), mut at: usize) -> bool {
        let text = self.text;
        let known = self.fields.pairs.len();
        for index in 0..=MAX_LIST {
            let start = skip_blanks(text, at);
            let wrapper = wrapper_len(&text[start..]);
            // A comma ends an element, and is no decimal comma.
            let element = memchr::memchr2(b',', b']', &text[start..]);
            let element = &text[..element.map_or(text.len(), |len| start + len)];
            let number = number_at(element, start + wrapper).filter(|_| index < MAX_LIST);
            // `Test: [ 5/20]` is a position.
            let Some(number) = number.filter(|number| number.total.is_none()) else {
                break;
            };
            let end = number.end + usize::from(wrapper > 1 && text.get(number.end) == Some(&b')'));
            self.fields.pairs.push(Pair {
                key,
                own_name: None,
                group: self.group,
                suffix: "",
                index: Some(index),
                value: number.value,
                units: number.units,
                mean: None,
                separated: true,
                phase: self.phase,
            });
            at = skip_blanks(text, end);
            match text.get(at) {
                Some(b',') => at += 1,
                Some(b']') => {
                    self.skip_to(at + 1);
                    return true;
                }
                _ => break,
            }
        }
        self.fields.pairs.truncate(known);
        false
    }

    fn add(&mut self, key: (usize, usize), number: Number, end: usize, separated: bool) {
        let (mean, end) = match mean_at(self.text, end) {
            Some((mean, end)) => (Some(mean), end),
            None => (None, end),
        };
        let pair = Pair {
            key,
            own_name: None,
            group: self.group,
            suffix: "",
            index: None,
            value: number.value,
            units: number.units,
            mean,
            separated,
            phase: self.phase,
        };
        self.fields.pairs.push(pair);
        let Some(deviation) = deviation_at(self.text, end) else {
            self.skip_to(end);
            return;
        };
        self.fields.pairs.push(Pair {
            suffix: ".std",
            value: deviation.value,
            units: deviation.units,
            mean: None,
            ..pair
        });
        self.skip_to(deviation.end);
    }

    pub(super) fn key(&self, end: usize) -> Option<(usize, usize)> {
        key_between(self.text, self.start, end)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::places::Mark, *};

    fn pairs(line: &str) -> Vec<(String, f64)> {
        let mut fields = Fields::default();
        scan(line.as_bytes(), &mut fields);
        let pairs = fields.pairs.iter();
        pairs
            .map(|pair| (line[pair.key.0..pair.key.1].to_owned(), pair.value))
            .collect()
    }

    fn place(line: &str) -> (Option<f64>, Option<f64>, Option<(i64, i64)>) {
        let mut fields = Fields::default();
        scan(line.as_bytes(), &mut fields);
        let place = &fields.place;
        let value = |mark: Option<&Mark>| mark.map(|mark| mark.number.value);
        (value(place.step()), value(place.epoch()), place.ratio)
    }

    fn expect(line: &str, expected: &[(&str, f64)]) {
        let found = pairs(line);
        let found: Vec<(&str, f64)> = found
            .iter()
            .map(|(key, value)| (key.as_str(), *value))
            .collect();
        assert_eq!(found, expected, "{line}");
    }

    #[test]
    fn lines_of_trainers() {
        expect(
            "step 0: train loss 10.98, val loss 10.97",
            &[("train loss", 10.98), ("val loss", 10.97)],
        );
        expect(
            "iter 0: loss 10.98, time 2345.6ms, mfu 1.2%",
            &[("loss", 10.98), ("time", 2345.6), ("mfu", 1.2)],
        );
        expect(
            "step 00010/21400 (0.05%) | loss: 9.1 | lrm: 1.00 | dt: 899.03ms | tok/sec: 1,093,515 | mfu: 48.2",
            &[
                ("loss", 9.1),
                ("lrm", 1.0),
                ("dt", 899.03),
                ("tok/sec", 1_093_515.0),
                ("mfu", 48.2),
            ],
        );
        expect(
            "step:125/1750 val_loss:4.2 train_time:1234ms step_avg:98.7ms",
            &[
                ("val_loss", 4.2),
                ("train_time", 1234.0),
                ("step_avg", 98.7),
            ],
        );
        expect(
            "Step 1 | loss:1.2 lr:2e-5 tokens:3",
            &[("loss", 1.2), ("lr", 2e-5), ("tokens", 3.0)],
        );
        expect(
            "iteration       10/  500000 | consumed samples:          160 | elapsed time per iteration (ms): 123.4 | learning rate: 1.5E-04 | number of nan iterations:   0 |",
            &[
                ("consumed samples", 160.0),
                ("elapsed time per iteration (ms)", 123.4),
                ("learning rate", 1.5e-4),
                ("number of nan iterations", 0.0),
            ],
        );
        expect(
            "[10]\ttrain-rmse:0.5\teval-rmse:0.6",
            &[("train-rmse", 0.5), ("eval-rmse", 0.6)],
        );
        expect(
            "[10]\ttraining's l2: 0.5\tvalid_1's l2: 0.6",
            &[("training's l2", 0.5), ("valid_1's l2", 0.6)],
        );
        expect(
            "10:\tlearn: 0.5\ttest: 0.6\tbest: 0.6 (9)\ttotal: 12ms\tremaining: 1s",
            &[
                ("learn", 0.5),
                ("test", 0.6),
                ("best", 0.6),
                ("total", 12.0),
                ("remaining", 1.0),
            ],
        );
        expect(
            "Epoch: [0][10/5005]\tTime  0.312 ( 0.500)\tLoss 6.9e+00 (7.0e+00)\tAcc@1   0.00 (  0.10)",
            &[("Time", 0.312), ("Loss", 6.9), ("Acc@1", 0.0)],
        );
        expect(
            "[Epoch 3/100] [Batch 10/200] [D loss: 0.3] [G loss: 1.2]",
            &[("D loss", 0.3), ("G loss", 1.2)],
        );
        expect(
            "100/100 [====] - 1s 5ms/step - loss: 0.5 - accuracy: 0.8",
            &[("loss", 0.5), ("accuracy", 0.8)],
        );
        expect(
            "Epoch [1][50/3665]\tlr: 2.0e-02, eta: 1 day, 2:03:04, time: 0.5, loss: 0.9",
            &[("lr", 2e-2), ("time", 0.5), ("loss", 0.9)],
        );
        expect(
            "epoch 001:  10 / 100 loss=7.2, nll_loss=6.1",
            &[("loss", 7.2), ("nll_loss", 6.1)],
        );
        expect(
            "{'loss': 0.69, 'learning_rate': 5e-05, 'epoch': 0.03}",
            &[("loss", 0.69), ("learning_rate", 5e-5)],
        );
        expect(
            "Rewards          => Avg: -6.571e-04, Max:  5.350e-02",
            &[("Avg", -6.571e-4), ("Max", 5.35e-2)],
        );
        expect(
            "step:5 - actor/entropy:0.5 - score/mean:0.25",
            &[("actor/entropy", 0.5), ("score/mean", 0.25)],
        );
        expect("loss: tensor(0.5, device='cuda:0')", &[("loss", 0.5)]);
    }

    #[test]
    fn lists_without_blanks_are_lists() {
        let list = "json_stats: {\"epoch_step\":[60,120,160],\"loss\":0.5}";
        expect(
            list,
            &[
                ("epoch_step", 60.0),
                ("epoch_step", 120.0),
                ("epoch_step", 160.0),
                ("loss", 0.5),
            ],
        );
        expect(
            "tok/sec: 1,093,515 loss: 0.5",
            &[("tok/sec", 1_093_515.0), ("loss", 0.5)],
        );
    }

    #[test]
    fn positions() {
        assert_eq!(
            place("Epoch: [3][10/5005]\tLoss 6.9"),
            (None, Some(3.0), Some((10, 5005)))
        );
        assert_eq!(
            place("Epoch(train)  [1][ 50/3665]  lr: 1"),
            (None, Some(1.0), Some((50, 3665)))
        );
        assert_eq!(
            place("Train Epoch: 1 [640/60000 (1%)]\tLoss: 2.2"),
            (None, Some(1.0), Some((640, 60000)))
        );
        assert_eq!(
            place("iteration        1/      10 | lm loss: 1"),
            (Some(1.0), None, None)
        );
        assert_eq!(
            place("{\"epoch\": 1, \"update\": 0.5, \"num_updates\": \"100\"}"),
            (Some(100.0), Some(1.0), None)
        );
        assert_eq!(
            place("loss: 2.303494  [   64/60000]"),
            (None, None, Some((64, 60000)))
        );
        assert_eq!(
            place("validation loss at iteration 1000 | lm loss value: 3.1"),
            (Some(1000.0), None, None)
        );
        assert_eq!(
            place("Train: 2 [  50/1251 (  4%)]  Loss: 6.95 (6.95)"),
            (None, Some(2.0), Some((50, 1251)))
        );
        assert_eq!(
            place("epoch 001:  10 / 100 loss=7.2"),
            (None, Some(1.0), Some((10, 100)))
        );
        for line in [
            "best epoch: 5",
            "time per epoch: 5",
            "batch size: 5",
            "step_avg: 98",
            "max_epochs: 3",
        ] {
            assert_eq!(place(line), (None, None, None), "{line}");
        }
    }

    #[test]
    fn sentences_paths_and_times_are_not_pairs() {
        for line in [
            "Epoch 1: val_loss improved from inf to 0.5, saving",
            "/home/user/train.py:123",
            "  5%|##   | 50/1000 [00:10<03:20, 4.7it/s]",
            "started at 10:00:00",
            "http://localhost:6006",
        ] {
            expect(line, &[]);
        }
    }
}
