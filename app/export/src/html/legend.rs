//! Which elements of a scene an entry of the legend stands for.

use trainscape_scene::{Scene, colour::Colour, scene::PathColour};

/// Entries of a legend that can be hidden: those with a row on the page, as many as a mask of 32 bits distinguishes.
const MOST: usize = 31;

/// The entries of a legend.
#[derive(Debug)]
pub(super) struct Groups {
    entries: Vec<(String, Option<Colour>)>,
}

impl Groups {
    pub(super) fn of(scene: &Scene, rows: usize) -> Self {
        let entries = scene.legend.iter().take(rows.min(MOST));
        let entries = entries.map(|entry| (entry.label.clone(), entry.colour));
        Self {
            entries: entries.collect(),
        }
    }

    /// The entry of an element by its name, or by its colour if only one has it: from 1 on, 0 is none.
    pub(super) fn of_element(&self, name: &str, colour: Option<Colour>) -> u8 {
        let by_name = self.entries.iter().position(|(label, _)| label == name);
        by_name
            .or_else(|| colour.and_then(|colour| self.with_colour(Some(colour))))
            .map_or(0, |index| index as u8 + 1)
    }

    /// The entry of a path.
    pub(super) fn of_path(&self, name: &str, colour: &PathColour) -> u8 {
        let by_name = self.entries.iter().position(|(label, _)| label == name);
        let by_colour = || match colour {
            PathColour::Solid(colour) | PathColour::Outlined(colour) => {
                self.with_colour(Some(*colour))
            }
            PathColour::Theme => self.with_colour(None),
            PathColour::Muted | PathColour::Values(..) => None,
        };
        by_name
            .or_else(by_colour)
            .map_or(0, |index| index as u8 + 1)
    }

    /// The entry of a point of a cloud: that of the run that it is a record of, or else of its colour.
    pub(super) fn of_point(&self, run: Option<&str>, colour: Option<Colour>) -> u8 {
        let by_run = run.and_then(|run| self.entries.iter().position(|(label, _)| label == run));
        by_run
            .or_else(|| colour.and_then(|colour| self.with_colour(Some(colour))))
            .map_or(0, |index| index as u8 + 1)
    }

    fn with_colour(&self, colour: Option<Colour>) -> Option<usize> {
        let mut found = self
            .entries
            .iter()
            .enumerate()
            .filter(|(_, (_, of_entry))| *of_entry == colour);
        match (found.next(), found.next()) {
            (Some((index, _)), None) => Some(index),
            _ => None,
        }
    }
}
