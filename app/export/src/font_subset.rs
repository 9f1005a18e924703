//! The part of an OpenType font that some characters need, as a font of its own.
//!
//! `subsetter` makes fonts for PDF, which finds glyphs by their index. Other programs need a table from characters to
//! glyphs and the font's metrics too: these are added here.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use subsetter::GlyphRemapper;
use trainscape_scene::font::{self, Weight};
use ttf_parser::{Face, RawFace, Tag};

/// Bytes of the header of a font and of each entry of its list of tables.
const HEADER_BYTES: usize = 12;
const ENTRY_BYTES: usize = 16;
/// What the sum of all words of a font is, by its adjustment in `head`.
const CHECKSUM: u32 = 0xb1b0_afba;

/// The style rule that embeds the glyphs of `characters` in a document, so that its text looks alike where Inter is not
/// installed; `None` where the font has none of them.
pub(crate) fn font_face(weight: Weight, characters: &BTreeSet<char>) -> Option<String> {
    let (number, font) = match weight {
        Weight::Regular => (400, font::REGULAR),
        Weight::SemiBold => (600, font::SEMI_BOLD),
    };
    let face = Face::parse(font, 0).ok()?;
    let mut known = characters.iter();
    known.find(|character| face.glyph_index(**character).is_some())?;
    let small = subset(font, characters)?;
    let data = base64::engine::general_purpose::STANDARD.encode(small);
    Some(format!(
        r#"@font-face{{font-family:"Inter";font-weight:{number};src:url(data:font/otf;base64,{data})}}"#
    ))
}

/// A font with the glyphs of `characters`; `None` where the font cannot be read.
pub(crate) fn subset(font: &[u8], characters: &BTreeSet<char>) -> Option<Vec<u8>> {
    let face = Face::parse(font, 0).ok()?;
    let mut glyphs = GlyphRemapper::new();
    let mut glyph_of = BTreeMap::new();
    for c in characters {
        if let Some(glyph) = face.glyph_index(*c) {
            glyph_of.insert(u32::from(*c), glyphs.remap(glyph.0));
        }
    }
    let small = subsetter::subset(font, 0, &glyphs).ok()?;
    let raw = RawFace::parse(&small, 0).ok()?;
    let mut tables: BTreeMap<[u8; 4], Vec<u8>> = BTreeMap::new();
    for record in raw.table_records {
        tables.insert(record.tag.to_bytes(), raw.table(record.tag)?.to_vec());
    }
    let metrics = face.raw_face().table(Tag::from_bytes(b"OS/2"))?;
    tables.insert(*b"OS/2", metrics.to_vec());
    tables.insert(*b"cmap", character_map(&glyph_of));
    assemble(small.get(..4)?, tables)
}

/// A `cmap` of one subtable of format 12, with a group for each character.
fn character_map(glyph_of: &BTreeMap<u32, u16>) -> Vec<u8> {
    const SUBTABLE_AT: u32 = 12;
    let groups = glyph_of.len() as u32;
    let mut map = Vec::new();
    // Version 0, one subtable of Windows with full Unicode.
    for number in [0_u16, 1, 3, 10] {
        map.extend(number.to_be_bytes());
    }
    map.extend(SUBTABLE_AT.to_be_bytes());
    map.extend(12_u16.to_be_bytes());
    map.extend(0_u16.to_be_bytes());
    for number in [16 + 12 * groups, 0, groups] {
        map.extend(number.to_be_bytes());
    }
    for (character, glyph) in glyph_of {
        for number in [*character, *character, u32::from(*glyph)] {
            map.extend(number.to_be_bytes());
        }
    }
    map
}

fn assemble(version: &[u8], mut tables: BTreeMap<[u8; 4], Vec<u8>>) -> Option<Vec<u8>> {
    tables.get_mut(b"head")?.get_mut(8..12)?.fill(0);
    let count = u16::try_from(tables.len()).ok()?;
    let selector = count.checked_ilog2()? as u16;
    let range = 16 << selector;
    let mut font = version.to_vec();
    for number in [count, range, selector, 16 * count - range] {
        font.extend(number.to_be_bytes());
    }
    let mut at = HEADER_BYTES + ENTRY_BYTES * tables.len();
    let mut head_at = 0;
    for (tag, table) in &tables {
        if tag == b"head" {
            head_at = at;
        }
        font.extend(tag);
        for number in [checksum(table), at as u32, table.len() as u32] {
            font.extend(number.to_be_bytes());
        }
        at += table.len().next_multiple_of(4);
    }
    for table in tables.values() {
        font.extend(table);
        font.resize(font.len().next_multiple_of(4), 0);
    }
    let adjustment = CHECKSUM.wrapping_sub(checksum(&font));
    let place = font.get_mut(head_at + 8..head_at + 12)?;
    place.copy_from_slice(&adjustment.to_be_bytes());
    Some(font)
}

/// The sum of the words of a table.
fn checksum(bytes: &[u8]) -> u32 {
    let word = |bytes: &[u8]| {
        let mut word = [0; 4];
        word[..bytes.len()].copy_from_slice(bytes);
        u32::from_be_bytes(word)
    };
    bytes.chunks(4).map(word).fold(0, u32::wrapping_add)
}

#[cfg(test)]
mod tests {
    use trainscape_scene::font::REGULAR;

    use super::*;

    #[test]
    fn a_rule_needs_a_character_of_the_font() {
        let rule = |text: &str| font_face(Weight::SemiBold, &text.chars().collect());
        let start =
            r#"@font-face{font-family:"Inter";font-weight:600;src:url(data:font/otf;base64,"#;
        assert!(rule("a損").is_some_and(|rule| rule.starts_with(start)));
        assert_eq!(rule(""), None);
        assert_eq!(rule("損"), None);
    }

    #[test]
    fn a_subset_is_a_font_with_its_characters_alone() {
        let characters = BTreeSet::from(['a', 'σ', '−', '損']);
        let bytes = subset(REGULAR, &characters).unwrap();
        assert!(bytes.len() < REGULAR.len() / 10, "{} bytes", bytes.len());
        assert_eq!(checksum(&bytes), CHECKSUM);
        let (small, whole) = (
            Face::parse(&bytes, 0).unwrap(),
            Face::parse(REGULAR, 0).unwrap(),
        );
        for c in ['a', 'σ', '−'] {
            let width = |face: &Face<'_>| face.glyph_hor_advance(face.glyph_index(c)?);
            assert!(width(&small).is_some(), "{c}");
            assert_eq!(width(&small), width(&whole), "{c}");
        }
        assert_eq!(small.glyph_index('b'), None);
        assert_eq!(small.ascender(), whole.ascender());
    }
}
