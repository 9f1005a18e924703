use crate::limits;

/// Keys of lists that are remembered.
const MAX_LISTS: usize = limits::LISTS.items;

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
    /// Values of the configuration that are in the log and cannot be read.
    pub(crate) unread_settings: u64,
    /// Values of texts that cannot be read as a number, or whose key comes again on their line.
    pub(crate) unread_values: u64,
    /// Keys whose values are lists in the place of numbers.
    pub(crate) lists_as_values: Vec<String>,
}

impl ReadStatistics {
    pub(crate) fn add_damage(&mut self, offset: u64, reason: &'static str) {
        self.skipped += 1;
        self.first_damage.get_or_insert((offset, reason));
    }

    /// Notes a key whose values are left out because they are no numbers.
    pub(crate) fn add_lists_as_values(&mut self, key: &str) {
        let is_known = self.lists_as_values.iter().any(|known| known == key);
        if !is_known && self.lists_as_values.len() < MAX_LISTS {
            self.lists_as_values.push(key.to_owned());
        }
    }

    /// Whether nothing of the log was left out.
    pub(crate) fn is_whole(&self) -> bool {
        self.skipped == 0
            && self.unread_settings == 0
            && self.unread_values == 0
            && self.lists_as_values.is_empty()
    }

    /// What was left out of the configuration and of the series, a sentence each.
    pub(crate) fn left_out(&self) -> impl Iterator<Item = String> {
        let settings = match self.unread_settings {
            0 => None,
            1 => Some("1 entry of the configuration cannot be read and was left out".to_owned()),
            count => Some(format!(
                "{count} entries of the configuration cannot be read and were left out"
            )),
        };
        let first = self.lists_as_values.first();
        let lists = first.map(|key| match self.lists_as_values.len() {
            1 => format!("`{key}` was left out: its values are not numbers"),
            count => format!(
                "`{key}` and {} more keys were left out: their values are not numbers",
                count - 1
            ),
        });
        let values = match self.unread_values {
            0 => None,
            1 => Some("1 value was left out: it is no number that can be read, or its key comes again on its line".to_owned()),
            count => Some(format!(
                "{count} values were left out: they are no numbers that can be read, or their key comes again on the line"
            )),
        };
        settings.into_iter().chain(values).chain(lists)
    }

    pub(crate) fn merge(&mut self, later: &Self) {
        self.records += later.records;
        self.skipped += later.skipped;
        self.first_damage = self.first_damage.or(later.first_damage);
        self.unchecked += later.unchecked;
        self.without_step += later.without_step;
        self.unread_settings += later.unread_settings;
        self.unread_values += later.unread_values;
        for key in &later.lists_as_values {
            self.add_lists_as_values(key);
        }
    }
}
