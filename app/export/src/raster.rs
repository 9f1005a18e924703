//! A figure as pixels: the 3D layer from the GPU, text and ticks rasterised over it.

use std::sync::{Arc, OnceLock};

use resvg::{tiny_skia, usvg};
use trainscape_gpu::{Background, GpuScene, Renderer, Targets};
use trainscape_scene::{
    Scene,
    figure::{
        Figure,
        overlay::{Shape, Text},
    },
    font,
};

use crate::{error::ExportError, svg};

/// Pixels of a figure: sRGB bytes with straight alpha, row by row.
#[derive(Clone, Debug)]
pub struct Raster {
    /// Width and height in pixels.
    pub size_in_pixel: [u32; 2],
    /// Four bytes per pixel.
    pub rgba: Vec<u8>,
}

/// Largest side of a tile of a picture that is drawn in tiles.
pub const TILE_IN_PIXEL: u32 = 2048;
/// Pixels of the largest picture that is drawn in one piece: four samples of colour and depth take half a gigabyte.
const MOST_PIXELS_AT_ONCE: u64 = 1 << 24;

/// Draws the 3D layer of a figure: sRGB bytes with premultiplied alpha.
///
/// # Errors
/// When the device was lost or the picture is larger than the adapter's textures.
fn three_dimensional_layer(
    renderer: &Renderer,
    scene: &GpuScene,
    figure: &Figure,
    size_in_pixel: [u32; 2],
    background: Background,
) -> Result<Vec<u8>, ExportError> {
    let [width, height] = size_in_pixel.map(u64::from);
    let mut pixels = if width * height > MOST_PIXELS_AT_ONCE {
        in_tiles(
            renderer,
            scene,
            figure,
            size_in_pixel,
            background,
            TILE_IN_PIXEL,
        )?
    } else {
        let targets = Targets::new(renderer.context(), size_in_pixel)?;
        renderer.draw_whole(scene, figure, &targets, background)?;
        targets.read_back(renderer.context())?
    };
    if background == Background::Transparent {
        premultiply_as_stored(&mut pixels);
    }
    Ok(pixels)
}

/// Draws the 3D layer of a figure in square tiles: sRGB bytes with premultiplied linear light.
///
/// # Errors
/// As [`layer`].
pub fn in_tiles(
    renderer: &Renderer,
    scene: &GpuScene,
    figure: &Figure,
    size_in_pixel: [u32; 2],
    background: Background,
    tile_in_pixel: u32,
) -> Result<Vec<u8>, ExportError> {
    let [width, height] = size_in_pixel;
    let tile = size_in_pixel.map(|side| side.min(tile_in_pixel));
    let mut targets = Targets::tile(renderer.context(), size_in_pixel, tile)?;
    let mut pixels = vec![0; 4 * width as usize * height as usize];
    for top in (0..height).step_by(tile[1] as usize) {
        for left in (0..width).step_by(tile[0] as usize) {
            targets.move_to([left, top]);
            renderer.draw_whole(scene, figure, &targets, background)?;
            let drawn = targets.read_back(renderer.context())?;
            let kept = 4 * (width - left).min(tile[0]) as usize;
            let rows = drawn.chunks_exact(4 * tile[0] as usize);
            for (row, y) in rows.zip(top..height) {
                let at = 4 * (y as usize * width as usize + left as usize);
                pixels[at..at + kept].copy_from_slice(&row[..kept]);
            }
        }
    }
    Ok(pixels)
}

/// Draws the 3D layer of a figure alone, for files that keep text as text.
///
/// # Errors
/// When the device was lost or the picture is larger than the adapter's textures.
pub fn layer(
    renderer: &Renderer,
    scene: &GpuScene,
    figure: &Figure,
    size_in_pixel: [u32; 2],
    background: Background,
) -> Result<Raster, ExportError> {
    let pixels = three_dimensional_layer(renderer, scene, figure, size_in_pixel, background)?;
    straight(pixels, size_in_pixel)
}

/// Draws a figure.
///
/// # Errors
/// As [`layer`], and when the overlay cannot be rasterised.
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
    let mut pixmap = pixmap(layer?, size_in_pixel)?;
    let scale = size_in_pixel[0] as f32 / figure.size_pt[0];
    draw_tree(&tree?, figure.size_pt[0] * scale, &mut pixmap);
    Ok(Raster {
        size_in_pixel,
        rgba: pixmap.take_demultiplied(),
    })
}

/// Draws texts on a transparent page of a size in points.
///
/// # Errors
/// When they cannot be rasterised.
pub(crate) fn texts(
    size_pt: [f32; 2],
    pixels_per_point: f32,
    texts: &[Text],
) -> Result<Raster, ExportError> {
    let size_in_pixel = size_pt.map(|side| (side * pixels_per_point).round().max(1.0) as u32);
    let [width, height] = size_in_pixel;
    let mut pixmap = pixmap(vec![0; 4 * width as usize * height as usize], size_in_pixel)?;
    let foreign = texts.iter().any(|text| !font::covers(&text.text));
    let tree = parsed(&svg::of_texts(size_pt, texts), foreign)?;
    draw_tree(&tree, size_pt[0] * pixels_per_point, &mut pixmap);
    Ok(Raster {
        size_in_pixel,
        rgba: pixmap.take_demultiplied(),
    })
}

/// Draws a tree from the upper left corner, as wide as a number of pixels.
fn draw_tree(tree: &usvg::Tree, width_in_pixel: f32, pixmap: &mut tiny_skia::Pixmap) {
    // usvg measures a point as 4/3 of its pixels.
    let scale = width_in_pixel / tree.size().width();
    let transform = tiny_skia::Transform::from_scale(scale, scale);
    resvg::render(tree, transform, &mut pixmap.as_mut());
}

/// Undoes the premultiplication, which files do not expect.
fn straight(pixels: Vec<u8>, size_in_pixel: [u32; 2]) -> Result<Raster, ExportError> {
    let rgba = pixmap(pixels, size_in_pixel)?.take_demultiplied();
    Ok(Raster {
        size_in_pixel,
        rgba,
    })
}

fn pixmap(pixels: Vec<u8>, [width, height]: [u32; 2]) -> Result<tiny_skia::Pixmap, ExportError> {
    tiny_skia::IntSize::from_wh(width, height)
        .and_then(|size| tiny_skia::Pixmap::from_vec(pixels, size))
        .ok_or_else(|| ExportError::Encode {
            reason: "the number of pixels does not match the picture's size".to_owned(),
        })
}

fn overlay_tree(figure: &Figure, scene: &Scene) -> Result<usvg::Tree, ExportError> {
    let foreign = figure.overlay.shapes.iter().any(|shape| match shape {
        Shape::Text(text) => !font::covers(&text.text),
        _ => false,
    });
    let document = svg::document(figure, &scene.title, "", svg::Layer::None);
    parsed(&document, foreign)
}

/// A document of ours; `foreign` if some of its text needs other fonts than the embedded ones.
fn parsed(document: &str, foreign: bool) -> Result<usvg::Tree, ExportError> {
    let options = usvg::Options {
        font_family: "Inter".to_owned(),
        fontdb: fonts(foreign),
        ..usvg::Options::default()
    };
    usvg::Tree::from_str(document, &options).map_err(|error| ExportError::Encode {
        reason: error.to_string(),
    })
}

/// The embedded fonts, and those of the system where some text needs them: scanning these takes longer than a picture.
/// Both are kept for the next figure.
fn fonts(with_those_of_the_system: bool) -> Arc<usvg::fontdb::Database> {
    static EMBEDDED: OnceLock<Arc<usvg::fontdb::Database>> = OnceLock::new();
    static ALL: OnceLock<Arc<usvg::fontdb::Database>> = OnceLock::new();
    let load = || {
        let mut fonts = usvg::fontdb::Database::new();
        for face in [font::REGULAR, font::SEMI_BOLD] {
            fonts.load_font_source(usvg::fontdb::Source::Binary(Arc::new(face)));
        }
        if with_those_of_the_system {
            fonts.load_system_fonts();
        }
        Arc::new(fonts)
    };
    let kept = if with_those_of_the_system {
        &ALL
    } else {
        &EMBEDDED
    };
    Arc::clone(kept.get_or_init(load))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_covered_pixel_keeps_its_colour_in_files() {
        let raster = straight(vec![100, 50, 0, 128, 0, 0, 0, 0], [2, 1]).unwrap();
        assert_eq!(raster.rgba[3], 128);
        assert!((i32::from(raster.rgba[0]) - 199).abs() <= 1);
        assert!((i32::from(raster.rgba[1]) - 100).abs() <= 1);
        assert!(straight(vec![0; 4], [2, 1]).is_err());
    }
}
