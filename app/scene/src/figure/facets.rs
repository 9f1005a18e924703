//! The axes of panels: each has a frame, a title, ticks and a grid of its own; the figure has the titles of the axes.

use glam::Vec2;

use super::{
    Wall,
    axes::{BackSides, DrawnTicks, Edge, Layout},
    overlay::{Label, Rect},
    tick_labels::{NAME_SHARE, Names, TickLabels},
};
use crate::{
    axis::Axis,
    font::{self, Weight},
    scene::{Facet, Scene},
    ticks::Tick,
};

/// Sizes of the text of a few panels and of many, as parts of that of one.
const FEW: f32 = 0.92;
const MANY: f32 = 0.82;
const MOST_OF_FEW: usize = 6;
/// Axis of the scene that each axis of a panel is.
const AXES: [usize; 2] = [0, 2];
/// A panel with an edge shorter than this many sizes of its text has no labels.
const LEAST_LENGTH: f32 = 2.0;

impl Layout<'_> {
    /// Draws the frames, axes and titles of the panels; returns their walls.
    pub(super) fn facets(&mut self, scene: &Scene, back: BackSides) -> Vec<Wall> {
        let share = if scene.facets.len() <= MOST_OF_FEW {
            FEW
        } else {
            MANY
        };
        let font = self.spec.font_pt * share;
        let rects: Vec<Rect> = scene
            .facets
            .iter()
            .filter_map(|facet| self.rect_of(facet))
            .collect();
        self.panels.clone_from(&rects);
        let spacing = spacing(&rects);
        for facet in &scene.facets {
            self.facet_frame(facet, back);
            self.facet_title(facet, font, spacing, &rects);
        }
        let mut reaches = [0.0_f32; 2];
        for facet in &scene.facets {
            for (axis, reach) in reaches.iter_mut().enumerate() {
                if let Some(edge) = self.facet_axis(facet, axis, font, back, &rects) {
                    let outer = self.outer_edge_of_box(axis, back);
                    let inwards = outer.map_or(0.0, |outer| {
                        (outer.ends[0] - edge.ends[0]).dot(edge.outward)
                    });
                    *reach = reach.max(edge.reach - inwards);
                }
            }
        }
        for axis in [1, 0] {
            if let Some(edge) = self.outer_edge_of_box(axis, back) {
                let reach = reaches[axis];
                self.title(&scene.axes[AXES[axis]].title, &Edge { reach, ..edge });
            }
        }
        let theme = self.figure.theme;
        if theme.wall == theme.background {
            return Vec::new();
        }
        let wall = |facet: &Facet| Wall {
            corners_unit: [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
                .map(|[x, z]| facet.unit_from_panel([x, back[1], z])),
            colour: theme.wall,
        };
        scene.facets.iter().map(wall).collect()
    }

    /// The panel in the figure.
    fn rect_of(&self, facet: &Facet) -> Option<Rect> {
        let low = self.project(facet.unit_from_panel([0.0, 0.0, 0.0]))?;
        let high = self.project(facet.unit_from_panel([1.0, 0.0, 1.0]))?;
        let (corner, size) = (low.min(high), (low - high).abs());
        Some(Rect {
            x: corner.x,
            y: corner.y,
            width: size.x,
            height: size.y,
        })
    }

    fn facet_frame(&mut self, facet: &Facet, back: BackSides) {
        let colour = self.figure.theme.axis.mix(self.figure.theme.grid, 0.6);
        let corners = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
            .map(|[x, z]| facet.unit_from_panel([x, back[1], z]));
        for at in 0..4 {
            self.line(corners[at], corners[(at + 1) % 4], 0.5, colour);
        }
    }

    /// The title over the middle of the panel, narrower than the distance to the next; on a small page it is in the panel.
    fn facet_title(&mut self, facet: &Facet, font: f32, spacing: f32, rects: &[Rect]) {
        let ends =
            [[0.0, 0.0, 1.0], [1.0, 0.0, 1.0]].map(|at| self.project(facet.unit_from_panel(at)));
        let [Some(left), Some(right)] = ends else {
            return;
        };
        let width = (right - left).length().max(if spacing.is_finite() {
            spacing - font
        } else {
            0.0
        });
        let text = font::elide_middle(&facet.title, font, Weight::SemiBold, width);
        let label = Label::plain(text, font, Weight::SemiBold);
        let from_edge = Vec2::new(0.0, label.height() / 2.0 + font * 0.3);
        let top = (left + right) / 2.0;
        let above = label.bounds((top - from_edge).into(), 0.0);
        let has_room = !rects.iter().any(|rect| rect.overlaps(&above));
        let centre = if has_room {
            top - from_edge
        } else {
            top + from_edge
        };
        let bounds = label.bounds(centre.into(), 0.0);
        if !self.is_shown(&bounds) {
            return;
        }
        let theme = self.figure.theme;
        let halo = (!has_room).then(|| theme.background.with_opacity(0.85));
        self.shapes
            .extend(label.centred_at(centre.into(), 0.0, theme.text, halo));
        self.placed.push(bounds);
        self.cover(bounds);
    }

    /// The lower or the left edge of a panel with its ticks; `None` if it is seen end-on.
    fn facet_axis(
        &mut self,
        facet: &Facet,
        index: usize,
        font: f32,
        back: BackSides,
        rects: &[Rect],
    ) -> Option<Edge> {
        let front = 1.0 - back[1];
        let place = |layout: &Self, share: f32, depth: f32| {
            let mut at = [0.0, depth, 0.0];
            at[AXES[index]] = share;
            layout.project(facet.unit_from_panel(at))
        };
        let ends = [place(self, 0.0, front)?, place(self, 1.0, front)?];
        let middle = self.project(facet.unit_from_panel([0.5, front, 0.5]))?;
        let edge = edge_between(ends, middle)?;
        let length = (ends[1] - ends[0]).length();
        let axis = &facet.axes[index];
        let at_tick = |layout: &Self, tick: &Tick| {
            place(layout, axis.unit_from_value(tick.value)? as f32, front)
        };
        let (mut labelled, ticks) = {
            let is_free = |bounds: &Rect| {
                self.is_free(bounds) && !rects.iter().any(|rect| rect.overlaps(bounds))
            };
            TickLabels {
                axis,
                font,
                outward: edge.outward,
                names: Names::new(axis, font, self.spec.size_pt[0] * NAME_SHARE),
                is_compact: true,
                place: &|tick| at_tick(self, tick),
                is_free: &is_free,
            }
            .that_fit(length)
        };
        if !facet.labelled[index] || length < LEAST_LENGTH * font {
            labelled.clear();
        }
        if self.spec.grid {
            self.facet_grid(facet, index, axis, &ticks, back);
        }
        let drawn = DrawnTicks {
            ends,
            outward: edge.outward,
            font: font * 0.7,
            labelled,
        };
        let reach = self.line_with_ticks(drawn, &ticks, at_tick);
        Some(Edge { reach, ..edge })
    }

    fn facet_grid(
        &mut self,
        facet: &Facet,
        index: usize,
        axis: &Axis,
        ticks: &[Tick],
        back: BackSides,
    ) {
        let colour = self.figure.theme.grid;
        for tick in ticks.iter().filter(|tick| !tick.is_minor()) {
            let unit = axis.unit_from_value(tick.value).map(|unit| unit as f32);
            let Some(unit) = unit.filter(|unit| (0.001..=0.999).contains(unit)) else {
                continue;
            };
            let ends = [0.0, 1.0].map(|across| {
                let mut at = [across, back[1], across];
                at[AXES[index]] = unit;
                facet.unit_from_panel(at)
            });
            self.line(ends[0], ends[1], 0.5, colour);
        }
    }

    /// The lower or the left edge of the whole box.
    fn outer_edge_of_box(&self, index: usize, back: BackSides) -> Option<Edge> {
        let front = 1.0 - back[1];
        let mut ends = [[0.0, front, 0.0]; 2];
        ends[1][AXES[index]] = 1.0;
        let middle = self.project([0.5, front, 0.5])?;
        edge_between([self.project(ends[0])?, self.project(ends[1])?], middle)
    }
}

/// The least distance between the middles of panels beside each other.
fn spacing(rects: &[Rect]) -> f32 {
    let middle = |rect: &Rect| rect.x + rect.width / 2.0;
    let pairs = rects.windows(2);
    let beside = pairs.filter(|pair| (pair[0].y - pair[1].y).abs() < 1.0);
    let distances = beside.map(|pair| (middle(&pair[1]) - middle(&pair[0])).abs());
    distances.fold(f32::INFINITY, f32::min)
}

/// An edge that something in the middle lies on one side of; `None` if it is seen end-on.
fn edge_between(ends: [Vec2; 2], middle: Vec2) -> Option<Edge> {
    let along = ends[1] - ends[0];
    let length = along.length();
    if length < 1.0 {
        return None;
    }
    let perpendicular = Vec2::new(-along.y, along.x) / length;
    let away = (ends[0] + ends[1]) / 2.0 - middle;
    let outward = if perpendicular.dot(away) < 0.0 {
        -perpendicular
    } else {
        perpendicular
    };
    Some(Edge {
        ends,
        outward,
        reach: 0.0,
    })
}
