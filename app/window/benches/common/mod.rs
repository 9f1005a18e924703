//! The window in a harness that draws with a device and has no display.

use std::path::PathBuf;

use egui_kittest::{
    Harness,
    wgpu::{WgpuTestRenderer, create_render_state},
};
use egui_wgpu::{RendererOptions, WgpuSetup, WgpuSetupExisting};
use trainscape_gpu::{AdapterChoice, GpuContext};
use trainscape_views::ViewKind;
use trainscape_window::{Graphics, Preferences, ViewerOptions, app::ViewerApp};

/// A window on `path` of `size_pt`; `set_up` gets egui's context before the first frame.
pub(crate) fn window(
    path: PathBuf,
    view: ViewKind,
    size_pt: [f32; 2],
    set_up: impl FnOnce(&egui::Context) + 'static,
) -> Harness<'static, ViewerApp> {
    let context = GpuContext::new(AdapterChoice::Auto).expect("an adapter, if only a software one");
    let setup = WgpuSetup::Existing(WgpuSetupExisting {
        instance: context.instance.clone(),
        adapter: context.adapter.clone(),
        device: context.device.clone(),
        queue: context.queue.clone(),
    });
    let state = create_render_state(setup, RendererOptions::default());
    let options = ViewerOptions {
        paths: vec![path],
        view: Some(view),
        ..ViewerOptions::default()
    };
    let mut app = ViewerApp::new(options, Preferences::default());
    app.set_graphics(Graphics::new(&context, state.clone()));
    Harness::builder()
        .with_size(size_pt)
        .with_max_steps(8)
        .with_context_setup(move |ctx| {
            trainscape_window::install_style(ctx);
            set_up(ctx);
        })
        .renderer(WgpuTestRenderer::from_render_state(state))
        .build_ui_state(|ui, app: &mut ViewerApp| app.ui(ui), app)
}
