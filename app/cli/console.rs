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
    print_data(format!("{value}\n").as_bytes())
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

/// The text with control characters, line ends and tabs among them, written as escapes, and characters that change the
/// direction of text, which can make a name look like another.
fn on_one_line(text: &str) -> Cow<'_, str> {
    let is_hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
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
    use super::on_one_line;

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(on_one_line("σ/loss κ"), "σ/loss κ");
        assert_eq!(on_one_line("a\n  b\tc\u{2028}"), "a\\n  b\\tc\\u{2028}");
        assert_eq!(on_one_line("\u{1b}[31mred\u{7}"), "\\u{1b}[31mred\\u{7}");
        assert_eq!(on_one_line("a\u{9b}2J\r"), "a\\u{9b}2J\\r");
        assert_eq!(on_one_line("gpj\u{202e}.exe"), "gpj\\u{202e}.exe");
    }
}
