//! Fonts of the system, for characters that the embedded fonts lack. They are looked for when the first such character is
//! shown, which takes some tenths of a second, and their files are mapped by the library rather than read.

use std::sync::OnceLock;

use egui::{FallbackRequest, FontInsert, FontProvider};
use egui_system_font_provider::SystemFontProvider;

/// The system's fonts, once they are needed.
#[derive(Default)]
pub(crate) struct SystemFonts {
    found: OnceLock<SystemFontProvider>,
}

impl FontProvider for SystemFonts {
    fn font_for(&self, request: &FallbackRequest<'_>) -> Option<FontInsert> {
        let found = self.found.get_or_init(SystemFontProvider::new);
        found.font_for(request)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn fonts_are_looked_for_when_a_character_needs_them() {
        let fonts = Arc::new(SystemFonts::default());
        let ctx = egui::Context::default();
        crate::style::install(&ctx);
        let provider: Arc<dyn FontProvider> = Arc::clone(&fonts) as _;
        ctx.add_font_provider(provider);
        let show = |text: &str| {
            let mut output = ctx.run_ui(egui::RawInput::default(), |ui| {
                ui.label(text);
            });
            // Nothing is painted.
            output.textures_delta.clear();
        };
        show("train/loss ± 0.5");
        assert!(fonts.found.get().is_none(), "the embedded fonts have these");
        show("損失");
        assert!(fonts.found.get().is_some());
    }
}
