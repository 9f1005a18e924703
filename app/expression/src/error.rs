//! Errors in expressions.

use crate::names;

/// An error in an expression, with its position.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} (column {})", column + 1)]
pub struct ExpressionError {
    /// The message, one sentence.
    pub message: String,
    /// Byte offset in the text, counted from 0.
    pub column: usize,
}

impl ExpressionError {
    pub(crate) fn new(message: impl Into<String>, column: usize) -> Self {
        Self {
            message: message.into(),
            column,
        }
    }

    /// An unknown name, with the most similar known one as a suggestion.
    pub(crate) fn unknown_name<'a>(
        name: &str,
        column: usize,
        known: impl Iterator<Item = &'a str>,
    ) -> Self {
        let hint = match names::nearest_name(name, known) {
            Some(near) => format!("; did you mean `{}`?", names::quoted(near)),
            None => String::new(),
        };
        Self::new(format!("unknown name `{name}`{hint}"), column)
    }
}
