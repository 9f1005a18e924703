//! A window without a display: the interface in a test harness, driven over accessible names.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use egui::{Event, Key, Modifiers, PointerButton, Pos2, Rect, Role, Vec2};
use egui_kittest::{
    Harness, HarnessBuilder, Node,
    kittest::{NodeT as _, Queryable as _},
    wgpu::{WgpuTestRenderer, create_render_state},
};
use egui_wgpu::{RendererOptions, WgpuSetup, WgpuSetupExisting};
use trainscape_gpu::{AdapterChoice, GpuContext};
use trainscape_window::{Graphics, Preferences, ViewerOptions, app::ViewerApp};

use crate::data;

/// How long threads may take to read and to build, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// The interface, and the folder of its runs.
pub(crate) struct Window {
    pub(crate) harness: Harness<'static, ViewerApp>,
    pub(crate) folder: tempfile::TempDir,
    /// How often a frame was asked for.
    wakes: Arc<AtomicUsize>,
}

impl Window {
    /// Four runs that both views can be drawn from, without a device.
    pub(crate) fn with_sweep() -> Self {
        Self::open(|folder| vec![data::sweep(folder)])
    }

    /// What `write` puts into a folder, without a device.
    pub(crate) fn open(write: impl FnOnce(&Path) -> Vec<PathBuf>) -> Self {
        let mut window = Self::start(write, None, ViewerOptions::default());
        window.settle();
        window
    }

    /// Paths that cannot be opened.
    pub(crate) fn failing(path: &str) -> Self {
        let mut window = Self::start(|_| vec![path.into()], None, ViewerOptions::default());
        window.harness.run();
        window
    }

    /// Four runs, drawn by the software adapter.
    pub(crate) fn drawn() -> Self {
        Self::drawn_from(|folder| vec![data::sweep(folder)])
    }

    /// What `write` puts into a folder, drawn by the software adapter.
    pub(crate) fn drawn_from(write: impl FnOnce(&Path) -> Vec<PathBuf>) -> Self {
        let mut window = Self::start(write, Some(software_adapter()), ViewerOptions::default());
        window.settle();
        window
    }

    fn start(
        write: impl FnOnce(&Path) -> Vec<PathBuf>,
        context: Option<GpuContext>,
        options: ViewerOptions,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = ViewerOptions {
            paths: write(folder.path()),
            ..options
        };
        // Not loaded, so that no test touches the user's preferences. Without camera animation a key press takes
        // effect within its frame; one test switches it on.
        let mut preferences = Preferences::default();
        preferences.animate = false;
        Self::start_with(folder, options, preferences, context)
    }

    /// The contents of `folder`, with the given preferences.
    pub(crate) fn start_with(
        folder: tempfile::TempDir,
        options: ViewerOptions,
        preferences: Preferences,
        context: Option<GpuContext>,
    ) -> Self {
        let mut app = ViewerApp::new(options, preferences);
        let wakes = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&wakes);
        let mut builder: HarnessBuilder<ViewerApp> = Harness::builder()
            .with_size([1360.0, 860.0])
            .with_render_cursor(false)
            .with_step_dt(1.0 / 60.0)
            .with_max_steps(8)
            .with_context_setup(move |ctx| {
                trainscape_window::install_style(ctx);
                ctx.set_request_repaint_callback(move |_| {
                    counted.fetch_add(1, Ordering::Relaxed);
                });
            });
        if let Some(context) = context {
            let setup = WgpuSetup::Existing(WgpuSetupExisting {
                instance: context.instance.clone(),
                adapter: context.adapter.clone(),
                device: context.device.clone(),
                queue: context.queue.clone(),
            });
            let state = create_render_state(setup, RendererOptions::PREDICTABLE);
            app.set_graphics(Graphics::new(&context, state.clone()));
            builder = builder.renderer(WgpuTestRenderer::from_render_state(state));
        }
        let harness = builder.build_ui_state(|ui, app: &mut ViewerApp| app.ui(ui), app);
        Self {
            harness,
            folder,
            wakes,
        }
    }

    pub(crate) fn app(&self) -> &ViewerApp {
        self.harness.state()
    }

    /// Runs until everything is read, built and drawn.
    #[track_caller]
    pub(crate) fn settle(&mut self) {
        self.wait_until("the scene is drawn", ViewerApp::is_settled);
    }

    /// Runs until `done`, and then until the interface asks for no more frames.
    #[track_caller]
    pub(crate) fn wait_until(&mut self, what: &str, done: impl Fn(&ViewerApp) -> bool) {
        let start = Instant::now();
        // The first frame asks, so that what was there before does not count.
        self.harness.step();
        while !done(self.harness.state()) {
            assert!(start.elapsed() < PATIENCE, "timed out waiting until {what}");
            std::thread::sleep(Duration::from_millis(4));
            self.harness.step();
        }
        self.harness.run();
    }

    /// Runs frame by frame until `done`; something may go on after that.
    #[track_caller]
    pub(crate) fn wait_until_stepping(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        self.harness.step();
        while !done(self) {
            assert!(start.elapsed() < PATIENCE, "timed out waiting until {what}");
            std::thread::sleep(Duration::from_millis(2));
            self.harness.step();
        }
    }

    /// Runs until a text is shown: one that follows from work in the background, which begins a frame after its cause.
    #[track_caller]
    pub(crate) fn wait_until_says(&mut self, text: &str) {
        self.wait_until_stepping(&format!("the window says “{text}”"), |window| {
            window.says(text)
        });
    }

    /// The widget of that kind and name; there must be exactly one.
    #[track_caller]
    pub(crate) fn get<'a>(&'a self, role: Role, name: &'a str) -> Node<'a> {
        self.harness.get_by_role_and_label(role, name)
    }

    pub(crate) fn button<'a>(&'a self, name: &'a str) -> Node<'a> {
        self.get(Role::Button, name)
    }

    #[track_caller]
    pub(crate) fn click(&mut self, role: Role, name: &str) {
        self.get(role, name).click();
        self.settle();
        // So that the next click there is not the second half of a double-click.
        self.harness.run_steps(24);
    }

    #[track_caller]
    pub(crate) fn press(&mut self, name: &str) {
        self.click(Role::Button, name);
    }

    /// Shows a view: from the rail, or from the menu of those that the runs do not allow.
    #[track_caller]
    pub(crate) fn show_view(&mut self, title: &str) {
        if !self.has(Role::Button, title) {
            self.press("More views");
        }
        self.press(title);
    }

    #[track_caller]
    pub(crate) fn key(&mut self, key: Key) {
        self.key_with(Modifiers::NONE, key);
    }

    #[track_caller]
    pub(crate) fn key_with(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.settle();
    }

    /// Whether a widget of that kind and name is on screen.
    pub(crate) fn has(&self, role: Role, name: &str) -> bool {
        self.harness
            .query_all_by_role(role)
            .any(|node| node.accesskit_node().label().as_deref() == Some(name))
    }

    /// Whether some text on screen contains `part`.
    pub(crate) fn says(&self, part: &str) -> bool {
        self.harness
            .query_all_by(|node| contains(node, part))
            .next()
            .is_some()
    }

    /// Whether the box of that name is ticked.
    #[track_caller]
    pub(crate) fn is_ticked(&self, name: &str) -> bool {
        let node = self.get(Role::CheckBox, name);
        node.accesskit_node().toggled() == Some(egui::accesskit::Toggled::True)
    }

    /// Where the 3D view of a tile is, where there are several.
    pub(crate) fn tile(&self, number: usize) -> Rect {
        let name = format!("3D view of tile {number}");
        self.get(Role::Image, &name).rect()
    }

    /// Where the 3D view is.
    pub(crate) fn view(&self) -> Rect {
        self.get(Role::Image, "3D view").rect()
    }

    /// The pointer goes down at `from`, moves to `to` in steps and goes up.
    pub(crate) fn drag(&mut self, button: PointerButton, from: Pos2, to: Pos2) {
        self.drag_without_settling(button, from, to);
        self.harness.remove_cursor();
        self.settle();
    }

    pub(crate) fn drag_without_settling(&mut self, button: PointerButton, from: Pos2, to: Pos2) {
        let press = |at: Pos2, pressed: bool| Event::PointerButton {
            pos: at,
            button,
            pressed,
            modifiers: Modifiers::NONE,
        };
        self.harness.hover_at(from);
        self.harness.event(press(from, true));
        for step in 1..=4 {
            self.harness
                .hover_at(from + (to - from) * (step as f32 / 4.0));
        }
        self.harness.event(press(to, false));
    }

    pub(crate) fn wheel(&mut self, at: Pos2, lines: f32) {
        self.harness.hover_at(at);
        self.harness.event(Event::MouseWheel {
            unit: egui::MouseWheelUnit::Line,
            delta: Vec2::new(0.0, lines),
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Wheel,
            modifiers: Modifiers::NONE,
        });
        // The wheel is smoothed over some frames.
        self.harness.run_steps(60);
        self.settle();
    }

    pub(crate) fn click_at(&mut self, at: Pos2) {
        self.harness.hover_at(at);
        self.harness.drag_at(at);
        self.harness.event(Event::PointerButton {
            pos: at,
            button: PointerButton::Primary,
            pressed: false,
            modifiers: Modifiers::NONE,
        });
        self.settle();
    }

    /// Two clicks in one frame.
    pub(crate) fn double_click_at(&mut self, at: Pos2) {
        self.harness.hover_at(at);
        self.harness.step();
        for pressed in [true, false, true, false] {
            self.harness.input_mut().events.push(Event::PointerButton {
                pos: at,
                button: PointerButton::Primary,
                pressed,
                modifiers: Modifiers::NONE,
            });
        }
        self.settle();
        self.harness.remove_cursor();
        self.settle();
    }

    /// Opens the list of that name and takes an entry, also one that must be scrolled to.
    #[track_caller]
    pub(crate) fn choose(&mut self, list: &str, entry: &str) {
        self.click(Role::ComboBox, list);
        self.button(entry).scroll_to_me();
        self.settle();
        self.press(entry);
    }

    /// Chooses a tile's view in its heading.
    #[track_caller]
    pub(crate) fn show_in_tile(&mut self, number: usize, view: &str) {
        self.click(Role::ComboBox, &format!("View of tile {number}"));
        // The tabs above have the same names; the list is on top, so it comes last.
        {
            let mut entries = self.harness.query_all_by_role(Role::Button);
            let is_called =
                |node: &Node<'_>| node.accesskit_node().label().as_deref() == Some(view);
            entries.rfind(is_called).unwrap().click();
        }
        self.settle();
        self.harness.run_steps(24);
    }

    /// Writes into the filter.
    pub(crate) fn filter(&mut self, text: &str) {
        self.get(Role::TextInput, "Filter runs and series").focus();
        self.settle();
        self.get(Role::TextInput, "Filter runs and series")
            .type_text(text);
        self.settle();
    }

    /// Files or folders are dropped on the window.
    pub(crate) fn drop_file(&mut self, path: &Path) {
        self.harness
            .input_mut()
            .dropped_files
            .push(Arc::new(Dropped(path.to_owned())));
        self.settle();
    }

    /// A folder without runs is dropped: nothing is drawn for it.
    pub(crate) fn drop_folder_without_runs(&mut self, path: &Path) {
        self.harness
            .input_mut()
            .dropped_files
            .push(Arc::new(Dropped(path.to_owned())));
        self.wait_until("the folder is read", |app| {
            app.snapshot().progress.caught_up
        });
    }

    /// What the last frame put on the clipboard.
    pub(crate) fn copied_text(&self) -> String {
        let commands = &self.harness.output().platform_output.commands;
        let copied = commands.iter().find_map(|command| match command {
            egui::OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        });
        copied.unwrap_or_default()
    }

    /// Frames that were asked for while nothing happens for a while.
    pub(crate) fn wakes_while_idle(&self, time: Duration) -> usize {
        let before = self.wakes.load(Ordering::Relaxed);
        std::thread::sleep(time);
        self.wakes.load(Ordering::Relaxed) - before
    }

    /// The names of the boxes that are listed.
    pub(crate) fn boxes(&self) -> Vec<String> {
        self.harness
            .query_all_by_role(Role::CheckBox)
            .filter_map(|node| node.accesskit_node().label())
            .collect()
    }
}

#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

fn contains(node: &egui_kittest::kittest::AccessKitNode<'_>, part: &str) -> bool {
    let text = node.label().or_else(|| node.value());
    text.is_some_and(|text| text.contains(part))
}

/// The software adapter, so that pictures do not depend on the machine.
pub(crate) fn software_adapter() -> GpuContext {
    let missing =
        "these tests draw with Mesa's software adapter: apt-get install mesa-vulkan-drivers";
    let context = GpuContext::new(AdapterChoice::Cpu).unwrap_or_else(|error| {
        panic!("{missing} ({error})");
    });
    assert_eq!(context.info.device_type, wgpu::DeviceType::Cpu, "{missing}");
    context
}
