//! The functions of expressions.

/// Where an expression stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Names are columns.
    Columns,
    /// Names are values of one run.
    Run,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Each(Each),
    /// Smallest, largest: of the arguments, or of one column.
    Min,
    Max,
    Clip,
    If,
    /// A column from a column.
    Ema,
    Smooth,
    Diff,
    Shift,
    CumulativeSum,
    /// One value of a column or a series.
    Of(Aggregate),
}

/// Of each value by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Each {
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
    ("abs", Function::Each(Each::Abs)),
    ("sign", Function::Each(Each::Sign)),
    ("exp", Function::Each(Each::Exp)),
    ("ln", Function::Each(Each::Ln)),
    ("log", Function::Each(Each::Ln)),
    ("log10", Function::Each(Each::Log10)),
    ("log2", Function::Each(Each::Log2)),
    ("sqrt", Function::Each(Each::Sqrt)),
    ("sin", Function::Each(Each::Sin)),
    ("cos", Function::Each(Each::Cos)),
    ("tanh", Function::Each(Each::Tanh)),
    ("floor", Function::Each(Each::Floor)),
    ("ceil", Function::Each(Each::Ceil)),
    ("round", Function::Each(Each::Round)),
    ("finite", Function::Each(Each::Finite)),
    ("pow", Function::Each(Each::Power)),
    ("min", Function::Min),
    ("max", Function::Max),
    ("clip", Function::Clip),
    ("if", Function::If),
    ("ema", Function::Ema),
    ("smooth", Function::Smooth),
    ("diff", Function::Diff),
    ("shift", Function::Shift),
    ("cumsum", Function::CumulativeSum),
    ("mean", Function::Of(Aggregate::Mean)),
    ("median", Function::Of(Aggregate::Median)),
    ("std", Function::Of(Aggregate::Std)),
    ("sum", Function::Of(Aggregate::Sum)),
    ("first", Function::Of(Aggregate::First)),
    ("last", Function::Of(Aggregate::Last)),
    ("final", Function::Of(Aggregate::Last)),
    ("best", Function::Of(Aggregate::Best)),
    ("count", Function::Of(Aggregate::Count)),
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
            // Which way is better is known of a role, and a column has none.
            Self::Of(Aggregate::Best) => dialect == Dialect::Run,
            _ => true,
        }
    }

    /// What it takes, where that is not so many arguments.
    pub(super) fn misfit(self, _dialect: Dialect, count: usize) -> Option<&'static str> {
        let (least, most, text) = match self {
            Self::Each(Each::Power) | Self::Shift => (2, 2, "2 arguments"),
            Self::Ema => (2, 2, "2 arguments, a column and the share that is kept"),
            Self::Smooth => (2, 2, "2 arguments, a column and a number of values"),
            Self::Clip => (3, 3, "3 arguments, a value and its limits"),
            Self::If => (3, 3, "3 arguments, a condition and two values"),
            Self::Min | Self::Max => (1, usize::MAX, "1 argument or more"),
            Self::Each(_) | Self::Diff | Self::CumulativeSum | Self::Of(_) => (1, 1, "1 argument"),
        };
        (count < least || count > most).then_some(text)
    }
}

impl Each {
    pub(super) fn of(self, value: f64, second: f64) -> f64 {
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
    /// Of the finite values; NaN where there is none.
    pub(super) fn of(self, values: impl Iterator<Item = f64>) -> f64 {
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
