//! Shortcuts as people write them, and how many modifiers they need.

use egui::{Key, KeyboardShortcut, Modifiers};

pub(crate) fn modifier_count(modifiers: Modifiers) -> usize {
    let Modifiers {
        alt,
        shift,
        command,
        ..
    } = modifiers;
    [alt, shift, command]
        .into_iter()
        .filter(|held| *held)
        .count()
}

/// A shortcut as people write it.
pub(crate) fn written(shortcut: &KeyboardShortcut) -> String {
    let key = match shortcut.logical_key {
        Key::Escape => "Esc",
        Key::Plus => "+",
        Key::Minus => "-",
        Key::Equals => "=",
        Key::Slash => "/",
        Key::Backslash => "\\",
        Key::OpenBracket => "[",
        Key::CloseBracket => "]",
        Key::Questionmark => "?",
        key => key.name(),
    };
    let modifiers = shortcut.modifiers;
    let mut text = String::new();
    for (held, name) in [
        (modifiers.command, "Ctrl+"),
        (modifiers.alt, "Alt+"),
        (modifiers.shift, "Shift+"),
    ] {
        if held {
            text += name;
        }
    }
    text + key
}
