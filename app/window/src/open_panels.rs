//! Which panels are open and what they show.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use crate::export_kind::ExportKind;

/// Windows from this width show the runs, unless they were closed: the figure keeps half of a narrower one.
const RUNS_FROM_PT: f32 = 900.0;
/// Windows from this width show the settings, unless they were closed.
const SETTINGS_FROM_PT: f32 = 1180.0;

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
    /// Whether the runs are shown; `None`: where the window is wide enough.
    runs: Option<bool>,
    /// Whether the settings are shown; `None`: where the window is wide enough.
    settings: Option<bool>,
    /// Width of the window in points.
    width_pt: f32,
    /// The bottom panel shows its tabs alone.
    pub(crate) is_dock_folded: bool,
    pub(crate) help: bool,
    /// The whole caption lies over the focused tile instead of its first line.
    pub(crate) caption: bool,
    /// The control that the settings scroll to.
    pub(crate) shown_control: Option<&'static str>,
    /// The control that is framed, and until when in egui's time.
    pub(crate) framed_control: Option<(&'static str, f64)>,
    pub(crate) dock: Dock,
    /// `None` while the command palette is closed.
    pub(crate) palette: Option<CommandPalette>,
    pub(crate) report: Option<ReportId>,
    /// `None` while the export dialog is closed.
    pub(crate) export: Option<ExportKind>,
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
            runs: None,
            settings: None,
            width_pt: f32::INFINITY,
            is_dock_folded: false,
            help: false,
            caption: false,
            shown_control: None,
            framed_control: None,
            dock: Dock::default(),
            palette: None,
            report: None,
            export: None,
            filter: String::new(),
            series_groups: BTreeSet::new(),
            focus_filter: false,
        }
    }
}

impl OpenPanels {
    /// Takes the width of the window: in a narrow one the figure goes before the panels.
    pub(crate) fn fit(&mut self, width_pt: f32) {
        self.width_pt = width_pt;
    }

    pub(crate) fn shows_runs(&self) -> bool {
        self.runs.unwrap_or(self.width_pt >= RUNS_FROM_PT)
    }

    pub(crate) fn shows_settings(&self) -> bool {
        self.settings.unwrap_or(self.width_pt >= SETTINGS_FROM_PT)
    }

    pub(crate) fn toggle_runs(&mut self) {
        self.runs = Some(!self.shows_runs());
        // A narrow window has room for one.
        if self.width_pt < RUNS_FROM_PT && self.shows_runs() {
            self.settings = Some(false);
        }
    }

    pub(crate) fn toggle_settings(&mut self) {
        self.settings = Some(!self.shows_settings());
        if self.width_pt < RUNS_FROM_PT && self.shows_settings() {
            self.runs = Some(false);
        }
    }

    pub(crate) fn open_settings(&mut self) {
        self.settings = Some(true);
    }

    /// Shows a tab of the bottom panel; the one that is shown folds the panel.
    pub(crate) fn show_dock(&mut self, dock: Dock) {
        self.is_dock_folded = self.dock == dock && !self.is_dock_folded;
        self.dock = dock;
    }

    /// Shows a tab of the bottom panel.
    pub(crate) fn open_dock(&mut self, dock: Dock) {
        self.is_dock_folded = false;
        self.dock = dock;
    }

    /// Shows the filter of runs and series and gives it the keyboard.
    pub(crate) fn open_filter(&mut self) {
        self.runs = Some(true);
        self.focus_filter = true;
    }

    /// Opens the settings at a control.
    pub(crate) fn show_control(&mut self, name: &'static str) {
        self.open_settings();
        self.shown_control = Some(name);
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
