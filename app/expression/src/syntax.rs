//! The generated parser, and error messages.

use pest::{
    Parser as _,
    error::{Error, ErrorVariant, InputLocation},
    iterators::Pair,
};

use super::ExpressionError;

#[derive(pest_derive::Parser)]
#[grammar = "expression.pest"]
pub(super) struct Grammar;

/// The tokens of a text, in order.
///
/// # Errors
/// The first invalid token: an unexpected character, an unclosed brace or text.
pub(super) fn tokens(text: &str) -> Result<Vec<Pair<'_, Rule>>, ExpressionError> {
    let whole = Grammar::parse(Rule::tokens, text).map_err(|error| {
        let at = error_position(&error);
        ExpressionError::new(invalid_token(&text[at..]), at)
    })?;
    Ok(whole
        .flatten()
        .filter(|pair| !matches!(pair.as_rule(), Rule::tokens | Rule::EOI))
        .collect())
}

/// Why `rest` does not begin with a token.
fn invalid_token(rest: &str) -> String {
    match rest.chars().next() {
        Some('{') if rest.contains('}') => "the braces are empty".to_owned(),
        Some('{') => "the brace `{` is not closed".to_owned(),
        Some(quote @ ('"' | '\'')) => format!("the text is not closed: a {quote} is missing"),
        Some(other) => format!("unexpected character `{other}`"),
        None => "the expression ends too early".to_owned(),
    }
}

/// Rejects parentheses nested more than `max` deep.
pub(super) fn check_depth(tokens: &[Pair<'_, Rule>], max: usize) -> Result<(), ExpressionError> {
    let mut depth = 0_usize;
    for token in tokens {
        match symbol(token) {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > max {
            return Err(ExpressionError::new(
                format!("parentheses are nested more than {max} deep"),
                token.as_span().start(),
            ));
        }
    }
    Ok(())
}

/// What the parser expected, and where.
pub(super) fn parse_error(
    error: &Error<Rule>,
    tokens: &[Pair<'_, Rule>],
    text: &str,
) -> ExpressionError {
    let at = error_position(error);
    let missing = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => positives.as_slice(),
        ErrorVariant::CustomError { message } => return ExpressionError::new(message, at),
    };
    let found = tokens
        .iter()
        .find(|token| token.as_span().start() >= at)
        .map(described);
    if missing.iter().any(|rule| starts_operand(*rule)) {
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
            let symbols = if missing.contains(&Rule::comma) {
                "`)` or `,`"
            } else {
                "`)`"
            };
            ExpressionError::new(format!("{symbols} is missing before {found}"), at)
        }
        Some(found) => ExpressionError::new(format!("an operator is missing before {found}"), at),
        None => ExpressionError::new(
            "the parenthesis `(` is not closed",
            open_parenthesis(tokens).unwrap_or(text.len()),
        ),
    }
}

/// Whether an operand or a prefix operator can start with this rule.
fn starts_operand(rule: Rule) -> bool {
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

/// The position of the last unclosed parenthesis.
fn open_parenthesis(tokens: &[Pair<'_, Rule>]) -> Option<usize> {
    let mut open = Vec::new();
    for token in tokens {
        match symbol(token) {
            "(" => open.push(token.as_span().start()),
            ")" => {
                open.pop();
            }
            _ => {}
        }
    }
    open.pop()
}

/// The text of a symbol; empty for other tokens.
fn symbol<'a>(token: &Pair<'a, Rule>) -> &'a str {
    match token.as_rule() {
        Rule::symbol => token.as_str(),
        _ => "",
    }
}

/// A token as described in messages.
fn described(token: &Pair<'_, Rule>) -> String {
    let text = token.as_str();
    match token.as_rule() {
        Rule::text => format!("the text `{}`", without_delimiters(text)),
        Rule::braced => format!("`{}`", without_delimiters(text).trim()),
        _ => format!("`{text}`"),
    }
}

/// The text without the enclosing quotation marks or braces (one byte each).
pub(super) fn without_delimiters(text: &str) -> &str {
    text.get(1..text.len().saturating_sub(1))
        .unwrap_or_default()
}

/// The byte offset at which parsing failed.
fn error_position(error: &Error<Rule>) -> usize {
    match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    }
}
