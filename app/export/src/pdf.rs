//! A figure as a PDF of one page: data in a plane as vectors, a 3D layer as an embedded picture, all else as vectors,
//! text as text with subsets of its fonts.

mod fonts;

use krilla::{
    Document, SerializeSettings,
    color::rgb,
    configure::{Archival, Configuration, ConfigurationBuilder},
    geom::{Path, PathBuilder, Point, Size, Transform},
    image::Image,
    metadata::{DateTime, Metadata},
    num::NormalizedF32,
    page::PageSettings,
    paint::{Fill, FillRule, LineCap, LineJoin, LinearGradient, Paint, SpreadMethod, Stop, Stroke},
    surface::Surface,
};
use time::OffsetDateTime;
use trainscape_scene::{
    Scene,
    colour::Colour,
    figure::{
        Figure,
        overlay::{Rect, Shape, Text},
    },
};

use self::fonts::Fonts;
use crate::{
    error::ExportError,
    raster::Raster,
    vector_layer::{VectorLayer, VectorShape},
};

/// Distance of the control points of a quarter of a circle, in radii.
const CIRCLE: f32 = 0.552_284_8;

/// What is behind the overlay.
#[derive(Debug)]
pub(crate) enum Layer {
    /// Pixels that fill the page.
    Picture(Raster),
    Vectors(VectorLayer),
}

/// The figure as a PDF: as PDF/A-2u, which archives and some publishers ask for, where its text and fonts allow it and its
/// records have a time. PDF/A needs a date, and that of the newest record makes the same figure the same file.
pub(crate) fn document(
    figure: &Figure,
    scene: &Scene,
    layer: &Layer,
    software: Option<&str>,
) -> Result<Vec<u8>, ExportError> {
    let of_archives = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_U)
        .finish();
    let archived = of_archives
        .ok()
        .and_then(|kind| written(figure, scene, layer, software, kind).ok());
    match archived {
        Some(bytes) => Ok(bytes),
        None => written(figure, scene, layer, software, Configuration::default()),
    }
}

fn written(
    figure: &Figure,
    scene: &Scene,
    layer: &Layer,
    software: Option<&str>,
    configuration: Configuration,
) -> Result<Vec<u8>, ExportError> {
    let [width, height] = figure.size_pt;
    let failed = |reason: &str| ExportError::Encode {
        reason: reason.to_owned(),
    };
    let settings =
        PageSettings::from_wh(width, height).ok_or_else(|| failed("the page is empty"))?;
    let size = Size::from_wh(width, height).ok_or_else(|| failed("the page is empty"))?;
    let mut fonts = Fonts::of(figure)?;
    let mut document = Document::new_with(SerializeSettings {
        configuration,
        ..SerializeSettings::default()
    });
    let metadata = Metadata::new()
        .title(scene.title.clone())
        .description(scene.caption.clone())
        .creator(software.unwrap_or("Trainscape").to_owned());
    document.set_metadata(match scene.newest_record_secs().and_then(date) {
        Some(date) => metadata.creation_date(date),
        None => metadata,
    });
    let mut page = document.start_page_with(settings);
    let mut surface = page.surface();
    match layer {
        Layer::Picture(raster) => {
            let [columns, rows] = raster.size_in_pixel;
            surface.draw_image(Image::from_rgba8(raster.rgba.clone(), columns, rows), size);
        }
        Layer::Vectors(vectors) => draw_vectors(&mut surface, vectors, figure.size_pt),
    }
    for shape in &figure.overlay.shapes {
        draw_shape(&mut surface, shape, &mut fonts);
    }
    surface.finish();
    page.finish();
    document
        .finish()
        .map_err(|error| failed(&format!("{error:?}")))
}

/// A time since 1970 as a date.
fn date(secs: f64) -> Option<DateTime> {
    let time = OffsetDateTime::from_unix_timestamp(secs as i64).ok()?;
    let date = DateTime::new(u16::try_from(time.year()).ok()?)
        .month(time.month().into())
        .day(time.day())
        .hour(time.hour())
        .minute(time.minute())
        .second(time.second());
    Some(date.utc_offset_hour(0))
}

fn draw_vectors(surface: &mut Surface<'_>, layer: &VectorLayer, [width, height]: [f32; 2]) {
    if let Some(background) = layer.background {
        let page = Rect {
            x: 0.0,
            y: 0.0,
            width,
            height,
        };
        draw(surface, rounded(&page, 0.0), Some(fill(background)), None);
    }
    for shape in &layer.behind {
        draw_vector(surface, shape);
    }
    let cut = rounded(&layer.cut_at, 0.0).finish();
    if let Some(cut) = &cut {
        surface.push_clip_path(cut, &FillRule::NonZero);
    }
    for shape in &layer.data {
        draw_vector(surface, shape);
    }
    if cut.is_some() {
        surface.pop();
    }
}

fn draw_vector(surface: &mut Surface<'_>, shape: &VectorShape) {
    let add = |path: &mut PathBuilder, points: &[[f32; 2]]| {
        for (at, [x, y]) in points.iter().enumerate() {
            match at {
                0 => path.move_to(*x, *y),
                _ => path.line_to(*x, *y),
            }
        }
    };
    let mut path = PathBuilder::new();
    match shape {
        VectorShape::Area { rings, colour } => {
            for ring in rings {
                add(&mut path, ring);
                path.close();
            }
            let inside = Fill {
                rule: FillRule::EvenOdd,
                ..fill(*colour)
            };
            draw(surface, path, Some(inside), None);
        }
        VectorShape::Lines {
            strips,
            width,
            colour,
        } => {
            for strip in strips {
                add(&mut path, strip);
            }
            let line = Stroke {
                line_join: LineJoin::Round,
                ..stroke(*colour, *width)
            };
            draw(surface, path, None, Some(line));
        }
        // A line of nearly no length with round ends is a disc.
        VectorShape::Dots {
            centres,
            diameter,
            colour,
        } => {
            for [x, y] in centres {
                add(&mut path, &[[*x, *y], [*x + 1e-3, *y]]);
            }
            draw(surface, path, None, Some(stroke(*colour, *diameter)));
        }
        VectorShape::Disc {
            centre,
            diameter,
            colour,
            ring_width,
            ring_colour,
        } => {
            let ring = stroke(*ring_colour, *ring_width);
            let inside = circle(*centre, diameter - ring_width);
            draw(surface, inside, Some(fill(*colour)), Some(ring));
        }
    }
}

fn draw_shape(surface: &mut Surface<'_>, shape: &Shape, fonts: &mut Fonts) {
    match shape {
        Shape::Line {
            ends: [[x1, y1], [x2, y2]],
            width,
            colour,
        } => {
            let mut line = PathBuilder::new();
            line.move_to(*x1, *y1);
            line.line_to(*x2, *y2);
            draw(surface, line, None, Some(stroke(*colour, *width)));
        }
        Shape::Fill { rect, colour } => {
            draw(surface, rounded(rect, 0.0), Some(fill(*colour)), None);
        }
        Shape::Dot {
            centre,
            diameter,
            colour,
        } => draw(
            surface,
            circle(*centre, *diameter),
            Some(fill(*colour)),
            None,
        ),
        Shape::Ring {
            centre,
            diameter,
            width,
            colour,
        } => draw(
            surface,
            circle(*centre, *diameter),
            None,
            Some(stroke(*colour, *width)),
        ),
        Shape::Panel {
            rect,
            radius,
            fill: inside,
            border,
            border_width,
        } => {
            let border = (*border_width > 0.0).then(|| stroke(*border, *border_width));
            draw(surface, rounded(rect, *radius), Some(fill(*inside)), border);
        }
        Shape::Ramp { rect, colours } => {
            let ramp = Fill {
                paint: gradient(rect, colours).into(),
                ..Fill::default()
            };
            draw(surface, rounded(rect, 0.0), Some(ramp), None);
        }
        Shape::Text(text) => draw_text(surface, text, fonts),
    }
}

fn draw(surface: &mut Surface<'_>, path: PathBuilder, fill: Option<Fill>, stroke: Option<Stroke>) {
    let path: Option<Path> = path.finish();
    if let Some(path) = path {
        surface.set_fill(fill);
        surface.set_stroke(stroke);
        surface.draw_path(&path);
    }
}

fn draw_text(surface: &mut Surface<'_>, text: &Text, fonts: &mut Fonts) {
    let [x, y] = text.baseline_start;
    surface.push_transform(&Transform::from_rotate_at(text.angle.to_degrees(), x, y));
    let mut start = x;
    for run in fonts.runs(text) {
        let glyphs = |surface: &mut Surface<'_>, outlined| {
            let at = Point::from_xy(start, y);
            let font = run.font.clone();
            surface.draw_glyphs(at, &run.glyphs, font, &run.text, text.size, outlined);
        };
        if let Some(halo) = text.halo {
            surface.set_fill(None);
            surface.set_stroke(Some(Stroke {
                line_join: LineJoin::Round,
                ..stroke(halo, text.size * 0.28)
            }));
            // As outlines: a reader would find the text twice.
            glyphs(surface, true);
        }
        surface.set_stroke(None);
        surface.set_fill(Some(fill(text.colour)));
        glyphs(surface, false);
        start += run.width_pt;
    }
    surface.pop();
}

fn paint(colour: Colour) -> (Paint, NormalizedF32) {
    let [r, g, b] = colour.rgb;
    let opacity = NormalizedF32::new(f32::from(colour.alpha) / 255.0);
    (
        rgb::Color::new(r, g, b).into(),
        opacity.unwrap_or(NormalizedF32::ONE),
    )
}

fn fill(colour: Colour) -> Fill {
    let (paint, opacity) = paint(colour);
    Fill {
        paint,
        opacity,
        ..Fill::default()
    }
}

fn stroke(colour: Colour, width: f32) -> Stroke {
    let (paint, opacity) = paint(colour);
    Stroke {
        paint,
        opacity,
        width,
        line_cap: LineCap::Round,
        ..Stroke::default()
    }
}

/// The first colour at the lower end.
fn gradient(rect: &Rect, colours: &[[u8; 3]]) -> LinearGradient {
    let last = colours.len().saturating_sub(1).max(1);
    // Every eighth colour and the last: the maps are smooth in between.
    let kept = |at: &usize| at.is_multiple_of(8) || *at == last;
    let stops = colours.iter().enumerate().filter(|(at, _)| kept(at));
    let stops = stops.map(|(at, [r, g, b])| Stop {
        offset: NormalizedF32::new(at as f32 / last as f32).unwrap_or(NormalizedF32::ONE),
        color: rgb::Color::new(*r, *g, *b).into(),
        opacity: NormalizedF32::ONE,
    });
    LinearGradient {
        x1: rect.x,
        y1: rect.bottom(),
        x2: rect.x,
        y2: rect.y,
        transform: Transform::identity(),
        spread_method: SpreadMethod::Pad,
        stops: stops.collect(),
        anti_alias: false,
    }
}

fn circle(centre: [f32; 2], diameter: f32) -> PathBuilder {
    rounded(&Rect::centred(centre, diameter, diameter), diameter / 2.0)
}

/// A rectangle with round corners.
fn rounded(rect: &Rect, radius: f32) -> PathBuilder {
    let radius = radius.min(rect.width / 2.0).min(rect.height / 2.0);
    let (left, top, right, bottom) = (rect.x, rect.y, rect.right(), rect.bottom());
    let mut path = PathBuilder::new();
    if radius <= 0.0 {
        path.move_to(left, top);
        path.line_to(right, top);
        path.line_to(right, bottom);
        path.line_to(left, bottom);
        path.close();
        return path;
    }
    let off = radius * (1.0 - CIRCLE);
    path.move_to(left + radius, top);
    path.line_to(right - radius, top);
    path.cubic_to(right - off, top, right, top + off, right, top + radius);
    path.line_to(right, bottom - radius);
    path.cubic_to(
        right,
        bottom - off,
        right - off,
        bottom,
        right - radius,
        bottom,
    );
    path.line_to(left + radius, bottom);
    path.cubic_to(
        left + off,
        bottom,
        left,
        bottom - off,
        left,
        bottom - radius,
    );
    path.line_to(left, top + radius);
    path.cubic_to(left, top + off, left + off, top, left + radius, top);
    path.close();
    path
}
