//! The interface without a window: what is open, what is selected, and the frame that shows it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use trainscape_gpu::Projections;
use trainscape_run::Snapshot;
use trainscape_scene::{
    Scene,
    camera::{Camera, Projection, world_from_unit},
    figure::Figure,
    scene::Picked,
    theme::ThemeName,
    view::{Choices, ViewKind, ViewSettings},
};
use trainscape_source::OpenOptions;

use crate::{
    Graphics, Preferences, ViewerOptions,
    dialogs::{Dialog, Purpose},
    export,
    follow::Session,
    keys::{self, Action},
    panel,
    player::Player,
    projections::ProjectionJobs,
    timeline::Timeline,
    worker::{Built, Request, SceneWorker},
};

/// What a scene was asked for with.
#[derive(Clone, PartialEq)]
struct Asked {
    generation: u64,
    view: ViewKind,
    settings: ViewSettings,
    with_graphics: bool,
    /// Of the projections: they come piece by piece.
    revision: u64,
}

/// The interface.
pub struct ViewerApp {
    pub(crate) options: ViewerOptions,
    pub(crate) preferences: Preferences,
    pub(crate) session: Option<Session>,
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) view: ViewKind,
    pub(crate) settings: ViewSettings,
    pub(crate) theme: ThemeName,
    pub(crate) projection: Projection,
    /// Cameras that the user has moved; the others frame their scene.
    pub(crate) cameras: BTreeMap<ViewKind, Camera>,
    pub(crate) graphics: Option<Graphics>,
    pub(crate) built: Option<Built>,
    /// Why the view cannot be drawn.
    pub(crate) problem: Option<String>,
    /// The last layout, which the mouse refers to.
    pub(crate) figure: Option<Figure>,
    pub(crate) hovered: Option<Picked>,
    pub(crate) pinned: Option<Picked>,
    pub(crate) timeline: Timeline,
    /// Step at which a brush stroke began.
    pub(crate) brush_from: Option<f64>,
    pub(crate) filter: String,
    pub(crate) focus_filter: bool,
    pub(crate) help_open: bool,
    /// What to tell the user, and whether something failed.
    pub(crate) message: Option<(String, bool)>,
    /// Why each view is not available; absent where it is.
    pub(crate) unavailable: BTreeMap<ViewKind, String>,
    /// Views that arrays would suit if their axes had names.
    pub(crate) nameable: BTreeSet<ViewKind>,
    /// What can be chosen in the view at hand.
    pub(crate) choices: Choices,
    pub(crate) projections: Option<Arc<ProjectionJobs>>,
    pub(crate) player: Player,
    dialog: Option<Dialog>,
    worker: Option<SceneWorker>,
    asked: Option<Asked>,
    started: bool,
}

impl ViewerApp {
    /// An interface that opens what `options` names in its first frame.
    #[must_use]
    pub fn new(options: ViewerOptions, preferences: Preferences) -> Self {
        let view = options.view.unwrap_or(ViewKind::LossSurface);
        Self {
            theme: preferences.theme.unwrap_or(ThemeName::Dark),
            view,
            options,
            preferences,
            session: None,
            snapshot: Arc::default(),
            settings: ViewSettings::default(),
            projection: Projection::default(),
            cameras: BTreeMap::new(),
            graphics: None,
            built: None,
            problem: None,
            figure: None,
            hovered: None,
            pinned: None,
            timeline: Timeline::default(),
            brush_from: None,
            filter: String::new(),
            focus_filter: false,
            help_open: false,
            message: None,
            unavailable: BTreeMap::new(),
            nameable: BTreeSet::new(),
            choices: Choices::default(),
            projections: None,
            player: Player::default(),
            dialog: None,
            worker: None,
            asked: None,
            started: false,
        }
    }

    /// Gives the interface a device to draw with, also in place of one that was lost.
    pub fn set_graphics(&mut self, graphics: Graphics) {
        self.graphics = Some(graphics);
        self.projections = None;
        self.built = None;
        self.asked = None;
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
        self.settings.steps
    }

    /// The camera, where the user has moved it.
    #[must_use]
    pub fn moved_camera(&self) -> Option<Camera> {
        self.cameras.get(&self.view).copied()
    }

    /// Whether the scene on screen is the one that was last asked for.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let loaded = self.session.is_none() || self.snapshot.progress.caught_up;
        loaded
            && self.worker.as_ref().is_some_and(|worker| !worker.is_busy())
            && self.asked.is_some()
    }

    /// Steps done and steps in all of the projection on screen, where it has steps.
    #[must_use]
    pub fn projection_progress(&self) -> Option<[u32; 2]> {
        let embedding = &self.settings.embedding;
        let jobs = self.projections.as_ref()?;
        let status = jobs.status(embedding.method, embedding.dims)?;
        Some(status.progress)
    }

    /// What the pointer rests on or what was pinned: name and value of each line.
    #[must_use]
    pub fn record(&self) -> Option<&Picked> {
        self.pinned.as_ref().or(self.hovered.as_ref())
    }

    /// What has been read of the runs.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// What is drawn, once it is built.
    #[must_use]
    pub fn scene(&self) -> Option<&Scene> {
        self.built.as_ref().map(|built| built.scene.as_ref())
    }

    /// Where the last frame drew it, in points from the upper left corner of the 3D view.
    #[must_use]
    pub fn figure(&self) -> Option<&Figure> {
        self.figure.as_ref()
    }

    /// One frame.
    pub fn ui(&mut self, ui: &mut egui::Ui) {
        let ctx = ui.ctx().clone();
        self.start(&ctx);
        self.receive(&ctx);
        self.player_tick(&ctx);
        for action in keys::pressed(&ctx) {
            self.act(action, &ctx);
        }
        ctx.set_theme(match self.theme {
            ThemeName::Dark => egui::Theme::Dark,
            ThemeName::Paper | ThemeName::Light => egui::Theme::Light,
        });
        panel::top::show(self, ui);
        panel::timeline::show(self, ui);
        panel::runs::show(self, ui);
        panel::settings::show(self, ui);
        self.ask_for_scene();
        panel::view3d::show(self, ui);
        panel::help::show(self, &ctx);
    }

    /// Does what a key or a button asked for.
    pub(crate) fn act(&mut self, action: Action, ctx: &egui::Context) {
        let quarter = std::f32::consts::FRAC_PI_2;
        match action {
            Action::OpenFolder => self.ask_for_file(Purpose::Open, ctx),
            Action::ExportPng => self.ask_for_file(Purpose::Png, ctx),
            Action::ExportGlb => self.ask_for_file(Purpose::Glb, ctx),
            Action::ResetView => {
                self.cameras.remove(&self.view);
            }
            Action::ViewFront => self.look_from(-quarter, 0.0),
            Action::ViewSide => self.look_from(0.0, 0.0),
            Action::ViewTop => self.look_from(-quarter, quarter),
            Action::ViewBack => self.look_from(quarter, 0.0),
            Action::ViewOtherSide => self.look_from(2.0 * quarter, 0.0),
            Action::ViewBelow => self.look_from(-quarter, -quarter),
            Action::ToggleProjection => {
                self.projection = match self.projection {
                    Projection::Perspective => Projection::Orthographic,
                    Projection::Orthographic => Projection::Perspective,
                };
                for camera in self.cameras.values_mut() {
                    camera.projection = self.projection;
                }
            }
            Action::ToggleLogZ => {
                let shown = self.built.as_ref().is_some_and(|built| {
                    built.scene.axes[2].scale == trainscape_scene::axis::Scale::Log10
                });
                self.settings.log[2] = Some(!shown);
            }
            Action::FocusFilter => self.focus_filter = true,
            Action::ToggleHelp => self.help_open = !self.help_open,
            Action::ToggleTheme => {
                self.theme = if self.theme == ThemeName::Dark {
                    ThemeName::Light
                } else {
                    ThemeName::Dark
                };
                self.preferences.theme = Some(self.theme);
                self.preferences.save();
            }
            Action::StepBack(count) => self.step_snapshots(-i64::from(count)),
            Action::StepForward(count) => self.step_snapshots(i64::from(count)),
            Action::FirstSnapshot => self.show_snapshot(0),
            Action::LastSnapshot => self.show_snapshot(usize::MAX),
            Action::TogglePlay => self.player.toggle(),
            Action::NextView => {
                let at = ViewKind::ALL
                    .iter()
                    .position(|view| *view == self.view)
                    .unwrap_or(0);
                self.view = ViewKind::ALL[(at + 1) % ViewKind::ALL.len()];
            }
            Action::Dismiss => {
                self.help_open = false;
                self.pinned = None;
                self.settings.embedding.focus = None;
                self.message = None;
            }
        }
    }

    /// Opens paths in place of what is open.
    pub(crate) fn open(&mut self, paths: Vec<PathBuf>, name: Option<String>, ctx: &egui::Context) {
        let mut options = self.options.open.clone();
        for (key, role) in &self.preferences.roles {
            options.roles.entry(key.clone()).or_insert(*role);
        }
        for (key, axes) in &self.preferences.axes {
            let axes = axes.clone();
            options.axes.entry(key.clone()).or_insert(axes);
        }
        match Session::open(paths, name, options, ctx) {
            Ok(session) => {
                self.session = Some(session);
                self.settings = ViewSettings {
                    runs: None,
                    steps: None,
                    at_step: None,
                    ..self.settings.clone()
                };
                // Keys, rows and layers of other runs mean nothing here.
                let fresh = ViewSettings::default();
                self.settings.attention.tensor = None;
                self.settings.attention.layer = None;
                self.settings.attention.head = 0;
                self.settings.embedding.tensor = None;
                self.settings.embedding.focus = None;
                self.settings.embedding.search = String::new();
                self.settings.embedding.colour = fresh.embedding.colour;
                self.settings.weights.tensor = None;
                self.settings.activations.tensor = None;
                self.settings.media.key = None;
                self.player = Player::default();
                self.snapshot = Arc::default();
                self.cameras.clear();
                self.pinned = None;
                self.message = None;
                self.built = None;
                // Another follower counts its generations afresh.
                self.asked = None;
                self.timeline = Timeline::default();
            }
            Err(error) => self.message = Some((error.to_string(), true)),
        }
    }

    /// Opens paths that the user chose, and remembers them.
    pub(crate) fn open_chosen(&mut self, paths: Vec<PathBuf>, ctx: &egui::Context) {
        for path in &paths {
            self.preferences.opened(path);
        }
        self.open(paths, None, ctx);
    }

    /// Sets what a key means and reads again with it.
    pub(crate) fn set_role(
        &mut self,
        key: &str,
        role: Option<trainscape_run::Role>,
        ctx: &egui::Context,
    ) {
        match role {
            Some(role) => self.preferences.roles.insert(key.to_owned(), role),
            None => self.preferences.roles.remove(key),
        };
        self.preferences.save();
        self.reopen(ctx);
    }

    /// Names the axes of an array and reads again with them.
    pub(crate) fn set_axes(&mut self, key: &str, axes: Vec<String>, ctx: &egui::Context) {
        self.preferences.axes.insert(key.to_owned(), axes);
        self.preferences.save();
        self.reopen(ctx);
    }

    /// Opens what is open once more, with everything set as it is.
    fn reopen(&mut self, ctx: &egui::Context) {
        if let Some(session) = &self.session {
            let (paths, name) = (session.paths.clone(), session.name.clone());
            let settings = self.settings.clone();
            let cameras = self.cameras.clone();
            self.open(paths, Some(name), ctx);
            self.cameras = cameras;
            self.settings = settings;
        }
    }

    fn start(&mut self, ctx: &egui::Context) {
        if self.projections.is_none() {
            let context = self
                .graphics
                .as_ref()
                .map(|graphics| graphics.renderer().context());
            let engine = Projections::by_the_quicker(context);
            let wake = ctx.clone();
            let jobs = ProjectionJobs::new(engine, move || wake.request_repaint());
            self.projections = Some(Arc::new(jobs));
            self.asked = None;
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
                self.timeline.update(&self.snapshot);
                self.unavailable = ViewKind::ALL
                    .iter()
                    .filter_map(|view| {
                        let why = view.available(&self.snapshot.runs, &self.settings).err()?;
                        Some((*view, why.to_string()))
                    })
                    .collect();
                self.nameable = ViewKind::ALL
                    .into_iter()
                    .filter(|view| {
                        let choices = view.choices(&self.snapshot.runs, &self.settings);
                        !choices.unnamed.is_empty()
                    })
                    .collect();
                self.prefer_an_available_view();
            }
        }
        match self.worker.as_ref().and_then(SceneWorker::take) {
            Some(Ok(built)) => {
                self.problem = None;
                self.built = Some(built);
            }
            Some(Err(problem)) => {
                self.problem = Some(problem);
                self.built = None;
            }
            None => {}
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

    /// The view that was shown first moves on where the runs have nothing for it.
    fn prefer_an_available_view(&mut self) {
        if self.options.view.is_some() || !self.snapshot.progress.caught_up {
            return;
        }
        self.options.view = Some(self.view);
        if self.unavailable.contains_key(&self.view)
            && let Some(view) = ViewKind::ALL
                .into_iter()
                .find(|v| !self.unavailable.contains_key(v))
        {
            self.view = view;
        }
    }

    fn ask_for_scene(&mut self) {
        let wanted = Asked {
            generation: self.snapshot.generation,
            view: self.view,
            settings: self.settings.clone(),
            with_graphics: self.graphics.is_some(),
            revision: self.projections.as_ref().map_or(0, |jobs| jobs.revision()),
        };
        if self.snapshot.runs.is_empty() || self.asked.as_ref() == Some(&wanted) {
            return;
        }
        self.choices = self.view.choices(&self.snapshot.runs, &self.settings);
        if let (Some(worker), Some(projections)) = (&self.worker, &self.projections) {
            worker.ask(Request {
                runs: self.snapshot.runs.clone(),
                view: self.view,
                settings: self.settings.clone(),
                projections: Arc::clone(projections),
                renderer: self
                    .graphics
                    .as_ref()
                    .map(|graphics| Arc::clone(graphics.renderer())),
            });
            self.asked = Some(wanted);
        }
    }

    /// Turns the camera to the first row that was searched for.
    pub(crate) fn fly_to_found(&mut self) {
        let Some((built, figure)) = self.built.as_ref().zip(self.figure.as_ref()) else {
            return;
        };
        let mut found = built
            .scene
            .markers
            .iter()
            .filter(|marks| marks.name == "found");
        let Some(position) = found.next().and_then(|marks| marks.positions_unit.first()) else {
            return;
        };
        let at = world_from_unit(*position, built.scene.box_aspect);
        let mut camera = self
            .cameras
            .get(&self.view)
            .copied()
            .unwrap_or_else(|| figure.fixed_camera());
        camera.focus(at);
        self.cameras.insert(self.view, camera);
    }

    pub(crate) fn is_building(&self) -> bool {
        self.worker.as_ref().is_some_and(SceneWorker::is_busy)
    }

    fn look_from(&mut self, azimuth: f32, elevation: f32) {
        if let Some(built) = &self.built
            && let Some(figure) = &self.figure
        {
            let page = &figure.clip_rect;
            let camera = Camera::looking_from(azimuth, elevation, self.projection);
            let camera = camera.framing(built.scene.box_aspect, page.width / page.height, 0.72);
            self.cameras.insert(self.view, camera);
        }
    }

    fn ask_for_file(&mut self, purpose: Purpose, ctx: &egui::Context) {
        if self.dialog.is_none() {
            self.dialog = Some(Dialog::open(purpose, self.view.name(), ctx));
        }
    }

    fn use_file(&mut self, purpose: Purpose, path: PathBuf, ctx: &egui::Context) {
        if purpose == Purpose::Open {
            self.open_chosen(vec![path], ctx);
            return;
        }
        let (Some(built), Some(graphics), Some(figure)) =
            (&self.built, &self.graphics, &self.figure)
        else {
            self.message = Some(("there is no figure to export yet".to_owned(), true));
            return;
        };
        let renderer = graphics.renderer();
        let written = match (purpose, &built.gpu) {
            (Purpose::Glb, _) => export::geometry(renderer, &built.scene, &figure.camera, &path),
            (_, Some(gpu)) => export::picture(renderer, gpu, &built.scene, &figure.camera, &path),
            (_, None) => return,
        };
        self.message = Some(match written {
            Ok(()) => (format!("Wrote {}", path.display()), false),
            Err(error) => (error.to_string(), true),
        });
    }

    /// How to read, the user's own words on roles included.
    #[must_use]
    pub fn open_options(&self) -> &OpenOptions {
        &self.options.open
    }
}
