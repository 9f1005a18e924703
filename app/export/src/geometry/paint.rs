//! What colours a vertex.

use trainscape_scene::colour::{Colour, ColourMap};

/// The colour of a vertex. Between vertices, positions on a map are interpolated, as the shaders do, not their colours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Paint {
    /// A position on a colour map, 0 to 1.
    OnMap(ColourMap, f32),
    /// One colour, as sRGB bytes.
    Solid([u8; 3]),
}

impl Paint {
    pub(crate) fn of(colour: Colour) -> Self {
        Self::Solid(colour.rgb)
    }

    /// The colour as sRGB bytes.
    pub(crate) fn rgb(self) -> [u8; 3] {
        match self {
            Self::OnMap(map, unit) => map.colour(unit).rgb,
            Self::Solid(rgb) => rgb,
        }
    }

    /// Interpolates towards another position on the same map; another colour begins half-way.
    pub(crate) fn towards(self, other: Self, share: f32) -> Self {
        match (self, other) {
            (Self::OnMap(map, a), Self::OnMap(_, b)) => Self::OnMap(map, a + (b - a) * share),
            _ if share < 0.5 => self,
            _ => other,
        }
    }
}
