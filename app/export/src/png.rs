//! PNG with its resolution and what it shows in its metadata.

use crate::{error::ExportError, raster::Raster};

/// Encodes a picture. `texts` are keyword and text pairs (`Title`, `Description`, `Software`).
///
/// # Errors
/// When the encoder refuses.
pub fn encode(
    raster: &Raster,
    dots_per_inch: f32,
    texts: &[(&str, &str)],
) -> Result<Vec<u8>, ExportError> {
    let mut bytes = Vec::with_capacity(raster.rgba.len() / 4);
    let [width, height] = raster.size_in_pixel;
    let opaque = raster
        .rgba
        .iter()
        .skip(3)
        .step_by(4)
        .all(|alpha| *alpha == 255);
    let mut write = || -> Result<(), png::EncodingError> {
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        // Journals ask for pictures without an alpha channel.
        encoder.set_color(if opaque {
            png::ColorType::Rgb
        } else {
            png::ColorType::Rgba
        });
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Balanced);
        encoder.set_source_srgb(png::SrgbRenderingIntent::Perceptual);
        let per_metre = (dots_per_inch / 0.0254).round() as u32;
        encoder.set_pixel_dims(Some(png::PixelDimensions {
            xppu: per_metre,
            yppu: per_metre,
            unit: png::Unit::Meter,
        }));
        for (keyword, text) in texts {
            encoder.add_itxt_chunk((*keyword).to_owned(), (*text).to_owned())?;
        }
        let mut writer = encoder.write_header()?;
        if opaque {
            let (pixels, _) = raster.rgba.as_chunks::<4>();
            let rgb: Vec<u8> = pixels
                .iter()
                .flat_map(|[r, g, b, _]| [*r, *g, *b])
                .collect();
            writer.write_image_data(&rgb)?;
        } else {
            writer.write_image_data(&raster.rgba)?;
        }
        writer.finish()
    };
    write().map_err(|error| ExportError::Encode {
        reason: error.to_string(),
    })?;
    Ok(bytes)
}
