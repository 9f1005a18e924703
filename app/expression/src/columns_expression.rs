//! An expression over columns.

use crate::{
    ExpressionError, column, functions,
    parse::{self, Node},
};

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
