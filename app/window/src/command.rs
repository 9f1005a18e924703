//! Commands: everything that a key, a button, a menu, the palette or the mouse can ask for.
//!
//! Menus, tooltips, the palette and the list of shortcuts are made from the label, the help and the keys of each.

use std::{borrow::Cow, collections::BTreeSet, f32::consts::FRAC_PI_2, path::PathBuf, sync::Arc};

use egui::{Key, KeyboardShortcut, Modifiers, Vec2};
use trainscape_run::Role;
use trainscape_scene::{
    camera::Camera,
    scene::{Mark, Picked},
};
use trainscape_views::{VIEWS, Value, ViewKind};

use crate::{
    export_choices::ExportChoices,
    export_kind::ExportKind,
    open_panels::{CommandPalette, Dock, ReportId},
    pane_id::PaneId,
    role_choices::RoleChoice,
    selection::Tool,
    shortcut_text::{modifier_count, written},
    spike_list::{MarkedRecord, SpikeOrder},
    workspace::Arrangement,
};

/// A change of the state.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Command {
    OpenFolder,
    /// Asks for a path or a URL in the window's own dialog.
    OpenUrl,
    OpenPaths(Vec<PathBuf>),
    OpenDemo,
    /// The hint over the demo is not shown again.
    CloseHint,
    /// The text of the dialog for a path.
    SetPath(String),
    /// The field of the dialog has got the keyboard.
    PathDialogFocused,
    ConfirmPath,
    ClosePathDialog,
    ExportFigure,
    ExportAnimation,
    /// Opens the export dialog for that; `None` closes it.
    ShowExport(Option<ExportKind>),
    SetExport(ExportChoices),
    /// Asks for the file of what the export dialog shows.
    ChooseExportFile,
    /// Copies the picture of the export dialog.
    CopyImage,
    /// Shows a file in the system's file manager.
    RevealFile(PathBuf),
    CancelAnimation,
    ExportGeometry,
    SaveFigure,
    CopyCommandLine,

    /// The name of the next bookmark.
    NameBookmark(String),
    /// Keeps the camera of the focused tile as a bookmark.
    KeepCamera,
    /// By its place among all.
    DeleteBookmark(usize),
    ResetCamera,
    LookFrom(Direction),
    /// Orbits by a number of steps to the right and up.
    Orbit(i8, i8),
    ZoomIn,
    ZoomOut,
    ToggleProjection,
    ToggleFreeOrbit,
    ToggleInertia,
    ToggleCameraAnimation,
    SetCamera(PaneId, Camera),
    /// Moves the camera there, in a transition where those are on.
    MoveCamera(PaneId, Camera),
    StopCamera(PaneId),
    /// With the velocity of the drag in points a second.
    StartInertia(PaneId, Vec2),
    /// Moves the camera to the first row that was searched for.
    MoveCameraToFound,

    NextView,
    ShowView(ViewKind),
    ShowViewIn(PaneId, ViewKind),
    /// Sets a control of the tile's view; `None` returns it to its default.
    SetControl(PaneId, &'static str, Option<Value>),
    ResetSettings,
    ToggleLogZ,
    ToggleSeedGroups,
    /// Starts the projection of the focused tile again.
    RestartProjection,
    StopProjection,
    PauseProjection(bool),

    AllRuns,
    SelectRuns(BTreeSet<String>),
    /// Draws a run or leaves it out.
    DrawRun(String, bool),
    /// Chooses the series of a role; `None`: what the keys suggest.
    SetRole(Role, Option<RoleChoice>),
    /// Opens or closes a group of the tree of series.
    ToggleSeriesGroup(String),
    SetAxisNames(String, Vec<String>),
    FocusFilter,
    /// The filter has got the keyboard.
    FilterFocused,
    SetFilter(String),
    SetRunFilter(String),
    SortRuns(usize),
    SortSpikes(SpikeOrder),

    AllSteps,
    SelectSteps(f64, f64),
    /// By a number of snapshots or logged steps.
    StepBack(u8),
    /// By a number of snapshots or logged steps.
    StepForward(u8),
    /// Holds back new records, or takes them again.
    TogglePause,
    FirstStep,
    LastStep,
    SetCurrentStep(f64),
    /// Shows a series on the timeline; `None`: the loss, or what runs log instead.
    ShowOnTimeline(Option<String>),
    ToggleTimelineLog,
    ToggleTimelineSmoothing,
    TogglePlayback,
    Faster,
    Slower,
    SetSpeed(f32),

    SelectTool(Tool),
    /// Selects the records inside an outline, in points from the tile's upper left corner.
    SelectInside {
        pane: PaneId,
        outline: Vec<[f32; 2]>,
        /// Keeps what was selected before.
        add: bool,
    },
    ClearSelection,
    SaveSelection,
    CopySelection,
    /// The record that was clicked; `None`: a place without one.
    ClickRecord(PaneId, Option<Picked>),
    RemoveNote(PaneId, usize),
    ClearNotes,
    PointAt(Option<(PaneId, Mark)>),
    /// Lights up a run in the tiles and on the timeline; `None`: none.
    PointAtRun(Option<Arc<str>>),
    /// Moves the camera of the focused tile to a record and marks it in all tiles.
    ShowRecord(MarkedRecord),

    Arrange(Arrangement),
    SplitRight,
    SplitBelow,
    CloseTile,
    NextTile,
    FocusTile(PaneId),
    ToggleLinkedCameras,
    ToggleLinkedRanges,

    Undo,
    Redo,
    TogglePalette,
    /// `None` closes it.
    SetPalette(Option<CommandPalette>),
    ToggleHelp,
    ToggleTheme,
    ShowDock(Dock),
    ToggleRunsPanel,
    ToggleSettingsPanel,
    OpenSettingsPanel,
    /// Scrolls the settings to the control of that name.
    ShowControl(&'static str),
    ControlShown,
    /// Shows the whole caption of the focused tile, or its first line.
    ToggleCaption,
    ReportError(String),
    DismissMessage,
    /// Shows a report; `None` closes it.
    ShowReport(Option<ReportId>),
    Dismiss,
}

/// Fixed directions to look from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Front,
    Side,
    Top,
    Back,
    OtherSide,
    Below,
}

impl Direction {
    /// Azimuth and elevation in radians.
    pub(crate) fn angles(self) -> [f32; 2] {
        match self {
            Self::Front => [-FRAC_PI_2, 0.0],
            Self::Side => [0.0, 0.0],
            Self::Top => [-FRAC_PI_2, FRAC_PI_2],
            Self::Back => [FRAC_PI_2, 0.0],
            Self::OtherSide => [2.0 * FRAC_PI_2, 0.0],
            Self::Below => [-FRAC_PI_2, -FRAC_PI_2],
        }
    }
}

/// A command that the palette lists.
struct ListedCommand {
    command: Command,
    label: &'static str,
    /// Further explanation; may be empty.
    help: &'static str,
    /// The first one is shown.
    keys: &'static [KeyboardShortcut],
}

const fn entry(
    command: Command,
    label: &'static str,
    help: &'static str,
    keys: &'static [KeyboardShortcut],
) -> ListedCommand {
    ListedCommand {
        command,
        label,
        help,
        keys,
    }
}

const fn key(logical_key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::NONE, logical_key)
}

const fn ctrl(logical_key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND, logical_key)
}

const fn shift(logical_key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::SHIFT, logical_key)
}

const fn ctrl_shift(logical_key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), logical_key)
}

const fn alt(logical_key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::ALT, logical_key)
}

/// The commands that the palette lists, in the order of the list of shortcuts.
static LISTED: &[ListedCommand] = {
    use Command as C;
    use Direction as D;
    &[
        entry(C::OpenFolder, "Open a run folder", "", &[ctrl(Key::O)]),
        entry(
            C::OpenUrl,
            "Open a URL or a path",
            "gs://, s3://, az://, https:// and ssh://, followed like a folder",
            &[ctrl_shift(Key::O)],
        ),
        entry(
            C::OpenDemo,
            "Open the demo",
            "A built-in sweep of small runs",
            &[],
        ),
        entry(
            C::ExportFigure,
            "Export the figure as PNG, SVG or PDF",
            "",
            &[ctrl(Key::E)],
        ),
        entry(
            C::ExportAnimation,
            "Export an animation",
            "GIF, APNG, MP4, WebM or numbered pictures",
            &[],
        ),
        entry(
            C::ExportGeometry,
            "Export the geometry as GLB",
            "",
            &[ctrl(Key::G)],
        ),
        entry(
            C::SaveFigure,
            "Save the figure as a file",
            "`trainscape render` draws it again, the window shows it again",
            &[ctrl_shift(Key::E)],
        ),
        entry(
            C::CopyCommandLine,
            "Copy command line",
            "The command that draws this figure",
            &[],
        ),
        entry(
            C::TogglePalette,
            "Search actions, runs, series",
            "",
            &[ctrl(Key::K), ctrl_shift(Key::P)],
        ),
        entry(
            C::ResetSettings,
            "Reset settings",
            "All settings of the view return to their defaults",
            &[],
        ),
        entry(C::Undo, "Undo", "", &[ctrl(Key::Z)]),
        entry(C::Redo, "Redo", "", &[ctrl_shift(Key::Z), ctrl(Key::Y)]),
        entry(
            C::ResetCamera,
            "Reset the camera",
            "Fit everything into the view",
            &[key(Key::R), key(Key::F)],
        ),
        entry(
            C::KeepCamera,
            "Bookmark the camera",
            "The settings list the bookmarks of the view",
            &[],
        ),
        entry(
            C::LookFrom(D::Front),
            "Look from the front",
            "",
            &[key(Key::Num1)],
        ),
        entry(
            C::LookFrom(D::Side),
            "Look from the side",
            "",
            &[key(Key::Num3)],
        ),
        entry(
            C::LookFrom(D::Top),
            "Look from above",
            "",
            &[key(Key::Num7)],
        ),
        entry(
            C::LookFrom(D::Back),
            "Look from the back",
            "",
            &[ctrl(Key::Num1)],
        ),
        entry(
            C::LookFrom(D::OtherSide),
            "Look from the other side",
            "",
            &[ctrl(Key::Num3)],
        ),
        entry(
            C::LookFrom(D::Below),
            "Look from below",
            "",
            &[ctrl(Key::Num7)],
        ),
        entry(C::Orbit(-1, 0), "Orbit left", "", &[alt(Key::ArrowLeft)]),
        entry(C::Orbit(1, 0), "Orbit right", "", &[alt(Key::ArrowRight)]),
        entry(C::Orbit(0, 1), "Orbit up", "", &[alt(Key::ArrowUp)]),
        entry(C::Orbit(0, -1), "Orbit down", "", &[alt(Key::ArrowDown)]),
        entry(
            C::ZoomIn,
            "Zoom in",
            "",
            &[key(Key::Plus), key(Key::Equals)],
        ),
        entry(C::ZoomOut, "Zoom out", "", &[key(Key::Minus)]),
        entry(
            C::ToggleProjection,
            "Perspective or orthographic projection",
            "An orthographic projection keeps lengths comparable",
            &[key(Key::Num5)],
        ),
        entry(
            C::ToggleFreeOrbit,
            "Turntable or free orbit",
            "A free orbit goes past the poles; on the turntable the vertical axis stays upright",
            &[key(Key::T)],
        ),
        entry(
            C::ToggleLogZ,
            "Logarithmic or linear height",
            "",
            &[key(Key::L)],
        ),
        entry(C::NextView, "Next view", "", &[ctrl(Key::Tab)]),
        entry(C::NextTile, "Next tile", "", &[key(Key::F6)]),
        entry(
            C::Arrange(Arrangement::One),
            "Maximize",
            "Close the other tiles",
            &[ctrl(Key::Num0)],
        ),
        entry(
            C::SplitRight,
            "Split the tile to the right",
            "",
            &[ctrl(Key::Backslash)],
        ),
        entry(
            C::SplitBelow,
            "Split the tile below",
            "",
            &[ctrl_shift(Key::Backslash)],
        ),
        entry(C::CloseTile, "Close the tile", "", &[ctrl(Key::W)]),
        entry(
            C::SelectTool(Tool::Box),
            "Select with a box",
            "A drag selects the records in a rectangle",
            &[key(Key::B)],
        ),
        entry(
            C::SelectTool(Tool::Lasso),
            "Select with a lasso",
            "A drag selects the records in an outline drawn by hand",
            &[shift(Key::B)],
        ),
        entry(C::TogglePlayback, "Play or pause", "", &[key(Key::Space)]),
        entry(C::StepBack(1), "Previous step", "", &[key(Key::ArrowLeft)]),
        entry(C::StepForward(1), "Next step", "", &[key(Key::ArrowRight)]),
        entry(
            C::StepBack(10),
            "Ten steps back",
            "",
            &[shift(Key::ArrowLeft)],
        ),
        entry(
            C::StepForward(10),
            "Ten steps forward",
            "",
            &[shift(Key::ArrowRight)],
        ),
        entry(C::FirstStep, "First step", "", &[key(Key::Home)]),
        entry(C::LastStep, "Last step", "", &[key(Key::End)]),
        entry(
            C::ToggleRunsPanel,
            "Show or hide runs and series",
            "",
            &[key(Key::OpenBracket)],
        ),
        entry(
            C::ToggleSettingsPanel,
            "Show or hide the settings",
            "",
            &[key(Key::CloseBracket)],
        ),
        entry(
            C::FocusFilter,
            "Filter runs and series",
            "",
            &[key(Key::Slash)],
        ),
        entry(C::ToggleTheme, "Light or dark theme", "", &[ctrl(Key::T)]),
        entry(
            C::ToggleHelp,
            "Show the keyboard shortcuts",
            "",
            &[
                key(Key::F1),
                shift(Key::Questionmark),
                key(Key::Questionmark),
            ],
        ),
        entry(
            C::Dismiss,
            "Close what is open, clear the selection, unpin",
            "",
            &[key(Key::Escape)],
        ),
        entry(
            C::Arrange(Arrangement::SideBySide),
            "Two tiles side by side",
            "",
            &[],
        ),
        entry(
            C::Arrange(Arrangement::Stacked),
            "Two tiles stacked",
            "",
            &[],
        ),
        entry(
            C::Arrange(Arrangement::TwoByTwo),
            "Two by two tiles",
            "",
            &[],
        ),
        entry(
            C::ToggleLinkedCameras,
            "Link cameras",
            "The cameras of all tiles move together",
            &[],
        ),
        entry(
            C::ToggleLinkedRanges,
            "Link axis ranges",
            "Axes with the same title have the same range in all tiles",
            &[],
        ),
        entry(
            C::SelectTool(Tool::Orbit),
            "Orbit with the mouse",
            "A drag orbits the camera",
            &[],
        ),
        entry(C::ClearSelection, "Clear the selection", "", &[]),
        entry(C::SaveSelection, "Save the selection as CSV", "", &[]),
        entry(C::CopySelection, "Copy the selection", "As CSV", &[]),
        entry(C::ClearNotes, "Remove all notes", "", &[]),
        entry(C::AllSteps, "Show all steps", "Remove the step range", &[]),
        entry(C::AllRuns, "Show all runs", "", &[]),
        entry(
            C::ToggleSeedGroups,
            "Mean and deviation over seeds",
            "Runs that differ in nothing but their seed are drawn as one",
            &[],
        ),
        entry(
            C::TogglePause,
            "Pause or resume updates",
            "While paused, the window shows the runs as they were",
            &[],
        ),
        entry(
            C::ToggleTimelineLog,
            "Logarithmic or linear timeline",
            "Values of zero and less have no place on a logarithmic axis",
            &[],
        ),
        entry(
            C::ToggleTimelineSmoothing,
            "Smooth the timeline",
            "Means over a fiftieth of each run's points, over the logged values",
            &[],
        ),
        entry(
            C::ShowOnTimeline(None),
            "Show the loss on the timeline",
            "Or what the runs log instead of a loss",
            &[],
        ),
        entry(
            C::ToggleCaption,
            "Show or fold the caption",
            "",
            &[key(Key::C)],
        ),
        entry(C::Faster, "Play faster", "", &[]),
        entry(C::Slower, "Play slower", "", &[]),
        entry(C::ShowDock(Dock::Timeline), "Show the timeline", "", &[]),
        entry(C::ShowDock(Dock::Runs), "Show the table of runs", "", &[]),
        entry(C::ShowDock(Dock::Spikes), "Show the spikes", "", &[]),
        entry(C::ShowDock(Dock::Selection), "Show the selection", "", &[]),
        entry(
            C::ToggleInertia,
            "Inertia",
            "The camera slows down gradually after a drag",
            &[],
        ),
        entry(
            C::ToggleCameraAnimation,
            "Camera motion",
            "The camera moves to a preset in a short transition",
            &[],
        ),
    ]
};

impl Command {
    fn entry(&self) -> Option<&'static ListedCommand> {
        LISTED.iter().find(|entry| entry.command == *self)
    }

    /// The commands that the palette lists.
    pub(crate) fn listed() -> impl Iterator<Item = Self> {
        let views = VIEWS.into_iter().map(Self::ShowView);
        LISTED
            .iter()
            .map(|entry| entry.command.clone())
            .chain(views)
    }

    /// The text in menus and the palette; empty where the command is not entry.
    pub(crate) fn label(&self) -> Cow<'static, str> {
        match self {
            Self::ShowView(view) => format!("Show {}", view.title().to_lowercase()).into(),
            _ => self.entry().map_or("", |entry| entry.label).into(),
        }
    }

    /// Further explanation for tooltips; may be empty.
    pub(crate) fn help(&self) -> &'static str {
        self.entry().map_or("", |entry| entry.help)
    }

    /// The keys, the one that is shown first.
    pub(crate) fn shortcuts(&self) -> &'static [KeyboardShortcut] {
        self.entry().map_or(&[], |entry| entry.keys)
    }

    /// The first key as people write it; empty where there is none.
    pub(crate) fn shortcut_text(&self) -> String {
        self.shortcuts().first().map_or_else(String::new, written)
    }

    /// Label, help and key for a tooltip.
    pub(crate) fn tooltip(&self) -> String {
        let mut text = self.label().into_owned();
        let shortcut = self.shortcut_text();
        if !shortcut.is_empty() {
            text += &format!(" ({shortcut})");
        }
        if !self.help().is_empty() {
            text += &format!("\n{}", self.help());
        }
        text
    }

    /// The commands whose keys were pressed, unless a text field has the keyboard.
    pub(crate) fn pressed(ctx: &egui::Context) -> Vec<Self> {
        let is_typing = ctx.text_edit_focused();
        let mut bindings: Vec<(&KeyboardShortcut, &Self)> = LISTED
            .iter()
            .flat_map(|entry| entry.keys.iter().map(|keys| (keys, &entry.command)))
            .filter(|(keys, command)| !is_typing || command.works_while_typing(keys))
            .collect();
        // A shortcut with fewer modifiers also matches when more are held.
        bindings.sort_by_key(|(keys, _)| std::cmp::Reverse(modifier_count(keys.modifiers)));
        ctx.input_mut(|input| {
            bindings
                .into_iter()
                .filter(|(keys, _)| input.consume_shortcut(keys))
                .map(|(_, command)| command.clone())
                .collect()
        })
    }

    /// Text fields have an undo of their own.
    fn works_while_typing(&self, keys: &KeyboardShortcut) -> bool {
        let undoes = matches!(self, Self::Undo | Self::Redo);
        keys.logical_key == Key::Escape || (keys.modifiers.command && !undoes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_unique_and_not_empty() {
        let mut labels: Vec<_> = Command::listed().map(|command| command.label()).collect();
        assert!(labels.iter().all(|label| !label.is_empty()));
        labels.sort();
        let count = labels.len();
        labels.dedup();
        assert_eq!(labels.len(), count);
    }

    #[test]
    fn no_two_commands_share_a_shortcut() {
        let mut shortcuts: Vec<_> = Command::listed()
            .flat_map(|command| command.shortcuts())
            .map(written)
            .collect();
        shortcuts.sort();
        let count = shortcuts.len();
        shortcuts.dedup();
        assert_eq!(shortcuts.len(), count);
    }

    #[test]
    fn a_tooltip_has_label_key_and_help() {
        assert_eq!(Command::Redo.tooltip(), "Redo (Ctrl+Shift+Z)");
        assert_eq!(
            Command::Arrange(Arrangement::One).tooltip(),
            "Maximize (Ctrl+0)\nClose the other tiles"
        );
        assert_eq!(Command::SplitBelow.shortcut_text(), "Ctrl+Shift+\\");
    }
}
