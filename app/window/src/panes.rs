//! The tiles and which of them has the focus.

use std::collections::BTreeMap;

use crate::{pane::Pane, pane_id::PaneId};

/// At least one tile, of which one is focused: keys, tabs and settings refer to it.
pub(crate) struct Panes {
    by_id: BTreeMap<PaneId, Pane>,
    focused: PaneId,
}

impl Panes {
    pub(crate) fn new(pane: Pane) -> Self {
        Self {
            focused: pane.id,
            by_id: BTreeMap::from([(pane.id, pane)]),
        }
    }

    /// The given tiles; `None` where there are none. An unknown `focused` gives the first the focus.
    pub(crate) fn from_map(by_id: BTreeMap<PaneId, Pane>, focused: PaneId) -> Option<Self> {
        let first = *by_id.keys().next()?;
        let focused = if by_id.contains_key(&focused) {
            focused
        } else {
            first
        };
        Some(Self { by_id, focused })
    }

    pub(crate) fn into_map(self) -> BTreeMap<PaneId, Pane> {
        self.by_id
    }

    pub(crate) fn focused_id(&self) -> PaneId {
        self.focused
    }

    pub(crate) fn focused(&self) -> &Pane {
        self.by_id
            .get(&self.focused)
            .expect("the focused tile is one of the tiles")
    }

    pub(crate) fn focused_mut(&mut self) -> &mut Pane {
        self.by_id
            .get_mut(&self.focused)
            .expect("the focused tile is one of the tiles")
    }

    pub(crate) fn get(&self, id: PaneId) -> Option<&Pane> {
        self.by_id.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: PaneId) -> Option<&mut Pane> {
        self.by_id.get_mut(&id)
    }

    /// All tiles by their ids.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Pane> {
        self.by_id.values()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Pane> {
        self.by_id.values_mut()
    }

    /// All tiles, the focused one first.
    pub(crate) fn focused_first(&self) -> impl Iterator<Item = &Pane> {
        std::iter::once(self.focused()).chain(self.others(self.focused))
    }

    /// All tiles but one.
    pub(crate) fn others(&self, id: PaneId) -> impl Iterator<Item = &Pane> {
        self.by_id.values().filter(move |pane| pane.id != id)
    }

    pub(crate) fn ids(&self) -> Vec<PaneId> {
        self.by_id.keys().copied().collect()
    }

    pub(crate) fn count(&self) -> usize {
        self.by_id.len()
    }

    /// Focuses a tile, where there is one with this id.
    pub(crate) fn focus(&mut self, id: PaneId) {
        if self.by_id.contains_key(&id) {
            self.focused = id;
        }
    }

    /// Focuses the next tile in the order of ids.
    pub(crate) fn focus_next(&mut self) {
        let ids = self.ids();
        let at = ids.iter().position(|id| *id == self.focused).unwrap_or(0);
        self.focused = ids[(at + 1) % ids.len()];
    }

    /// An id that no tile has.
    pub(crate) fn unused_id(&self) -> PaneId {
        let last = self.by_id.keys().next_back();
        PaneId(last.map_or(0, |last| last.0 + 1))
    }

    pub(crate) fn insert(&mut self, pane: Pane) {
        self.by_id.insert(pane.id, pane);
    }

    /// Drops the tiles that are not among `ids`; the focused one stays.
    pub(crate) fn retain(&mut self, ids: &[PaneId]) {
        let focused = self.focused;
        self.by_id
            .retain(|id, _| *id == focused || ids.contains(id));
    }

    /// Removes the focused tile and focuses the first of the others; false for the last tile, which stays.
    pub(crate) fn close_focused(&mut self) -> bool {
        let Some(next) = self.others(self.focused).next().map(|pane| pane.id) else {
            return false;
        };
        self.by_id.remove(&self.focused);
        self.focused = next;
        true
    }
}

#[cfg(test)]
mod tests {
    use trainscape_views::ViewKind;

    use super::*;
    use crate::tile_settings::TileSettings;

    fn pane(id: u32) -> Pane {
        Pane::new(
            PaneId(id),
            ViewKind::named("loss-surface"),
            TileSettings::default(),
        )
    }

    #[test]
    fn one_tile_is_always_focused() {
        let mut panes = Panes::new(pane(3));
        assert!(!panes.close_focused(), "the last one stays");
        assert_eq!(panes.unused_id(), PaneId(4));
        panes.insert(pane(4));
        panes.focus(PaneId(9));
        assert_eq!(panes.focused_id(), PaneId(3), "no such tile");
        panes.focus_next();
        assert_eq!(panes.focused_id(), PaneId(4));
        panes.retain(&[]);
        assert_eq!(panes.ids(), [PaneId(4)]);
        let map = BTreeMap::from([(PaneId(1), pane(1)), (PaneId(2), pane(2))]);
        let panes = Panes::from_map(map, PaneId(7)).expect("there are two tiles");
        assert_eq!(panes.focused_id(), PaneId(1));
        assert!(Panes::from_map(BTreeMap::new(), PaneId(0)).is_none());
    }
}
