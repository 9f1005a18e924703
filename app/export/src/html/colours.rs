//! Colours of a page: those of the theme by their role, so that the page can change its theme.

use serde_json::{Value, json};
use trainscape_scene::{
    colour::Colour,
    scene::PathColour,
    theme::{Theme, ThemeName},
};

/// The theme of a figure, and the one that its page changes to.
pub(super) fn theme_names(theme: &Theme) -> [ThemeName; 2] {
    let name = ThemeName::ALL
        .into_iter()
        .find(|name| name.theme() == *theme)
        .unwrap_or_default();
    let other = match name {
        ThemeName::Paper | ThemeName::Light => ThemeName::Dark,
        ThemeName::Dark => ThemeName::Light,
    };
    [name, other]
}

/// The colours of a theme by their role.
pub(super) fn theme(theme: &Theme) -> Value {
    // The edges of the walls: darker than the grid.
    let edge = ("edge", theme.axis.mix(theme.grid, 0.6));
    let entries = roles(theme).into_iter().chain([edge]);
    let entries = entries.map(|(role, colour)| (role.to_owned(), json!(hex(colour))));
    Value::Object(entries.collect())
}

fn roles(theme: &Theme) -> [(&'static str, Colour); 9] {
    [
        ("text", theme.text),
        ("mutedText", theme.muted_text),
        ("axis", theme.axis),
        ("path", theme.path),
        ("mutedPath", theme.muted_path),
        ("grid", theme.grid),
        ("background", theme.background),
        ("wall", theme.wall),
        ("callout", theme.callout),
    ]
}

/// The role of a colour of the theme, or the colour itself; the opacity is not part of it.
pub(super) fn role_or_hex(colour: Colour, theme: &Theme) -> String {
    roles(theme)
        .into_iter()
        .find(|(_, of_theme)| of_theme.rgb == colour.rgb)
        .map_or_else(|| hex(colour), |(role, _)| role.to_owned())
}

pub(super) fn hex(colour: Colour) -> String {
    let [r, g, b] = colour.rgb;
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// The colour of a path: a role of the theme, or a colour.
pub(super) fn of_path(colour: &PathColour) -> String {
    match colour {
        PathColour::Theme | PathColour::Values(..) => "path".to_owned(),
        PathColour::Muted => "mutedPath".to_owned(),
        PathColour::Solid(colour) | PathColour::Outlined(colour) => hex(*colour),
    }
}
