//! Python literals of the kinds that a NumPy header contains, read in one pass.

use crate::{
    budget::{Budget, Exceeded},
    limits::Limits,
};

/// A value. What a header does not need is [`Literal::Other`].
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    Text(String),
    Bool(bool),
    Int(usize),
    Tuple(Vec<Literal>),
    List(Vec<Literal>),
    Dict(Vec<(Literal, Literal)>),
    /// `None`, a negative or a fractional number.
    Other,
}

/// Why a text is not a literal.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub(super) enum LiteralError {
    #[error("it is damaged at byte {0}")]
    Damaged(usize),
    #[error(transparent)]
    Exceeded(#[from] Exceeded),
}

/// Reads a text that is one literal, with space around it.
pub(super) fn parse(text: &[u8], limits: Limits) -> Result<Literal, LiteralError> {
    let mut parser = Parser {
        text,
        at: 0,
        budget: Budget::new(limits),
    };
    parser.budget.take_bytes(text.len() as u64)?;
    let value = parser.value()?;
    parser.skip_space();
    match parser.at == text.len() {
        true => Ok(value),
        false => Err(parser.damaged()),
    }
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    budget: Budget,
}

impl Parser<'_> {
    fn damaged(&self) -> LiteralError {
        LiteralError::Damaged(self.at)
    }

    fn skip_space(&mut self) {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    /// The next byte that is no space.
    fn peek(&mut self) -> Option<u8> {
        self.skip_space();
        self.text.get(self.at).copied()
    }

    fn is_next(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn value(&mut self) -> Result<Literal, LiteralError> {
        self.budget.take_items(1)?;
        match self.peek() {
            Some(b'(') => {
                let (mut items, has_comma) = self.items(b')')?;
                // Parentheses without a comma only group.
                match items.pop() {
                    Some(only) if items.is_empty() && !has_comma => Ok(only),
                    last => {
                        items.extend(last);
                        Ok(Literal::Tuple(items))
                    }
                }
            }
            Some(b'[') => Ok(Literal::List(self.items(b']')?.0)),
            Some(b'{') => self.dict(),
            Some(b'\'' | b'"') => self.text(),
            Some(b'-' | b'+' | b'.' | b'0'..=b'9') => Ok(self.number()),
            Some(b'a'..=b'z' | b'A'..=b'Z') => self.word(),
            _ => Err(self.damaged()),
        }
    }

    /// Values between commas up to `end`, and whether there was a comma.
    fn items(&mut self, end: u8) -> Result<(Vec<Literal>, bool), LiteralError> {
        self.at += 1;
        self.budget.enter()?;
        let (mut items, mut has_comma) = (Vec::new(), false);
        while !self.is_next(end) {
            if !items.is_empty() && !has_comma {
                return Err(self.damaged());
            }
            items.push(self.value()?);
            has_comma = self.is_next(b',');
        }
        self.budget.leave();
        let has_comma = has_comma || items.len() > 1;
        Ok((items, has_comma))
    }

    fn dict(&mut self) -> Result<Literal, LiteralError> {
        self.at += 1;
        self.budget.enter()?;
        let (mut entries, mut has_comma) = (Vec::new(), true);
        while !self.is_next(b'}') {
            if !has_comma {
                return Err(self.damaged());
            }
            let key = self.value()?;
            if !self.is_next(b':') {
                return Err(self.damaged());
            }
            entries.push((key, self.value()?));
            has_comma = self.is_next(b',');
        }
        self.budget.leave();
        Ok(Literal::Dict(entries))
    }

    fn text(&mut self) -> Result<Literal, LiteralError> {
        let quote = self.text[self.at];
        self.at += 1;
        let mut bytes = Vec::new();
        loop {
            match self.text.get(self.at) {
                Some(&byte) if byte == quote => break,
                Some(b'\\') => {
                    self.at += 1;
                    bytes.extend(self.text.get(self.at));
                }
                Some(&byte) => bytes.push(byte),
                None => return Err(self.damaged()),
            }
            self.at += 1;
        }
        self.at += 1;
        Ok(Literal::Text(String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// Python 2 wrote long integers as `12L`.
    fn number(&mut self) -> Literal {
        let rest = &self.text[self.at..];
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-._".contains(byte);
        let len = rest.iter().position(|byte| !is_part(byte));
        let number = &rest[..len.unwrap_or(rest.len())];
        self.at += number.len();
        let digits = number.strip_suffix(b"L").unwrap_or(number);
        let text = std::str::from_utf8(digits).ok();
        let value = text.and_then(|text| text.parse().ok());
        value.map_or(Literal::Other, Literal::Int)
    }

    fn word(&mut self) -> Result<Literal, LiteralError> {
        let rest = &self.text[self.at..];
        let len = rest.iter().position(|byte| !byte.is_ascii_alphabetic());
        let word = &rest[..len.unwrap_or(rest.len())];
        let value = match word {
            b"True" => Literal::Bool(true),
            b"False" => Literal::Bool(false),
            b"None" => Literal::Other,
            b"u" | b"b" if matches!(rest.get(1), Some(b'\'' | b'"')) => {
                self.at += 1;
                return self.text();
            }
            _ => return Err(self.damaged()),
        };
        self.at += word.len();
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::limits::NPY_HEADER;

    fn of(text: &str) -> Option<Literal> {
        parse(text.as_bytes(), NPY_HEADER).ok()
    }

    #[test]
    fn every_kind_of_value_is_read() {
        let text = |text: &str| Literal::Text(text.to_owned());
        assert_eq!(of(" u'a\\'b' "), Some(text("a'b")));
        assert_eq!(of("b\"x\""), Some(text("x")));
        assert_eq!(of("()"), Some(Literal::Tuple(vec![])));
        assert_eq!(of("(3)"), Some(Literal::Int(3)));
        assert_eq!(of("(3L,)"), Some(Literal::Tuple(vec![Literal::Int(3)])));
        let both = vec![Literal::Int(3), Literal::Other];
        assert_eq!(of("[3, -1]"), Some(Literal::List(both.clone())));
        assert_eq!(of("(3, 1.5)"), Some(Literal::Tuple(both)));
        let entries = vec![
            (text("a"), Literal::Bool(true)),
            (text("b"), Literal::Other),
        ];
        assert_eq!(of("{'a': True, 'b': None, }"), Some(Literal::Dict(entries)));
    }

    #[test]
    fn what_is_not_one_literal_is_damaged() {
        for text in [
            "",
            "(",
            "(,)",
            "[1 2]",
            "{1}",
            "{'a' 1}",
            "{'a': 1 'b': 2}",
            "'a",
            "1 2",
            "Truth",
            "\u{e9}",
        ] {
            assert!(of(text).is_none(), "{text}");
        }
    }

    #[test]
    fn nesting_and_length_take_linear_time() {
        let begun = Instant::now();
        for text in [
            "{".repeat(60_000),
            "{'a':".repeat(12_000),
            "{{'a':1}:".repeat(6_000),
            "[(".repeat(30_000),
            "1,".repeat(30_000),
            format!("[{}]", "1,".repeat(30_000)),
            format!("{}1{}", "(".repeat(15), ")".repeat(15)),
        ] {
            let _ = parse(text.as_bytes(), NPY_HEADER);
        }
        assert!(begun.elapsed() < Duration::from_secs(1));
    }
}
