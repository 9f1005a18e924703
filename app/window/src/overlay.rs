//! Paints a figure's overlay with egui: the same shapes that the PNG rasterises and the SVG contains.

use egui::{
    Color32, FontId, Mesh, Painter, Pos2, Rect, Shape as EguiShape, Stroke, Vec2, epaint::TextShape,
};
use trainscape_scene::{
    figure::{Figure, overlay::Shape, overlay::Text},
    font::Weight,
};

use crate::style::{color32, regular, semi_bold};

/// Paints `figure`'s overlay; a figure point is a point of the interface.
pub(crate) fn paint(painter: &Painter, origin: Pos2, figure: &Figure) {
    let at = |[x, y]: [f32; 2]| origin + Vec2::new(x, y);
    for shape in &figure.overlay.shapes {
        match shape {
            Shape::Line {
                ends,
                width,
                colour,
            } => {
                painter.line_segment(ends.map(at), Stroke::new(width.max(1.0), color32(*colour)));
            }
            Shape::Fill { rect, colour } => {
                let rect =
                    Rect::from_min_size(at([rect.x, rect.y]), Vec2::new(rect.width, rect.height));
                painter.rect_filled(rect, 0.0, color32(*colour));
            }
            Shape::Dot {
                centre,
                diameter,
                colour,
            } => {
                painter.circle_filled(at(*centre), diameter / 2.0, color32(*colour));
            }
            Shape::Ring {
                centre,
                diameter,
                width,
                colour,
            } => {
                let stroke = Stroke::new(width.max(1.0), color32(*colour));
                painter.circle_stroke(at(*centre), diameter / 2.0, stroke);
            }
            Shape::Panel {
                rect,
                radius,
                fill,
                border,
                border_width,
            } => {
                let rect =
                    Rect::from_min_size(at([rect.x, rect.y]), Vec2::new(rect.width, rect.height));
                let stroke = Stroke::new(border_width.max(1.0), color32(*border));
                let kind = egui::StrokeKind::Middle;
                painter.rect(rect, *radius, color32(*fill), stroke, kind);
            }
            Shape::Ramp { rect, colours } => {
                let mut mesh = Mesh::default();
                let last = (colours.len() - 1) as f32;
                for (index, [r, g, b]) in colours.iter().enumerate() {
                    let y = rect.bottom() - rect.height * index as f32 / last;
                    let colour = Color32::from_rgb(*r, *g, *b);
                    mesh.colored_vertex(at([rect.x, y]), colour);
                    mesh.colored_vertex(at([rect.right(), y]), colour);
                    if index > 0 {
                        let first = 2 * index as u32 - 2;
                        mesh.add_triangle(first, first + 1, first + 2);
                        mesh.add_triangle(first + 1, first + 3, first + 2);
                    }
                }
                painter.add(EguiShape::mesh(mesh));
            }
            Shape::Text(text) => paint_text(painter, origin, text),
        }
    }
}

fn paint_text(painter: &Painter, origin: Pos2, text: &Text) {
    let family = match text.weight {
        Weight::Regular => regular(),
        Weight::SemiBold => semi_bold(),
    };
    let galley = painter.layout_no_wrap(
        text.text.clone(),
        FontId::new(text.size, family),
        color32(text.colour),
    );
    // egui places a text by its upper left corner.
    let baseline = galley
        .rows
        .first()
        .and_then(|row| Some(row.pos.y + row.glyphs.first()?.pos.y))
        .unwrap_or(text.size);
    let (sin, cos) = text.angle.sin_cos();
    let [x, y] = text.baseline_start;
    let corner = origin + Vec2::new(x + sin * baseline, y - cos * baseline);
    if let Some(halo) = text.halo {
        let reach = text.size * 0.12;
        for step in 0..8 {
            let angle = step as f32 * std::f32::consts::FRAC_PI_4;
            let corner = corner + Vec2::angled(angle) * reach;
            let shape =
                TextShape::new(corner, galley.clone(), color32(halo)).with_angle(text.angle);
            painter.add(shape.with_override_text_color(color32(halo)));
        }
    }
    painter.add(TextShape::new(corner, galley, color32(text.colour)).with_angle(text.angle));
}
