/// The logger's step of one point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// A whole step, exact over the whole range of `i64`.
    Int(i64),
    /// A fractional step (an epoch of 0.25, say).
    Float(f64),
}

impl Step {
    /// The step as a float; whole steps beyond 2^53 round to the nearest representable value.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Int(step) => step as f64,
            Self::Float(step) => step,
        }
    }

    /// True if `self` comes before `other`. A NaN step is not before any other.
    #[must_use]
    pub fn is_before(self, other: Self) -> bool {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a < b,
            (a, b) => a.as_f64() < b.as_f64(),
        }
    }
}

impl From<i64> for Step {
    fn from(step: i64) -> Self {
        Self::Int(step)
    }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Int(step) => write!(f, "{step}"),
            Self::Float(step) => write!(f, "{step}"),
        }
    }
}

/// One logged point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The logger's step.
    pub step: Step,
    /// Seconds since the Unix epoch, where the log has them.
    pub wall_time_secs: Option<f64>,
    /// The value; may be NaN or infinite.
    pub value: f64,
}
