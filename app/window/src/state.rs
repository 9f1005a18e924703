//! The state of the interface: plain data that panels read and commands change.

use std::{
    collections::BTreeMap,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use egui_tiles::Tree;
use glam::Vec3;
use trainscape_run::Snapshot;
use trainscape_scene::{
    Scene,
    axis::Scale,
    scene::{Mark, Picked},
    theme::ThemeName,
    ticks::group_thousands,
};
use trainscape_views::{VIEWS, ViewKind};

use crate::{
    bookmarks::Bookmarks,
    export_choices::ExportChoices,
    export_preview::Preview,
    hint::Hint,
    live::Live,
    open_panels::OpenPanels,
    opened_contents::OpenedContents,
    options::ViewerOptions,
    pane::Pane,
    pane_id::PaneId,
    panes::Panes,
    path_dialog::PathDialog,
    places::PlacesStatus,
    playback::Playback,
    preferences::Preferences,
    projections::ProjectionStatus,
    role_choices::ShownRuns,
    run_colours::RunColours,
    run_table::RunTable,
    selection::{Selected, Tool},
    series_list::SeriesList,
    spike_list::{MarkedRecord, SpikeList},
    tile_settings::TileSettings,
    timeline::Timeline,
    workspace::{self, SharedSettings},
};

/// Runs that are drawn when more of them are opened: each has its points read, and a figure of more shows none of them.
const MOST_DRAWN_AT_FIRST: usize = 1000;

/// What is open.
#[derive(Clone, Debug)]
pub(crate) struct OpenPaths {
    pub(crate) paths: Vec<PathBuf>,
    /// Name in the title bar.
    pub(crate) name: String,
    /// It is the built-in demo run, in a temporary folder.
    pub(crate) is_demo: bool,
}

impl OpenPaths {
    /// The built-in demo run in its folder.
    pub(crate) fn demo(paths: Vec<PathBuf>) -> Self {
        Self {
            paths,
            name: "demo".to_owned(),
            is_demo: true,
        }
    }
}

/// A sentence for the user.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) text: String,
    pub(crate) is_error: bool,
    /// The file that it is about, which can be shown in its folder.
    pub(crate) file: Option<PathBuf>,
}

impl Message {
    pub(crate) fn info(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            is_error: false,
            file: None,
        }
    }

    /// A file was written.
    pub(crate) fn wrote(path: &Path) -> Self {
        Self {
            file: Some(path.to_owned()),
            ..Self::info(format!("Wrote {}", path.display()))
        }
    }

    pub(crate) fn error(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            is_error: true,
            file: None,
        }
    }
}

/// The snapshot that the summaries of all runs describe.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Summarised {
    pub(crate) generation: u64,
    /// Everything had been read.
    pub(crate) caught_up: bool,
    /// egui's time of the update.
    pub(crate) at_secs: f64,
    pub(crate) took_secs: f64,
}

/// The state of the interface.
pub(crate) struct State {
    pub(crate) options: ViewerOptions,
    pub(crate) preferences: Preferences,
    pub(crate) open: Option<OpenPaths>,
    /// The files and folders that are read: copies in the place of URLs.
    pub(crate) read_paths: Vec<PathBuf>,
    /// How the URLs among what is open are.
    pub(crate) places: PlacesStatus,
    /// What was read, with the user's choices.
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) shown_runs: ShownRuns,
    pub(crate) live: Live,
    pub(crate) panes: Panes,
    /// How the tiles are arranged.
    pub(crate) tree: Tree<PaneId>,
    /// What all tiles share.
    pub(crate) shared: SharedSettings,
    /// The workspace was restored from the preferences when its folder was opened.
    pub(crate) workspace_restored: bool,
    /// Something was opened before; the view of the command line is that of the first.
    pub(crate) has_opened: bool,
    pub(crate) can_undo: bool,
    pub(crate) can_redo: bool,
    pub(crate) theme: ThemeName,
    pub(crate) panels: OpenPanels,
    pub(crate) message: Option<Message>,
    pub(crate) hint: Hint,
    pub(crate) bookmarks: Bookmarks,
    /// The choices of the export dialog.
    pub(crate) export: ExportChoices,
    /// What the export dialog shows of what will be written.
    pub(crate) preview: Option<Preview>,
    /// Frames that are written of the animation that is exported, and all.
    pub(crate) animation_progress: Option<[u32; 2]>,
    /// The window's own dialog, where the system has none.
    pub(crate) path_dialog: Option<PathDialog>,
    /// Why nothing is shown of what is open.
    pub(crate) contents: OpenedContents,
    pub(crate) playback: Playback,
    /// What a drag in a tile does.
    pub(crate) tool: Tool,
    pub(crate) selected: Option<Selected>,
    /// Number of selections so far.
    pub(crate) selections: u64,
    /// The record under the pointer, and the tile that it is in.
    pub(crate) pointed_at: Option<(PaneId, Mark)>,
    /// The run under the pointer in the list of runs: it is lit up everywhere.
    pub(crate) hovered_run: Option<Arc<str>>,
    /// The record that was chosen in a list: it is marked in all tiles.
    pub(crate) marked: Option<MarkedRecord>,
    pub(crate) spikes: SpikeList,
    pub(crate) timeline: Timeline,
    pub(crate) run_colours: RunColours,
    pub(crate) series: SeriesList,
    pub(crate) table: RunTable,
    /// Why each view is not available; absent where it is.
    pub(crate) unavailable: BTreeMap<ViewKind, String>,
    /// The name of each run in lists.
    pub(crate) run_names: Vec<String>,
    pub(crate) summarised: Option<Summarised>,
    /// The projection that the focused tile shows.
    pub(crate) projection: Option<ProjectionStatus>,
    /// A scene is being built.
    pub(crate) is_building: bool,
}

impl State {
    pub(crate) fn new(options: ViewerOptions, preferences: Preferences) -> Self {
        let view = options.view.unwrap_or(VIEWS[0]);
        let pane = Pane::new(PaneId(0), view, TileSettings::default());
        Self {
            theme: preferences.theme.unwrap_or(ThemeName::Dark),
            tree: workspace::tree_of_one(pane.id),
            panes: Panes::new(pane),
            options,
            preferences,
            open: None,
            read_paths: Vec::new(),
            places: PlacesStatus::default(),
            snapshot: Arc::default(),
            shown_runs: ShownRuns::default(),
            live: Live::default(),
            shared: SharedSettings::default(),
            workspace_restored: false,
            has_opened: false,
            can_undo: false,
            can_redo: false,
            panels: OpenPanels::default(),
            message: None,
            hint: Hint::default(),
            bookmarks: Bookmarks::default(),
            export: ExportChoices::default(),
            preview: None,
            animation_progress: None,
            path_dialog: None,
            contents: OpenedContents::default(),
            playback: Playback::default(),
            tool: Tool::default(),
            selected: None,
            selections: 0,
            pointed_at: None,
            hovered_run: None,
            marked: None,
            spikes: SpikeList::default(),
            timeline: Timeline::default(),
            run_colours: RunColours::default(),
            series: SeriesList::default(),
            table: RunTable::default(),
            unavailable: BTreeMap::new(),
            run_names: Vec::new(),
            summarised: None,
            projection: None,
            is_building: false,
        }
    }

    /// Takes how the places are. A failure is shown until it has passed.
    pub(crate) fn update_places(&mut self, mut status: PlacesStatus) {
        let has_come = self.places.activity.is_some() && status.activity.is_none();
        status.brought = match has_come {
            true => Some(Instant::now()),
            false => self.places.brought,
        };
        // Without runs it stands in their place.
        let is_told = !self.snapshot.runs.is_empty();
        if status.failure != self.places.failure && is_told {
            let message = self.message.as_ref().map(|message| &message.text);
            match &status.failure {
                Some(failure) => self.message = Some(Message::error(failure)),
                None if message == self.places.failure.as_ref() => self.message = None,
                None => {}
            }
        }
        self.places = status;
    }

    /// Shows what was read last with the user's choices.
    pub(crate) fn update_snapshot(&mut self, read: &Arc<Snapshot>) {
        if let Some(snapshot) = self.shown_runs.update(read, &self.shared.roles) {
            let is_first = self.snapshot.runs.is_empty();
            self.snapshot = snapshot;
            if is_first && self.shared.runs.is_none() {
                self.draw_some_at_first();
            }
        }
    }

    /// Of very many runs draws some, so that no more than these are read.
    fn draw_some_at_first(&mut self) {
        let runs = &self.snapshot.runs;
        if runs.len() <= MOST_DRAWN_AT_FIRST {
            return;
        }
        let first = runs[..MOST_DRAWN_AT_FIRST].iter();
        self.shared.runs = Some(first.map(|run| run.id.to_string()).collect());
        let [some, all] =
            [MOST_DRAWN_AT_FIRST, runs.len()].map(|count| group_thousands(&count.to_string()));
        let text = format!("{some} of {all} runs are drawn: choose others in the table of runs");
        self.message = Some(Message::info(text));
    }

    /// The marked record where a scene draws it.
    pub(crate) fn marked_in(&self, scene: &Scene) -> Option<Picked> {
        let marked = self.marked.as_ref()?;
        let at = Vec3::from(*scene.find(&marked.mark).first()?);
        let mut picked = scene.pick(1e-5, |position| Some((at.distance(position.into()), 0.0)))?;
        // The view may draw another series of that step.
        if !picked.lines.iter().any(|(name, _)| *name == marked.key) {
            let line = (marked.key.clone(), marked.value.to_string());
            picked.lines.insert(2.min(picked.lines.len()), line);
        }
        Some(picked)
    }

    /// The name of the run with this index in lists.
    pub(crate) fn run_name(&self, index: usize) -> &str {
        self.run_names.get(index).map_or("", String::as_str)
    }

    /// Whether a run is drawn.
    pub(crate) fn draws(&self, id: &str) -> bool {
        self.shared
            .runs
            .as_ref()
            .is_none_or(|runs| runs.contains(id))
    }

    /// Whether the timeline is logarithmic: as was chosen, or as the focused tile draws the series.
    pub(crate) fn timeline_is_logarithmic(&self) -> bool {
        let of_view = || {
            let scene = self.panes.focused().scene()?;
            let [.., height] = &scene.axes;
            Some(height.scale == Scale::Log10 && height.title == self.timeline.key)
        };
        let chosen = self.shared.timeline.is_logarithmic;
        chosen.or_else(of_view).unwrap_or(false)
    }

    /// First and last step that can be the current one; `None` where no tile has any.
    pub(crate) fn time_range(&self) -> Option<RangeInclusive<f64>> {
        let of_panes = self
            .panes
            .iter()
            .filter_map(|pane| match pane.choices.steps.as_slice() {
                [first, .., last] => Some(*first..=*last),
                _ => pane.time_range.map(|(first, last)| first..=last),
            });
        let all = of_panes.reduce(|a, b| a.start().min(*b.start())..=a.end().max(*b.end()))?;
        let (first, last) = self.shared.steps.unwrap_or((*all.start(), *all.end()));
        let (first, last) = (first.max(*all.start()), last.min(*all.end()));
        (first < last).then_some(first..=last)
    }

    /// The current step.
    pub(crate) fn current_step(&self) -> Option<f64> {
        let range = self.time_range()?;
        let at = self.shared.at_step.unwrap_or(*range.end());
        Some(at.clamp(*range.start(), *range.end()))
    }
}
