//! Evaluates expressions over columns.

use super::{
    ExpressionError,
    functions::{Aggregate, Function},
    parse::{Node, Operator},
};

enum Value {
    Scalar(f64),
    Column(Vec<f64>),
}

impl Value {
    fn at(&self, row: usize) -> f64 {
        match self {
            Self::Scalar(value) => *value,
            Self::Column(values) => values[row],
        }
    }

    fn into_column(self, rows: usize) -> Vec<f64> {
        match self {
            Self::Scalar(value) => vec![value; rows],
            Self::Column(values) => values,
        }
    }
}

type Lookup<'a> = &'a dyn Fn(&str) -> Option<Vec<f64>>;

pub(super) fn evaluate(
    root: &Node,
    rows: usize,
    lookup: Lookup<'_>,
) -> Result<Vec<f64>, ExpressionError> {
    Ok(value(root, rows, lookup)?.into_column(rows))
}

fn value(node: &Node, rows: usize, lookup: Lookup<'_>) -> Result<Value, ExpressionError> {
    match node {
        Node::Number(number) => Ok(Value::Scalar(*number)),
        Node::Text { text, at } => Err(ExpressionError::new(
            format!(
                "\"{text}\" is text, and a number is needed: write a key in braces, as in {{{text}}}"
            ),
            *at,
        )),
        Node::Name { name, at } => {
            let column = lookup(name)
                .ok_or_else(|| ExpressionError::new(format!("unknown name `{name}`"), *at))?;
            if column.len() != rows {
                let text = format!("`{name}` has {} values instead of {rows}", column.len());
                return Err(ExpressionError::new(text, *at));
            }
            Ok(Value::Column(column))
        }
        Node::Negate(inner) => Ok(map(value(inner, rows, lookup)?, |value| -value)),
        Node::Not(inner) => Ok(map(value(inner, rows, lookup)?, |value| {
            f64::from(!is_true(value))
        })),
        Node::Binary { .. } => chain(node, rows, lookup),
        Node::Call {
            function,
            arguments,
            ..
        } => {
            let arguments = arguments
                .iter()
                .map(|argument| value(argument, rows, lookup))
                .collect::<Result<Vec<_>, _>>()?;
            Ok(call(*function, arguments, rows))
        }
    }
}

/// The value of operators that follow each other, as in `1 + 1 + 1`: thousands are as deep to the left, and no recursion.
fn chain(mut node: &Node, rows: usize, lookup: Lookup<'_>) -> Result<Value, ExpressionError> {
    let mut later = Vec::new();
    while let Node::Binary {
        operator,
        left,
        right,
    } = node
    {
        later.push((*operator, &**right));
        node = left;
    }
    let mut result = value(node, rows, lookup)?;
    for (operator, right) in later.into_iter().rev() {
        let right = value(right, rows, lookup)?;
        result = zip(rows, &[result, right], |values| {
            binary(operator, values[0], values[1])
        });
    }
    Ok(result)
}

fn map(value: Value, of: impl Fn(f64) -> f64) -> Value {
    match value {
        Value::Scalar(value) => Value::Scalar(of(value)),
        Value::Column(mut values) => {
            values.iter_mut().for_each(|value| *value = of(*value));
            Value::Column(values)
        }
    }
}

/// Applies `of` row by row; scalars give a scalar.
fn zip(rows: usize, arguments: &[Value], of: impl Fn(&[f64]) -> f64) -> Value {
    let mut cells = vec![0.0; arguments.len()];
    let mut at = |row: usize| {
        for (cell, argument) in cells.iter_mut().zip(arguments) {
            *cell = argument.at(row);
        }
        of(&cells)
    };
    if arguments
        .iter()
        .all(|argument| matches!(argument, Value::Scalar(_)))
    {
        return Value::Scalar(at(0));
    }
    Value::Column((0..rows).map(at).collect())
}

pub(super) fn is_true(value: f64) -> bool {
    value != 0.0 && !value.is_nan()
}

pub(super) fn binary(operator: Operator, left: f64, right: f64) -> f64 {
    match operator {
        Operator::Or => f64::from(is_true(left) || is_true(right)),
        Operator::And => f64::from(is_true(left) && is_true(right)),
        Operator::Less => f64::from(left < right),
        Operator::LessOrEqual => f64::from(left <= right),
        Operator::Greater => f64::from(left > right),
        Operator::GreaterOrEqual => f64::from(left >= right),
        Operator::Equal => f64::from(left == right),
        Operator::NotEqual => f64::from(left != right),
        Operator::Add => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply => left * right,
        Operator::Divide => left / right,
        // The result has the sign of the divisor, as in Python.
        Operator::Remainder => left - right * (left / right).floor(),
        Operator::Power => left.powf(right),
    }
}

/// Evaluates functions that depend on a single row; `None` for the others.
pub(super) fn apply_to_cells(function: Function, cells: &[f64]) -> Option<f64> {
    // NaN propagates, as in NumPy's `minimum`, so that gaps remain.
    let extreme = |better: fn(f64, f64) -> f64| {
        cells.iter().copied().fold(cells[0], |found, cell| {
            if found.is_nan() || cell.is_nan() {
                f64::NAN
            } else {
                better(found, cell)
            }
        })
    };
    Some(match function {
        Function::Elementwise(each) => {
            each.apply(cells[0], cells.get(1).copied().unwrap_or(f64::NAN))
        }
        Function::Min => extreme(f64::min),
        Function::Max => extreme(f64::max),
        Function::Clip => {
            cells[0].min(cells[2]).max(cells[1]) + if cells[0].is_nan() { f64::NAN } else { 0.0 }
        }
        Function::If => {
            if is_true(cells[0]) {
                cells[1]
            } else {
                cells[2]
            }
        }
        _ => return None,
    })
}

fn call(function: Function, mut arguments: Vec<Value>, rows: usize) -> Value {
    let aggregate = match function {
        Function::Aggregate(aggregate) => Some(aggregate),
        Function::Min if arguments.len() == 1 => Some(Aggregate::Min),
        Function::Max if arguments.len() == 1 => Some(Aggregate::Max),
        _ => None,
    };
    if let Some(aggregate) = aggregate {
        let values = arguments.swap_remove(0).into_column(rows);
        return Value::Scalar(aggregate.apply(values.into_iter()));
    }
    if matches!(
        function,
        Function::Elementwise(_) | Function::Min | Function::Max | Function::Clip | Function::If
    ) {
        return zip(rows, &arguments, |cells| {
            apply_to_cells(function, cells).unwrap_or(f64::NAN)
        });
    }
    let second = if arguments.len() > 1 && rows > 0 {
        arguments[1].at(0)
    } else {
        f64::NAN
    };
    let values = arguments.swap_remove(0).into_column(rows);
    Value::Column(match function {
        Function::Ema => ema(&values, second),
        Function::Smooth => smooth(&values, second),
        Function::Shift => shift(&values, second),
        Function::Diff => {
            let previous = shift(&values, 1.0);
            values
                .iter()
                .zip(previous)
                .map(|(value, previous)| value - previous)
                .collect()
        }
        _ => {
            let mut sum = 0.0;
            values
                .iter()
                .map(|value| {
                    if value.is_nan() {
                        return f64::NAN;
                    }
                    sum += value;
                    sum
                })
                .collect()
        }
    })
}

/// Exponential moving average with weight `kept` on the previous mean; NaN is skipped. A weight that is none, beyond 0 to 1,
/// has no mean.
fn ema(values: &[f64], kept: f64) -> Vec<f64> {
    if !(0.0..=1.0).contains(&kept) {
        return vec![f64::NAN; values.len()];
    }
    let mut mean = f64::NAN;
    values
        .iter()
        .map(|&value| {
            if value.is_nan() {
                return f64::NAN;
            }
            mean = if mean.is_nan() {
                value
            } else {
                kept * mean + (1.0 - kept) * value
            };
            mean
        })
        .collect()
}

/// Centred moving average over `window` values; the window shrinks symmetrically at the ends and next to NaN.
fn smooth(values: &[f64], window: f64) -> Vec<f64> {
    let half = if window >= 1.0 {
        (window.min(1e9) as usize) / 2
    } else {
        0
    };
    let mut out = vec![f64::NAN; values.len()];
    let mut start = 0;
    while start < values.len() {
        if !values[start].is_finite() {
            out[start] = values[start];
            start += 1;
            continue;
        }
        let len = values[start..]
            .iter()
            .take_while(|value| value.is_finite())
            .count();
        let strip = &values[start..start + len];
        let mean = strip.iter().sum::<f64>() / len as f64;
        let mut sums = vec![0.0; len + 1];
        for (index, value) in strip.iter().enumerate() {
            sums[index + 1] = sums[index] + (value - mean);
        }
        for index in 0..len {
            let reach = half.min(index).min(len - 1 - index);
            let (from, to) = (index - reach, index + reach + 1);
            out[start + index] = mean + (sums[to] - sums[from]) / (to - from) as f64;
        }
        start += len;
    }
    out
}

/// The value `by` rows before; NaN outside of the column.
fn shift(values: &[f64], by: f64) -> Vec<f64> {
    let by = if by.is_finite() {
        by.clamp(-1e15, 1e15) as i64
    } else {
        0
    };
    (0..values.len() as i64)
        .map(|row| {
            let from = usize::try_from(row - by).ok();
            from.and_then(|from| values.get(from).copied())
                .unwrap_or(f64::NAN)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::Expression;

    fn eval(text: &str) -> Vec<f64> {
        let lookup = |name: &str| match name {
            "x" => Some(vec![1.0, 4.0, f64::NAN, 2.0, 8.0]),
            "step" => Some(vec![0.0, 1.0, 2.0, 3.0, 4.0]),
            "train/loss" => Some(vec![10.0, 8.0, 6.0, 4.0, 2.0]),
            "optimizer.lr" => Some(vec![0.1; 5]),
            "notx.y" => Some(vec![3.0; 5]),
            _ => None,
        };
        Expression::parse(text).unwrap().column(5, &lookup).unwrap()
    }

    #[track_caller]
    fn check(text: &str, expected: &[f64]) {
        let found = eval(text);
        let same = found.len() == expected.len()
            && found
                .iter()
                .zip(expected)
                .all(|(a, b)| (a - b).abs() < 1e-12 || (a.is_nan() && b.is_nan()));
        assert!(same, "{text}: {found:?}, expected {expected:?}");
    }

    #[test]
    fn operators_have_the_usual_precedence() {
        for (text, expected) in [
            ("-2^2", -4.0),
            ("2^3^2", 512.0),
            ("2^-1", 0.5),
            ("1 + 2 * 3", 7.0),
            ("(1 + 2) * 3", 9.0),
            ("10 - 4 - 3", 3.0),
            ("7 % 3 + -7 % 3", 3.0),
            ("1 < 2 && !(3 > 4) || false", 1.0),
            ("not 1 == 2", 0.0),
            ("1e-3 * 1000", 1.0),
            ("min(3, 1, 2) + max(3, 1, 2)", 4.0),
            ("clip(5, 0, 3) + clip(-5, 0, 3)", 3.0),
            ("if(nan < 1, 1, 2)", 2.0),
            ("-3^2", -9.0),
            ("- -2^-1 * 4", 2.0),
            ("!0 + !(1 = 1)", 1.0),
            ("notx.y + .5e1 + 2.", 10.0),
            ("1 < 2 and (3 > 4 or not false)", 1.0),
            ("\u{a0}1\t+\n2 ", 3.0),
        ] {
            check(text, &[expected; 5]);
        }
    }

    #[test]
    fn columns_and_names() {
        let nan = f64::NAN;
        check("step + {train/loss} / 2", &[5.0; 5]);
        check("optimizer.lr * 10", &[1.0; 5]);
        check("diff(x)", &[nan, 3.0, nan, nan, 6.0]);
        check("cumsum(x)", &[1.0, 5.0, nan, 7.0, 15.0]);
        check("ema(x, 0.5)", &[1.0, 2.5, nan, 2.25, 5.125]);
        check("smooth({train/loss}, 3)", &[10.0, 8.0, 6.0, 4.0, 2.0]);
        check("smooth(x, 3)", &[1.0, 4.0, nan, 2.0, 8.0]);
        check("mean(x)", &[3.75; 5]);
        check("median(x)", &[3.0; 5]);
        check("max(x) - min(x)", &[7.0; 5]);
        check("step > 1 && {train/loss} < 6", &[0.0, 0.0, 0.0, 1.0, 1.0]);
        check("max(x, 3)", &[3.0, 4.0, nan, 3.0, 8.0]);
        check("shift(step, -1)", &[1.0, 2.0, 3.0, 4.0, nan]);
    }

    #[test]
    fn errors_report_their_position() {
        for (text, column, word) in [
            ("1 +", 3, "ends where a value is missing"),
            ("lgo10(x)", 0, "did you mean `log10`"),
            ("1 2", 2, "an operator is missing before `2`"),
            ("(1 + 2", 0, "not closed"),
            ("{a", 0, "not closed"),
            ("\"a", 0, "not closed"),
            ("ema(x)", 0, "takes 2 arguments"),
            ("x $ 2", 2, "unexpected character"),
            ("1 < x < 2", 6, "two comparisons"),
            ("a * ", 4, "ends"),
            ("min()", 0, "1 argument or more"),
            ("x + $", 4, "unexpected character `$`"),
            ("a + { } ", 4, "the braces are empty"),
            ("a 'b c'", 2, "an operator is missing before the text `b c`"),
            ("{a b}({c d})", 5, "an operator is missing before `(`"),
            ("2 * / 3", 4, "a value is missing before `/`"),
            ("x != != 2", 5, "a value is missing before `!=`"),
            ("1 + and", 4, "a value is missing before `and`"),
            ("()", 1, "a value is missing before `)`"),
            ("min(1,)", 6, "a value is missing before `)`"),
            ("min(1 2)", 6, "`)` or `,` is missing before `2`"),
            ("abs(x) + (1 2)", 12, "`)` is missing before `2`"),
            ("min((1 + 2)", 3, "the parenthesis `(` is not closed"),
            ("min(", 4, "ends where a value is missing"),
            ("1)", 1, "an operator is missing before `)`"),
            ("1, 2", 1, "an operator is missing before `,`"),
            ("é × 2", 3, "unexpected character `×`"),
            ("1_000", 0, "`1_000` is not a number"),
            ("", 0, "ends where a value is missing"),
        ] {
            let error = Expression::parse(text).unwrap_err();
            assert_eq!(error.column, column, "{text}: {error}");
            assert!(error.message.contains(word), "{text}: {error}");
        }
        let known = ["train/loss".to_owned(), "learning_rate".to_owned()];
        let error = Expression::parse("1 + learning_rat")
            .unwrap()
            .check(&known)
            .unwrap_err();
        assert_eq!(error.column, 4);
        assert!(
            error.message.contains("did you mean `learning_rate`"),
            "{error}"
        );
        let error = Expression::parse("trainloss")
            .unwrap()
            .check(&known)
            .unwrap_err();
        assert!(
            error.message.contains("did you mean `{train/loss}`"),
            "{error}"
        );
    }

    #[test]
    fn malicious_input_gives_a_one_line_error() {
        let long = 16 << 10;
        for part in [
            "(", "-", "!", "+", "not ", "1^", "-(", "abs(", "2^-", "{", "'", "min(1,", "!(-",
        ] {
            let text = part.repeat(long / part.len());
            let error = Expression::parse(&text).unwrap_err();
            assert!(
                !error.message.contains('\n') && error.column <= long,
                "{part}: {error}"
            );
            // And with a value at the end.
            Expression::parse(&format!("{}1", &text[..text.len() - part.len()])).unwrap_err();
        }
        assert!(Expression::parse(&"x".repeat(100_000)).is_err());
        for (text, value) in [
            (vec!["1"; 5000].join("+"), 5000.0),
            (vec!["-1"; 4000].join("-"), 3998.0),
            (vec!["(1)"; 1000].join("+"), 1000.0),
            ("(".repeat(64) + "7" + &")".repeat(64), 7.0),
            ("-".repeat(64) + "7", 7.0),
        ] {
            let found = Expression::parse(&text).unwrap().column(1, &|_| None);
            assert_eq!(found.unwrap(), [value]);
        }
        for text in [
            "(".repeat(65) + "7" + &")".repeat(65),
            "-".repeat(65) + "7",
            "1^".repeat(65) + "1",
            "(".repeat(40) + &"-".repeat(40) + "7" + &")".repeat(40),
        ] {
            let error = Expression::parse(&text).unwrap_err();
            assert!(
                error.message.contains("nested more than 64 deep"),
                "{error}"
            );
        }
    }

    /// Parsing must be fast enough to run at every key stroke.
    #[test]
    fn typical_expressions_parse_quickly() {
        let texts = [
            "log10(loss / {val/loss})",
            "ema(reward, 0.9) * clip(step / 1e4, 0, 1) - min(a, b, c)^2",
            "optimizer.lr > 1e-3 && optimizer.name == lr || !(step > 100 and finite(loss) != 0)",
        ];
        let rounds = 100;
        let start = std::time::Instant::now();
        for _ in 0..rounds {
            for text in texts {
                Expression::parse(text).unwrap();
            }
        }
        let each = start.elapsed() / (rounds * 3);
        println!("{each:?} per expression");
        assert!(each.as_millis() < 5, "{each:?}");
    }
}
