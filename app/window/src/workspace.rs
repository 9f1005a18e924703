//! What the user has arranged: tiles, views, settings, notes. It is undone, redone, and saved for each folder.

use std::collections::{BTreeMap, BTreeSet};

use egui::util::undoer::{self, Undoer};
use egui_tiles::{Tiles, Tree};
use serde::{Deserialize, Deserializer, Serialize};
use trainscape_scene::camera::{Camera, Projection};
use trainscape_views::ViewKind;

use crate::{
    bookmarks::Bookmark, lenient, pane_id::PaneId, pin::Pin, role_choices::RoleChoices,
    tile_settings::TileSettings, timeline::TimelineChoices,
};

/// Seconds without a change after which there is a new state to undo.
pub(crate) const STABLE_SECS: f32 = 0.4;

/// What all tiles share.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SharedSettings {
    /// Ids of the runs drawn; `None`: all.
    #[serde(deserialize_with = "lenient::or_default")]
    pub(crate) runs: Option<BTreeSet<String>>,
    /// First and last step drawn.
    #[serde(deserialize_with = "lenient::or_default")]
    pub(crate) steps: Option<(f64, f64)>,
    /// The series that the user chose for roles.
    #[serde(deserialize_with = "lenient::or_default")]
    pub(crate) roles: RoleChoices,
    /// The current step; `None`: the last.
    #[serde(skip)]
    pub(crate) at_step: Option<f64>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub(crate) projection: Projection,
    /// The camera may orbit past the poles.
    #[serde(deserialize_with = "lenient::or_default")]
    pub(crate) free_orbit: bool,
    /// The cameras of all tiles move together.
    #[serde(deserialize_with = "lenient::or_default")]
    pub(crate) link_cameras: bool,
    /// Equal axes have equal ranges in all tiles.
    #[serde(deserialize_with = "lenient::or_default")]
    pub(crate) link_ranges: bool,
    /// Filter of the table of runs, as an expression.
    #[serde(deserialize_with = "lenient::or_default")]
    pub(crate) run_filter: String,
    #[serde(deserialize_with = "lenient::or_default")]
    pub(crate) timeline: TimelineChoices,
}

/// A tile of a [`Workspace`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct WorkspacePane {
    pub(crate) view: ViewKind,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(crate) settings: TileSettings,
    #[serde(default, deserialize_with = "lenient::items")]
    pub(crate) pins: Vec<Pin>,
}

/// Everything that undo restores.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Workspace {
    pub(crate) tree: Tree<PaneId>,
    #[serde(deserialize_with = "lenient::entries")]
    pub(crate) panes: BTreeMap<PaneId, WorkspacePane>,
    #[serde(alias = "at_hand")]
    pub(crate) focused: PaneId,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(crate) shared: SharedSettings,
}

/// What is saved for a folder: the workspace, and the cameras, which undo does not change.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedWorkspace {
    #[serde(alias = "desk")]
    pub(crate) workspace: Workspace,
    #[serde(default, deserialize_with = "saved_cameras")]
    pub(crate) cameras: BTreeMap<PaneId, BTreeMap<ViewKind, Camera>>,
    #[serde(
        default,
        deserialize_with = "lenient::items",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub(crate) bookmarks: Vec<Bookmark>,
    /// The current step; `None`: the last.
    #[serde(
        default,
        deserialize_with = "lenient::or_default",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) at_step: Option<f64>,
}

/// The cameras of the tiles; one that is not known costs itself alone.
fn saved_cameras<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<PaneId, BTreeMap<ViewKind, Camera>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct OfTile(#[serde(deserialize_with = "lenient::entries")] BTreeMap<ViewKind, Camera>);
    let of_tiles: BTreeMap<PaneId, OfTile> = lenient::entries(deserializer)?;
    Ok(of_tiles
        .into_iter()
        .map(|(tile, OfTile(cameras))| (tile, cameras))
        .collect())
}

/// Arrangements to choose from; tiles can be split and dragged into any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrangement {
    One,
    SideBySide,
    Stacked,
    TwoByTwo,
}

impl Arrangement {
    pub(crate) const ALL: [Self; 4] = [Self::One, Self::SideBySide, Self::Stacked, Self::TwoByTwo];

    pub(crate) fn tiles(self) -> usize {
        match self {
            Self::One => 1,
            Self::SideBySide | Self::Stacked => 2,
            Self::TwoByTwo => 4,
        }
    }
}

pub(crate) fn new_undoer() -> Undoer<Workspace> {
    Undoer::with_settings(undoer::Settings {
        max_undos: 200,
        stable_time: STABLE_SECS,
        ..undoer::Settings::default()
    })
}

pub(crate) fn tree_of_one(id: PaneId) -> Tree<PaneId> {
    let mut tiles = Tiles::default();
    let root = tiles.insert_pane(id);
    Tree::new(tree_id(), root, tiles)
}

pub(crate) fn tree_id() -> egui::Id {
    egui::Id::unique("tiles")
}
