//! What a key does, and what the help says about it.

use egui::{Key, Modifiers};

/// What a key or a button asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    OpenFolder,
    ExportPng,
    ExportGlb,
    ResetView,
    ViewFront,
    ViewSide,
    ViewTop,
    ViewBack,
    ViewOtherSide,
    ViewBelow,
    ToggleProjection,
    ToggleLogZ,
    FocusFilter,
    ToggleHelp,
    ToggleTheme,
    NextView,
    /// Back by so many snapshots.
    StepBack(u8),
    /// Forward by so many snapshots.
    StepForward(u8),
    FirstSnapshot,
    LastSnapshot,
    TogglePlay,
    Dismiss,
}

/// An action with its key and its name.
pub(crate) struct Binding {
    pub(crate) action: Action,
    pub(crate) modifiers: Modifiers,
    pub(crate) key: Key,
    /// Key as people write it.
    pub(crate) shown: &'static str,
    pub(crate) name: &'static str,
}

const fn bind(
    action: Action,
    modifiers: Modifiers,
    key: Key,
    shown: &'static str,
    name: &'static str,
) -> Binding {
    Binding {
        action,
        modifiers,
        key,
        shown,
        name,
    }
}

/// All keys, in the order in which the help lists them.
pub(crate) const BINDINGS: &[Binding] = &[
    bind(
        Action::OpenFolder,
        Modifiers::COMMAND,
        Key::O,
        "Ctrl+O",
        "Open a folder",
    ),
    bind(
        Action::ExportPng,
        Modifiers::COMMAND,
        Key::E,
        "Ctrl+E",
        "Export the figure as PNG or SVG",
    ),
    bind(
        Action::ExportGlb,
        Modifiers::COMMAND,
        Key::G,
        "Ctrl+G",
        "Export the geometry as GLB",
    ),
    bind(
        Action::ResetView,
        Modifiers::NONE,
        Key::R,
        "R",
        "Reset the camera",
    ),
    bind(
        Action::ResetView,
        Modifiers::NONE,
        Key::F,
        "F",
        "Frame everything",
    ),
    bind(
        Action::ViewFront,
        Modifiers::NONE,
        Key::Num1,
        "1",
        "Look from the front",
    ),
    bind(
        Action::ViewSide,
        Modifiers::NONE,
        Key::Num3,
        "3",
        "Look from the side",
    ),
    bind(
        Action::ViewTop,
        Modifiers::NONE,
        Key::Num7,
        "7",
        "Look from above",
    ),
    bind(
        Action::ViewBack,
        Modifiers::COMMAND,
        Key::Num1,
        "Ctrl+1",
        "Look from the back",
    ),
    bind(
        Action::ViewOtherSide,
        Modifiers::COMMAND,
        Key::Num3,
        "Ctrl+3",
        "Look from the other side",
    ),
    bind(
        Action::ViewBelow,
        Modifiers::COMMAND,
        Key::Num7,
        "Ctrl+7",
        "Look from below",
    ),
    bind(
        Action::ToggleProjection,
        Modifiers::NONE,
        Key::Num5,
        "5",
        "Perspective or orthographic",
    ),
    bind(
        Action::ToggleLogZ,
        Modifiers::NONE,
        Key::L,
        "L",
        "Logarithmic or linear height",
    ),
    bind(
        Action::NextView,
        Modifiers::COMMAND,
        Key::Tab,
        "Ctrl+Tab",
        "Next view",
    ),
    bind(
        Action::TogglePlay,
        Modifiers::NONE,
        Key::Space,
        "Space",
        "Play the snapshots",
    ),
    bind(
        Action::StepBack(10),
        Modifiers::SHIFT,
        Key::ArrowLeft,
        "",
        "",
    ),
    bind(
        Action::StepForward(10),
        Modifiers::SHIFT,
        Key::ArrowRight,
        "",
        "",
    ),
    bind(
        Action::StepBack(1),
        Modifiers::NONE,
        Key::ArrowLeft,
        "Left, Right",
        "Previous or next snapshot (Shift: ten)",
    ),
    bind(
        Action::StepForward(1),
        Modifiers::NONE,
        Key::ArrowRight,
        "",
        "",
    ),
    bind(
        Action::FirstSnapshot,
        Modifiers::NONE,
        Key::Home,
        "Home, End",
        "First or last snapshot",
    ),
    bind(Action::LastSnapshot, Modifiers::NONE, Key::End, "", ""),
    bind(
        Action::FocusFilter,
        Modifiers::NONE,
        Key::Slash,
        "/",
        "Filter runs and series",
    ),
    bind(
        Action::ToggleTheme,
        Modifiers::COMMAND,
        Key::T,
        "Ctrl+T",
        "Light or dark",
    ),
    bind(
        Action::ToggleHelp,
        Modifiers::NONE,
        Key::F1,
        "F1 or ?",
        "Show the keys",
    ),
    bind(
        Action::ToggleHelp,
        Modifiers::SHIFT,
        Key::Questionmark,
        "",
        "",
    ),
    bind(
        Action::ToggleHelp,
        Modifiers::NONE,
        Key::Questionmark,
        "",
        "",
    ),
    bind(
        Action::Dismiss,
        Modifiers::NONE,
        Key::Escape,
        "Esc",
        "Close what is open, unpin",
    ),
];

/// What the mouse does in the 3D view.
pub(crate) const MOUSE: &[(&str, &str)] = &[
    ("drag", "Orbit"),
    ("right or middle drag, shift+drag", "Pan"),
    ("wheel, pinch", "Zoom to the cursor"),
    ("hover", "Read the record under the cursor"),
    ("click", "Pin the record"),
    (
        "double-click",
        "Turn around that record; beside the data: reset",
    ),
];

/// The actions whose keys were pressed, unless a text field has the keyboard.
pub(crate) fn pressed(ctx: &egui::Context) -> Vec<Action> {
    let typing = ctx.text_edit_focused();
    ctx.input_mut(|input| {
        BINDINGS
            .iter()
            .filter(|binding| !typing || binding.modifiers.command || binding.key == Key::Escape)
            .filter(|binding| input.consume_key(binding.modifiers, binding.key))
            .map(|binding| binding.action)
            .collect()
    })
}
