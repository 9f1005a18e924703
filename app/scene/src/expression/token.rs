//! Words, numbers and signs of an expression.

use super::ExpressionError;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Text(String),
    /// A name, and whether it stood in braces.
    Name(String, bool),
    /// An operator, a parenthesis or a comma.
    Sign(&'static str),
    End,
}

/// Longer ones first.
const SIGNS: &[&str] = &[
    "&&", "||", "<=", ">=", "==", "!=", "<", ">", "=", "!", "+", "-", "*", "/", "%", "^", "(", ")",
    ",",
];

/// Tokens with the byte at which each starts; the last is [`Token::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, usize)>, ExpressionError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let start = at;
        match first {
            c if c.is_whitespace() => at += c.len_utf8(),
            '{' => {
                let end = rest
                    .find('}')
                    .ok_or_else(|| ExpressionError::new("the brace `{` is not closed", at))?;
                let name = rest[1..end].trim();
                if name.is_empty() {
                    return Err(ExpressionError::new("the braces hold no name", at));
                }
                tokens.push((Token::Name(name.to_owned(), true), start));
                at += end + 1;
            }
            '"' | '\'' => {
                let end = rest[1..].find(first).ok_or_else(|| {
                    ExpressionError::new(
                        format!("the text is not closed: a {first} is missing"),
                        at,
                    )
                })?;
                tokens.push((Token::Text(rest[1..=end].to_owned()), start));
                at += end + 2;
            }
            c if c.is_ascii_digit()
                || (c == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) =>
            {
                let len = number_len(rest);
                let number = rest[..len].parse().map_err(|_| {
                    ExpressionError::new(format!("`{}` is no number", &rest[..len]), at)
                })?;
                tokens.push((Token::Number(number), start));
                at += len;
            }
            c if c.is_alphabetic() || c == '_' => {
                let len = name_len(rest);
                tokens.push((Token::Name(rest[..len].to_owned(), false), start));
                at += len;
            }
            _ => {
                let sign = SIGNS
                    .iter()
                    .find(|sign| rest.starts_with(**sign))
                    .ok_or_else(|| {
                        ExpressionError::new(format!("`{first}` means nothing here"), at)
                    })?;
                // One `=` is what many write.
                tokens.push((Token::Sign(if *sign == "=" { "==" } else { sign }), start));
                at += sign.len();
            }
        }
    }
    tokens.push((Token::End, text.len()));
    Ok(tokens)
}

fn number_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |mut at: usize| {
        while bytes
            .get(at)
            .is_some_and(|byte| byte.is_ascii_digit() || *byte == b'_')
        {
            at += 1;
        }
        at
    };
    let mut at = digits(0);
    if bytes.get(at) == Some(&b'.') {
        at = digits(at + 1);
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let end = digits(at + 1 + sign);
        if end > at + 1 + sign {
            at = end;
        }
    }
    at
}

/// Letters, digits and `_`; dots between them (`optimizer.lr`).
fn name_len(text: &str) -> usize {
    let mut end = 0;
    for (at, c) in text.char_indices() {
        let within = c.is_alphanumeric() || c == '_';
        let dot = c == '.' && text[at + 1..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
        if !within && !dot {
            break;
        }
        end = at + c.len_utf8();
    }
    end
}
