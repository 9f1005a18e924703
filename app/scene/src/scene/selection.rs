//! Selection of records by a region of the screen.

use super::{content::Scene, record::Picked};

/// The selected records of a scene.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// The first ones, in drawing order.
    pub records: Vec<Picked>,
    /// Number of selected records.
    pub total: usize,
}

impl Scene {
    /// The records whose positions are `inside`; at most `max_described` of them are described.
    #[must_use]
    pub fn select(&self, max_described: usize, inside: impl Fn([f32; 3]) -> bool) -> Selection {
        let mut selection = Selection::default();
        self.for_each_record(|at, position| {
            if inside(position) {
                selection.total += 1;
                if selection.records.len() < max_described {
                    selection.records.extend(self.describe(&at, position));
                }
            }
        });
        selection
    }
}
