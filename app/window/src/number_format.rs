//! Numbers as notes and tables show them.

/// A number with six digits: a figure's note is read, the record itself stays exact in the table.
pub(crate) fn shortened(value: &str) -> String {
    match value.parse::<f64>() {
        Ok(number) if value.len() > 9 && number.is_finite() => six_digits(number),
        _ => value.to_owned(),
    }
}

/// A logged number as its logger wrote it: values of 32 bits in the digits that tell them apart, others in nine.
pub(crate) fn as_logged(value: &str) -> String {
    let Ok(number) = value.parse::<f64>() else {
        return value.to_owned();
    };
    if value.len() <= 9 || !number.is_finite() || number.fract() == 0.0 {
        return value.to_owned();
    }
    let single = number as f32;
    let is_single = f64::from(single) == number;
    let digits = match is_single {
        true => single.to_string().parse().unwrap_or(number),
        false => format!("{number:.8e}").parse().unwrap_or(number),
    };
    match digits.abs() {
        magnitude if magnitude < 1e-4 => format!("{digits:e}"),
        _ => digits.to_string(),
    }
}

/// A number rounded to six digits.
pub(crate) fn six_digits(number: f64) -> String {
    let magnitude = number.abs();
    if number != 0.0 && !(1e-4..1e7).contains(&magnitude) {
        let rounded: f64 = format!("{number:.5e}").parse().unwrap_or(number);
        return format!("{rounded:e}");
    }
    let digits_before = if magnitude >= 1.0 {
        magnitude.log10().floor() as i32 + 1
    } else {
        0
    };
    let scale = 10_f64.powi((6 - digits_before).max(0));
    ((number * scale).round() / scale).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_have_six_digits_and_short_texts_stay() {
        assert_eq!(shortened("2.9298152923583984"), "2.92982");
        assert_eq!(shortened("0.00012345678901"), "0.000123");
        assert_eq!(shortened("0.0000123456789"), "1.23457e-5");
        assert_eq!(shortened("123456.789012"), "123457");
        assert_eq!(shortened("12345"), "12345");
        assert_eq!(shortened("run-0123456789"), "run-0123456789");
        assert_eq!(as_logged("0.5060999989509583"), "0.5061");
        assert_eq!(as_logged("124.14786299999999"), "124.147863");
        assert_eq!(as_logged("0.00000025875"), "2.5875e-7");
        assert_eq!(as_logged("123456789012"), "123456789012");
        assert_eq!(as_logged("run-2020-08-28"), "run-2020-08-28");
        assert_eq!(six_digits(1e-4), "0.0001");
        assert_eq!(six_digits(0.0), "0");
    }
}
