//! The data of a figure as vectors, so that its lines are sharp at any size and can be edited: the same lines, bands and
//! dots that the 3D layer shows, from the farthest to the nearest.

mod in_depth;
mod in_plane;
mod shape;

use trainscape_gpu::Background;
use trainscape_scene::{
    Scene,
    colour::Colour,
    figure::{DataLayer, Figure, overlay::Rect},
    scene::CloudWork,
};

pub(crate) use self::shape::VectorShape;
use self::shape::{NoVectors, Point, placed};
use crate::error::ExportError;

/// With more positions a drawing is slow to open, and a picture is smaller.
const MOST_POSITIONS: usize = 60_000;
/// The same for the pieces of lines and the points in depth, each of which is drawn alone.
const MOST_PIECES: usize = 40_000;
/// With more a program that shows drawings hardly opens them.
const MOST_POSITIONS_IF_ASKED: usize = 1_000_000;

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
