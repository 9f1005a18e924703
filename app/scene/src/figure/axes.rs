//! The axis box: walls, grid, axis lines on the outer edges, ticks and labels without overlap.

use std::f32::consts::PI;

use glam::Vec2;

use super::{
    Figure, FigureSpec, FrameLine, Wall,
    drawn_lines::DrawnLines,
    overlay::{Label, Rect, Shape},
    tick_labels::{NAME_SHARE, Names, TickLabels},
};
use crate::{
    axis::Axis,
    colour::Colour,
    font::{self, Weight},
    scene::{PointLabel, Scene, is_in_box},
    ticks::Tick,
};

/// Axis titles steeper than this (radians) read upwards.
const STEEP: f32 = 1.2;
/// Length of an axis title, as a part of its axis, from which it is drawn smaller and at most.
const TITLE_SHARE: f32 = 1.15;
/// Length that an axis title takes if it needs it, in font sizes: `peak learning rate`.
const LEAST_TITLE: f32 = 9.5;
/// Sine of the angle from the vertical below which a figure is seen from above.
const FROM_ABOVE: f32 = 0.03;
/// The smaller size of a long axis title, as a part of the usual one.
const LONG_TITLE_SIZE: f32 = 0.88;

pub(super) struct Axes {
    pub(super) shapes: Vec<Shape>,
    pub(super) frame: Vec<FrameLine>,
    pub(super) walls: Vec<Wall>,
    /// Bounding rectangle of the box, its ticks and its labels.
    pub(super) bounds: Rect,
    /// Rectangles of the placed texts.
    pub(super) placed: Vec<Rect>,
}

/// The side of the box (0 or 1) along each axis that is behind the data.
pub(super) type BackSides = [f32; 3];

/// Lays out the box in the figure's camera; without `keeps_all_labels`, labels outside of the page are not drawn.
pub(super) fn lay_out(
    scene: &Scene,
    spec: &FigureSpec,
    figure: &Figure,
    keeps_all_labels: bool,
) -> Axes {
    let back = back_sides(figure);
    let mut layout = Layout {
        spec,
        figure,
        keeps_all_labels,
        shapes: Vec::new(),
        frame: Vec::new(),
        placed: Vec::new(),
        panels: Vec::new(),
        bounds: None,
        centre: Vec2::ZERO,
    };
    layout.cover_box();
    let walls = if scene.facets.is_empty() {
        layout.one_panel(scene, back)
    } else {
        layout.facets(scene, back)
    };
    layout.point_labels(scene);
    let bounds = layout.bounds.unwrap_or(figure.plot_rect);
    Axes {
        shapes: layout.shapes,
        frame: layout.frame,
        walls,
        bounds,
        placed: layout.placed,
    }
}

fn back_sides(figure: &Figure) -> BackSides {
    let [right, up, towards_eye] = figure.camera.axes_in_world();
    // A small bias keeps the choice stable when a wall is seen exactly edge-on.
    let mut back = [towards_eye.x, towards_eye.y, towards_eye.z]
        .map(|component| if component >= -1e-4 { 0.0 } else { 1.0 });
    if towards_eye.truncate().length() < FROM_ABOVE {
        // No side is behind the data: the axes run along the bottom and the left, as in a plane figure.
        let far = right + up;
        back[0] = if far.x > 0.0 { 1.0 } else { 0.0 };
        back[1] = if far.y > 0.0 { 1.0 } else { 0.0 };
    }
    back
}

pub(super) struct Layout<'a> {
    pub(super) spec: &'a FigureSpec,
    pub(super) figure: &'a Figure,
    keeps_all_labels: bool,
    pub(super) shapes: Vec<Shape>,
    frame: Vec<FrameLine>,
    pub(super) placed: Vec<Rect>,
    /// The panels; none: the figure has one.
    pub(super) panels: Vec<Rect>,
    bounds: Option<Rect>,
    centre: Vec2,
}

/// The line of an axis with the labels of its ticks.
pub(super) struct DrawnTicks {
    pub(super) ends: [Vec2; 2],
    /// Unit vector away from the box.
    pub(super) outward: Vec2,
    /// Size of the labels in points.
    pub(super) font: f32,
    /// Labels and their centres.
    pub(super) labelled: Vec<(Label, Vec2)>,
}

/// An axis line in the figure.
pub(super) struct Edge {
    pub(super) ends: [Vec2; 2],
    /// Unit vector away from the box.
    pub(super) outward: Vec2,
    /// Distance that tick labels extend outward from the line.
    pub(super) reach: f32,
}

impl Layout<'_> {
    /// The axes of a scene without panels; returns its walls.
    fn one_panel(&mut self, scene: &Scene, back: BackSides) -> Vec<Wall> {
        let walls = self.walls(back);
        self.wall_edges(back);
        let mut titles = Vec::new();
        for axis in [2, 0, 1] {
            titles.push((axis, self.axis(&scene.axes[axis], axis, back)));
        }
        for (axis, edge) in titles {
            if let Some(edge) = edge {
                self.title(&scene.axes[axis].title, &edge);
            }
        }
        walls
    }

    pub(super) fn project(&self, unit: [f32; 3]) -> Option<Vec2> {
        self.figure.point_from_unit(unit).map(|(at, _)| at)
    }

    pub(super) fn cover(&mut self, rect: Rect) {
        self.bounds = Some(match self.bounds {
            None => rect,
            Some(all) => {
                let (x, y) = (all.x.min(rect.x), all.y.min(rect.y));
                let (right, bottom) = (
                    all.right().max(rect.right()),
                    all.bottom().max(rect.bottom()),
                );
                Rect {
                    x,
                    y,
                    width: right - x,
                    height: bottom - y,
                }
            }
        });
    }

    fn cover_box(&mut self) {
        let mut sum = Vec2::ZERO;
        for corner in 0..8 {
            let unit = std::array::from_fn(|axis| f32::from(corner >> axis & 1_u8));
            if let Some(at) = self.project(unit) {
                self.cover(Rect::centred(at.into(), 0.0, 0.0));
                sum += at;
            }
        }
        self.centre = sum / 8.0;
    }

    pub(super) fn line(&mut self, a: [f32; 3], b: [f32; 3], width_pt: f32, colour: Colour) {
        self.frame.push(FrameLine {
            ends_unit: [a, b],
            width_pt,
            colour,
        });
    }

    fn walls(&self, back: BackSides) -> Vec<Wall> {
        let theme = &self.figure.theme;
        if theme.wall == theme.background {
            return Vec::new();
        }
        (0..3)
            .map(|axis| {
                let (u, v) = ((axis + 1) % 3, (axis + 2) % 3);
                let corners_unit =
                    [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)].map(|(a, b)| {
                        let mut unit = [0.0; 3];
                        unit[axis] = back[axis];
                        unit[u] = a;
                        unit[v] = b;
                        unit
                    });
                Wall {
                    corners_unit,
                    colour: theme.wall,
                }
            })
            .collect()
    }

    /// The edges of the three back walls, as thin as the grid but darker.
    fn wall_edges(&mut self, back: BackSides) {
        let colour = self.figure.theme.axis.mix(self.figure.theme.grid, 0.6);
        for axis in 0..3 {
            let (u, v) = ((axis + 1) % 3, (axis + 2) % 3);
            for (side_u, side_v) in [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)] {
                if side_u != back[u] && side_v != back[v] {
                    continue;
                }
                let mut ends = [[0.0; 3], [0.0; 3]];
                for (end, unit) in ends.iter_mut().enumerate() {
                    unit[axis] = end as f32;
                    unit[u] = side_u;
                    unit[v] = side_v;
                }
                self.line(ends[0], ends[1], 0.5, colour);
            }
        }
    }

    /// Draws the axis line, ticks, labels and grid of one axis; `None` if it is seen end-on.
    fn axis(&mut self, axis: &Axis, index: usize, back: BackSides) -> Option<Edge> {
        let (edge_at, ends) = self.outer_edge(index, back)?;
        let along = ends[1] - ends[0];
        let length = along.length();
        if length < self.spec.font_pt * 2.5 {
            return None;
        }
        let perpendicular = Vec2::new(-along.y, along.x) / length;
        let away = (ends[0] + ends[1]) / 2.0 - self.centre;
        let outward = if perpendicular.dot(away) < 0.0 {
            -perpendicular
        } else {
            perpendicular
        };
        let (labelled, ticks) = self.ticks_that_fit(axis, index, edge_at, outward, length);

        let drawn = DrawnTicks {
            ends,
            outward,
            font: self.spec.font_pt,
            labelled,
        };
        let at_edge = |layout: &Self, tick: &Tick| layout.tick_point(axis, index, edge_at, tick);
        let reach = self.line_with_ticks(drawn, &ticks, at_edge);
        if self.spec.grid {
            self.grid(axis, index, back, &ticks);
        }
        Some(Edge {
            ends,
            outward,
            reach,
        })
    }

    /// Draws an axis line with its ticks and their labels; returns how far these extend outward from the line.
    pub(super) fn line_with_ticks(
        &mut self,
        drawn: DrawnTicks,
        ticks: &[Tick],
        place: impl Fn(&Self, &Tick) -> Option<Vec2>,
    ) -> f32 {
        let theme = self.figure.theme;
        let DrawnTicks {
            ends,
            outward,
            font,
            labelled,
        } = drawn;
        let tick_pt = font * 0.45;
        // Where the figure is enlarged, the line goes on beyond the page.
        if let Some(ends) = part_in(self.page(), ends) {
            self.shapes.push(Shape::Line {
                ends: ends.map(Into::into),
                width: 0.8,
                colour: theme.axis,
            });
        }
        for tick in ticks {
            let page = self.page().grown(0.5);
            let Some(at) = place(self, tick).filter(|at| contains(&page, *at)) else {
                continue;
            };
            let length = if tick.is_minor() {
                tick_pt * 0.55
            } else {
                tick_pt
            };
            self.shapes.push(Shape::Line {
                ends: [at.into(), (at + outward * length).into()],
                width: if tick.is_minor() { 0.5 } else { 0.8 },
                colour: theme.axis,
            });
        }
        let mut reach = tick_pt;
        for (label, centre) in labelled {
            let bounds = label.bounds(centre.into(), 0.0);
            self.shapes
                .extend(label.centred_at(centre.into(), 0.0, theme.text, None));
            self.placed.push(bounds);
            self.cover(bounds);
            let half = Vec2::new(bounds.width, bounds.height) / 2.0;
            let far = (centre - ends[0]).dot(outward) + half.dot(outward.abs());
            reach = reach.max(far);
        }
        reach
    }

    /// Whether a text that has a place of its own is drawn there.
    pub(super) fn is_shown(&self, bounds: &Rect) -> bool {
        self.keeps_all_labels || self.page().contains(bounds)
    }

    /// Whether a text can stand in a rectangle.
    pub(super) fn is_free(&self, bounds: &Rect) -> bool {
        let mut placed = self.placed.iter();
        !placed.any(|other| other.overlaps(&bounds.grown(0.5))) && self.is_shown(bounds)
    }

    /// The unit position at which the axis line runs (its own component is unused) and its projected ends.
    fn outer_edge(&self, index: usize, back: BackSides) -> Option<([f32; 3], [Vec2; 2])> {
        let front = back.map(|side| 1.0 - side);
        let candidates = match index {
            0 => vec![[0.0, front[1], back[2]]],
            1 => vec![[front[0], 0.0, back[2]]],
            _ => vec![[back[0], front[1], 0.0], [front[0], back[1], 0.0]],
        };
        candidates
            .into_iter()
            .filter_map(|edge_at| {
                let mut ends = [edge_at, edge_at];
                ends[0][index] = 0.0;
                ends[1][index] = 1.0;
                Some((edge_at, [self.project(ends[0])?, self.project(ends[1])?]))
            })
            .min_by(|a, b| (a.1[0].x + a.1[1].x).total_cmp(&(b.1[0].x + b.1[1].x)))
    }

    fn tick_point(
        &self,
        axis: &Axis,
        index: usize,
        edge_at: [f32; 3],
        tick: &Tick,
    ) -> Option<Vec2> {
        let mut unit = edge_at;
        unit[index] = axis.unit_from_value(tick.value)? as f32;
        self.project(unit)
    }

    /// The ticks of an axis, and those of their labels that are free of others, each with its centre.
    fn ticks_that_fit(
        &self,
        axis: &Axis,
        index: usize,
        edge_at: [f32; 3],
        outward: Vec2,
        length: f32,
    ) -> (Vec<(Label, Vec2)>, Vec<Tick>) {
        let font = self.spec.font_pt;
        let place = |tick: &Tick| self.tick_point(axis, index, edge_at, tick);
        let is_free = |bounds: &Rect| self.is_free(bounds);
        let names = Names::new(axis, font, self.spec.size_pt[0] * NAME_SHARE);
        TickLabels {
            axis,
            font,
            outward,
            names,
            is_compact: false,
            place: &place,
            is_free: &is_free,
        }
        .that_fit(length)
    }

    fn grid(&mut self, axis: &Axis, index: usize, back: BackSides, ticks: &[Tick]) {
        let colour = self.figure.theme.grid;
        let others = [(index + 1) % 3, (index + 2) % 3];
        for tick in ticks.iter().filter(|tick| !tick.is_minor()) {
            let Some(unit) = axis.unit_from_value(tick.value).map(|unit| unit as f32) else {
                continue;
            };
            if !(0.001..=0.999).contains(&unit) {
                continue;
            }
            // On each of the two walls that intersect the tick's plane.
            for (along, fixed) in [(others[0], others[1]), (others[1], others[0])] {
                let mut ends = [[0.0; 3], [0.0; 3]];
                for (end, position) in ends.iter_mut().enumerate() {
                    position[index] = unit;
                    position[along] = end as f32;
                    position[fixed] = back[fixed];
                }
                self.line(ends[0], ends[1], 0.5, colour);
            }
        }
    }

    pub(super) fn title(&mut self, title: &str, edge: &Edge) {
        let font = self.spec.font_pt;
        let along = edge.ends[1] - edge.ends[0];
        let mut angle = along.y.atan2(along.x);
        // Left to right, or upwards if steep: perspective tilts vertical edges to either side.
        if angle > STEEP {
            angle -= PI;
        } else if angle <= STEEP - PI {
            angle += PI;
        }
        let label = title_label(title, font * 1.08, along.length() * TITLE_SHARE);
        let middle = (edge.ends[0] + edge.ends[1]) / 2.0;
        for step in 0..6 {
            let distance = edge.reach + font * (0.75 + 0.6 * step as f32);
            let centre = middle + edge.outward * (distance + label.height() / 2.0);
            let bounds = label.bounds(centre.into(), angle);
            // The bounding rectangle of a rotated title is mostly empty, so its shape is sampled along the baseline.
            if self
                .placed
                .iter()
                .any(|other| rotated_overlap(&label, centre, angle, other))
            {
                continue;
            }
            if !self.is_shown(&bounds) {
                return;
            }
            self.shapes.extend(label.centred_at(
                centre.into(),
                angle,
                self.figure.theme.text,
                None,
            ));
            self.placed.extend(rotated_rects(&label, centre, angle));
            self.cover(bounds);
            return;
        }
    }

    fn point_labels(&mut self, scene: &Scene) {
        let font = self.spec.font_pt;
        let theme = self.figure.theme;
        let in_box = |label: &&PointLabel| is_in_box(label.position_unit);
        if !scene.labels.iter().any(|label| in_box(&label)) {
            return;
        }
        let lines = DrawnLines::of(scene, |unit| self.project(unit));
        // On a surface the text reads no better than on a line.
        let drawn = self.shapes.iter().filter(|_| scene.surfaces.is_empty());
        let axis_lines = DrawnLines::of_segments(drawn.filter_map(|shape| match shape {
            Shape::Line { ends, colour, .. } if *colour == theme.axis => Some(ends.map(Vec2::from)),
            _ => None,
        }));
        for label in scene.labels.iter().filter(in_box) {
            let Some(at) = self.project(label.position_unit) else {
                continue;
            };
            let text = Label::plain(&label.text, font * 0.95, Weight::SemiBold);
            let (half_width, half_height) = (text.width() / 2.0, text.height() / 2.0);
            let gap = font * 0.7;
            let (beside, diagonal) = (half_width + gap, gap * 0.7);
            let places = [
                Vec2::new(0.0, -half_height - gap),
                Vec2::new(0.0, half_height + gap),
                Vec2::new(beside, 0.0),
                Vec2::new(-beside, 0.0),
                Vec2::new(half_width + diagonal, -half_height - diagonal),
                Vec2::new(-half_width - diagonal, -half_height - diagonal),
                Vec2::new(half_width + diagonal, half_height + diagonal),
                Vec2::new(-half_width - diagonal, half_height + diagonal),
            ];
            let free = places
                .into_iter()
                .map(|offset| at + offset)
                .filter(|centre| {
                    let bounds = text.bounds((*centre).into(), 0.0).grown(1.0);
                    self.figure.clip_rect.contains(&bounds)
                        && !self.placed.iter().any(|other| other.overlaps(&bounds))
                });
            let panel = self.panels.iter().find(|panel| contains(panel, at));
            // It stays in its panel and no line of an axis strikes the text through, if possible; of places over as
            // much of the lines, the first.
            let covered = |centre: &Vec2| {
                let bounds = text.bounds((*centre).into(), 0.0).grown(1.0);
                (
                    panel.is_some_and(|panel| !panel.contains(&bounds)),
                    axis_lines.covered_by(&bounds),
                    lines.covered_by(&bounds),
                )
            };
            if let Some(centre) = free.min_by_key(covered) {
                self.placed.push(text.bounds(centre.into(), 0.0));
                let halo = Some(theme.background.with_opacity(0.85));
                self.shapes
                    .extend(text.centred_at(centre.into(), 0.0, theme.text, halo));
            }
        }
    }

    pub(super) fn page(&self) -> Rect {
        self.figure.clip_rect
    }
}

fn contains(rect: &Rect, at: Vec2) -> bool {
    (rect.x..=rect.right()).contains(&at.x) && (rect.y..=rect.bottom()).contains(&at.y)
}

/// The part of a line in a rectangle (Liang and Barsky).
fn part_in(rect: Rect, [start, end]: [Vec2; 2]) -> Option<[Vec2; 2]> {
    let along = end - start;
    let (low, high) = (
        Vec2::new(rect.x, rect.y),
        Vec2::new(rect.right(), rect.bottom()),
    );
    let (mut from, mut to) = (0.0_f32, 1.0_f32);
    for axis in 0..2 {
        if along[axis].abs() < 1e-6 {
            if !(low[axis]..=high[axis]).contains(&start[axis]) {
                return None;
            }
            continue;
        }
        let shares = [low, high].map(|side| (side[axis] - start[axis]) / along[axis]);
        from = from.max(shares[0].min(shares[1]));
        to = to.min(shares[0].max(shares[1]));
    }
    (from < to).then(|| [start + along * from, start + along * to])
}

/// An axis title within a length: smaller if it is long, and without its middle if that is not enough.
fn title_label(title: &str, size: f32, length: f32) -> Label {
    let size = if font::text_width(title, size, Weight::SemiBold) <= length {
        size
    } else {
        size * LONG_TITLE_SIZE
    };
    let title = short_title(title, size, length.max(size * LEAST_TITLE));
    Label::plain(title, size, Weight::SemiBold)
}

/// A title no wider than `width`. The last parts of a key tell most: `…learner_stats/total_loss`.
fn short_title(title: &str, size: f32, width: f32) -> String {
    let fits = |text: &str| font::text_width(text, size, Weight::SemiBold) <= width;
    if fits(title) {
        return title.to_owned();
    }
    if !title.contains(' ') {
        let ends = title.match_indices(['/', '.']).map(|(at, _)| at + 1);
        let mut shortened = ends.map(|at| format!("…{}", &title[at..]));
        if let Some(end) = shortened.find(|end| fits(end)) {
            return end;
        }
    }
    font::elide_middle(title, size, Weight::SemiBold, width)
}

/// Small rectangles that tightly cover a rotated label.
fn rotated_rects(label: &Label, centre: Vec2, angle: f32) -> Vec<Rect> {
    let direction = Vec2::from_angle(angle);
    let pieces = (label.width() / label.height()).ceil().max(1.0);
    (0..pieces as usize)
        .map(|piece| {
            let along = ((piece as f32 + 0.5) / pieces - 0.5) * label.width();
            let at = centre + direction * along;
            Rect::centred(at.into(), label.height(), label.height())
        })
        .collect()
}

fn rotated_overlap(label: &Label, centre: Vec2, angle: f32, other: &Rect) -> bool {
    rotated_rects(label, centre, angle)
        .iter()
        .any(|rect| rect.overlaps(other))
}
