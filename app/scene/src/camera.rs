//! The camera: a turntable around a target, z up, and how it frames the box.
//!
//! The eye stays at a fixed distance in box sizes and zooms by its focal length, so it never enters the
//! data and the perspective is the same in a thumbnail and on a poster.

use glam::{Mat3, Mat4, Quat, Vec2, Vec3, Vec4};
use serde::{Deserialize, Serialize};

/// Distance of the eye from the target, in radii of the box.
const DISTANCE_IN_RADII: f32 = 4.6;

/// The projection of a camera.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Projection {
    /// Nearer objects appear larger.
    #[default]
    Perspective,
    /// Sizes do not depend on depth.
    Orthographic,
}

/// Position and orientation from which the axis box is seen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Camera {
    /// Angle of the eye around z, in radians; at 0 the camera faces -x.
    pub azimuth: f32,
    /// Angle of the eye above the floor, in radians, -π/2 to π/2.
    pub elevation: f32,
    /// Rotation of the image around the line of sight, in radians, counter-clockwise.
    pub roll: f32,
    /// The projection of a camera.
    pub projection: Projection,
    /// The point that stays in place when the camera turns, in world units.
    pub target_in_world: Vec3,
    /// Half viewport heights per world unit at the target.
    pub scale: f32,
    /// Position of the target on screen, in normalised device coordinates.
    pub offset_in_ndc: Vec2,
}

/// Half the lengths of the box's edges in world units.
#[must_use]
pub fn half_extent(box_aspect: [f32; 3]) -> Vec3 {
    Vec3::from(box_aspect) / 2.0
}

/// A unit-box position in world units.
#[must_use]
pub fn world_from_unit(position_unit: [f32; 3], box_aspect: [f32; 3]) -> Vec3 {
    (Vec3::from(position_unit) - 0.5) * Vec3::from(box_aspect)
}

/// The eight corners of the box in world units.
#[must_use]
pub fn corners_in_world(box_aspect: [f32; 3]) -> [Vec3; 8] {
    std::array::from_fn(|corner| {
        let unit = std::array::from_fn(|axis| if corner >> axis & 1 == 1 { 1.0 } else { 0.0 });
        world_from_unit(unit, box_aspect)
    })
}

impl Camera {
    /// A camera aimed at the centre of the box; the scale is 1.
    #[must_use]
    pub fn looking_from(azimuth: f32, elevation: f32, projection: Projection) -> Self {
        Self {
            azimuth,
            elevation,
            roll: 0.0,
            projection,
            target_in_world: Vec3::ZERO,
            scale: 1.0,
            offset_in_ndc: Vec2::ZERO,
        }
    }

    /// As [`Camera::looking_from`], rotated by `roll` around the line of sight.
    #[must_use]
    pub fn rolled(azimuth: f32, elevation: f32, roll: f32, projection: Projection) -> Self {
        Self {
            roll,
            ..Self::looking_from(azimuth, elevation, projection)
        }
    }

    /// Scales and shifts so that the box just fills a viewport of `aspect_ratio` (width / height),
    /// times `zoom`.
    #[must_use]
    pub fn framing(mut self, box_aspect: [f32; 3], aspect_ratio: f32, zoom: f32) -> Self {
        self.scale = 1.0;
        self.offset_in_ndc = Vec2::ZERO;
        let (mut low, mut high) = (Vec2::MAX, Vec2::MIN);
        for corner in corners_in_world(box_aspect) {
            let at = self.plane_from_world(corner, box_aspect);
            low = low.min(at);
            high = high.max(at);
        }
        let extent = (high - low).max(Vec2::splat(1e-6));
        self.scale = (2.0 * aspect_ratio / extent.x).min(2.0 / extent.y) * zoom;
        self.offset_in_ndc = -(low + high) / 2.0 * Vec2::new(self.scale / aspect_ratio, self.scale);
        self
    }

    /// Unit vectors to the right, up and towards the eye.
    #[must_use]
    pub fn axes_in_world(&self) -> [Vec3; 3] {
        let (sin_azimuth, cos_azimuth) = self.azimuth.sin_cos();
        let (sin_elevation, cos_elevation) = self.elevation.sin_cos();
        let level = Vec3::new(-sin_azimuth, cos_azimuth, 0.0);
        let towards_eye = Vec3::new(
            cos_elevation * cos_azimuth,
            cos_elevation * sin_azimuth,
            sin_elevation,
        );
        let (sin_roll, cos_roll) = self.roll.sin_cos();
        let right = level * cos_roll - towards_eye.cross(level) * sin_roll;
        [right, towards_eye.cross(right), towards_eye]
    }

    fn distance(box_aspect: [f32; 3]) -> f32 {
        half_extent(box_aspect).length() * DISTANCE_IN_RADII
    }

    /// Clip space from world space, for a viewport of `aspect_ratio`. Depth is reversed: 1 near, 0 far.
    #[must_use]
    pub fn clip_from_world(&self, box_aspect: [f32; 3], aspect_ratio: f32) -> Mat4 {
        let [right, up, towards_eye] = self.axes_in_world();
        let distance = Self::distance(box_aspect);
        let eye = self.target_in_world + towards_eye * distance;
        let view_from_world = Mat4::from_cols(
            Vec4::new(right.x, up.x, towards_eye.x, 0.0),
            Vec4::new(right.y, up.y, towards_eye.y, 0.0),
            Vec4::new(right.z, up.z, towards_eye.z, 0.0),
            Vec4::new(-right.dot(eye), -up.dot(eye), -towards_eye.dot(eye), 1.0),
        );
        let (scale, offset) = (
            Vec2::new(self.scale / aspect_ratio, self.scale),
            self.offset_in_ndc,
        );
        let clip_from_view = match self.projection {
            // w is the distance along the view direction relative to that of the target, so that the scale is
            // exact at the target.
            Projection::Perspective => Mat4::from_cols(
                Vec4::new(scale.x, 0.0, 0.0, 0.0),
                Vec4::new(0.0, scale.y, 0.0, 0.0),
                Vec4::new(
                    -offset.x / distance,
                    -offset.y / distance,
                    0.0,
                    -1.0 / distance,
                ),
                Vec4::new(0.0, 0.0, 0.3, 0.0),
            ),
            Projection::Orthographic => Mat4::from_cols(
                Vec4::new(scale.x, 0.0, 0.0, 0.0),
                Vec4::new(0.0, scale.y, 0.0, 0.0),
                Vec4::new(0.0, 0.0, 0.5 / distance, 0.0),
                Vec4::new(offset.x, offset.y, 1.0, 1.0),
            ),
        };
        clip_from_view * view_from_world
    }

    /// Projection of a point onto the plane through the target, in world units, before scale and offset.
    fn plane_from_world(&self, point: Vec3, box_aspect: [f32; 3]) -> Vec2 {
        let [right, up, towards_eye] = self.axes_in_world();
        let from_target = point - self.target_in_world;
        let at = Vec2::new(from_target.dot(right), from_target.dot(up));
        match self.projection {
            Projection::Orthographic => at,
            Projection::Perspective => {
                let distance = Self::distance(box_aspect);
                at / (1.0 - from_target.dot(towards_eye) / distance).max(1e-3)
            }
        }
    }

    /// Orbits by angles in radians; the elevation is clamped at the poles.
    pub fn orbit(&mut self, azimuth: f32, elevation: f32) {
        self.azimuth = (self.azimuth + azimuth).rem_euclid(std::f32::consts::TAU);
        let pole = std::f32::consts::FRAC_PI_2;
        self.elevation = (self.elevation + elevation).clamp(-pole, pole);
    }

    /// Orbits about the axes of the screen, by angles in radians to the right and up, also past the poles.
    pub fn orbit_freely(&mut self, to_the_right: f32, up: f32) {
        let [right, up_axis, _] = self.axes_in_world();
        let turn = Quat::from_axis_angle(up_axis, to_the_right) * Quat::from_axis_angle(right, -up);
        let axes = self.axes_in_world().map(|axis| turn * axis);
        *self = self.with_axes(axes);
    }

    /// Interpolates between this camera (`fraction` 0) and `other` (1): along the shortest rotation, with an exponential
    /// zoom.
    #[must_use]
    pub fn towards(&self, other: &Self, fraction: f32) -> Self {
        let rotation = |camera: &Self| {
            let [right, up, towards_eye] = camera.axes_in_world();
            Quat::from_mat3(&Mat3::from_cols(right, up, towards_eye)).normalize()
        };
        let turned = Mat3::from_quat(rotation(self).slerp(rotation(other), fraction));
        let between = Self {
            projection: other.projection,
            target_in_world: self.target_in_world.lerp(other.target_in_world, fraction),
            scale: self.scale * (other.scale / self.scale).powf(fraction),
            offset_in_ndc: self.offset_in_ndc.lerp(other.offset_in_ndc, fraction),
            ..*self
        };
        between.with_axes([turned.x_axis, turned.y_axis, turned.z_axis])
    }

    /// The camera with other axes: unit vectors to the right, up and towards the eye.
    fn with_axes(mut self, [right, _, towards_eye]: [Vec3; 3]) -> Self {
        self.elevation = towards_eye.z.clamp(-1.0, 1.0).asin();
        // At a pole the azimuth is undetermined: choose the one with zero roll.
        self.azimuth = if towards_eye.truncate().length() > 1e-4 {
            towards_eye.y.atan2(towards_eye.x)
        } else {
            (-right.x).atan2(right.y)
        };
        self.roll = 0.0;
        let [level, upright, _] = self.axes_in_world();
        self.roll = (-right.dot(upright)).atan2(right.dot(level));
        self
    }

    /// Zooms by `factor` and keeps the point at `anchor_in_ndc` fixed.
    pub fn zoom_towards(&mut self, factor: f32, anchor_in_ndc: Vec2) {
        let scale = (self.scale * factor).clamp(0.05, 2000.0);
        let factor = scale / self.scale;
        self.scale = scale;
        self.offset_in_ndc = anchor_in_ndc + (self.offset_in_ndc - anchor_in_ndc) * factor;
    }

    /// Pans by a distance in normalised device coordinates.
    pub fn pan(&mut self, by_in_ndc: Vec2) {
        self.offset_in_ndc += by_in_ndc;
    }

    /// Makes `point_in_world` the target, at the centre of the viewport.
    pub fn focus(&mut self, point_in_world: Vec3) {
        self.target_in_world = point_in_world;
        self.offset_in_ndc = Vec2::ZERO;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOX: [f32; 3] = [1.6, 1.0, 0.7];

    fn project(camera: &Camera, point: Vec3) -> Vec3 {
        let clip = camera.clip_from_world(BOX, 1.5) * point.extend(1.0);
        clip.truncate() / clip.w
    }

    #[test]
    fn framing_fills_the_viewport_without_overflow() {
        for projection in [Projection::Perspective, Projection::Orthographic] {
            for (azimuth, elevation) in [(0.3, 0.4), (2.0, -0.2), (-1.0, 1.5), (0.0, 0.0)] {
                let camera =
                    Camera::looking_from(azimuth, elevation, projection).framing(BOX, 1.5, 1.0);
                let corners = corners_in_world(BOX).map(|corner| project(&camera, corner));
                let reach = corners
                    .iter()
                    .map(|p| p.x.abs().max(p.y.abs()))
                    .fold(0.0, f32::max);
                assert!(
                    (reach - 1.0).abs() < 1e-3,
                    "{projection:?} {azimuth} {elevation}: {reach}"
                );
                assert!(corners.iter().all(|p| p.z > 0.0 && p.z < 1.0));
            }
        }
    }

    #[test]
    fn nearer_is_deeper_in_reversed_depth() {
        let camera = Camera::looking_from(0.0, 0.0, Projection::Perspective).framing(BOX, 1.5, 1.0);
        assert!(project(&camera, Vec3::X * 0.5).z > project(&camera, Vec3::X * -0.5).z);
    }

    #[test]
    fn zooming_keeps_the_point_under_the_cursor() {
        let mut camera =
            Camera::looking_from(0.7, 0.5, Projection::Perspective).framing(BOX, 1.5, 1.0);
        let point = Vec3::ZERO;
        let before = project(&camera, point).truncate();
        camera.zoom_towards(3.0, before);
        assert!((project(&camera, point).truncate() - before).length() < 1e-4);
    }

    #[test]
    fn a_free_orbit_is_reversible_and_keeps_the_axes_orthogonal() {
        let mut camera = Camera::looking_from(0.4, 0.3, Projection::Perspective);
        let before = camera.axes_in_world();
        for _ in 0..40 {
            camera.orbit_freely(0.11, 0.23);
            let [right, up, towards_eye] = camera.axes_in_world();
            assert!((right.cross(up) - towards_eye).length() < 1e-3);
        }
        let mut there = Camera::looking_from(0.4, 0.3, Projection::Perspective);
        there.orbit_freely(0.0, 2.5);
        there.orbit_freely(0.0, -2.5);
        for (a, b) in there.axes_in_world().iter().zip(before) {
            assert!((*a - b).length() < 1e-3, "{a} {b}");
        }
    }

    #[test]
    fn camera_interpolation_starts_and_ends_at_the_given_cameras() {
        let from = Camera::looking_from(0.4, 0.3, Projection::Perspective);
        let to = Camera {
            scale: 4.0,
            roll: 0.5,
            ..Camera::looking_from(-2.0, -0.9, Projection::Perspective)
        };
        for (share, end) in [(0.0, from), (1.0, to)] {
            let at = from.towards(&to, share);
            for (a, b) in at.axes_in_world().iter().zip(end.axes_in_world()) {
                assert!((*a - b).length() < 1e-3, "{share}: {a} {b}");
            }
            assert!((at.scale - end.scale).abs() < 1e-4);
        }
        assert!((from.towards(&to, 0.5).scale - 2.0).abs() < 1e-4);
    }

    #[test]
    fn the_poles_are_not_singular() {
        let mut camera = Camera::looking_from(0.0, 0.0, Projection::Perspective);
        camera.orbit(0.0, 10.0);
        assert!(camera.clip_from_world(BOX, 1.0).is_finite());
        assert!((camera.axes_in_world()[2] - Vec3::Z).length() < 1e-5);
    }
}
