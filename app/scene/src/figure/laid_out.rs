//! A figure whose layout is done, and the positions in it.

use std::ops::Range;

use glam::{Mat4, Vec2, Vec3};

use super::overlay::{Overlay, Rect};
use crate::{
    camera::{Camera, world_from_unit},
    colour::Colour,
    theme::Theme,
};

/// A line of the axis box, drawn with depth test so that surfaces hide it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FrameLine {
    /// Ends in the unit box.
    pub ends_unit: [[f32; 3]; 2],
    /// Width in points.
    pub width_pt: f32,
    /// Colour.
    pub colour: Colour,
}

/// A wall of the axis box behind the data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wall {
    /// Corners in the unit box, in order around the wall.
    pub corners_unit: [[f32; 3]; 4],
    /// Colour.
    pub colour: Colour,
}

/// A laid-out figure.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Width and height in points.
    pub size_pt: [f32; 2],
    /// Factor of the widths of lines and the diameters of points in the 3D layer.
    pub line_scale: f32,
    /// The camera that was used.
    pub camera: Camera,
    /// The rectangle the camera's normalised device coordinates refer to.
    pub plot_rect: Rect,
    /// Data outside this rectangle are clipped.
    pub clip_rect: Rect,
    /// Clip space of the whole figure from world space.
    pub clip_from_world: Mat4,
    /// Lines of the axis box.
    pub frame: Vec<FrameLine>,
    /// Walls of the axis box; empty where the theme's walls are the background.
    pub walls: Vec<Wall>,
    /// Text, ticks, colour bar and legend.
    pub overlay: Overlay,
    /// Which of the overlay's shapes stand on the page and do not depend on the camera: title, caption, colour bar, legend.
    pub page_shapes: Range<usize>,
    /// The row of each entry of the legend that has one, in points; a last row may say how many have none.
    pub legend_rects: Vec<Rect>,
    /// The caption, in points; `None` where there is none.
    pub caption_rect: Option<Rect>,
    /// Size of tick labels in points.
    pub font_pt: f32,
    /// Whether the walls have grid lines.
    pub grid: bool,
    /// The box of each of [`FigureSpec::callouts`], in points, in order; of size zero if it is not drawn because
    /// its point is not visible.
    pub callout_rects: Vec<Rect>,
    /// The colours used.
    pub theme: Theme,
    /// Relative lengths of the box's edges on this page.
    pub box_aspect: [f32; 3],
}

impl Figure {
    /// Projects a world position: point in the figure (points, y down) and depth in (0, 1), larger is nearer. `None` behind
    /// the camera.
    #[must_use]
    pub fn point_from_world(&self, position_in_world: Vec3) -> Option<(Vec2, f32)> {
        let clip = self.clip_from_world * position_in_world.extend(1.0);
        if clip.w <= 1e-6 {
            return None;
        }
        let ndc = clip.truncate() / clip.w;
        let at = Vec2::new(ndc.x + 1.0, 1.0 - ndc.y) / 2.0 * Vec2::from(self.size_pt);
        at.is_finite().then_some((at, ndc.z))
    }

    /// Projects a unit-box position; see [`Figure::point_from_world`].
    #[must_use]
    pub fn point_from_unit(&self, position_unit: [f32; 3]) -> Option<(Vec2, f32)> {
        self.point_from_world(world_from_unit(position_unit, self.box_aspect))
    }

    /// The camera that gives the same image with [`FigureCamera::Fixed`].
    #[must_use]
    pub fn fixed_camera(&self) -> Camera {
        let (plot, page) = (&self.plot_rect, &self.clip_rect);
        let centre = |rect: &Rect| Vec2::new(rect.x + rect.width / 2.0, rect.y + rect.height / 2.0);
        let half = |rect: &Rect| Vec2::new(rect.width, -rect.height) / 2.0;
        let target = centre(plot) + self.camera.offset_in_ndc * half(plot);
        Camera {
            scale: self.camera.scale * plot.height / page.height,
            offset_in_ndc: (target - centre(page)) / half(page),
            ..self.camera
        }
    }

    /// A point of the figure (in points) in the camera's normalised device coordinates.
    #[must_use]
    pub fn plot_ndc_from_point(&self, point: Vec2) -> Vec2 {
        let rect = &self.plot_rect;
        Vec2::new(
            (point.x - rect.x) / rect.width * 2.0 - 1.0,
            1.0 - (point.y - rect.y) / rect.height * 2.0,
        )
    }
}
