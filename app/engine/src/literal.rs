//! Texts as SQL.

use std::fmt::Write as _;

/// A text as an expression that every engine reads alike. They differ in what a quotation mark, a backslash and a line end
/// mean within a literal, so that these are written by their numbers.
pub(crate) fn text(text: &str) -> String {
    let is_plain = |c: char| !matches!(c, '\'' | '\\') && !c.is_control();
    if text.chars().all(is_plain) {
        return format!("'{text}'");
    }
    let mut parts: Vec<String> = Vec::new();
    let mut plain = String::new();
    for c in text.chars() {
        if is_plain(c) {
            plain.push(c);
            continue;
        }
        if !plain.is_empty() {
            parts.push(format!("'{}'", std::mem::take(&mut plain)));
        }
        parts.push(format!("CHR({})", u32::from(c)));
    }
    if !plain.is_empty() {
        parts.push(format!("'{plain}'"));
    }
    format!("CONCAT({})", parts.join(", "))
}

/// Texts as a list in parentheses.
pub(crate) fn list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let mut list = String::from("(");
    for (at, one) in texts.enumerate() {
        let comma = if at > 0 { ", " } else { "" };
        // Writing to a text does not fail.
        let _ = write!(list, "{comma}{}", text(one));
    }
    list.push(')');
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_engines_read_differently_is_written_by_its_number() {
        assert_eq!(text("train/loss"), "'train/loss'");
        assert_eq!(text("損失 \"a\""), "'損失 \"a\"'");
        assert_eq!(text("it's"), "CONCAT('it', CHR(39), 's')");
        assert_eq!(
            text("a\\' OR 1=1 --"),
            "CONCAT('a', CHR(92), CHR(39), ' OR 1=1 --')"
        );
        assert_eq!(text("a\nb"), "CONCAT('a', CHR(10), 'b')");
        assert_eq!(list(["a", "b'"].into_iter()), "('a', CONCAT('b', CHR(39)))");
    }
}
