//! Arranges the tiles, and restores arrangements: undo, redo and the saved workspace of a folder.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    path::PathBuf,
    time::Duration,
};

use egui_tiles::{Container, Tile, TileId, Tiles, Tree};
use trainscape_remote::Location;
use trainscape_views::{VIEWS, ViewKind};

use crate::{
    pane::Pane,
    pane_id::PaneId,
    panes::Panes,
    services::Services,
    state::State,
    tile_settings::TileSettings,
    workspace::{
        self, Arrangement, STABLE_SECS, SavedWorkspace, SharedSettings, Workspace, WorkspacePane,
    },
};

/// Levels and tiles of a saved tree that are still drawn.
const MAX_LEVELS: usize = 32;
const MAX_TILES: usize = 256;
/// Tiles with a view that a saved arrangement may have: each is drawn in every frame.
const MAX_PANES: usize = 36;

fn workspace_of(state: &State) -> Workspace {
    let panes = state.panes.iter().map(|pane| {
        let pane_workspace = WorkspacePane {
            view: pane.view,
            settings: pane.settings.clone(),
            pins: pane.pins.clone(),
        };
        (pane.id, pane_workspace)
    });
    Workspace {
        tree: state.tree.clone(),
        panes: panes.collect(),
        focused: state.panes.focused_id(),
        shared: SharedSettings {
            // The current step is not part of the arrangement.
            at_step: None,
            ..state.shared.clone()
        },
    }
}

/// A saved tile has at least this share, and at most its inverse.
const LEAST_SHARE: f32 = 1e-3;

/// Gives shares of a saved layout that are no sensible part of the whole the usual one.
fn bound_shares(tree: &mut Tree<PaneId>) {
    let is_sensible = |share: f32| (LEAST_SHARE..=1.0 / LEAST_SHARE).contains(&share);
    for tile in tree.tiles.tiles_mut() {
        match tile {
            Tile::Container(Container::Linear(linear)) => {
                let shares = linear.shares.iter().map(|(id, share)| (*id, *share));
                let wrong: Vec<TileId> = shares
                    .filter(|(_, share)| !is_sensible(*share))
                    .map(|(id, _)| id)
                    .collect();
                for id in wrong {
                    linear.shares.set_share(id, 1.0);
                }
            }
            Tile::Container(Container::Grid(grid)) => {
                let shares = grid.col_shares.iter_mut().chain(&mut grid.row_shares);
                for share in shares.filter(|share| !is_sensible(**share)) {
                    *share = 1.0;
                }
            }
            Tile::Container(Container::Tabs(_)) | Tile::Pane(_) => {}
        }
    }
}

fn restore(state: &mut State, workspace: &Workspace) {
    let first = Pane::new(PaneId(0), VIEWS[0], TileSettings::default());
    let before = std::mem::replace(&mut state.panes, Panes::new(first));
    let mut before = before.into_map();
    let mut panes = BTreeMap::new();
    for (id, saved) in workspace.panes.iter().take(MAX_PANES) {
        let mut pane = before
            .remove(id)
            .unwrap_or_else(|| Pane::new(*id, saved.view, saved.settings.clone()));
        pane.view = saved.view;
        pane.settings = saved.settings.clone();
        pane.pins = saved.pins.clone();
        panes.insert(*id, pane);
    }
    // A damaged file may contain no tile at all.
    match Panes::from_map(panes, workspace.focused) {
        Some(panes) => {
            state.panes = panes;
            state.tree = workspace.tree.clone();
            bound_shares(&mut state.tree);
        }
        None => state.tree = workspace::tree_of_one(state.panes.focused_id()),
    }
    state.shared = SharedSettings {
        at_step: state.shared.at_step,
        ..workspace.shared.clone()
    };
    match_tree_and_panes(state);
}

/// Records what has changed, for undo and in the preferences.
pub(crate) fn record_changes(state: &mut State, services: &mut Services, ctx: &egui::Context) {
    if state.open.is_none() || state.snapshot.runs.is_empty() {
        return;
    }
    let workspace = workspace_of(state);
    let undoer = &mut services.undoer;
    undoer.feed_state(ctx.input(|input| input.time), &workspace);
    let (can_undo, can_redo) = (undoer.has_undo(&workspace), undoer.has_redo(&workspace));
    if (can_undo, can_redo) != (state.can_undo, state.can_redo) {
        (state.can_undo, state.can_redo) = (can_undo, can_redo);
        // The buttons of this frame are painted already.
        ctx.request_repaint();
    }
    if undoer.is_in_flux() {
        ctx.request_repaint_after(Duration::from_secs_f32(STABLE_SECS * 1.1));
    } else if !is_changing(state, ctx) {
        save(state, workspace);
    }
}

/// Whether the camera or the current step moves, so that each frame would be saved.
fn is_changing(state: &State, ctx: &egui::Context) -> bool {
    let is_animating = state.panes.iter().any(|pane| pane.animation.is_some());
    is_animating || state.playback.is_playing() || ctx.input(|input| input.pointer.any_down())
}

fn save(state: &mut State, workspace: Workspace) {
    let Some(folder) = folder(state) else {
        return;
    };
    let cameras = state
        .panes
        .iter()
        .map(|pane| (pane.id, pane.cameras.clone()))
        .collect();
    let saved = SavedWorkspace {
        workspace,
        cameras,
        bookmarks: state.bookmarks.kept.clone(),
        at_step: state.shared.at_step,
    };
    if state.preferences.workspace_of(&folder) != Some(&saved) {
        state.preferences.save_workspace(folder, saved);
    }
}

/// What the workspace is saved under: the first path that is open. The built-in demo is not saved.
fn folder(state: &State) -> Option<PathBuf> {
    let open = state.open.as_ref().filter(|open| !open.is_demo)?;
    let first = open.paths.first()?;
    match Location::is_url(first) {
        true => Some(first.clone()),
        false => first.canonicalize().ok(),
    }
}

/// Restores the workspace that was saved for what is open; false where there is none.
pub(crate) fn restore_saved(state: &mut State) -> bool {
    let saved = folder(state).and_then(|folder| state.preferences.workspace_of(&folder).cloned());
    let Some(saved) = saved else { return false };
    restore(state, &saved.workspace);
    state.bookmarks.kept.clone_from(&saved.bookmarks);
    state.shared.at_step = saved.at_step.filter(|step| step.is_finite());
    for pane in state.panes.iter_mut() {
        pane.cameras = saved.cameras.get(&pane.id).cloned().unwrap_or_default();
    }
    true
}

pub(crate) fn undo(state: &mut State, services: &mut Services) {
    let now = workspace_of(state);
    if let Some(before) = services.undoer.undo(&now).cloned() {
        restore(state, &before);
    }
}

pub(crate) fn redo(state: &mut State, services: &mut Services) {
    let now = workspace_of(state);
    if let Some(after) = services.undoer.redo(&now).cloned() {
        restore(state, &after);
    }
}

/// Arranges the tiles; those that are missing show the next views that the runs allow.
pub(crate) fn arrange(state: &mut State, arrangement: Arrangement) {
    let mut ids: Vec<PaneId> = state.panes.focused_first().map(|pane| pane.id).collect();
    ids.truncate(arrangement.tiles());
    while ids.len() < arrangement.tiles() {
        ids.push(add_pane(state));
    }
    state.panes.retain(&ids);
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
    state.tree = Tree::new(workspace::tree_id(), root, tiles);
}

/// A tile with the next view that no tile shows yet.
fn add_pane(state: &mut State) -> PaneId {
    let focused = state.panes.focused();
    let is_shown = |view: &ViewKind| state.panes.iter().any(|pane| pane.view == *view);
    let unshown = VIEWS
        .into_iter()
        .find(|view| !is_shown(view) && !state.unavailable.contains_key(view));
    let id = state.panes.unused_id();
    let pane = Pane::new(
        id,
        unshown.unwrap_or(focused.view),
        focused.settings.clone(),
    );
    state.panes.insert(pane);
    id
}

/// Splits the focused tile: to the right, or below.
pub(crate) fn split(state: &mut State, below: bool) {
    let Some(tile) = state.tree.tiles.find_pane(&state.panes.focused_id()) else {
        return;
    };
    let added = add_pane(state);
    let tiles = &mut state.tree.tiles;
    let added = tiles.insert_pane(added);
    // The container takes the tile's place.
    let parent = tiles.parent_of(tile);
    let container = if below {
        tiles.insert_vertical_tile(vec![tile, added])
    } else {
        tiles.insert_horizontal_tile(vec![tile, added])
    };
    match parent.and_then(|parent| tiles.get_mut(parent)) {
        Some(Tile::Container(parent)) => {
            let _index = parent.replace_child(tile, container);
        }
        _ => state.tree.root = Some(container),
    }
}

/// Closes the focused tile; the last one stays.
pub(crate) fn close(state: &mut State) {
    let closed = state.panes.focused_id();
    if !state.panes.close_focused() {
        return;
    }
    if let Some(tile) = state.tree.tiles.find_pane(&closed) {
        state.tree.remove_recursively(tile);
    }
    match_tree_and_panes(state);
}

/// Whether a tree that was saved can be drawn: every tile is reached once, in few levels.
fn is_sound(tree: &Tree<PaneId>) -> bool {
    let mut reached = HashSet::new();
    let mut level: Vec<TileId> = tree.root.into_iter().collect();
    for _ in 0..MAX_LEVELS {
        let mut next = Vec::new();
        for tile in level {
            if !reached.insert(tile) || reached.len() > MAX_TILES {
                return false;
            }
            if let Some(Tile::Container(container)) = tree.tiles.get(tile) {
                next.extend(container.children().copied());
            }
        }
        level = next;
    }
    level.is_empty()
}

/// Every pane is in the tree once, and nothing else.
fn match_tree_and_panes(state: &mut State) {
    let ids = state.panes.ids();
    if !is_sound(&state.tree) {
        state.tree.root = None;
    }
    let mut seen = BTreeSet::new();
    let superfluous: Vec<TileId> = state
        .tree
        .tiles
        .iter()
        .filter_map(|(tile, content)| match content {
            Tile::Pane(id) if !ids.contains(id) || !seen.insert(*id) => Some(*tile),
            _ => None,
        })
        .collect();
    for tile in superfluous {
        state.tree.remove_recursively(tile);
    }
    if seen.len() < ids.len() || state.tree.root.is_none() {
        let mut tiles = Tiles::default();
        let leaves = ids.into_iter().map(|id| tiles.insert_pane(id)).collect();
        let root = tiles.insert_grid_tile(leaves);
        state.tree = Tree::new(workspace::tree_id(), root, tiles);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_that_are_no_part_of_the_whole_are_replaced() {
        let mut tiles = Tiles::default();
        let leaves: Vec<TileId> = (0..4).map(|id| tiles.insert_pane(PaneId(id))).collect();
        let root = tiles.insert_vertical_tile(leaves.clone());
        let mut tree = Tree::new(workspace::tree_id(), root, tiles);
        let shares = |tree: &mut Tree<PaneId>| match tree.tiles.get_mut(root) {
            Some(Tile::Container(Container::Linear(linear))) => linear.shares.clone(),
            _ => unreachable!("the root is a container"),
        };
        let saved = [-1e30, f32::NAN, 1e38, 2.5];
        if let Some(Tile::Container(Container::Linear(linear))) = tree.tiles.get_mut(root) {
            for (id, share) in leaves.iter().zip(saved) {
                linear.shares.set_share(*id, share);
            }
        }
        bound_shares(&mut tree);
        let bounded = shares(&mut tree);
        let bounded = leaves.iter().map(|id| bounded[*id]);
        assert_eq!(bounded.collect::<Vec<_>>(), [1.0, 1.0, 1.0, 2.5]);
    }
}
