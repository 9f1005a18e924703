//! The interface without a window: what is open, what is selected, and the frame that shows it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use egui::util::undoer::Undoer;
use trainscape_gpu::Projections;
use trainscape_run::Snapshot;
use trainscape_scene::{
    Scene,
    camera::{Camera, world_from_unit},
    figure::Figure,
    scene::{Mark, Picked},
    theme::ThemeName,
};
use trainscape_source::OpenOptions;
use trainscape_views::{ViewKind, ViewSettings};

use crate::{
    Graphics, Preferences, ViewerOptions,
    desk::{self, Desk, Shared},
    dialogs::Dialog,
    follow::Session,
    keys,
    pane::{Pane, PaneId},
    panel::{self, dock::Dock, palette::Palette},
    projections::ProjectionJobs,
    run_table::RunTable,
    selection::{Selected, Tool},
    series_list::SeriesList,
    time::Player,
    timeline::Timeline,
    worker::SceneWorker,
};

/// Time between two looks at all runs while they grow.
const FACTS_EVERY_SECS: f64 = 0.25;

/// The interface.
pub struct ViewerApp {
    pub(crate) options: ViewerOptions,
    pub(crate) preferences: Preferences,
    pub(crate) session: Option<Session>,
    pub(crate) snapshot: Arc<Snapshot>,
    /// The tile at hand, which keys, tabs and settings refer to.
    pub(crate) pane: Pane,
    /// The other tiles.
    pub(crate) others: BTreeMap<PaneId, Pane>,
    /// How the tiles lie.
    pub(crate) tree: egui_tiles::Tree<PaneId>,
    /// What all tiles share.
    pub(crate) shared: Shared,
    pub(crate) undoer: Undoer<Desk>,
    /// Whether there is something to undo, and to redo.
    pub(crate) history: [bool; 2],
    pub(crate) theme: ThemeName,
    pub(crate) graphics: Option<Graphics>,
    pub(crate) timeline: Timeline,
    pub(crate) series: SeriesList,
    pub(crate) table: RunTable,
    /// Step at which a brush stroke began.
    pub(crate) brush_from: Option<f64>,
    /// What a drag in a tile does.
    pub(crate) tool: Tool,
    pub(crate) selected: Option<Selected>,
    /// How many selections there have been.
    pub(crate) selections: u64,
    /// The record under the pointer, and the tile that it is in.
    pub(crate) pointed_at: Option<(PaneId, Mark)>,
    pub(crate) filter: String,
    pub(crate) focus_filter: bool,
    pub(crate) help_open: bool,
    pub(crate) palette: Palette,
    pub(crate) dock: Dock,
    pub(crate) runs_panel_open: bool,
    pub(crate) settings_panel_open: bool,
    /// What to tell the user, and whether something failed.
    pub(crate) message: Option<(String, bool)>,
    /// The generation that was looked at last, whether all was read then, and egui's time.
    pub(crate) facts_of: Option<(u64, bool, f64)>,
    /// Why each view is not available; absent where it is.
    pub(crate) unavailable: BTreeMap<ViewKind, String>,
    pub(crate) projections: Option<Arc<ProjectionJobs>>,
    pub(crate) player: Player,
    pub(crate) worker: Option<SceneWorker>,
    pub(crate) dialog: Option<Dialog>,
    /// What is open has been arranged as its folder's memory says.
    pub(crate) recalled: bool,
    started: bool,
}

impl ViewerApp {
    /// An interface that opens what `options` names in its first frame.
    #[must_use]
    pub fn new(options: ViewerOptions, preferences: Preferences) -> Self {
        let view = options.view.unwrap_or(ViewKind::LossSurface);
        let pane = Pane::new(PaneId(0), view, ViewSettings::default());
        Self {
            theme: preferences.theme.unwrap_or(ThemeName::Dark),
            tree: desk::tree_of_one(pane.id),
            pane,
            others: BTreeMap::new(),
            shared: Shared::default(),
            undoer: desk::new_undoer(),
            history: [false; 2],
            options,
            preferences,
            session: None,
            snapshot: Arc::default(),
            graphics: None,
            timeline: Timeline::default(),
            series: SeriesList::default(),
            table: RunTable::default(),
            brush_from: None,
            tool: Tool::default(),
            selected: None,
            selections: 0,
            pointed_at: None,
            filter: String::new(),
            focus_filter: false,
            help_open: false,
            palette: Palette::default(),
            dock: Dock::default(),
            runs_panel_open: true,
            settings_panel_open: true,
            message: None,
            facts_of: None,
            unavailable: BTreeMap::new(),
            projections: None,
            player: Player::default(),
            worker: None,
            dialog: None,
            recalled: false,
            started: false,
        }
    }

    /// Gives the interface a device to draw with, also in place of one that was lost.
    pub fn set_graphics(&mut self, graphics: Graphics) {
        self.graphics = Some(graphics);
        self.projections = None;
        for pane in self.panes_mut() {
            pane.forget_scene();
        }
    }

    /// Heading for the window's title bar.
    #[must_use]
    pub fn title(&self) -> String {
        match &self.session {
            Some(session) => format!("{} - Trainscape", session.name),
            None => "Trainscape".to_owned(),
        }
    }

    /// The step range that the brush has cut; `None`: all steps.
    #[must_use]
    pub fn step_range(&self) -> Option<(f64, f64)> {
        self.shared.steps
    }

    /// The camera, where the user has moved it.
    #[must_use]
    pub fn moved_camera(&self) -> Option<Camera> {
        self.pane.cameras.get(&self.pane.view).copied()
    }

    /// Whether the scene on screen is the one that was last asked for.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let known = self
            .facts_of
            .is_some_and(|(of, ..)| of == self.snapshot.generation);
        let loaded = self.session.is_none() || (self.snapshot.progress.caught_up && known);
        loaded
            && self.worker.as_ref().is_some_and(|worker| !worker.is_busy())
            && self.pane.has_asked()
            && self.others.values().all(Pane::has_asked)
    }

    /// Steps done and steps in all of the projection on screen, where it has steps.
    #[must_use]
    pub fn projection_progress(&self) -> Option<[u32; 2]> {
        let embedding = &self.pane.settings.embedding;
        let jobs = self.projections.as_ref()?;
        let status = jobs.status(embedding.method, embedding.dims)?;
        Some(status.progress)
    }

    /// What the pointer rests on, or else what was pinned last: name and value of each line.
    #[must_use]
    pub fn record(&self) -> Option<Picked> {
        self.pane.hovered.clone().or_else(|| self.pane.pinned())
    }

    /// How many notes the tile at hand shows.
    #[must_use]
    pub fn notes(&self) -> usize {
        self.pane.callouts().len()
    }

    /// The records that were selected.
    #[must_use]
    pub fn selection(&self) -> &[Picked] {
        self.selected
            .as_ref()
            .map_or(&[], |selected| selected.records.as_slice())
    }

    /// The views of all tiles, the one at hand first.
    #[must_use]
    pub fn shown_views(&self) -> Vec<ViewKind> {
        let others = self.others.values().map(|pane| pane.view);
        std::iter::once(self.pane.view).chain(others).collect()
    }

    /// The views of the scenes on screen, the focused tile's first.
    #[must_use]
    pub fn drawn_views(&self) -> Vec<ViewKind> {
        let panes = std::iter::once(&self.pane).chain(self.others.values());
        panes
            .filter_map(|pane| pane.built.as_ref().map(|built| built.view))
            .collect()
    }

    /// The scenes of all tiles, the one at hand first.
    #[must_use]
    pub fn scenes(&self) -> Vec<&Scene> {
        let panes = std::iter::once(&self.pane).chain(self.others.values());
        panes
            .filter_map(|pane| pane.scene().map(AsRef::as_ref))
            .collect()
    }

    /// The cameras of all tiles that have been drawn, the one at hand first.
    #[must_use]
    pub fn cameras(&self) -> Vec<Camera> {
        let panes = std::iter::once(&self.pane).chain(self.others.values());
        panes.filter_map(Pane::camera).collect()
    }

    /// The record under the pointer, as other tiles know it.
    #[must_use]
    pub fn pointed_at(&self) -> Option<&Mark> {
        self.pointed_at.as_ref().map(|(_, mark)| mark)
    }

    /// The ids of the runs that are drawn; `None`: all.
    #[must_use]
    pub fn drawn_runs(&self) -> Option<&BTreeSet<String>> {
        self.shared.runs.as_ref()
    }

    /// The step at which time stands; `None`: at the end.
    #[must_use]
    pub fn at_step(&self) -> Option<f64> {
        self.shared.at_step
    }

    /// What has been read of the runs.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// What is drawn, once it is built.
    #[must_use]
    pub fn scene(&self) -> Option<&Scene> {
        self.pane.built.as_ref().map(|built| built.scene.as_ref())
    }

    /// Where the last frame drew it, in points from the upper left corner of the 3D view.
    #[must_use]
    pub fn figure(&self) -> Option<&Figure> {
        self.pane.figure.as_ref()
    }

    /// One frame.
    pub fn ui(&mut self, ui: &mut egui::Ui) {
        let ctx = ui.ctx().clone();
        self.start(&ctx);
        self.receive(&ctx);
        self.play(&ctx);
        if !self.palette.is_open() {
            for action in keys::pressed(&ctx) {
                self.act(action, &ctx);
            }
        }
        ctx.set_theme(match self.theme {
            ThemeName::Dark => egui::Theme::Dark,
            ThemeName::Paper | ThemeName::Light => egui::Theme::Light,
        });
        panel::top::show(self, ui);
        panel::dock::show(self, ui);
        if self.runs_panel_open {
            panel::runs::show(self, ui);
        }
        if self.settings_panel_open {
            panel::settings::show(self, ui);
        }
        self.ask_for_scenes();
        panel::tiles::show(self, ui);
        panel::help::show(self, &ctx);
        if let Some(action) = panel::palette::show(self, &ctx) {
            self.act(action, &ctx);
        }
        self.note_changes(&ctx);
    }

    fn start(&mut self, ctx: &egui::Context) {
        if self.projections.is_none() {
            let context = self
                .graphics
                .as_ref()
                .map(|graphics| graphics.renderer().context());
            let engine = Projections::fastest(context);
            let wake = ctx.clone();
            let jobs = ProjectionJobs::new(engine, move || wake.request_repaint());
            self.projections = Some(Arc::new(jobs));
            for pane in self.panes_mut() {
                pane.forget_scene();
            }
        }
        if self.started {
            return;
        }
        self.started = true;
        let wake = ctx.clone();
        match SceneWorker::start(move || wake.request_repaint()) {
            Ok(worker) => self.worker = Some(worker),
            Err(error) => self.message = Some((format!("no thread can be started: {error}"), true)),
        }
        let (paths, name) = (self.options.paths.clone(), self.options.name.clone());
        if !paths.is_empty() {
            // The built-in demo lies in a temporary folder that nobody wants back.
            if name.is_none() {
                for path in &paths {
                    self.preferences.opened(path);
                }
            }
            self.open(paths, name, ctx);
        }
    }

    /// Takes in what threads, dialogs and drops have brought.
    fn receive(&mut self, ctx: &egui::Context) {
        if let Some(session) = &self.session {
            let snapshot = session.snapshot();
            if !Arc::ptr_eq(&snapshot, &self.snapshot) {
                self.snapshot = snapshot;
            }
            self.gather_facts(ctx);
        }
        let finished = self.worker.as_ref().map(SceneWorker::take);
        for (id, outcome) in finished.into_iter().flatten() {
            if let Some(pane) = self.panes_mut().find(|pane| pane.id == id) {
                pane.receive(outcome);
            }
        }
        let answer = self
            .dialog
            .as_ref()
            .and_then(|dialog| Some((dialog.purpose, dialog.answer()?)));
        if let Some((purpose, path)) = answer {
            self.dialog = None;
            if let Some(path) = path {
                self.use_file(purpose, path, ctx);
            }
        }
        let dropped: Vec<PathBuf> = ctx.input(|input| {
            input
                .raw
                .dropped_files
                .iter()
                .map(|file| file.path().to_owned())
                .collect()
        });
        if !dropped.is_empty() {
            self.open_chosen(dropped, ctx);
        }
    }

    /// Brings up to date what is said about all runs, a few times a second: with a thousand of them it takes
    /// longer than a frame may.
    fn gather_facts(&mut self, ctx: &egui::Context) {
        let (generation, caught_up) = (self.snapshot.generation, self.snapshot.progress.caught_up);
        let now_secs = ctx.input(|input| input.time);
        if let Some((of, was_caught_up, at_secs)) = self.facts_of {
            if of == generation {
                return;
            }
            let left_secs = FACTS_EVERY_SECS - (now_secs - at_secs);
            if left_secs > 0.0 && was_caught_up == caught_up {
                ctx.request_repaint_after(std::time::Duration::from_secs_f64(left_secs));
                return;
            }
        }
        self.facts_of = Some((generation, caught_up, now_secs));
        self.timeline.update(&self.snapshot);
        self.table.update(&self.snapshot);
        self.unavailable = ViewKind::ALL
            .iter()
            .filter_map(|view| {
                let why = view
                    .available(&self.snapshot.runs, &self.pane.settings)
                    .err()?;
                Some((*view, why.to_string()))
            })
            .collect();
        self.prefer_an_available_view();
    }

    /// The view that was shown first moves on where the runs have nothing for it.
    fn prefer_an_available_view(&mut self) {
        if self.options.view.is_some() || self.recalled || !self.snapshot.progress.caught_up {
            return;
        }
        self.options.view = Some(self.pane.view);
        if self.unavailable.contains_key(&self.pane.view)
            && let Some(view) = ViewKind::ALL
                .into_iter()
                .find(|v| !self.unavailable.contains_key(v))
        {
            self.pane.view = view;
        }
    }

    /// Turns the camera to the first row that was searched for.
    pub(crate) fn fly_to_found(&mut self, ctx: &egui::Context) {
        let (Some(scene), Some(mut camera)) = (self.pane.scene(), self.pane.camera()) else {
            return;
        };
        let mut found = scene.markers.iter().filter(|marks| marks.name == "found");
        let Some(position) = found.next().and_then(|marks| marks.positions_unit.first()) else {
            return;
        };
        camera.focus(world_from_unit(*position, scene.box_aspect));
        self.fly_to(camera, false, ctx);
    }

    pub(crate) fn is_building(&self) -> bool {
        self.worker.as_ref().is_some_and(SceneWorker::is_busy)
    }

    pub(crate) fn look_from(&mut self, azimuth: f32, elevation: f32, ctx: &egui::Context) {
        if let (Some(scene), Some(figure)) = (self.pane.scene(), &self.pane.figure) {
            let page = &figure.clip_rect;
            let camera = Camera::looking_from(azimuth, elevation, self.shared.projection);
            let camera = camera.framing(scene.box_aspect, page.width / page.height, 0.72);
            self.fly_to(camera, false, ctx);
        }
    }

    /// Lets the figure frame itself again.
    pub(crate) fn reset_camera(&mut self, ctx: &egui::Context) {
        let view = self.pane.view;
        if !self.pane.cameras.contains_key(&view) {
            return;
        }
        let fitted = self
            .pane
            .scene()
            .zip(self.pane.figure.as_ref())
            .map(|(scene, figure)| {
                let spec = panel::view3d::spec(self, figure.size_pt, None);
                Figure::lay_out(scene, &spec).fixed_camera()
            });
        match fitted {
            Some(camera) => self.fly_to(camera, true, ctx),
            None => {
                self.pane.cameras.remove(&view);
            }
        }
    }

    /// How to read, the user's own words on roles included.
    #[must_use]
    pub fn open_options(&self) -> &OpenOptions {
        &self.options.open
    }
}
