//! A figure as pixels: the 3D layer from the GPU, text and ticks rasterised over it.

use std::sync::Arc;

use resvg::{tiny_skia, usvg};
use trainscape_gpu::{Background, GpuScene, Renderer, Targets};
use trainscape_scene::{Scene, figure::Figure, figure::overlay::Shape, font};

use crate::{ExportError, svg};

/// Pixels of a figure: sRGB bytes with straight alpha, row by row.
#[derive(Clone, Debug)]
pub struct Raster {
    /// Width and height in pixels.
    pub size_in_pixel: [u32; 2],
    /// Four bytes a pixel.
    pub rgba: Vec<u8>,
}

/// Draws the 3D layer of a figure: sRGB bytes with premultiplied alpha.
///
/// # Errors
/// When the device was lost or the picture is larger than the adapter's textures.
pub fn three_dimensional_layer(
    renderer: &Renderer,
    scene: &GpuScene,
    figure: &Figure,
    size_in_pixel: [u32; 2],
    background: Background,
) -> Result<Vec<u8>, ExportError> {
    let targets = Targets::new(renderer.context(), size_in_pixel)?;
    renderer.draw(scene, figure, &targets, background, 1);
    let mut pixels = targets.read_back(renderer.context())?;
    if background == Background::Transparent {
        premultiply_as_stored(&mut pixels);
    }
    Ok(pixels)
}

/// Draws a figure.
///
/// # Errors
/// As [`three_dimensional_layer`], and when the overlay cannot be rasterised.
pub fn figure(
    renderer: &Renderer,
    gpu_scene: &GpuScene,
    scene: &Scene,
    figure: &Figure,
    size_in_pixel: [u32; 2],
    background: Background,
) -> Result<Raster, ExportError> {
    // The overlay needs no GPU, so it is parsed while the GPU draws.
    let (tree, layer) = std::thread::scope(|scope| {
        let tree = scope.spawn(|| overlay_tree(figure, scene));
        let layer = three_dimensional_layer(renderer, gpu_scene, figure, size_in_pixel, background);
        (
            tree.join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            layer,
        )
    });
    let encode = |reason: String| ExportError::Encode { reason };
    let size = tiny_skia::IntSize::from_wh(size_in_pixel[0], size_in_pixel[1])
        .ok_or_else(|| encode("the picture has no pixels".to_owned()))?;
    let mut pixmap = tiny_skia::Pixmap::from_vec(layer?, size)
        .ok_or_else(|| encode("the picture's pixels do not fill it".to_owned()))?;
    let scale = size_in_pixel[0] as f32 / figure.size_pt[0];
    let tree = tree?;
    // usvg measures a point as 4/3 of its pixels.
    let from_tree = figure.size_pt[0] / tree.size().width() * scale;
    let transform = tiny_skia::Transform::from_scale(from_tree, from_tree);
    resvg::render(&tree, transform, &mut pixmap.as_mut());
    Ok(Raster {
        size_in_pixel,
        rgba: pixmap.take_demultiplied(),
    })
}

fn overlay_tree(figure: &Figure, scene: &Scene) -> Result<usvg::Tree, ExportError> {
    let mut fonts = usvg::fontdb::Database::new();
    fonts.load_font_source(usvg::fontdb::Source::Binary(Arc::new(font::REGULAR)));
    fonts.load_font_source(usvg::fontdb::Source::Binary(Arc::new(font::SEMI_BOLD)));
    let foreign = figure.overlay.shapes.iter().any(|shape| match shape {
        Shape::Text(text) => !font::covers(&text.text),
        _ => false,
    });
    if foreign {
        // Scanning the system's fonts takes longer than the picture, so only for text that needs it.
        fonts.load_system_fonts();
    }
    let options = usvg::Options {
        font_family: "Inter".to_owned(),
        fontdb: Arc::new(fonts),
        ..usvg::Options::default()
    };
    let document = svg::document(figure, &scene.title, "", None);
    usvg::Tree::from_str(&document, &options).map_err(|error| ExportError::Encode {
        reason: error.to_string(),
    })
}

/// The GPU premultiplies linear light; rasterisers and files expect stored values premultiplied.
fn premultiply_as_stored(pixels: &mut [u8]) {
    let (pixels, _) = pixels.as_chunks_mut::<4>();
    for [r, g, b, alpha] in pixels {
        if *alpha == 0 || *alpha == 255 {
            continue;
        }
        let share = f32::from(*alpha) / 255.0;
        for channel in [r, g, b] {
            let light = trainscape_scene::colour::linear_from_srgb(*channel) / share;
            let stored = trainscape_scene::colour::srgb_from_linear(light.min(1.0));
            *channel = (f32::from(stored) * share).round() as u8;
        }
    }
}
