//! The window around [`ViewerApp`]: winit's loop, egui's painter, repaint on demand only.

use std::{
    num::NonZeroU32,
    sync::Arc,
    time::{Duration, Instant},
};

use egui::{TexturesDelta, ViewportId, ViewportInfo};
use egui_wgpu::{
    RendererOptions, SurfaceConfig, WgpuConfiguration, WgpuSetup, WgpuSetupExisting, winit::Painter,
};
use egui_winit::accesskit_winit;
use trainscape_gpu::GpuContext;
use winit::{
    application::ApplicationHandler,
    dpi::LogicalSize,
    event::{StartCause, WindowEvent},
    event_loop::{ActiveEventLoop, ControlFlow, EventLoop, EventLoopProxy},
    window::{Icon, Window, WindowAttributes, WindowId},
};

use crate::{
    app::ViewerApp,
    destroyed_window::unless_destroyed,
    error::ViewerError,
    graphics::Graphics,
    options::ViewerOptions,
    preferences::{Preferences, WindowSize},
    style,
    system_fonts::SystemFonts,
};

/// Size of the first window in points.
const FIRST_SIZE_PT: [f64; 2] = [1360.0, 860.0];
/// Name of the desktop entry in `assets/linux`.
#[cfg(target_os = "linux")]
const CLASS: &str = "trainscape";
const ICON: &[u8] = include_bytes!("../../../assets/linux/trainscape-48.png");
const SMALLEST_PT: [f64; 2] = [720.0, 480.0];
/// A saved size beyond this is not taken.
const LARGEST_PT: f64 = 16_000.0;

/// A frame that egui requested from another thread or for later, or a request of a screen reader.
#[derive(Debug)]
enum WakeEvent {
    Repaint { at: Instant },
    AccessKit(accesskit_winit::Event),
}

impl From<accesskit_winit::Event> for WakeEvent {
    fn from(event: accesskit_winit::Event) -> Self {
        Self::AccessKit(event)
    }
}

/// The class by which desktops find the program's entry and icon, and an icon for those that take it from the window.
fn with_identity(attributes: WindowAttributes) -> WindowAttributes {
    let decoded = image::load_from_memory(ICON).map(image::DynamicImage::into_rgba8);
    let icon = decoded.ok().and_then(|icon| {
        let (width, height) = icon.dimensions();
        Icon::from_rgba(icon.into_raw(), width, height).ok()
    });
    let attributes = attributes.with_window_icon(icon);
    #[cfg(target_os = "linux")]
    let attributes = {
        use winit::platform::{wayland::WindowAttributesExtWayland, x11::WindowAttributesExtX11};
        let attributes = WindowAttributesExtX11::with_name(attributes, CLASS, CLASS);
        WindowAttributesExtWayland::with_name(attributes, CLASS, CLASS)
    };
    attributes
}

/// The windowing library's message without the place in its source code: `os error at FILE.rs:LINE: …`.
fn without_place(message: &str) -> String {
    let after_file = message.split_once(".rs:").map(|(_, after)| after);
    let reason = after_file.and_then(|after| after.split_once(": "));
    reason.map_or(message, |(_, reason)| reason).to_owned()
}

/// Opens the window and returns when it is closed.
///
/// # Errors
/// When no display answers or no adapter can draw to it.
pub fn run(options: ViewerOptions) -> Result<(), ViewerError> {
    let no_display = |error: winit::error::EventLoopError| ViewerError::NoDisplay {
        reason: without_place(&error.to_string()),
    };
    // What the pointer shows is what has come; views are built by other threads.
    trainscape_source::never_wait_on_this_thread();
    let event_loop = EventLoop::<WakeEvent>::with_user_event()
        .build()
        .map_err(no_display)?;
    let ctx = egui::Context::default();
    style::install(&ctx);
    ctx.add_font_provider(Arc::new(SystemFonts::default()));
    let proxy = event_loop.create_proxy();
    let wake = proxy.clone();
    ctx.set_request_repaint_callback(move |info| {
        // The loop may have ended already.
        let _ = wake.send_event(WakeEvent::Repaint {
            at: Instant::now() + info.delay,
        });
    });
    let adapter = options.adapter;
    let app = ViewerApp::new(options, Preferences::load());
    let mut shell = Shell {
        app,
        ctx,
        proxy,
        adapter,
        open: None,
        repaint_at: None,
        failure: None,
    };
    let ended = unless_destroyed(|| event_loop.run_app(&mut shell));
    let failure = match ended {
        Some(ended) => {
            ended.map_err(no_display)?;
            shell.failure.take()
        }
        None => Some(ViewerError::WindowDestroyed),
    };
    if matches!(failure, Some(ViewerError::WindowDestroyed)) {
        // To drop it would be to ask the X server about the window again. The system frees it when the process ends.
        std::mem::forget(shell.open.take());
    }
    failure.map_or(Ok(()), Err)
}

struct Shell {
    app: ViewerApp,
    ctx: egui::Context,
    proxy: EventLoopProxy<WakeEvent>,
    adapter: trainscape_gpu::AdapterChoice,
    open: Option<Open>,
    repaint_at: Option<Instant>,
    failure: Option<ViewerError>,
}

/// What exists while the window does.
struct Open {
    window: Arc<Window>,
    input: egui_winit::State,
    info: ViewportInfo,
    painter: Painter,
    context: GpuContext,
    /// Textures that a skipped frame left unapplied.
    pending: TexturesDelta,
    title: String,
    shown: bool,
    /// Other windows cover all of it, or it is minimised, as the window system says.
    occluded: bool,
}

impl Open {
    /// Asks for a frame, unless nobody would see it: a frame follows when the window is visible again.
    fn request_frame(&self) {
        let is_minimised = || self.window.is_minimized() == Some(true);
        if !self.occluded && !is_minimised() {
            self.window.request_redraw();
        }
    }
}

impl Shell {
    fn open_window(&mut self, event_loop: &ActiveEventLoop) -> Result<(), ViewerError> {
        let size = self.app.window_size();
        let size_pt = size.map_or(FIRST_SIZE_PT, |size| [size.width_pt, size.height_pt]);
        let [width, height] = size_pt.map(|side| side.clamp(SMALLEST_PT[1], LARGEST_PT));
        let attributes = WindowAttributes::default()
            .with_title("Trainscape")
            .with_inner_size(LogicalSize::new(width, height))
            .with_maximized(size.is_some_and(|size| size.is_maximised))
            .with_min_inner_size(LogicalSize::<f64>::from(SMALLEST_PT))
            // Shown after its first frame, so that it never flashes; screen readers ask for it too.
            .with_visible(false);
        let attributes = with_identity(attributes);
        let window =
            event_loop
                .create_window(attributes)
                .map_err(|error| ViewerError::NoDisplay {
                    reason: without_place(&error.to_string()),
                })?;
        let window = Arc::new(window);
        let mut input = egui_winit::State::new(
            self.ctx.clone(),
            ViewportId::ROOT,
            event_loop,
            Some(window.scale_factor() as f32),
            window.theme(),
            None,
        );
        input.init_accesskit(event_loop, &window, self.proxy.clone());
        let (painter, context) = self.start_graphics(event_loop, &window)?;
        if let Some(side) = painter.max_texture_side() {
            input.set_max_texture_side(side);
        }
        self.open = Some(Open {
            window,
            input,
            info: ViewportInfo::default(),
            painter,
            context,
            pending: TexturesDelta::default(),
            title: String::new(),
            shown: false,
            occluded: false,
        });
        Ok(())
    }

    /// Creates the device, the painter and the renderer; also in place of a device that was lost.
    fn start_graphics(
        &mut self,
        event_loop: &ActiveEventLoop,
        window: &Arc<Window>,
    ) -> Result<(Painter, GpuContext), ViewerError> {
        let failed = |error: &dyn std::fmt::Display| {
            ViewerError::Gpu(trainscape_gpu::GpuError::Failed {
                reason: error.to_string(),
            })
        };
        let display = Box::new(event_loop.owned_display_handle());
        let instance = GpuContext::instance(Some(display));
        let surface = instance
            .create_surface(Arc::clone(window))
            .map_err(|error| failed(&error))?;
        let context = GpuContext::with_instance(instance, self.adapter, Some(&surface))?;
        // The painter makes its own surface for the window; there may be only one at a time.
        drop(surface);
        let setup = WgpuSetup::Existing(WgpuSetupExisting {
            instance: context.instance.clone(),
            adapter: context.adapter.clone(),
            device: context.device.clone(),
            queue: context.queue.clone(),
        });
        let configuration = WgpuConfiguration {
            surface: SurfaceConfig::LOW_LATENCY,
            wgpu_setup: setup,
            ..WgpuConfiguration::default()
        };
        let options = RendererOptions::default();
        let mut painter = pollster::block_on(Painter::new(
            self.ctx.clone(),
            configuration,
            false,
            options,
        ));
        pollster::block_on(painter.set_window(ViewportId::ROOT, Some(Arc::clone(window))))
            .map_err(|error| failed(&error))?;
        let state = painter
            .render_state()
            .ok_or_else(|| failed(&"the painter has no device"))?;
        self.app.set_graphics(Graphics::new(&context, state));
        Ok((painter, context))
    }

    fn frame(&mut self, event_loop: &ActiveEventLoop) {
        let lost = self
            .open
            .as_ref()
            .is_some_and(|open| open.context.is_lost());
        if lost && let Err(error) = self.replace_device(event_loop) {
            self.fail(event_loop, error);
            return;
        }
        let Some(open) = &mut self.open else { return };
        self.repaint_at = None;
        egui_winit::update_viewport_info(&mut open.info, &self.ctx, &open.window, false);
        let mut raw = open.input.take_egui_input(&open.window);
        raw.viewports.insert(ViewportId::ROOT, open.info.clone());
        let output = self.ctx.run_ui(raw, |ui| self.app.ui(ui));
        open.input.handle_platform_output_with_event_loop(
            &open.window,
            event_loop,
            output.platform_output,
        );
        let mut captures = Vec::new();
        let mut actions = Vec::new();
        if let Some(viewport) = output
            .viewport_output
            .into_iter()
            .find(|(id, _)| *id == ViewportId::ROOT)
        {
            egui_winit::process_viewport_commands(
                &self.ctx,
                &mut open.info,
                viewport.1.commands,
                &open.window,
                &mut actions,
            );
        }
        for action in actions {
            if let egui_winit::ActionRequested::Screenshot(callback) = action {
                captures.push(callback);
            }
        }
        open.pending.append(output.textures_delta);
        let pixels_per_point = output.pixels_per_point;
        let primitives = self.ctx.tessellate(output.shapes, pixels_per_point);
        // Painting configures the surface again where the window system requires it.
        let quiet = open.context.hold_submissions();
        open.painter.paint_and_update_textures(
            ViewportId::ROOT,
            pixels_per_point,
            [0.0, 0.0, 0.0, 1.0],
            &primitives,
            &mut open.pending,
            captures,
            &open.window,
        );
        drop(quiet);
        if !open.shown {
            open.shown = true;
            open.window.set_visible(true);
        }
        let title = self.app.title();
        if title != open.title {
            open.window.set_title(&title);
            open.title = title;
        }
        if open.info.close_requested() {
            event_loop.exit();
        }
    }

    fn replace_device(&mut self, event_loop: &ActiveEventLoop) -> Result<(), ViewerError> {
        let Some(mut open) = self.open.take() else {
            return Ok(());
        };
        log::warn!("the graphics device was lost and is created again");
        open.painter.destroy();
        let (painter, context) = self.start_graphics(event_loop, &open.window)?;
        // The new painter knows no textures: egui must send its fonts again.
        style::install(&self.ctx);
        open.pending = TexturesDelta::default();
        self.open = Some(Open {
            painter,
            context,
            ..open
        });
        Ok(())
    }

    fn keep_size(&mut self) {
        let Some(open) = &self.open else { return };
        let size: LogicalSize<f64> = open
            .window
            .inner_size()
            .to_logical(open.window.scale_factor());
        let is_maximised = open.window.is_maximized();
        // The size to return to from a maximised window is the one before.
        let before = self.app.window_size().filter(|_| is_maximised);
        self.app.keep_window_size(WindowSize {
            width_pt: before.map_or(size.width, |before| before.width_pt),
            height_pt: before.map_or(size.height, |before| before.height_pt),
            is_maximised,
        });
    }

    fn fail(&mut self, event_loop: &ActiveEventLoop, error: ViewerError) {
        self.failure = Some(error);
        event_loop.exit();
    }

    fn repaint_after(&mut self, at: Instant) {
        let sooner = self.repaint_at.is_none_or(|planned| at < planned);
        if sooner {
            self.repaint_at = Some(at);
        }
    }
}

impl ApplicationHandler<WakeEvent> for Shell {
    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        if self.open.is_none() {
            if let Err(error) = self.open_window(event_loop) {
                self.fail(event_loop, error);
                return;
            }
            // An invisible window is never asked to redraw, so its first frame is drawn without a request.
            self.frame(event_loop);
        }
    }

    fn new_events(&mut self, _: &ActiveEventLoop, cause: StartCause) {
        if let StartCause::ResumeTimeReached { .. } = cause
            && let Some(open) = &self.open
        {
            self.repaint_at = None;
            open.request_frame();
        }
    }

    fn window_event(&mut self, event_loop: &ActiveEventLoop, _: WindowId, event: WindowEvent) {
        match event {
            WindowEvent::RedrawRequested => {
                self.frame(event_loop);
                return;
            }
            WindowEvent::CloseRequested => {
                self.keep_size();
                event_loop.exit();
                return;
            }
            // A window that is gone has no size to ask for.
            WindowEvent::Destroyed => {
                self.fail(event_loop, ViewerError::WindowDestroyed);
                return;
            }
            _ => {}
        }
        let Some(open) = &mut self.open else { return };
        if let WindowEvent::Resized(size) = event
            && let (Some(width), Some(height)) =
                (NonZeroU32::new(size.width), NonZeroU32::new(size.height))
        {
            let _quiet = open.context.hold_submissions();
            open.painter
                .on_window_resized(ViewportId::ROOT, width, height);
        }
        if let WindowEvent::Occluded(occluded) = event {
            open.occluded = occluded;
            open.request_frame();
        }
        if open.input.on_window_event(&open.window, &event).repaint {
            open.window.request_redraw();
        }
    }

    fn user_event(&mut self, _: &ActiveEventLoop, event: WakeEvent) {
        match event {
            WakeEvent::Repaint { at } => self.repaint_after(at),
            WakeEvent::AccessKit(event) => {
                let Some(open) = &mut self.open else { return };
                match event.window_event {
                    accesskit_winit::WindowEvent::InitialTreeRequested => {
                        self.ctx.enable_accesskit();
                        open.window.request_redraw();
                    }
                    accesskit_winit::WindowEvent::ActionRequested(request) => {
                        open.input.on_accesskit_action_request(request);
                        open.window.request_redraw();
                    }
                    accesskit_winit::WindowEvent::AccessibilityDeactivated => {
                        self.ctx.disable_accesskit();
                    }
                }
            }
        }
    }

    fn about_to_wait(&mut self, event_loop: &ActiveEventLoop) {
        let now = Instant::now();
        let control = match self.repaint_at {
            // Requests for the far future mean never.
            Some(at) if at > now + Duration::from_secs(3600) => ControlFlow::Wait,
            Some(at) if at > now => ControlFlow::WaitUntil(at),
            Some(_) => {
                self.repaint_at = None;
                if let Some(open) = &self.open {
                    open.request_frame();
                }
                ControlFlow::Wait
            }
            None => ControlFlow::Wait,
        };
        event_loop.set_control_flow(control);
    }
}
