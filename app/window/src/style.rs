//! Fonts, colours and spacing of the interface.

use std::sync::Arc;

use egui::{Color32, FontData, FontDefinitions, FontFamily, FontId, TextStyle};
use trainscape_scene::{colour::Colour, font, theme::ThemeName};

/// The family of figure text.
pub(crate) fn regular() -> FontFamily {
    FontFamily::Name("figure regular".into())
}

/// The family of figure titles.
pub(crate) fn semi_bold() -> FontFamily {
    FontFamily::Name("figure semi-bold".into())
}

/// The family of icons.
pub(crate) fn icons() -> FontFamily {
    FontFamily::Name("icons".into())
}

/// The colour of what arrives now, with a contrast above 4.5 to both backgrounds.
pub(crate) fn live(is_dark: bool) -> Color32 {
    if is_dark {
        Color32::from_rgb(0x4c, 0xc3, 0x8a)
    } else {
        Color32::from_rgb(0x1a, 0x7f, 0x4e)
    }
}

/// A scene's colour as egui has it.
pub(crate) fn color32(colour: Colour) -> Color32 {
    let [r, g, b] = colour.rgb;
    Color32::from_rgba_unmultiplied(r, g, b, colour.alpha)
}

/// Installs fonts and styles.
pub fn install(ctx: &egui::Context) {
    let mut fonts = FontDefinitions::default();
    for (name, bytes) in [
        ("inter", font::REGULAR),
        ("inter semi-bold", font::SEMI_BOLD),
        ("lucide", lucide_icons::LUCIDE_FONT_BYTES),
    ] {
        fonts
            .font_data
            .insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    // egui's own fonts stay behind ours for what Inter lacks.
    let fallback = fonts
        .families
        .get(&FontFamily::Proportional)
        .cloned()
        .unwrap_or_default();
    let chain = |first: &str| {
        std::iter::once(first.to_owned())
            .chain(fallback.clone())
            .collect()
    };
    fonts
        .families
        .insert(FontFamily::Proportional, chain("inter"));
    fonts.families.insert(regular(), chain("inter"));
    fonts.families.insert(semi_bold(), chain("inter semi-bold"));
    fonts.families.insert(icons(), vec!["lucide".to_owned()]);
    ctx.set_fonts(fonts);
    ctx.all_styles_mut(|style| {
        style.text_styles = [
            (
                TextStyle::Small,
                FontId::new(11.0, FontFamily::Proportional),
            ),
            (TextStyle::Body, FontId::new(13.0, FontFamily::Proportional)),
            (
                TextStyle::Button,
                FontId::new(13.0, FontFamily::Proportional),
            ),
            (TextStyle::Heading, FontId::new(14.0, semi_bold())),
            (
                TextStyle::Monospace,
                FontId::new(12.0, FontFamily::Monospace),
            ),
        ]
        .into();
        style.spacing.item_spacing = egui::vec2(8.0, 5.0);
        style.spacing.button_padding = egui::vec2(8.0, 3.0);
        style.spacing.slider_width = 120.0;
        style.animation_time = 0.0;
        // Each blink would draw the whole window again.
        style.visuals.text_cursor.blink = false;
    });
    for (theme, name) in [
        (egui::Theme::Dark, ThemeName::Dark),
        (egui::Theme::Light, ThemeName::Light),
    ] {
        let figure = name.theme();
        ctx.style_mut_of(theme, |style| {
            let visuals = &mut style.visuals;
            visuals.panel_fill = color32(figure.wall);
            visuals.extreme_bg_color = color32(figure.background);
            visuals.override_text_color = None;
            let text = color32(figure.text);
            visuals.widgets.noninteractive.fg_stroke.color = text;
            visuals.widgets.inactive.fg_stroke.color = text;
            visuals.widgets.noninteractive.bg_stroke.color = color32(figure.grid);
            // White on this blue and this blue on both backgrounds have a contrast above 4.5.
            visuals.selection.bg_fill = Color32::from_rgb(0x1f, 0x6f, 0xc9);
            visuals.selection.stroke.color = Color32::WHITE;
            visuals.weak_text_color = Some(color32(figure.muted_text));
            // egui's own red is too weak on both.
            visuals.error_fg_color = match theme {
                egui::Theme::Dark => Color32::from_rgb(0xff, 0x8a, 0x80),
                egui::Theme::Light => Color32::from_rgb(0xb3, 0x1d, 0x16),
            };
        });
    }
}
