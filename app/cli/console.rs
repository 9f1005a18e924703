//! Everything that is written to standard output and standard error.
//!
//! A closed pipe ends the program quietly, a full disk with a sentence, and no name in a log reaches the terminal as a
//! control sequence or begins a line of its own.

use std::{
    borrow::Cow,
    fmt::{self, Write as _},
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

/// Text for people, line by line.
#[derive(Debug, Default)]
pub(super) struct Lines(String);

impl Lines {
    /// Adds one line, which names with line ends in it do not end.
    pub(super) fn add(&mut self, line: fmt::Arguments<'_>) {
        self.0.push_str(&on_one_line(&line.to_string()));
        self.0.push('\n');
    }
}

/// Writes text for people to standard output.
pub(super) fn print_lines(lines: &Lines) -> Result<(), OutputError> {
    print_data(lines.0.as_bytes())
}

/// Writes what the command line's parser says about the program.
pub(super) fn print_help(text: &clap::Error) -> Result<(), OutputError> {
    text.print()?;
    Ok(io::stdout().flush()?)
}

/// Writes one line of JSON to standard output.
pub(super) fn print_json(value: &serde_json::Value) -> Result<(), OutputError> {
    print_json_lines(std::iter::once(value))
}

/// Writes values to standard output, a line of JSON each.
pub(super) fn print_json_lines<'a>(
    values: impl IntoIterator<Item = &'a serde_json::Value>,
) -> Result<(), OutputError> {
    let mut lines = String::new();
    for value in values {
        lines.push_str(&json_text(value));
        lines.push('\n');
    }
    print_data(lines.as_bytes())
}

/// A value as JSON, in which [`is_hidden`] characters are escapes of JSON: the value is the same, and a terminal shows them
/// instead of following them.
fn json_text(value: &serde_json::Value) -> String {
    let text = value.to_string();
    if !text.contains(is_hidden) {
        return text;
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_hidden(c) {
            // All of them are single units of UTF-16, and only texts hold them.
            let _infallible = write!(escaped, "\\u{:04x}", u32::from(c));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// Writes data for programs to standard output, as they are.
pub(super) fn print_data(data: &[u8]) -> Result<(), OutputError> {
    let mut out = io::stdout().lock();
    out.write_all(data)?;
    Ok(out.flush()?)
}

/// Writes a message, which is one line, to standard error. There is nowhere to report that this failed.
pub(super) fn note(text: impl AsRef<str>) {
    write_to_stderr("trainscape", text.as_ref());
}

/// Writes a line of the log to standard error.
pub(super) fn log(level: &str, text: &str) {
    write_to_stderr(level, text);
}

fn write_to_stderr(prefix: &str, text: &str) {
    let _nowhere_to_report = writeln!(io::stderr().lock(), "{prefix}: {}", on_one_line(text));
}

/// Control characters, line ends and tabs among them, and characters that change the direction of text, which can make a
/// name look like another.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}')
        || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text with [`is_hidden`] characters written as escapes.
fn on_one_line(text: &str) -> Cow<'_, str> {
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
    use serde_json::json;

    use super::{is_hidden, json_text, on_one_line};

    #[test]
    fn json_holds_no_hidden_characters_and_the_same_value() {
        let value = json!({ "a\u{9b}31m\u{7f}": ["\u{202e}\u{200f}\u{2028}σ", 1.5, "\n\u{85}"] });
        let text = json_text(&value);
        assert!(!text.contains(is_hidden), "{text}");
        assert!(text.contains("\\u009b") && text.contains("\\u202e") && text.contains('σ'));
        let read: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(read, value);
        assert_eq!(json_text(&json!("plain")), "\"plain\"");
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(on_one_line("σ/loss κ"), "σ/loss κ");
        assert_eq!(on_one_line("a\n  b\tc\u{2028}"), "a\\n  b\\tc\\u{2028}");
        assert_eq!(on_one_line("\u{1b}[31mred\u{7}"), "\\u{1b}[31mred\\u{7}");
        assert_eq!(on_one_line("a\u{9b}2J\r"), "a\\u{9b}2J\\r");
        assert_eq!(on_one_line("gpj\u{202e}.exe"), "gpj\\u{202e}.exe");
    }
}
