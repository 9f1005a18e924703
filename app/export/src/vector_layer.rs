//! The data of a figure as vectors, so that its lines are sharp at any size and can be edited: the same lines, bands and
//! dots that the 3D layer shows, from the farthest to the nearest.

mod in_depth;
mod in_plane;

use trainscape_gpu::Background;
use trainscape_scene::{
    Scene,
    colour::Colour,
    figure::{DataLayer, Figure, overlay::Rect},
    scene::CloudWork,
};

use crate::error::ExportError;

/// With more positions a drawing is slow to open, and a picture is smaller.
const MOST_POSITIONS: usize = 60_000;
/// The same for the pieces of lines and the points in depth, each of which is drawn alone.
const MOST_PIECES: usize = 40_000;
/// With more a program that shows drawings hardly opens them.
const MOST_POSITIONS_IF_ASKED: usize = 1_000_000;

/// Of sRGB, about.
const GAMMA: f32 = 2.2;

/// A position in the figure, in points.
type Point = [f32; 2];

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

/// The data of a figure.
#[derive(Debug)]
pub(crate) struct VectorLayer {
    pub(crate) background: Option<Colour>,
    /// Walls, and in a plane the grid, behind the data.
    pub(crate) behind: Vec<VectorShape>,
    pub(crate) data: Vec<VectorShape>,
    /// What the data are cut at: the plane, or the figure.
    pub(crate) cut_at: Rect,
}

/// Why the data of a figure are no vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoVectors {
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

impl VectorLayer {
    /// The layer that `choice` asks for: `None` where the data are drawn as a picture.
    ///
    /// # Errors
    /// When vectors are asked for, and only a picture shows the data as they are.
    pub(crate) fn chosen(
        scene: &Scene,
        figure: &Figure,
        background: Background,
        choice: DataLayer,
    ) -> Result<Option<Self>, ExportError> {
        let most = match choice {
            DataLayer::Picture => return Ok(None),
            DataLayer::Auto => [MOST_POSITIONS, MOST_PIECES],
            DataLayer::Vector => [MOST_POSITIONS_IF_ASKED; 2],
        };
        match (Self::of(scene, figure, background, most), choice) {
            (Ok(layer), _) => Ok(Some(layer)),
            (Err(_), DataLayer::Auto) => Ok(None),
            (Err(why), _) => Err(ExportError::NoVectors {
                why: why.to_string(),
            }),
        }
    }

    fn of(
        scene: &Scene,
        figure: &Figure,
        background: Background,
        [most, most_pieces]: [usize; 2],
    ) -> Result<Self, NoVectors> {
        if !scene.surfaces.is_empty() {
            return Err(NoVectors::Surfaces);
        }
        if positions(scene) > most {
            return Err(NoVectors::Positions(most));
        }
        let has_walls = background == Background::Theme;
        let walls = if has_walls { walls(figure) } else { Vec::new() };
        let (behind, data, cut_at) = if scene.flat {
            let behind = walls.into_iter().chain(in_plane::grid(figure)).collect();
            let plane = in_plane::plane(figure).ok_or(NoVectors::BehindCamera)?;
            (behind, in_plane::data(scene, figure)?, plane)
        } else {
            (
                walls,
                in_depth::data(scene, figure, most_pieces)?,
                figure.clip_rect,
            )
        };
        Ok(Self {
            background: has_walls.then_some(figure.theme.background),
            behind,
            data,
            cut_at,
        })
    }
}

fn positions(scene: &Scene) -> usize {
    let of_clouds = scene.clouds.iter().map(|cloud| match &cloud.work {
        CloudWork::Points(points) => points.len(),
        CloudWork::Cells(cells) => cells.above().count(),
    });
    let of_meshes = scene.meshes.iter().map(|mesh| mesh.positions_unit.len());
    let of_paths = scene.paths.iter().map(|path| path.positions_unit.len());
    of_clouds.chain(of_meshes).chain(of_paths).sum()
}

/// A position in points, and its depth: larger is nearer.
fn placed(unit: [f32; 3], figure: &Figure) -> Option<(Point, f32)> {
    let (at, depth) = figure.point_from_unit(unit)?;
    Some((at.into(), depth))
}

fn walls(figure: &Figure) -> Vec<VectorShape> {
    let walls = figure.walls.iter().filter_map(|wall| {
        let corners = wall.corners_unit.iter();
        let ring: Option<Vec<Point>> = corners
            .map(|corner| placed(*corner, figure).map(|(at, _)| at))
            .collect();
        Some(VectorShape::Area {
            rings: vec![ring?],
            colour: wall.colour,
        })
    });
    walls.collect()
}

fn with_opacity(colour: Colour, opacity: f32) -> Colour {
    colour.with_opacity(f32::from(colour.alpha) / 255.0 * opacity)
}

/// A translucent colour that over the background looks as it does where light is added, as the 3D layer adds it: programs
/// that draw vectors mix the bytes.
fn as_in_linear_light(colour: Colour, background: Colour) -> Colour {
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
