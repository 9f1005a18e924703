//! Draws the preview of the export dialog on a thread of its own, as the file will be.

use std::sync::{
    Arc,
    mpsc::{Receiver, TryRecvError, channel},
};

use trainscape_export::{PictureOptions, raster::Raster};
use trainscape_gpu::{GpuScene, Renderer};
use trainscape_scene::{Scene, figure::FigureSpec};

use crate::{
    export,
    export_choices::picture_options,
    export_kind::ExportKind,
    export_preview::{Preview, PreviewDrawing, PreviewOf, preview_size, room_pt},
    services::Services,
    state::State,
};

/// Takes a preview that is drawn, and begins the next one where the dialog shows something else by now.
pub(crate) fn update(state: &mut State, services: &mut Services, ctx: &egui::Context) {
    let Some(kind) = state.panels.export else {
        state.preview = None;
        services.preview = PreviewDrawing::default();
        return;
    };
    receive(state, &mut services.preview, ctx);
    if services.preview.result.is_none() {
        request(state, services, kind, ctx);
    }
}

fn receive(state: &mut State, drawing: &mut PreviewDrawing, ctx: &egui::Context) {
    let Some(result) = &drawing.result else {
        return;
    };
    let drawn = match result.try_recv() {
        Ok(drawn) => drawn,
        Err(TryRecvError::Empty) => return,
        Err(TryRecvError::Disconnected) => Err("The preview could not be drawn.".to_owned()),
    };
    drawing.result = None;
    let Some(of) = &drawing.requested else { return };
    let texture = drawn.map(|raster| {
        let size = raster.size_in_pixel.map(|side| side as usize);
        let image = egui::ColorImage::from_rgba_unmultiplied(size, &raster.rgba);
        ctx.load_texture("export preview", image, egui::TextureOptions::LINEAR)
    });
    state.preview = Some(Preview {
        drawn: texture,
        size_pt: of.size_pt,
        scale: of.scale,
        is_transparent: of.is_transparent,
    });
}

fn request(state: &State, services: &mut Services, kind: ExportKind, ctx: &egui::Context) {
    let pane = state.panes.focused();
    let (Some(built), Some(figure), Some(graphics)) =
        (&pane.built, &pane.figure, &services.graphics)
    else {
        return;
    };
    let Some(gpu_scene) = &built.gpu else { return };
    let choices = &state.export;
    let page = choices.page_of(kind);
    let ppp = ctx.pixels_per_point();
    let Some(room) = room_pt(ctx.content_rect().size()) else {
        return;
    };
    let (size_pt, scale) = preview_size(page.size_pt(), room, choices.preview, ppp);
    let of = PreviewOf {
        scene: Arc::as_ptr(gpu_scene) as usize,
        spec: choices.spec(kind, &figure.camera, pane.callouts()),
        size_pt,
        scale,
        size_in_pixel: size_pt.map(|side| (side * ppp).round().max(1.0) as u32),
        is_transparent: page.transparent,
    };
    if services.preview.requested.as_ref() == Some(&of) {
        return;
    }
    let options = PictureOptions {
        size_in_pixel: of.size_in_pixel,
        ..picture_options(page)
    };
    let (renderer, scene) = (Arc::clone(graphics.renderer()), Arc::clone(&built.scene));
    let on_gpu = (renderer, Arc::clone(gpu_scene));
    services.preview.result = start(on_gpu, scene, of.spec.clone(), options, ctx.clone());
    services.preview.requested = Some(of);
}

/// Draws a picture on another thread.
fn start(
    (renderer, gpu_scene): (Arc<Renderer>, Arc<GpuScene>),
    scene: Arc<Scene>,
    spec: FigureSpec,
    options: PictureOptions,
    ctx: egui::Context,
) -> Option<Receiver<Result<Raster, String>>> {
    let (sender, result) = channel();
    let thread = std::thread::Builder::new().name("trainscape-preview".to_owned());
    let started = thread.spawn(move || {
        let drawn = export::raster((&renderer, &gpu_scene), &scene, &spec, options);
        // The dialog may be closed by now.
        let _ = sender.send(drawn.map_err(|error| error.to_string()));
        ctx.request_repaint();
    });
    if let Err(error) = started {
        log::error!("no preview can be drawn: {error}");
        return None;
    }
    Some(result)
}
