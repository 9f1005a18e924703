//! Which side of a metric is better.

/// Which extreme is of interest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Of a loss.
    Lowest,
    /// Of a reward.
    Highest,
}

impl Side {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Lowest => "Lowest",
            Self::Highest => "Highest",
        }
    }
}
