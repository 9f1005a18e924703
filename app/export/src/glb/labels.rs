//! The text and the lines of the page that belong to the box: axis lines with their ticks, labels and titles, labels of
//! points, the colour bar and the legend. The title and the caption are in the file as text (`extras`).

use glam::Vec2;
use trainscape_scene::{
    Scene,
    colour::Colour,
    figure::{
        Figure,
        overlay::{Rect, Shape, Text},
    },
};

use super::{
    atlas::{Atlas, Cell},
    placement::Placement,
};
use crate::geometry::Paint;

/// A quad with a part of the atlas, in world units.
pub(super) struct Quad {
    /// Upper left, upper right, lower right, lower left.
    pub(super) corners: [[f32; 3]; 4],
    pub(super) cell: Rect,
}

/// A line, in world units.
pub(super) struct Line {
    pub(super) ends: [glam::Vec3; 2],
    pub(super) width_pt: f32,
    pub(super) colour: Colour,
}

/// A rectangle of the page, in world units; its corners are those of [`Quad`], with their paints.
pub(super) struct Area {
    pub(super) corners: [glam::Vec3; 4],
    pub(super) paints: [Paint; 4],
}

/// Everything of the page that is in the file.
#[derive(Default)]
pub(super) struct Labels {
    pub(super) atlas: Atlas,
    pub(super) quads: Vec<Quad>,
    pub(super) lines: Vec<Line>,
    pub(super) areas: Vec<Area>,
}

/// What of the page belongs to the box, in space.
pub(super) fn of_figure(scene: &Scene, figure: &Figure, placement: &Placement<'_>) -> Labels {
    let mut labels = Labels::default();
    let background = figure.theme.background;
    let beside = beside_box(figure);
    for (index, shape) in figure.overlay.shapes.iter().enumerate() {
        let on_page = figure.page_shapes.contains(&index);
        if on_page && !beside.iter().any(|rect| rect.contains(&bounds(shape))) {
            continue;
        }
        let centre = placement.depth_of_centre();
        let depth = |at: Vec2| {
            if on_page {
                centre
            } else {
                placement.depth_of_edge(at)
            }
        };
        match shape {
            Shape::Text(text) => {
                let cell = labels.atlas.add(text, background);
                let corners = corners_of(text, cell);
                let middle = (corners[0] + corners[2]) / 2.0;
                let depth = if on_page {
                    centre
                } else {
                    placement.depth_of_text(&text.text, middle)
                };
                labels.quads.push(Quad {
                    corners: corners.map(|at| placement.world_from_point(at, depth).to_array()),
                    cell: cell.rect,
                });
            }
            Shape::Line {
                ends,
                width,
                colour,
            } => {
                let place = |at: [f32; 2]| placement.world_from_point(at.into(), depth(at.into()));
                labels.lines.push(Line {
                    ends: ends.map(place),
                    width_pt: *width,
                    colour: *colour,
                });
            }
            Shape::Fill { rect, colour } if on_page => {
                labels.area(placement, *rect, [Paint::of(*colour); 4]);
            }
            Shape::Dot {
                centre,
                diameter,
                colour,
            } if on_page => {
                let rect = Rect::centred(*centre, *diameter, *diameter);
                labels.area(placement, rect, [Paint::of(*colour); 4]);
            }
            Shape::Ramp { rect, .. } => {
                if let Some(bar) = &scene.colour_bar {
                    let paints = [1.0, 1.0, 0.0, 0.0].map(|unit| Paint::OnMap(bar.map, unit));
                    labels.area(placement, *rect, paints);
                }
            }
            _ => {}
        }
    }
    labels
}

impl Labels {
    fn area(&mut self, placement: &Placement<'_>, rect: Rect, paints: [Paint; 4]) {
        let depth = placement.depth_of_centre();
        self.areas.push(Area {
            corners: corners(rect).map(|at| placement.world_from_point(at, depth)),
            paints,
        });
    }
}

fn corners(rect: Rect) -> [Vec2; 4] {
    let Rect { x, y, .. } = rect;
    let (right, bottom) = (rect.right(), rect.bottom());
    [[x, y], [right, y], [right, bottom], [x, bottom]].map(Vec2::from)
}

/// The corners of a text's cell on the page.
fn corners_of(text: &Text, cell: Cell) -> [Vec2; 4] {
    let [x, y] = cell.from_baseline;
    let around_baseline = Rect { x, y, ..cell.rect };
    let turn = Vec2::from_angle(text.angle);
    corners(around_baseline).map(|at| Vec2::from(text.baseline_start) + turn.rotate(at))
}

/// The parts of the page with the colour bar and the legend.
fn beside_box(figure: &Figure) -> Vec<Rect> {
    let font = figure.font_pt;
    let on_page = figure.overlay.shapes.get(figure.page_shapes.clone());
    let bars = on_page.unwrap_or_default().iter().filter_map(|shape| {
        let Shape::Ramp { rect, .. } = shape else {
            return None;
        };
        let (x, y) = (rect.x - 1.0, rect.y - 2.2 * font);
        Some(Rect {
            x,
            y,
            width: figure.size_pt[0] - x,
            height: rect.bottom() + font - y,
        })
    });
    let legend = figure
        .legend_rects
        .iter()
        .map(|rect| rect.grown(font * 0.3));
    bars.chain(legend).collect()
}

/// A rectangle around a shape that stands upright; of a text, a point of its baseline.
fn bounds(shape: &Shape) -> Rect {
    match shape {
        Shape::Line { ends: [a, b], .. } => {
            let (low, high) = (
                Vec2::from(*a).min((*b).into()),
                Vec2::from(*a).max((*b).into()),
            );
            Rect {
                x: low.x,
                y: low.y,
                width: high.x - low.x,
                height: high.y - low.y,
            }
        }
        Shape::Fill { rect, .. } | Shape::Panel { rect, .. } | Shape::Ramp { rect, .. } => *rect,
        Shape::Dot { centre, .. } | Shape::Ring { centre, .. } => Rect::centred(*centre, 0.0, 0.0),
        Shape::Text(text) => Rect::centred(text.baseline_start, 0.0, 0.0),
    }
}
