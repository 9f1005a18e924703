//! Progress bars: of tqdm (`50%|###  | 50/100 [00:10<00:10, 5it/s]`) and of Keras (`50/100 [===>..]`).

use trainscape_run::Step;

use super::{number::count_digits, search::find};

/// A state of a progress bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bar {
    pub(super) at: i64,
    pub(super) total: i64,
    /// True if a text stands before the bar.
    pub(super) is_described: bool,
    /// Where the text that does not belong to the bar begins.
    pub(super) end: usize,
}

impl Bar {
    /// The progress bar in `text`.
    pub(super) fn find(text: &[u8]) -> Option<Self> {
        match text.first()? {
            b'0'..=b'9' => Self::of_keras(text).or_else(|| Self::of_tqdm(text)),
            _ => Self::of_tqdm(text),
        }
    }

    fn of_tqdm(text: &[u8]) -> Option<Self> {
        let percent = find(text, b"%|")?;
        let close = percent + 2 + memchr::memchr(b'|', &text[percent + 2..])?;
        let start = close + 1 + spaces(&text[close + 1..]);
        let (at, total, end) = ratio(text, start)?;
        if text.get(end..end + 2) != Some(b" [") {
            return None;
        }
        let end = end
            + 1
            + memchr::memchr(b']', &text[end + 1..])
                .map_or(text.len() - end - 1, |close| close + 1);
        Some(Self {
            at,
            total,
            is_described: text.iter().take(percent).any(u8::is_ascii_alphabetic),
            end,
        })
    }

    fn of_keras(text: &[u8]) -> Option<Self> {
        let (at, total, end) = ratio(text, 0)?;
        let rest = text.get(end..)?;
        let is_bar = matches!(rest, [b' ', b'[', b'=' | b'>' | b'.' | b'#', ..])
            || matches!(rest, [b' ', 0xe2, 0x94, ..] | [b' ', 0x1b, ..])
            || rest.starts_with(b" - ") && memchr::memmem::find(rest, b"/step").is_some()
            || rest.starts_with(b" [") && memchr::memmem::find(rest, b"/step").is_some();
        is_bar.then_some(Self {
            at,
            total,
            is_described: false,
            end: text.len(),
        })
    }
}

fn ratio(text: &[u8], start: usize) -> Option<(i64, i64, usize)> {
    let rest = text.get(start..)?;
    let digits = count_digits(rest);
    let at = std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()?;
    let rest = rest[digits..].strip_prefix(b"/")?;
    if rest.starts_with(b"Unknown") {
        return Some((at, i64::MAX, start + digits + 8));
    }
    let more = count_digits(rest);
    let total = std::str::from_utf8(&rest[..more]).ok()?.parse().ok()?;
    Some((at, total, start + digits + 1 + more))
}

fn spaces(text: &[u8]) -> usize {
    text.iter().take_while(|&&byte| byte == b' ').count()
}

/// The progress bar that is being drawn.
#[derive(Clone, Debug, Default)]
pub(super) struct Bars {
    /// The last state on the current line, as count and total.
    on_line: Option<(i64, i64)>,
    held: Option<Held>,
}

#[derive(Clone, Debug)]
struct Held {
    at: i64,
    total: i64,
    step: Step,
    row: Vec<(String, f64)>,
}

impl Bars {
    pub(super) fn note(&mut self, bar: &Bar) {
        self.on_line = (!bar.is_described).then_some((bar.at, bar.total));
    }

    pub(super) fn on_line(&self) -> Option<(i64, i64)> {
        self.on_line
    }

    pub(super) fn end_line(&mut self) {
        self.on_line = None;
    }

    /// True if `bar` is a later state at the position of the one that is held.
    pub(super) fn continues(&self, bar: &Bar, step: Step) -> bool {
        let held = self.held.as_ref().filter(|held| held.step == step);
        held.is_some_and(|held| {
            held.total == bar.total && held.at <= bar.at || held.total == i64::MAX
        })
    }

    /// Holds a state until it is clear that it is the last one.
    pub(super) fn hold(&mut self, bar: &Bar, step: Step, row: Vec<(String, f64)>) {
        self.held = Some(Held {
            at: bar.at,
            total: bar.total,
            step,
            row,
        });
    }

    pub(super) fn take(&mut self) -> Option<(Step, Vec<(String, f64)>)> {
        self.held.take().map(|held| (held.step, held.row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_found() {
        let find = |text: &str| Bar::find(text.as_bytes()).map(|bar| (bar.at, bar.total));
        assert_eq!(
            find("  5%|##   | 50/1000 [00:10<03:20, 4.7it/s]{'loss': 1}"),
            Some((50, 1000))
        );
        assert_eq!(
            find("Epoch 3:  50%|#####     | 5/10 [00:10<00:10, loss=1]"),
            Some((5, 10))
        );
        assert_eq!(
            find("100/100 [====] - 1s 5ms/step - loss: 0.5"),
            Some((100, 100))
        );
        assert_eq!(
            find("100/100 \u{2501}\u{2501} 1s 5ms/step - loss: 0.5"),
            Some((100, 100))
        );
        assert_eq!(
            find("7/Unknown - 1s 5ms/step - loss: 0.5"),
            Some((7, i64::MAX))
        );
        assert_eq!(find("10/100 loss: 0.5"), None);
        assert_eq!(find("loss 5%| accuracy"), None);
    }
}
