//! What loggers put before a message: time stamps, levels, ranks, names of modules.

use super::{
    containers::{after_pod, after_stream},
    search::find,
};

/// A line without its prefix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Message<'a> {
    pub(super) text: &'a [u8],
    pub(super) wall_time_secs: Option<f64>,
}

/// Names of levels.
const LEVELS: &[&[u8]] = &[
    b"INFO",
    b"WARNING",
    b"WARN",
    b"DEBUG",
    b"ERROR",
    b"CRITICAL",
    b"TRACE",
    b"NOTICE",
];

/// A level stands within this many bytes of the start.
const MAX_PREFIX: usize = 160;

/// Removes the prefix of `line`.
///
/// A time stamp is the row's wall time if it contains the full date. One that does not state its time zone is taken as UTC.
pub(super) fn without_prefix(line: &[u8]) -> Message<'_> {
    let mut wall_time_secs = None;
    let start = after_stamps(line.trim_ascii(), &mut wall_time_secs);
    let mut text = after_level(start);
    if text.len() < start.len() {
        text = after_stamps(text, &mut wall_time_secs);
    }
    Message {
        text,
        wall_time_secs,
    }
}

fn after_stamps<'a>(mut text: &'a [u8], wall_time_secs: &mut Option<f64>) -> &'a [u8] {
    loop {
        let stripped = match text.first() {
            Some(b'0'..=b'9') => after_stamp(text, wall_time_secs).or_else(|| after_rank(text)),
            Some(b'[') => after_group(text, b']', wall_time_secs),
            Some(b'(') => after_group(text, b')', wall_time_secs),
            Some(b'|') => Some(&text[1..]),
            Some(b'I' | b'W' | b'E') => after_glog(text),
            Some(b's') if wall_time_secs.is_some() => after_stream(text),
            Some(b'A' | b'D' | b'F' | b'J' | b'M' | b'N' | b'O' | b'S') => after_syslog(text),
            _ => None,
        };
        match stripped {
            Some(rest) => text = rest.trim_ascii_start(),
            None => return after_pod(text).unwrap_or(text),
        }
    }
}

/// The text after a time, or a date and a time.
fn after_stamp<'a>(text: &'a [u8], wall_time_secs: &mut Option<f64>) -> Option<&'a [u8]> {
    if let Some((secs, len)) = date_and_time(text) {
        *wall_time_secs = wall_time_secs.or(Some(secs));
        return Some(without_joiner(&text[len..]));
    }
    // A day without a year before a time: `07/03 13:04:23`.
    let from = match text {
        [_, _, b'/' | b'-', _, _, b' ', ..] => 6,
        [_, _, b'/', _, _, b'/', _, _, b' ', ..] => 9,
        _ => 0,
    };
    let (_, len) = time_of_day(&text[from..])?;
    let rest = &text[from + len..];
    // A time within a progress bar (`00:10<03:20`) is not a prefix.
    (rest.first() != Some(&b'<')).then(|| without_joiner(rest))
}

fn without_joiner(rest: &[u8]) -> &[u8] {
    let rest = rest.trim_ascii_start();
    match rest {
        [b'-' | b':' | b'|' | b']' | b',', b' ' | b'\t', after @ ..] => after,
        _ => rest
            .strip_prefix(b"]")
            .or_else(|| rest.strip_prefix(b":"))
            .unwrap_or(rest),
    }
}

/// The text after `May  1 10:00:01 machine train[123]: ` of syslog and journald.
fn after_syslog(text: &[u8]) -> Option<&[u8]> {
    const MONTHS: [&[u8]; 12] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov",
        b"Dec",
    ];
    let month = text.get(..3).filter(|_| text.get(3) == Some(&b' '))?;
    let day = text[4..].trim_ascii_start();
    let digits = super::number::count_digits(day);
    let time = day.get(digits..)?.strip_prefix(b" ")?;
    let (_, len) = time_of_day(time)?;
    if !MONTHS.contains(&month) || !(1..=2).contains(&digits) {
        return None;
    }
    let rest = time[len..].trim_ascii_start();
    // The machine and the program.
    let mut words = rest.splitn(3, |byte| *byte == b' ');
    let (machine, program, message) = (words.next(), words.next(), words.next());
    let is_program = machine.is_some() && program.is_some_and(|program| program.ends_with(b":"));
    message.filter(|_| is_program).or(Some(rest))
}

/// The text after the number of a rank, as `srun --label` writes it; the rows of CatBoost and Darknet begin alike.
fn after_rank(text: &[u8]) -> Option<&[u8]> {
    let digits = super::number::count_digits(text);
    let rest = text[digits..].strip_prefix(b": ")?;
    let is_row = rest.trim_ascii_start().starts_with(b"learn")
        || find(rest, b" avg").is_some_and(|avg| rest[..avg].contains(&b','));
    (digits <= 4 && !is_row).then_some(rest)
}

/// The text after a group in brackets that contains a time, a level, a rank or the name of a module.
fn after_group<'a>(
    text: &'a [u8],
    close: u8,
    wall_time_secs: &mut Option<f64>,
) -> Option<&'a [u8]> {
    let end = memchr::memchr(close, &text[..text.len().min(MAX_PREFIX)])?;
    let group = text[1..end].trim_ascii();
    let lower = group.to_ascii_lowercase();
    let stamp = date_and_time(group);
    if let Some((secs, _)) = stamp {
        *wall_time_secs = wall_time_secs.or(Some(secs));
    }
    let is_prefix = stamp.is_some()
        || time_of_day(group)
            .is_some_and(|(_, len)| group.get(len).is_none_or(|&next| next != b'<'))
        || matches!(group, [_, _, b'/' | b'-', _, _, b' ', rest @ ..] if time_of_day(rest).is_some())
        || LEVELS.iter().any(|level| group.starts_with(level))
        || lower.starts_with(b"rank")
        || lower.starts_with(b"default")
        || find(&lower, b"pid=").is_some()
        || find(&lower, b".py:").is_some()
        || lower.starts_with(b"lightgbm")
        || lower.ends_with(b".py")
        || lower.starts_with(b"pod/")
        || close == b')' && is_place(group)
        // The name of a machine.
        || date_and_time(text[end + 1..].trim_ascii_start()).is_some();
    is_prefix.then(|| without_joiner(&text[end + 1..]))
}

/// True for a module and its line: `trainer:650`.
fn is_place(group: &[u8]) -> bool {
    let Some(colon) = memchr::memchr(b':', group) else {
        return false;
    };
    let (name, line) = (&group[..colon], &group[colon + 1..]);
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
    name.first().is_some_and(u8::is_ascii_alphabetic)
        && name.iter().all(is_name)
        && !line.is_empty()
        && line.iter().all(u8::is_ascii_digit)
}

/// The text after `I0101 10:00:00.000000 1234 file.cpp:12] `.
fn after_glog(text: &[u8]) -> Option<&[u8]> {
    if super::number::count_digits(text.get(1..5)?) != 4 || text.get(5) != Some(&b' ') {
        return None;
    }
    let end = find(&text[..text.len().min(MAX_PREFIX)], b"] ")?;
    Some(&text[end + 2..])
}

/// The text after the level and, where the logger adds one, the place in the code.
fn after_level(text: &[u8]) -> &[u8] {
    let head = &text[..text.len().min(MAX_PREFIX)];
    // What stands before the first number or bracket cannot contain the message's pairs.
    let bound = head
        .iter()
        .position(|byte| matches!(byte, b'=' | b'{' | b'('))
        .unwrap_or(head.len());
    let head = &head[..bound];
    let Some((at, len)) = LEVELS.iter().find_map(|level| {
        let at = find(head, level)?;
        let is_word = at
            .checked_sub(1)
            .is_none_or(|before| !head[before].is_ascii_alphanumeric())
            && head
                .get(at + level.len())
                .is_some_and(|next| matches!(next, b' ' | b':' | b'|' | b'-' | b']' | b'\t'));
        is_word.then_some((at, level.len()))
    }) else {
        return text;
    };
    let mut rest = text[at + len..].trim_ascii_start();
    while let [b'-' | b':' | b'|' | b']', after @ ..] = rest {
        rest = after.trim_ascii_start();
    }
    after_place(rest)
}

/// The text after `module:function:12 - ` or `root:`.
fn after_place(text: &[u8]) -> &[u8] {
    let len = text
        .iter()
        .position(u8::is_ascii_whitespace)
        .unwrap_or(text.len());
    let place = &text[..len];
    for name in [&b"root:"[..], b"tensorflow:"] {
        if let Some(rest) = text.strip_prefix(name) {
            return rest;
        }
    }
    let is_place = place.last().is_some_and(u8::is_ascii_digit)
        && place.iter().filter(|&&byte| byte == b':').count() >= 2
        || place.ends_with(b".py")
        || find(place, b".py:").is_some();
    if is_place {
        return without_joiner(&text[len..]);
    }
    text
}

/// Seconds since the Unix epoch of a date and time at the start of `text`, and its length.
fn date_and_time(text: &[u8]) -> Option<(f64, usize)> {
    let (year, separator) = (field(text, 0, 4)?, *text.get(4)?);
    if !matches!(separator, b'-' | b'/') || text.get(7) != Some(&separator) {
        return None;
    }
    let (month, day) = (field(text, 5, 2)?, field(text, 8, 2)?);
    if !(1970..=2200).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    if !matches!(text.get(10), Some(b' ' | b'T' | b'_')) {
        return None;
    }
    let start = 11 + text[11..].iter().take_while(|&&byte| byte == b' ').count();
    let (secs, len) = time_of_day(&text[start..])?;
    let end = start + len;
    let (zone, zone_len) = zone(&text[end..]);
    let midnight = days_since_epoch(year, month, day) * 86_400;
    Some(((midnight - zone) as f64 + secs, end + zone_len))
}

/// Seconds by which the zone at the start of `text` is ahead of UTC, and its length: `Z`, `+02:00`, ` -0500`. A number after the
/// time is none.
fn zone(text: &[u8]) -> (i64, usize) {
    if text.first() == Some(&b'Z') {
        return (0, 1);
    }
    let blank = usize::from(text.first() == Some(&b' '));
    let rest = &text[blank..];
    let minutes_at = if rest.get(3) == Some(&b':') { 4 } else { 3 };
    let (Some(sign), Some(hours)) = (rest.first(), field(rest, 1, 2)) else {
        return (0, 0);
    };
    let (minutes, len) = match field(rest, minutes_at, 2) {
        Some(minutes) => (minutes, minutes_at + 2),
        // `+02`, as databases write it.
        None => (0, 3),
    };
    let ends = rest.get(len).is_none_or(|next| {
        next.is_ascii_whitespace() || matches!(next, b']' | b')' | b'|' | b',' | b':' | b';')
    });
    let is_zone = hours <= 14 && minutes % 15 == 0 && minutes < 60 && (len > 3 || blank == 0);
    match sign {
        b'+' if ends && is_zone => (hours * 3600 + minutes * 60, blank + len),
        b'-' if ends && is_zone => (-hours * 3600 - minutes * 60, blank + len),
        _ => (0, 0),
    }
}

/// Seconds since midnight of `10:00:00.123` at the start of `text`, and its length.
fn time_of_day(text: &[u8]) -> Option<(f64, usize)> {
    let (hours, minutes) = (field(text, 0, 2)?, field(text, 3, 2)?);
    if text[2] != b':' || text.get(5) != Some(&b':') {
        return None;
    }
    let seconds = field(text, 6, 2)?;
    let mut secs = (hours * 3600 + minutes * 60 + seconds) as f64;
    let mut end = 8;
    if matches!(text.get(8), Some(b'.' | b',')) {
        let digits = super::number::count_digits(&text[9..]);
        if digits > 0 {
            let fraction = std::str::from_utf8(&text[9..9 + digits.min(9)]).ok()?;
            secs += fraction.parse::<f64>().ok()? / 10_f64.powi(fraction.len() as i32);
            end = 9 + digits;
        }
    }
    Some((secs, end))
}

fn field(text: &[u8], at: usize, len: usize) -> Option<i64> {
    let digits = text.get(at..at + len)?;
    digits.iter().try_fold(0, |number, byte| {
        byte.is_ascii_digit()
            .then(|| number * 10 + i64::from(byte - b'0'))
    })
}

/// Days from 1970-01-01 to a date of the Gregorian calendar.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    // Years that begin in March, so that the leap day is the last one.
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year
        - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_removed() {
        for line in [
            "2024-01-01 10:00:00,123 - INFO - loss: 1",
            "[rank0]: loss: 1",
            "0: loss: 1",
            "0: [2023-10-16 15:16:33,376] [INFO] [logging.py:96:log_dist] [Rank 0] loss: 1",
            "07/03 13:04:23 - mmengine - INFO - loss: 1",
            "2020-01-01 10:00:00 | INFO | loss: 1",
            "INFO:root:loss: 1",
            "[01/02 10:00:00 d2.utils.events]: loss: 1",
            "I0101 10:00:00.000000 1234 solver.cpp:228] loss: 1",
            "2024-01-01 10:00:00.000 | INFO     | __main__:train:123 - loss: 1",
            "(WorkerDict pid=123, ip=1.2.3.4) loss: 1",
            "[10:00:00] loss: 1",
            "[host] 2021-01-01 10:00:00,123 (trainer:650) INFO: loss: 1",
        ] {
            let text = without_prefix(line.as_bytes()).text;
            assert_eq!(std::str::from_utf8(text).unwrap(), "loss: 1", "{line}");
        }
        for line in [
            "[10]\ttrain-rmse:0.5",
            "10:\tlearn: 0.5",
            "[Epoch 3/100] [Batch 10/200]",
            "Information: 5",
        ] {
            assert_eq!(without_prefix(line.as_bytes()).text, line.as_bytes());
        }
    }

    #[test]
    fn full_dates_are_wall_times() {
        let secs = |line: &str| without_prefix(line.as_bytes()).wall_time_secs;
        assert_eq!(
            secs("2024-01-01 10:00:00,250 - INFO - x"),
            Some(1_704_103_200.25)
        );
        assert_eq!(secs("[2024/02/29T00:00:01Z] x"), Some(1_709_164_801.0));
        for (zone, hours) in [
            ("+02:00", 2.0),
            ("-0500", -5.0),
            (" +0530", 5.5),
            ("+02", 2.0),
            (" UTC", 0.0),
            (" -0500]", -5.0),
            // No zones.
            (" -12", 0.0),
            (" -1234.5", 0.0),
            (" +0.5", 0.0),
            (" - 0100", 0.0),
            (" +9900", 0.0),
        ] {
            let line = format!("2024-01-01 10:00:00.25{zone} step: 1, loss: 0.5");
            let expected = 1_704_103_200.25 - hours * 3600.0;
            assert_eq!(secs(&line), Some(expected), "{line}");
            let in_brackets = format!(
                "[2024-01-01T10:00:00{}] step: 1",
                zone.trim_end_matches(']')
            );
            assert_eq!(secs(&in_brackets), Some(expected - 0.25), "{in_brackets}");
        }
        assert_eq!(
            without_prefix(b"2024-01-01T10:00:00+02:00 step: 1").text,
            b"step: 1"
        );
        assert_eq!(secs("07/03 13:04:23 - mmengine - INFO - x"), None);
        assert_eq!(secs("10:00:00 x"), None);
    }
}
