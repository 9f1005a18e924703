//! Run folders by their names: `NAME-YYYYMMDD-HHMMSS`.

/// A run folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFolder {
    /// Its name.
    pub name: String,
    /// The time in its name, `20260102-030405`.
    pub time: Option<String>,
}

impl RunFolder {
    pub(crate) fn new(name: String) -> Self {
        let time = time_of(&name).map(str::to_owned);
        Self { name, time }
    }

    /// The name without the time.
    #[must_use]
    pub fn title(&self) -> &str {
        let time = self
            .time
            .as_ref()
            .and_then(|time| self.name.strip_suffix(time.as_str()));
        time.map_or(&self.name, |title| title.trim_end_matches('-'))
    }
}

/// The time at the end of a name, where it is one.
fn time_of(name: &str) -> Option<&str> {
    let start = name.len().checked_sub("YYYYMMDD-HHMMSS".len())?;
    let time = name.get(start..)?;
    let (day, clock) = time.split_once('-')?;
    let is_number = |text: &str, len: usize| {
        text.len() == len && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !is_number(day, 8) || !is_number(clock, 6) {
        return None;
    }
    let in_range = |text: &str, range: std::ops::RangeInclusive<u32>| {
        text.parse().is_ok_and(|number| range.contains(&number))
    };
    let is_time = in_range(&day[4..6], 1..=12)
        && in_range(&day[6..], 1..=31)
        && in_range(&clock[..2], 0..=23)
        && in_range(&clock[2..4], 0..=59)
        && in_range(&clock[4..], 0..=60);
    let is_end = start == 0 || name[..start].ends_with('-');
    (is_time && is_end).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_taken_from_the_end_of_a_name() {
        let run = RunFolder::new("d20-sft-20260102-030405".to_owned());
        assert_eq!(run.time.as_deref(), Some("20260102-030405"));
        assert_eq!(run.title(), "d20-sft");
        for name in [
            "d20",
            "d20-20261302-030405",
            "d2020260102-030405",
            "日本-20260102-03040é",
            "",
        ] {
            let run = RunFolder::new(name.to_owned());
            assert_eq!((run.time.as_deref(), run.title()), (None, name), "{name}");
        }
    }
}
