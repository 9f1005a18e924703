//! The controls of the loss landscape.

use crate::control::{Control, Kind, Section};

pub(super) const GRID: Control = Control {
    name: "grid",
    label: "Grid",
    help: "The array that holds the grid of losses.",
    kind: Kind::Key { fixed: &[] },
    section: Section::View,
    names_data: true,
    only_with: None,
};
