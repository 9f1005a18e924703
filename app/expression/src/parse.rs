//! From a text to a tree: the grammar is `expression.pest`, how tightly operators bind stands here.

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

/// Operators within each other, parentheses counted too, so that a hostile text does not exhaust the stack.
const MAX_DEPTH: usize = 64;

/// A longer text is no expression that anyone wrote.
const MAX_LENGTH: usize = 16 << 10;

/// From loose to tight.
static BINDING: LazyLock<PrattParser<Rule>> = LazyLock::new(|| {
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
        sign: Sign,
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
pub(super) enum Sign {
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

impl Sign {
    /// The operator that a rule of the grammar stands for.
    fn of(rule: Rule) -> Self {
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
            other => unreachable!("{other:?} joins no two values"),
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
    /// Calls `visit` with each name and the byte at which it stands.
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
    let lexemes = syntax::lexemes(text)?;
    // The generated parser calls itself for each parenthesis.
    syntax::check_depth(&lexemes, MAX_DEPTH)?;
    let whole = Grammar::parse(Rule::whole, text)
        .map_err(|error| syntax::in_a_sentence(&error, &lexemes, text))?
        .next()
        .expect("a rule that matched is one pair");
    Builder { dialect }.expression(first_within(whole), 0)
}

fn first_within(pair: Pair<'_, Rule>) -> Pair<'_, Rule> {
    pair.into_inner()
        .next()
        .expect("the grammar puts a rule within this one")
}

struct Builder {
    dialect: Dialect,
}

impl Builder {
    /// The tree of an [`Rule::expression`] that stands within `depth` others.
    fn expression(&self, pair: Pair<'_, Rule>, depth: usize) -> Result<Node, ExpressionError> {
        let pairs = pair.into_inner();
        let depth = depth + 1 + longest_chain(pairs.clone(), MAX_DEPTH.saturating_sub(depth))?;
        BINDING
            .map_primary(|pair| self.operand(pair, depth))
            .map_prefix(|sign, value| {
                Ok(match sign.as_rule() {
                    Rule::negate => Node::Negate(Box::new(value?)),
                    Rule::not => Node::Not(Box::new(value?)),
                    _ => value?,
                })
            })
            .map_infix(|left, sign, right| join(left?, &sign, right?))
            .parse(pairs)
    }

    fn operand(&self, pair: Pair<'_, Rule>, depth: usize) -> Result<Node, ExpressionError> {
        let (at, text) = (pair.as_span().start(), pair.as_str());
        Ok(match pair.as_rule() {
            Rule::number => Node::Number(
                text.parse()
                    .map_err(|_| ExpressionError::new(format!("`{text}` is no number"), at))?,
            ),
            Rule::text => Node::Text {
                text: syntax::unwrapped(text).to_owned(),
                at,
            },
            Rule::braced => Node::Name {
                name: syntax::unwrapped(text).trim().to_owned(),
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
            Rule::group => match self.expression(first_within(pair), depth)? {
                // A comparison in parentheses is a value like any other.
                inner @ Node::Binary { sign, .. } if sign.is_comparison() => {
                    Node::Not(Box::new(Node::Not(Box::new(inner))))
                }
                inner => inner,
            },
            Rule::call => self.call(pair, depth)?,
            other => unreachable!("{other:?} is no value"),
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
                None => format!("there are: {}", known.join(", ")),
            };
            return Err(ExpressionError::new(
                format!("no function is called `{name}`; {hint}"),
                at,
            ));
        };
        let arguments = parts
            .filter(|part| part.as_rule() == Rule::expression)
            .map(|part| self.expression(part, depth))
            .collect::<Result<Vec<_>, _>>()?;
        if let Some(wanted) = function.misfit(self.dialect, arguments.len()) {
            let given = arguments.len();
            return Err(ExpressionError::new(
                format!("`{name}` takes {wanted}, and here are {given}"),
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

/// Two values and the operator between them.
fn join(left: Node, sign: &Pair<'_, Rule>, right: Node) -> Result<Node, ExpressionError> {
    let at = sign.as_span().start();
    let sign = Sign::of(sign.as_rule());
    // Two in a row would compare a truth value.
    if sign.is_comparison() && matches!(&left, Node::Binary { sign, .. } if sign.is_comparison()) {
        return Err(ExpressionError::new(
            "two comparisons in a row: join them by `&&`, as in `1 < x && x < 2`",
            at,
        ));
    }
    Ok(Node::Binary {
        sign,
        left: Box::new(left),
        right: Box::new(right),
    })
}

/// How many signs in front of a value and powers stand within each other: the parser by precedence calls itself
/// for each of them, as does all that walks through the tree. More than `most` is an error.
fn longest_chain(pairs: Pairs<'_, Rule>, most: usize) -> Result<usize, ExpressionError> {
    let (mut chain, mut longest) = (0, 0);
    for pair in pairs {
        match pair.as_rule() {
            Rule::negate | Rule::plus | Rule::not | Rule::power => {
                chain += 1;
                if chain > most {
                    return Err(ExpressionError::new(
                        format!("too many `{}` within each other", pair.as_str()),
                        pair.as_span().start(),
                    ));
                }
                longest = longest.max(chain);
            }
            Rule::number | Rule::text | Rule::braced | Rule::word | Rule::group | Rule::call => {}
            // A looser operator.
            _ => chain = 0,
        }
    }
    Ok(longest)
}
