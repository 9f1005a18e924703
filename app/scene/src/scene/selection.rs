//! Selection of records by a region of the screen.

use super::{content::Scene, pick::RecordAt, record::Picked};

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
            if !inside(position) {
                return;
            }
            // A marker at a record that is drawn as a point or on a line is the same record.
            let is_known = |picked: &Picked| {
                // Run, step and value.
                let same =
                    |other: &Picked| other.lines.iter().take(3).eq(picked.lines.iter().take(3));
                matches!(at, RecordAt::Marker(..)) && selection.records.iter().any(same)
            };
            let described = (selection.records.len() < max_described)
                .then(|| self.describe(&at, position))
                .flatten();
            if described.as_ref().is_some_and(is_known) {
                return;
            }
            selection.total += 1;
            selection.records.extend(described);
        });
        selection
    }
}
