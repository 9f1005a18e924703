//! The embedded fonts and their metrics. The window and all exporters measure text here.

use std::sync::OnceLock;

use ttf_parser::Face;

/// Inter Regular, embedded.
pub static REGULAR: &[u8] = include_bytes!("../../../assets/fonts/Inter-Regular.otf");
/// Inter SemiBold, embedded.
pub static SEMI_BOLD: &[u8] = include_bytes!("../../../assets/fonts/Inter-SemiBold.otf");

/// The weight of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Body text.
    Regular,
    /// Titles.
    SemiBold,
}

fn face(weight: Weight) -> &'static Face<'static> {
    static FACES: OnceLock<[Face<'static>; 2]> = OnceLock::new();
    let [regular, semi_bold] = FACES.get_or_init(|| {
        [REGULAR, SEMI_BOLD].map(|bytes| {
            Face::parse(bytes, 0).expect("the embedded fonts are checked in and parse")
        })
    });
    match weight {
        Weight::Regular => regular,
        Weight::SemiBold => semi_bold,
    }
}

/// Width of `text` in the unit of `size`. Glyphs that the font lacks get the width of a capital M, so that glyphs of
/// a fallback font fit.
#[must_use]
pub fn text_width(text: &str, size: f32, weight: Weight) -> f32 {
    let face = face(weight);
    let missing = face.units_per_em();
    let units: f32 = text
        .chars()
        .map(|c| {
            face.glyph_index(c)
                .and_then(|glyph| face.glyph_hor_advance(glyph))
                .unwrap_or(missing)
        })
        .map(f32::from)
        .sum();
    units * size / f32::from(face.units_per_em())
}

/// Whether the embedded font has a glyph for every character of `text`.
#[must_use]
pub fn covers(text: &str) -> bool {
    text.chars()
        .all(|c| face(Weight::Regular).glyph_index(c).is_some())
}

/// Height of capital letters in the unit of `size`.
#[must_use]
pub fn cap_height(size: f32) -> f32 {
    let face = face(Weight::Regular);
    f32::from(face.capital_height().unwrap_or(2048)) * size / f32::from(face.units_per_em())
}

/// `text`, truncated with an ellipsis if it is wider than `width`.
#[must_use]
pub fn elide(text: &str, size: f32, weight: Weight, width: f32) -> String {
    if text_width(text, size, weight) <= width {
        return text.to_owned();
    }
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let candidate = |end: &usize| text[..*end].trim_end().to_owned() + "…";
    let fitting = ends.partition_point(|end| text_width(&candidate(end), size, weight) <= width);
    match fitting.checked_sub(1) {
        Some(last) => candidate(&ends[last]),
        None => String::new(),
    }
}

/// `text`, with an ellipsis in its middle, and no others, if it is wider than `width`: names often differ at their ends.
#[must_use]
pub fn elide_middle(text: &str, size: f32, weight: Weight, width: f32) -> String {
    if text_width(text, size, weight) <= width {
        return text.to_owned();
    }
    let chars: Vec<char> = text.chars().filter(|c| *c != '…').collect();
    let candidate = |kept: usize| {
        let (start, end) = (kept.div_ceil(2), kept / 2);
        let start: String = chars[..start].iter().collect();
        let end: String = chars[chars.len() - end..].iter().collect();
        format!("{}…{}", start.trim_end(), end.trim_start())
    };
    let lengths: Vec<usize> = (1..chars.len()).collect();
    let fitting =
        lengths.partition_point(|kept| text_width(&candidate(*kept), size, weight) <= width);
    match fitting.checked_sub(1) {
        Some(last) => candidate(lengths[last]),
        None => String::new(),
    }
}

/// `text` broken at spaces into lines no wider than `width`; a longer word gets its own line and is elided.
#[must_use]
pub fn wrap(text: &str, size: f32, weight: Weight, width: f32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word = elide(word, size, weight, width);
        if let Some(line) = lines.last_mut()
            && text_width(&format!("{line} {word}"), size, weight) <= width
        {
            line.push(' ');
            line.push_str(&word);
            continue;
        }
        lines.push(word);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_add_up_and_lines_fit() {
        let width = text_width("loss surface", 10.0, Weight::Regular);
        assert!((50.0..80.0).contains(&width), "{width}");
        let text = "a caption that is rather too long for the line it has to fit on";
        let lines = wrap(text, 10.0, Weight::Regular, 100.0);
        assert!(lines.len() > 2);
        assert!(
            lines
                .iter()
                .all(|line| text_width(line, 10.0, Weight::Regular) <= 100.0)
        );
        assert_eq!(lines.join(" "), text);
    }

    #[test]
    fn a_word_that_does_not_fit_is_elided() {
        let text = elide(&"m".repeat(300), 10.0, Weight::Regular, 50.0);
        assert!(text.ends_with('…') && text_width(&text, 10.0, Weight::Regular) <= 50.0);
        assert_eq!(elide("run", 10.0, Weight::Regular, 1.0), "");
        let name = "a-long-name-of-a-run-seed-1";
        let text = elide_middle(name, 10.0, Weight::Regular, 60.0);
        assert!(text.starts_with("a-") && text.ends_with("-1"), "{text}");
        assert!(text_width(&text, 10.0, Weight::Regular) <= 60.0);
    }

    #[test]
    fn unknown_glyphs_have_a_width() {
        assert!(text_width("损失", 10.0, Weight::Regular) >= 20.0);
    }
}
