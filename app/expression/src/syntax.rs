//! The generated parser, and its errors in sentences.

use pest::{
    Parser as _,
    error::{Error, ErrorVariant, InputLocation},
    iterators::Pair,
};

use super::ExpressionError;

#[derive(pest_derive::Parser)]
#[grammar = "expression.pest"]
pub(super) struct Grammar;

/// The words, numbers and signs of a text, in its order.
///
/// # Errors
/// The first that is none: a sign without meaning, a brace or a text that is not closed.
pub(super) fn lexemes(text: &str) -> Result<Vec<Pair<'_, Rule>>, ExpressionError> {
    let whole = Grammar::parse(Rule::lexemes, text).map_err(|error| {
        let at = place(&error);
        ExpressionError::new(no_lexeme(&text[at..]), at)
    })?;
    Ok(whole
        .flatten()
        .filter(|pair| !matches!(pair.as_rule(), Rule::lexemes | Rule::EOI))
        .collect())
}

/// Why the beginning of `rest` is no lexeme.
fn no_lexeme(rest: &str) -> String {
    match rest.chars().next() {
        Some('{') if rest.contains('}') => "the braces hold no name".to_owned(),
        Some('{') => "the brace `{` is not closed".to_owned(),
        Some(quote @ ('"' | '\'')) => format!("the text is not closed: a {quote} is missing"),
        Some(other) => format!("`{other}` means nothing here"),
        None => "the expression ends too early".to_owned(),
    }
}

/// Refuses more than `most` parentheses within each other.
pub(super) fn check_depth(lexemes: &[Pair<'_, Rule>], most: usize) -> Result<(), ExpressionError> {
    let mut depth = 0_usize;
    for lexeme in lexemes {
        match sign(lexeme) {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > most {
            return Err(ExpressionError::new(
                "too many parentheses within each other",
                lexeme.as_span().start(),
            ));
        }
    }
    Ok(())
}

/// What the grammar missed, and where.
pub(super) fn in_a_sentence(
    error: &Error<Rule>,
    lexemes: &[Pair<'_, Rule>],
    text: &str,
) -> ExpressionError {
    let at = place(error);
    let missing = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => positives.as_slice(),
        ErrorVariant::CustomError { message } => return ExpressionError::new(message, at),
    };
    let found = lexemes
        .iter()
        .find(|lexeme| lexeme.as_span().start() >= at)
        .map(written);
    if missing.iter().any(|rule| begins_value(*rule)) {
        return match found {
            Some(found) => ExpressionError::new(format!("a value is missing before {found}"), at),
            None => {
                ExpressionError::new("the expression ends where a value is missing", text.len())
            }
        };
    }
    let closing = missing.contains(&Rule::close);
    match found {
        Some(found) if closing => {
            let signs = if missing.contains(&Rule::comma) {
                "`)` or `,`"
            } else {
                "`)`"
            };
            ExpressionError::new(format!("{signs} is missing before {found}"), at)
        }
        Some(found) => ExpressionError::new(format!("an operator is missing before {found}"), at),
        None => ExpressionError::new(
            "the parenthesis `(` is not closed",
            open_parenthesis(lexemes).unwrap_or(text.len()),
        ),
    }
}

/// Whether a value, or a sign in front of one, begins with this rule.
fn begins_value(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::whole
            | Rule::expression
            | Rule::negate
            | Rule::plus
            | Rule::not
            | Rule::number
            | Rule::text
            | Rule::braced
            | Rule::word
            | Rule::call
            | Rule::group
    )
}

/// The last parenthesis that is never closed.
fn open_parenthesis(lexemes: &[Pair<'_, Rule>]) -> Option<usize> {
    let mut open = Vec::new();
    for lexeme in lexemes {
        match sign(lexeme) {
            "(" => open.push(lexeme.as_span().start()),
            ")" => {
                open.pop();
            }
            _ => {}
        }
    }
    open.pop()
}

/// The sign that a lexeme is; empty of all others.
fn sign<'a>(lexeme: &Pair<'a, Rule>) -> &'a str {
    match lexeme.as_rule() {
        Rule::sign => lexeme.as_str(),
        _ => "",
    }
}

/// A lexeme as a sentence names it.
fn written(lexeme: &Pair<'_, Rule>) -> String {
    let text = lexeme.as_str();
    match lexeme.as_rule() {
        Rule::text => format!("the text `{}`", unwrapped(text)),
        Rule::braced => format!("`{}`", unwrapped(text).trim()),
        _ => format!("`{text}`"),
    }
}

/// Without the quotation marks or braces, one byte each, around it.
pub(super) fn unwrapped(text: &str) -> &str {
    text.get(1..text.len().saturating_sub(1))
        .unwrap_or_default()
}

/// The byte at which parsing ended.
fn place(error: &Error<Rule>) -> usize {
    match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    }
}
