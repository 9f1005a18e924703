//! Colours of vertices.

use trainscape_scene::colour::{Colour, linear_from_srgb, srgb_from_linear};

/// Linear red, green, blue and alpha as normalised 16-bit integers: eight bits would show bands in the dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(transparent)]
pub(crate) struct LinearColour([u16; 4]);

impl LinearColour {
    pub(crate) fn of(colour: Colour) -> Self {
        let [r, g, b] = colour
            .rgb
            .map(|byte| (linear_from_srgb(byte) * 65535.0).round() as u16);
        Self([r, g, b, u16::MAX])
    }

    /// Interpolates towards another colour.
    pub(crate) fn towards(self, other: Self, share: f32) -> Self {
        Self(std::array::from_fn(|i| {
            let (a, b) = (f32::from(self.0[i]), f32::from(other.0[i]));
            (a + (b - a) * share).round() as u16
        }))
    }

    /// sRGB and opacity in eight bits each.
    pub(crate) fn srgba(self) -> [u8; 4] {
        let Self([r, g, b, alpha]) = self;
        let [r, g, b] = [r, g, b].map(|light| srgb_from_linear(f32::from(light) / 65535.0));
        [r, g, b, (f32::from(alpha) / 257.0).round() as u8]
    }
}
