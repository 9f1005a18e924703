//! The fonts of a page: the embedded ones, and those of the system for characters that they lack.

use krilla::text::{Font, GlyphId, KrillaGlyph};
use resvg::usvg::fontdb;
use trainscape_scene::{
    figure::{
        Figure,
        overlay::{Shape, Text},
    },
    font::{self, Weight},
};
use ttf_parser::Face;

use crate::error::ExportError;

/// Fonts of the system that one page may use.
const MOST_SYSTEM_FONTS: usize = 16;

/// Characters of one font.
pub(super) struct Run {
    pub(super) font: Font,
    pub(super) text: String,
    pub(super) glyphs: Vec<KrillaGlyph>,
    pub(super) width_pt: f32,
}

struct LoadedFont {
    font: Font,
    bytes: Vec<u8>,
    index: u32,
}

impl LoadedFont {
    fn new(bytes: &[u8], index: u32) -> Option<Self> {
        Face::parse(bytes, index).ok()?;
        Some(Self {
            font: Font::new(bytes.to_vec().into(), index)?,
            bytes: bytes.to_vec(),
            index,
        })
    }

    fn face(&self) -> Face<'_> {
        Face::parse(&self.bytes, self.index).expect("invariant: parsed when it was loaded")
    }
}

/// The fonts of a page.
pub(super) struct Fonts {
    /// Regular, semi-bold, then those of the system.
    loaded: Vec<LoadedFont>,
    system: fontdb::Database,
}

impl Fonts {
    pub(super) fn of(figure: &Figure) -> Result<Self, ExportError> {
        let embedded = [font::REGULAR, font::SEMI_BOLD].map(|bytes| LoadedFont::new(bytes, 0));
        let loaded: Option<Vec<LoadedFont>> = embedded.into_iter().collect();
        let mut system = fontdb::Database::new();
        let foreign = figure.overlay.shapes.iter().any(|shape| match shape {
            Shape::Text(text) => !font::covers(&text.text),
            _ => false,
        });
        if foreign {
            system.load_system_fonts();
        }
        Ok(Self {
            loaded: loaded.ok_or_else(|| ExportError::Encode {
                reason: "the embedded fonts cannot be read".to_owned(),
            })?,
            system,
        })
    }

    /// A text as runs of characters with the same font, placed as it was laid out.
    pub(super) fn runs(&mut self, text: &Text) -> Vec<Run> {
        let own = usize::from(text.weight == Weight::SemiBold);
        let mut runs: Vec<(usize, String)> = Vec::new();
        for c in text.text.chars().filter(|c| !c.is_control()) {
            let font = self.font_with(c, own);
            match runs.last_mut() {
                Some((last, text)) if *last == font => text.push(c),
                _ => runs.push((font, c.to_string())),
            }
        }
        let run = |(at, characters): (usize, String)| {
            let loaded = &self.loaded[at];
            let face = loaded.face();
            let width_of = |c: char| font::text_width(c.encode_utf8(&mut [0; 4]), 1.0, text.weight);
            let glyphs = characters.char_indices().map(|(start, c)| {
                let glyph = face.glyph_index(c).unwrap_or_default();
                let range = start..start + c.len_utf8();
                let id = GlyphId::new(glyph.0.into());
                KrillaGlyph::new(id, width_of(c), 0.0, 0.0, 0.0, range, None)
            });
            Run {
                font: loaded.font.clone(),
                glyphs: glyphs.collect(),
                width_pt: characters.chars().map(width_of).sum::<f32>() * text.size,
                text: characters,
            }
        };
        runs.into_iter().map(run).collect()
    }

    /// The font that has a character: `own`, or the first other one; `own` where none has it.
    fn font_with(&mut self, c: char, own: usize) -> usize {
        let has = |loaded: &LoadedFont| loaded.face().glyph_index(c).is_some();
        if has(&self.loaded[own]) {
            return own;
        }
        if let Some(found) = self.loaded.iter().position(has) {
            return found;
        }
        if self.loaded.len() >= 2 + MOST_SYSTEM_FONTS {
            return own;
        }
        let found = self.system.faces().find_map(|face| {
            let loaded = self.system.with_face_data(face.id, |bytes, index| {
                let parsed = Face::parse(bytes, index).ok()?;
                parsed.glyph_index(c)?;
                LoadedFont::new(bytes, index)
            });
            loaded.flatten()
        });
        match found {
            Some(font) => {
                self.loaded.push(font);
                self.loaded.len() - 1
            }
            None => own,
        }
    }
}
