use crate::limits;

/// Counts of what a log contains and no series does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LeftOut {
    /// Texts where numbers are expected.
    pub(crate) texts: u64,
    /// Numbers of keys whose units differ.
    pub(crate) of_several_units: u64,
    /// Values whose keys are more than a run may have.
    pub(crate) values_without_key: u64,
    /// The same of whole columns, whose values are not counted.
    pub(crate) columns_without_key: u64,
}

impl LeftOut {
    /// True if the log has more keys than a run may have.
    pub(crate) fn exceeds_keys(self) -> bool {
        self.values_without_key + self.columns_without_key > 0
    }

    /// One sentence for each that is not zero.
    pub(crate) fn notes(self) -> impl Iterator<Item = String> {
        let texts = (self.texts > 0).then(|| {
            let plural = if self.texts == 1 { "cell" } else { "cells" };
            format!(
                "{} {plural} with text instead of a number skipped",
                self.texts
            )
        });
        let of_units = (self.of_several_units > 0).then(|| {
            let plural = if self.of_several_units == 1 { "" } else { "s" };
            format!(
                "{} number{plural} skipped of keys whose units differ, as in 950MB and 1.1GB, or 95% and 0.96",
                self.of_several_units
            )
        });
        let beyond = |count: u64, what: &str| {
            (count > 0).then(|| {
                let plural = if count == 1 { "" } else { "s" };
                format!(
                    "more than {} distinct keys: {count} {what}{plural} of the others left out",
                    limits::KEYS.items
                )
            })
        };
        texts
            .into_iter()
            .chain(of_units)
            .chain(beyond(self.values_without_key, "value"))
            .chain(beyond(self.columns_without_key, "column"))
    }
}
