//! The interface without a window: it owns the state and the services, and runs the frame.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc, time::SystemTime};

use trainscape_gpu::Projections;
use trainscape_run::Snapshot;
use trainscape_scene::{
    Scene,
    camera::Camera,
    colour::Colour,
    figure::Figure,
    scene::{Mark, Picked},
    theme::ThemeName,
};
use trainscape_source::OpenOptions;
use trainscape_views::ViewKind;

use crate::{
    apply, camera,
    command::Command,
    figure_file, files, follow,
    graphics::Graphics,
    opening,
    options::ViewerOptions,
    pane::{Pane, PaneFrame},
    pane_id::PaneId,
    panel,
    preferences::{Preferences, WindowSize},
    preview_drawing,
    projections::ProjectionJobs,
    scenes,
    services::Services,
    state::{Message, OpenPaths, State},
    summaries, tiling, time,
    worker::SceneWorker,
};

/// The interface.
pub struct ViewerApp {
    state: State,
    services: Services,
    started: bool,
}

impl ViewerApp {
    /// An interface that opens what `options` names in its first frame.
    #[must_use]
    pub fn new(options: ViewerOptions, preferences: Preferences) -> Self {
        Self {
            state: State::new(options, preferences),
            services: Services::default(),
            started: false,
        }
    }

    /// Gives the interface a device to draw with, also in place of one that was lost.
    pub fn set_graphics(&mut self, graphics: Graphics) {
        self.services.graphics = Some(graphics);
        self.services.projections = None;
        for pane in self.state.panes.iter_mut() {
            pane.discard_scene();
        }
    }

    /// Asks for paths in a dialog of the window's own, also where the system has one.
    pub fn use_own_dialogs(&mut self) {
        self.services.system_dialogs_failed = true;
    }

    /// Text of the window's title bar.
    #[must_use]
    pub fn title(&self) -> String {
        match &self.state.open {
            Some(open) => format!("{} - Trainscape", open.name),
            None => "Trainscape".to_owned(),
        }
    }

    /// The size that the window had when it was closed.
    pub(crate) fn window_size(&self) -> Option<WindowSize> {
        self.state.preferences.window
    }

    /// Keeps the size of the window for the next start.
    pub(crate) fn keep_window_size(&mut self, size: WindowSize) {
        let preferences = &mut self.state.preferences;
        if preferences.window != Some(size) {
            preferences.window = Some(size);
            preferences.save();
        }
    }

    /// The step range of the brush; `None`: all steps.
    #[must_use]
    pub fn step_range(&self) -> Option<(f64, f64)> {
        self.state.shared.steps
    }

    /// The camera of the focused tile, where the user has moved it.
    #[must_use]
    pub fn moved_camera(&self) -> Option<Camera> {
        self.state.panes.focused().moved_camera()
    }

    /// Whether the scenes on screen are the ones that were requested last.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let snapshot = &self.state.snapshot;
        let is_summarised = self
            .state
            .summarised
            .is_some_and(|summarised| summarised.generation == snapshot.generation);
        let is_loaded = self.state.open.is_none() || (snapshot.progress.caught_up && is_summarised);
        let worker = self.services.worker.as_ref();
        is_loaded
            && worker.is_some_and(|worker| !worker.is_busy())
            && !self.services.preview.is_drawing()
            && self.state.panes.iter().all(|pane| pane.requested.is_some())
    }

    /// Steps done and total steps of the projection on screen, where it has steps.
    #[must_use]
    pub fn projection_progress(&self) -> Option<[u32; 2]> {
        let pane = self.state.panes.focused();
        let (method, dims) = pane.view.projection(&pane.view_settings())?;
        let jobs = self.services.projections.as_ref()?;
        let status = jobs.status(method, dims)?;
        Some(status.progress)
    }

    /// The record under the pointer, or else the one pinned last: name and value of each line.
    #[must_use]
    pub fn record(&self) -> Option<Picked> {
        let pane = self.state.panes.focused();
        pane.hovered.clone().or_else(|| pane.pinned())
    }

    /// Number of notes in the focused tile.
    #[must_use]
    pub fn notes(&self) -> usize {
        self.state.panes.focused().callouts().len()
    }

    /// The selected records.
    #[must_use]
    pub fn selection(&self) -> &[Picked] {
        let selected = self.state.selected.as_ref();
        selected.map_or(&[], |selected| selected.records.as_slice())
    }

    /// The views of all tiles, the focused one first.
    #[must_use]
    pub fn shown_views(&self) -> Vec<ViewKind> {
        let panes = self.state.panes.focused_first();
        panes.map(|pane| pane.view).collect()
    }

    /// The views of the scenes on screen, the focused tile's first.
    #[must_use]
    pub fn drawn_views(&self) -> Vec<ViewKind> {
        let panes = self.state.panes.focused_first();
        panes
            .filter_map(|pane| pane.built.as_ref().map(|built| built.view))
            .collect()
    }

    /// The scenes of all tiles, the focused one first.
    #[must_use]
    pub fn scenes(&self) -> Vec<&Scene> {
        let panes = self.state.panes.focused_first();
        panes
            .filter_map(|pane| pane.scene().map(AsRef::as_ref))
            .collect()
    }

    /// The cameras of all tiles that have been drawn, the focused one first.
    #[must_use]
    pub fn cameras(&self) -> Vec<Camera> {
        let panes = self.state.panes.focused_first();
        panes.filter_map(Pane::camera).collect()
    }

    /// What identifies the record under the pointer in all tiles.
    #[must_use]
    pub fn pointed_at(&self) -> Option<&Mark> {
        self.state.pointed_at.as_ref().map(|(_, mark)| mark)
    }

    /// The record that was chosen in a list, where the focused tile draws it.
    #[must_use]
    pub fn marked(&self) -> Option<Picked> {
        self.state.marked_in(self.scene()?)
    }

    /// The ids of the runs that are drawn; `None`: all.
    #[must_use]
    pub fn drawn_runs(&self) -> Option<&BTreeSet<String>> {
        self.state.shared.runs.as_ref()
    }

    /// The key of the series on the timeline; empty without one.
    #[must_use]
    pub fn timeline_key(&self) -> &str {
        &self.state.timeline.key
    }

    /// The first and the last step of the timeline.
    #[must_use]
    pub fn timeline_steps(&self) -> Option<std::ops::RangeInclusive<f64>> {
        self.state.timeline.steps.clone()
    }

    /// The colour of the run with this index in lists and on the timeline.
    #[must_use]
    pub fn run_colour(&self, index: usize) -> Colour {
        self.state.run_colours.of(index)
    }

    /// The id of the run that is lit up.
    #[must_use]
    pub fn pointed_at_run(&self) -> Option<&str> {
        self.state.hovered_run.as_deref()
    }

    /// The current step; `None`: the last.
    #[must_use]
    pub fn at_step(&self) -> Option<f64> {
        self.state.shared.at_step
    }

    /// What has been read of the runs.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.state.snapshot
    }

    /// The scene of the focused tile, once it is built.
    #[must_use]
    pub fn scene(&self) -> Option<&Scene> {
        let built = self.state.panes.focused().built.as_ref();
        built.map(|built| built.scene.as_ref())
    }

    /// The layout of the last frame, in points from the upper left corner of the 3D view.
    #[must_use]
    pub fn figure(&self) -> Option<&Figure> {
        self.state.panes.focused().figure.as_ref()
    }

    /// How to read, role overrides included.
    #[must_use]
    pub fn open_options(&self) -> &OpenOptions {
        &self.state.options.open
    }

    /// One frame: receive, apply keys, show panels, apply their commands, request scenes, show tiles.
    pub fn ui(&mut self, ui: &mut egui::Ui) {
        let ctx = ui.ctx().clone();
        let mut commands = Vec::new();
        self.state.panels.fit(ui.available_width());
        self.start(&ctx);
        self.receive(&ctx, &mut commands);
        time::play(&mut self.state, &ctx);
        // A menu takes its keys, Escape first.
        if self.state.panels.palette.is_none() && !egui::Popup::is_any_open(&ctx) {
            let mut pressed = Command::pressed(&ctx);
            // What was typed after the search opened is no shortcut.
            if pressed.contains(&Command::TogglePalette) {
                pressed = vec![Command::TogglePalette];
            }
            commands.extend(pressed);
        }
        self.apply(&mut commands, &ctx);
        ctx.set_theme(match self.state.theme {
            ThemeName::Dark => egui::Theme::Dark,
            ThemeName::Paper | ThemeName::Light => egui::Theme::Light,
        });
        summaries::update(&mut self.state, &ctx);

        let state = &self.state;
        panel::top::show(state, ui, &mut commands);
        panel::rail::show(state, ui, &mut commands);
        panel::dock::show(state, ui, &mut commands);
        if state.panels.shows_runs() {
            panel::runs::show(state, ui, &mut commands);
        }
        if state.panels.shows_settings() {
            panel::settings::show(state, ui, &mut commands);
        }
        self.apply(&mut commands, &ctx);

        scenes::request(&mut self.state, &self.services);
        let tiles = ui.available_rect_before_wrap();
        let frames = self.show_tiles(ui, &mut commands);
        panel::drop_target::show(&ctx, tiles);
        panel::hint::show(&self.state, &ctx, tiles, &mut commands);
        panel::toast::show(&self.state, &ctx, tiles, &mut commands);
        panel::help::show(&self.state, &ctx, &mut commands);
        panel::palette::show(&self.state, &ctx, &mut commands);
        panel::report::show(&self.state, &ctx, &mut commands);
        preview_drawing::update(&mut self.state, &mut self.services, &ctx);
        panel::export_dialog::show(&self.state, &ctx, &mut commands);
        panel::path_dialog::show(&self.state, &ctx, &mut commands);
        self.apply(&mut commands, &ctx);
        for (id, frame) in frames {
            self.state.hint.has_read |= frame.hovered.is_some();
            if let Some(pane) = self.state.panes.get_mut(id) {
                pane.finish_frame(frame);
            }
        }
        let is_moved = |pane: &Pane| pane.moved_camera().is_some();
        self.state.hint.has_orbited |= self.state.panes.iter().any(is_moved);
        tiling::record_changes(&mut self.state, &mut self.services, &ctx);
    }

    fn apply(&mut self, commands: &mut Vec<Command>, ctx: &egui::Context) {
        apply::all(commands, &mut self.state, &mut self.services, ctx);
        let read = Arc::clone(self.state.shown_runs.read());
        self.state.update_snapshot(&read);
    }

    fn show_tiles(
        &mut self,
        ui: &mut egui::Ui,
        commands: &mut Vec<Command>,
    ) -> Vec<(PaneId, PaneFrame)> {
        camera::advance_animations(&mut self.state, ui.ctx());
        scenes::update_highlights(&mut self.state);
        if let Some(graphics) = &mut self.services.graphics {
            graphics.retain(&self.state.panes.ids());
        }
        let mut tree = self.state.tree.clone();
        let graphics = self.services.graphics.as_mut();
        let frames = panel::tiles::show(&self.state, &mut tree, graphics, ui, commands);
        self.state.tree = tree;
        frames
    }

    fn start(&mut self, ctx: &egui::Context) {
        self.start_projections(ctx);
        if self.started {
            return;
        }
        self.started = true;
        let wake = ctx.clone();
        match SceneWorker::start(move || wake.request_repaint()) {
            Ok(worker) => self.services.worker = Some(worker),
            Err(error) => {
                let text = format!("no thread can be started: {error}");
                self.state.message = Some(Message::error(text));
            }
        }
        let options = &self.state.options;
        let (paths, name) = (options.paths.clone(), options.name.clone());
        if paths.is_empty() {
            return;
        }
        // The built-in demo is in a temporary folder, which is not listed as recent.
        if name.is_none() {
            for path in &paths {
                self.state.preferences.opened(path);
            }
        }
        let open = match name {
            Some(_) => OpenPaths::demo(paths),
            None => OpenPaths {
                name: follow::name_of(&paths),
                paths,
                is_demo: false,
            },
        };
        opening::open(&mut self.state, &mut self.services, open, ctx);
        if let Some(figure) = self.state.options.figure.take() {
            figure_file::restore(&mut self.state, &figure);
        }
    }

    fn start_projections(&mut self, ctx: &egui::Context) {
        if self.services.projections.is_some() {
            return;
        }
        let graphics = self.services.graphics.as_ref();
        let context = graphics.map(|graphics| graphics.renderer().context());
        let engine = Projections::fastest(context);
        let wake = ctx.clone();
        let jobs = ProjectionJobs::new(engine, move || wake.request_repaint());
        self.services.projections = Some(Arc::new(jobs));
        for pane in self.state.panes.iter_mut() {
            pane.discard_scene();
        }
    }

    /// Takes what threads, dialogs and drops have delivered.
    fn receive(&mut self, ctx: &egui::Context, commands: &mut Vec<Command>) {
        let (state, services) = (&mut self.state, &mut self.services);
        if let Some(session) = &services.session {
            state.update_places(session.places());
            let snapshot = session.snapshot();
            if !state.live.is_paused {
                state.update_snapshot(&snapshot);
            }
        }
        if state.open.is_some() {
            let paths = &state.read_paths;
            state
                .live
                .update(state.shown_runs.read(), paths, state.places.is_brought());
            state.contents.update(&state.snapshot, paths, &state.places);
        }
        if let Some(after) = state.live.changes_after(SystemTime::now()) {
            ctx.request_repaint_after(after);
        }
        if let Some(worker) = &services.worker {
            for (id, outcome) in worker.take() {
                if let Some(pane) = state.panes.get_mut(id) {
                    pane.receive(outcome);
                }
            }
            state.is_building = worker.is_busy();
        }
        let pane = state.panes.focused();
        let projection = pane.view.projection(&pane.view_settings());
        let jobs = services.projections.as_ref();
        state.projection = jobs
            .zip(projection)
            .and_then(|(jobs, (method, dims))| jobs.status(method, dims));
        files::receive(state, services, ctx);
        let dropped: Vec<PathBuf> = ctx.input(|input| {
            let files = input.raw.dropped_files.iter();
            files.map(|file| file.path().to_owned()).collect()
        });
        if !dropped.is_empty() {
            commands.push(Command::OpenPaths(dropped));
        }
    }
}
