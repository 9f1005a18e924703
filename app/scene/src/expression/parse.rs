//! From tokens to a tree, by precedence.

use super::{
    ExpressionError,
    functions::{self, Dialect, Function},
    token::{Token, tokens},
};

/// Parentheses within each other, so that a hostile text does not exhaust the stack.
const MAX_DEPTH: usize = 64;

/// A longer text is no expression that anyone wrote.
const MAX_LENGTH: usize = 16 << 10;

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
    /// The operator and how tightly it binds.
    fn of(token: &Token) -> Option<(Self, u8)> {
        Some(match token {
            Token::Sign("||") => (Self::Or, 1),
            Token::Name(word, false) if word == "or" => (Self::Or, 1),
            Token::Sign("&&") => (Self::And, 2),
            Token::Name(word, false) if word == "and" => (Self::And, 2),
            Token::Sign("<") => (Self::Less, 3),
            Token::Sign("<=") => (Self::LessOrEqual, 3),
            Token::Sign(">") => (Self::Greater, 3),
            Token::Sign(">=") => (Self::GreaterOrEqual, 3),
            Token::Sign("==") => (Self::Equal, 3),
            Token::Sign("!=") => (Self::NotEqual, 3),
            Token::Sign("+") => (Self::Add, 4),
            Token::Sign("-") => (Self::Subtract, 4),
            Token::Sign("*") => (Self::Multiply, 5),
            Token::Sign("/") => (Self::Divide, 5),
            Token::Sign("%") => (Self::Remainder, 5),
            Token::Sign("^") => (Self::Power, 7),
            _ => return None,
        })
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

/// Binds tighter than a product, looser than a power.
const UNARY: u8 = 6;

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
    let mut parser = Parser {
        tokens: tokens(text)?,
        next: 0,
        depth: 0,
        dialect,
    };
    let root = parser.expression(0)?;
    match parser.peek() {
        (Token::End, _) => Ok(root),
        (token, at) => Err(ExpressionError::new(
            format!("an operator is missing before {}", written(token)),
            *at,
        )),
    }
}

struct Parser {
    tokens: Vec<(Token, usize)>,
    next: usize,
    depth: usize,
    dialect: Dialect,
}

impl Parser {
    fn peek(&self) -> &(Token, usize) {
        &self.tokens[self.next]
    }

    /// The last token stays: nothing comes after it.
    fn take(&mut self) -> (Token, usize) {
        let token = self.tokens[self.next].clone();
        self.next = (self.next + 1).min(self.tokens.len() - 1);
        token
    }

    fn expression(&mut self, least: u8) -> Result<Node, ExpressionError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(ExpressionError::new(
                "too many parentheses within each other",
                self.peek().1,
            ));
        }
        let mut left = self.operand()?;
        while let Some((sign, power)) = Sign::of(&self.peek().0) {
            if power < least {
                break;
            }
            let (_, at) = self.take();
            // A power is taken from the right; two comparisons in a row would compare a truth value.
            let right = self.expression(if sign == Sign::Power {
                power
            } else {
                power + 1
            })?;
            if sign.is_comparison()
                && matches!(&left, Node::Binary { sign, .. } if sign.is_comparison())
            {
                return Err(ExpressionError::new(
                    "two comparisons in a row: join them by `&&`, as in `1 < x && x < 2`",
                    at,
                ));
            }
            left = Node::Binary {
                sign,
                left: Box::new(left),
                right: Box::new(right),
            };
        }
        self.depth -= 1;
        Ok(left)
    }

    fn operand(&mut self) -> Result<Node, ExpressionError> {
        let (token, at) = self.take();
        match token {
            Token::Number(number) => Ok(Node::Number(number)),
            Token::Text(text) => Ok(Node::Text { text, at }),
            Token::Name(name, true) => Ok(Node::Name { name, at }),
            Token::Name(name, false) => match name.as_str() {
                "not" => Ok(Node::Not(Box::new(self.expression(UNARY)?))),
                _ if self.peek().0 == Token::Sign("(") => self.call(&name, at),
                "true" => Ok(Node::Number(1.0)),
                "false" => Ok(Node::Number(0.0)),
                "nan" => Ok(Node::Number(f64::NAN)),
                "inf" => Ok(Node::Number(f64::INFINITY)),
                "pi" => Ok(Node::Number(std::f64::consts::PI)),
                _ => Ok(Node::Name { name, at }),
            },
            Token::Sign("-") => Ok(Node::Negate(Box::new(self.expression(UNARY)?))),
            Token::Sign("+") => self.expression(UNARY),
            Token::Sign("!") => Ok(Node::Not(Box::new(self.expression(UNARY)?))),
            Token::Sign("(") => {
                let inner = self.expression(0)?;
                self.close(at)?;
                // A comparison in parentheses is a value like any other.
                Ok(match inner {
                    Node::Binary { sign, .. } if sign.is_comparison() => {
                        Node::Not(Box::new(Node::Not(Box::new(inner))))
                    }
                    inner => inner,
                })
            }
            Token::End => Err(ExpressionError::new(
                "the expression ends where a value is missing",
                at,
            )),
            token => Err(ExpressionError::new(
                format!("a value is missing before {}", written(&token)),
                at,
            )),
        }
    }

    fn call(&mut self, name: &str, at: usize) -> Result<Node, ExpressionError> {
        let (_, open) = self.take();
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
        let mut arguments = Vec::new();
        if self.peek().0 != Token::Sign(")") {
            loop {
                arguments.push(self.expression(0)?);
                if self.peek().0 != Token::Sign(",") {
                    break;
                }
                self.take();
            }
        }
        self.close(open)?;
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

    fn close(&mut self, open: usize) -> Result<(), ExpressionError> {
        match self.take() {
            (Token::Sign(")"), _) => Ok(()),
            (Token::End, _) => Err(ExpressionError::new(
                "the parenthesis `(` is not closed",
                open,
            )),
            (token, at) => Err(ExpressionError::new(
                format!("`)` or `,` is missing before {}", written(&token)),
                at,
            )),
        }
    }
}

fn written(token: &Token) -> String {
    match token {
        Token::Number(number) => format!("`{number}`"),
        Token::Text(text) => format!("the text `{text}`"),
        Token::Name(name, _) => format!("`{name}`"),
        Token::Sign(sign) => format!("`{sign}`"),
        Token::End => "the end".to_owned(),
    }
}
