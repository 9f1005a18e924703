//! PNG with its resolution and what it shows in its metadata.

use std::io::{BufReader, Read, Seek, Write as _};

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
        encoder.set_pixel_dims(Some(pixel_dimensions(dots_per_inch)));
        for (keyword, text) in texts {
            encoder.add_itxt_chunk((*keyword).to_owned(), (*text).to_owned())?;
        }
        let mut writer = encoder.write_header()?;
        // Row by row: a second copy of a large picture would take gigabytes.
        let mut rows = writer.stream_writer()?;
        let mut rgb = Vec::with_capacity(3 * width as usize);
        for row in raster.rgba.chunks_exact(4 * width.max(1) as usize) {
            if opaque {
                let (pixels, _) = row.as_chunks::<4>();
                rgb.clear();
                rgb.extend(pixels.iter().flat_map(|[r, g, b, _]| [*r, *g, *b]));
                rows.write_all(&rgb)?;
            } else {
                rows.write_all(row)?;
            }
        }
        rows.finish()?;
        writer.finish()
    };
    write().map_err(|error| ExportError::Encode {
        reason: error.to_string(),
    })?;
    Ok(bytes)
}

/// A resolution as PNG states it.
pub(crate) fn pixel_dimensions(dots_per_inch: f32) -> png::PixelDimensions {
    let per_metre = (dots_per_inch / 0.0254).round() as u32;
    png::PixelDimensions {
        xppu: per_metre,
        yppu: per_metre,
        unit: png::Unit::Meter,
    }
}

/// The text of a keyword in the metadata of a picture; `None` where there is none.
///
/// # Errors
/// When the file is no PNG.
pub fn text(file: impl Read + Seek, keyword: &str) -> Result<Option<String>, ExportError> {
    let mut decoder = png::Decoder::new_with_limits(
        BufReader::new(file),
        png::Limits {
            bytes: MOST_TEXT_BYTES,
        },
    );
    decoder.set_ignore_iccp_chunk(true);
    let reader = decoder
        .read_info()
        .map_err(|error| ExportError::NotAPicture {
            reason: error.to_string(),
        })?;
    let texts = reader.info().utf8_text.iter();
    let mut found = texts.filter(|text| text.keyword == keyword);
    let text = found.next().cloned().map(|mut text| {
        // A small text may be compressed to a thousandth.
        text.decompress_text_with_limit(MOST_TEXT_BYTES)?;
        text.get_text()
    });
    text.transpose().map_err(|error| ExportError::NotAPicture {
        reason: error.to_string(),
    })
}

/// Memory for the metadata of a picture that is read.
const MOST_TEXT_BYTES: usize = 4 << 20;

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn a_compressed_text_takes_no_more_memory_than_metadata_may() {
        for (bytes, is_read) in [(MOST_TEXT_BYTES, true), (MOST_TEXT_BYTES + 1, false)] {
            let mut chunk = png::text_metadata::ITXtChunk::new("figure", "a".repeat(bytes));
            chunk.compressed = true;
            let mut info = png::Info::with_size(1, 1);
            info.color_type = png::ColorType::Grayscale;
            info.utf8_text.push(chunk);
            let mut picture = Vec::new();
            let encoder = png::Encoder::with_info(&mut picture, info).unwrap();
            encoder
                .write_header()
                .unwrap()
                .write_image_data(&[0])
                .unwrap();
            assert!(picture.len() < bytes / 20);
            let text = text(Cursor::new(&picture), "figure");
            assert_eq!(text.is_ok(), is_read, "{bytes}");
        }
    }

    #[test]
    fn a_text_is_found_by_its_keyword() {
        let raster = Raster {
            size_in_pixel: [2, 1],
            rgba: vec![1, 2, 3, 255, 4, 5, 6, 7],
        };
        let bytes = encode(&raster, 300.0, &[("Title", "a"), ("figure", "σ\n")]).unwrap();
        let text = |keyword| text(Cursor::new(&bytes), keyword).unwrap();
        assert_eq!(text("figure").as_deref(), Some("σ\n"));
        assert_eq!(text("Comment"), None);
        assert!(super::text(Cursor::new(b"no picture"), "figure").is_err());
        assert!(super::text(Cursor::new(&bytes[..40]), "figure").is_err());
    }
}
