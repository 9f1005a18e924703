//! Which panels are open and what they show.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

/// A report: the run's id, its file and its title.
pub(crate) type ReportId = (Arc<str>, PathBuf, String);

/// What the bottom panel shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Dock {
    /// The loss over steps, with the brush and the scrubber.
    #[default]
    Timeline,
    /// The table of runs.
    Runs,
    /// The list of spikes.
    Spikes,
    /// The table of selected records.
    Selection,
}

/// The panels around the tiles.
#[derive(Clone, Debug)]
pub(crate) struct OpenPanels {
    pub(crate) runs: bool,
    pub(crate) settings: bool,
    pub(crate) help: bool,
    pub(crate) dock: Dock,
    /// `None` while the command palette is closed.
    pub(crate) palette: Option<CommandPalette>,
    pub(crate) report: Option<ReportId>,
    /// The filter of the panel of runs and series.
    pub(crate) filter: String,
    /// The open groups of the tree of series, by their paths.
    pub(crate) series_groups: BTreeSet<String>,
    /// The filter gets the keyboard when it is shown next.
    pub(crate) focus_filter: bool,
}

impl Default for OpenPanels {
    fn default() -> Self {
        Self {
            runs: true,
            settings: true,
            help: false,
            dock: Dock::default(),
            palette: None,
            report: None,
            filter: String::new(),
            series_groups: BTreeSet::new(),
            focus_filter: false,
        }
    }
}

impl OpenPanels {
    /// Shows the filter of runs and series and gives it the keyboard.
    pub(crate) fn open_filter(&mut self) {
        self.runs = true;
        self.focus_filter = true;
    }

    pub(crate) fn toggle_series_group(&mut self, path: String) {
        if !self.series_groups.remove(&path) {
            self.series_groups.insert(path);
        }
    }

    pub(crate) fn toggle_palette(&mut self) {
        self.palette = match self.palette {
            Some(_) => None,
            None => Some(CommandPalette::default()),
        };
    }
}

/// The command palette while it is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CommandPalette {
    pub(crate) text: String,
    /// Row that Enter selects.
    pub(crate) row: usize,
}
