//! A figure's overlay as SVG, its text as text; the 3D layer, where given, as vectors or as an embedded picture.

use std::{collections::BTreeSet, fmt::Write as _};

use base64::Engine as _;
use trainscape_scene::{
    colour::Colour,
    figure::{
        Figure,
        overlay::{Rect, Shape, Text},
    },
    font::Weight,
};

use crate::{
    font_subset,
    vector_layer::{VectorLayer, VectorShape},
};

/// What is behind the overlay.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Layer<'a> {
    /// Nothing; the text is drawn with fonts that the reader of the document has.
    None,
    /// A PNG that fills the page.
    Picture(&'a [u8]),
    Vectors(&'a VectorLayer),
}

/// The figure in points.
#[must_use]
pub(crate) fn document(figure: &Figure, title: &str, caption: &str, layer: Layer<'_>) -> String {
    let [width, height] = figure.size_pt;
    let mut svg = String::with_capacity(16 * 1024);
    let _ = writeln!(
        svg,
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}pt" height="{height}pt" viewBox="0 0 {width} {height}" font-family="Inter, Arial, Helvetica, sans-serif">"#
    );
    let _ = writeln!(
        svg,
        "<title>{}</title><desc>{}</desc>",
        escaped(title),
        escaped(caption)
    );
    if !matches!(layer, Layer::None) {
        write_fonts(&mut svg, figure);
    }
    if let Layer::Vectors(vectors) = layer {
        write_vectors(&mut svg, vectors, figure.size_pt);
    }
    if let Layer::Picture(png) = layer {
        let data = base64::engine::general_purpose::STANDARD.encode(png);
        let _ = writeln!(
            svg,
            r#"<image width="{width}" height="{height}" preserveAspectRatio="none" href="data:image/png;base64,{data}"/>"#
        );
    }
    for (index, shape) in figure.overlay.shapes.iter().enumerate() {
        write_shape(&mut svg, index, shape);
    }
    svg.push_str("</svg>\n");
    svg
}

/// Texts alone, on a page of a size in points.
#[must_use]
pub(crate) fn of_texts([width, height]: [f32; 2], texts: &[Text]) -> String {
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}pt" height="{height}pt" viewBox="0 0 {width} {height}" font-family="Inter, Arial, Helvetica, sans-serif">"#
    );
    for text in texts {
        write_text(&mut svg, text);
    }
    svg.push_str("</svg>");
    svg
}

fn write_vectors(svg: &mut String, layer: &VectorLayer, [width, height]: [f32; 2]) {
    if let Some(background) = layer.background {
        let fill = paint("fill", background);
        let _ = writeln!(svg, r#"<rect width="{width}" height="{height}" {fill}/>"#);
    }
    for shape in &layer.behind {
        write_vector(svg, shape);
    }
    let Rect {
        x,
        y,
        width,
        height,
    } = layer.cut_at;
    let _ = writeln!(
        svg,
        r#"<clipPath id="plane"><rect x="{x:.2}" y="{y:.2}" width="{width:.2}" height="{height:.2}"/></clipPath><g clip-path="url(#plane)">"#
    );
    for shape in &layer.data {
        write_vector(svg, shape);
    }
    svg.push_str("</g>\n");
}

fn write_vector(svg: &mut String, shape: &VectorShape) {
    let polyline = |svg: &mut String, points: &[[f32; 2]]| {
        for (at, [x, y]) in points.iter().enumerate() {
            let _ = write!(svg, "{}{x:.2} {y:.2}", if at == 0 { "M" } else { "L" });
        }
    };
    if let VectorShape::Disc {
        centre: [x, y],
        diameter,
        colour,
        ring_width,
        ring_colour,
    } = shape
    {
        let radius = (diameter - ring_width) / 2.0;
        let (fill, stroke) = (paint("fill", *colour), paint("stroke", *ring_colour));
        let _ = writeln!(
            svg,
            r#"<circle cx="{x:.2}" cy="{y:.2}" r="{radius:.3}" stroke-width="{ring_width:.3}" {fill} {stroke}/>"#
        );
        return;
    }
    svg.push_str("<path d=\"");
    let _ = match shape {
        VectorShape::Area { rings, colour } => {
            for ring in rings {
                polyline(svg, ring);
                svg.push('Z');
            }
            writeln!(svg, r#"" fill-rule="evenodd" {}/>"#, paint("fill", *colour))
        }
        VectorShape::Lines {
            strips,
            width,
            colour,
        } => {
            for strip in strips {
                polyline(svg, strip);
            }
            let stroke = paint("stroke", *colour);
            writeln!(
                svg,
                r#"" fill="none" stroke-width="{width:.3}" stroke-linejoin="round" stroke-linecap="round" {stroke}/>"#
            )
        }
        // A line of no length with round ends is a disc.
        VectorShape::Dots {
            centres,
            diameter,
            colour,
        } => {
            for [x, y] in centres {
                let _ = write!(svg, "M{x:.2} {y:.2}h0");
            }
            let stroke = paint("stroke", *colour);
            writeln!(
                svg,
                r#"" fill="none" stroke-width="{diameter:.3}" stroke-linecap="round" {stroke}/>"#
            )
        }
        VectorShape::Disc { .. } => Ok(()),
    };
}

/// The characters of each weight as fonts.
fn write_fonts(svg: &mut String, figure: &Figure) {
    for weight in [Weight::Regular, Weight::SemiBold] {
        let shapes = figure.overlay.shapes.iter();
        let texts = shapes.filter_map(|shape| match shape {
            Shape::Text(text) if text.weight == weight => Some(&text.text),
            _ => None,
        });
        let characters: BTreeSet<char> = texts.flat_map(|text| text.chars()).collect();
        if let Some(rule) = font_subset::font_face(weight, &characters) {
            let _ = writeln!(svg, "<style>{rule}</style>");
        }
    }
}

fn write_shape(svg: &mut String, index: usize, shape: &Shape) {
    let _ = match shape {
        Shape::Line {
            ends: [[x1, y1], [x2, y2]],
            width,
            colour,
        } => writeln!(
            svg,
            r#"<line x1="{x1:.3}" y1="{y1:.3}" x2="{x2:.3}" y2="{y2:.3}" stroke-width="{width}" stroke-linecap="round" {}/>"#,
            paint("stroke", *colour)
        ),
        Shape::Fill { rect, colour } => writeln!(
            svg,
            r#"<rect x="{:.3}" y="{:.3}" width="{:.3}" height="{:.3}" {}/>"#,
            rect.x,
            rect.y,
            rect.width,
            rect.height,
            paint("fill", *colour)
        ),
        Shape::Dot {
            centre: [x, y],
            diameter,
            colour,
        } => writeln!(
            svg,
            r#"<circle cx="{x:.3}" cy="{y:.3}" r="{:.3}" {}/>"#,
            diameter / 2.0,
            paint("fill", *colour)
        ),
        Shape::Ring {
            centre: [x, y],
            diameter,
            width,
            colour,
        } => writeln!(
            svg,
            r#"<circle cx="{x:.3}" cy="{y:.3}" r="{:.3}" fill="none" stroke-width="{width}" {}/>"#,
            diameter / 2.0,
            paint("stroke", *colour)
        ),
        Shape::Panel {
            rect,
            radius,
            fill,
            border,
            border_width,
        } => writeln!(
            svg,
            r#"<rect x="{:.3}" y="{:.3}" width="{:.3}" height="{:.3}" rx="{radius:.3}" stroke-width="{border_width}" {} {}/>"#,
            rect.x,
            rect.y,
            rect.width,
            rect.height,
            paint("fill", *fill),
            paint("stroke", *border)
        ),
        Shape::Ramp { rect, colours } => write_ramp(svg, index, rect, colours),
        Shape::Text(text) => {
            write_text(svg, text);
            Ok(())
        }
    };
}

fn write_ramp(
    svg: &mut String,
    index: usize,
    rect: &Rect,
    colours: &[[u8; 3]],
) -> std::fmt::Result {
    let _ = write!(
        svg,
        r#"<linearGradient id="ramp{index}" x1="0" y1="1" x2="0" y2="0">"#
    );
    // Every eighth colour and the last: the maps are smooth in between.
    for (at, [r, g, b]) in colours
        .iter()
        .enumerate()
        .filter(|(at, _)| at % 8 == 0 || *at == 255)
    {
        let offset = at as f32 / 255.0;
        let _ = write!(
            svg,
            r##"<stop offset="{offset:.4}" stop-color="#{r:02x}{g:02x}{b:02x}"/>"##
        );
    }
    writeln!(
        svg,
        r##"</linearGradient><rect x="{:.3}" y="{:.3}" width="{:.3}" height="{:.3}" fill="url(#ramp{index})"/>"##,
        rect.x, rect.y, rect.width, rect.height
    )
}

fn write_text(svg: &mut String, text: &Text) {
    let [x, y] = text.baseline_start;
    let mut attributes = String::new();
    if text.weight == Weight::SemiBold {
        attributes.push_str(r#" font-weight="600""#);
    }
    if text.angle.abs() > 1e-4 {
        let degrees = text.angle.to_degrees();
        let _ = write!(
            attributes,
            r#" transform="rotate({degrees:.3} {x:.3} {y:.3})""#
        );
    }
    if let Some(halo) = text.halo {
        let width = text.size * 0.28;
        let _ = write!(
            attributes,
            r#" paint-order="stroke" stroke-width="{width:.3}" stroke-linejoin="round" {}"#,
            paint("stroke", halo)
        );
    }
    let _ = writeln!(
        svg,
        r#"<text x="{x:.3}" y="{y:.3}" font-size="{:.3}" xml:space="preserve" {}{attributes}>{}</text>"#,
        text.size,
        paint("fill", text.colour),
        escaped(&text.text)
    );
}

fn paint(property: &str, colour: Colour) -> String {
    let [r, g, b] = colour.rgb;
    if colour.alpha == 255 {
        return format!(r##"{property}="#{r:02x}{g:02x}{b:02x}""##);
    }
    let opacity = f32::from(colour.alpha) / 255.0;
    format!(r##"{property}="#{r:02x}{g:02x}{b:02x}" {property}-opacity="{opacity:.3}""##)
}

/// XML text: markup escaped, characters that XML forbids left out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\t' => escaped.push(' '),
            c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_names_cannot_break_the_document() {
        assert_eq!(escaped("a<b>&\u{0}\u{1b}c"), "a&lt;b&gt;&amp;c");
    }
}
