//! The functions available in expressions.

/// The context of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Names are columns.
    Columns,
    /// Names are values of one run.
    Run,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Elementwise(Elementwise),
    /// Minimum or maximum of the arguments, or of one column.
    Min,
    Max,
    Clip,
    If,
    /// Maps a column to a column.
    Ema,
    Smooth,
    Diff,
    Shift,
    CumulativeSum,
    /// Reduces a column or a series to one value.
    Aggregate(Aggregate),
}

/// Functions of each value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Elementwise {
    Abs,
    Sign,
    Exp,
    Ln,
    Log10,
    Log2,
    Sqrt,
    Sin,
    Cos,
    Tanh,
    Floor,
    Ceil,
    Round,
    Finite,
    Power,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Aggregate {
    Min,
    Max,
    Mean,
    Median,
    Std,
    Sum,
    First,
    Last,
    Count,
    Best,
}

const TABLE: &[(&str, Function)] = &[
    ("abs", Function::Elementwise(Elementwise::Abs)),
    ("sign", Function::Elementwise(Elementwise::Sign)),
    ("exp", Function::Elementwise(Elementwise::Exp)),
    ("ln", Function::Elementwise(Elementwise::Ln)),
    ("log", Function::Elementwise(Elementwise::Ln)),
    ("log10", Function::Elementwise(Elementwise::Log10)),
    ("log2", Function::Elementwise(Elementwise::Log2)),
    ("sqrt", Function::Elementwise(Elementwise::Sqrt)),
    ("sin", Function::Elementwise(Elementwise::Sin)),
    ("cos", Function::Elementwise(Elementwise::Cos)),
    ("tanh", Function::Elementwise(Elementwise::Tanh)),
    ("floor", Function::Elementwise(Elementwise::Floor)),
    ("ceil", Function::Elementwise(Elementwise::Ceil)),
    ("round", Function::Elementwise(Elementwise::Round)),
    ("finite", Function::Elementwise(Elementwise::Finite)),
    ("pow", Function::Elementwise(Elementwise::Power)),
    ("min", Function::Min),
    ("max", Function::Max),
    ("clip", Function::Clip),
    ("if", Function::If),
    ("ema", Function::Ema),
    ("smooth", Function::Smooth),
    ("diff", Function::Diff),
    ("shift", Function::Shift),
    ("cumsum", Function::CumulativeSum),
    ("mean", Function::Aggregate(Aggregate::Mean)),
    ("median", Function::Aggregate(Aggregate::Median)),
    ("std", Function::Aggregate(Aggregate::Std)),
    ("sum", Function::Aggregate(Aggregate::Sum)),
    ("first", Function::Aggregate(Aggregate::First)),
    ("last", Function::Aggregate(Aggregate::Last)),
    ("final", Function::Aggregate(Aggregate::Last)),
    ("best", Function::Aggregate(Aggregate::Best)),
    ("count", Function::Aggregate(Aggregate::Count)),
];

pub(super) fn find(name: &str, dialect: Dialect) -> Option<Function> {
    let (_, function) = TABLE.iter().find(|(known, _)| *known == name)?;
    function.is_of(dialect).then_some(*function)
}

pub(super) fn names(dialect: Dialect) -> Vec<&'static str> {
    let of_dialect = TABLE.iter().filter(|(_, function)| function.is_of(dialect));
    of_dialect.map(|(name, _)| *name).collect()
}

impl Function {
    fn is_of(self, dialect: Dialect) -> bool {
        match self {
            Self::Ema | Self::Smooth | Self::Diff | Self::Shift | Self::CumulativeSum => {
                dialect == Dialect::Columns
            }
            // Whether lower or higher is better depends on the role, which a column does not have.
            Self::Aggregate(Aggregate::Best) => dialect == Dialect::Run,
            _ => true,
        }
    }

    /// The expected arguments, if `count` does not match.
    pub(super) fn arity_mismatch(self, _dialect: Dialect, count: usize) -> Option<&'static str> {
        let (min, max, text) = match self {
            Self::Elementwise(Elementwise::Power) | Self::Shift => (2, 2, "2 arguments"),
            Self::Ema => (2, 2, "2 arguments, a column and the smoothing weight"),
            Self::Smooth => (2, 2, "2 arguments, a column and a number of values"),
            Self::Clip => (3, 3, "3 arguments, a value and two limits"),
            Self::If => (3, 3, "3 arguments, a condition and two values"),
            Self::Min | Self::Max => (1, usize::MAX, "1 argument or more"),
            Self::Elementwise(_) | Self::Diff | Self::CumulativeSum | Self::Aggregate(_) => {
                (1, 1, "1 argument")
            }
        };
        (count < min || count > max).then_some(text)
    }
}

impl Elementwise {
    pub(super) fn apply(self, value: f64, second: f64) -> f64 {
        match self {
            Self::Abs => value.abs(),
            Self::Sign if value == 0.0 || value.is_nan() => value,
            Self::Sign => value.signum(),
            Self::Exp => value.exp(),
            Self::Ln => value.ln(),
            Self::Log10 => value.log10(),
            Self::Log2 => value.log2(),
            Self::Sqrt => value.sqrt(),
            Self::Sin => value.sin(),
            Self::Cos => value.cos(),
            Self::Tanh => value.tanh(),
            Self::Floor => value.floor(),
            Self::Ceil => value.ceil(),
            Self::Round => value.round(),
            Self::Finite => f64::from(value.is_finite()),
            Self::Power => value.powf(second),
        }
    }
}

impl Aggregate {
    /// The aggregate of the finite values; NaN if there are none.
    pub(super) fn apply(self, values: impl Iterator<Item = f64>) -> f64 {
        let mut finite: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        let count = finite.len() as f64;
        if self == Self::Count {
            return count;
        }
        let (Some(&first), Some(&last)) = (finite.first(), finite.last()) else {
            return f64::NAN;
        };
        let mean = || finite.iter().sum::<f64>() / count;
        match self {
            Self::Min | Self::Best => finite.iter().copied().fold(first, f64::min),
            Self::Max => finite.iter().copied().fold(first, f64::max),
            Self::Mean => mean(),
            Self::Sum => finite.iter().sum(),
            Self::Std => {
                let mean = mean();
                (finite
                    .iter()
                    .map(|value| (value - mean).powi(2))
                    .sum::<f64>()
                    / count)
                    .sqrt()
            }
            Self::First => first,
            Self::Last => last,
            Self::Count => count,
            Self::Median => {
                finite.sort_by(f64::total_cmp);
                let middle = finite.len() / 2;
                if finite.len() % 2 == 1 {
                    finite[middle]
                } else {
                    f64::midpoint(finite[middle - 1], finite[middle])
                }
            }
        }
    }
}
