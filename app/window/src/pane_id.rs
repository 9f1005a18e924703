//! The identity of a tile.

use serde::{Deserialize, Serialize};

/// Identifies a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct PaneId(pub(crate) u32);
