//! What the user has arranged: tiles, views, settings, notes. Undone, redone, and remembered for each folder.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use egui::util::undoer::{self, Undoer};
use egui_tiles::{Tile, TileId, Tiles, Tree};
use serde::{Deserialize, Serialize};
use trainscape_scene::camera::{Camera, Projection};
use trainscape_views::{ViewKind, ViewSettings};

use crate::{
    app::ViewerApp,
    pane::{Pane, PaneId, Pin},
};

/// Seconds without a change after which there is something new to undo.
const STABLE_SECS: f32 = 0.4;

/// What all tiles share.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Shared {
    /// Ids of the runs drawn; `None`: all.
    pub(crate) runs: Option<BTreeSet<String>>,
    /// Smallest and largest step drawn.
    pub(crate) steps: Option<(f64, f64)>,
    /// Where time stands; `None`: at the end.
    #[serde(skip)]
    pub(crate) at_step: Option<f64>,
    /// How depth shows.
    pub(crate) projection: Projection,
    /// The camera turns past the poles.
    pub(crate) free_orbit: bool,
    /// All tiles turn together.
    pub(crate) link_cameras: bool,
    /// Equal axes have equal ranges in all tiles.
    pub(crate) link_ranges: bool,
    /// What the table of runs keeps, as an expression.
    pub(crate) run_filter: String,
}

/// A tile's part of a [`Desk`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PaneDesk {
    view: ViewKind,
    settings: ViewSettings,
    pins: Vec<Pin>,
}

/// Everything that undo brings back.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Desk {
    tree: Tree<PaneId>,
    panes: BTreeMap<PaneId, PaneDesk>,
    at_hand: PaneId,
    shared: Shared,
}

/// What is remembered of a folder: the desk, and the cameras, which undo leaves alone.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Memory {
    desk: Desk,
    cameras: BTreeMap<PaneId, BTreeMap<ViewKind, Camera>>,
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

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::One => "One tile",
            Self::SideBySide => "Two tiles side by side",
            Self::Stacked => "Two tiles stacked",
            Self::TwoByTwo => "Two by two tiles",
        }
    }

    fn count(self) -> usize {
        match self {
            Self::One => 1,
            Self::SideBySide | Self::Stacked => 2,
            Self::TwoByTwo => 4,
        }
    }
}

pub(crate) fn new_undoer() -> Undoer<Desk> {
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

fn tree_id() -> egui::Id {
    egui::Id::unique("tiles")
}

impl ViewerApp {
    pub(crate) fn desk(&self) -> Desk {
        let of = |pane: &Pane| PaneDesk {
            view: pane.view,
            settings: pane.settings.clone(),
            pins: pane.pins.clone(),
        };
        let mut panes: BTreeMap<PaneId, PaneDesk> = self
            .others
            .values()
            .map(|pane| (pane.id, of(pane)))
            .collect();
        panes.insert(self.pane.id, of(&self.pane));
        Desk {
            tree: self.tree.clone(),
            panes,
            at_hand: self.pane.id,
            shared: Shared {
                // Time is moved, not arranged.
                at_step: None,
                ..self.shared.clone()
            },
        }
    }

    /// Puts everything as it was.
    fn restore(&mut self, desk: &Desk) {
        let mut panes = BTreeMap::new();
        let at_hand = std::mem::replace(
            &mut self.pane,
            Pane::new(
                PaneId(u32::MAX),
                ViewKind::LossSurface,
                ViewSettings::default(),
            ),
        );
        let mut before = std::mem::take(&mut self.others);
        before.insert(at_hand.id, at_hand);
        for (id, own) in &desk.panes {
            let mut pane = before
                .remove(id)
                .unwrap_or_else(|| Pane::new(*id, own.view, own.settings.clone()));
            pane.view = own.view;
            pane.settings = own.settings.clone();
            pane.pins = own.pins.clone();
            panes.insert(*id, pane);
        }
        let at_hand = panes
            .remove(&desk.at_hand)
            .or_else(|| Some(panes.pop_first()?.1));
        // A damaged memory may name no tile at all.
        if let Some(pane) = at_hand {
            self.pane = pane;
            self.others = panes;
            self.tree = desk.tree.clone();
        } else {
            self.pane.id = PaneId(0);
            self.tree = tree_of_one(self.pane.id);
        }
        self.shared = Shared {
            at_step: self.shared.at_step,
            ..desk.shared.clone()
        };
        self.keep_tiles_and_panes_together();
    }

    /// Notes what has changed, for undo and for the folder's memory.
    pub(crate) fn note_changes(&mut self, ctx: &egui::Context) {
        if self.session.is_none() || self.snapshot.runs.is_empty() {
            return;
        }
        let desk = self.desk();
        let now_secs = ctx.input(|input| input.time);
        self.undoer.feed_state(now_secs, &desk);
        let history = [self.undoer.has_undo(&desk), self.undoer.has_redo(&desk)];
        if history != self.history {
            self.history = history;
            // The buttons were painted before.
            ctx.request_repaint();
        }
        if self.undoer.is_in_flux() {
            ctx.request_repaint_after(std::time::Duration::from_secs_f32(STABLE_SECS * 1.1));
        } else {
            self.remember(desk);
        }
    }

    fn remember(&mut self, desk: Desk) {
        let moving =
            self.pane.motion.is_some() || self.others.values().any(|pane| pane.motion.is_some());
        let (Some(folder), false) = (self.folder(), moving) else {
            return;
        };
        let panes = std::iter::once(&self.pane).chain(self.others.values());
        let memory = Memory {
            desk,
            cameras: panes.map(|pane| (pane.id, pane.cameras.clone())).collect(),
        };
        if self.preferences.memory_of(&folder) != Some(&memory) {
            self.preferences.remember(folder, memory);
        }
    }

    /// What the memory is kept under: the first folder that is open. The built-in demo is nobody's folder.
    fn folder(&self) -> Option<PathBuf> {
        let session = self
            .session
            .as_ref()
            .filter(|_| self.options.name.is_none())?;
        session.paths.first()?.canonicalize().ok()
    }

    /// Arranges everything as it was when the folder was left; false where nothing is known of it.
    pub(crate) fn recall(&mut self) -> bool {
        let memory = self
            .folder()
            .and_then(|folder| self.preferences.memory_of(&folder).cloned());
        let Some(memory) = memory else { return false };
        self.restore(&memory.desk);
        for pane in self.panes_mut() {
            pane.cameras = memory.cameras.get(&pane.id).cloned().unwrap_or_default();
        }
        true
    }

    pub(crate) fn undo(&mut self) {
        let now = self.desk();
        if let Some(before) = self.undoer.undo(&now).cloned() {
            self.restore(&before);
        }
    }

    pub(crate) fn redo(&mut self) {
        let now = self.desk();
        if let Some(after) = self.undoer.redo(&now).cloned() {
            self.restore(&after);
        }
    }

    /// Lays the tiles out; those that are missing show the next views that the runs allow.
    pub(crate) fn arrange(&mut self, arrangement: Arrangement) {
        let mut ids = vec![self.pane.id];
        ids.extend(self.pane_ids().into_iter().filter(|id| *id != self.pane.id));
        ids.truncate(arrangement.count());
        while ids.len() < arrangement.count() {
            ids.push(self.add_pane());
        }
        self.others.retain(|id, _| ids.contains(id));
        let mut tiles = Tiles::default();
        let leaves: Vec<TileId> = ids.into_iter().map(|id| tiles.insert_pane(id)).collect();
        let root = match arrangement {
            Arrangement::One => leaves[0],
            Arrangement::SideBySide => tiles.insert_horizontal_tile(leaves),
            Arrangement::Stacked => tiles.insert_vertical_tile(leaves),
            Arrangement::TwoByTwo => {
                let rows = leaves
                    .chunks(2)
                    .map(|row| tiles.insert_horizontal_tile(row.to_vec()))
                    .collect();
                tiles.insert_vertical_tile(rows)
            }
        };
        self.tree = Tree::new(tree_id(), root, tiles);
    }

    /// A tile with the next view that no tile shows yet.
    fn add_pane(&mut self) -> PaneId {
        let ids = self.pane_ids();
        let id = PaneId(ids.iter().map(|id| id.0 + 1).max().unwrap_or(0));
        let shown: Vec<ViewKind> = self.panes_mut().map(|pane| pane.view).collect();
        let fresh = ViewKind::ALL
            .into_iter()
            .find(|view| !shown.contains(view) && !self.unavailable.contains_key(view));
        let view = fresh.unwrap_or(self.pane.view);
        let mut pane = Pane::new(id, view, self.pane.settings.clone());
        pane.settings.ranges = [None; 3];
        pane.settings.log = [None; 3];
        self.others.insert(id, pane);
        id
    }

    /// Splits the tile at hand: to the right, or below.
    pub(crate) fn split(&mut self, below: bool) {
        let Some(tile) = self.tree.tiles.find_pane(&self.pane.id) else {
            return;
        };
        let fresh = self.add_pane();
        let fresh = self.tree.tiles.insert_pane(fresh);
        // The container takes the tile's place.
        let parent = self.tree.tiles.parent_of(tile);
        let container = if below {
            self.tree.tiles.insert_vertical_tile(vec![tile, fresh])
        } else {
            self.tree.tiles.insert_horizontal_tile(vec![tile, fresh])
        };
        match parent.and_then(|parent| self.tree.tiles.get_mut(parent)) {
            Some(Tile::Container(parent)) => {
                let _place = parent.replace_child(tile, container);
            }
            _ => self.tree.root = Some(container),
        }
    }

    /// Closes the tile at hand; the last one stays.
    pub(crate) fn close_tile(&mut self) {
        let Some(next) = self.others.keys().next().copied() else {
            return;
        };
        if let Some(tile) = self.tree.tiles.find_pane(&self.pane.id) {
            self.tree.remove_recursively(tile);
        }
        if let Some(next) = self.others.remove(&next) {
            self.pane = next;
        }
        self.keep_tiles_and_panes_together();
    }

    /// Makes a tile the one at hand.
    pub(crate) fn take(&mut self, id: PaneId) {
        if let Some(next) = self.others.remove(&id) {
            let before = std::mem::replace(&mut self.pane, next);
            self.others.insert(before.id, before);
        }
    }

    /// The next tile in reading order becomes the one at hand.
    pub(crate) fn take_next(&mut self) {
        let ids = self.pane_ids();
        let at = ids.iter().position(|id| *id == self.pane.id).unwrap_or(0);
        self.take(ids[(at + 1) % ids.len()]);
    }

    /// Every tile has a pane and every pane a tile.
    fn keep_tiles_and_panes_together(&mut self) {
        let ids = self.pane_ids();
        let mut seen = BTreeSet::new();
        let stray: Vec<TileId> = self
            .tree
            .tiles
            .iter()
            .filter_map(|(tile, content)| match content {
                Tile::Pane(id) if !ids.contains(id) || !seen.insert(*id) => Some(*tile),
                _ => None,
            })
            .collect();
        for tile in stray {
            self.tree.remove_recursively(tile);
        }
        if seen.len() < ids.len() || self.tree.root.is_none() {
            let mut tiles = Tiles::default();
            let leaves = ids.into_iter().map(|id| tiles.insert_pane(id)).collect();
            let root = tiles.insert_grid_tile(leaves);
            self.tree = Tree::new(tree_id(), root, tiles);
        }
    }
}
