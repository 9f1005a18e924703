/// Seconds since the Unix epoch of `2026-11-25T23:09:20.544544+00:00`; `None` without a time zone, because
/// such a time is that of an unknown place.
pub(super) fn unix_secs(text: &str) -> Option<f64> {
    let (date, rest) = text.split_at_checked(10)?;
    let mut date = date.split('-').map(str::parse::<i64>);
    let (year, month, day) = (date.next()?.ok()?, date.next()?.ok()?, date.next()?.ok()?);
    let rest = rest.strip_prefix(['T', ' '])?;
    let zone_at = rest.find(['Z', '+', '-'])?;
    let (clock, zone) = rest.split_at(zone_at);
    let mut clock = clock.split(':');
    let hours: i64 = clock.next()?.parse().ok()?;
    let minutes: i64 = clock.next()?.parse().ok()?;
    let secs = clock.next()?;
    let (secs, fraction) = secs.split_once('.').unwrap_or((secs, "0"));
    let secs: i64 = secs.parse().ok()?;
    let offset = offset_secs(zone)?;
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || !(1970..10_000).contains(&year) {
        return None;
    }
    let whole = days(year, month, day) * 86_400 + hours * 3600 + minutes * 60 + secs - offset;
    // One rounding of the decimal number, as in Python's `timestamp()`.
    format!("{whole}.{fraction}").parse().ok()
}

fn offset_secs(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    Some(sign * (hours.parse::<i64>().ok()? * 3600 + minutes.parse::<i64>().ok()? * 60))
}

/// Days from 1970-01-01 in the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March, so that the leap day is their last one.
    let year = year - i64::from(month <= 2);
    let month = (month + 9) % 12;
    let leap_days = year / 4 - year / 100 + year / 400;
    year * 365 + leap_days + (month * 153 + 2) / 5 + day - 719_469
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_with_a_zone_are_read() {
        assert_eq!(unix_secs("1970-01-01T00:00:00Z"), Some(0.0));
        assert_eq!(
            unix_secs("2026-11-25T23:09:20.544544+00:00"),
            Some(1_795_648_160.544_544)
        );
        assert_eq!(
            unix_secs("2024-02-29 12:00:00.5+05:30"),
            Some(1_709_188_200.5)
        );
        for text in [
            "",
            "2026-11-25",
            "2026-11-25 23:09:20.5",
            "2026-99-25T00:00:00Z",
            "ä",
        ] {
            assert_eq!(unix_secs(text), None, "{text}");
        }
    }
}
