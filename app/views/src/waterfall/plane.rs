//! Lines in one plane: how they are told apart.

use std::ops::Range;

use trainscape_scene::{colour::Colour, scene::LegendEntry};

use super::Waterfall;
use crate::run_rows::RunRow;

impl Waterfall<'_> {
    /// The lines in the plane: runs, or the training loss and the validation loss of the only one.
    pub(super) fn legend(&self) -> Vec<LegendEntry> {
        let line = |label: &str, colour: Colour| LegendEntry {
            label: label.to_owned(),
            colour: Some(colour),
            dot: false,
        };
        let lines = self.order.names.iter().zip(&self.order.colours);
        let mut legend: Vec<LegendEntry> = match self.rows.len() {
            1 if self.validation.is_empty() && self.starts.is_empty() => Vec::new(),
            1 => vec![line(&self.key, self.order.colours[0])],
            // The colour bar says more.
            _ if self.order.bar.is_some() => Vec::new(),
            _ => lines.map(|(name, colour)| line(name, *colour)).collect(),
        };
        legend.extend(self.validation.legend());
        legend.extend(self.starts.legend());
        legend
    }

    /// The segments of a row's line. Where the logged points are drawn, the line ends with its last full window: means of
    /// ever fewer points would show noise as trend.
    pub(super) fn strips(&self, row: &RunRow) -> Vec<Range<u32>> {
        let strips = row.samples.strips();
        if !self.shows_raw() {
            return strips;
        }
        let end = row.end_of_full_windows(self.window);
        let cut = strips
            .into_iter()
            .map(|strip| strip.start..strip.end.min(end));
        cut.filter(|strip| !strip.is_empty()).collect()
    }
}
