//! The records inside a part of the picture.

use super::{Picked, Scene};

/// The records of a part of a scene.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// The first of them, in the order in which they are drawn.
    pub records: Vec<Picked>,
    /// How many there are.
    pub total: usize,
}

impl Scene {
    /// The records whose positions are `inside`; at most `most` of them are described.
    #[must_use]
    pub fn select(&self, most: usize, inside: impl Fn([f32; 3]) -> bool) -> Selection {
        let mut selection = Selection::default();
        self.for_each_record(|at, position| {
            if inside(position) {
                selection.total += 1;
                if selection.records.len() < most {
                    selection.records.extend(self.describe(&at, position));
                }
            }
        });
        selection
    }
}
