//! The shapes of a layer, and where and in which colour they are drawn.

use trainscape_scene::{colour::Colour, figure::Figure};

/// Of sRGB, about.
const GAMMA: f32 = 2.2;

/// A position in the figure, in points.
pub(super) type Point = [f32; 2];

/// Part of the layer.
#[derive(Debug)]
pub(crate) enum VectorShape {
    /// Closed lines whose inside is filled (even-odd).
    Area {
        rings: Vec<Vec<Point>>,
        colour: Colour,
    },
    /// Lines with round joins.
    Lines {
        strips: Vec<Vec<Point>>,
        width: f32,
        colour: Colour,
    },
    /// Discs of one size.
    Dots {
        centres: Vec<Point>,
        diameter: f32,
        colour: Colour,
    },
    /// A disc with a ring at its edge, which lies within its diameter.
    Disc {
        centre: Point,
        diameter: f32,
        colour: Colour,
        ring_width: f32,
        ring_colour: Colour,
    },
}

/// Why the data of a figure are no vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoVectors {
    #[error("it has surfaces, which are shaded pixel by pixel")]
    Surfaces,
    #[error("it has shaded bands in depth")]
    Meshes,
    #[error("its bands or lines change their colour from pixel to pixel")]
    Colours,
    #[error("it has more than {0} positions")]
    Positions(usize),
    #[error("part of it is behind the camera")]
    BehindCamera,
}

/// A position in points, and its depth: larger is nearer.
pub(super) fn placed(unit: [f32; 3], figure: &Figure) -> Option<(Point, f32)> {
    let (at, depth) = figure.point_from_unit(unit)?;
    Some((at.into(), depth))
}

pub(super) fn with_opacity(colour: Colour, opacity: f32) -> Colour {
    colour.with_opacity(f32::from(colour.alpha) / 255.0 * opacity)
}

/// A translucent colour that over the background looks as it does where light is added, as the 3D layer adds it: programs
/// that draw vectors mix the bytes.
pub(super) fn as_in_linear_light(colour: Colour, background: Colour) -> Colour {
    let opacity = f32::from(colour.alpha) / 255.0;
    let linear = |byte: u8| (f32::from(byte) / 255.0).powf(GAMMA);
    let channels = colour.rgb.into_iter().zip(background.rgb);
    let (moved, whole) = channels.fold((0.0, 0.0), |(moved, whole), (over, under)| {
        let mixed = linear(over) * opacity + linear(under) * (1.0 - opacity);
        let byte = mixed.powf(1.0 / GAMMA) * 255.0;
        let (over, under) = (f32::from(over), f32::from(under));
        (moved + (byte - under).abs(), whole + (over - under).abs())
    });
    if whole < 1.0 {
        return colour;
    }
    colour.with_opacity(moved / whole)
}
