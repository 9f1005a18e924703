//! Expressions over the values of a run: columns for the axes of a view (`log10(loss / {val/loss})`,
//! `ema(reward, 0.9)`, `step > 100 && loss < 3`), and filters of a table of runs
//! (`lr > 1e-3 && optimizer == "adam" && final("val/loss") < 2`).
//!
//! | | |
//! |---|---|
//! | numbers | `3`, `1e-3`, `.5`, `true` (1), `false` (0), `nan`, `inf`, `pi` |
//! | text | `"adam"` or `'adam'` |
//! | names | `loss`, `optimizer.lr`; anything else in braces: `{train/loss}` |
//! | operators, by decreasing precedence | `^` (right-associative; `-2^2` is -4), `-` `!` (`not`), `*` `/` `%`, `+` `-`, comparisons, `&&` (`and`), `\|\|` (`or`) |
//! | comparisons | `<` `<=` `>` `>=` `==` `!=`; 1 or 0; 0 with NaN (except `!=`: 1) |
//! | elementwise functions | `abs sign exp ln log10 log2 sqrt sin cos tanh floor ceil round finite pow(a, b) clip(x, low, high) if(c, a, b)`, `min` and `max` of two or more |
//! | column functions | `ema(x, 0.9)`, `smooth(x, 21)`, `diff(x)`, `shift(x, 1)`, `cumsum(x)` |
//! | aggregates | `min max mean median std sum first last count` (finite values only) |
//!
//! `log` is the natural logarithm, as `ln`. `ema(x, w)` has weight `w` on the previous mean and starts at the first
//! value; `smooth(x, n)` is the centred moving average over `n` values, with a shorter window at the ends and next to
//! NaN.
//!
//! In a filter of runs, a name is the configuration value of that key, otherwise the last finite value of the series
//! of that key, otherwise of the series with that role. `final(x)` (or `last`), `first`, `min`, `max`, `mean`,
//! `median`, `best` (the smallest; of a reward or an accuracy the largest) and `count` aggregate the series
//! `x`, given as a name or as quoted text.

mod column;
mod filter;
mod functions;
mod names;
mod parse;
mod syntax;

pub use filter::RunFilter;
pub use names::{names, nearest_name, role_series};

use parse::Node;

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
    fn new(message: impl Into<String>, column: usize) -> Self {
        Self {
            message: message.into(),
            column,
        }
    }

    /// An unknown name, with the most similar known one as a suggestion.
    fn unknown_name<'a>(name: &str, column: usize, known: impl Iterator<Item = &'a str>) -> Self {
        let hint = match nearest_name(name, known) {
            Some(near) => format!("; did you mean `{}`?", names::quoted(near)),
            None => String::new(),
        };
        Self::new(format!("unknown name `{name}`{hint}"), column)
    }
}

/// An expression over columns of equal length.
#[derive(Clone, Debug)]
pub struct Expression {
    text: String,
    root: Node,
}

impl Expression {
    /// Parses an expression. Names are looked up later, by [`Expression::column`].
    ///
    /// # Errors
    /// Syntax errors, unknown functions and wrong numbers of arguments, with their position.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let root = parse::parse(text, functions::Dialect::Columns)?;
        Ok(Self {
            text: text.to_owned(),
            root,
        })
    }

    /// The source text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names in the expression, without duplicates, in order of first occurrence.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        self.root.for_each_name(&mut |name, _| {
            if !names.contains(&name) {
                names.push(name);
            }
        });
        names
    }

    /// The name, if the expression is a single name.
    #[must_use]
    pub fn as_name(&self) -> Option<&str> {
        match &self.root {
            Node::Name { name, .. } => Some(name),
            _ => None,
        }
    }

    /// Checks that each name is one of `known`.
    ///
    /// # Errors
    /// The first unknown name, with the most similar known one.
    pub fn check(&self, known: &[String]) -> Result<(), ExpressionError> {
        let mut unknown = None;
        self.root.for_each_name(&mut |name, at| {
            if unknown.is_none() && !known.iter().any(|known| known == name) {
                unknown = Some(ExpressionError::unknown_name(
                    name,
                    at,
                    known.iter().map(String::as_str),
                ));
            }
        });
        unknown.map_or(Ok(()), Err)
    }

    /// Evaluates the expression in each of `rows` rows. `lookup` returns the column of a name, with `rows` values.
    ///
    /// # Errors
    /// Names without a column, columns of another length, and text in place of a number.
    pub fn column(
        &self,
        rows: usize,
        lookup: &dyn Fn(&str) -> Option<Vec<f64>>,
    ) -> Result<Vec<f64>, ExpressionError> {
        column::evaluate(&self.root, rows, lookup)
    }
}
