//! How the lines of a panel are told apart: by labels and colours that all panels share.

use trainscape_scene::colour::{Colour, run_colour};

use crate::groups::Repeats;

/// Labels and colours of the rows of a panel.
pub(super) struct PanelStyle<'a> {
    /// What is drawn in the panel.
    pub(super) title: String,
    /// One for each row, in order.
    pub(super) labels: Vec<String>,
    pub(super) colours: &'a [(String, Colour)],
    /// Whether nothing says of what the rows are, so that they are not known to be repeats.
    pub(super) is_of_unknown: bool,
    /// How repeats are known among the rows of all panels.
    pub(super) repeats: Repeats,
}

impl PanelStyle<'_> {
    pub(super) fn label(&self, row: usize) -> String {
        match self.labels.get(row) {
            Some(label) if !label.is_empty() => label.clone(),
            _ => "mean".to_owned(),
        }
    }

    /// The label of a mean where its panel is not seen, as in a table.
    pub(super) fn described(&self, row: usize) -> String {
        format!("{}, {}", self.title, self.label(row))
    }

    pub(super) fn colour(&self, row: usize) -> Colour {
        let label = self.labels.get(row);
        let colour = self
            .colours
            .iter()
            .find(|(other, _)| Some(other) == label)
            .map(|(_, colour)| *colour);
        colour.unwrap_or(run_colour(0))
    }
}
