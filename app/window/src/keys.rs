//! What a key does, and what the help says about it.

use egui::{Key, Modifiers};
use trainscape_views::ViewKind;

use crate::{desk::Arrangement, panel::dock::Dock, selection::Tool};

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
    /// Turns by so many steps to the right and up.
    Turn(i8, i8),
    ZoomIn,
    ZoomOut,
    ToggleProjection,
    ToggleFreeOrbit,
    ToggleInertia,
    ToggleAnimation,
    ToggleLogZ,
    FocusFilter,
    ToggleHelp,
    ToggleTheme,
    NextView,
    ShowView(ViewKind),
    /// Time back by so many stops.
    StepBack(u8),
    /// Time forward by so many stops.
    StepForward(u8),
    FirstStep,
    LastStep,
    TogglePlay,
    Faster,
    Slower,
    AllSteps,
    AllRuns,
    Undo,
    Redo,
    TogglePalette,
    TakeTool(Tool),
    ClearSelection,
    SaveSelection,
    CopySelection,
    ClearPins,
    Arrange(Arrangement),
    SplitRight,
    SplitBelow,
    CloseTile,
    NextTile,
    ToggleLinkedCameras,
    ToggleLinkedRanges,
    ShowDock(Dock),
    ToggleRunsPanel,
    ToggleSettingsPanel,
    GroupSeeds,
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

/// All keys, in the order in which the help lists them; of two that share a key the one with more modifiers
/// comes first.
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
        Action::TogglePalette,
        Modifiers::COMMAND,
        Key::K,
        "Ctrl+K",
        "Find an action",
    ),
    bind(
        Action::TogglePalette,
        Modifiers::COMMAND.plus(Modifiers::SHIFT),
        Key::P,
        "",
        "",
    ),
    bind(
        Action::Redo,
        Modifiers::COMMAND.plus(Modifiers::SHIFT),
        Key::Z,
        "Ctrl+Shift+Z",
        "Redo",
    ),
    bind(Action::Redo, Modifiers::COMMAND, Key::Y, "", ""),
    bind(Action::Undo, Modifiers::COMMAND, Key::Z, "Ctrl+Z", "Undo"),
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
        Action::Turn(-1, 0),
        Modifiers::ALT,
        Key::ArrowLeft,
        "Alt+arrows",
        "Turn the camera",
    ),
    bind(Action::Turn(1, 0), Modifiers::ALT, Key::ArrowRight, "", ""),
    bind(Action::Turn(0, 1), Modifiers::ALT, Key::ArrowUp, "", ""),
    bind(Action::Turn(0, -1), Modifiers::ALT, Key::ArrowDown, "", ""),
    bind(Action::ZoomIn, Modifiers::NONE, Key::Plus, "+, -", "Zoom"),
    bind(Action::ZoomIn, Modifiers::NONE, Key::Equals, "", ""),
    bind(Action::ZoomOut, Modifiers::NONE, Key::Minus, "", ""),
    bind(
        Action::ToggleProjection,
        Modifiers::NONE,
        Key::Num5,
        "5",
        "Perspective or orthographic",
    ),
    bind(
        Action::ToggleFreeOrbit,
        Modifiers::NONE,
        Key::T,
        "T",
        "Turntable or free orbit",
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
        Action::NextTile,
        Modifiers::NONE,
        Key::F6,
        "F6",
        "Next tile",
    ),
    bind(
        Action::Arrange(Arrangement::One),
        Modifiers::COMMAND,
        Key::Num0,
        "Ctrl+0",
        "One tile",
    ),
    bind(
        Action::SplitBelow,
        Modifiers::COMMAND.plus(Modifiers::SHIFT),
        Key::Backslash,
        "Ctrl+Shift+\\",
        "Split the tile below",
    ),
    bind(
        Action::SplitRight,
        Modifiers::COMMAND,
        Key::Backslash,
        "Ctrl+\\",
        "Split the tile to the right",
    ),
    bind(
        Action::CloseTile,
        Modifiers::COMMAND,
        Key::W,
        "Ctrl+W",
        "Close the tile",
    ),
    bind(
        Action::TakeTool(Tool::Lasso),
        Modifiers::SHIFT,
        Key::B,
        "Shift+B",
        "Select with a lasso",
    ),
    bind(
        Action::TakeTool(Tool::Box),
        Modifiers::NONE,
        Key::B,
        "B",
        "Select with a box",
    ),
    bind(
        Action::TogglePlay,
        Modifiers::NONE,
        Key::Space,
        "Space",
        "Play or pause",
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
        "Previous or next step (Shift: ten)",
    ),
    bind(
        Action::StepForward(1),
        Modifiers::NONE,
        Key::ArrowRight,
        "",
        "",
    ),
    bind(
        Action::FirstStep,
        Modifiers::NONE,
        Key::Home,
        "Home, End",
        "First or last step",
    ),
    bind(Action::LastStep, Modifiers::NONE, Key::End, "", ""),
    bind(
        Action::ToggleRunsPanel,
        Modifiers::NONE,
        Key::OpenBracket,
        "[",
        "Show or hide runs and series",
    ),
    bind(
        Action::ToggleSettingsPanel,
        Modifiers::NONE,
        Key::CloseBracket,
        "]",
        "Show or hide the settings",
    ),
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

/// Actions without a key.
const KEYLESS: &[(Action, &str)] = &[
    (
        Action::Arrange(Arrangement::SideBySide),
        "Two tiles side by side",
    ),
    (Action::Arrange(Arrangement::Stacked), "Two tiles stacked"),
    (Action::Arrange(Arrangement::TwoByTwo), "Two by two tiles"),
    (Action::ToggleLinkedCameras, "Turn all tiles together"),
    (Action::ToggleLinkedRanges, "The same ranges in all tiles"),
    (Action::TakeTool(Tool::Turn), "Drag turns the camera"),
    (Action::ClearSelection, "Clear the selection"),
    (Action::SaveSelection, "Save the selection as CSV"),
    (Action::CopySelection, "Copy the selection"),
    (Action::ClearPins, "Take all notes away"),
    (Action::AllSteps, "Draw all steps"),
    (Action::AllRuns, "Draw all runs"),
    (Action::GroupSeeds, "Mean and deviation over seeds"),
    (Action::Faster, "Play faster"),
    (Action::Slower, "Play slower"),
    (Action::ShowDock(Dock::Timeline), "Show the timeline"),
    (Action::ShowDock(Dock::Runs), "Show the table of runs"),
    (Action::ShowDock(Dock::Selection), "Show the selection"),
    (
        Action::ToggleInertia,
        "Let the camera coast or stop it at once",
    ),
    (Action::ToggleAnimation, "Fly to preset views or jump"),
];

/// Every action with its name and its key as people write it.
pub(crate) fn all() -> Vec<(Action, String, &'static str)> {
    let bound = BINDINGS
        .iter()
        .filter(|binding| !binding.shown.is_empty())
        .map(|binding| (binding.action, binding.name.to_owned(), binding.shown));
    let views = ViewKind::ALL.into_iter().map(|view| {
        (
            Action::ShowView(view),
            format!("Show {}", view.title().to_lowercase()),
            "",
        )
    });
    let keyless = KEYLESS
        .iter()
        .map(|(action, name)| (*action, (*name).to_owned(), ""));
    bound.chain(keyless).chain(views).collect()
}

/// What the mouse does in the 3D view.
pub(crate) const MOUSE: &[(&str, &str)] = &[
    ("drag", "Orbit"),
    ("right or middle drag, shift+drag", "Pan"),
    ("wheel, pinch", "Zoom to the cursor"),
    ("hover", "Read the record under the cursor"),
    ("click", "Pin the record; again: unpin it"),
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
            .filter(|binding| !typing || works_while_typing(binding))
            .filter(|binding| input.consume_key(binding.modifiers, binding.key))
            .map(|binding| binding.action)
            .collect()
    })
}

/// Text fields undo for themselves.
fn works_while_typing(binding: &Binding) -> bool {
    let undoes = matches!(binding.action, Action::Undo | Action::Redo);
    binding.key == Key::Escape || (binding.modifiers.command && !undoes)
}
