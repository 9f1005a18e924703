//! What every draw of a figure shares: bind group 0.

use bytemuck::{Pod, Zeroable};
use glam::{Mat4, Vec3};
use trainscape_scene::{
    camera::half_extent,
    colour::{Colour, linear_from_srgb},
    figure::Figure,
};

use super::background::Background;
use crate::shaders::{SharedLayout, shared_layout};

/// The uniform of `shaders/common/frame.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub(super) struct Frame {
    /// Clip space of the whole picture from the unit box; depth is reversed.
    clip_from_unit: [[f32; 4]; 4],
    /// Edge lengths of the box in world units; w unused.
    box_aspect: [f32; 4],
    /// Unit vector from the target to the eye, in world space; w unused.
    towards_eye_in_world: [f32; 4],
    /// Unit vector to the light, in world space; w unused.
    towards_light_in_world: [f32; 4],
    /// Width and height of the picture in pixels.
    size_in_pixel: [f32; 2],
    /// Pixels per point.
    pixel_per_point: f32,
    /// Luminance of the background, linear; below 0: there is none.
    background_luminance: f32,
}

/// The luminance of a frame without a background.
const NO_BACKGROUND: f32 = -1.0;

/// Linear luminance (ITU-R BT.709).
fn luminance(colour: Colour) -> f32 {
    let [red, green, blue] = colour.rgb.map(linear_from_srgb);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

impl Frame {
    pub(super) fn of_figure(
        figure: &Figure,
        background: Background,
        size_in_pixel: [u32; 2],
    ) -> Self {
        let aspect = half_extent(figure.box_aspect) * 2.0;
        let world_from_unit = Mat4::from_scale(aspect) * Mat4::from_translation(Vec3::splat(-0.5));
        let [right, up, towards_eye] = figure.camera.axes_in_world();
        // Over the left shoulder: valleys that run away from the eye keep a lit and a shaded side.
        let light = (towards_eye * 0.55 + up * 0.75 - right * 0.45).normalize_or_zero();
        Self {
            clip_from_unit: (figure.clip_from_world * world_from_unit).to_cols_array_2d(),
            box_aspect: aspect.extend(0.0).into(),
            towards_eye_in_world: towards_eye.extend(0.0).into(),
            towards_light_in_world: light.extend(0.0).into(),
            size_in_pixel: size_in_pixel.map(|pixels| pixels as f32),
            pixel_per_point: size_in_pixel[0] as f32 / figure.size_pt[0] * figure.line_scale,
            background_luminance: match background {
                Background::Theme => luminance(figure.theme.background),
                Background::Transparent => NO_BACKGROUND,
            },
        }
    }
}

pub(super) fn shared_layouts() -> Vec<SharedLayout> {
    vec![shared_layout!(
        "surface",
        Frame {
            clip_from_unit,
            box_aspect,
            towards_eye_in_world,
            towards_light_in_world,
            size_in_pixel,
            pixel_per_point,
            background_luminance,
        }
    )]
}
