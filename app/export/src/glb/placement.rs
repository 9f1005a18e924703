//! Where things of the page are in space: seen from the figure's camera they stand where the page has them.

use glam::{Mat4, Vec2, Vec3};
use trainscape_scene::{
    Scene,
    camera::{corners_in_world, world_from_unit},
    figure::Figure,
};

/// Points of an edge of the axis box that are compared with a point of the page.
const POINTS_OF_AN_EDGE: u8 = 48;
/// How far a label of a point is moved from it towards the eye, in radii of the box, so that it stands before the data,
/// and before the slopes of a surface.
const BEFORE_POINT: f32 = 0.04;
const BEFORE_SURFACE: f32 = 0.3;

/// Puts points of the page into space.
pub(super) struct Placement<'a> {
    figure: &'a Figure,
    world_from_clip: Mat4,
    /// Points of the edges of the box on the page, with their depth.
    edges: Vec<(Vec2, f32)>,
    /// The points that have labels, with their text and their depth.
    labelled: Vec<(&'a str, Vec2, f32)>,
    /// Points (1/72 inch) of a world unit at the camera's target.
    points_per_unit: f32,
}

impl<'a> Placement<'a> {
    pub(super) fn new(scene: &'a Scene, figure: &'a Figure) -> Self {
        let corners = corners_in_world(figure.box_aspect);
        let mut edges = Vec::new();
        for start in 0..8_usize {
            for axis in (0..3).filter(|axis| start >> axis & 1 == 0) {
                let ends = [corners[start], corners[start | 1 << axis]];
                let points = (0..=POINTS_OF_AN_EDGE).map(|point| {
                    ends[0].lerp(ends[1], f32::from(point) / f32::from(POINTS_OF_AN_EDGE))
                });
                edges.extend(points.filter_map(|point| figure.point_from_world(point)));
            }
        }
        let [_, up, towards_eye] = figure.camera.axes_in_world();
        let share = if scene.surfaces.is_empty() {
            BEFORE_POINT
        } else {
            BEFORE_SURFACE
        };
        let before = towards_eye * (corners[0].length() * share);
        let labelled = scene.labels.iter().filter_map(|label| {
            let at = world_from_unit(label.position_unit, figure.box_aspect);
            let (point, _) = figure.point_from_world(at)?;
            let (_, depth) = figure.point_from_world(at + before)?;
            Some((label.text.as_str(), point, depth))
        });
        let target = figure.camera.target_in_world;
        let length = corners[0].length() * 0.1;
        let on_page = [target, target + up * length].map(|at| figure.point_from_world(at));
        let points_per_unit = match on_page {
            [Some((a, _)), Some((b, _))] => (b - a).length() / length,
            _ => figure.size_pt[1],
        };
        Self {
            figure,
            world_from_clip: figure.clip_from_world.inverse(),
            edges,
            labelled: labelled.collect(),
            points_per_unit: points_per_unit.max(1e-6),
        }
    }

    /// A length in points in world units, at the camera's target.
    pub(super) fn world_from_pt(&self, length_pt: f32) -> f32 {
        length_pt / self.points_per_unit
    }

    /// The depth of the plane through the centre of the box.
    pub(super) fn depth_of_centre(&self) -> f32 {
        let centre = self.figure.point_from_world(Vec3::ZERO);
        centre.map_or(0.5, |(_, depth)| depth)
    }

    /// The depth of a point of the page: that of the nearest edge of the box, the nearer one of two.
    pub(super) fn depth_of_edge(&self, at: Vec2) -> f32 {
        let distance = |edge: &(Vec2, f32)| edge.0.distance(at);
        let nearest = self
            .edges
            .iter()
            .map(distance)
            .fold(f32::INFINITY, f32::min);
        let near = self
            .edges
            .iter()
            .filter(|edge| distance(edge) <= nearest + 0.5);
        near.map(|(_, depth)| *depth)
            .reduce(f32::max)
            .unwrap_or(0.5)
    }

    /// The depth of a text: that of the point that it labels, or of the edge that it stands beside.
    pub(super) fn depth_of_text(&self, text: &str, at: Vec2) -> f32 {
        let labels = self.labelled.iter().filter(|(label, ..)| *label == text);
        let nearest = labels.min_by(|a, b| a.1.distance(at).total_cmp(&b.1.distance(at)));
        nearest.map_or_else(|| self.depth_of_edge(at), |(_, _, depth)| *depth)
    }

    /// The position in space of a point of the page at a depth.
    pub(super) fn world_from_point(&self, at: Vec2, depth: f32) -> Vec3 {
        let share = at / Vec2::from(self.figure.size_pt);
        let ndc = Vec3::new(2.0 * share.x - 1.0, 1.0 - 2.0 * share.y, depth);
        self.world_from_clip.project_point3(ndc)
    }
}

#[cfg(test)]
mod tests {
    use trainscape_scene::{
        axis::{Axis, Scale},
        camera::Projection,
        figure::{FigureCamera, FigureSpec},
    };

    use super::*;

    #[test]
    fn a_point_of_the_page_is_seen_where_it_was() {
        let axis = |title: &str| Axis::spanning(title, Scale::Linear, [0.0, 1.0]);
        let scene = Scene::new([axis("x"), axis("y"), axis("z")]);
        for projection in [Projection::Perspective, Projection::Orthographic] {
            let mut spec = FigureSpec::new([400.0, 300.0]);
            if let FigureCamera::Fit {
                projection: chosen, ..
            } = &mut spec.view
            {
                *chosen = projection;
            }
            let figure = Figure::lay_out(&scene, &spec);
            let placement = Placement::new(&scene, &figure);
            for point in [Vec2::new(10.0, 20.0), Vec2::new(300.0, 250.0)] {
                let depth = placement.depth_of_edge(point);
                let world = placement.world_from_point(point, depth);
                let (seen, seen_depth) = figure.point_from_world(world).unwrap();
                assert!(seen.distance(point) < 0.01, "{seen}");
                assert!((seen_depth - depth).abs() < 1e-4);
            }
            // The axis line of x ends in a corner of the box.
            let corner = corners_in_world(figure.box_aspect)[1];
            let (point, _) = figure.point_from_world(corner).unwrap();
            let found = placement.world_from_point(point, placement.depth_of_edge(point));
            assert!(found.distance(corner) < 1e-2, "{found} {corner}");
        }
    }
}
