//! Lines in one plane: how they are told apart.

use std::{ops::Range, sync::Arc};

use trainscape_scene::{
    colour::Colour,
    scene::{LegendEntry, LegendMark, Scene},
};

use super::Waterfall;
use crate::{caption::Caption, run_rows::RunRow};

impl Waterfall<'_> {
    /// Adds the means of repeated runs; returns how many points the axes cannot show, and the caption's sentence on those
    /// that are not drawn.
    pub(super) fn add_seeds(&self, scene: &mut Scene) -> (usize, Caption) {
        let member = |row: &RunRow| self.members[row.member].run.id.clone();
        let ids: Vec<Arc<str>> = self.rows.iter().map(member).collect();
        let (not_placed, downsampled) = self.seeds.add(scene, &self.key, &ids);
        self.seeds.add_runs(scene, self.members, &self.rows);
        (not_placed, Caption::new(downsampled))
    }

    /// The lines in the plane: runs, or the training loss and the validation loss of the only one.
    pub(super) fn legend(&self) -> Vec<LegendEntry> {
        let line = |label: &str, colour: Colour| LegendEntry {
            label: label.to_owned(),
            colour: Some(colour),
            mark: LegendMark::Line,
        };
        if !self.seeds.is_empty() {
            return self.seeds.legend();
        }
        if let Some(many) = &self.many {
            return many.legend.clone();
        }
        let lines = self.order.names.iter().zip(&self.order.colours);
        let mut legend: Vec<LegendEntry> = match self.rows.len() {
            1 if self.counterpart.is_empty() && self.starts.is_empty() => Vec::new(),
            1 => vec![line(&self.key, self.order.colours[0])],
            // The colour bar says more.
            _ if self.order.bar.is_some() => Vec::new(),
            _ => {
                let heading = self.word_of_numbers().map(|label| LegendEntry {
                    label,
                    colour: None,
                    mark: LegendMark::None,
                });
                let lines = lines.map(|(name, colour)| line(name, *colour));
                heading.into_iter().chain(lines).collect()
            }
        };
        legend.extend(self.counterpart.legend());
        legend.extend(self.starts.legend());
        legend
    }

    /// The word before the numbers that are all that is left of the names of the runs: `drop` of `results_drop_0.2`.
    fn word_of_numbers(&self) -> Option<String> {
        let mut names = self.order.names.iter();
        if !names.all(|name| name.parse::<f64>().is_ok()) {
            return None;
        }
        let word = |row: &RunRow, number: &String| {
            let name = &self.members[row.member].run.name;
            let before = name.strip_suffix(number.as_str())?;
            let before = before.trim_end_matches(|c: char| !c.is_alphanumeric());
            let start = before.rfind(|c: char| !c.is_alphanumeric());
            let word = start.map_or(before, |at| &before[at + 1..]);
            let is_word = word.starts_with(|c: char| c.is_alphabetic());
            is_word.then(|| word.to_owned())
        };
        let mut words = self.rows.iter().zip(&self.order.names);
        let first = words.next().and_then(|(row, name)| word(row, name))?;
        let are_same = words.all(|(row, name)| word(row, name).as_ref() == Some(&first));
        are_same.then_some(first)
    }

    /// The number of points of a row's line, which in a plane ends with its last full window: means of ever fewer points would
    /// show noise as trend.
    pub(super) fn end_of_line(&self, row: &RunRow) -> u32 {
        let is_whole = self.window <= 1 || !self.is_flat && !self.shows_raw();
        match is_whole {
            true => row.samples.points.len() as u32,
            false => row.end_of_full_windows(),
        }
    }

    /// The segments of a row's line.
    pub(super) fn strips(&self, row: &RunRow) -> Vec<Range<u32>> {
        let strips = row.samples.strips();
        let end = self.end_of_line(row);
        let cut = strips
            .into_iter()
            .map(|strip| strip.start..strip.end.min(end));
        cut.filter(|strip| !strip.is_empty()).collect()
    }
}
