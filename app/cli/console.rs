//! Everything that is written to standard output and standard error.
//!
//! A closed pipe ends the program quietly, a full disk with a sentence, and no name in a log reaches the terminal as a
//! control sequence.

use std::{
    borrow::Cow,
    fmt::Write as _,
    io::{self, Write as _},
};

/// Standard output could not be written to.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to standard output")]
pub(super) struct OutputError(#[from] io::Error);

impl OutputError {
    /// Whether the reader has closed the pipe, as `head` does: not a failure.
    pub(super) fn is_closed_pipe(&self) -> bool {
        self.0.kind() == io::ErrorKind::BrokenPipe
    }
}

/// Writes text for people to standard output.
pub(super) fn print_text(text: &str) -> Result<(), OutputError> {
    print_data(printable(text).as_bytes())
}

/// Writes one line of JSON to standard output.
pub(super) fn print_json(value: &serde_json::Value) -> Result<(), OutputError> {
    print_data(format!("{value}\n").as_bytes())
}

/// Writes data for programs to standard output, as they are.
pub(super) fn print_data(data: &[u8]) -> Result<(), OutputError> {
    let mut out = io::stdout().lock();
    out.write_all(data)?;
    Ok(out.flush()?)
}

/// Writes a message to standard error. There is nowhere to report that this failed.
pub(super) fn note(text: impl AsRef<str>) {
    write_to_stderr("trainscape", text.as_ref());
}

/// Writes a line of the log to standard error.
pub(super) fn log(level: &str, text: &str) {
    write_to_stderr(level, text);
}

fn write_to_stderr(prefix: &str, text: &str) {
    let _nowhere_to_report = writeln!(io::stderr().lock(), "{prefix}: {}", printable(text));
}

/// The text with control characters, other than line ends and tabs, written as escapes, and characters that change the
/// direction of text, which can make a name look like another.
fn printable(text: &str) -> Cow<'_, str> {
    let is_hidden = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_hidden(c) {
            let _infallible = write!(shown, "{}", c.escape_default());
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(printable("σ/loss\tκ\n"), "σ/loss\tκ\n");
        assert_eq!(printable("\u{1b}[31mred\u{7}"), "\\u{1b}[31mred\\u{7}");
        assert_eq!(printable("a\u{9b}2J\r"), "a\\u{9b}2J\\r");
        assert_eq!(printable("gpj\u{202e}.exe"), "gpj\\u{202e}.exe");
    }
}
