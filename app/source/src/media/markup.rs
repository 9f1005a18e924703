//! The subset of HTML that Plotly allows in titles and texts.

/// The text without tags, with entities as characters. A line break becomes `line_break`.
pub(super) fn plain(text: &str, line_break: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['<', '&']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let read = match rest.starts_with('<') {
            true => tag(rest, line_break),
            false => entity(rest),
        };
        match read {
            Some((written, len)) => {
                out.push_str(&written);
                rest = &rest[len..];
            }
            None => {
                out.push_str(&rest[..1]);
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    let trimmed = out.trim();
    trimmed.to_owned()
}

/// The replacement of the tag at the start and its length; `None` for a plain `<`.
fn tag(text: &str, line_break: &str) -> Option<(String, usize)> {
    let end = text.find('>')?;
    let name = text[1..end].trim_start_matches('/');
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let name: String = name
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    let written = match name.eq_ignore_ascii_case("br") {
        true => line_break.to_owned(),
        false => String::new(),
    };
    Some((written, end + 1))
}

fn entity(text: &str) -> Option<(String, usize)> {
    // The longest valid one is `&#x10FFFF;`.
    let end = text.bytes().take(12).position(|byte| byte == b';')?;
    let name = &text[1..end];
    let character = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "times" => '×',
        "plusmn" => '±',
        "mu" => 'μ',
        "deg" => '°',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    };
    Some((character.to_string(), end + 1))
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn tags_are_removed_and_entities_become_characters() {
        for (text, wanted) in [
            ("<b>Loss</b> &amp; <i style=\"x\">rate</i>", "Loss & rate"),
            ("Step: 0<br>Loss: 3.5<br/>x", "Step: 0, Loss: 3.5, x"),
            ("a < b & c > d", "a < b & c > d"),
            ("&lt;b&gt; &#955; &#x3bb; &nope; &", "<b> λ λ &nope; &"),
            ("&#xffffffffff; <", "&#xffffffffff; <"),
            ("  ", ""),
            ("λ<sub>1</sub>", "λ1"),
        ] {
            assert_eq!(plain(text, ", "), wanted);
        }
    }
}
