//! Callouts: text boxes, each with a leader line to a ring around its point.

use glam::Vec2;

use super::{
    Figure, FigureSpec,
    overlay::{Label, Rect, Shape},
};
use crate::{
    font::{self, Weight},
    scene::is_in_box,
};

/// Maximum number of lines of a callout; a longer text ends in an ellipsis.
const MAX_LINES: usize = 10;
/// Directions and distances tried for each box.
const DIRECTIONS: usize = 24;
const DISTANCES: usize = 9;
/// Refinement rounds after all boxes are placed, and the number of boxes up to which they run.
const ROUNDS: usize = 3;
const MAX_MOVED: usize = 40;

pub(super) struct Callouts {
    pub(super) shapes: Vec<Shape>,
    /// The box of each callout, in order; empty if it is not drawn.
    pub(super) rects: Vec<Rect>,
}

/// A visible callout.
struct Note {
    index: usize,
    point: Vec2,
    lines: Vec<Label>,
    size: Vec2,
}

/// Lays out the callouts of `spec` around what is already `placed`.
pub(super) fn lay_out(spec: &FigureSpec, figure: &Figure, placed: &[Rect]) -> Callouts {
    let font = spec.font_pt;
    let style = Style {
        line_height: font * 1.3,
        padding: font * 0.55,
        ring: font * 0.95,
    };
    let notes: Vec<Note> = spec
        .callouts
        .iter()
        .enumerate()
        .filter_map(|(index, callout)| {
            let point = visible_point(figure, callout.position_unit)?;
            let lines = labels(&callout.lines, font, figure.clip_rect.width * 0.45);
            let width = lines.iter().map(Label::width).fold(0.0, f32::max);
            let height = lines.len() as f32 * style.line_height - (style.line_height - font);
            let size = Vec2::new(width, height) + 2.0 * style.padding;
            (!lines.is_empty()).then_some(Note {
                index,
                point,
                lines,
                size,
            })
        })
        .collect();
    let mut rects = vec![Rect::default(); spec.callouts.len()];
    let mut taken: Vec<(Rect, [Vec2; 2])> = Vec::new();
    for note in &notes {
        let rect = place(note, &notes, &taken, placed, figure, &style);
        taken.push((rect, leader(note.point, &rect, &style)));
    }
    // The first boxes were placed without the later ones.
    for _ in 0..if notes.len() <= MAX_MOVED { ROUNDS } else { 0 } {
        for (at, note) in notes.iter().enumerate() {
            let mut others = taken.clone();
            others.remove(at);
            let rect = place(note, &notes, &others, placed, figure, &style);
            taken[at] = (rect, leader(note.point, &rect, &style));
        }
    }
    for (note, (rect, _)) in notes.iter().zip(&taken) {
        rects[note.index] = *rect;
    }
    let mut shapes = Vec::new();
    // Leader lines are painted below all boxes, so that none crosses a text.
    for (_, ends) in &taken {
        style.leader(&mut shapes, *ends, figure);
    }
    for note in &notes {
        style.ring(&mut shapes, note.point, figure);
    }
    for (note, (rect, _)) in notes.iter().zip(&taken) {
        style.note(&mut shapes, note, rect, figure);
    }
    Callouts { shapes, rects }
}

/// Projection of a point, if it is in the axis box, in front of the camera and on the page.
fn visible_point(figure: &Figure, position_unit: [f32; 3]) -> Option<Vec2> {
    if !is_in_box(position_unit) {
        return None;
    }
    let (at, _) = figure.point_from_unit(position_unit)?;
    figure
        .clip_rect
        .contains(&Rect::centred(at.into(), 0.0, 0.0))
        .then_some(at)
}

fn labels(lines: &[String], font: f32, max_width: f32) -> Vec<Label> {
    let shown = lines.iter().take(MAX_LINES).enumerate();
    shown
        .map(|(index, line)| {
            let weight = if index == 0 {
                Weight::SemiBold
            } else {
                Weight::Regular
            };
            let cut = index + 1 == MAX_LINES && lines.len() > MAX_LINES;
            let text = if cut {
                format!("{line} …")
            } else {
                line.clone()
            };
            Label::plain(font::elide(&text, font, weight, max_width), font, weight)
        })
        .collect()
}

/// The candidate box around a point with the lowest overlap cost.
fn place(
    note: &Note,
    notes: &[Note],
    taken: &[(Rect, [Vec2; 2])],
    placed: &[Rect],
    figure: &Figure,
    style: &Style,
) -> Rect {
    let page = figure.clip_rect;
    let centre = Vec2::new(page.x + page.width / 2.0, page.y + page.height / 2.0);
    let outward = (note.point - centre).normalize_or(Vec2::new(0.7, -0.7));
    let mut best: Option<(f32, Rect)> = None;
    for ring in 0..DISTANCES {
        let distance = style.ring * (1.6 + 1.5 * ring as f32);
        for direction in 0..DIRECTIONS {
            let angle = std::f32::consts::TAU * direction as f32 / DIRECTIONS as f32;
            let towards = Vec2::from_angle(angle);
            // The box touches a circle around the point from the outside.
            let half = note.size / 2.0;
            let middle = note.point + towards * distance + towards * half.dot(towards.abs());
            let rect = within(
                Rect::centred(middle.into(), note.size.x, note.size.y),
                &page,
            );
            let ends = leader(note.point, &rect, style);
            let mut cost =
                ends[0].distance(ends[1]) / style.ring + 2.0 * (1.0 - towards.dot(outward));
            let area = note.size.x * note.size.y;
            let share = |other: &Rect| shared_area(&rect.grown(style.padding * 0.8), other) / area;
            for other in notes {
                let keep = style.ring * 1.3;
                let around = Rect::centred(other.point.into(), keep, keep);
                if rect.overlaps(&around) {
                    cost += if other.index == note.index {
                        400.0
                    } else {
                        80.0
                    };
                }
            }
            for (other, line) in taken {
                cost += 300.0 * share(other).sqrt();
                if crosses(ends, *line) {
                    cost += 60.0;
                }
                if line_meets(*line, &rect) {
                    cost += 120.0;
                }
                if line_meets(ends, other) {
                    cost += 120.0;
                }
            }
            let covered = placed.iter().filter(|other| rect.overlaps(other));
            cost += covered.map(|other| 15.0 + 60.0 * share(other)).sum::<f32>();
            let struck = placed.iter().filter(|other| line_meets(ends, other));
            cost += 8.0 * struck.count() as f32;
            if best.as_ref().is_none_or(|(least, _)| cost < *least) {
                best = Some((cost, rect));
            }
        }
    }
    best.map_or_else(Rect::default, |(_, rect)| rect)
}

/// Moves a rectangle into the page; a larger one is aligned with the page's top left.
fn within(rect: Rect, page: &Rect) -> Rect {
    let inset = 1.0;
    let fit =
        |at: f32, size: f32, low: f32, high: f32| at.min(high - size - inset).max(low + inset);
    Rect {
        x: fit(rect.x, rect.width, page.x, page.right()),
        y: fit(rect.y, rect.height, page.y, page.bottom()),
        ..rect
    }
}

/// From the ring around the point to the nearest point of the box; of zero length if the box covers the point.
fn leader(point: Vec2, rect: &Rect, style: &Style) -> [Vec2; 2] {
    let inset = style.padding.min(rect.width / 2.0).min(rect.height / 2.0);
    // Avoids the rounded corners.
    let at = Vec2::new(
        point.x.clamp(rect.x, rect.right()),
        point.y.clamp(rect.y, rect.bottom()),
    );
    let at = if (at.x - point.x).abs() > 1e-3 && (at.y - point.y).abs() > 1e-3 {
        if (at.x - point.x).abs() > (at.y - point.y).abs() {
            Vec2::new(at.x, at.y.clamp(rect.y + inset, rect.bottom() - inset))
        } else {
            Vec2::new(at.x.clamp(rect.x + inset, rect.right() - inset), at.y)
        }
    } else {
        at
    };
    let span = at - point;
    let reach = style.ring / 2.0;
    if span.length() <= reach {
        return [at, at];
    }
    [point + span.normalize() * reach, at]
}

fn shared_area(a: &Rect, b: &Rect) -> f32 {
    let width = a.right().min(b.right()) - a.x.max(b.x);
    let height = a.bottom().min(b.bottom()) - a.y.max(b.y);
    width.max(0.0) * height.max(0.0)
}

fn crosses([a, b]: [Vec2; 2], [c, d]: [Vec2; 2]) -> bool {
    let side = |from: Vec2, to: Vec2, point: Vec2| (to - from).perp_dot(point - from);
    side(a, b, c) * side(a, b, d) < 0.0 && side(c, d, a) * side(c, d, b) < 0.0
}

fn line_meets(line: [Vec2; 2], rect: &Rect) -> bool {
    let inside = |at: Vec2| rect.overlaps(&Rect::centred(at.into(), 1e-3, 1e-3));
    let [a, c] = [
        Vec2::new(rect.x, rect.y),
        Vec2::new(rect.right(), rect.bottom()),
    ];
    let [b, d] = [Vec2::new(a.x, c.y), Vec2::new(c.x, a.y)];
    inside(line[0]) || inside(line[1]) || crosses(line, [a, c]) || crosses(line, [b, d])
}

/// Dimensions of a callout, in points.
struct Style {
    line_height: f32,
    padding: f32,
    /// Diameter of the ring.
    ring: f32,
}

impl Style {
    fn leader(&self, shapes: &mut Vec<Shape>, ends: [Vec2; 2], figure: &Figure) {
        if ends[0] == ends[1] {
            return;
        }
        let ends = ends.map(|end| end.to_array());
        // A light outline separates the line from data of the same colour.
        let pale = figure.theme.background.with_opacity(0.7);
        for (width, colour) in [(2.2, pale), (0.8, figure.theme.text)] {
            shapes.push(Shape::Line {
                ends,
                width,
                colour,
            });
        }
    }

    fn ring(&self, shapes: &mut Vec<Shape>, point: Vec2, figure: &Figure) {
        let pale = figure.theme.background.with_opacity(0.7);
        for (width, colour) in [(2.6, pale), (1.2, figure.theme.text)] {
            shapes.push(Shape::Ring {
                centre: point.into(),
                diameter: self.ring,
                width,
                colour,
            });
        }
    }

    fn note(&self, shapes: &mut Vec<Shape>, note: &Note, rect: &Rect, figure: &Figure) {
        let theme = &figure.theme;
        shapes.push(Shape::Panel {
            rect: *rect,
            radius: self.padding * 0.6,
            fill: theme.callout,
            border: theme.axis,
            border_width: 0.7,
        });
        for (row, line) in note.lines.iter().enumerate() {
            let centre = [
                rect.x + self.padding + line.width() / 2.0,
                rect.y + self.padding + line.size * 0.5 + row as f32 * self.line_height,
            ];
            shapes.extend(line.centred_at(centre, 0.0, theme.text, None));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        axis::{Axis, Scale},
        camera::{Camera, Projection},
        figure::{Callout, FigureCamera},
        scene::Scene,
    };

    fn scene() -> Scene {
        let axis = |title: &str| Axis {
            title: title.to_owned(),
            scale: Scale::Linear,
            low: 0.0,
            high: 1.0,
        };
        Scene::new(["step", "rate", "loss"].map(axis))
    }

    fn callout(position_unit: [f32; 3], lines: &[&str]) -> Callout {
        Callout {
            position_unit,
            lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        }
    }

    fn figure(callouts: Vec<Callout>) -> Figure {
        let spec = FigureSpec {
            callouts,
            ..FigureSpec::new([400.0, 300.0])
        };
        Figure::lay_out(&scene(), &spec)
    }

    #[test]
    fn boxes_overlap_neither_points_nor_boxes_nor_the_edge() {
        let lines = ["run sweep/lr-0.003", "step 4000", "loss 0.1234"];
        let positions: Vec<[f32; 3]> = (0..6)
            .map(|index| {
                let turn = index as f32 / 6.0 * std::f32::consts::TAU;
                [
                    0.5 + 0.3 * turn.cos(),
                    0.5 + 0.3 * turn.sin(),
                    0.3 + 0.08 * index as f32,
                ]
            })
            .collect();
        let figure = figure(positions.iter().map(|at| callout(*at, &lines)).collect());
        assert_eq!(figure.callout_rects.len(), 6);
        for (index, rect) in figure.callout_rects.iter().enumerate() {
            assert!(rect.width > 20.0 && figure.clip_rect.contains(rect));
            for at in &positions {
                let (at, _) = figure.point_from_unit(*at).unwrap();
                let point = Rect::centred(at.into(), 1.0, 1.0);
                assert!(!rect.overlaps(&point), "{index} covers a point");
            }
            for other in &figure.callout_rects[..index] {
                assert!(!rect.overlaps(other), "{index} covers another");
            }
        }
    }

    #[test]
    fn invisible_points_have_no_callout() {
        let away = [
            callout([1.2, 0.5, 0.5], &["outside"]),
            callout([f32::NAN, 0.5, 0.5], &["nowhere"]),
            callout([0.5, 0.5, 0.5], &[]),
            callout([0.5, 0.5, 0.5], &["here"]),
        ];
        let figure = figure(away.to_vec());
        let widths: Vec<bool> = figure.callout_rects.iter().map(|r| r.width > 0.0).collect();
        assert_eq!(widths, [false, false, false, true]);

        let mut camera = Camera::looking_from(0.3, 0.4, Projection::Perspective);
        camera.scale = 2000.0;
        let spec = FigureSpec {
            view: FigureCamera::Fixed(camera),
            callouts: vec![callout([0.0; 3], &["far away"])],
            ..FigureSpec::new([400.0, 300.0])
        };
        assert_eq!(
            Figure::lay_out(&scene(), &spec).callout_rects,
            [Rect::default()]
        );
    }

    #[test]
    fn many_and_long_callouts_are_limited() {
        let long = "x".repeat(5000);
        let lines: Vec<&str> = std::iter::repeat_n(long.as_str(), 40).collect();
        let figure = figure(vec![callout([0.5; 3], &lines); 30]);
        for rect in &figure.callout_rects {
            assert!(rect.width < 0.5 * figure.size_pt[0], "{rect:?}");
        }
        let texts = figure.overlay.shapes.iter();
        let shown =
            texts.filter(|shape| matches!(shape, Shape::Text(text) if text.text.starts_with('x')));
        assert_eq!(shown.count(), 30 * MAX_LINES);
    }
}
