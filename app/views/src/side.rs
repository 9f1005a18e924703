//! Which side of a metric is better.

use trainscape_run::Role;

use super::run_rows::RunSeries;

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

/// The side of series with `role`. Whether a fitness is to be small or large is not stated: it is the way that most go.
pub(super) fn of_series(role: Option<Role>, members: &[RunSeries]) -> Side {
    let is_fitness = |member: &RunSeries| {
        let key = member.series.key().to_ascii_lowercase();
        key.contains("fitness")
    };
    match role {
        Some(Role::Reward) if members.first().is_some_and(is_fitness) => {
            let falls = |member: &&RunSeries| {
                let points = || member.series.live().map(|(_, point)| point.value);
                points()
                    .next()
                    .zip(points().last())
                    .is_some_and(|(first, last)| last < first)
            };
            match 2 * members.iter().filter(falls).count() > members.len() {
                true => Side::Lowest,
                false => Side::Highest,
            }
        }
        Some(Role::Reward | Role::Accuracy) => Side::Highest,
        _ => Side::Lowest,
    }
}
