//! Builds the syntax tree. The grammar is in `expression.pest`, operator precedence in this file.

use std::sync::LazyLock;

use pest::{
    Parser as _,
    iterators::{Pair, Pairs},
    pratt_parser::{Assoc, Op, PrattParser},
};

use super::{
    ExpressionError,
    functions::{self, Dialect, Function},
    syntax::{self, Grammar, Rule},
};

/// Maximum nesting of operators and parentheses, so that malicious input cannot overflow the stack.
const MAX_DEPTH: usize = 64;

/// Maximum length of an expression in bytes.
const MAX_LENGTH: usize = 16 << 10;

/// By increasing precedence.
static PRECEDENCE: LazyLock<PrattParser<Rule>> = LazyLock::new(|| {
    let left = |rule| Op::infix(rule, Assoc::Left);
    PrattParser::new()
        .op(left(Rule::or))
        .op(left(Rule::and))
        .op(left(Rule::less)
            | left(Rule::less_or_equal)
            | left(Rule::greater)
            | left(Rule::greater_or_equal)
            | left(Rule::equal)
            | left(Rule::not_equal))
        .op(left(Rule::add) | left(Rule::subtract))
        .op(left(Rule::multiply) | left(Rule::divide) | left(Rule::remainder))
        .op(Op::prefix(Rule::negate) | Op::prefix(Rule::plus) | Op::prefix(Rule::not))
        .op(Op::infix(Rule::power, Assoc::Right))
});

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Number(f64),
    Text {
        text: String,
        at: usize,
    },
    Name {
        name: String,
        at: usize,
    },
    Negate(Box<Node>),
    Not(Box<Node>),
    Binary {
        operator: Operator,
        left: Box<Node>,
        right: Box<Node>,
    },
    Call {
        function: Function,
        arguments: Vec<Node>,
        at: usize,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
}

impl Operator {
    /// The operator of a grammar rule.
    fn from_rule(rule: Rule) -> Self {
        match rule {
            Rule::or => Self::Or,
            Rule::and => Self::And,
            Rule::less => Self::Less,
            Rule::less_or_equal => Self::LessOrEqual,
            Rule::greater => Self::Greater,
            Rule::greater_or_equal => Self::GreaterOrEqual,
            Rule::equal => Self::Equal,
            Rule::not_equal => Self::NotEqual,
            Rule::add => Self::Add,
            Rule::subtract => Self::Subtract,
            Rule::multiply => Self::Multiply,
            Rule::divide => Self::Divide,
            Rule::remainder => Self::Remainder,
            Rule::power => Self::Power,
            other => unreachable!("{other:?} is not a binary operator"),
        }
    }

    pub(super) fn is_comparison(self) -> bool {
        matches!(
            self,
            Self::Less
                | Self::LessOrEqual
                | Self::Greater
                | Self::GreaterOrEqual
                | Self::Equal
                | Self::NotEqual
        )
    }
}

impl Node {
    /// Calls `visit` with each name and its byte offset.
    pub(super) fn for_each_name<'a>(&'a self, visit: &mut dyn FnMut(&'a str, usize)) {
        match self {
            Self::Number(_) | Self::Text { .. } => {}
            Self::Name { name, at } => visit(name, *at),
            Self::Negate(inner) | Self::Not(inner) => inner.for_each_name(visit),
            Self::Binary { left, right, .. } => {
                left.for_each_name(visit);
                right.for_each_name(visit);
            }
            Self::Call { arguments, .. } => {
                for argument in arguments {
                    argument.for_each_name(visit);
                }
            }
        }
    }
}

pub(super) fn parse(text: &str, dialect: Dialect) -> Result<Node, ExpressionError> {
    if text.len() > MAX_LENGTH {
        return Err(ExpressionError::new(
            format!("an expression of {} bytes is too long", text.len()),
            0,
        ));
    }
    let tokens = syntax::tokens(text)?;
    // The generated parser recurses for each parenthesis.
    syntax::check_depth(&tokens, MAX_DEPTH)?;
    let whole = Grammar::parse(Rule::whole, text)
        .map_err(|error| syntax::parse_error(&error, &tokens, text))?
        .next()
        .expect("a matched rule is one pair");
    Builder { dialect }.expression(first_inner(whole), 0)
}

fn first_inner(pair: Pair<'_, Rule>) -> Pair<'_, Rule> {
    pair.into_inner()
        .next()
        .expect("the grammar defines an inner rule")
}

struct Builder {
    dialect: Dialect,
}

impl Builder {
    /// The tree of a [`Rule::expression`] at nesting depth `depth`.
    fn expression(&self, pair: Pair<'_, Rule>, depth: usize) -> Result<Node, ExpressionError> {
        let pairs = pair.into_inner();
        let depth = depth + 1 + longest_chain(pairs.clone(), MAX_DEPTH.saturating_sub(depth))?;
        PRECEDENCE
            .map_primary(|pair| self.operand(pair, depth))
            .map_prefix(|operator, value| {
                Ok(match operator.as_rule() {
                    Rule::negate => Node::Negate(Box::new(value?)),
                    Rule::not => Node::Not(Box::new(value?)),
                    _ => value?,
                })
            })
            .map_infix(|left, operator, right| join(left?, &operator, right?))
            .parse(pairs)
    }

    fn operand(&self, pair: Pair<'_, Rule>, depth: usize) -> Result<Node, ExpressionError> {
        let (at, text) = (pair.as_span().start(), pair.as_str());
        Ok(match pair.as_rule() {
            Rule::number => Node::Number(
                text.parse()
                    .map_err(|_| ExpressionError::new(format!("`{text}` is not a number"), at))?,
            ),
            Rule::text => Node::Text {
                text: syntax::without_delimiters(text).to_owned(),
                at,
            },
            Rule::braced => Node::Name {
                name: syntax::without_delimiters(text).trim().to_owned(),
                at,
            },
            Rule::word => match text {
                "true" => Node::Number(1.0),
                "false" => Node::Number(0.0),
                "nan" => Node::Number(f64::NAN),
                "inf" => Node::Number(f64::INFINITY),
                "pi" => Node::Number(std::f64::consts::PI),
                name => Node::Name {
                    name: name.to_owned(),
                    at,
                },
            },
            Rule::group => match self.expression(first_inner(pair), depth)? {
                // Parentheses turn a comparison into an ordinary value.
                inner @ Node::Binary { operator, .. } if operator.is_comparison() => {
                    Node::Not(Box::new(Node::Not(Box::new(inner))))
                }
                inner => inner,
            },
            Rule::call => self.call(pair, depth)?,
            other => unreachable!("{other:?} is not an operand"),
        })
    }

    fn call(&self, pair: Pair<'_, Rule>, depth: usize) -> Result<Node, ExpressionError> {
        let at = pair.as_span().start();
        let mut parts = pair.into_inner();
        let name = parts.next().map_or("", |word| word.as_str());
        let Some(function) = functions::find(name, self.dialect) else {
            let known = functions::names(self.dialect);
            let hint = match super::nearest_name(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("available functions: {}", known.join(", ")),
            };
            return Err(ExpressionError::new(
                format!("unknown function `{name}`; {hint}"),
                at,
            ));
        };
        let arguments = parts
            .filter(|part| part.as_rule() == Rule::expression)
            .map(|part| self.expression(part, depth))
            .collect::<Result<Vec<_>, _>>()?;
        if let Some(wanted) = function.arity_mismatch(self.dialect, arguments.len()) {
            let given = arguments.len();
            return Err(ExpressionError::new(
                format!("`{name}` takes {wanted}, not {given}"),
                at,
            ));
        }
        Ok(Node::Call {
            function,
            arguments,
            at,
        })
    }
}

/// A binary operation.
fn join(left: Node, operator: &Pair<'_, Rule>, right: Node) -> Result<Node, ExpressionError> {
    let at = operator.as_span().start();
    let operator = Operator::from_rule(operator.as_rule());
    // A chained comparison would compare a Boolean.
    if operator.is_comparison()
        && matches!(&left, Node::Binary { operator, .. } if operator.is_comparison())
    {
        return Err(ExpressionError::new(
            "two comparisons in a row: combine them with `&&`, as in `1 < x && x < 2`",
            at,
        ));
    }
    Ok(Node::Binary {
        operator,
        left: Box::new(left),
        right: Box::new(right),
    })
}

/// The longest chain of prefix operators and powers: the precedence parser and all recursive functions on the tree
/// recurse for each of them. More than `max` is an error.
fn longest_chain(pairs: Pairs<'_, Rule>, max: usize) -> Result<usize, ExpressionError> {
    let (mut chain, mut longest) = (0, 0);
    for pair in pairs {
        match pair.as_rule() {
            Rule::negate | Rule::plus | Rule::not | Rule::power => {
                chain += 1;
                if chain > max {
                    return Err(ExpressionError::new(
                        format!("`{}` is nested more than {MAX_DEPTH} deep", pair.as_str()),
                        pair.as_span().start(),
                    ));
                }
                longest = longest.max(chain);
            }
            Rule::number | Rule::text | Rule::braced | Rule::word | Rule::group | Rule::call => {}
            // An operator of lower precedence ends the chain.
            _ => chain = 0,
        }
    }
    Ok(longest)
}
