/// Counts of what was read and what was skipped.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReadStatistics {
    /// Lines, rows or log records read.
    pub(crate) records: u64,
    /// Damaged records that were skipped.
    pub(crate) skipped: u64,
    /// Offset in bytes of the first damaged record, and the reason.
    pub(crate) first_damage: Option<(u64, &'static str)>,
    /// Records without a checksum in a format that has one.
    pub(crate) unchecked: u64,
    /// Rows that were left out because their step cannot be read.
    pub(crate) without_step: u64,
}

impl ReadStatistics {
    pub(crate) fn add_damage(&mut self, offset: u64, reason: &'static str) {
        self.skipped += 1;
        self.first_damage.get_or_insert((offset, reason));
    }

    pub(crate) fn merge(&mut self, later: &Self) {
        self.records += later.records;
        self.skipped += later.skipped;
        self.first_damage = self.first_damage.or(later.first_damage);
        self.unchecked += later.unchecked;
        self.without_step += later.without_step;
    }
}
