//! Points in time written as text.

use time::{Date, Month};

/// Seconds since the Unix epoch of `2024-01-31T12:30:00.25`, with `T` or a space, taken as UTC unless it ends
/// in an offset (`Z`, `+01:00`). Loggers that write local time do not say of which zone it is.
pub(crate) fn unix_secs(text: &str) -> Option<f64> {
    let text = text.trim();
    let (date, rest) = text.split_at_checked(10)?;
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let month = Month::try_from(month.parse::<u8>().ok()?).ok()?;
    let date = Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok()?;
    let midnight = date.midnight().assume_utc().unix_timestamp();
    let clock = rest.strip_prefix(['T', ' ', '_'])?;
    let zone = clock.find(['Z', '+', '-']).unwrap_or(clock.len());
    let (clock, zone) = clock.split_at(zone);
    let mut parts = clock.split(':');
    let hour: f64 = parts.next()?.parse().ok()?;
    let minute: f64 = parts.next()?.parse().ok()?;
    let second: f64 = parts.next().unwrap_or("0").replace(',', ".").parse().ok()?;
    Some(midnight as f64 + hour * 3600.0 + minute * 60.0 + second - zone_secs(zone)?)
}

/// The offset of a time zone: `Z`, `+01:00`, `+0100`.
fn zone_secs(zone: &str) -> Option<f64> {
    if zone.is_empty() || zone == "Z" {
        return Some(0.0);
    }
    let (sign, rest) = zone.split_at_checked(1)?;
    let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
    let hours: f64 = digits.get(..2)?.parse().ok()?;
    let minutes: f64 = digits.get(2..4).unwrap_or("0").parse().ok()?;
    let secs = hours * 3600.0 + minutes * 60.0;
    Some(if sign == "-" { -secs } else { secs })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_since_1970() {
        for (text, expected) in [
            ("1970-01-01T00:00:00", 0.0),
            ("2024-02-29 12:30:00.5", 1_709_209_800.5),
            ("2024-02-29 12:30:00,5", 1_709_209_800.5),
            ("2024-02-29T12:30:00Z", 1_709_209_800.0),
            ("2024-02-29T13:30:00+01:00", 1_709_209_800.0),
            ("2000-12-31T23:59:59", 978_307_199.0),
        ] {
            assert_eq!(unix_secs(text), Some(expected), "{text}");
        }
        for text in [
            "",
            "12:30:00",
            "2024-13-01T00:00:00",
            "2023-02-29T00:00:00",
            "2024-02-29",
            "abcdefghijklmnop",
        ] {
            assert_eq!(unix_secs(text), None, "{text}");
        }
    }
}
