//! A tile and where it is shown.

use egui::Rect;

use crate::{pane::Pane, state::State};

/// A tile and where it is shown; `view3d` shows it, `tile_camera` moves its camera.
pub(super) struct TileView<'a> {
    pub(super) state: &'a State,
    pub(super) pane: &'a Pane,
    pub(super) rect: Rect,
}
